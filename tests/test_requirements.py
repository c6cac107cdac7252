"""Every safety requirement is argued by at least one test that names it."""

from __future__ import annotations

import re
from pathlib import Path

MARK = re.compile(r"mark\.requirement\(([^)]*)\)", re.DOTALL)
ID = re.compile(r"SR-\d\d")


def test_every_requirement_has_a_test() -> None:
    named: set[str] = set()
    for path in Path(__file__).parent.rglob("*.py"):
        for mark in MARK.findall(path.read_text(encoding="utf-8")):
            named.update(ID.findall(mark))
    missing = {f"SR-{number:02}" for number in range(1, 25)} - named
    assert not missing, f"no test names {', '.join(sorted(missing))}"
