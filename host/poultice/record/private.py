"""Files with somebody's answers about their health, and their directories: for the owner alone.

Whatever the umask, and also where they were made before this was so. What belongs to somebody
else, or to a system without such modes, stays as it is: nothing here costs a session.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700

_OTHERS = 0o077
_BESIDE = ("", "-wal", "-shm", "-journal")
"""What SQLite keeps beside a database: parts of it, with its mode where SQLite makes them."""


def database(path: Path) -> None:
    """Make `path`, its directory and what SQLite keeps beside it private; made where missing.

    A directory that was there is narrowed only if it holds this database alone: another one is
    somebody's home, or /tmp. Raises OSError where the directory or the file cannot be made.
    """
    path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    # SQLite itself would make it as the umask says.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
    ours = {one.name for one in beside(path)}
    for one in beside(path):
        narrow(one)
    with contextlib.suppress(OSError):
        if set(os.listdir(path.parent)) <= ours:  # noqa: PTH208 - names are enough
            narrow(path.parent)


def beside(path: Path) -> list[Path]:
    """The database `path`, and the files that SQLite keeps beside it."""
    return [path.with_name(path.name + ending) for ending in _BESIDE]


def narrow(path: Path) -> None:
    """Take from others what they may do with `path`, a file or directory of this user."""
    with contextlib.suppress(OSError):
        found = path.stat()
        regular = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
        if regular and found.st_mode & _OTHERS:
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
