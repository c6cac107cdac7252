"""From the board to a tick: one burst of conversions, and every level that is looked at once."""

from .board import MIDDLE_X8, SPREAD, SUM, Board
from .tick import Tick


class Measure:
    """Samples a board into a tick."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._a = [0] * 3
        self._b = [0] * 3

    def look(self, tick: Tick, sensor_b: bool) -> None:
        """What there is to measure, now. Raises whatever the board does."""
        board = self._board
        tick.at(board.ticks_ms())
        fresh = tick.fresh = board.sample(self._a, self._b)
        if fresh:
            a = self._a
            tick.raw_a = a[SUM]
            tick.code_x8_a = a[MIDDLE_X8]
            tick.spread_a = a[SPREAD]
            if sensor_b:
                b = self._b
                tick.raw_b = b[SUM]
                tick.code_x8_b = b[MIDDLE_X8]
                tick.spread_b = b[SPREAD]
        tick.sense = board.sense()
        tick.button = board.button()
        tick.estop = board.estop()
