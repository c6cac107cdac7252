"""Is this reading a temperature, and where is it going? (SR-02, SR-07, SR-08)

One object a question. Each looks once a tick; a fault number comes back, or NONE.
"""

from . import faults
from .limits import Limits


class Sensor:
    """One thermistor: its range in every tick, its plausibility where `judged`.

    `ok`: this tick's code is a temperature. `temp_mc`: the unfiltered reading of the last such
    tick. `accepted_mc`: the last plausible one. `inhibit`: no heat in this tick.
    """

    def __init__(self, limits: Limits) -> None:
        self._open_x8 = limits.code_max * 8
        self._short_x8 = limits.code_min * 8
        self._range_ticks = limits.range_ticks
        self._jump_mc = limits.jump_mc
        self._jump_ticks = limits.jump_ticks
        self._stale_limit_ms = limits.stale_ms
        self._frozen_limit_ms = limits.frozen_ms
        self._clear_ticks = limits.clear_ticks
        self.ok = False
        self.inhibit = True
        self.reason = faults.SENSOR_OPEN
        self.temp_mc = 0
        self.accepted_mc = 0
        self.good_ticks = 0
        self._bad_ticks = 0
        self._rejected = 0
        self._stale_ms = 0
        self._same_ms = 0
        self._same_ticks = 0
        self._raw_sum = -1

    def look(
        self, code_x8: int, raw_sum: int, temp_mc: int, fresh: bool, judged: bool, dt_ms: int
    ) -> int:
        """Judge this tick's reading; the fault it trips, or NONE."""
        if code_x8 > self._open_x8 or code_x8 < self._short_x8:
            return self._out_of_range(code_x8)
        self.ok = True
        self.inhibit = False
        self.reason = faults.NONE
        self._bad_ticks = 0
        self.temp_mc = temp_mc
        step_mc = temp_mc - self.accepted_mc
        jumped = step_mc > self._jump_mc or -step_mc > self._jump_mc
        if raw_sum == self._raw_sum:
            self._same_ms += dt_ms
            self._same_ticks += 1
        else:
            self._raw_sum = raw_sum
            self._same_ms = 0
            self._same_ticks = 0
        if jumped or not fresh or self._same_ticks >= self._clear_ticks:
            self.good_ticks = 0
        else:
            self.good_ticks += 1
        if not judged:
            self.accepted_mc = temp_mc
            self._rejected = 0
            self._stale_ms = 0
            self._same_ms = 0
            return faults.NONE
        if fresh and not jumped and self._same_ms < self._frozen_limit_ms:
            self.accepted_mc = temp_mc
            self._rejected = 0
            self._stale_ms = 0
            return faults.NONE
        return self._implausible(temp_mc, jumped, fresh, dt_ms)

    def _out_of_range(self, code_x8: int) -> int:
        self.ok = False
        self.inhibit = True
        self.good_ticks = 0
        self.reason = faults.SENSOR_OPEN if code_x8 > self._open_x8 else faults.SENSOR_SHORT
        if self._bad_ticks < self._range_ticks:
            self._bad_ticks += 1
        return self.reason if self._bad_ticks >= self._range_ticks else faults.NONE

    def _implausible(self, temp_mc: int, jumped: bool, fresh: bool, dt_ms: int) -> int:
        if jumped:
            self.inhibit = True
            self._rejected += 1
            if self._rejected >= self._jump_ticks:
                return faults.SENSOR_JUMP
        else:
            self.accepted_mc = temp_mc
            self._rejected = 0
        if self._same_ms >= self._frozen_limit_ms:
            return faults.SENSOR_FROZEN
        if fresh:
            self._stale_ms = 0
            return faults.NONE
        self._stale_ms += dt_ms
        return faults.SENSOR_STALE if self._stale_ms > self._stale_limit_ms else faults.NONE


class Mismatch:
    """Sensors A and B too far apart for too long, in a heat phase."""

    def __init__(self, limits: Limits) -> None:
        self._apart_mc = limits.mismatch_mc
        self._limit_ms = limits.mismatch_ms
        self._for_ms = -1

    def look(self, temp_a_mc: int, temp_b_mc: int, judged: bool, dt_ms: int) -> int:
        """Judge this pair of readings."""
        apart_mc = temp_a_mc - temp_b_mc
        if not judged or -self._apart_mc <= apart_mc <= self._apart_mc:
            self._for_ms = -1
            return faults.NONE
        self._for_ms = 0 if self._for_ms < 0 else self._for_ms + dt_ms
        return faults.SENSOR_MISMATCH if self._for_ms >= self._limit_ms else faults.NONE


class Slope:
    """Where the reading will be in ten seconds (SR-02).

    slope = (mean of the last 10 ticks - mean of the 10 ticks 2.0 s earlier) / 2.0 s.
    """

    UNKNOWN_MC = 1_000_000
    _TICKS = 30

    def __init__(self, limits: Limits) -> None:
        self._horizon_ds = limits.predict_horizon_ds
        self._ring = [0] * self._TICKS
        self.restart()

    def restart(self) -> None:
        """Forget the readings: HEAT stays inhibited until there are 30 again."""
        for i in range(self._TICKS):
            self._ring[i] = 0
        self._next = 0
        self._count = 0
        self._recent = 0
        self._earlier = 0

    def push(self, temp_mc: int) -> None:
        """This tick's accepted reading."""
        ring = self._ring
        i = self._next
        self._recent += temp_mc - ring[i - 10]
        self._earlier += ring[i - 20] - ring[i]
        ring[i] = temp_mc
        self._next = i + 1 if i < 29 else 0
        if self._count < 30:
            self._count += 1

    def ahead_mc(self) -> int:
        """What ten seconds of this slope add, rounded up; `UNKNOWN_MC` with too few ticks."""
        if self._count < 30:
            return self.UNKNOWN_MC
        return ((self._recent - self._earlier) * self._horizon_ds + 199) // 200


class Trend:
    """One reading a second, for 30 s back: what falls and rises are judged by."""

    SECONDS = 31

    def __init__(self) -> None:
        self._ring = [0] * self.SECONDS
        self._newest = 0
        self._count = 0
        self._part_ms = 0
        self.pushed = False

    def restart(self) -> None:
        """Forget the readings."""
        self._count = 0
        self._part_ms = 0
        self.pushed = False

    def look(self, temp_mc: int, dt_ms: int) -> None:
        """This tick's reading; `pushed` says whether a second was completed with it."""
        self._part_ms += dt_ms
        if self._part_ms < 1000:
            self.pushed = False
            return
        self._part_ms -= 1000
        self._newest = self._newest + 1 if self._newest < 30 else 0
        self._ring[self._newest] = temp_mc
        if self._count < self.SECONDS:
            self._count += 1
        self.pushed = True

    def full(self) -> bool:
        """Does it reach 30 s back?"""
        return self._count >= self.SECONDS

    def ago_mc(self, seconds: int) -> int:
        """The reading so many seconds (0 to 30) before the newest."""
        return self._ring[self._newest - seconds]
