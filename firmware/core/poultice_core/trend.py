"""One reading a second, for 30 s back: what falls and rises are judged by."""

from .interval import Interval
from .reading import Reading

_SECONDS = 31


class Trend:
    """`pushed` says whether a second was completed with this tick. It trips nothing."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._ring = [0] * _SECONDS
        self._newest = 0
        self._count = 0
        self._part_ms = 0
        self.pushed = False

    def look(self, now: Interval) -> int:
        """This tick's reading. A stall and a lost reading forget those before."""
        self.pushed = False
        if now.stalled or not self._reading.readable:
            self._count = 0
            self._part_ms = 0
            return 0
        self._part_ms += now.seen_ms
        if self._part_ms >= 1000:
            self._part_ms -= 1000
            self._newest = self._newest + 1 if self._newest < _SECONDS - 1 else 0
            self._ring[self._newest] = self._reading.hot_mc
            if self._count < _SECONDS:
                self._count += 1
            self.pushed = True
        return 0

    def full(self) -> bool:
        """Does it reach 30 s back?"""
        return self._count >= _SECONDS

    def ago_mc(self, seconds: int) -> int:
        """The reading so many seconds (0 to 30) before the newest."""
        return self._ring[self._newest - seconds]
