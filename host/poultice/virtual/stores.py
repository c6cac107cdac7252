"""The device's flash: in memory, or a directory that outlives the run."""

from __future__ import annotations

import errno
import os
import weakref
from pathlib import Path

from poultice.errors import PortBusyError
from poultice_core.board import Store


class MemoryStore(Store):
    """Files of a device that is new every time."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def load(self, name: str) -> bytes | None:
        """What was last saved."""
        return self.files.get(name)

    def save(self, name: str, data: bytes) -> None:
        """Keep it."""
        self.files[name] = bytes(data)


_held: dict[tuple[int, int], tuple[int, int]] = {}
"""Of each directory that this process holds: its open descriptor, and how often it is held."""


class Hold:
    """A directory, held against other processes: two devices on one flash would each overwrite
    what the other wrote, the rest that is owed too. This process may hold it again.

    It ends with `let_go`, with the object or with the process. Without flock (Windows, some
    network disks) nothing is held. Raises PortBusyError where another process has it, OSError.
    """

    def __init__(self, directory: Path) -> None:
        try:
            import fcntl
        except ImportError:
            return
        descriptor = os.open(directory, os.O_RDONLY)
        found = os.fstat(descriptor)
        key = (found.st_dev, found.st_ino)
        if key in _held:
            os.close(descriptor)
            descriptor, count = _held[key]
        else:
            count = 0
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EACCES):
                    os.close(descriptor)
                    raise PortBusyError(
                        f"state={directory} is the flash of another simulated device that runs now",
                        hint="wait for its end, or give another directory",
                    ) from None
        _held[key] = descriptor, count + 1
        self._end = weakref.finalize(self, _release, key)

    def let_go(self) -> None:
        """End it."""
        if hasattr(self, "_end"):
            self._end()


def _release(key: tuple[int, int]) -> None:
    descriptor, count = _held.pop(key)
    if count > 1:
        _held[key] = descriptor, count - 1
    else:
        os.close(descriptor)


class FileStore(Store):
    """Files in a directory, each replaced whole: written beside, synced, then renamed.

    Raises OSError where the directory can be neither found nor made, and as `Hold` does.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.hold = Hold(directory)

    def load(self, name: str) -> bytes | None:
        """The file's content. Raises OSError where the directory has gone."""
        try:
            return (self._directory / name).read_bytes()
        except FileNotFoundError:
            if not self._directory.is_dir():
                raise
            return None

    def save(self, name: str, data: bytes) -> None:
        """Replace the file whole. Raises OSError."""
        beside = self._directory / f"{name}.new"
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._directory / name)
