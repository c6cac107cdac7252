"""A device as a path: bytes lines in, bytes lines out, and a clock to wait by.

``serial:/dev/ttyACM0`` (or the bare path), ``usb:<serial number>``, ``sim:?options`` and
``emulator:?options`` all open to the same small object, so that nothing above this package
knows which it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from poultice.errors import UsageError

MAX_LINE_BYTES = 65_536
"""A line longer than this is cut: a device that floods must not fill the host's memory."""

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
        self._held = bytearray()
        self._lines: list[bytes] = []
        self._skipping = False

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        pieces = data.split(b"\n")
        for index, piece in enumerate(pieces):
            if not self._skipping:
                self._held += piece[: self._max - len(self._held)]
                if len(self._held) >= self._max:
                    self._finish()
                    self._skipping = True
            if index < len(pieces) - 1:
                if not self._skipping:
                    self._finish()
                self._skipping = False

    def pop(self) -> bytes | None:
        """The oldest complete line that is not empty, or None."""
        return self._lines.pop(0) if self._lines else None

    def _finish(self) -> None:
        line = bytes(self._held).rstrip(b"\r")
        if line:
            self._lines.append(line)
        self._held.clear()


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
            hint="device paths are serial:/dev/ttyACM0 (or just the path), usb:<serial number>, "
            "sim: and emulator:",
        )
    if scheme in ("serial", "usb") and not rest:
        example = "serial:/dev/ttyACM0" if scheme == "serial" else "usb:<serial number>"
        raise UsageError(
            f"{path!r} names no device",
            hint=f"write {example}; `poultice devices` lists them",
        )
    return scheme, rest


def open_transport(path: str) -> Transport:
    """Open the device that `path` names.

    Raises UsageError for a path that is none, NoDeviceError, PortBusyError,
    PermissionDeniedError and DeviceLostError.
    """
    from poultice.transport.tapped import tapped

    return tapped(_opened(path))


def _opened(path: str) -> Transport:
    scheme, rest = split_path(path)
    if scheme == "sim":
        from poultice.transport.sim import SimTransport

        return SimTransport(path)
    if scheme == "emulator":
        with needs_emulator():
            from poultice.transport.emulator import EmulatorTransport

        return EmulatorTransport(path)
    from poultice.transport.serial import SerialTransport

    if scheme == "usb":
        from poultice.discovery import port_of_usb_serial

        return SerialTransport(port_of_usb_serial(rest))
    return SerialTransport(rest)


@contextmanager
def needs_emulator() -> Iterator[None]:
    """Around the import of what runs the emulated chip. Raises UsageError where that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("rp2040py", "littlefs"):
            raise
        raise UsageError(
            f"emulator: needs the package {error.name}, which is not installed",
            hint='`python -m pip install "poultice[emulator]"`; sim: needs nothing',
        ) from None
