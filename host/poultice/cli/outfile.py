"""A file that a command was asked to write: the whole of it, or the one that was there before."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path

from poultice.errors import UsageError

STDOUT = "-"


def write(path: str, data: bytes, *, private: bool = False) -> str:
    """Write `data` to `path`, or to stdout where that is ``-``; the path that was written.

    `private` is what somebody answered: a file for its owner alone, also where it was not before.

    A file is replaced in one step: whoever reads it meanwhile, and a full disk, leave either
    the old one or the new one, never a part. What is no regular file (a pipe, /dev/null) is
    written to. Raises UsageError where that is not possible, OSError for stdout.
    """
    if path == STDOUT:
        # Bytes, whatever the locale: what is written says its own encoding.
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return path
    if not path:
        raise UsageError("the file to write has an empty name", hint="-o FILE, or -o - for stdout")
    try:
        # A link stays a link: it is what it points to that is replaced.
        target = Path(path).resolve()
        try:
            mode: int | None = target.stat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is None or stat.S_ISREG(mode):
            _replace(target, data, mode, private=private)
        else:
            target.write_bytes(data)
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError: a zero byte in the path; RuntimeError: a loop of links.
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise UsageError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}",
            hint="make room there (or raise `ulimit -f`), or name a file on another disk with -o"
            if full
            else "name a file in a directory that you may write to with -o",
        ) from None
    return path


def _replace(target: Path, data: bytes, mode: int | None, *, private: bool) -> None:
    beside = target.with_name(f".{os.urandom(8).hex()}.tmp")
    try:
        descriptor = os.open(
            beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666
        )
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            if mode is not None:
                kept = stat.S_IMODE(mode) & (~0o077 if private else ~0)
                os.chmod(beside, kept)  # noqa: PTH101
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
