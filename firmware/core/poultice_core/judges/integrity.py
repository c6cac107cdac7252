"""Is what the guard relies on still what it was? (SR-15, SR-25)

One flipped bit of memory may cost a trip, not a burn. In every tick the configuration in force is
held against its seal, some of the limits in force against a second copy, made where the sum of all
that was compiled in was right, and the guard's own words, which nothing but a tick changes, against
the seal that the last tick left. XOR sees any single bit. All limits are looked at within a second.
"""

from .. import faults
from ..interval import Interval
from ..limits import CHECKSUM, NAMES, Limits, checksum
from ..settings import Settings

_AT_ONCE = 10
_LAST = len(NAMES) - 1


class Integrity:
    """`whole`: no value of the limits or of the configuration in force was found changed."""

    def __init__(self, limits: Limits, settings: Settings) -> None:
        self._settings = settings
        self._limits = limits
        self._expected = [0] * len(NAMES)
        self.adopt(limits)
        self._next = 0
        self._seal = 0
        self._sealed = False
        self.whole = checksum(Limits()) == CHECKSUM

    def adopt(self, limits: Limits) -> None:
        """Other limits have come into force."""
        for index in range(len(NAMES)):
            self._expected[index] = getattr(limits, NAMES[index])

    def seal(self, words: int) -> None:
        """What the guard's own words come to, at the end of a tick."""
        self._seal = words
        self._sealed = True

    def kept(self, words: int) -> int:
        """The same words at the start of the next: INTERNAL where they are not the same."""
        return 0 if words == self._seal or not self._sealed else 1 << faults.INTERNAL

    def look(self, now: Interval) -> int:
        """LIMITS_CORRUPT."""
        limits = self._limits
        expected = self._expected
        good = self._settings.whole()
        index = self._next
        for _ in range(_AT_ONCE):
            if getattr(limits, NAMES[index]) != expected[index]:
                good = False
            index = index + 1 if index < _LAST else 0
        self._next = index
        if not good:
            self.whole = False
        return 0 if self.whole else 1 << faults.LIMITS_CORRUPT
