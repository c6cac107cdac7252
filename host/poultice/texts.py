"""What the device's names mean to a person, as `texts.toml` has it."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from poultice.language import tr


@cache
def texts() -> dict[str, Any]:
    """Kind of name, name, text."""
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))


def told(kind: str, name: str) -> str:
    """What a name means, in the language in use; the name itself where it is not known here."""
    return tr(str(texts()[kind].get(name, name)))
