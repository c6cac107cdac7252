"""From the board to a tick: one burst of conversions, and every level that is looked at once."""

from .board import Board
from .tick import Tick


class Measure:
    """Samples a board into a tick."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._a = [0] * 16
        self._b = [0] * 16

    def look(self, tick: Tick, sensor_b: bool) -> None:
        """The mean of the middle 8 of 16 samples in eighths, the sum of all, the middle's spread.

        Raises whatever the board does.
        """
        board = self._board
        a = self._a
        b = self._b
        tick.at(board.ticks_ms())
        fresh = tick.fresh = board.sample(a, b)
        if fresh:
            tick.raw_a = sum(a)
            a.sort()
            tick.code_x8_a = a[4] + a[5] + a[6] + a[7] + a[8] + a[9] + a[10] + a[11]
            tick.spread_a = a[11] - a[4]
            if sensor_b:
                tick.raw_b = sum(b)
                b.sort()
                tick.code_x8_b = b[4] + b[5] + b[6] + b[7] + b[8] + b[9] + b[10] + b[11]
                tick.spread_b = b[11] - b[4]
        tick.sense = board.sense()
        tick.button = board.button()
        tick.estop = board.estop()
