"""Who may start: token, readiness, rest, the totals of a day, the brake (SR-05, SR-17, SR-22)."""

from . import faults
from .ledger import COLD_S, DOSE_M, HEAT_S, Ledger
from .limits import Limits
from .reading import Reading
from .relays import Brake
from .tick import BEYOND, BRAKED, NOT_READY, OK, REST, TOTALS, Order

# `not_ready` reasons beside the sensors' own range faults.
SENSOR_COLD = -1
SENSOR_HOT = -2

_TOKEN_TRIES = 3


class Admission:
    """`order`: what was armed last."""

    def __init__(self, limits: Limits, reading: Reading, ledger: Ledger, brake: Brake) -> None:
        self._limits = limits
        self._reading = reading
        self._ledger = ledger
        self._brake = brake
        self.order = Order()
        self._token = -1
        self._tries = 0

    def arm(self, order: Order, token: int) -> int:
        """OK, or why this order cannot be armed: BEYOND, TOTALS, NOT_READY, REST."""
        if not order.within:
            return BEYOND
        answer = self._allowed(order)
        if answer == OK:
            self.order = order
            self._token = token
            self._tries = 0
        return answer

    def right(self, token: int) -> bool:
        """Is it the token of the last `arm`? Never again once it was used."""
        return token == self._token and token >= 0

    def wrong(self) -> bool:
        """A wrong one: was it the third?"""
        self._tries += 1
        return self._tries >= _TOKEN_TRIES

    def forget(self) -> None:
        """The token is used, or worth nothing any more."""
        self._token = -1

    def start(self) -> int:
        """OK, or why what was armed cannot start now: as `arm`, and BRAKED."""
        answer = self._allowed(self.order)
        return BRAKED if answer == OK and self._brake.held_ms() > 0 else answer

    def not_ready(self, heat: bool) -> int:
        """Why nothing can start now (SR-17, SR-21).

        A sensor's range fault, SENSOR_COLD, SENSOR_HOT; or NONE.
        """
        reading = self._reading
        reason = reading.reason
        if reason != faults.NONE:
            return reason
        if reading.cold_mc < self._limits.ready_min_mc:
            return SENSOR_COLD
        if heat and reading.hot_mc >= self._limits.heat_cutoff_mc:
            return SENSOR_HOT
        return faults.NONE

    def _allowed(self, order: Order) -> int:
        heat = order.heat_s > 0
        if not self._totals_allow(order):
            return TOTALS
        if self.not_ready(heat) != faults.NONE:
            return NOT_READY
        return REST if self._ledger.rest_s(heat, order.cold_s > 0) > 0 else OK

    def _totals_allow(self, order: Order) -> bool:
        """Do the last 24 h leave room for this order?"""
        limits = self._limits
        ledger = self._ledger
        if ledger.sessions() >= limits.sessions_day:
            return False
        if order.heat_s and ledger.used(HEAT_S) + order.heat_s > limits.heat_day_s:
            return False
        if order.cold_s and ledger.used(COLD_S) + order.cold_s > limits.cold_day_s:
            return False
        return not order.heat_s or ledger.used(DOSE_M) + order.dose_m <= limits.dose_day_m
