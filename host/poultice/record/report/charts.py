"""The pictures of one session, all on one time axis: temperature, relays, dose, heat budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from poultice import temperature, words
from poultice.link.messages import Row
from poultice.record.report.recorded import Session
from poultice.record.report.svg import Point, bars, line, picture, tag, thinned, ticks
from poultice.therapy.phase import COLD, HEAT

WIDTH = 960
LEFT = 66
RIGHT = 92
COLUMNS = WIDTH - LEFT - RIGHT

_MINUTES = (0.25, 0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 240)
_CELSIUS = (1, 2, 5, 10, 20, 50)
_STRIP = 20
_LETTER = 6.6
_MARKED = frozenset({"warning", "prompt", "stopped", "fault", "complete", "boot"})
_MARKS_APART = 15


@dataclass(frozen=True)
class Figure:
    """A picture with its heading, and what its lines are: class and name."""

    heading: str
    svg: Markup
    legend: Sequence[tuple[str, str]] = ()
    note: str = ""


@dataclass(frozen=True)
class Frame:
    """Where a value is in the picture; y runs down from `top` over `height`."""

    total_s: float
    low: float
    high: float
    top: int
    height: int

    def x(self, at_s: float) -> float:
        """Of a time in seconds."""
        return LEFT + COLUMNS * at_s / self.total_s

    def y(self, value: float) -> float:
        """Of a value, kept inside the picture."""
        inside = min(max(value, self.low), self.high)
        return self.top + self.height * (1 - (inside - self.low) / (self.high - self.low))


def figures(session: Session) -> list[Figure]:
    """All of them; none where the record has no samples."""
    if not session.samples:
        return []
    found = [_temperature(session), _relays(session)]
    if session.has(HEAT) or any(one["dose_m"] for one in session.samples):
        found.append(_dose(session))
    if session.has(HEAT) and any(one["budget_pct"] is not None for one in session.samples):
        found.append(_budget(session))
    return found


def marked(session: Session) -> list[tuple[int, float, str]]:
    """The events that have a mark in the curves: number, time, kind. Others are phases."""
    events = [one for one in session.events if one.kind in _MARKED]
    return [(number, one.at_s, one.kind) for number, one in enumerate(events, 1)]


def _temperature(session: Session) -> Figure:
    low, high = _celsius_range(session)
    frame = Frame(_total_s(session), low, high, _STRIP + 8, 270)
    limits = session.limits
    parts = [*_strip(session, frame), *_grid(frame, low, high)]
    legend = [("a", "sensor A")]
    if session.has(HEAT) and "heat_cutoff_mc" in limits:
        parts += _cutoff(frame, limits["heat_cutoff_mc"] / 1000, [(0, frame.total_s)], up=True)
    if session.has(COLD) and "cold_cutoff_mc" in limits:
        spans = [(one.from_s, one.to_s) for one in session.stretches if one.kind == COLD]
        parts += _cutoff(frame, limits["cold_cutoff_mc"] / 1000, spans, up=False)
    targets = list(_targets(session, frame))
    if targets:
        parts.append(line(targets, "target"))
        legend.append(("target", "target"))
    if any(one["temp_b_mc"] is not None for one in session.samples):
        parts.append(_curve(session, frame, lambda one: one["temp_b_mc"], 1000, "b"))
        legend.append(("b", "sensor B"))
    parts.append(_curve(session, frame, lambda one: one["temp_mc"], 1000, "a"))
    parts += [*_marks(session, frame), *_time_axis(frame)]
    return Figure(
        "Temperature",
        picture("temperature", WIDTH, _bottom(frame), "Temperature",
                _temperature_told(session), *parts),
        legend,
        "" if session.limits_recorded else
        "The cutoffs are those of this version of poultice: the record does not hold the device's.",
    )  # fmt: skip


def _relays(session: Session) -> Figure:
    rows = [("MASTER", "master"), ("HEAT", "heat"), ("COOL", "cool"), ("SENSE", "sense")]
    ever = {name for one in session.samples for _, name in rows if one.get(name)}
    rows = [
        (label, name)
        for label, name in rows
        if name != "cool" or "cool" in ever or session.features.get("cooler")
        if name != "sense" or any(one["sense"] is not None for one in session.samples)
    ]
    frame = Frame(_total_s(session), 0, 1, 4, 24 * len(rows))
    parts = _bands(session, frame)
    told = []
    for index, (label, name) in enumerate(rows):
        spans = list(_closed(session, name))
        closed_s = sum(to - start for start, to in spans)
        y = frame.top + 24 * index
        parts.append(tag("text", label, x=LEFT - 8, y=y + 16, class_="end"))
        parts.append(tag("path", d=f"M{LEFT} {y + 20}h{COLUMNS}", class_="grid"))
        parts.append(
            bars([(frame.x(a), frame.x(b)) for a, b in spans], y + 5.0, 15.0, f"relay {name}")
        )
        parts.append(tag("text", words.clock(round(closed_s)), x=WIDTH - RIGHT + 8, y=y + 16))
        told.append(f"{label} {'high' if name == 'sense' else 'closed'} for "
                    f"{words.span(round(closed_s))}")  # fmt: skip
    parts += _time_axis(frame)
    return Figure(
        "Relays",
        picture("relays", WIDTH, _bottom(frame), "Relays", "; ".join(told) + ".", *parts),
        note="As the device told, about once a second; SENSE is what it measures at the pad. "
        "The times on the right are the sums.",
    )


def _dose(session: Session) -> Figure:
    top_m = max((one["dose_m"] or 0 for one in session.samples), default=0)
    limit_m = session.dose_limit_m
    near = limit_m is not None and top_m > limit_m / 2
    high = max(limit_m if near and limit_m else 0, top_m, 100) / 1000 * 1.1
    frame = Frame(_total_s(session), 0, high, 12, 106)
    step = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
    parts = [*_bands(session, frame), *_value_axis(frame, ticks(0, high, step, 5))]
    if near and limit_m:
        parts += _limit(frame, limit_m / 1000, "limit")
    parts.append(_curve(session, frame, lambda one: one["dose_m"], 1000, "dose"))
    parts += _time_axis(frame)
    told = f"{words.cem43(top_m)} at the end"
    if limit_m:
        told += f", {100 * top_m / limit_m:.1f} % of the limit of {words.cem43(limit_m)}"
    return Figure(
        "Thermal dose, CEM43",
        picture("dose", WIDTH, _bottom(frame), "Thermal dose", told + ".", *parts),
        note=told[0].upper() + told[1:] + ". Minutes at 43 °C that would heat the skin as much.",
    )


def _budget(session: Session) -> Figure:
    frame = Frame(_total_s(session), 0, 100, 12, 86)
    parts = [*_bands(session, frame), *_value_axis(frame, [0, 50, 100], "%")]
    parts.append(_curve(session, frame, lambda one: one["budget_pct"], 1, "budget"))
    parts += _time_axis(frame)
    least = min(one["budget_pct"] for one in session.samples if one["budget_pct"] is not None)
    told = f"At the least {least} % of the heat budget was left"
    return Figure(
        "Heat budget",
        picture("budget", WIDTH, _bottom(frame), "Heat budget", told + ".", *parts),
        note=told + ". The device keeps this account of the heat given whatever its sensors say; "
        "at 0 % it waits.",
    )


def _total_s(session: Session) -> float:
    return max(session.total_s, 1.0)


def _bottom(frame: Frame) -> int:
    return frame.top + frame.height + 26


def _celsius_range(session: Session) -> tuple[int, int]:
    values = [
        value / 1000
        for one in session.samples
        for value in (one["temp_mc"], one["temp_b_mc"], one["target_mc"])
        if value is not None
    ]
    if session.has(HEAT):
        values.append(session.limits.get("heat_cutoff_mc", 43_000) / 1000 + 1)
    if session.has(COLD):
        values.append(session.limits.get("cold_cutoff_mc", 7_000) / 1000 - 1)
    low, high = min(values, default=20.0), max(values, default=45.0)
    return int(low // 1) - 1, int(-(-high // 1)) + 1


def _curve(
    session: Session,
    frame: Frame,
    value: Callable[[Row], int | None],
    scale: int,
    kind: str,
) -> Markup:
    points: list[Point | None] = []
    for at_s, one in zip(session.times_s, session.samples, strict=True):
        found = value(one)
        points.append(None if found is None else (frame.x(at_s), frame.y(found / scale)))
    return line(thinned(points, COLUMNS), kind)


def _targets(session: Session, frame: Frame) -> Iterator[Point | None]:
    before: int | None = None
    last = 0.0
    for at_s, one in zip(session.times_s, session.samples, strict=True):
        target_mc = one["target_mc"] if one["state"] == "running" else None
        if target_mc != before:
            if before is not None:
                yield (frame.x(at_s), frame.y(before / 1000))
                yield None
            if target_mc is not None:
                yield (frame.x(at_s), frame.y(target_mc / 1000))
        before, last = target_mc, at_s
    if before is not None:
        yield (frame.x(last), frame.y(before / 1000))


def _closed(session: Session, name: str) -> Iterator[tuple[float, float]]:
    since: float | None = None
    for at_s, one in zip(session.times_s, session.samples, strict=True):
        on = bool(one.get(name))
        if on and since is None:
            since = at_s
        elif not on and since is not None:
            yield since, at_s
            since = None
    if since is not None and session.times_s[-1] > since:
        yield since, session.times_s[-1]


def _bands(session: Session, frame: Frame) -> list[Markup]:
    return [
        tag(
            "rect",
            x=frame.x(one.from_s),
            y=frame.top,
            width=frame.x(one.to_s) - frame.x(one.from_s),
            height=frame.height,
            class_=f"band {one.kind if one.kind in ('heat', 'cold') else 'rest'}",
        )
        for one in session.stretches
    ]


def _strip(session: Session, frame: Frame) -> list[Markup]:
    """The bands, and over them a strip that names each phase where there is room."""
    parts = _bands(session, frame)
    for one in session.stretches:
        left, width = frame.x(one.from_s), frame.x(one.to_s) - frame.x(one.from_s)
        kind = one.kind if one.kind in ("heat", "cold") else "rest"
        parts.append(tag("rect", x=left, y=2, width=width, height=_STRIP, class_=f"strip {kind}"))
        number = "" if one.phase is None else f"{one.phase + 1} "
        name = next((text for text in (f"{number}{one.kind}", number.strip())
                     if len(text) * _LETTER + 6 < width), "")  # fmt: skip
        if name:
            parts.append(tag("text", name, x=left + width / 2, y=16, class_="middle strip-name"))
    return parts


def _grid(frame: Frame, low: int, high: int) -> list[Markup]:
    return _value_axis(frame, ticks(low, high, _CELSIUS, 9), "°C")


def _value_axis(frame: Frame, values: Sequence[float], unit: str = "") -> list[Markup]:
    parts = []
    for value in values:
        y = frame.y(value)
        parts.append(tag("path", d=f"M{LEFT} {y:.1f}h{COLUMNS}", class_="grid"))
        text = f"{value:g} {unit}".strip() if value == values[-1] else f"{value:g}"
        parts.append(tag("text", text, x=LEFT - 8, y=y + 4, class_="end"))
    return parts


def _time_axis(frame: Frame) -> list[Markup]:
    y = frame.top + frame.height
    parts = [tag("path", d=f"M{LEFT} {y}h{COLUMNS}", class_="axis")]
    minutes = ticks(0, frame.total_s / 60, _MINUTES, 13)
    for minute in minutes:
        x = frame.x(minute * 60)
        parts.append(tag("path", d=f"M{x:.1f} {y}v5", class_="axis"))
        text = words.clock(round(minute * 60))
        parts.append(tag("text", text, x=x, y=y + 19, class_="middle"))
    return parts


def _cutoff(
    frame: Frame, value: float, spans: Sequence[tuple[float, float]], *, up: bool
) -> list[Markup]:
    """A band from the cutoff to the picture's edge, over the times in which it holds."""
    y = frame.y(value)
    edge = frame.top if up else frame.top + frame.height
    places = [(frame.x(a), frame.x(b)) for a, b in spans]
    parts = [bars(places, min(y, edge), abs(edge - y), "cutoff")]
    parts.append(bars(places, y - 0.5, 1.0, "cutoff-line"))
    if places:
        parts.append(tag("text", f"cutoff {value:g} °C", x=WIDTH - RIGHT + 6, y=y + 4,
                         class_="cutoff-name"))  # fmt: skip
    return parts


def _limit(frame: Frame, value: float, name: str) -> list[Markup]:
    y = frame.y(value)
    return [
        bars([(frame.x(0), frame.x(frame.total_s))], y - 0.5, 1.0, "cutoff-line"),
        tag("text", f"{name} {value:g}", x=WIDTH - RIGHT + 6, y=y + 4, class_="cutoff-name"),
    ]


def _marks(session: Session, frame: Frame) -> list[Markup]:
    """A line for each event, and its number in the list where there is room for one."""
    parts = []
    base = frame.top + frame.height
    room_from = 0.0
    for number, at_s, kind in marked(session):
        x = frame.x(at_s)
        bad = "bad" if kind == "fault" else ""
        parts.append(tag("path", d=f"M{x:.1f} {frame.top}v{frame.height}", class_=f"mark {bad}"))
        if x >= room_from:
            room_from = x + _MARKS_APART
            at = min(x, WIDTH - RIGHT - 9.0)
            parts.append(tag("circle", cx=at, cy=base - 10, r=8, class_=f"mark-dot {bad}"))
            parts.append(tag("text", str(number), x=at, y=base - 6, class_="middle mark-number"))
    return parts


def _temperature_told(session: Session) -> str:
    a = [(one["temp_mc"], at_s) for at_s, one in zip(session.times_s, session.samples, strict=True)
         if one["temp_mc"] is not None]  # fmt: skip
    told = f"{words.span(round(session.total_s))} of a session."
    if a:
        hottest, hot_s = max(a)
        coldest, cold_s = min(a)
        told += (
            f" Sensor A from {temperature.shown(a[0][0])} to {temperature.shown(a[-1][0])};"
            f" at most {temperature.shown(hottest)} at {words.clock(int(hot_s))},"
            f" at least {temperature.shown(coldest)} at {words.clock(int(cold_s))}."
        )
    targets = sorted({one["target_mc"] for one in session.samples if one["target_mc"] is not None})
    if targets:
        told += f" Target {' and '.join(temperature.shown(one) for one in targets[:4])}."
    return told
