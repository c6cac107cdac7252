"""The guard: what was measured and what is asked for goes in, what is permitted comes out.

One call of `step` a tick. It keeps its own clock of every phase and its own dose, and trusts
nobody: the session may ask for anything at any time. The relays get asked AND permitted, worked
out anew from state in every tick. Every group of checks signs in; one that did not run is a
fault. `step` allocates nothing.
"""

from . import faults, states
from .button import HOLD, PRESS, SHORT, Button
from .dose import COUNTS_FROM_MC
from .ledger import Ledger
from .lifecycle import OK
from .limits import Limits
from .order import Inputs
from .phases import Phases
from .relays import COOL, HEAT, LONG_MS, MASTER, PAD
from .ticks import diff_ms

_SENSORS = 1
_CUTOFFS = 2
_RELAYS = 4
_STATE = 8
_ALL = 15

_NO_TRIP = 1 << faults.NONE

_SELF_TEST_MS = 500


class Guard(Phases):
    """The safety state machine; its commands are in `Lifecycle`.

    Flags for the controller, true in one tick: `start_wanted` (the button, while armed),
    `config_confirmed` (the button held, in idle), `pack_alarm` (the cold pack is still on).
    `inhibited`: HEAT was not permitted in this heat phase's tick.
    """

    # Named, so that a misspelt one cannot make a new one.
    # fmt: off
    __slots__ = (
        "_button", "_hot_ticks", "_last_ms", "_ran", "_stall", "_trips", "config_confirmed",
        "inhibited", "sensor_inhibit", "start_wanted",
    )
    # fmt: on

    def __init__(
        self,
        limits: Limits,
        ledger: Ledger,
        cooler: bool = False,
        sensor_b: bool = True,
        sense: bool = True,
        density_mw_cm2: int = 100,
        budget_uj: int = 1 << 29,
    ) -> None:
        super().__init__(limits, ledger, cooler, sensor_b, sense, density_mw_cm2, budget_uj)
        self._button = Button()
        self._last_ms = -1
        self._trips = 0
        self._ran = 0
        self._hot_ticks = 0
        self._stall = False
        self.inhibited = True
        self.sensor_inhibit = True
        self.start_wanted = False
        self.config_confirmed = False

    def heating_now(self) -> bool:
        """Was the pad energised by the last tick's outputs?"""
        return self.outputs & PAD == PAD

    def inherit(self, old: "Guard") -> None:
        """Take over what a new configuration must not reset: dwell, dose, the watch after a
        session, a pack that is still on. For idle only."""
        self.dwell = old.dwell
        self.dose = old.dose
        self.since_session_ms = old.since_session_ms
        self.pack_on = old.pack_on
        self.pack_lowest_mc = old.pack_lowest_mc
        self.session_cold_ms = old.session_cold_ms
        self.booked = old.booked
        self.pack_owed = old.pack_owed
        self._button = old._button
        self._last_ms = old._last_ms
        self._hot_ticks = old._hot_ticks
        self.a = old.a
        self.b = old.b
        self.slope = old.slope
        self.trend = old.trend
        self.cooling_watch = old.cooling_watch
        self.limits_ok = old.limits_ok

    def step(self, inputs: Inputs) -> int:
        """Judge one tick; the outputs for it (bits MASTER, HEAT, COOL of `relays`).

        An open emergency stop trips in that tick, whatever the state (SR-12).
        """
        self._trips = 0
        self._ran = 0
        dt_ms = self._elapsed_ms(inputs.now_ms)
        seen_ms = 0 if self._stall else dt_ms
        self._account(dt_ms)
        self.estop = inputs.estop
        if inputs.estop:
            self._trips |= 1 << faults.EMERGENCY_STOP
        self._sensors(inputs, seen_ms)
        self._cutoffs(dt_ms)
        self._relays(inputs.sense, seen_ms)
        self._state(inputs, dt_ms, seen_ms)
        if self._ran != _ALL:
            self._trips |= 1 << faults.INTERNAL
        if self._trips:
            self._latch_worst()
        outputs = self._permit(inputs)
        if outputs & HEAT and not self.outputs & HEAT:
            self.heat_operations += 1
            if not self.proof.active:
                self.dwell.closed()
        self.outputs = outputs
        # What the coming interval counts as, whatever a command does before the next tick.
        self.charged = self.live
        running = self.state == states.RUNNING and not self.proof.active
        self.charged_mode = self.mode if running else states.NO_MODE
        return outputs

    def _elapsed_ms(self, now_ms: int) -> int:
        """Time since the last tick, with what a late one costs (SR-18)."""
        self._stall = False
        last_ms = self._last_ms
        self._last_ms = now_ms
        if last_ms < 0:
            return 0
        dt_ms = diff_ms(now_ms, last_ms)
        if 0 <= dt_ms <= self.limits.late_ms:
            return dt_ms
        self._stall = True
        if dt_ms < 0 or dt_ms > self.limits.late_trip_ms:
            self._trips |= 1 << faults.LOOP_LATE
        if self.live:
            self.stalls += 1
            if self.stalls >= self.limits.late_count:
                self._trips |= 1 << faults.LOOP_LATE
        self.heating.stalled()
        self.sense_watch.restart()
        self.cooling_watch.restart()
        self.trend.restart()
        if self.proof.active:
            self.proof.start()
        return dt_ms if dt_ms > 0 else 0

    def _sensors(self, inputs: Inputs, dt_ms: int) -> None:
        """SR-07 and SR-08; `hot_mc` and `cold_mc` are the tick's own readings.

        Outside a session a bad sensor trips nothing: it is "not ready" (SR-21).
        """
        a = self.a
        judged = self.mode == states.HEAT and self.state == states.RUNNING and not self._stall
        fresh = inputs.fresh
        fault = a.look(inputs.code_x8_a, inputs.raw_a, inputs.temp_a_mc, fresh, judged, dt_ms)
        trips = 1 << fault
        all_ok = self.readable = a.ok
        self.sensor_inhibit = a.inhibit
        if self.sensor_b:
            trips |= self._second_sensor(inputs, judged, dt_ms)
            all_ok = all_ok and self.b.ok
        elif all_ok:
            self.hot_mc = self.cold_mc = a.temp_mc
            self.control_mc = a.accepted_mc
        if trips > _NO_TRIP and self.live:
            self._trips |= trips & ~_NO_TRIP
        if not all_ok:
            self.slope.restart()
        elif not self.sensor_inhibit:
            self.slope.push(self.control_mc)
        self._ran |= _SENSORS

    def _second_sensor(self, inputs: Inputs, judged: bool, dt_ms: int) -> int:
        """The same for B, and for both together; the faults as bits."""
        a = self.a
        b = self.b
        fresh = inputs.fresh
        fault = b.look(inputs.code_x8_b, inputs.raw_b, inputs.temp_b_mc, fresh, judged, dt_ms)
        if b.inhibit:
            self.sensor_inhibit = True
        if a.ok and b.ok:
            a_mc = a.temp_mc
            b_mc = b.temp_mc
            if a_mc > b_mc:
                self.hot_mc = a_mc
                self.cold_mc = b_mc
            else:
                self.hot_mc = b_mc
                self.cold_mc = a_mc
            apart = self.mismatch.look(a_mc, b_mc, judged, dt_ms)
            a_mc = a.accepted_mc
            b_mc = b.accepted_mc
            self.control_mc = a_mc if a_mc > b_mc else b_mc
            return 1 << fault | 1 << apart
        self.readable = a.ok or b.ok
        if self.readable:
            self.hot_mc = self.cold_mc = a.temp_mc if a.ok else b.temp_mc
        return 1 << fault

    def _cutoffs(self, dt_ms: int) -> None:
        """SR-01, SR-03 and SR-06, on the unfiltered reading."""
        limits = self.limits
        hot_mc = self.hot_mc
        over = 0
        if hot_mc >= limits.heat_cutoff_mc and self.readable:
            over = 1
            if hot_mc >= limits.absolute_cutoff_mc:
                self._trips |= 1 << faults.ABSOLUTE_TEMPERATURE
        ticks = (self._hot_ticks << 1 | over) & 7
        self._hot_ticks = ticks
        in_session = self.live
        if ticks & (ticks - 1) and (in_session or self.since_session_ms <= limits.watch_after_ms):
            self._trips |= 1 << faults.OVER_TEMPERATURE
        if (self.live or self.charged) and hot_mc > COUNTS_FROM_MC:
            self.dose.add(hot_mc, dt_ms)
            if self.dose.total_u > self.dose_bound_u:
                self._trips |= 1 << faults.DOSE_LIMIT
        if self.cold_mc > limits.cold_cutoff_mc:
            self.cold_cutoff_ms = -1
        elif self._too_cold(dt_ms):
            self._trips |= 1 << faults.UNDER_TEMPERATURE
        self._ran |= _CUTOFFS

    def _relays(self, sense: int, dt_ms: int) -> None:
        """SR-10, SR-11 and SR-22."""
        trend = self.trend
        if self.readable:
            trend.look(self.hot_mc, dt_ms)
        else:
            trend.restart()
            self.cooling_watch.restart()
        fault = faults.NONE
        proof = self.proof
        if self.sense_fitted:
            if proof.active and proof.tick(dt_ms):
                self.sense_watch.restart()
            else:
                fault = self.sense_watch.look(sense, self.outputs, dt_ms)
            if proof.active:
                if fault != faults.NONE:
                    fault = proof.fault()
                proof.turn()
        elif self.readable:
            fault = self.cooling_watch.look(self.outputs, self.hot_mc, trend, dt_ms)
        if fault != faults.NONE:
            self._trips |= 1 << fault
        self._ran |= _RELAYS

    def _state(self, inputs: Inputs, dt_ms: int, seen_ms: int) -> None:
        """Buttons, time-outs and the session's phases, where nothing has tripped."""
        press = self._button.look(inputs.button, self.state, dt_ms)
        self.start_wanted = False
        self.config_confirmed = False
        self.pack_alarm = False
        if self.pack_on:
            self._watch_pack(dt_ms)
        self._ran |= _STATE
        if self._trips:
            return
        state = self.state
        if state == states.RUNNING or state == states.PAUSED or state == states.WAITING:
            fault = self._session(inputs, press, dt_ms, seen_ms)
            if fault != faults.NONE:
                self._trips |= 1 << fault
        elif state == states.ARMED:
            if self.state_ms >= self.limits.token_s * 1000:
                self.stop(states.NO_REASON)
            else:
                self.start_wanted = press == PRESS
        elif state == states.FAULT:
            if press == HOLD:
                self.clear(self.fault, True)
        elif state == states.IDLE:
            self.config_confirmed = press == HOLD
        elif state == states.BOOT:
            self._go(states.SELF_TEST)
        elif self.state_ms >= _SELF_TEST_MS:
            self._go(states.IDLE)

    def _session(self, inputs: Inputs, press: int, dt_ms: int, seen_ms: int) -> int:
        """What can end a session or its phase (SR-04, SR-13), most urgent first.

        A fault or NONE.
        """
        limits = self.limits
        if press == PRESS or press == HOLD:
            self.stop(states.BUTTON)
            return faults.NONE
        self.silent_ms = 0 if inputs.heard else self.silent_ms + dt_ms
        if 0 < self.attended_ms <= self.silent_ms:
            self.stop(states.ATTENDED)
            return faults.NONE
        if self.session_ms >= limits.session_s * 1000:
            # With all phases done the relay proof may finish; a pack that is never seen to come
            # off may not keep the session for ever.
            if not inputs.ask_done or self.state == states.WAITING:
                self.stop(states.SESSION_TIMEOUT)
                return faults.NONE
        if self.state == states.PAUSED:
            if self.state_ms >= limits.pause_max_s * 1000:
                self.stop(states.PAUSE_TIMEOUT)
            return faults.NONE
        if self.state == states.WAITING:
            if press == SHORT:
                self.confirm()
            self._wait()
            return faults.NONE
        return self._run(inputs, dt_ms, seen_ms)

    def _permit(self, inputs: Inputs) -> int:
        """SR-16, SR-02, SR-24 and the dwell: asked AND permitted."""
        if self.state != states.RUNNING or self._stall:
            return 0
        if self.proof.active:
            return self.proof.outputs()
        if self.phase_over:
            return 0
        if self.mode == states.HEAT:
            self.inhibited = self._heat_inhibited(inputs.ask_heat)
            if self.inhibited:
                self.heating.restart()
            elif inputs.ask_heat and (self.outputs & PAD == PAD or self.dwell.may_close()):
                return PAD
            return MASTER
        if self.mode == states.COLD and self.cooler:
            wanted = inputs.ask_cool and self.a.ok and (self.b.ok or not self.sensor_b)
            if wanted and self.cold_mc > self.limits.cool_inhibit_mc:
                return MASTER | COOL
            return MASTER
        return 0

    def _heat_inhibited(self, asked: bool) -> bool:
        limits = self.limits
        if self.sensor_inhibit or self.hot_mc >= limits.heat_cutoff_mc:
            return True
        if self.control_mc + self.slope.ahead_mc() >= limits.predictive_mc:
            return True
        if self.budget.level_uj < self.budget.tick_uj:
            self.budget_met = self.budget_met or asked
            return True
        return False

    def _latch_worst(self) -> None:
        fault = 1
        while not self._trips >> fault & 1:
            fault += 1
        self.latch(fault)
        self.followers |= self._trips & ~(1 << self.fault)

    def _account(self, dt_ms: int) -> None:
        """Charge the interval that ends now to everything that ran in it."""
        heating = self.outputs & PAD == PAD
        self.budget.advance(heating, dt_ms)
        self.dwell.advance(heating, dt_ms)
        self.ledger.advance(dt_ms)
        if self.state_ms < LONG_MS:
            self.state_ms += dt_ms
        if self.since_session_ms < LONG_MS:
            self.since_session_ms += dt_ms
        self._count(dt_ms)


__all__ = ["OK", "Guard"]
