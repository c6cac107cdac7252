"""Is what the guard relies on still what it was? (SR-15, SR-25)

One flipped bit of memory may cost a trip, not a burn. The configuration in force is held against
its seal in every tick; the limits in force, some in every tick and all of them within a second,
against their sum; and the guard's own words, which nothing but a tick changes, against the seal
that the last tick left. XOR sees any single bit, and makes no integer that was not there before.
"""

from .. import faults
from ..interval import Interval
from ..limits import CHECKSUM, NAMES, Limits, checksum, mixed
from ..settings import Settings

_AT_ONCE = 10


class Integrity:
    """`whole`: no value of the limits or of the configuration in force was found changed."""

    def __init__(self, limits: Limits, settings: Settings) -> None:
        self._limits = limits
        self._settings = settings
        self._sum = 0
        self._next = 0
        self._seal = 0
        self._sealed = False
        self._expected = checksum(limits)
        self.whole = True

    def shipped(self) -> bool:
        """Are the limits those that were compiled in?"""
        return checksum(Limits()) == CHECKSUM

    def adopt(self) -> None:
        """Other limits have come into force."""
        self._expected = checksum(self._limits)
        self._sum = 0
        self._next = 0

    def seal(self, words: int) -> None:
        """What the guard's own words come to, at the end of a tick."""
        self._seal = words
        self._sealed = True

    def kept(self, words: int) -> int:
        """The same words at the start of the next: INTERNAL where they are not the same."""
        return 0 if words == self._seal or not self._sealed else 1 << faults.INTERNAL

    def look(self, now: Interval) -> int:
        """LIMITS_CORRUPT."""
        good = self._settings.whole()
        index = self._next
        total = self._sum
        for _ in range(_AT_ONCE):
            total = mixed(total, self._limits, index)
            index += 1
            if index == len(NAMES):
                good = good and total == self._expected
                index = 0
                total = 0
        self._next = index
        self._sum = total
        if not good:
            self.whole = False
        return 0 if self.whole else 1 << faults.LIMITS_CORRUPT
