"""The heat budget: an account of heat given that no thermometer can defeat (SR-24).

Microjoules per cm². 1 mW/cm² is 1 µJ/cm² a millisecond, so both rates are per millisecond.
"""

from .limits import Limits


class Budget:
    """`level_uj` of `budget_capacity_uj_cm2` are left."""

    def __init__(self, limits: Limits, density_mw_cm2: int, level_uj: int) -> None:
        self.capacity_uj = limits.budget_capacity_uj_cm2
        self._refill_uj_ms = limits.budget_refill_uw_cm2 // 1000
        self._debit_uj_ms = density_mw_cm2
        self.tick_uj = density_mw_cm2 * limits.tick_ms
        self._long_ms = self.capacity_uj // self._refill_uj_ms
        self.level_uj = max(0, min(level_uj, self.capacity_uj))

    def advance(self, heating: bool, dt_ms: int) -> None:
        """`heating`: HEAT and MASTER were closed during the interval that ends now."""
        if dt_ms > self._long_ms:
            dt_ms = self._long_ms
        level_uj = self.level_uj + self._refill_uj_ms * dt_ms
        if heating:
            level_uj -= self._debit_uj_ms * dt_ms
            if level_uj < 0:
                level_uj = 0
        self.level_uj = level_uj if level_uj < self.capacity_uj else self.capacity_uj

    def empty(self) -> bool:
        """Is less than one tick of HEAT left?"""
        return self.level_uj < self.tick_uj

    def percent(self) -> int:
        """What is left, rounded down; 100 = full."""
        return self.level_uj // (self.capacity_uj // 100)
