"""What the tools measured: the files of `docs/safety/evidence`, refused where malformed."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

EVIDENCE = Path(__file__).parents[2] / "docs" / "safety" / "evidence"

_ID = re.compile(r"SR-\d\d")


@dataclass(frozen=True)
class Evidence:
    """What one tool measured, as its file says."""

    name: str
    title: str
    command: str
    date: str
    requirements: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def measured(name: str, text: str) -> Evidence:
    """One evidence file. Raises ValueError where it is not what the format asks for."""
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError(f"{name}: not an object")
    for key in ("title", "command", "date"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            raise ValueError(f"{name}: `{key}` is not a text")
    datetime.date.fromisoformat(data["date"])
    ids = data.get("requirements")
    figures = data.get("figures")
    notes = data.get("notes")
    if not _texts(ids) or not all(_ID.fullmatch(id_) for id_ in ids):
        raise ValueError(f"{name}: `requirements` is not a list of ids")
    if not isinstance(figures, list) or not figures:
        raise ValueError(f"{name}: `figures` is not a list")
    if not all(_texts(one) and len(one) == 2 for one in figures):
        raise ValueError(f"{name}: a figure is a pair of texts, label and value")
    if not isinstance(notes, list) or not all(isinstance(one, str) for one in notes):
        raise ValueError(f"{name}: `notes` is not a list of texts")
    return Evidence(
        name=name,
        title=data["title"],
        command=data["command"],
        date=data["date"],
        requirements=tuple(ids),
        figures=tuple((label, value) for label, value in figures),
        notes=tuple(notes),
    )


def _texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def measured_in(folder: Path = EVIDENCE) -> list[Evidence]:
    """Every evidence file, by name."""
    files = sorted(folder.glob("*.json"))
    return [measured(file.stem, file.read_text(encoding="utf-8")) for file in files]
