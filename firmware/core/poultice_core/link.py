"""Lines in, lines out: in order, whole or not at all, and never a wait."""

from .board import Board
from .codec import MAX_LINE
from .lines import LineReader

_LIVE_MS = 5_000
_QUEUE = 16


class Link:
    """`live`: a valid line came in during the last 5 s. `rx_errors`: lines that were none of ours.
    `tx_dropped`: lines that found no room."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._reader = LineReader()
        self._buffer = bytearray(256)
        self._queue: list[bytes] = []
        self._broken = True
        self._live_ms = 0
        self.rx_errors = 0
        self.tx_dropped = 0

    @property
    def live(self) -> bool:
        """Is anybody there?"""
        return self._live_ms > 0

    def heard(self) -> bool:
        """A valid line came in; was it the first after silence?"""
        first = self._live_ms == 0
        self._live_ms = _LIVE_MS
        return first

    def advance(self, dt_ms: int) -> None:
        """Time passes."""
        self._live_ms = max(0, self._live_ms - dt_ms)
        if self._live_ms == 0:
            self._broken = True

    def take(self) -> tuple[bytes | None, bool]:
        """A line where one is whole, and whether there may be more at once. Takes at most one
        buffer from the board."""
        reader = self._reader
        line = reader.take()
        self.rx_errors += reader.overlong
        reader.overlong = 0
        if line is None:
            count = self._board.receive(self._buffer)
            if count <= 0:
                return None, False
            reader.feed(bytes(self._buffer[:count]))
        return line, True

    def say(self, line: bytes) -> None:
        """Send in order; what finds no room waits, and the newest is dropped where that is full."""
        if len(self._queue) < _QUEUE and len(line) <= MAX_LINE:
            self._queue.append(line)
            self.flush()
        else:
            self.tx_dropped += 1

    def try_to_say(self, line: bytes) -> None:
        """Send at once, or drop: what is said every second need not wait."""
        self.flush()
        if self._queue or not self._write(line):
            self.tx_dropped += 1

    def flush(self) -> None:
        """What waits, as far as there is room."""
        while self._queue and self._write(self._queue[0]):
            self._queue.pop(0)

    def _write(self, line: bytes) -> bool:
        """After a pause or a refused line, start with a line feed: no torn line spoils this."""
        if self._broken and not self._board.send(b"\n"):
            return False
        self._broken = not self._board.send(line)
        return not self._broken
