"""Asked AND permitted: the outputs, worked out anew from state in every tick (SR-02, SR-16, SR-24).

What the guard counts has been counted and what it judges has been judged; here is what that means
for the relays.
"""

from . import states
from .interval import Interval
from .parts import Parts
from .phases import Phases
from .relays import COOL, MASTER, PAD
from .tick import Ask


class Permit:
    """`inhibited`: HEAT was not permitted in this heat phase's tick. `budget_met`: in this session
    heat was asked for and the budget was spent."""

    def __init__(self, parts: Parts, phases: Phases) -> None:
        self._parts = parts
        self._phases = phases
        self.inhibited = True
        self.budget_met = False

    def begin(self) -> None:
        """A session begins."""
        self.budget_met = False

    def outputs(self, now: Interval, ask: Ask, state: int) -> int:
        """Bits of `relays`, for the tick that comes."""
        parts = self._parts
        if state != states.RUNNING or now.stalled or not now.tick.written:
            return 0
        if parts.proof.active:
            return parts.proof.outputs()
        if parts.durations.over:
            return 0
        mode = self._phases.mode
        if mode == states.HEAT:
            return self._heat(now, ask.heat)
        if mode == states.COLD and parts.settings.cooler:
            wanted = ask.cool and parts.reading.whole
            cold = parts.reading.cold_mc <= parts.limits.cool_inhibit_mc
            return MASTER | COOL if wanted and not cold else MASTER
        return 0

    def _heat(self, now: Interval, asked: bool) -> int:
        parts = self._parts
        cause = self._inhibit(asked)
        self.inhibited = cause != states.BY_NOTHING
        outputs = MASTER
        if self.inhibited:
            parts.heating.restart()
        elif asked and (now.outputs & PAD == PAD or parts.dwell.may_close()):
            outputs = PAD
        parts.treatment.judge(now, asked, cause, outputs == PAD)
        return outputs

    def _inhibit(self, asked: bool) -> int:
        """Why HEAT is not permitted in this tick, of `states`."""
        parts = self._parts
        reading = parts.reading
        if reading.inhibit or reading.hot_mc >= parts.limits.heat_cutoff_mc:
            return states.BY_SENSOR
        if parts.predictive.inhibits():
            return states.BY_PREDICTIVE
        if parts.budget.spent():
            self.budget_met = self.budget_met or asked
            return states.BY_BUDGET
        return states.BY_NOTHING
