"""What a person and a file have to do with a running session: signals, keys, the record."""

from __future__ import annotations

import contextlib
import select
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self

from poultice.cli import output
from poultice.errors import UsageError
from poultice.messages import Event, Telemetry


def at_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


class Interrupts:
    """Ctrl-C (and the end of the terminal) as a question instead of an exception.

    A KeyboardInterrupt could strike in the middle of a line to the device; the session asks
    `asked` between two lines instead. `again` is what a second one is told.
    """

    def __init__(
        self, again: str = "stopping; waiting for the device to say that the pad is off"
    ) -> None:
        self._again = again
        self._count = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def asked(self) -> bool:
        """Whether the session should end."""
        return self._count > 0

    def press(self) -> None:
        """As Ctrl-C, where the terminal gives it as a key."""
        self._count += 1

    def _take(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 2:
            output.say(self._again)


@contextlib.contextmanager
def no_echo() -> Iterator[None]:
    """Keep typed keys off a terminal on which a frame is redrawn in place."""
    try:
        import termios

        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
    except (ImportError, OSError, ValueError, AttributeError, termios.error):
        yield
        return
    silent = [*before]
    silent[3] = before[3] & ~termios.ECHO
    try:
        termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def enter_pressed() -> bool:
    """Whether a line was typed since the last time; never waits, and eats the line."""
    if not at_terminal():
        return False
    try:
        ready, _, _ = select.select([sys.stdin], [], [], 0)
        return bool(ready) and sys.stdin.readline() != ""
    except (OSError, ValueError):
        return False


class RecordFile:
    """`--record FILE`: all telemetry and events as JSON Lines.

    Raises UsageError where the file cannot be written, before anything is armed.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._file: IO[str] | None = Path(path).open(  # noqa: SIM115
                "w", encoding="ascii", buffering=1
            )
        except (OSError, ValueError) as error:
            raise UsageError(
                f"--record {path}: cannot be written ({getattr(error, 'strerror', error)})",
                hint="give a file in a directory that you may write to",
            ) from None

    def write(self, update: Telemetry | Event) -> None:
        """Add one line. A full disk ends the recording, not the session."""
        if self._file is None:
            return
        try:
            self._file.write(output.json_line(output.as_member(update)))
        except OSError as error:
            output.say(f"warning: --record {self.path} ends here: {error.strerror}")
            self._file = None

    def close(self) -> None:
        """Done."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError:
                output.say(f"warning: the end of --record {self.path} is missing")
