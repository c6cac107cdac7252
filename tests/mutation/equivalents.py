"""The mutants that no test can kill, by their text, with the reason: `equivalent.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.modules import MODULES

LIST = Path(__file__).with_name("equivalent.toml")

Name = tuple[str, str, str, str, int]


@dataclass(frozen=True)
class Equivalent:
    """A line, what it may become without a difference, and why there is none."""

    module: str
    scope: str
    line: str
    becomes: tuple[str, ...]
    reason: str
    nth: int = 1

    def names(self) -> Iterator[Name]:
        for becomes in self.becomes:
            yield self.module, self.scope, self.line, becomes, self.nth


def listed() -> list[Equivalent]:
    """All of the list. ValueError where an entry is incomplete, unknown or there twice."""
    found: list[Equivalent] = []
    seen: set[Name] = set()
    for module, entries in tomllib.loads(LIST.read_text()).items():
        if module not in MODULES:
            raise ValueError(f"{module}: not a module that is mutated")
        for entry in entries:
            entry["becomes"] = tuple(entry["becomes"])
            one = Equivalent(module=module, **entry)
            if not one.becomes or not one.reason.strip():
                raise ValueError(f"{one}: no mutant, or no reason")
            for name in one.names():
                if name in seen:
                    raise ValueError(f"{name}: listed twice")
                seen.add(name)
            found.append(one)
    return found


def table() -> str:
    """The list as the documentation has it."""
    rows = ["| where | line | mutants | why it decides the same |", "|---|---|---|---|"]
    for one in listed():
        line = one.line.replace("|", "\\|")
        where = f"`{one.module}` {one.scope.strip('()')}"
        rows.append(f"| {where} | `{line}` | {len(one.becomes)} | {one.reason} |")
    return "\n".join(rows)
