"""The heat budget: an account of heat given that no thermometer can defeat (SR-24).

Microjoules per cm². 1 mW/cm² is 1 µJ/cm² a millisecond, so both rates are per millisecond.
"""

from .limits import Limits
from .settings import Settings


class Budget:
    """`level_uj` of `budget_capacity_uj_cm2` are left."""

    def __init__(self, limits: Limits, settings: Settings, level_uj: int) -> None:
        self._limits = limits
        self._settings = settings
        self.level_uj = max(0, min(level_uj, limits.budget_capacity_uj_cm2))

    def advance(self, heated: bool, dt_ms: int) -> None:
        """`heated`: HEAT and MASTER were closed during the interval that ends now."""
        limits = self._limits
        capacity_uj = limits.budget_capacity_uj_cm2
        refill_uj_ms = limits.budget_refill_uw_cm2 // 1000
        if dt_ms > limits.late_trip_ms:
            # No longer than it takes to fill: the products stay small integers.
            dt_ms = min(dt_ms, capacity_uj // refill_uj_ms)
        level_uj = self.level_uj + refill_uj_ms * dt_ms
        if heated:
            level_uj -= self._settings.density_mw_cm2 * dt_ms
            if level_uj < 0:
                level_uj = 0
        self.level_uj = level_uj if level_uj < capacity_uj else capacity_uj

    def spent(self) -> bool:
        """Is less than one tick of HEAT left?"""
        return self.level_uj < self._settings.density_mw_cm2 * self._limits.tick_ms

    def percent(self) -> int:
        """What is left, rounded down; 100 = full."""
        return self.level_uj // (self._limits.budget_capacity_uj_cm2 // 100)
