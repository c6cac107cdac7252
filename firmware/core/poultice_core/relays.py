"""Do the relays do what they are told? (SR-10, SR-11, SR-22, the dwell times)

The outputs are bits of one integer, so that a tick's outputs are compared and kept whole.
"""

from . import board, faults
from .checks import Trend
from .limits import Limits

MASTER = 1
HEAT = 2
COOL = 4
PAD = MASTER | HEAT

LONG_MS = 1 << 28


class SenseWatch:
    """The pad supply against what was commanded: one count of unbroken time a direction.

    Time counts between two looks that saw the same level; a break in between restarts it.
    """

    def __init__(self, limits: Limits) -> None:
        self._weld_ms = limits.weld_sense_ms
        self._supply_ms = limits.supply_ms
        self._last = -1
        self._high_ms = 0
        self._low_ms = 0
        self.quiet_ms = 0

    def restart(self) -> None:
        """A stall, or a relay about to settle: count from the next look."""
        self._last = -1
        self._high_ms = 0
        self._low_ms = 0

    def look(self, sense: int, outputs: int, dt_ms: int) -> int:
        """`outputs` stood during the interval that ends with this look at `sense`."""
        unbroken = sense == self._last
        self._last = sense
        closed = outputs & PAD == PAD
        if sense != board.SENSE_LOW:
            self.quiet_ms = 0
        elif not closed and self.quiet_ms < LONG_MS:
            self.quiet_ms += dt_ms
        if not unbroken or sense == board.SENSE_BROKEN:
            self._high_ms = 0
            self._low_ms = 0
            return faults.NONE
        if sense == board.SENSE_HIGH:
            self._high_ms = 0 if closed else self._high_ms + dt_ms
            return faults.HEAT_WELDED if self._high_ms >= self._weld_ms else faults.NONE
        self._low_ms = self._low_ms + dt_ms if closed else 0
        return faults.SUPPLY_LOST if self._low_ms >= self._supply_ms else faults.NONE


class CoolingWatch:
    """A welded relay by the thermometer alone, where SENSE is not fitted."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._off_ms = 0
        self._ended_ms = -1
        self._mark_mc = 0

    def restart(self) -> None:
        """A stall or a lost reading: nothing before it is compared."""
        self._off_ms = 0
        self._ended_ms = -1

    def heat_phase_ended(self) -> None:
        """The 90 s of the second question begin."""
        self._ended_ms = 0

    def look(self, outputs: int, temp_mc: int, trend: Trend, dt_ms: int) -> int:
        """`outputs` stood during the interval that ends now."""
        if outputs & HEAT:
            self.restart()
            return faults.NONE
        limits = self._limits
        if self._off_ms < limits.weld_off_ms:
            self._off_ms += dt_ms
        if self._off_ms >= limits.weld_off_ms and trend.pushed and trend.full():
            before_mc = trend.ago_mc(30)
            now_mc = trend.ago_mc(0)
            if self._rose(before_mc, now_mc, limits.weld_rise_mc):
                return faults.HEAT_WELDED
        if self._ended_ms < 0:
            return faults.NONE
        was_ms = self._ended_ms
        self._ended_ms += dt_ms
        if was_ms < limits.weld_off_ms <= self._ended_ms:
            self._mark_mc = temp_mc
        if self._ended_ms < limits.weld_end_ms:
            return faults.NONE
        self._ended_ms = -1
        rose = self._rose(self._mark_mc, temp_mc, limits.weld_end_rise_mc)
        return faults.HEAT_WELDED if rose else faults.NONE

    def _rose(self, before_mc: int, now_mc: int, rise_mc: int) -> bool:
        floor_mc = self._limits.weld_from_mc
        return before_mc >= floor_mc and now_mc >= floor_mc and now_mc - before_mc > rise_mc


class RelayProof:
    """Each relay is closed alone once and SENSE must stay low (SR-22).

    Steps: both open, HEAT alone, both open, MASTER alone. Never both closed. A step with a relay
    closed lasts until SENSE could have been high for `weld_sense_ms` without a break, counted
    from `proof_settle_ms` after the closing: a relay that releases in 20 ms against one that
    operates in 10 ms would energise the pad.
    """

    _STEPS = (0, HEAT, 0, MASTER)

    def __init__(self, limits: Limits) -> None:
        self._gap_ms = limits.proof_gap_ms
        self._settle_ms = limits.proof_settle_ms
        self._judge_ms = limits.weld_sense_ms
        self.active = False
        self._step = 0
        self._in_step_ms = 0
        self._judged_from_ms = -1

    def start(self) -> None:
        """Begin, or begin again after a stall."""
        self.active = True
        self._enter(0)

    def abort(self) -> None:
        """Stop, pause or fault: outputs open, nothing proven."""
        self.active = False

    def outputs(self) -> int:
        """What this step closes."""
        return self._STEPS[self._step] if self.active else 0

    def fault(self) -> int:
        """What an energised pad means in this step."""
        return faults.MASTER_WELDED if self._step == 1 else faults.HEAT_WELDED

    def tick(self, dt_ms: int) -> bool:
        """Time passes; is SENSE still settling?"""
        self._in_step_ms += dt_ms
        return self._step & 1 == 1 and self._in_step_ms < self._settle_ms

    def turn(self) -> None:
        """After this tick's look at SENSE: on to the next step where this one is done."""
        if self._step & 1 == 0:
            if self._in_step_ms >= self._gap_ms:
                self._enter(self._step + 1)
            return
        if self._in_step_ms < self._settle_ms:
            return
        if self._judged_from_ms < 0:
            self._judged_from_ms = self._in_step_ms
        if self._in_step_ms - self._judged_from_ms < self._judge_ms:
            return
        if self._step == 3:
            self.active = False
        else:
            self._enter(self._step + 1)

    def _enter(self, step: int) -> None:
        self._step = step
        self._in_step_ms = 0
        self._judged_from_ms = -1


class Dwell:
    """Relay life: when may HEAT close again? Holds across phases and sessions."""

    def __init__(self, limits: Limits) -> None:
        self._dwell_ms = limits.dwell_min_ms
        self._closing_ms = limits.closing_min_ms
        self.off_ms = LONG_MS
        self.since_closing_ms = LONG_MS

    def advance(self, heat: bool, dt_ms: int) -> None:
        """`heat`: HEAT was closed for heating during the interval that ends now."""
        if self.since_closing_ms < LONG_MS:
            self.since_closing_ms += dt_ms
        if heat:
            self.off_ms = 0
        elif self.off_ms < LONG_MS:
            self.off_ms += dt_ms

    def may_close(self) -> bool:
        """Has HEAT been open, and was it last closed, long enough ago?"""
        return self.off_ms >= self._dwell_ms and self.since_closing_ms >= self._closing_ms

    def closed(self) -> None:
        """HEAT closes in this tick."""
        self.since_closing_ms = 0
