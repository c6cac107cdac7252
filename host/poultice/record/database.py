"""The record's file: opening it, and what SQLite or the system may say of it, as HistoryError."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from poultice.errors import HistoryError

BUSY_S = 2.0
ROOM_BYTES = 65_536
"""So much has to fit on the disk before a session: ten minutes of one."""

_READ_ONLY = ("SQLITE_READONLY", "SQLITE_CANTOPEN")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_FULL = ("SQLITE_FULL", "ENOSPC", "EDQUOT")
_HINTS = {
    _BUSY: "another program holds it: close that, or wait a moment",
    _READ_ONLY: "check its permissions, or set POULTICE_DATA_DIR to a directory you may write",
    _FULL: "make room on the disk, or set POULTICE_DATA_DIR to another",
}


def require_room(directory: Path) -> None:
    """Raises OSError where nothing can be written in `directory`, or where it is to be made."""
    import tempfile

    while not directory.exists():
        directory = directory.parent
    # A file without a name: it is gone whatever happens.
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        file.write(bytes(ROOM_BYTES))
        os.fsync(file.fileno())


def identity(path: Path) -> tuple[int, int, int] | None:
    """Which file it is, whatever its name, and how long; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size


def connect(path: Path) -> sqlite3.Connection:
    """An open record, made where there is none. Raises sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    connection.text_factory = _text
    try:
        # NORMAL is enough against a killed process, which is what is promised; a power cut may
        # cost the last commit.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def close_what_was_moved(connection: sqlite3.Connection) -> None:
    """Close a record that lies elsewhere now: another one that lies there instead must not meet its
    changes, which SQLite keeps in a file beside it, and leaves there. They go to where they belong.
    """
    with contextlib.suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def connect_to_read(path: Path) -> sqlite3.Connection:
    """As `connect`; where SQLite may not write beside it, one that only reads.

    WAL mode needs a file beside the record even for a reader. Without it there is nothing but the
    record itself to be read, as one that nobody changes; with it SQLite reads both, or says that
    it cannot.
    """
    try:
        # Its settings make it look at the file.
        return connect(path)
    except sqlite3.OperationalError as error:
        if _kind(error) not in _READ_ONLY:
            raise
    changes = path.with_name(f"{path.name}-wal")
    alone = not (changes.exists() and changes.stat().st_size)
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    connection = sqlite3.connect(uri, timeout=BUSY_S, isolation_level=None, uri=True)
    connection.text_factory = _text
    return connection


def _text(stored: bytes) -> str:
    """Whatever bytes another program kept as text."""
    return stored.decode("utf-8", "replace")


def _kind(error: Exception) -> str:
    """What went wrong as SQLite or the system names it: not by words that may stand in a record."""
    name = getattr(error, "sqlite_errorname", None) or ""
    number = getattr(error, "errno", None) or 0
    return "_".join(name.split("_")[:2]) or errno.errorcode.get(number, "")


@contextlib.contextmanager
def errors(path: Path) -> Iterator[None]:
    """Turn whatever the file or SQLite may say into HistoryError with what to do about it."""
    try:
        yield
    except (sqlite3.Error, OSError, ValueError, OverflowError, RecursionError) as error:
        kind, data = _kind(error), {}
        hint = "check the path, or set POULTICE_DATA_DIR to a directory you may write"
        if isinstance(error, sqlite3.Error):
            data["busy"] = kind in _BUSY
            hint = "move it away and a new one is begun; `sqlite3 FILE .recover` may save the old"
        if path.is_dir():
            hint = "it is a directory: move it away"
        elif kind in ("SQLITE_IOERR", "EFBIG"):
            hint = _not_taken()
        raise HistoryError(
            f"the record {path} cannot be used: {getattr(error, 'strerror', None) or error}",
            hint=next((told for kinds, told in _HINTS.items() if kind in kinds), hint),
            data=data,
        ) from None


def _not_taken() -> str:
    """What may be wrong where the system did not read or write the file: that is no damage."""
    with contextlib.suppress(ImportError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
        if limit != resource.RLIM_INFINITY:
            return f"files may not grow beyond {limit} bytes here: raise that (`ulimit -f`)"
    return "the disk did not take it: look for a quota, a failing disk, a share that is gone"
