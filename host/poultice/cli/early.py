"""A signal to end while the program loads: kept until a command is there that can answer it."""

from __future__ import annotations

import os
import signal
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

_held: list[int] = []
_kept: list[int] = []


def hold() -> None:
    """From here on they are kept; not where one was ignored, or another's, from the beginning."""
    for name in _NAMES:
        number = getattr(signal, name, None)
        usual = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
        if number is not None and signal.getsignal(number) is usual:
            _held.append(number)
            signal.signal(number, _keep)


def release(*, interrupts: bool = False) -> None:
    """From here on Ctrl-C is KeyboardInterrupt again, and the others end the process, or with
    `interrupts` are KeyboardInterrupt too. One that was kept does it now."""
    if _kept:
        number = _kept.pop()
        if interrupts or number == signal.SIGINT:
            raise KeyboardInterrupt
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    for number in _held:
        if signal.getsignal(number) is _keep:
            keyboard = interrupts or number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if keyboard else signal.SIG_DFL)


def leave() -> None:
    """Nothing is left but to say so: not even that, or the end of the interpreter, which takes
    its own handlers back, is cut short by another one."""
    for number in _held:
        signal.signal(number, signal.SIG_IGN)


def _keep(number: int, frame: FrameType | None) -> None:
    leave()
    _kept.append(number)
