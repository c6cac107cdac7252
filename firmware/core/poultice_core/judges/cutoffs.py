"""Too hot, too hot for too long (SR-01, SR-06), on the unfiltered reading of the tick."""

from .. import faults
from ..clocks import Bounds, Clocks
from ..dose import COUNTS_FROM_MC, Dose
from ..interval import Interval
from ..limits import Limits
from ..reading import Reading


class Cutoffs:
    """43 °C in two of three ticks, in a session and for 120 s after it and after start-up;
    45 °C in one tick, always."""

    def __init__(self, limits: Limits, reading: Reading, clocks: Clocks) -> None:
        self._limits = limits
        self._reading = reading
        self._clocks = clocks
        self._hot_ticks = 0

    def look(self, now: Interval) -> int:
        """OVER_TEMPERATURE, ABSOLUTE_TEMPERATURE."""
        limits = self._limits
        reading = self._reading
        trips = 0
        over = 0
        if reading.readable and reading.hot_mc >= limits.heat_cutoff_mc:
            over = 1
            if reading.hot_mc >= limits.absolute_cutoff_mc:
                trips = 1 << faults.ABSOLUTE_TEMPERATURE
        ticks = self._hot_ticks = (self._hot_ticks << 1 | over) & 7
        if ticks & (ticks - 1):
            if now.live or self._clocks.since_session_ms <= limits.watch_after_ms:
                trips |= 1 << faults.OVER_TEMPERATURE
        return trips


class DoseLimit:
    """The session's dose, counted over every interval of it and held against its bound."""

    def __init__(self, reading: Reading, dose: Dose, bounds: Bounds) -> None:
        self._reading = reading
        self._dose = dose
        self._bounds = bounds

    def look(self, now: Interval) -> int:
        """DOSE_LIMIT."""
        hot_mc = self._reading.hot_mc
        if now.live and hot_mc > COUNTS_FROM_MC:
            self._dose.add(hot_mc, now.dt_ms)
            if self._dose.total_u > self._bounds.dose_u:
                return 1 << faults.DOSE_LIMIT
        return 0
