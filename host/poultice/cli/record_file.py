"""Files that are written while a session runs, from a thread of their own: `--record FILE`, all
telemetry and events as JSON Lines, and the log."""

from __future__ import annotations

import os
import queue
import stat
import threading
from collections.abc import Iterable
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nobody can say who else writes a file
    fcntl = None  # type: ignore[assignment]

from poultice.cli import output
from poultice.errors import UsageError
from poultice.link.messages import Event, Telemetry

END_S = 10.0
"""So long is a slow disk waited for, once the session is over."""


class LinesFile:
    """The file of `option`: emptied when it is begun, or with `append` gone on with. A full disk
    ends it, nothing else.

    Raises UsageError, with the file as it was, where it cannot be written, is one of `inputs`, or
    another program writes it.
    """

    def __init__(
        self, option: str, path: str, inputs: Iterable[Path] = (), *, append: bool = False
    ) -> None:
        self.path = path
        self._option = option
        self._append = append
        self._warning: str | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        why = _why_not(Path(path), inputs)
        if why is not None:
            raise UsageError(f"{option} {path}: {why}", hint="give a file of its own to write to")

    @property
    def begun(self) -> bool:
        """Whether there is such a file by now."""
        return self._thread is not None

    def begin(self) -> None:
        """Open it, and write what was put until now."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, name=self._option, daemon=True)
            self._thread.start()

    def put(self, line: str) -> None:
        """Add one line, its line feed included; never waits."""
        self._lines.put(line)

    def close(self) -> str | None:
        """Wait for what is not written yet; what is to be told of it."""
        if self._thread is not None:
            self._lines.put(None)
            self._thread.join(END_S)
            if self._thread.is_alive():
                return f"warning: the end of {self._option} {self.path} is missing"
        return self._warning

    def _write(self) -> None:
        try:
            how = os.O_APPEND if self._append else 0
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | how, 0o600)
            with open(descriptor, "w", encoding="utf-8", buffering=1) as file:  # noqa: PTH123
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    if fcntl is not None:
                        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if not self._append:
                        file.truncate()
                while (line := self._lines.get()) is not None:
                    file.write(line)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self._warning = f"warning: {self._option} {self.path} ends early: {reason}"


class RecordFile(LinesFile):
    """`--record`: begun with the session and never before."""

    def __init__(self, path: str, inputs: Iterable[Path] = ()) -> None:
        super().__init__("--record", path, inputs)

    def write(self, update: Telemetry | Event, *, began: bool) -> None:
        """Add one line, once the session `began`; never waits."""
        if began:
            self.begin()
        self.put(output.json_line(output.as_member(update)))


def _why_not(path: Path, inputs: Iterable[Path]) -> str | None:
    """What speaks against writing `path`, which is left as it is."""
    try:
        try:
            path.stat()
        except FileNotFoundError:
            if path.resolve() in [one.resolve() for one in inputs]:
                return "is named twice"
            parent = path.absolute().parent
            if not parent.is_dir():
                return "cannot be written (there is no such directory)"
            return None if os.access(parent, os.W_OK) else "cannot be written (no permission there)"
        if any(one.exists() and path.samefile(one) for one in inputs):
            return "is read by this very session"
        if path.is_dir():
            return "cannot be written (it is a directory)"
        if path.is_char_device() and path.resolve() != Path(os.devnull):
            return "is a device"
        if not os.access(path, os.W_OK):
            return "cannot be written (no permission)"
        return "another program writes it" if path.is_file() and _in_use(path) else None
    except (OSError, ValueError) as error:
        return f"cannot be written ({getattr(error, 'strerror', None) or error})"


def _in_use(path: Path) -> bool:
    """Whether any process has it open for writing; where the system cannot say, it has not."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        # A lease on reading is only given while nobody has the file open for writing.
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    except OSError as error:
        return isinstance(error, BlockingIOError)
    finally:
        os.close(descriptor)
