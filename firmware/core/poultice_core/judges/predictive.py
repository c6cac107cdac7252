"""Where the reading will be in ten seconds (SR-02)."""

from ..interval import Interval
from ..limits import Limits
from ..reading import Reading

_TICKS = 30


class Predictive:
    """Trips nothing: `inhibits` says whether HEAT must be open.

    slope = (mean of the last 10 ticks - mean of the 10 ticks 2.0 s earlier) / 2.0 s.
    """

    def __init__(self, limits: Limits, reading: Reading) -> None:
        self._limits = limits
        self._reading = reading
        self._ring = [0] * _TICKS
        self._restart()

    def _restart(self) -> None:
        for i in range(_TICKS):
            self._ring[i] = 0
        self._next = 0
        self._count = 0
        self._recent = 0
        self._earlier = 0

    def look(self, now: Interval) -> int:
        """This tick's accepted reading. One that is none forgets those before."""
        reading = self._reading
        if not reading.whole:
            if self._count:
                self._restart()
        elif not reading.inhibit:
            ring = self._ring
            i = self._next
            control_mc = reading.control_mc
            self._recent += control_mc - ring[i - 10]
            self._earlier += ring[i - 20] - ring[i]
            ring[i] = control_mc
            self._next = i + 1 if i < _TICKS - 1 else 0
            if self._count < _TICKS:
                self._count += 1
        return 0

    def inhibits(self) -> bool:
        """Does the reading, ten seconds of its slope ahead, reach the limit? Also where there are
        too few ticks to say."""
        if self._count < _TICKS:
            return True
        limits = self._limits
        # Rounded up; the difference of the sums is 20 times the slope.
        ahead_mc = ((self._recent - self._earlier) * limits.predict_horizon_ds + 199) // 200
        return self._reading.control_mc + ahead_mc >= limits.predictive_mc
