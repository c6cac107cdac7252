"""Asks for heat within relay dwell: a cycle of closings, its duty from a PI law.

It only ever asks. Integers: temperatures in milli-°C, times in milliseconds, duty in 1/1000.
"""

from .limits import Limits


class Thermostat:
    """One heat phase at a time; `begin`, then `ask` once a tick."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.begin(0, 0)

    def begin(self, target_mc: int, temp_mc: int) -> None:
        """A heat phase starts at this reading."""
        self._target_mc = target_mc
        self._on = False

    def ask(self, temp_mc: int, heating: bool, inhibited: bool, dt_ms: int) -> bool:
        """Shall HEAT be closed in the coming tick? `heating`: was it, in the last one."""
        return temp_mc < self._target_mc
