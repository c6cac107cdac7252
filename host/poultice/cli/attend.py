"""Whether somebody is there, and how they interrupt what runs."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

from poultice.cli import output
from poultice.language import later, tr

LEAST = (80, 24)
"""The smallest terminal that the whole full-screen view fits into, cells."""


def at_terminal() -> bool:
    """Whether somebody can be asked: at a terminal, which is not another program's just now."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    try:
        # One that is read in the background stops whoever reads.
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError) as error:
        # Not the terminal that controls us: nobody else's either.
        return getattr(error, "errno", None) in (None, errno.ENOTTY)


def signals(*names: str) -> tuple[signal.Signals, ...]:
    """Those of these signals that the system has: Windows has few."""
    return tuple(signal.Signals[name] for name in names if name in signal.Signals.__members__)


def never_stopped() -> None:
    """From here on a terminal that is written to or read in the background does not stop this
    process: it would hold the device's port, and its session, in silence."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in signals("SIGTTIN", "SIGTTOU"):
        if signal.getsignal(number) is not None:
            signal.signal(number, signal.SIG_IGN)


class Interrupts:
    """Ctrl-C (and the end of the terminal) as a question instead of an exception.

    A KeyboardInterrupt could strike in the middle of a line to the device; each signal calls
    `stop` instead, which only leaves an order. `again` is what a second one is told. What was
    ignored when this process began (`nohup`) stays ignored; and from here to its end, a terminal
    that is written to in the background does not stop it.
    """

    def __init__(
        self,
        again: str = later("stopping; waiting for the device to say that the pad is off"),
        stop: Callable[[], object] = lambda: None,
    ) -> None:
        self._again = again
        self._stop = stop
        self._count = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in signals("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._take)
            never_stopped()
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def asked(self) -> bool:
        """Whether the session should end."""
        return self._count > 0

    def press(self) -> None:
        """As Ctrl-C, where the terminal gives it as a key."""
        self._count += 1
        self._stop()

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.press()
        if self._count == 2:
            output.say(tr(self._again))
