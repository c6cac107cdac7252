"""Everything that can go wrong, as one tree, and the exit code of each.

::

    PoulticeError                    1  unexpected
    ├── UsageError                   2  asked for in a way that cannot be done
    │   ├── ImageError               2  a file that is not an image for the board
    │   ├── MissingPackageError      2  what was asked for needs a package that is not installed
    │   ├── InputFileError           2  a person's own file that does not parse
    │   │   ├── ProtocolFileError    2
    │   │   ├── CourseFileError      2
    │   │   └── SessionFileError     2
    │   └── UnknownProtocolError     2  no protocol of that name
    ├── NoDeviceError                3  nothing there that answers
    ├── PortError                    4  there, but not ours to open
    │   ├── PortBusyError            4
    │   └── PermissionDeniedError    4
    ├── LinkError                    5  what answers does not speak the link contract
    │   └── VersionMismatchError     5
    ├── RefusedError                 6  understood, and declined
    │   ├── LimitError               6
    │   ├── RestError                6
    │   ├── ScreeningError           6
    │   ├── NotReadyError            6
    │   ├── WrongStateError          6
    │   ├── BadTokenError            6
    │   └── BusyError                6
    ├── DeviceFaultError             7  the device tripped, or is in fault
    ├── DeviceTimeoutError           8  no answer, or no hand, in time
    │   └── SessionTimeoutError      8
    ├── DeviceLostError              8  was there, is gone
    ├── HistoryError                 1  the record of past sessions is unusable
    └── Interrupted                130  stopped by Ctrl-C, relays confirmed off

A message says what happened; ``hint`` says what to do about it. Errors that the device
answered with carry its ``code``, ``message`` and ``data`` as the link contract words them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, ClassVar

from poultice.language import later, put, tr


class ExitCode(IntEnum):
    """What the process returns; ``docs/reference/exit-codes.md`` is tested against it."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    NO_DEVICE = 3
    BUSY = 4
    MISMATCH = 5
    REFUSED = 6
    FAULT = 7
    TIMEOUT = 8
    INTERRUPTED = 130


class PoulticeError(Exception):
    """Root of the tree.

    ``code``, ``message`` and ``data`` are those of the device's answer where the error is
    one (``link.md``, section Errors), else ``None``, the text, and an empty mapping.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.UNEXPECTED

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: int | None = None,
        data: Mapping[str, Any] | None = None,
        device_message: str | None = None,
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code
        self.message = device_message if device_message is not None else message
        self.data: dict[str, Any] = dict(data or {})


class UsageError(PoulticeError):
    """The command, an option or a file asks for something that cannot be done."""

    exit_code = ExitCode.USAGE


class ImageError(UsageError):
    """A file that is no image, or not a whole one. Nothing was written anywhere."""


class MissingPackageError(UsageError):
    """What was asked for needs an optional package; the hint says how to get it."""


class InputFileError(UsageError):
    """A file of a person's own, and wrong: ``file``, ``line`` (None: unknown), ``expected``."""

    def __init__(
        self,
        message: str,
        *,
        file: str,
        line: int | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        where = file if line is None else f"{file}:{line}"
        # One that nobody translated stays English as a whole.
        filled: Callable[..., str] = str.format
        text = f"{where}: {message}"
        if hasattr(message, "english"):
            text, filled = put("{where}: {message}", where=where, message=message), tr
        if expected is not None:
            text = filled(later("{text}; expected {expected}"), text=text, expected=expected)
        super().__init__(text, hint=hint)
        self.file = file
        self.line = line
        self.expected = expected


class ProtocolFileError(InputFileError):
    """That of a protocol."""


class CourseFileError(InputFileError):
    """That of a course of treatment."""


class SessionFileError(InputFileError):
    """That of a session which was exported."""


class UnknownProtocolError(UsageError):
    """No protocol of that ``name``; ``nearest`` lists the closest known names, best first."""

    def __init__(self, name: str, nearest: Sequence[str] = (), *, hint: str | None = None) -> None:
        if hint is None:
            hint = (
                tr("did you mean {names}?", names=", ".join(nearest))
                if nearest
                else tr("see `poultice protocols`, or give the path of a .toml file")
            )
        super().__init__(tr("there is no protocol named {name}", name=repr(name)), hint=hint)
        self.name = name
        self.nearest = tuple(nearest)


class NoDeviceError(PoulticeError):
    """Nothing was found, or what was named does not exist."""

    exit_code = ExitCode.NO_DEVICE


class PortError(PoulticeError):
    """The port exists but cannot be had."""

    exit_code = ExitCode.BUSY


class PortBusyError(PortError):
    """Another program holds the port."""


class PermissionDeniedError(PortError):
    """This user may not open the port."""


class LinkError(PoulticeError):
    """What answers does not speak the link contract."""

    exit_code = ExitCode.MISMATCH


class VersionMismatchError(LinkError):
    """The device speaks another version of the link contract."""


class RefusedError(PoulticeError):
    """Understood, and declined: nothing was energised."""

    exit_code = ExitCode.REFUSED


class LimitError(RefusedError):
    """The plan is over a limit: ``data`` has ``limit``, ``asked``, ``allowed``."""


class RestError(RefusedError):
    """The tissue is owed a rest: ``data`` has ``rest_s``."""


class ScreeningError(RefusedError):
    """A screening answer speaks against this treatment."""


class NotReadyError(RefusedError):
    """The sensor shows no plausible skin: ``data`` has ``reason``."""


class WrongStateError(RefusedError):
    """Not while the device is in this state: ``data`` has ``state`` and ``states``."""


class BadTokenError(RefusedError):
    """The token is not that of the plan now armed."""


class BusyError(RefusedError):
    """The device asks to be asked again: ``data`` has ``retry_ms``."""


class DeviceFaultError(PoulticeError):
    """The device tripped, or was in fault already: ``data`` has ``fault``."""

    exit_code = ExitCode.FAULT


class DeviceTimeoutError(PoulticeError):
    """No answer from the device, or nobody pressed the button, in time."""

    exit_code = ExitCode.TIMEOUT


class SessionTimeoutError(DeviceTimeoutError):
    """The device ended the session because nobody attended to it."""


class DeviceLostError(PoulticeError):
    """The device was there and is gone; its own guard has turned the pad off."""

    exit_code = ExitCode.TIMEOUT


class HistoryError(PoulticeError):
    """The record of past sessions cannot be read or written; sessions go on without it."""


class Interrupted(PoulticeError):
    """Stopped by Ctrl-C, after the relays were confirmed off."""

    exit_code = ExitCode.INTERRUPTED
