"""What is where in the pictures of a session, all on one time axis: temperature, relays, dose and
heat budget. `pictures.html` draws them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from poultice.record.report import svg
from poultice.record.report.recorded import Session
from poultice.therapy.phase import COLD, HEAT

WIDTH = 960
LEFT = 66
RIGHT = 868
COLUMNS = RIGHT - LEFT

_MINUTES = (0.25, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 240)
_CELSIUS = (1, 2, 5, 10, 20, 50)
_DOSES = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_MARKED = frozenset({"warning", "prompt", "stopped", "fault", "complete", "boot"})
_MARKS_APART = 15
RELAYS = ("master", "heat", "cool", "sense")

Spans = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Frame:
    """One picture: values from `low` to `high`, at `ticks`; y runs down from `top` to `base`."""

    session: Session
    low: float
    high: float
    top: int
    base: int
    ticks: Sequence[float] = ()
    limit: float | None = None
    relays: Sequence[tuple[str, Spans]] = ()

    @cached_property
    def total_s(self) -> float:
        """How long the time axis is."""
        return max(self.session.total_s, 1.0)

    def x(self, at_s: float) -> float:
        """Of a time in seconds."""
        return LEFT + COLUMNS * at_s / self.total_s

    def y(self, value: float) -> float:
        """Of a value, kept inside the picture."""
        inside = min(max(value, self.low), self.high)
        share = (inside - self.low) / (self.high - self.low)
        return self.top + (self.base - self.top) * (1 - share)

    def seconds(self) -> list[int]:
        """What the time axis names."""
        return [round(60 * one) for one in svg.ticks(0, self.total_s / 60, _MINUTES, 13)]

    def bars(self, spans: Spans, y: float, height: float) -> str:
        """A bar for each span of time."""
        return svg.bars(((self.x(a), self.x(b)) for a, b in spans), y, height)

    def readings(self, name: str) -> list[tuple[int, float]]:
        """The samples' values of that `name`, and their times."""
        return [(now[name], at_s) for at_s, now in self.session.samples if now[name] is not None]

    def curve(self, name: str, scale: int = 1000) -> str:
        """The same as a line, with its gaps."""
        points = [None if now[name] is None else (self.x(at_s), self.y(now[name] / scale))
                  for at_s, now in self.session.samples]  # fmt: skip
        return svg.line(svg.thinned(points, COLUMNS))

    def targets(self) -> str:
        """The target: a level line for each, from where it was asked to where it ended."""
        asked = [(at_s, now["target_mc"] if now["state"] == "running" else None)
                 for at_s, now in self.session.samples]  # fmt: skip
        steps = [next(run) for _, run in groupby(asked, key=lambda one: one[1])]
        ends = [*(at_s for at_s, _ in steps[1:]), asked[-1][0]]
        points: list[svg.Point | None] = []
        for (at_s, target_mc), end_s in zip(steps, ends, strict=True):
            if target_mc is not None:
                y = self.y(target_mc / 1000)
                points += [(self.x(at_s), y), (self.x(end_s), y), None]
        return svg.line(points)

    def marks(self) -> Iterator[tuple[int, float, str, float | None]]:
        """The events that have one: number, x, kind, and where there is room for the number."""
        room_from = 0.0
        for number, at_s, kind in marked(self.session):
            x = self.x(at_s)
            at = min(x, RIGHT - 9.0) if x >= room_from else None
            room_from = room_from if at is None else x + _MARKS_APART
            yield number, x, kind, at


def marked(session: Session) -> list[tuple[int, float, str]]:
    """The events that have a mark in the curves: number, time, kind. Others are phases."""
    events = [(at_s, one.kind) for at_s, one in session.events if one.kind in _MARKED]
    return [(number, at_s, kind) for number, (at_s, kind) in enumerate(events, 1)]


def frames(session: Session) -> dict[str, Frame]:
    """The pictures that there are, by name; none where the record has no samples."""
    if not session.samples:
        return {}
    rows = [now for _, now in session.samples]
    limits, heat = session.limits, session.has(HEAT)
    values = [now[name] / 1000 for now in rows for name in ("temp_mc", "temp_b_mc", "target_mc")
              if now[name] is not None]  # fmt: skip
    if heat:
        values.append(limits.get("heat_cutoff_mc", 43_000) / 1000 + 1)
    if session.has(COLD):
        values.append(limits.get("cold_cutoff_mc", 7_000) / 1000 - 1)
    low = int(min(values, default=20.0) // 1) - 1
    high = int(-(-max(values, default=45.0) // 1)) + 1
    found = {
        "temperature": Frame(session, low, high, 28, 298, svg.ticks(low, high, _CELSIUS, 9)),
        "relays": _relays(session),
    }
    dose_m, limit_m = max(now["dose_m"] or 0 for now in rows), session.dose_limit_m
    if heat or dose_m:
        limit = limit_m / 1000 if limit_m and dose_m > limit_m / 2 else None
        most = max(limit or 0, dose_m / 1000, 0.1) * 1.1
        found["dose"] = Frame(session, 0, most, 12, 118, svg.ticks(0, most, _DOSES, 5), limit)
    if heat and any(now["budget_pct"] is not None for now in rows):
        found["budget"] = Frame(session, 0, 100, 12, 98, [0, 50, 100])
    return found


def _relays(session: Session) -> Frame:
    rows = [now for _, now in session.samples]
    cooler = session.features.get("cooler") or any(now["cool"] for now in rows)
    shown = {"cool": cooler, "sense": any(now["sense"] is not None for now in rows)}
    spans = [(name, _closed(session, name)) for name in RELAYS if shown.get(name, True)]
    return Frame(session, 0, 1, 4, 4 + 24 * len(spans), relays=spans)


def _closed(session: Session, name: str) -> Spans:
    found: list[tuple[float, float]] = []
    before = False
    for at_s, now in session.samples:
        if before:
            found[-1] = found[-1][0], at_s
        if now[name] and not before:
            found.append((at_s, at_s))
        before = bool(now[name])
    return [(since, to) for since, to in found if to > since]
