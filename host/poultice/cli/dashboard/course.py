"""What the dashboard knows of one device, in order of what it was told."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poultice import remedies, words
from poultice.language import put
from poultice.link.messages import Event, Telemetry
from poultice.session.tally import ACTIVE

WINDOW_S = 900
"""So much of the past is shown where there is no plan to show the whole of."""

_SAMPLES_MAX = 20_000
_LOG_MAX = 50


@dataclass(frozen=True)
class Sample:
    """One reading: `at_s` along the plan or of the device's clock, temperatures in milli-°C."""

    at_s: float
    a_mc: int | None
    b_mc: int | None
    target_mc: int | None
    mode: str | None


@dataclass(frozen=True)
class PlannedSpan:
    """One phase of the plan: from, to, what, and its target (None for rest)."""

    start_s: int
    end_s: int
    mode: str
    target_mc: int | None
    say: str | None


class Course:
    """One session, or whatever a watched device does; changed only by `take` and `note`."""

    def __init__(
        self,
        name: str,
        title: str = "",
        phases: Sequence[Mapping[str, Any]] = (),
        says: Sequence[str | None] = (),
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self.name = name
        self._title = title
        self.limits: Mapping[str, int] = limits or {}
        self.plan: list[PlannedSpan] = []
        self.now: Telemetry | None = None
        self.log: deque[str] = deque(maxlen=_LOG_MAX)
        self.samples: deque[Sample] = deque(maxlen=_SAMPLES_MAX)
        self.over = False
        self._complete = False
        self.little: str | None = None
        self._warned: list[str] = []
        self._start_ms: int | None = None
        self._last_ms = 0
        at_s = 0
        for index, phase in enumerate(phases):
            end_s = at_s + int(phase["duration_s"])
            say = says[index] if index < len(says) else None
            self.plan.append(PlannedSpan(at_s, end_s, phase["mode"], phase.get("target_mc"), say))
            at_s = end_s

    @property
    def total_s(self) -> int:
        """Planned seconds, 0 where no plan is known."""
        return self.plan[-1].end_s if self.plan else 0

    @property
    def title(self) -> str:
        """The plan's name."""
        return self._title or (self.now.plan if self.now else None) or ""

    @property
    def state(self) -> str:
        """As the device says it; `starting` before it said anything."""
        return self.now.state if self.now else "starting"

    @property
    def elapsed_s(self) -> int:
        """How much of the plan is behind it, seconds."""
        if not self.plan:
            return 0
        if self._complete:
            return self.total_s
        return round(self.samples[-1].at_s) if self.samples else 0

    @property
    def left_s(self) -> int | None:
        """Seconds left of the session, None where none runs."""
        return self.now.left_s if self.now is not None and self.state in ACTIVE else None

    @property
    def span_s(self) -> tuple[float, float]:
        """What the time axis shows: the plan, or the last minutes of the device's clock."""
        if self.plan:
            return 0.0, float(self.total_s)
        last_s = self.samples[-1].at_s if self.samples else 0.0
        return last_s - WINDOW_S, last_s

    def take(self, update: Telemetry | Event) -> None:
        """What the device said."""
        if isinstance(update, Event):
            if self._start_ms is None and update.kind == "boot":
                return
            event = words.event(update)
            self.note(put("{stamp}  {event}", stamp=self._stamp(update.t_ms), event=event))
            self._complete = self._complete or update.kind == "complete"
            little = words.little_at_end(update, self._warned)
            if little is not None:
                self.note(little)
            if little is not None or update.kind == "phase":
                self.little = little
            return
        if update.t_ms < self._last_ms and not self.plan:
            # It started again: what was before is on another clock.
            self.samples.clear()
        self._last_ms = update.t_ms
        if self.plan and self._start_ms is not None and update.state == "idle":
            # The last look at a session stays: it shows that, not the idle after it.
            if self.now is not None:
                names = ("state", "master", "heat", "cool", "prompt")
                self.now = self.now._replace(**{name: getattr(update, name) for name in names})
            return
        active = update.state in ACTIVE
        if active and self._start_ms is None:
            self._start_ms = update.t_ms
        self.now = update
        if active or not self.plan:
            self._sample(update)

    def note(self, text: str) -> None:
        """Something from this side, or an event."""
        self.log.append(text)

    def phase(self) -> PlannedSpan | None:
        """The phase of the plan that runs now."""
        index = self.now.phase if self.now else None
        return self.plan[index] if index is not None and index < len(self.plan) else None

    def say(self) -> str | None:
        """What the phase says to the person."""
        now = self.phase()
        return now.say if now is not None and self.state == "running" else None

    def fault(self) -> tuple[str, str] | None:
        """The fault and what mends it."""
        if self.now is None or not self.now.fault or self.state != "fault":
            return None
        return remedies.named(self.now.fault), remedies.fault_hint(self.now.fault)

    def cutoff_mc(self, mode: str | None) -> int | None:
        """The temperature at which the guard ends a phase of that mode."""
        if mode == "cold":
            return self.limits.get("cold_cutoff_mc")
        return self.limits.get("heat_cutoff_mc") if mode == "heat" else None

    def dose_limit_m(self) -> int | None:
        """The most of a session, thousandths of a CEM43 minute."""
        sensitive = self.now is not None and self.now.profile == "sensitive"
        return self.limits.get("sensitive_dose_session_m" if sensitive else "dose_session_m")

    def _sample(self, now: Telemetry) -> None:
        at_s = now.t_ms / 1000
        if self.plan:
            at_s = float(self.total_s - (now.left_s or 0))
        self.samples.append(Sample(at_s, now.temp_mc, now.temp_b_mc, now.target_mc, now.mode))

    def _stamp(self, t_ms: int) -> str:
        before = t_ms if self.plan else 0
        start_ms = before if self._start_ms is None else self._start_ms
        return words.clock((t_ms - start_ms) // 1000)
