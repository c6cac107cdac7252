"""What came of flips that were run before: a line of JSON each, so that a second run goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read(path: Path | None) -> list[dict[str, Any]]:
    """The members of each result; none where there is no such file, or none was asked for."""
    if path is None or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def add(path: Path | None, result: Any) -> None:
    """One more, a named tuple; not where none are to be kept."""
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result._asdict()) + "\n")
