"""One file to flash at a time, however the store behaves (SR-05, SR-18)."""

from . import faults
from .board import Board
from .ticks import diff_ms

# Kinds of files.
JOURNAL = 1
CONFIG = 2
MARK = 4
LOG = 8

_RETRY_TICKS = 10


class Writer:
    """`lost`: bits of faults to tell, `saved_ms`: what saves took; both are for whoever tells them
    to set back. `failing`: the kinds of files whose last save did not go. `wrote`: was the last
    tick one with a save?"""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._wait_ticks = 0
        self._now_ms = 0
        self._saved = False
        self.lost = 0
        self.saved_ms = 0
        self.failing = 0
        self.wrote = False

    def ready(self) -> bool:
        """Once a tick: may something be saved in it?"""
        self.wrote = self._saved
        self._saved = False
        if self._wait_ticks > 0:
            self._wait_ticks -= 1
            return False
        return True

    def save(self, kind: int, name: str, data: bytes) -> bool:
        """Replace the file. False where the store raised: that is told, and whoever wants it saved
        may try again in the next tick, then once a second."""
        begun_ms = self._clock_ms()
        self._saved = True
        try:
            self._board.store.save(name, data)
            went = True
        except Exception:  # OSError, or whatever a driver has of its own
            went = False
        self.saved_ms += max(0, diff_ms(self._clock_ms(), begun_ms))
        if went:
            self.failing &= ~kind
            return True
        self.lost |= 1 << (faults.CONFIG_LOST if kind == CONFIG else faults.JOURNAL_LOST)
        if self.failing & kind:
            self._wait_ticks = _RETRY_TICKS - 1
        self.failing |= kind
        return False

    def _clock_ms(self) -> int:
        """The board's clock, or what it last said: a broken one keeps nothing from being saved."""
        try:
            self._now_ms = self._board.ticks_ms()
        except Exception:  # whatever it is, the loop meets it too
            pass
        return self._now_ms
