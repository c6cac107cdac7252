"""What a session came to, from what the device said while it ran.

The device's own journal is the better source and wins where it can be read; this is what is
left when it cannot, and the only source for the single phases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from poultice.link import messages
from poultice.link.messages import Event, Telemetry

if TYPE_CHECKING:
    from poultice.therapy.phase import Phase

ACTIVE = frozenset({"running", "waiting", "paused"})
_LAST_SECOND = 1

POWER_LOST = "power_lost"
"""The outcome in the device's journal of a session that power, or a restart, cut off: its heat,
cold and dose are as planned, the most they can have been (docs/decisions/0003)."""


@dataclass
class PhaseTally:
    """One phase: temperatures are of the reading that judges it (the hotter in heat)."""

    mode: str
    planned_s: int
    actual_s: int = 0
    peak_mc: int | None = None
    _sum_mc: int = 0
    _count: int = 0

    def add(self, reading_mc: int | None, elapsed_s: int) -> None:
        """Count one sample, `elapsed_s` into the phase."""
        self.actual_s = max(self.actual_s, min(elapsed_s, self.planned_s))
        if reading_mc is not None:
            self._sum_mc += reading_mc
            self._count += 1
            self.peak_mc = reading_mc if self.peak_mc is None else max(self.peak_mc, reading_mc)

    def over(self) -> None:
        """The device went on from this phase: the second it did so in was the last of it."""
        if self.planned_s - self.actual_s <= _LAST_SECOND:
            self.actual_s = self.planned_s

    def to_json(self) -> dict[str, Any]:
        """The members of `run --json`."""
        return {
            "mode": self.mode,
            "planned_s": self.planned_s,
            "actual_s": self.actual_s,
            "mean_mc": round(self._sum_mc / self._count) if self._count else None,
            "peak_mc": self.peak_mc,
        }


@dataclass
class Tally:
    """Counts one session; times are the device's."""

    phases: list[PhaseTally]
    session: int | None = None
    first_ms: int | None = None
    last_ms: int = 0
    state: str | None = None
    prompt: str | None = None
    ended: Event | None = None
    fault: str | None = None
    restarted: bool = False
    seen_active: bool = False
    peak_mc: int | None = None
    min_mc: int | None = None
    dose_m: int = 0
    closings: int = 0
    warnings: list[str] = field(default_factory=list)
    _heat: bool = False
    _phase: int | None = None
    _journal: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, phases: Sequence[Phase]) -> Tally:
        """An empty one for these phases."""
        return cls([PhaseTally(phase.mode, phase.duration_s) for phase in phases])

    @property
    def began(self) -> bool:
        """Whether the device was seen in the session at all."""
        return self.first_ms is not None

    def take(self, update: Telemetry | Event) -> None:
        """Count what the device said."""
        if isinstance(update, Event):
            self.event(update)
            return
        now = update
        if self.began and now.t_ms < self.last_ms:
            self.restarted = True
        self.state, self.prompt = now.state, now.prompt
        if self.state == "fault":
            self.fault = self.fault or now.fault
        if self.state not in ACTIVE:
            return
        self.seen_active = True
        if self.first_ms is None:
            self.first_ms = now.t_ms
        self.last_ms = max(self.last_ms, now.t_ms)
        self.session = now.session if self.session is None else self.session
        self.dose_m = max(self.dose_m, now.dose_m or 0)
        self.closings += now.heat and not self._heat
        self._heat = now.heat
        self._temperatures(now)

    def event(self, event: Event) -> None:
        """Count one event."""
        if event.kind == "phase":
            self._enter(event.data.get("phase"))
            self.first_ms = event.t_ms if self.first_ms is None else self.first_ms
        if event.kind == "warning":
            self._warned(event.data.get("what"))
        if event.kind in ("complete", "stopped", "fault"):
            if event.kind == "fault":
                self.fault = self.fault or event.data.get("fault")
            elif event.kind == "complete":
                self._enter(None)
            if self.ended is None and self.began:
                self.ended = event
                self.last_ms = max(self.last_ms, event.t_ms)

    def journal(self, entry: Mapping[str, Any]) -> None:
        """Take the device's own closing entry."""
        self._journal = entry
        ended_ms = entry.get("t_ms")
        # Who slept did not hear it end.
        if self.ended is None and not self.restarted and isinstance(ended_ms, int):
            self.last_ms = max(self.last_ms, ended_ms)
        told = entry.get("warnings")
        for what in told if isinstance(told, list) else []:
            self._warned(what)

    def to_json(self) -> dict[str, Any]:
        """The measured members of `run --json`."""
        measured: dict[str, Any] = {
            "heat_s": self._seconds("heat"),
            "cold_s": self._seconds("cold"),
            "peak_mc": self.peak_mc,
            "min_mc": self.min_mc,
            "dose_m": self.dose_m,
            "heat_operations": self.closings,
        }
        told = {name: self._journal.get(name) for name in measured}
        at_most = self._journal.get("outcome") == POWER_LOST
        if at_most:
            # It kept none of them: its 0 closings are no count.
            del told["heat_operations"]
        measured |= {name: value for name, value in told.items() if value is not None}
        span_ms = self.last_ms - self.first_ms if self.first_ms is not None else 0
        return {
            "duration_s": round(span_ms / 1000),
            **measured,
            "phases": [phase.to_json() for phase in self.phases],
            "warnings": list(self.warnings),
            **({"at_most": True} if at_most else {}),
        }

    def _warned(self, what: object) -> None:
        """Each once, by the device's name for it, known here or not."""
        if isinstance(what, str) and what not in self.warnings:
            self.warnings.append(what)

    def _temperatures(self, now: Telemetry) -> None:
        readings = [one for one in (now.temp_mc, now.temp_b_mc) if one is not None]
        for reading_mc in readings:
            self.peak_mc = reading_mc if self.peak_mc is None else max(self.peak_mc, reading_mc)
            self.min_mc = reading_mc if self.min_mc is None else min(self.min_mc, reading_mc)
        index, left_s = now.phase, now.phase_left_s
        if now.state != "running" or index is None or not 0 <= index < len(self.phases):
            return
        self._enter(index)
        phase = self.phases[index]
        judge = min if phase.mode == "cold" else max
        elapsed_s = phase.planned_s - left_s if left_s is not None else 0
        phase.add(judge(readings) if readings else None, elapsed_s)

    def _enter(self, index: object) -> None:
        if self._phase is not None and self._phase != index:
            self.phases[self._phase].over()
        self._phase = index if isinstance(index, int) and 0 <= index < len(self.phases) else None

    def _seconds(self, mode: str) -> int:
        return sum(phase.actual_s for phase in self.phases if phase.mode == mode)


def replay(
    phases: Sequence[Phase],
    samples: Iterable[Mapping[str, Any]],
    events: Iterable[Mapping[str, Any]],
) -> Tally:
    """The tally of a recorded session, for one that was cut off before it had a summary.

    What is no telemetry and no event of the link contract is passed over, and so is whatever
    follows a restart of the device.
    """
    tally = Tally.of(phases)
    said = [one for one in map(messages.event, events) if one is not None]
    for row in samples:
        now = messages.telemetry(row)
        if now is None:
            continue
        while said and said[0].t_ms <= now.t_ms:
            tally.event(said.pop(0))
        tally.take(now)
        if tally.restarted:
            return tally
    for event in said:
        tally.event(event)
    return tally
