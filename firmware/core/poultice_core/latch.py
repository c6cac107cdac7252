"""The fault latch: the first cause is kept, what follows is counted, what clears it is looked up
(SR-20)."""

from . import faults
from .interval import Interval
from .judges.integrity import Integrity
from .judges.welds import SenseWatch
from .limits import Limits
from .reading import Reading
from .settings import Settings


class Latch:
    """`fault`: the latched one, or NONE; `state`: the state it came in; `followers`: bits of later
    ones; `count`: how many were latched since start-up, one that returned in the tick of its
    clearing included."""

    def __init__(
        self,
        limits: Limits,
        settings: Settings,
        reading: Reading,
        sense: SenseWatch,
        integrity: Integrity,
    ) -> None:
        self._limits = limits
        self._settings = settings
        self._reading = reading
        self._sense = sense
        self._integrity = integrity
        self.fault = faults.NONE
        self.state = 0
        self.followers = 0
        self.count = 0

    def restore(self, fault: int) -> None:
        """It was latched when power went; NONE changes nothing."""
        self.fault = fault

    def trip(self, trips: int, state: int) -> None:
        """Faults of this tick, as bits: with several the most severe is the first."""
        if self.fault == faults.NONE:
            self.fault = faults.worst(trips)
            self.state = state
            self.count += 1
        self.followers |= trips & ~(1 << self.fault)

    def severe(self) -> bool:
        """Is it for the button alone: the latched fault, or one that came behind it? A weld shows
        only once a lesser fault has opened the relays, and a script must not clear it by the
        other's name."""
        return (1 << self.fault | self.followers) & faults.SEVERE != 0

    def clear(self) -> None:
        """Acknowledged, by whoever may."""
        self.fault = faults.NONE
        self.followers = 0

    def gone(self, now: Interval) -> bool:
        """Has what latched the fault passed?"""
        limits = self._limits
        reading = self._reading
        cause = faults.GONE[self.fault]
        if cause == faults.AT_ONCE:
            return True
        if cause == faults.ABSOLUTE_INSIDE:
            inside_mc = limits.absolute_cutoff_mc - limits.clear_inside_mc
            return reading.readable and reading.hot_mc <= inside_mc
        if cause == faults.HEAT_INSIDE:
            inside_mc = limits.heat_cutoff_mc - limits.clear_inside_mc
            return reading.readable and reading.hot_mc <= inside_mc
        if cause == faults.COLD_INSIDE:
            inside_mc = limits.cold_cutoff_mc + limits.clear_inside_mc
            return reading.readable and reading.cold_mc >= inside_mc
        if cause == faults.LOOP_CLOSED:
            return not now.tick.estop
        if cause == faults.SENSORS_GOOD:
            return reading.good()
        if cause == faults.PAIR_GOOD:
            return not self._settings.sensor_b or reading.pair_ticks >= limits.clear_ticks
        if cause == faults.PAD_DEAD:
            if self._settings.sense:
                return self._sense.quiet_ms >= limits.clear_sense_ms
            return reading.readable and reading.hot_mc < limits.weld_from_mc
        if cause == faults.FLASH_WRITES:
            return now.tick.writes
        return self._integrity.whole
