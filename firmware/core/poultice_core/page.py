"""A page of the journal, gathered in pieces small enough for a tick (SR-18)."""

from .board import Store
from .codec import ID_ROOM, MAX_LINE, answer_with, unseal
from .journal import BLOCK, Journal, log_of

_SEAL = 9
_LEAST = b'{"entries":[],"next":%d}'
# What is left for entries in a line that answers the longest id.
_ROOM = MAX_LINE - len(answer_with("x" * ID_ROOM, _LEAST % 0x7FFFFFFF))


class Page:
    """Up to `limit` entries with a number above `after`, oldest first, as many as fit a line.

    An entry that cannot be read is left out: lost history, not lost safety.
    """

    def __init__(self, journal: Journal, store: Store, after: int, limit: int) -> None:
        self._journal = journal
        self._store = store
        self._limit = limit
        self._n = after + 1
        self._last_n = after
        self._room = _ROOM
        self._texts: list[bytes] = []

    def step(self) -> bool:
        """A piece of the work: at most one log file is read. True once all is done."""
        journal = self._journal
        self._n = max(self._n, journal.oldest_n())
        first_n = journal.first_n()
        if self._n >= first_n:
            self._take(journal.tail[self._n - first_n :], journal.next_n)
            return True
        lines: list[bytes] = []
        try:
            data = self._store.load(log_of(self._n))
            if data is not None:
                lines = journal.logged(data, self._n)
        except Exception:  # ruined, or not readable at all
            pass
        return self._take(lines, (self._n - 1) // BLOCK * BLOCK + BLOCK + 1)

    def _take(self, lines: list[bytes], end_n: int) -> bool:
        """Add entries, numbered from `_n` on; True where there is no room for more."""
        for line in lines:
            if len(self._texts) >= self._limit or len(line) - _SEAL > self._room:
                return True
            text = unseal(line)
            if text is not None:
                self._texts.append(text)
                self._room -= len(text) + 1
                self._last_n = self._n
            self._n += 1
        self._n = end_n
        return len(self._texts) >= self._limit

    def body(self) -> bytes:
        """The result of the method `journal`, as JSON."""
        more = len(self._texts) > 0 and self._last_n != self._journal.next_n - 1
        following = b"%d" % self._last_n if more else b"null"
        return b'{"entries":[' + b",".join(self._texts) + b'],"next":' + following + b"}"
