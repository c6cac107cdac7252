"""What the relays are told, and the rules of telling them: proof, dwell, brake (SR-22).

The outputs are bits of one integer, so that a tick's outputs are compared and kept whole.
"""

from .limits import Limits

MASTER = 1
HEAT = 2
COOL = 4
PAD = MASTER | HEAT

# Counted no further: longer than anything that is asked, and far from where integers grow.
LONG_MS = 1 << 28


class RelayProof:
    """Each relay is closed alone once and SENSE must stay low (SR-22).

    Steps: both open, HEAT alone, both open, MASTER alone. Never both closed. A step with a relay
    closed lasts until SENSE has been low for `weld_sense_ms` without a break, counted from
    `proof_settle_ms` after the closing: a relay that releases in 20 ms against one that operates
    in 10 ms would energise the pad. Whether SENSE was steady is for `judges.welds` to say.
    """

    _STEPS = (0, HEAT, 0, MASTER)

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.active = False
        self.done = False
        self._step = 0
        self._in_step_ms = 0

    def start(self) -> None:
        """Begin, or begin again after a stall."""
        self.active = True
        self.done = False
        self._enter(0)

    def abort(self) -> None:
        """Stop, pause or fault: outputs open, nothing proven."""
        self.active = False
        self.done = False

    def outputs(self) -> int:
        """What this step closes."""
        return self._STEPS[self._step & 3] if self.active else 0

    def master_alone_next(self) -> bool:
        """Is an energised pad in this step a welded MASTER? Else it is a welded HEAT."""
        return self._step == 1

    def settling(self, dt_ms: int) -> bool:
        """Time passes; is it too early to look at SENSE?"""
        self._in_step_ms += dt_ms
        return self._step & 1 == 1 and self._in_step_ms < self._limits.proof_settle_ms

    def turn(self, low_ms: int) -> None:
        """SENSE has been low for so long without a break: on to the next step, if that is due."""
        limits = self._limits
        if self._step & 1 == 0:
            if self._in_step_ms >= limits.proof_gap_ms:
                self._enter(self._step + 1)
        elif low_ms >= limits.weld_sense_ms:
            if self._step == 3:
                self.active = False
                self.done = True
            else:
                self._enter(self._step + 1)

    def _enter(self, step: int) -> None:
        self._step = step
        self._in_step_ms = 0


class Dwell:
    """Relay life: when may HEAT close again? Holds across phases and sessions.

    `operations`: closings of HEAT in this session, those of the proof included.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._off_ms = LONG_MS
        self._since_closing_ms = LONG_MS
        self.operations = 0

    def advance(self, heated: bool, dt_ms: int) -> None:
        """`heated`: the pad was energised during the interval that ends now."""
        if self._since_closing_ms < LONG_MS:
            self._since_closing_ms += dt_ms
        if heated:
            self._off_ms = 0
        elif self._off_ms < LONG_MS:
            self._off_ms += dt_ms

    def may_close(self) -> bool:
        """Has HEAT been open, and was it last closed, long enough ago?"""
        limits = self._limits
        return (
            self._off_ms >= limits.dwell_min_ms and self._since_closing_ms >= limits.closing_min_ms
        )

    def closes(self, before: int, outputs: int, proving: bool) -> None:
        """The outputs of the tick before and of this one."""
        if outputs & HEAT and not before & HEAT:
            self.operations += 1
            if not proving:
                self._since_closing_ms = 0


class Brake:
    """At most so many proofs, or sessions that gave nothing, within ten minutes, with less than a
    minute of treatment between them. `active`: there is one to count."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ages_ms = [LONG_MS] * limits.brake_count
        self._treated_ms = 0
        self.active = False

    def advance(self, treated: bool, dt_ms: int) -> None:
        """`treated`: the interval that ends now was of a heat or cold phase."""
        ages = self._ages_ms
        limits = self._limits
        if treated:
            self._treated_ms += dt_ms
        self.active = ages[0] < limits.brake_ms and self._treated_ms < limits.brake_treated_ms
        for i in range(len(ages)):
            if not self.active:
                ages[i] = LONG_MS
            elif ages[i] < LONG_MS:
                ages[i] += dt_ms

    def note(self) -> None:
        """One more."""
        ages = self._ages_ms
        for i in range(len(ages) - 1, 0, -1):
            ages[i] = ages[i - 1]
        ages[0] = 0
        self._treated_ms = 0
        self.active = True

    def held_ms(self) -> int:
        """How long until the next one; 0 where it may be now."""
        return max(0, self._limits.brake_ms - self._ages_ms[-1])
