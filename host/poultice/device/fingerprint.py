"""Which sources of the device's logic these are: `hello.core`, worked out on either side."""

from __future__ import annotations

import os
from functools import cache
from glob import glob
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from poultice.language import later, tr

if TYPE_CHECKING:
    from poultice.link.messages import Hello

DIGITS = 16


def fingerprint(package: Path) -> str:
    """The first 16 hex digits of a SHA-256 over every `.py` below `package`, by path (POSIX,
    relative): path, NUL, content, NUL."""
    # Not rglob: every simulated device asks this at its start, and that takes three times as long.
    found = glob("**/*.py", root_dir=package, recursive=True)  # noqa: PTH207
    digest = sha256()
    for name in sorted(one.replace(os.sep, "/") for one in found):
        digest.update(name.encode() + b"\0" + (package / name).read_bytes() + b"\0")
    return digest.hexdigest()[:DIGITS]


@cache
def core_fingerprint() -> str:
    """That of the `poultice_core` this program brings; read once a process: a campaign makes
    thousands of devices."""
    import poultice_core

    return fingerprint(Path(str(poultice_core.__file__)).parent)


def logic(path: str, hello: Hello) -> tuple[bool, str]:
    """Whether the logic of the device at `path` is the very one that was tested with this program,
    and that in words."""
    ours = core_fingerprint()
    if hello.core == ours:
        return True, tr("the logic that was tested ({ours})", ours=ours)
    theirs = tr("logic that it cannot name")
    if hello.core:
        theirs = tr("logic {core}", core=hello.core)
    says = later("{path} runs {theirs}; what was tested with this program is {ours}")
    return False, tr(says, path=path, theirs=theirs, ours=ours)
