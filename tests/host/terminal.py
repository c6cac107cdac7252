"""A program on a terminal of its own, which it controls as a shell's child does."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any, Self

# Takes the terminal, so that its end is told by SIGHUP.
START = (
    "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "from poultice.cli import main; sys.exit(main())"
)
Step = tuple[str, Any]
ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[()].|[=>78])")


class Terminal:
    """`poultice` with `args` on a terminal of `size`; `read` is all it wrote there."""

    def __init__(
        self,
        data: Path,
        *args: str,
        size: tuple[int, int] = (80, 24),
        start: str = START,
        **environment: str,
    ) -> None:
        self._ours, theirs = pty.openpty()
        self.resize(*size, tell=False)
        self.read = ""
        self.flags_before = self.flags
        self._process = subprocess.Popen(
            [sys.executable, "-c", start, *args],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={
                **os.environ,
                "POULTICE_DATA_DIR": str(data),
                "TERM": "xterm-256color",
                "COLUMNS": "",
                "LINES": "",
                # Asked only where a test answers.
                "POULTICE_RATE": "no",
                **environment,
            },
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self.hang_up()

    @property
    def flags(self) -> int:
        """The terminal's local modes now."""
        return int(termios.tcgetattr(self._ours)[3])

    @property
    def text(self) -> str:
        """All it wrote, without escape sequences."""
        return ESCAPE.sub("", self.read)

    def until(self, pattern: str, timeout_s: float = 60) -> None:
        """Read on until it has written `pattern` after the last one that was waited for."""
        deadline_s = time.monotonic() + timeout_s
        begin = len(self.text) if self.read else 0
        while re.search(pattern, self.text[begin:]) is None:
            if not self._take(deadline_s - time.monotonic()):
                raise AssertionError(f"no {pattern!r} in:\n{self.text[-4000:]}")

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def answer(self, *asked: tuple[str, str]) -> None:
        """Each question waited for, with what is then typed before Enter."""
        for pattern, line in asked:
            self.until(pattern)
            self.type(f"{line}\n")

    def resize(self, width: int, height: int, *, tell: bool = True) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        if tell:
            self._process.send_signal(signal.SIGWINCH)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """The terminal vanishes."""
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1

    def ended(self, timeout_s: float = 60) -> int:
        """Its exit code; reads what is left."""
        deadline_s = time.monotonic() + timeout_s
        while self._ours >= 0 and self._take(deadline_s - time.monotonic()):
            pass
        return self._process.wait(max(1.0, deadline_s - time.monotonic()))

    def _take(self, timeout_s: float) -> bool:
        if timeout_s <= 0:
            return False
        ready, _, _ = select.select([self._ours], [], [], timeout_s)
        data = b""
        with contextlib.suppress(OSError):
            data = os.read(self._ours, 65_536) if ready else b""
        self.read += data.decode("utf-8", "replace")
        return bool(data)


def acted(terminal: Terminal, *steps: Step) -> None:
    """Wait for each pattern; then type, signal (a number), resize (two of them) or hang up."""
    for pattern, act in steps:
        terminal.until(pattern)
        if isinstance(act, str):
            for key in act:
                terminal.type(key)
        elif isinstance(act, tuple):
            terminal.resize(*act)
        elif act is None:
            terminal.hang_up()
        else:
            terminal.signal(act)
