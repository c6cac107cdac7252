"""The course of a session: from state to state, by commands, the button and time (SR-13, SR-17,
SR-22, SR-23)."""

from . import faults, states
from .button import HOLD, PRESS, SHORT
from .interval import Interval
from .parts import Parts
from .permit import Permit
from .phases import DONE, LAY, NOTHING, Phases
from .tick import (
    ARM,
    BAD_TOKEN,
    CONFIRM,
    NOT_READY,
    OK,
    PAUSE,
    RESUME,
    START,
    STOP,
    WRONG_STATE,
    Ask,
    Order,
    Tick,
)

_SELF_TEST_MS = 500


class Course:
    """The state of one guard.

    `live`: running, paused or waiting. `begun`, `ended`: sessions since start-up, with `outcome`
    and `reason` of the last; `confirmed`: how often the button was held in idle.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.state = states.BOOT
        self.live = False
        self.phases = Phases(parts)
        self.permit = Permit(parts, self.phases)
        self.prompt = states.NO_PROMPT
        self.outcome = states.NOT_ENDED
        self.reason = states.NO_REASON
        self.begun = 0
        self.ended = 0
        self.confirmed = 0

    @property
    def order(self) -> Order:
        """What was armed last."""
        return self._parts.admission.order

    def obey(self, tick: Tick) -> int:
        """The host's command of this tick; the answer to it (of `tick`). Closes no relay."""
        command = tick.command
        if command == STOP:
            self.stop(states.HOST)
            return OK
        state = self.state
        if command == ARM and state == states.IDLE and tick.order is not None:
            answer = self._parts.admission.arm(tick.order, tick.token)
            if answer == OK:
                self._go(states.ARMED)
            return answer
        if command == START and state == states.ARMED:
            return self._start(tick.token)
        if command == PAUSE and state == states.RUNNING:
            self._parts.proof.abort()
            self._parts.clocks.pause_ms = 0
            self._go(states.PAUSED)
            return OK
        if command == RESUME and state == states.PAUSED:
            return self._resume()
        if command == CONFIRM and state == states.WAITING:
            self._confirm()
            return OK
        return WRONG_STATE

    def _start(self, token: int) -> int:
        admission = self._parts.admission
        if not admission.right(token):
            if admission.wrong():
                self._disarm()
            return BAD_TOKEN
        answer = admission.start()
        if answer == OK:
            self._begin()
        return answer

    def _resume(self) -> int:
        """The checks of SR-17, without a token; one proof too many stops the session (SR-22)."""
        parts = self._parts
        if parts.admission.not_ready(self.order.heat_s > 0) != faults.NONE:
            return NOT_READY
        if self.phases.must_not_prove():
            self.stop(states.PROOF_REPEATED)
            return OK
        parts.heating.restart()
        self._run_on()
        return OK

    def _confirm(self) -> None:
        pack = self._parts.pack
        if self.prompt == states.LAY_PACK:
            pack.lay()
            self.prompt = states.NO_PROMPT
            self._run_on()
        else:
            pack.removed = True

    def stop(self, reason: int) -> None:
        """End what runs, disarm what is armed; nothing where nothing runs."""
        if self.state == states.ARMED:
            self._disarm()
        elif self.live:
            self._finish(states.STOPPED, reason)

    def fail(self) -> None:
        """A fault is latched."""
        if self.state == states.FAULT:
            return
        live = self.live
        # First of all: whatever raises in what follows, nothing runs any more.
        self._go(states.FAULT)
        self._parts.admission.forget()
        if live:
            self._finish(states.FAULTED, states.NO_REASON, states.FAULT)

    def recover(self) -> None:
        """The fault is cleared."""
        self._go(states.IDLE)

    def move(self, now: Interval, ask: Ask, press: int) -> int:
        """Button, time-outs and phases, where nothing has tripped; what trips of it, as bits."""
        state = self.state
        if self.live:
            return self._session(now, ask, press)
        if state == states.ARMED:
            if self._parts.clocks.state_ms >= self._parts.limits.token_s * 1000:
                self._disarm()
            elif press == PRESS and now.state == state and self._parts.admission.start() == OK:
                # Not where it came with the `arm` itself: who pressed had seen nothing armed.
                self._begin()
        elif state == states.IDLE and press == HOLD:
            self.confirmed += 1
        elif state == states.BOOT:
            self._go(states.SELF_TEST)
        elif state == states.SELF_TEST and self._parts.clocks.state_ms >= _SELF_TEST_MS:
            self._go(states.IDLE)
        return 0

    def _session(self, now: Interval, ask: Ask, press: int) -> int:
        """What can end a session or its phase, most urgent first."""
        clocks = self._parts.clocks
        limits = self._parts.limits
        bounds = self._parts.bounds
        waiting = self.state == states.WAITING
        if press == PRESS or press == HOLD:
            self.stop(states.BUTTON)
        elif 0 < bounds.attended_ms <= clocks.silent_ms:
            self.stop(states.ATTENDED)
        elif clocks.session_ms >= limits.session_s * 1000 and (
            waiting or not ask.done or not now.tick.written
        ):
            # With all phases done the relay proof may finish, if the relays may move; a pack that
            # is never seen to come off may not keep the session for ever.
            self.stop(states.SESSION_TIMEOUT)
        elif clocks.pause_ms >= limits.pause_max_s * 1000:
            self.stop(states.PAUSE_TIMEOUT)
        elif self.state == states.PAUSED:
            if self._parts.cold.ended and self._parts.pack.on and self.phases.mode == states.COLD:
                self._parts.durations.over = True
                self._ask_for(states.REMOVE_PACK)
        elif waiting:
            if press == SHORT:
                self._confirm()
            if self.state == states.WAITING:
                self._wait()
        else:
            return self._run(now, ask)
        return 0

    def _wait(self) -> None:
        """`waiting`: the answer, or its time-out; a pack is off when it is warm again too."""
        pack = self._parts.pack
        if self.prompt == states.REMOVE_PACK and not pack.on:
            self.prompt = states.NO_PROMPT
            self._run_on()
        elif self._parts.clocks.state_ms >= self._parts.limits.prompt_max_s * 1000:
            if not pack.removed:
                self.stop(states.PROMPT_TIMEOUT)

    def _run(self, now: Interval, ask: Ask) -> int:
        """One tick of `running`: follow what is asked, judge how long the phase has been."""
        phases = self.phases
        step = phases.follow(now, ask)
        if step == DONE:
            self._finish(states.COMPLETE, states.NO_REASON)
        elif step != NOTHING:
            self._ask_for(states.LAY_PACK if step == LAY else states.REMOVE_PACK)
        if phases.mode == states.COLD and self._parts.cold.ended:
            self._parts.durations.over = True
        return self._parts.durations.look(now)

    def _begin(self) -> None:
        """The armed session; nothing is energised before its intent is on flash."""
        self._parts.begin(self.order)
        self.phases.begin(self.order)
        self.permit.begin()
        self.prompt = states.NO_PROMPT
        self.outcome = states.NOT_ENDED
        self.reason = states.NO_REASON
        self.begun += 1
        self._run_on()

    def _finish(self, outcome: int, reason: int, state: int = states.IDLE) -> None:
        parts = self._parts
        self._go(state)
        parts.proof.abort()
        if self.phases.mode == states.HEAT:
            parts.cooling.heat_phase_ended()
        self.phases.end()
        self.prompt = states.NO_PROMPT
        self.outcome = outcome
        self.reason = reason
        parts.clocks.since_session_ms = 0
        parts.book(outcome == states.COMPLETE, self.phases.proved())
        self.ended += 1

    def _ask_for(self, prompt: int) -> None:
        self.prompt = prompt
        self._parts.pack.removed = False
        self._go(states.WAITING)

    def _run_on(self) -> None:
        self._parts.clocks.pause_ms = -1
        self._go(states.RUNNING)

    def _disarm(self) -> None:
        self._parts.admission.forget()
        self._go(states.IDLE)

    def _go(self, state: int) -> None:
        self.state = state
        self._parts.clocks.state_ms = 0
        self.live = states.RUNNING <= state <= states.WAITING
