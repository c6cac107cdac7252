"""The whole mutable state of a guard as one flat tuple, put down and picked up again.

Nothing is listed by hand: whatever attribute any method of the core assigns, outside `__init__`,
on an object that the guard owns, is part of the state. What does not fit (rings, records) is
named below, each with the reason why it may be left out or how it is kept.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import poultice_core
from poultice_core.guard import Guard

State = tuple[Any, ...]

CORE = Path(poultice_core.__file__).parent

# Owned by the world: what it answers is part of a letter (`world.py`), so it remembers nothing.
ORACLES = {"slope", "trend", "heating", "cooling_watch"}
# Kept beside the flat fields.
SPECIAL = {"ledger", "order"}
# Only ever reported, never read by a decision of the guard: one value stands for all.
REPORTED = {"heat_operations", "followers", "fault_state", "budget_met", "reason", "_part_ms"}
# Set anew by every step before anything reads them.
TRANSIENT = {"_ran", "_trips", "_stall", "pack_alarm", "config_confirmed"}

LONG = 4_000
"""Where every toy limit has been passed: a count beyond it is as good as any other."""

# Counts that grow without end and are compared with limits only.
SATURATES = {
    "state_ms": LONG,
    "since_session_ms": LONG,
    "since_treated_ms": LONG,
    "silent_ms": LONG,
    "sense_watch.quiet_ms": LONG,
    "sense_watch._high_ms": LONG,
    "sense_watch._low_ms": LONG,
    "dwell.off_ms": LONG,
    "dwell.since_closing_ms": LONG,
    "a.good_ticks": 3,
    "b.good_ticks": 3,
    "a._same_ticks": 3,
    "b._same_ticks": 3,
    "a._same_ms": LONG,
    "b._same_ms": LONG,
    "a._stale_ms": LONG,
    "b._stale_ms": LONG,
    "a._rejected": 3,
    "b._rejected": 3,
    "mismatch._for_ms": LONG,
    "stalls": 3,
    "_button._held_ms": LONG,
}


def assigned() -> set[str]:
    """Names of attributes that some method other than `__init__` of the core assigns."""
    found = set()
    for path in CORE.glob("*.py"):
        for method in ast.walk(ast.parse(path.read_text())):
            if not isinstance(method, ast.FunctionDef) or method.name == "__init__":
                continue
            for node in ast.walk(method):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    found.add(node.attr)
    return found


def attributes(thing: object) -> list[str]:
    """Every attribute of an object, slots or not, in a fixed order."""
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return sorted({*slots, *getattr(thing, "__dict__", {})})


def walk(thing: object, prefix: str, changing: set[str]) -> Iterator[str]:
    """Dotted names of the plain values that can change."""
    for name in attributes(thing):
        if name in ORACLES | SPECIAL or name in ("limits", "_limits"):
            continue
        value = getattr(thing, name)
        if isinstance(value, (int, bool)):
            if name in changing and name not in REPORTED | TRANSIENT:
                yield prefix + name
        elif type(value).__module__.startswith("poultice_core"):
            yield from walk(value, f"{prefix}{name}.", changing)
        else:
            raise TypeError(f"{prefix}{name}: {type(value).__name__} is no part of a flat state")


def compiled(guard: Guard) -> tuple[list[str], Callable[[Guard], State], Callable[..., None]]:
    """The fields; a function that reads them all, and one that writes them all."""
    fields = list(walk(guard, "", assigned()))
    unknown = set(SATURATES) - set(fields)
    if unknown:
        raise LookupError(f"no such fields: {sorted(unknown)}")
    reads = ", ".join(
        f"(g.{name} if g.{name} < {SATURATES[name]} else {SATURATES[name]})"
        if name in SATURATES
        else f"g.{name}"
        for name in fields
    )
    writes = ", ".join(f"g.{name}" for name in fields)
    space: dict[str, Any] = {}
    exec(f"def read(g): return ({reads},)\ndef write(g, s): ({writes},) = s", space)
    return fields, space["read"], space["write"]
