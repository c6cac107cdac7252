"""A signal to end while the program loads: kept until a command is there that can answer it."""

from __future__ import annotations

import os
import signal
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
# Whoever insists so often need not wait for what hangs.
_INSISTS = 3

_handled: dict[int, object] = {}
_kept: list[int] = []


def hold() -> None:
    """From here on they are kept; not where one was ignored, or another's, from the beginning."""
    for name in _NAMES:
        number = getattr(signal, name, None)
        usual = signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL
        if number is not None and signal.getsignal(number) is usual:
            _handled[number] = usual
            signal.signal(number, _keep)


def release(*, interrupts: bool = False) -> None:
    """From here on Ctrl-C is KeyboardInterrupt again, and the others end the process, or with
    `interrupts` are KeyboardInterrupt too. One that was kept does it now."""
    for number, usual in _handled.items():
        if interrupts or number == signal.SIGINT:
            usual = signal.default_int_handler
        # Who leaves because of one is not disturbed by the next.
        if signal.getsignal(number) is _keep and not _kept:
            signal.signal(number, usual)  # type: ignore[arg-type]
    if not _kept:
        return
    if interrupts or _kept[0] == signal.SIGINT:
        raise KeyboardInterrupt
    signal.signal(_kept[0], signal.SIG_DFL)
    os.kill(os.getpid(), _kept[0])


def leave() -> None:
    """Nothing is left but to say so: not even that is cut short by another one."""
    for number in _handled:
        signal.signal(number, _keep)


def _keep(number: int, frame: FrameType | None) -> None:
    _kept.append(number)
    if len(_kept) >= _INSISTS:
        raise KeyboardInterrupt
