"""From phase to phase of a session, with the relay proof before the first heat and after the last
(SR-04, SR-22, SR-23). The session asks; whether and when a phase begins is decided here."""

from . import states
from .interval import Interval
from .parts import Parts
from .tick import Ask, Order

# What the course has to do next.
NOTHING = 0
LAY = 1
REMOVE = 2
DONE = 3


class Phases:
    """`mode`, `phase`, `target_mc`: of the phase at hand; no mode between phases."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.begin(Order())

    def begin(self, order: Order) -> None:
        """A session begins."""
        self._order = order
        self._count = 0
        self._heat_left = order.heat_phases
        self._proven = False
        self._proof_due = False
        self._proofs = 0
        self.end()

    def end(self) -> None:
        """The phase at hand, if any, is no more."""
        self.mode = states.NO_MODE
        self.phase = -1
        self.target_mc = 0
        self._parts.durations.begin_phase(states.NO_MODE, 0, False)

    def counted(self, now: Interval) -> bool:
        """Does the session's clock run? It stands in a relay proof, but not in a repeated one nor
        where the relays may not move; and before the first phase, for the second that the intent
        may take to be on flash."""
        if self._parts.proof.active:
            return self._proofs > 1 or not now.tick.written
        begun = self._count > 0 or self._proofs > 0 or now.state != states.RUNNING
        return begun or self._parts.clocks.state_ms >= self._parts.limits.overrun_ms

    def proved(self) -> bool:
        """Has this session had a relay proof?"""
        return self._proofs > 0

    def must_not_prove(self) -> bool:
        """Would going on take one proof too many?"""
        return self._proof_due and self._proofs >= self._parts.limits.proofs_session

    def follow(self, now: Interval, ask: Ask) -> int:
        """One tick of `running`: NOTHING, a prompt for the pack (LAY, REMOVE), or DONE."""
        proof = self._parts.proof
        if proof.done:
            proof.done = False
            self._proof_due = False
            self._proven = True
        if proof.active:
            return NOTHING
        if self._proof_due:
            return self._prove()
        if not (
            ask.done
            or ask.phase != self.phase
            or ask.mode != self.mode
            or ask.target_mc != self.target_mc
        ):
            return NOTHING
        if self.mode != states.NO_MODE:
            step = self._leave()
            if step != NOTHING or proof.active:
                return step
        if ask.done:
            return DONE
        # Heat and cold begin once the intent is on flash; of a plan of rest alone there is none.
        if ask.mode == states.NO_MODE or (ask.mode != states.REST and not now.tick.written):
            return NOTHING
        return self._enter(ask)

    def _leave(self) -> int:
        parts = self._parts
        mode = self.mode
        parts.treatment.end_phase(self.phase, mode, self.target_mc)
        self.end()
        if mode == states.HEAT:
            parts.cooling.heat_phase_ended()
            if self._heat_left > 0:
                self._heat_left -= 1
                if self._heat_left == 0 and parts.settings.sense:
                    self._proofs = 0
                    return self._prove()
        elif mode == states.COLD and parts.pack.on:
            return REMOVE
        return NOTHING

    def _enter(self, ask: Ask) -> int:
        parts = self._parts
        mode = ask.mode
        if mode == states.HEAT:
            if parts.pack.on:
                return REMOVE
            if parts.settings.sense and not self._proven:
                return self._prove()
        elif mode == states.COLD and not parts.settings.cooler and not parts.pack.laid:
            return LAY
        self.mode = mode
        self.phase = ask.phase
        self.target_mc = ask.target_mc
        self._count += 1
        parts.clocks.phase_ms = 0
        over = self._count > parts.limits.phases_max or not self._allowed()
        parts.durations.begin_phase(mode, ask.target_mc, over)
        parts.treatment.begin_phase()
        parts.cold.restart()
        if mode == states.HEAT:
            parts.heating.begin_phase(ask.target_mc)
        elif mode == states.COLD and not parts.settings.cooler:
            parts.pack.laid = False
            parts.pack.begin_phase()
        return NOTHING

    def _prove(self) -> int:
        self._proof_due = True
        self._proofs += 1
        self._parts.brake.note()
        self._parts.proof.start()
        return NOTHING

    def _allowed(self) -> bool:
        """Is this phase's mode one that was ordered, its target within the limits of its mode?"""
        limits = self._parts.limits
        target_mc = self.target_mc
        if self.mode == states.HEAT and self._order.heat_s > 0:
            return limits.heat_target_min_mc <= target_mc <= self._parts.bounds.target_max_mc
        if self.mode == states.COLD and self._order.cold_s > 0:
            return limits.cold_target_min_mc <= target_mc <= limits.cold_target_max_mc
        return self.mode == states.REST
