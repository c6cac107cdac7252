"""The guard's own clocks of session, phase and mode, and the bounds they are held to (SR-04)."""

from . import states
from .interval import Interval
from .ledger import COLD_S, DOSE_M, HEAT_S, Ledger
from .limits import Limits
from .relays import LONG_MS
from .tick import Order


class Clocks:
    """Milliseconds. `heat_ms`, `hot_ms`, `cold_ms`: in phases of that mode (hot: of a set-point
    above `heat_hot_mc`), over the session; `cold_ms` goes on while a pack stays on, also after
    it. `pause_ms`: of the 5 minutes of a pause; -1 where none is under way. `silent_ms`: since the
    last valid request.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.state_ms = 0
        # After start-up the reading is watched as after a session: there may have been one.
        self.since_session_ms = 0
        self.begin()

    def begin(self) -> None:
        """A session begins."""
        self.session_ms = 0
        self.phase_ms = 0
        self.heat_ms = 0
        self.hot_ms = 0
        self.cold_ms = 0
        self.since_treated_ms = 0
        self.silent_ms = 0
        self.pause_ms = -1

    def advance(self, now: Interval, pack_on: bool, counted: bool) -> None:
        """The interval that ends now. `counted`: the session's clock runs (it may stand in the
        relay proof)."""
        dt_ms = now.dt_ms
        if self.state_ms < LONG_MS:
            self.state_ms += dt_ms
        if self.since_session_ms < LONG_MS:
            self.since_session_ms += dt_ms
        if self.since_treated_ms < LONG_MS:
            self.since_treated_ms += dt_ms
        if pack_on and self.cold_ms < LONG_MS:
            self.cold_ms += dt_ms
            self.since_treated_ms = 0
        if not now.live:
            return
        self.silent_ms = 0 if now.tick.heard else self.silent_ms + dt_ms
        if self.pause_ms >= 0:
            self.pause_ms += dt_ms
        if not counted:
            return
        self.session_ms += dt_ms
        if now.state != states.RUNNING or now.proving or now.mode == states.NO_MODE:
            return
        self.phase_ms += dt_ms
        if now.mode == states.HEAT:
            self.heat_ms += dt_ms
            self.since_treated_ms = 0
            if now.target_mc > self._limits.heat_hot_mc:
                self.hot_ms += dt_ms
        elif now.mode == states.COLD and not pack_on:
            self.cold_ms += dt_ms
            self.since_treated_ms = 0

    def heat_s(self) -> int:
        """Seconds in heat phases, rounded up."""
        return (self.heat_ms + 999) // 1000

    def cold_s(self) -> int:
        """Seconds of cold, rounded up."""
        return (self.cold_ms + 999) // 1000


class Bounds:
    """The bounds of one session: what limits and the last 24 h leave of each."""

    def __init__(self, limits: Limits, ledger: Ledger) -> None:
        self._limits = limits
        self._ledger = ledger
        self.heat_ms = 0
        self.cold_ms = 0
        self.target_max_mc = 0
        self.dose_u = 0
        self.attended_ms = 0

    def begin(self, order: Order) -> None:
        """A session begins."""
        limits = self._limits
        used = self._ledger.used
        heat_s = min(limits.heat_session_s, limits.heat_day_s - used(HEAT_S))
        cold_s = min(limits.cold_session_s, limits.cold_day_s - used(COLD_S))
        self.heat_ms = 1000 * max(0, heat_s)
        self.cold_ms = 1000 * max(0, cold_s)
        dose_m = min(limits.dose_session_m, limits.dose_day_m - used(DOSE_M))
        self.target_max_mc = limits.heat_target_max_mc
        if order.sensitive:
            dose_m = min(dose_m, limits.sensitive_dose_session_m)
            self.target_max_mc = min(self.target_max_mc, limits.sensitive_target_max_mc)
        self.dose_u = max(0, dose_m - 1) * 1000
        self.attended_ms = order.attended_s * 1000
