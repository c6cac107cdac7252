"""The keyboard of a terminal, as bytes or characters come from it: POSIX' and Windows'."""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import sys
import time
from typing import Any, Protocol

try:
    import termios
except ImportError:  # Windows
    termios = None  # type: ignore[assignment]

_GONE: tuple[type[Exception], ...] = (OSError, ValueError)
if termios is not None:
    _GONE += (termios.error,)
_BYTES = 1024
_LOOK_S = 0.05


class Terminal(Protocol):
    """Where keys come from."""

    def take(self) -> bool:
        """Keys as they are pressed, unseen; again after the terminal was another program's.
        Whether that is so."""
        ...

    def read(self, timeout_s: float) -> str | None:
        """What was typed within that time, None where there was nothing. An empty text is the end
        of the terminal."""
        ...

    def flush(self) -> None:
        """Forget what was typed and not read."""
        ...

    def give_back(self) -> None:
        """As it was before `take`."""
        ...


class PosixTerminal:
    """Standard input in termios' non-canonical mode, no echo."""

    def __init__(self) -> None:
        self._before: list[Any] | None = None

    def take(self) -> bool:
        """As Terminal has it."""
        try:
            now = termios.tcgetattr(sys.stdin.fileno())
            if now[3] & (termios.ICANON | termios.ECHO):
                self._before = [*now[:6], list(now[6])]
                now[3] &= ~(termios.ICANON | termios.ECHO)
                now[6][termios.VMIN], now[6][termios.VTIME] = 1, 0
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, now)
        except _GONE:
            return False
        return True

    def read(self, timeout_s: float) -> str | None:
        """As Terminal has it."""
        ready, _, _ = select.select([sys.stdin], [], [], timeout_s)
        if not ready:
            return None
        try:
            return os.read(sys.stdin.fileno(), _BYTES).decode("utf-8", "replace")
        except OSError:
            return ""

    def flush(self) -> None:
        """As Terminal has it."""
        with contextlib.suppress(*_GONE):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)

    def give_back(self) -> None:
        """As Terminal has it."""
        if self._before is not None:
            with contextlib.suppress(*_GONE):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self._before)


class WindowsTerminal:
    """The console, by msvcrt; nothing can wait for it, so it is looked at 20 times a second."""

    _SPECIAL = ("\x00", "\xe0")
    _ARROWS = {"H": "\x1b[A", "P": "\x1b[B"}  # noqa: RUF012 - a table

    def __init__(self) -> None:
        self._console: Any = importlib.import_module("msvcrt")

    def take(self) -> bool:
        """As Terminal has it."""
        return True

    def read(self, timeout_s: float) -> str | None:
        """As Terminal has it."""
        end_s = time.monotonic() + timeout_s
        while not self._console.kbhit():
            if time.monotonic() >= end_s:
                return None
            time.sleep(min(_LOOK_S, timeout_s))
        return self._typed()

    def flush(self) -> None:
        """As Terminal has it."""
        self._typed()

    def give_back(self) -> None:
        """As Terminal has it."""

    def _typed(self) -> str:
        text = ""
        while self._console.kbhit():
            key = self._console.getwch()
            if key in self._SPECIAL:
                # A key without a character comes as two; it stands alone.
                key = self._ARROWS.get(self._console.getwch(), "\x1b")
                return text or key
            text += key
        return text


def here() -> Terminal:
    """That of this system."""
    return WindowsTerminal() if termios is None else PosixTerminal()
