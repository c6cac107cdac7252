"""Ctrl-C while the program loads: kept until a command is there that can answer it."""

from __future__ import annotations

import signal
from types import FrameType

_kept = False


def hold() -> None:
    """From here on it is kept; not where it was ignored, or another's, from the beginning."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _keep)


def release() -> None:
    """From here on it is KeyboardInterrupt again; one that was kept is raised."""
    global _kept
    if signal.getsignal(signal.SIGINT) is _keep:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if _kept:
        _kept = False
        raise KeyboardInterrupt


def _keep(number: int, frame: FrameType | None) -> None:
    global _kept
    if _kept:
        # Whoever insists need not wait for what hangs.
        raise KeyboardInterrupt
    _kept = True
