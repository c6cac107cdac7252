"""What the comparison asks of a controller, ours or another's."""

from __future__ import annotations

from typing import ClassVar, Protocol

from poultice.virtual.hazards import Apparatus
from tests.rivals.bench import TICK_MS, RivalBoard
from tests.rivals.rules import Rule

TICK_S = TICK_MS / 1000


class Contender(Protocol):
    """A controller at its bench. `ended` says why it will not heat again by itself."""

    ended: str | None

    @property
    def board(self) -> Apparatus:
        """What it is wired to."""

    @property
    def energised(self) -> bool:
        """Did the pad get power in the last tick?"""

    def begin(self, target_c: float) -> None:
        """The session is asked for."""

    def advance(self) -> None:
        """One tick of 100 ms."""

    def stop(self) -> None:
        """The session is over: whoever ends it says so."""

    def hang(self) -> None:
        """Its processor stops, outputs as they are."""

    def brown_out(self) -> None:
        """Its supply dips: it starts again as at power-up."""

    def lose_host(self) -> None:
        """The computer beside it is gone."""


class Rival:
    """The part that all rivals share: a board, a target, a latched reason to be off.

    A subclass gives `control` (one tick: judge, then say whether the coil is driven) and the
    period of its watchdog.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    rules: ClassVar[tuple[Rule, ...]]
    watchdog_s: ClassVar[float | None] = None
    stopped_by_host: ClassVar[bool] = False
    """Is the session ended by a computer, so that it is not where that has gone?"""

    def __init__(self, board: RivalBoard) -> None:
        self.board = board
        self.ended: str | None = None
        self.target_c: float | None = None
        self.host_gone = False
        self._hung_s: float | None = None

    @property
    def energised(self) -> bool:
        """Did the pad get power in the last tick?"""
        return self.board.energised

    def begin(self, target_c: float) -> None:
        """Heat to `target_c` from now on."""
        self.target_c = target_c

    def advance(self) -> None:
        """One tick of 100 ms."""
        self.board.advance()
        if self._hung_s is not None:
            self._hung_s += TICK_S
            if self.watchdog_s is None or self._hung_s < self.watchdog_s - 1e-9:
                return
            self._hung_s = None
            self.shut_down("watchdog")
        on = self.control(self.board.now_s)
        self.board.heat_path[0].drive(on and self.ended is None)

    def control(self, now_s: float) -> bool:
        """One tick of the controller's own: is the coil to be driven?"""
        raise NotImplementedError

    def shut_down(self, because: str) -> None:
        """Off for good; the first reason is kept."""
        self.target_c = None
        self.ended = self.ended or because

    def stop(self) -> None:
        """The session is over, if whoever ends it is still there."""
        if not (self.stopped_by_host and self.host_gone):
            self.shut_down("stopped")

    def hang(self) -> None:
        """The processor stops, outputs as they are."""
        self._hung_s = 0.0

    def brown_out(self) -> None:
        """All of them boot with the heater off, and wait to be asked again."""
        self.shut_down("restarted")

    def lose_host(self) -> None:
        """The computer beside it is gone."""
        self.host_gone = True
