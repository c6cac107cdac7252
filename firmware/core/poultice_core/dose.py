"""CEM43, the thermal dose (SR-06): minutes at 43 °C that would do the same.

Per 100 ms: R^(43 - T) / 600 minutes, R = 0.5 at and above 43 °C and 0.25 below (Sapareto and
Dewey's form as given in the safety contract), nothing below 39 °C. The table holds millionths
of a minute by 0.1 °C step, each entry rounded up, and the reading is rounded up to its step: a
dose is never counted too low. Above 50 °C, where the table ends, only the tick that trips counts.
"""

from .dose_table import PER_TICK_U

_FIRST_DC = 390
_LAST_DC = _FIRST_DC + len(PER_TICK_U) // 3 - 1
COUNTS_FROM_MC = _FIRST_DC * 100 - 100
CAP_U = 500_000_000


def rate_u(temp_mc: int) -> int:
    """Millionths of a CEM43 minute that 100 ms at `temp_mc` give."""
    tenths = (temp_mc + 99) // 100
    if tenths < _FIRST_DC:
        return 0
    if tenths > _LAST_DC:
        tenths = _LAST_DC
    at = (tenths - _FIRST_DC) * 3
    return PER_TICK_U[at] << 16 | PER_TICK_U[at + 1] << 8 | PER_TICK_U[at + 2]


class Dose:
    """A running sum. `total_u` is in millionths of a CEM43 minute and stops at `CAP_U`."""

    def __init__(self) -> None:
        self.total_u = 0
        self._rest = 0

    def reset(self) -> None:
        """A new session."""
        self.total_u = 0
        self._rest = 0

    def add(self, temp_mc: int, elapsed_ms: int) -> None:
        """`elapsed_ms` at `temp_mc`, whole, however long it was."""
        if temp_mc <= COUNTS_FROM_MC:
            return
        rate = rate_u(temp_mc)
        whole = elapsed_ms // 100
        if whole > CAP_U // rate:
            self.total_u = CAP_U
            return
        part = self._rest + rate * (elapsed_ms % 100)
        self._rest = part % 100
        total = self.total_u + rate * whole + part // 100
        self.total_u = total if total < CAP_U else CAP_U

    def milli(self) -> int:
        """Thousandths of a CEM43 minute, rounded up."""
        return (self.total_u + 999) // 1000


def of_hold_m(target_mc: int, duration_s: int) -> int:
    """The dose in thousandths of a minute of holding a reading at `target_mc`, rounded up."""
    return (rate_u(target_mc) * duration_s * 10 + 999) // 1000
