"""A device as a path: bytes lines in, bytes lines out, and a clock to wait by.

``serial:/dev/ttyACM0`` (or the bare path), ``usb:<serial number>``, ``sim:?options`` and
``emulator:?options`` all open to the same small object, so that nothing above this package
knows which it has.
"""

from __future__ import annotations

import sys
from collections import deque
from typing import Protocol

from poultice.errors import UsageError

MAX_LINE_BYTES = 65_536
"""A line longer than this is cut: a device that floods must not fill the host's memory."""

_EXAMPLES = {"win32": "serial:COM3", "darwin": "serial:/dev/cu.usbmodem101"}
EXAMPLE_PORT = _EXAMPLES.get(sys.platform, "serial:/dev/ttyACM0")
"""What a port is called on this system."""

SCHEMES = ("serial", "usb", "sim", "emulator")


class Transport(Protocol):
    """One open device."""

    path: str
    virtual: bool
    """Whether its clock stands still between two calls of `receive`."""

    def send(self, line: bytes) -> None:
        """Write one whole line, its line feed included. Raises DeviceLostError."""

    def receive(self, timeout_s: float) -> bytes | None:
        """One line without its line feed, or None once `timeout_s` of `now_s` have passed.

        A line over MAX_LINE_BYTES is cut there and handed over. Raises DeviceLostError.
        """

    def now_s(self) -> float:
        """This transport's own clock, seconds: virtual for ``sim:``, monotonic for a port.

        Whoever waits for a device waits by this clock, so that a test of an hour takes none.
        """

    def close(self) -> None:
        """Let go of the device. Safe to call twice; never raises for a device that is gone."""


class LineBuffer:
    """Cuts a stream into lines in bounded memory.

    What follows a cut is dropped up to the next line feed: the tail of a garbage line must
    not pass for a line of its own.
    """

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max = max_line_bytes
        self._held = b""
        self._lines: deque[bytes] = deque()
        self._skipping = False

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        *whole, self._held = (self._held + data).split(b"\n")
        if whole and self._skipping:
            self._skipping = False
            del whole[0]
        if self._skipping:
            self._held = b""
        elif len(self._held) >= self._max:
            whole.append(self._held)
            self._held, self._skipping = b"", True
        cut = (one[: self._max].rstrip(b"\r") for one in whole)
        self._lines += filter(None, cut)

    def pop(self) -> bytes | None:
        """The oldest complete line that is not empty, or None."""
        return self._lines.popleft() if self._lines else None


def split_path(path: str) -> tuple[str, str]:
    """``scheme, rest``; a path without a scheme is a serial port.

    Raises UsageError for an empty path or a scheme that does not exist.
    """
    scheme, colon, rest = path.partition(":")
    if not colon or "/" in scheme or "\\" in scheme or len(scheme) == 1:
        scheme, rest = "serial", path
    elif scheme.upper().startswith("COM") and not rest:
        scheme, rest = "serial", scheme
    if scheme not in SCHEMES:
        raise UsageError(
            f"{path!r} is not a device path",
            hint=f"device paths are {EXAMPLE_PORT} (or just the path), usb:<serial number>, "
            "sim: and emulator:",
        )
    if scheme in ("serial", "usb") and not rest:
        example = EXAMPLE_PORT if scheme == "serial" else "usb:<serial number>"
        raise UsageError(
            f"{path!r} names no device",
            hint=f"write {example}; `poultice devices` lists them",
        )
    return scheme, rest
