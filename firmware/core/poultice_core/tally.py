"""What a session's summary is made of: peak, lowest, warnings; and the duty of the last minute."""

from . import states
from .guard import Guard

_SECONDS = 60
_BEYOND_MC = 1_000_000
_RELAY_LIFE = 80_000


class Tally:
    """Extremes and `warnings` (bits of `states`) over a session; HEAT's share of the last 60 s."""

    def __init__(self) -> None:
        self.begin()
        self._begun = 0
        self._per_second_ms = [0] * _SECONDS
        self._next = 0
        self._sum_ms = 0
        self._heated_ms = 0
        self._part_ms = 0

    def begin(self) -> None:
        """A new session."""
        self._highest_mc = -_BEYOND_MC
        self._lowest_mc = _BEYOND_MC
        self.warnings = 0

    def peak_mc(self) -> int | None:
        """The hottest reading; None where there was none."""
        return None if self._highest_mc == -_BEYOND_MC else self._highest_mc

    def min_mc(self) -> int | None:
        """The coldest reading; None where there was none."""
        return None if self._lowest_mc == _BEYOND_MC else self._lowest_mc

    def duty_pct(self) -> int:
        """HEAT over the last 60 s, 0 to 100."""
        return min(100, self._sum_ms // 600)

    def follow(self, guard: Guard, operations: int, live: bool, dt_ms: int) -> None:
        """A tick of `dt_ms` that the guard has judged; `operations`: HEAT's closings before this
        session. `live`: was a session under way when it began?"""
        if guard.course.begun != self._begun:
            self._begun = guard.course.begun
            self.begin()
        if live or guard.course.live:
            self._session(guard, operations)
        if guard.heated_now():
            self._heated_ms += dt_ms
        self._part_ms += dt_ms
        seconds = self._part_ms // 1000
        self._part_ms %= 1000
        for _ in range(min(_SECONDS, seconds)):
            self._second()

    def _session(self, guard: Guard, operations: int) -> None:
        reading = guard.reading
        if reading.readable:
            if reading.hot_mc > self._highest_mc:
                self._highest_mc = reading.hot_mc
            if reading.cold_mc < self._lowest_mc:
                self._lowest_mc = reading.cold_mc
        treatment = guard.treatment
        warnings = self.warnings
        if guard.dose.total_u > guard.limits.dose_warn_m * 1000 - 1000:
            warnings |= states.DOSE
        if guard.permit.budget_met:
            warnings |= states.BUDGET
        if guard.heating.weak:
            warnings |= states.TARGET_UNREACHABLE
        if treatment.inhibited:
            warnings |= states.INHIBITED
        if treatment.undertreated:
            warnings |= states.UNDERTREATED
        if operations + guard.dwell.operations >= _RELAY_LIFE:
            warnings |= states.RELAY_LIFE
        self.warnings = warnings

    def _second(self) -> None:
        kept = self._per_second_ms
        self._sum_ms += self._heated_ms - kept[self._next]
        kept[self._next] = self._heated_ms
        self._heated_ms = 0
        self._next = self._next + 1 if self._next < _SECONDS - 1 else 0
