"""Does heat arrive where the sensor is? (SR-09)

Four questions: falling while heated (a sensor off the pad), no gain in the climb, no gain in a
long stretch of heat, and lost ground while holding. Climb and hold ask different things, which
is the cure for the false alarms of printers' heater checks.
"""

from . import faults
from .checks import Trend
from .limits import Limits

_NONE_MC = 1_000_000


class HeatingProof:
    """Judged in a heat phase only; `weak` says that the pad cannot reach its target."""

    def __init__(self, limits: Limits, alone: bool) -> None:
        self._limits = limits
        self._alone = alone
        self.weak = False
        self.begin(0, 0)

    def begin(self, target_mc: int, temp_mc: int) -> None:
        """A heat phase starts at this reading."""
        limits = self._limits
        self._target_mc = target_mc
        self._near_mc = target_mc - limits.hold_near_mc
        self._below_mc = target_mc - limits.hold_below_mc
        self._stall_ms = limits.stall_ms
        self._lowest_mc = temp_mc
        self._climbs = temp_mc < target_mc - limits.climb_from_mc
        self._climb_on_ms = 0
        self._reached = False
        self.weak = False
        self.restart()

    def restart(self) -> None:
        """A pause, an inhibit or a stall: (a), (c) and (d) start again."""
        self._on_ms = 0
        self._run_ms = 0
        self._mark_mc = 0
        self._lost_ms = -1
        self._lost_lowest_mc = _NONE_MC

    def stalled(self) -> None:
        """The loop was late (SR-18): (b) counts from here too."""
        self._climb_on_ms = 0
        self.restart()

    def look(self, heated: bool, temp_mc: int, trend: Trend, dt_ms: int) -> int:
        """`heated`: HEAT and MASTER were closed during the interval that ends now."""
        if temp_mc < self._lowest_mc:
            self._lowest_mc = temp_mc
        if heated:
            if self._on_ms == 0:
                self._mark_mc = temp_mc
            self._on_ms += dt_ms
            self._run_ms += dt_ms
            if trend.pushed and self._alone and self._detached(trend):
                return faults.SENSOR_DETACHED
            if self._climbs and self._no_climb(temp_mc, dt_ms):
                return faults.HEATING_STALLED
            if self._run_ms >= self._stall_ms and self._no_gain(temp_mc):
                return faults.HEATING_STALLED
        else:
            self._on_ms = 0
            self._run_ms = 0
        if temp_mc >= self._near_mc:
            self._reached = True
        if not self._reached or temp_mc >= self._below_mc:
            self._lost_ms = -1
            self._lost_lowest_mc = _NONE_MC
            return faults.NONE
        return faults.HEATING_STALLED if self._lost_ground(temp_mc, dt_ms) else faults.NONE

    def _detached(self, trend: Trend) -> bool:
        limits = self._limits
        if not trend.full() or self._on_ms < limits.detached_ms:
            return False
        fall_mc = limits.detached_fall_mc
        ten_mc = trend.ago_mc(10)
        twenty_mc = trend.ago_mc(20)
        return (
            ten_mc - trend.ago_mc(0) > fall_mc
            and twenty_mc - ten_mc > fall_mc
            and trend.ago_mc(30) - twenty_mc > fall_mc
        )

    def _no_climb(self, temp_mc: int, dt_ms: int) -> bool:
        self._climb_on_ms += dt_ms
        if self._climb_on_ms < self._limits.climb_ms:
            return False
        self._climbs = False
        return temp_mc - self._lowest_mc < self._limits.climb_gain_mc

    def _no_gain(self, temp_mc: int) -> bool:
        limits = self._limits
        gained = temp_mc - self._mark_mc >= limits.stall_gain_mc
        self._run_ms = 0
        self._mark_mc = temp_mc
        if gained or temp_mc >= self._target_mc - limits.stall_below_mc:
            return False
        if temp_mc >= limits.stall_weak_mc:
            self.weak = True
            return False
        return True

    def _lost_ground(self, temp_mc: int, dt_ms: int) -> bool:
        limits = self._limits
        self._lost_ms = 0 if self._lost_ms < 0 else self._lost_ms + dt_ms
        if temp_mc < self._lost_lowest_mc:
            self._lost_lowest_mc = temp_mc
        elif temp_mc >= self._lost_lowest_mc + limits.hold_rise_mc:
            self._lost_ms = 0
            self._lost_lowest_mc = temp_mc
            return False
        return self._lost_ms >= limits.hold_ms
