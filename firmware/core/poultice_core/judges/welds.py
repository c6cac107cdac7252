"""Do the relays do what they are told? (SR-10, SR-11, SR-22)

By SENSE where it is fitted, else by the thermometer alone.
"""

from .. import faults, states
from ..board import SENSE_BROKEN, SENSE_HIGH, SENSE_LOW
from ..interval import Interval
from ..limits import Limits
from ..reading import Reading
from ..relays import HEAT, LONG_MS, MASTER, RelayProof
from ..settings import Settings
from ..trend import Trend


class SenseWatch:
    """The pad supply against what was commanded: one count of unbroken time a question.

    Time counts between two looks that saw the same level; a break in between restarts it.
    `quiet_ms`: for how long it has been low with the relays open.
    """

    def __init__(self, limits: Limits, settings: Settings, proof: RelayProof) -> None:
        self._limits = limits
        self._settings = settings
        self._proof = proof
        self.quiet_ms = 0
        self._restart()

    def _restart(self) -> None:
        self._last = -1
        self._steady_ms = 0
        self._wrong_ms = 0
        self._unsteady_ms = 0

    def look(self, now: Interval) -> int:
        """HEAT_WELDED, MASTER_WELDED, SUPPLY_LOST; moves the proof on."""
        if not self._settings.sense:
            return 0
        proof = self._proof
        if now.stalled:
            self._restart()
        # What was not closed as the step says, for whatever reason, has proven nothing.
        if proof.active and now.outputs != proof.outputs():
            proof.start()
        if proof.active and proof.settling(now.seen_ms):
            self._restart()
            return 0
        trips = self._judge(now)
        if proof.active:
            proof.turn(self._steady_ms if self._last == SENSE_LOW else 0)
        return trips

    def _judge(self, now: Interval) -> int:
        limits = self._limits
        sense = now.tick.sense
        dt_ms = now.seen_ms
        if sense != SENSE_LOW:
            self.quiet_ms = 0
        elif not now.heated and self.quiet_ms < LONG_MS:
            self.quiet_ms += dt_ms
        broken = sense != self._last or sense == SENSE_BROKEN
        self._last = sense
        if broken:
            self._steady_ms = 0
            self._wrong_ms = 0
        else:
            if self._steady_ms < LONG_MS:
                self._steady_ms += dt_ms
            wrong = (sense == SENSE_HIGH) is not now.heated
            self._wrong_ms = self._wrong_ms + dt_ms if wrong else 0
        if self._unclear(now, dt_ms):
            return 1 << faults.SUPPLY_LOST
        if sense == SENSE_HIGH:
            if self._wrong_ms < limits.weld_sense_ms:
                return 0
            master = now.proving and self._proof.master_alone_next()
            return 1 << (faults.MASTER_WELDED if master else faults.HEAT_WELDED)
        return 1 << faults.SUPPLY_LOST if self._wrong_ms >= limits.supply_ms else 0

    def _unclear(self, now: Interval, dt_ms: int) -> bool:
        """Has there been no steady level for too long, where one is needed?"""
        limits = self._limits
        needed = now.proving or (now.state == states.RUNNING and now.outputs & MASTER != 0)
        if not needed or self._steady_ms >= limits.weld_sense_ms:
            self._unsteady_ms = 0
            return False
        self._unsteady_ms += dt_ms
        return self._unsteady_ms >= limits.unsteady_ms


class CoolingWatch:
    """A welded relay by the thermometer alone, where SENSE is not fitted."""

    def __init__(self, limits: Limits, settings: Settings, reading: Reading, trend: Trend) -> None:
        self._limits = limits
        self._settings = settings
        self._reading = reading
        self._trend = trend
        self._restart()

    def _restart(self) -> None:
        self._off_ms = 0
        self._ended_ms = -1
        self._mark_mc = 0

    def heat_phase_ended(self) -> None:
        """The 90 s of the second question begin."""
        self._ended_ms = 0

    def look(self, now: Interval) -> int:
        """HEAT_WELDED. A stall, a lost reading and HEAT forget what was before."""
        if self._settings.sense:
            return 0
        if now.stalled or not self._reading.readable or now.outputs & HEAT:
            self._restart()
            return 0
        limits = self._limits
        if self._off_ms < limits.weld_off_ms:
            self._off_ms += now.seen_ms
        trend = self._trend
        if self._off_ms >= limits.weld_off_ms and trend.pushed and trend.full():
            if self._rose(trend.ago_mc(30), trend.ago_mc(0), limits.weld_rise_mc):
                return 1 << faults.HEAT_WELDED
        return self._after_phase(now.seen_ms)

    def _after_phase(self, dt_ms: int) -> int:
        if self._ended_ms < 0:
            return 0
        limits = self._limits
        was_ms = self._ended_ms
        self._ended_ms += dt_ms
        if was_ms < limits.weld_off_ms <= self._ended_ms:
            self._mark_mc = self._reading.hot_mc
        if self._ended_ms < limits.weld_end_ms:
            return 0
        self._ended_ms = -1
        rose = self._rose(self._mark_mc, self._reading.hot_mc, limits.weld_end_rise_mc)
        return 1 << faults.HEAT_WELDED if rose else 0

    def _rose(self, before_mc: int, now_mc: int, rise_mc: int) -> bool:
        floor_mc = self._limits.weld_from_mc
        return before_mc >= floor_mc and now_mc >= floor_mc and now_mc - before_mc > rise_mc
