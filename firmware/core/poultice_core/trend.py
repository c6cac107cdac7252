"""One reading a second, for 30 s back: what falls and rises are judged by."""

from .interval import Interval
from .reading import Reading

_SECONDS = 31


class Trend:
    """`pushed` says whether a second was completed with this tick."""

    def __init__(self) -> None:
        self._ring = [0] * _SECONDS
        self._newest = 0
        self._count = 0
        self._part_ms = 0
        self.pushed = False

    def restart(self) -> None:
        """Forget the readings."""
        self._count = 0
        self._part_ms = 0
        self.pushed = False

    def look(self, now: Interval, reading: Reading) -> None:
        """This tick's reading. A stall and a lost reading restart it."""
        if now.stalled or not reading.readable:
            self.restart()
            if now.stalled:
                return
        if not reading.readable:
            return
        self._part_ms += now.seen_ms
        if self._part_ms < 1000:
            self.pushed = False
            return
        self._part_ms -= 1000
        self._newest = self._newest + 1 if self._newest < _SECONDS - 1 else 0
        self._ring[self._newest] = reading.hot_mc
        if self._count < _SECONDS:
            self._count += 1
        self.pushed = True

    def full(self) -> bool:
        """Does it reach 30 s back?"""
        return self._count >= _SECONDS

    def ago_mc(self, seconds: int) -> int:
        """The reading so many seconds (0 to 30) before the newest."""
        return self._ring[self._newest - seconds]
