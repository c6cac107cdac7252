"""The guard's states, commands and fault latch: everything that is not judged once a tick.

A command answers OK or says why not; none of them closes a relay. Outputs follow from state in
the next tick.
"""

from . import faults, states
from .budget import Budget
from .checks import Mismatch, Sensor, Slope, Trend
from .dose import Dose
from .heating import HeatingProof
from .ledger import COLD_S, DOSE_M, HEAT_S, Ledger
from .limits import Limits
from .order import Order
from .relays import LONG_MS, CoolingWatch, Dwell, RelayProof, SenseWatch

OK = 0
WRONG_STATE = 1
BAD_TOKEN = 2
NOT_READY = 3
REST = 4
TOTALS = 5
NOT_CLEARABLE = 6

# `not_ready` reasons beside the sensors' own range faults.
SENSOR_COLD = -1
SENSOR_HOT = -2

_TOKEN_TRIES = 3


class Lifecycle:
    """State, session bounds, counts and the fault latch of one guard."""

    # Named, so that a misspelt one cannot make a new one.
    # fmt: off
    __slots__ = (
        "_alarm_ms", "_token", "_tries", "a", "attended_ms", "b", "booked", "budget", "budget_met",
        "charged", "charged_mode", "cold_bound_ms", "cold_cutoff_ms", "cold_end_ms", "cold_mc",
        "control_mc", "cooler", "cooling_watch", "dose", "dose_bound_u", "dwell", "estop", "fault",
        "fault_state", "followers", "heat_bound_ms", "heat_left", "heat_ms", "heat_operations",
        "heating", "hot_mc", "hot_ms", "ledger", "limits", "limits_ok", "live", "mismatch", "mode",
        "order", "outcome", "outputs", "over_ms", "pack_alarm", "pack_laid", "pack_lowest_mc",
        "pack_on", "pack_owed", "pack_removed", "phase", "phase_ms", "phase_over", "phases",
        "prompt", "proof",
        "proven", "readable", "reason", "sense_fitted", "sense_watch", "sensor_b",
        "session_cold_ms", "session_ms", "silent_ms", "since_session_ms", "since_treated_ms",
        "slope", "stalls", "state", "state_ms", "target_max_mc", "target_mc", "trend", "unbooked",
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
        self.limits = limits
        self.ledger = ledger
        self.cooler = cooler
        self.sensor_b = sensor_b
        self.sense_fitted = sense
        self.a = Sensor(limits)
        self.b = Sensor(limits)
        self.mismatch = Mismatch(limits)
        self.slope = Slope(limits)
        self.trend = Trend()
        self.heating = HeatingProof(limits, not sensor_b)
        self.sense_watch = SenseWatch(limits)
        self.cooling_watch = CoolingWatch(limits)
        self.proof = RelayProof(limits)
        self.dwell = Dwell(limits)
        self.budget = Budget(limits, density_mw_cm2, budget_uj)
        self.dose = Dose()
        self.order = Order()
        self.state = states.BOOT
        self.live = False
        self.outputs = 0
        self.fault = faults.NONE
        self.fault_state = states.BOOT
        self.followers = 0
        self.limits_ok = True
        self.hot_mc = 0
        self.control_mc = 0
        self.cold_mc = 0
        self.readable = False
        self.estop = False
        self.since_session_ms = LONG_MS
        self.pack_on = False
        self.pack_alarm = False
        self.pack_owed = False
        self._alarm_ms = 0
        self.pack_lowest_mc = 0
        self._token = -1
        self._tries = 0
        self.state_ms = 0
        self.unbooked = False
        self.booked = False
        self._clear_counts()
        self._bound()

    def _clear_counts(self) -> None:
        self.mode = states.NO_MODE
        self.charged_mode = states.NO_MODE
        self.phase = -1
        self.target_mc = 0
        self.phase_ms = 0
        self.phase_over = False
        self.over_ms = -1
        self.phases = 0
        self.session_ms = 0
        self.charged = False
        self.since_treated_ms = 0
        self.heat_ms = 0
        self.hot_ms = 0
        self.session_cold_ms = 0
        self.silent_ms = 0
        self.stalls = 0
        self.heat_operations = 0
        self.proven = False
        self.heat_left = self.order.heat_phases
        self.pack_laid = False
        self.pack_removed = False
        self.prompt = states.NO_PROMPT
        self.outcome = states.NOT_ENDED
        self.reason = states.NO_REASON
        self.budget_met = False
        self.heating.weak = False
        self.cold_end_ms = -1
        self.cold_cutoff_ms = -1

    # --- commands -----------------------------------------------------------------------

    def arm(self, order: Order, token: int) -> int:
        """Accept a plan for `token_s` (SR-17). OK, WRONG_STATE, TOTALS, NOT_READY or REST."""
        if self.state != states.IDLE or self.unbooked:
            return WRONG_STATE
        if not self.totals_allow(order):
            return TOTALS
        if self.not_ready(order.heat_s > 0) != faults.NONE:
            return NOT_READY
        if self.ledger.rest_s(order.heat_s > 0, order.cold_s > 0) > 0:
            return REST
        self.order = order
        self._token = token
        self._tries = 0
        self._go(states.ARMED)
        return OK

    def may_start(self, token: int) -> int:
        """Would `start` with this token go? OK, WRONG_STATE, BAD_TOKEN or NOT_READY.

        The third wrong token disarms.
        """
        if self.state != states.ARMED:
            return WRONG_STATE
        if token != self._token or token < 0:
            self._tries += 1
            if self._tries >= _TOKEN_TRIES:
                self._disarm()
            return BAD_TOKEN
        return self.may_start_by_button()

    def may_start_by_button(self) -> int:
        """Would a press of the button start? OK, WRONG_STATE or NOT_READY."""
        if self.state != states.ARMED:
            return WRONG_STATE
        return OK if self.not_ready(self.order.heat_s > 0) == faults.NONE else NOT_READY

    def start(self) -> None:
        """Begin the armed session; the intent is on flash by now. Nothing where not armed."""
        if self.state != states.ARMED:
            return
        self._token = -1
        if self.pack_owed:
            self.book_pack()
        self._clear_counts()
        self.dose.reset()
        self.booked = False
        self._bound()
        self._go(states.RUNNING)

    def stop(self, reason: int) -> None:
        """End what runs, disarm what is armed; nothing where nothing runs."""
        if self.state == states.ARMED:
            self._disarm()
        elif self.live:
            self._finish(states.STOPPED, reason)

    def pause(self) -> int:
        """OK or WRONG_STATE."""
        if self.state != states.RUNNING:
            return WRONG_STATE
        if self.proof.active:
            self.proof.abort()
            self.proven = self.heat_left == 0
        self._go(states.PAUSED)
        return OK

    def resume(self) -> int:
        """OK, WRONG_STATE or NOT_READY: the checks of SR-17, without a token."""
        if self.state != states.PAUSED:
            return WRONG_STATE
        if self.not_ready(self.order.heat_s > 0) != faults.NONE:
            return NOT_READY
        self.heating.restart()
        self._go(states.RUNNING)
        return OK

    def confirm(self) -> int:
        """The prompt is answered. OK or WRONG_STATE."""
        if self.state != states.WAITING:
            return WRONG_STATE
        if self.prompt == states.LAY_PACK:
            self.pack_laid = True
            self.pack_on = True
            self.pack_removed = False
            self.pack_lowest_mc = self.cold_mc
            self.prompt = states.NO_PROMPT
            self._go(states.RUNNING)
        else:
            self.pack_removed = True
        return OK

    def clear(self, fault: int, by_button: bool) -> int:
        """Acknowledge the latched fault (SR-20). OK, WRONG_STATE or NOT_CLEARABLE."""
        if self.state != states.FAULT:
            return WRONG_STATE
        if not by_button and (fault != self.fault or fault in faults.BUTTON_ONLY):
            return NOT_CLEARABLE
        if not self.cause_gone():
            return NOT_CLEARABLE
        self.fault = faults.NONE
        self.followers = 0
        self._go(states.IDLE)
        if not self.limits_ok:
            self.latch(faults.LIMITS_CORRUPT)
        return OK

    def latch(self, fault: int) -> None:
        """Drop everything and latch: for what is found outside a tick (start-up, exceptions)."""
        self.outputs = 0
        self.proof.abort()
        if self.state == states.FAULT:
            if fault != self.fault:
                self.followers |= 1 << fault
            return
        self.fault_state = self.state
        if self.live:
            self._finish(states.FAULTED, states.NO_REASON)
        self._token = -1
        self.fault = fault
        self.followers = 0
        self._go(states.FAULT)

    def book(self) -> None:
        """Enter the session that has ended into the ledger, once."""
        self.unbooked = False
        self.pack_owed = False
        self.booked = self.treated()
        if self.booked:
            treated_ms = self.heat_ms + self.session_cold_ms
            rests = treated_ms >= self.limits.rest_asked_from_s * 1000
            rests = rests or self.outcome == states.COMPLETE
            ago_s = self.since_treated_ms // 1000
            self.ledger.add(self.heat_s(), self.cold_s(), self.dose.milli(), rests, ago_s)

    def restore_pack(self, lowest_mc: int) -> None:
        """The journal says that a pack was still on when power went."""
        self.pack_on = True
        self.pack_lowest_mc = lowest_mc
        self.session_cold_ms = self.ledger.last_cold_s() * 1000
        self.booked = True
        self.book_pack()

    def book_pack(self) -> None:
        """A pack is still on after its session: its cold goes on counting (SR-23)."""
        self.pack_owed = False
        if not self.booked:
            self.book()
        else:
            self.ledger.more_cold(self.cold_s())

    # --- questions ----------------------------------------------------------------------

    def in_session(self) -> bool:
        """Running, paused or waiting; `live` is the same, kept with the state."""
        return self.live

    def treated(self) -> bool:
        """Has this session given an energised or cold second?"""
        return self.heat_ms + self.session_cold_ms > 0

    def heat_s(self) -> int:
        """Seconds in heat phases, rounded up."""
        return (self.heat_ms + 999) // 1000

    def cold_s(self) -> int:
        """Seconds of cold, rounded up; with a pack that stayed on, on to now."""
        return (self.session_cold_ms + 999) // 1000

    def not_ready(self, heat: bool) -> int:
        """Why nothing can start now (SR-17, SR-21).

        A sensor's range fault, SENSOR_COLD, SENSOR_HOT; or NONE.
        """
        reason = self.a.reason
        if reason == faults.NONE and self.sensor_b:
            reason = self.b.reason
        if reason != faults.NONE:
            return reason
        if self.cold_mc < self.limits.ready_min_mc:
            return SENSOR_COLD
        if heat and self.hot_mc >= self.limits.heat_cutoff_mc:
            return SENSOR_HOT
        return faults.NONE

    def totals_allow(self, order: Order) -> bool:
        """Do the last 24 h leave room for this order?"""
        limits = self.limits
        ledger = self.ledger
        if ledger.sessions() >= limits.sessions_day:
            return False
        if order.heat_s and ledger.used(HEAT_S) + order.heat_s > limits.heat_day_s:
            return False
        if order.cold_s and ledger.used(COLD_S) + order.cold_s > limits.cold_day_s:
            return False
        return not order.heat_s or ledger.used(DOSE_M) + order.dose_m <= limits.dose_day_m

    def cause_gone(self) -> bool:
        """Has what latched the fault passed? (SR-20)"""
        limits = self.limits
        fault = self.fault
        inside_mc = limits.clear_inside_mc
        if fault == faults.ABSOLUTE_TEMPERATURE:
            return self.readable and self.hot_mc <= limits.absolute_cutoff_mc - inside_mc
        if fault == faults.OVER_TEMPERATURE:
            return self.readable and self.hot_mc <= limits.heat_cutoff_mc - inside_mc
        if fault == faults.UNDER_TEMPERATURE:
            return self.readable and self.cold_mc >= limits.cold_cutoff_mc + inside_mc
        if fault == faults.EMERGENCY_STOP:
            return not self.estop
        if faults.SENSOR_SHORT <= fault <= faults.SENSOR_MISMATCH:
            good = self.a.good_ticks >= limits.clear_ticks
            if fault == faults.SENSOR_MISMATCH and self.sensor_b:
                good = good and abs(self.a.temp_mc - self.b.temp_mc) <= limits.mismatch_mc
            return good and (not self.sensor_b or self.b.good_ticks >= limits.clear_ticks)
        if fault == faults.HEAT_WELDED or fault == faults.MASTER_WELDED:
            if self.sense_fitted:
                return self.sense_watch.quiet_ms >= limits.clear_sense_ms
            return self.readable and self.hot_mc < limits.weld_from_mc
        if fault == faults.LIMITS_CORRUPT:
            return self.limits_ok
        return True

    # --- transitions --------------------------------------------------------------------

    def _go(self, state: int) -> None:
        self.state = state
        self.state_ms = 0
        self.live = states.RUNNING <= state <= states.WAITING

    def _bound(self) -> None:
        """The session's bounds: what the order asks, as far as limits and 24 h go."""
        limits = self.limits
        order = self.order
        ledger = self.ledger
        self.heat_bound_ms = 1000 * max(
            0, min(limits.heat_session_s, limits.heat_day_s - ledger.used(HEAT_S))
        )
        self.cold_bound_ms = 1000 * max(
            0, min(limits.cold_session_s, limits.cold_day_s - ledger.used(COLD_S))
        )
        dose_m = limits.dose_session_m
        self.target_max_mc = limits.heat_target_max_mc
        if order.sensitive:
            dose_m = min(dose_m, limits.sensitive_dose_session_m)
            self.target_max_mc = min(self.target_max_mc, limits.sensitive_target_max_mc)
        dose_m = max(0, min(dose_m, limits.dose_day_m - ledger.used(DOSE_M)))
        self.dose_bound_u = max(0, dose_m - 1) * 1000
        self.attended_ms = order.attended_s * 1000

    def _disarm(self) -> None:
        self._token = -1
        self._go(states.IDLE)

    def _finish(self, outcome: int, reason: int) -> None:
        self.proof.abort()
        if self.mode == states.HEAT:
            self.cooling_watch.heat_phase_ended()
        self.mode = states.NO_MODE
        self.phase = -1
        self.prompt = states.NO_PROMPT
        self.outcome = outcome
        self.reason = reason
        self.since_session_ms = 0
        self.unbooked = True
        self._go(states.IDLE)
