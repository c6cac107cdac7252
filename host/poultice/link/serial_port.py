"""A device on a serial port (USB CDC of a Pico, or a pseudo-terminal of the simulator).

What can be wrong with a port is told apart, because each has another remedy: it is not
there, it is not ours to open, or another program has it.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import re
import select
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
from poultice.language import tr
from poultice.link.transport import LineBuffer

# Where it is not there (Windows), nothing waits for a port, and nobody can say who has it.
_WINDOWS = importlib.util.find_spec("termios") is None
_READ_BYTES = 4096
_WRITE_TIMEOUT_S = 2.0
# So many empty reads in a row, a while apart, are a port that is gone: a second.
_EMPTY_MAX = 20
_EMPTY_S = 0.05
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
        self._empty = 0
        try:
            self._port = serial.Serial(
                port, _BAUD, timeout=0, write_timeout=_WRITE_TIMEOUT_S, exclusive=True
            )
        except (OSError, ValueError) as error:
            raise opening_error(port, error) from None
        # Against programs that ask for no lock too. Root may open it all the same.
        self._exclusive(True)

    def send(self, line: bytes) -> None:
        """Write one whole line. Raises DeviceLostError where the port takes it no more."""
        try:
            # Whatever stands before it, of a host that died or of another program, is ended by
            # an empty line, which costs nothing.
            self._port.write(b"\n" + line)
        except serial.SerialTimeoutException:
            # Unanswered then, like one that was lost on its way: that is for the client to count.
            pass
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
        # A pseudo-terminal that somebody else keeps open would stay ours for ever.
        self._exclusive(False)
        try:
            self._port.close()
        except OSError:
            # Pulled out: there is nothing left to close.
            pass

    def _exclusive(self, ours: bool) -> None:
        try:
            import fcntl
            import termios

            fcntl.ioctl(self._port.fileno(), termios.TIOCEXCL if ours else termios.TIOCNXCL)
        except (ImportError, OSError, ValueError, serial.SerialException):
            pass

    def _read(self, timeout_s: float) -> bytes:
        if _WINDOWS:
            return self._read_waiting(timeout_s)
        try:
            port = self._port.fileno()
            ready, _, _ = select.select([port], [], [], timeout_s)
            data = os.read(port, _READ_BYTES) if ready else b""
        except BlockingIOError:
            data = b""
        except (OSError, ValueError, TypeError) as error:
            raise self._lost(error) from None
        self._empty = self._empty + 1 if ready and not data else 0
        if self._empty > _EMPTY_MAX:
            raise self._lost(OSError("it is ready to read, and there is nothing"))
        if self._empty:
            # Another program took it; a cable that was pulled out says so again and again.
            time.sleep(min(_EMPTY_S, timeout_s))
        return data

    def _read_waiting(self, timeout_s: float) -> bytes:
        """As pyserial waits, where a port is nothing that `select` knows."""
        try:
            self._port.timeout = timeout_s
            first = self._port.read(1)
            return bytes(first + self._port.read(self._port.in_waiting)) if first else b""
        except (OSError, ValueError, TypeError) as error:
            raise self._lost(error) from None

    def _lost(self, error: BaseException) -> DeviceLostError:
        port = self.path.partition(":")[2]
        return DeviceLostError(
            tr("{path} is gone ({why})", path=self.path, why=str(error)),
            hint=tr(
                "the device turns its pad off by itself; check the cable, and whether a second "
                "program reads the port{who}, then `poultice status`",
                who=_who(" (", port, ")"),
            ),
        )


def _who(before: str, port: str, after: str) -> str:
    """The command that names who has `port`, where there is one."""
    return "" if _WINDOWS else f"{before}`fuser {port}`{after}"


def opening_error(port: str, error: BaseException) -> PoulticeError:
    """What `error` on opening `port` means to the person who asked for it."""
    number = _errno(error)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return NoDeviceError(
            tr("there is no port {port}", port=port),
            hint=tr("check the cable (some only charge), then `poultice devices`"),
        )
    # Windows says so of a port that another program has.
    if number in (errno.EACCES, errno.EPERM) and not _WINDOWS:
        text = tr("no permission to open {port}", port=port)
        return PermissionDeniedError(text, hint=permission_hint(port))
    # pyserial takes the lock of `exclusive=True` with flock: EAGAIN is its "somebody has it".
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EPERM):
        return PortBusyError(
            tr("another program has {port} open", port=port),
            hint=tr(
                "close it{who}: a serial terminal, an editor for MicroPython, or a `poultice run`, "
                "where Ctrl-C stops the session; so does the device's button",
                who=_who(" (", port, " names it)"),
            ),
        )
    if number in (errno.ENOTTY, errno.EINVAL, errno.EISDIR) or isinstance(error, ValueError):
        return NoDeviceError(
            tr("{port} is not a serial port", port=port),
            hint=tr("`poultice devices` lists the ones there are"),
        )
    text = tr("{port} could not be opened: {why}", port=port, why=str(error))
    return PortError(text, hint=tr("unplug it and plug it in again"))


def _errno(error: BaseException) -> int | None:
    """The system's number for it. pyserial hides that of termios (no OSError) in a text."""
    for one in (error, error.__context__):
        number = getattr(one, "errno", None)
        if number is None and one is not None and one.args:
            number = one.args[0]
        if isinstance(number, int):
            return number
    # On Windows it is there as text alone: "could not open port 'COM3': PermissionError(13, …".
    named = re.search(r"Error\((\d+),", str(error))
    return int(named[1]) if named else None


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
