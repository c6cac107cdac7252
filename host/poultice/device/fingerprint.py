"""Which sources of the device's logic these are: `hello.core`, worked out on either side."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

DIGITS = 16


def fingerprint(package: Path) -> str:
    """The first 16 hex digits of a SHA-256 over every `.py` below `package`, by path (POSIX,
    relative): path, NUL, content, NUL."""
    files = {}
    # Not rglob: every simulated device asks this at its start, and that takes three times as long.
    for directory, _, names in os.walk(package):
        below = Path(directory).relative_to(package).as_posix()
        for name in names:
            if name.endswith(".py"):
                files[name if below == "." else f"{below}/{name}"] = f"{directory}/{name}"
    digest = sha256()
    for name in sorted(files):
        with open(files[name], "rb") as file:  # noqa: PTH123
            digest.update(name.encode() + b"\0" + file.read() + b"\0")
    return digest.hexdigest()[:DIGITS]


def core_fingerprint() -> str:
    """That of the `poultice_core` this program brings."""
    import poultice_core

    return fingerprint(Path(str(poultice_core.__file__)).parent)
