"""The guard's own clock of every phase, the cold pack's, and the way from phase to phase.

SR-03, SR-04, SR-09, SR-22 and SR-23: what holds within a session.
"""

from . import faults, states
from .lifecycle import Lifecycle
from .order import Inputs
from .relays import LONG_MS, PAD


class Phases(Lifecycle):
    """A session asks for a phase; whether and when it begins is decided here."""

    __slots__ = ()

    def _count(self, dt_ms: int) -> None:
        """Charge the interval that ends now to the clocks of session, mode and phase (SR-04)."""
        if self.since_treated_ms < LONG_MS:
            self.since_treated_ms += dt_ms
        if self.pack_on and self.session_cold_ms < LONG_MS:
            self.session_cold_ms += dt_ms
            self.since_treated_ms = 0
            self.pack_owed = True
        mode = self.charged_mode
        if not self.charged or self.proof.active:
            return
        self.session_ms += dt_ms
        if mode == states.NO_MODE:
            return
        self.phase_ms += dt_ms
        if mode == states.HEAT:
            self.heat_ms += dt_ms
            self.since_treated_ms = 0
            if self.target_mc > self.limits.heat_hot_mc:
                self.hot_ms += dt_ms
        elif mode == states.COLD and not self.pack_on:
            self.session_cold_ms += dt_ms
            self.since_treated_ms = 0

    def _too_cold(self, dt_ms: int) -> bool:
        """SR-03: the cold cutoff, in a cold phase and in `waiting` after one."""
        if not self.readable:
            self.cold_cutoff_ms = -1
            return False
        cold = self.state == states.RUNNING and self.mode == states.COLD
        if not cold and not (self.state == states.WAITING and self.prompt == states.REMOVE_PACK):
            self.cold_cutoff_ms = -1
            return False
        self.cold_cutoff_ms = 0 if self.cold_cutoff_ms < 0 else self.cold_cutoff_ms + dt_ms
        return self.cold_cutoff_ms >= self.limits.cold_cutoff_ms

    def _run(self, inputs: Inputs, dt_ms: int, seen_ms: int) -> int:
        """One tick of `running`: follow the session, judge the phase; a fault or NONE."""
        if self.proof.active:
            return faults.NONE
        fault = faults.NONE
        if self.mode == states.HEAT and self.readable:
            heated = self.outputs & PAD == PAD and seen_ms > 0
            fault = self.heating.look(heated, self.control_mc, self.trend, seen_ms)
        if (
            inputs.ask_done
            or inputs.ask_phase != self.phase
            or inputs.ask_mode != self.mode
            or inputs.ask_target_mc != self.target_mc
        ):
            self._follow(inputs)
        if self.mode == states.NO_MODE:
            return fault
        if not self.phase_over and self._phase_at_bound(dt_ms):
            self.phase_over = True
        if self.phase_over:
            self.over_ms = 0 if self.over_ms < 0 else self.over_ms + dt_ms
            if self.over_ms >= self.limits.overrun_ms:
                return faults.more_severe(fault, faults.OVERRUN)
        return fault

    def _follow(self, inputs: Inputs) -> None:
        """The session asks for something else: leave this phase, enter the next."""
        if self.mode != states.NO_MODE:
            self._leave()
            if self.proof.active or self.state != states.RUNNING:
                return
        if inputs.ask_done:
            self._finish(states.COMPLETE, states.NO_REASON)
        elif self.mode == states.NO_MODE and inputs.ask_mode != states.NO_MODE:
            self._enter(inputs)

    def _leave(self) -> None:
        mode = self.mode
        self.mode = states.NO_MODE
        self.phase = -1
        if mode == states.HEAT:
            self.cooling_watch.heat_phase_ended()
            if self.heat_left > 0:
                self.heat_left -= 1
                if self.heat_left == 0 and self.sense_fitted:
                    self.proof.start()
        elif mode == states.COLD and self.pack_on:
            self._ask(states.REMOVE_PACK)

    def _enter(self, inputs: Inputs) -> None:
        mode = inputs.ask_mode
        if mode == states.HEAT:
            if self.pack_on:
                self._ask(states.REMOVE_PACK)
                return
            if self.sense_fitted and not self.proven:
                self.proven = True
                self.proof.start()
                return
        elif mode == states.COLD and not self.cooler and not self.pack_laid:
            self._ask(states.LAY_PACK)
            return
        self.mode = mode
        self.phase = inputs.ask_phase
        self.target_mc = inputs.ask_target_mc
        self.phase_ms = 0
        self.over_ms = -1
        self.cold_end_ms = -1
        self.phases += 1
        self.phase_over = self.phases > self.limits.phases_max or not self._allowed()
        if mode == states.HEAT:
            self.heating.begin(self.target_mc, self.control_mc)
        elif mode == states.COLD and not self.cooler:
            self.pack_laid = False
            self.pack_lowest_mc = self.cold_mc
            self._alarm_ms = 0

    def _allowed(self) -> bool:
        """Is this phase's mode one, and its target within the limits of its mode?"""
        if self.mode == states.HEAT:
            return self.limits.heat_target_min_mc <= self.target_mc <= self.target_max_mc
        if self.mode == states.COLD:
            limits = self.limits
            return limits.cold_target_min_mc <= self.target_mc <= limits.cold_target_max_mc
        return self.mode == states.REST

    def _phase_at_bound(self, dt_ms: int) -> bool:
        """SR-04's durations, and the cold end of SR-03."""
        limits = self.limits
        if self.mode == states.HEAT:
            if self.heat_ms >= self.heat_bound_ms:
                return True
            hot = self.target_mc > limits.heat_hot_mc
            return hot and self.hot_ms >= limits.heat_hot_session_s * 1000
        if self.mode != states.COLD:
            return False
        if self.phase_ms >= limits.cold_phase_s * 1000:
            return True
        if self.session_cold_ms >= self.cold_bound_ms:
            return True
        if not self.readable or self.cold_mc > limits.cold_end_mc:
            self.cold_end_ms = -1
            return False
        self.cold_end_ms = 0 if self.cold_end_ms < 0 else self.cold_end_ms + dt_ms
        return self.cold_end_ms >= limits.cold_end_ms

    def _ask(self, prompt: int) -> None:
        self.prompt = prompt
        self.pack_removed = False
        self._go(states.WAITING)

    def _wait(self) -> None:
        """`waiting`: the answer, or its time-out; a pack is off when it is warm again too."""
        if self.state != states.WAITING:
            return
        if self.prompt == states.REMOVE_PACK and not self.pack_on:
            self.prompt = states.NO_PROMPT
            self._go(states.RUNNING)
        elif self.state_ms >= self.limits.prompt_max_s * 1000 and not self.pack_removed:
            self.stop(states.PROMPT_TIMEOUT)

    def _watch_pack(self, dt_ms: int) -> None:
        """SR-23: on until confirmed off and 3 °C warmer; after a session, until warmer."""
        if self.readable:
            if self.cold_mc < self.pack_lowest_mc:
                self.pack_lowest_mc = self.cold_mc
            risen = self.cold_mc >= self.pack_lowest_mc + self.limits.pack_rise_mc
            if risen and (self.pack_removed or not self.live):
                self.pack_on = False
                return
        if self.state == states.RUNNING:
            return
        self._alarm_ms += dt_ms
        if self._alarm_ms >= self.limits.pack_alarm_ms:
            self._alarm_ms = 0
            self.pack_alarm = True
