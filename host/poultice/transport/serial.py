"""A device on a serial port (USB CDC of a Pico, or a pseudo-terminal of the simulator).

What can be wrong with a port is told apart, because each has another remedy: it is not
there, it is not ours to open, or another program has it.
"""

from __future__ import annotations

import errno
import os
import time

import serial

from poultice.errors import (
    DeviceLostError,
    NoDeviceError,
    PermissionDeniedError,
    PortBusyError,
    PortError,
    PoulticeError,
)
from poultice.transport import LineBuffer

_READ_BYTES = 4096
_WRITE_TIMEOUT_S = 2.0
# USB CDC ignores the rate; a bridge chip in between would want one.
_BAUD = 115_200


class SerialTransport:
    """One open port, held for us alone.

    Raises NoDeviceError, PermissionDeniedError, PortBusyError or PortError where it cannot
    be had.
    """

    virtual = False

    def __init__(self, port: str) -> None:
        self.path = f"serial:{port}"
        self._lines = LineBuffer()
        try:
            self._port = serial.Serial(
                port, _BAUD, timeout=0, write_timeout=_WRITE_TIMEOUT_S, exclusive=True
            )
        except (OSError, ValueError) as error:
            raise opening_error(port, error) from None
        # A host that died mid-line left half a request behind: an empty line ends it.
        self.send(b"\n")

    def send(self, line: bytes) -> None:
        """Write one whole line. Raises DeviceLostError where the port takes it no more."""
        try:
            self._port.write(line)
        except (OSError, ValueError, TypeError) as error:
            raise self._lost(error) from None

    def receive(self, timeout_s: float) -> bytes | None:
        """One line, or None after `timeout_s` seconds. Raises DeviceLostError."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            line = self._lines.pop()
            if line is not None:
                return line
            left_s = deadline_s - time.monotonic()
            if left_s < 0:
                return None
            self._lines.feed(self._read(left_s))

    def now_s(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    def close(self) -> None:
        """Let go of the port."""
        try:
            self._port.close()
        except OSError:
            # Pulled out: there is nothing left to close.
            pass

    def _read(self, timeout_s: float) -> bytes:
        # pyserial's read waits until *all* bytes asked for are there: wait for one, then
        # take what came with it.
        try:
            self._port.timeout = timeout_s
            first: bytes = self._port.read(1)
            if not first:
                return b""
            self._port.timeout = 0
            rest: bytes = self._port.read(_READ_BYTES)
        except (OSError, ValueError, TypeError) as error:
            raise self._lost(error) from None
        return first + rest

    def _lost(self, error: BaseException) -> DeviceLostError:
        return DeviceLostError(
            f"{self.path} is gone ({error})",
            hint="the device turns its pad off by itself; check the cable, then `poultice status`",
        )


def opening_error(port: str, error: BaseException) -> PoulticeError:
    """What `error` on opening `port` means to the person who asked for it."""
    number = _errno(error)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return NoDeviceError(
            f"there is no port {port}",
            hint="check the cable (some only charge), then `poultice devices`",
        )
    if number in (errno.EACCES, errno.EPERM):
        return PermissionDeniedError(f"no permission to open {port}", hint=permission_hint(port))
    # pyserial takes the lock of `exclusive=True` with flock: EAGAIN is its "somebody has it".
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return PortBusyError(
            f"another program has {port} open",
            hint=f"close it (`fuser {port}` names it): a serial terminal, an editor for "
            "MicroPython, or a `poultice run`, where Ctrl-C stops the session; so does the "
            "device's button",
        )
    if number in (errno.ENOTTY, errno.EINVAL, errno.EISDIR) or isinstance(error, ValueError):
        return NoDeviceError(
            f"{port} is not a serial port",
            hint="`poultice devices` lists the ones there are",
        )
    return PortError(f"{port} could not be opened: {error}", hint="unplug it and plug it in again")


def _errno(error: BaseException) -> int | None:
    """The system's number for it. pyserial hides that of termios (no OSError) in a text."""
    for one in (error, error.__context__):
        number = getattr(one, "errno", None)
        if number is None and one is not None and one.args:
            number = one.args[0]
        if isinstance(number, int):
            return number
    return None


def permission_hint(port: str) -> str:
    """What gives this user `port`: the group that has it, or a udev rule."""
    group = "dialout"
    try:
        import grp

        group = grp.getgrgid(os.stat(port).st_gid).gr_name
    except (ImportError, KeyError, OSError):
        pass
    if group == "root":
        return (
            "only root may open it: install the udev rule (`poultice doctor --udev`), then plug "
            "the device in again"
        )
    return (
        f"its group is {group}: `sudo usermod -aG {group} $USER`, then log in again "
        "(or install the udev rule: `poultice doctor --udev`)"
    )
