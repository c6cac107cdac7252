"""How long a phase and a session may go on (SR-04)."""

from .. import faults, states
from ..clocks import Bounds, Clocks
from ..interval import Interval
from ..limits import Limits


class Durations:
    """`over`: the phase has reached its end, by its time or by what the guard says of it."""

    def __init__(self, limits: Limits, clocks: Clocks, bounds: Bounds) -> None:
        self._limits = limits
        self._clocks = clocks
        self._bounds = bounds
        self.begin_phase(states.NO_MODE, 0, False)

    def begin_phase(self, mode: int, target_mc: int, over: bool) -> None:
        """A phase begins, or none; `over`: it should not have been asked for."""
        self._mode = mode
        self._target_mc = target_mc
        self.over = over
        self._over_ms = -1

    def look(self, now: Interval) -> int:
        """OVERRUN: the phase is over and the session still asks for it a second later.

        Looks in `running` only, after what is asked has been followed.
        """
        if self._mode == states.NO_MODE:
            return 0
        if not self.over and self._at_bound():
            self.over = True
        if not self.over:
            return 0
        self._over_ms = 0 if self._over_ms < 0 else self._over_ms + now.dt_ms
        return 1 << faults.OVERRUN if self._over_ms >= self._limits.overrun_ms else 0

    def _at_bound(self) -> bool:
        limits = self._limits
        clocks = self._clocks
        if self._mode == states.HEAT:
            if clocks.heat_ms >= self._bounds.heat_ms:
                return True
            hot = self._target_mc > limits.heat_hot_mc
            return hot and clocks.hot_ms >= limits.heat_hot_session_s * 1000
        if self._mode == states.COLD:
            if clocks.phase_ms >= limits.cold_phase_s * 1000:
                return True
            return clocks.cold_ms >= self._bounds.cold_ms
        return False
