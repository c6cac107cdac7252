"""`python docs/check_wheel.py WHEEL`: what a release's wheel must carry, and its size."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

MOST_BYTES = 2_500_000
BOARDS = ("pico", "pico2")


def wrong(wheel: Path) -> list[str]:
    """What is missing in it, or too much; nothing for a wheel that may be released."""
    size = wheel.stat().st_size
    found = [f"{size} bytes, more than {MOST_BYTES}"] if size > MOST_BYTES else []
    if not wheel.name.endswith("-py3-none-any.whl"):
        found.append("it is not pure Python")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        sums = "poultice/images/SHA256SUMS"
        told = archive.read(sums).decode().splitlines() if sums in names else []
        for board in BOARDS:
            name = f"poultice-{board}.uf2"
            inside = f"poultice/images/{name}"
            if inside not in names:
                found.append(f"{inside} is missing: `make firmware`, or it is of other sources")
            elif f"{hashlib.sha256(archive.read(inside)).hexdigest()}  {name}" not in told:
                found.append(f"{sums} does not tell the SHA-256 of {name}")
        if not any(name.endswith("share/man/man1/poultice.1") for name in names):
            found.append("there are no manual pages")
    return found


if __name__ == "__main__":
    problems = wrong(Path(sys.argv[1]))
    for problem in problems:
        print(f"{sys.argv[1]}: {problem}", file=sys.stderr)
    sys.exit(bool(problems))
