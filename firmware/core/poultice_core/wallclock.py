"""The wall clock: given once a boot, it credits the time that passed without power (SR-05)."""

from .ledger import Ledger

_CREDIT_MAX_S = 365 * 86_400


class WallClock:
    """`stamp`: device time and wall clock at the last save that knew both, or None. `owed_s`: how
    much longer than that stamp an interrupted session may have lasted."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.stamp: list[int] | None = None
        self.owed_s = 0
        self._given: list[int] | None = None

    def proven(self) -> bool:
        """Was this boot given a clock?"""
        return self._given is not None

    def unix_s(self) -> int | None:
        """The wall clock, where this boot was given one."""
        if self._given is None:
            return None
        return self._given[1] + self._ledger.now_s - self._given[0]

    def set(self, unix_s: int, after_power: bool) -> int:
        """Take the wall clock, once a boot; the seconds credited as passed without power.

        `after_power`: did this boot come with power? A restart takes no time to credit, and a
        host can ask for one as often as it likes.

        What is credited is what the clock moved since the last stamp, less what this device
        has counted by itself since then, and less the longest that an interrupted session can
        have lasted. A clock behind the last stamp changes nothing.
        """
        if self._given is not None:
            return 0
        now_s = self._ledger.now_s
        credited_s = 0
        if self.stamp is not None:
            if unix_s < self.stamp[1]:
                return 0
            if after_power:
                passed_s = unix_s - self.stamp[1] - (now_s - self.stamp[0]) - self.owed_s
                credited_s = max(0, min(passed_s, _CREDIT_MAX_S))
        self._ledger.credit(credited_s)
        self._given = [now_s + credited_s, unix_s]
        return credited_s

    def note(self) -> None:
        """A save is being made: it is the new stamp, where the time is known."""
        unix_s = self.unix_s()
        if unix_s is not None:
            self.stamp = [self._ledger.now_s, unix_s]
            self.owed_s = 0

    def treated(self) -> None:
        """A session gave something: how long before an earlier boot's stamp is not known."""
        if self._given is None:
            self.stamp = None
