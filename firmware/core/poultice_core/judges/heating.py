"""Does heat arrive where the sensor is? (SR-09)

Four questions: falling while heated (a sensor off the pad), no gain in the climb, no gain in a
long stretch of heat, and lost ground while holding. Climb and hold ask different things, which
is the cure for the false alarms of printers' heater checks.
"""

from .. import faults
from ..interval import Interval
from ..limits import Limits
from ..reading import Reading
from ..settings import Settings
from ..trend import Trend

_NONE_MC = 1_000_000
_STALLED = 1 << faults.HEATING_STALLED


class HeatingProof:
    """Judged in a heat phase only; `weak` says that the pad cannot reach its target."""

    def __init__(self, limits: Limits, settings: Settings, reading: Reading, trend: Trend) -> None:
        self._limits = limits
        self._settings = settings
        self._reading = reading
        self._trend = trend
        self.weak = False
        self.begin_phase(0)

    def begin_phase(self, target_mc: int) -> None:
        """A heat phase starts at the reading of now."""
        temp_mc = self._reading.control_mc
        self._lowest_mc = temp_mc
        self._climbs = temp_mc < target_mc - self._limits.climb_from_mc
        self._climb_on_ms = 0
        self._reached = False
        self.weak = False
        self.restart()

    def restart(self) -> None:
        """A pause or an inhibit: (a), (c) and (d) start again."""
        self._on_ms = 0
        self._run_ms = 0
        self._mark_mc = 0
        self._lost_ms = -1
        self._lost_lowest_mc = _NONE_MC

    def look(self, now: Interval) -> int:
        """SENSOR_DETACHED, HEATING_STALLED."""
        if now.stalled:
            self._climb_on_ms = 0
            self.restart()
        if not now.heating or not self._reading.readable:
            return 0
        temp_mc = self._reading.control_mc
        if temp_mc < self._lowest_mc:
            self._lowest_mc = temp_mc
        if now.heated and not now.stalled:
            trips = self._heated(now, temp_mc)
            if trips:
                return trips
        else:
            self._on_ms = 0
            self._run_ms = 0
        limits = self._limits
        if temp_mc >= now.target_mc - limits.hold_near_mc:
            self._reached = True
        if not self._reached or temp_mc >= now.target_mc - limits.hold_below_mc:
            self._lost_ms = -1
            self._lost_lowest_mc = _NONE_MC
            return 0
        return _STALLED if self._lost_ground(temp_mc, now.seen_ms) else 0

    def _heated(self, now: Interval, temp_mc: int) -> int:
        if self._on_ms == 0:
            self._mark_mc = temp_mc
        self._on_ms += now.seen_ms
        self._run_ms += now.seen_ms
        if self._trend.pushed and not self._settings.sensor_b and self._detached():
            return 1 << faults.SENSOR_DETACHED
        if self._climbs and self._no_climb(temp_mc, now.seen_ms):
            return _STALLED
        if self._run_ms >= self._limits.stall_ms and self._no_gain(temp_mc, now.target_mc):
            return _STALLED
        return 0

    def _detached(self) -> bool:
        limits = self._limits
        trend = self._trend
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

    def _no_gain(self, temp_mc: int, target_mc: int) -> bool:
        limits = self._limits
        gained = temp_mc - self._mark_mc >= limits.stall_gain_mc
        self._run_ms = 0
        self._mark_mc = temp_mc
        if gained or temp_mc >= target_mc - limits.stall_below_mc:
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
