"""Write package.json, which `mip` installs from: `python firmware/package.py`.

It lists every file of the device's but `_boot.py`, which only a build can put where it counts.
boot.py and main.py come last: half a copy must not start anything.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

FIRMWARE = Path(__file__).resolve().parent
_FOLDERS = ("core", "pico")


def _last_to_start(pair: tuple[str, str]) -> tuple[bool, str]:
    return "/" not in pair[0], pair[0]


def text() -> str:
    """What package.json has to be."""
    urls = [
        (path.relative_to(FIRMWARE / folder).as_posix(), path.relative_to(FIRMWARE).as_posix())
        for folder in _FOLDERS
        for path in (FIRMWARE / folder).rglob("*.py")
        if path.name != "_boot.py"
    ]
    init = (FIRMWARE / "core/poultice_core/__init__.py").read_text(encoding="utf-8")
    version = re.search(r'^VERSION = "(.+)"$', init, re.M)
    if version is None:
        raise ValueError("poultice_core has no VERSION")
    lines = ",\n".join(f"    {json.dumps(pair)}" for pair in sorted(urls, key=_last_to_start))
    return f'{{\n  "version": "{version[1]}",\n  "urls": [\n{lines}\n  ],\n  "deps": []\n}}\n'


if __name__ == "__main__":
    (FIRMWARE / "package.json").write_text(text(), encoding="utf-8")
