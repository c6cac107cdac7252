"""`python -m tests.host.elsewhere WORDS`: the command line as on a system without POSIX.

Its modules and calls are not there, a serial port is a TCP port (`COM7` is the one of
`TCP_PORT`), and the console is a stub of `msvcrt` in which nobody types.
"""

from __future__ import annotations

import os
import signal
import subprocess  # noqa: F401 - which takes a machine with msvcrt for Windows
import sys
from types import ModuleType
from typing import Any

GONE = ("termios", "fcntl", "pwd", "grp", "resource", "tty", "pty")
CALLS = (
    "geteuid", "getuid", "getgroups", "getpgrp", "tcgetpgrp", "openpty", "ttyname", "mkfifo",
    "fork", "uname", "makedev", "major", "minor", "sched_getaffinity", "killpg", "setsid",
    "O_NONBLOCK", "O_NOCTTY",
)  # fmt: skip
SIGNALS = ("SIGHUP", "SIGTSTP", "SIGCONT", "SIGWINCH", "SIGTTIN", "SIGTTOU", "SIGQUIT", "SIGUSR1")


def _without_posix() -> None:
    for name in GONE:
        sys.modules[name] = None  # type: ignore[assignment]
    for name in CALLS:
        if hasattr(os, name):
            delattr(os, name)
    members = {one.name: one for one in signal.Signals if one.name not in SIGNALS}
    signal.Signals._member_map_.clear()
    signal.Signals._member_map_.update(members)
    for name in SIGNALS:
        delattr(signal, name)


def _console() -> None:
    console: Any = ModuleType("msvcrt")
    console.kbhit = lambda: False
    sys.modules["msvcrt"] = console


def _serial_over_tcp() -> None:
    stand_in: Any = ModuleType("serial.serialposix")
    stand_in.Serial = stand_in.PosixPollSerial = stand_in.VTIMESerial = object
    sys.modules["serial.serialposix"] = stand_in
    import serial
    from serial.urlhandler import protocol_socket

    class Port(protocol_socket.Serial):
        def __init__(self, port: str, *rest: Any, exclusive: bool = True, **more: Any) -> None:
            if port != "COM7":
                raise serial.SerialException(
                    f"could not open port {port!r}: FileNotFoundError(2, 'not found', None, 2)"
                )
            super().__init__(f"socket://127.0.0.1:{os.environ['TCP_PORT']}", *rest, **more)

        @property
        def in_waiting(self) -> int:
            return int(super().in_waiting)

    serial.Serial = Port
    ports: Any = ModuleType("serial.tools.list_ports")
    ports.comports = list
    sys.modules["serial.tools.list_ports"] = ports


if __name__ == "__main__":
    _without_posix()
    _console()
    _serial_over_tcp()
    # No "win32": what is installed here was not made for it.
    sys.platform = "elsewhere"
    from poultice.cli import main

    sys.exit(main(sys.argv[1:]))
