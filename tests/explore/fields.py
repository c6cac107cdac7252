"""The whole mutable state of a guard as one flat tuple, put down and picked up again.

Nothing is listed by hand: whatever attribute any method of the core assigns, outside `__init__`,
on an object that the guard owns, is part of the state. What does not fit (rings, records) is
named below, each with the reason why it may be left out or how it is kept.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import poultice_core
from poultice_core.guard import Guard
from poultice_core.limits import Limits

State = tuple[Any, ...]

CORE = Path(poultice_core.__file__).parent

# Owned by the world: what it answers is part of a letter (`world.py`), so it remembers nothing.
ORACLES = {"slope", "trend", "heating", "cooling_watch"}
# Kept beside the flat fields.
SPECIAL = {"ledger", "order"}
# Only ever reported, never read by a decision of the guard (`control_mc`: only by the oracles).
REPORTED = {
    *("heat_operations", "followers", "fault_state", "budget_met", "reason", "inhibited"),
    "control_mc",
}
# Set anew by every step before anything reads them.
TRANSIENT = {
    *("_ran", "_trips", "_stall", "pack_alarm", "config_confirmed"),
    *("sensor_inhibit", "a.inhibit", "b.inhibit", "a.ok", "b.ok"),
}

_TIMED = "g.state in (1, 3, 5, 6)"  # self_test, armed, paused, waiting
_PHASE = "g.mode != 0"
_SESSION = "g.live"
_OPEN = "(g.live or g.unbooked)"
_PACK = "(g.live or g.unbooked or g.pack_on or g.pack_owed)"
# What is read in some states only, and the condition under which it is. Elsewhere one value stands
# for all: two states that differ in it alone are one. `World.spoil` puts nonsense there, and the
# search takes every such claim back that a letter can tell from the truth.
MATTERS = {
    "state_ms": _TIMED,
    "since_session_ms": "not g.live",
    **dict.fromkeys(
        ("session_ms", "stalls", "silent_ms", "hot_ms", "proven", "heat_left"), _SESSION
    ),
    **dict.fromkeys(("phases", "pack_laid", "prompt", "cold_cutoff_ms", "attended_ms"), _SESSION),
    **dict.fromkeys(("dose_bound_u", "heat_bound_ms", "cold_bound_ms", "target_max_mc"), _SESSION),
    **dict.fromkeys(("phase_ms", "phase_over", "over_ms", "cold_end_ms", "target_mc"), _PHASE),
    **dict.fromkeys(("heat_ms", "since_treated_ms", "dose.total_u", "dose._rest"), _OPEN),
    "outcome": "g.unbooked",
    "session_cold_ms": _PACK,
    "booked": "(g.live or g.pack_on or g.pack_owed)",
    "pack_lowest_mc": "g.pack_on",
    "pack_removed": "(g.live or g.pack_on)",
    "_tries": "g.state == 3",
    "estop": "g.fault == 5",
    **dict.fromkeys(("a.temp_mc", "b.temp_mc"), "g.fault == 11"),
    **dict.fromkeys(
        ("proof._step", "proof._in_step_ms", "proof._judged_from_ms"), "g.proof.active"
    ),
    **dict.fromkeys(
        ("_button._state", "_button._held_ms"), "g._button._down and not g._button._spent"
    ),
}


def caps(limits: Limits) -> dict[str, int]:
    """Counts that are compared with limits only, and where the last comparison has been passed."""
    session_ms = limits.session_s * 1000
    answers_s = (limits.token_s, limits.pause_max_s, limits.prompt_max_s)
    after = {"state_ms": max(answers_s) * 1000, "session_ms": session_ms}
    for sensor in "ab":
        after |= {
            f"{sensor}.good_ticks": limits.clear_ticks,
            f"{sensor}._same_ticks": limits.clear_ticks,
            f"{sensor}._same_ms": limits.frozen_ms,
            f"{sensor}._stale_ms": limits.stale_ms + limits.tick_ms,
            f"{sensor}._rejected": limits.jump_ticks,
        }
    return after | {
        "phases": limits.phases_max + 1,
        "phase_ms": limits.cold_phase_s * 1000,
        "session_cold_ms": max(limits.cold_session_s, limits.cold_day_s) * 1000,
        "since_session_ms": limits.watch_after_ms + limits.tick_ms,
        "since_treated_ms": max(limits.rest_after_heat_s, limits.rest_cold_to_cold_s) * 1000,
        "silent_ms": session_ms,
        "sense_watch.quiet_ms": limits.clear_sense_ms,
        "sense_watch._high_ms": limits.weld_sense_ms,
        "sense_watch._low_ms": limits.supply_ms,
        "dwell.off_ms": limits.dwell_min_ms,
        "dwell.since_closing_ms": limits.closing_min_ms,
        "mismatch._for_ms": limits.mismatch_ms,
        "stalls": limits.late_count,
        "_button._held_ms": 3_000,
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
            if name in changing:
                yield prefix + name
        elif type(value).__module__.startswith("poultice_core"):
            yield from walk(value, f"{prefix}{name}.", changing)
        else:
            raise TypeError(f"{prefix}{name}: {type(value).__name__} is no part of a flat state")


@dataclass(frozen=True)
class Fields:
    """The names of the state's fields; how it is read, written, and spoilt where nobody looks."""

    names: list[str]
    read: Callable[[Guard], State]
    write: Callable[[Guard, Sequence[Any]], None]
    spoil: Callable[[Guard, int], None]


def compiled(guard: Guard) -> Fields:
    """Functions without a loop: they run a million times."""
    every = list(walk(guard, "", assigned()))
    never = REPORTED | TRANSIENT
    names = [name for name in every if name not in never]
    saturates = caps(guard.limits)
    unknown = {*saturates, *MATTERS, *never} - set(every)
    if unknown:
        raise LookupError(f"no such fields: {sorted(unknown)}")

    def value(name: str) -> str:
        if name == "_hot_ticks":
            return "g._hot_ticks & 3"  # the third reading back goes out before it is judged
        text = f"g.{name}"
        if name in saturates:
            text = f"({text} if {text} < {saturates[name]} else {saturates[name]})"
        return f"({text} if {MATTERS[name]} else 0)" if name in MATTERS else text

    reads = ", ".join(value(name) for name in names)
    writes = ", ".join(f"g.{name}" for name in names)
    spoils = [f" g.{name} = junk" for name in every if name in never]
    spoils += [f" if not ({when}): g.{name} = junk" for name, when in MATTERS.items()]
    space: dict[str, Any] = {}
    exec(
        f"def read(g): return ({reads},)\ndef write(g, s): ({writes},) = s\n"
        + "\n".join(["def spoil(g, junk):", *spoils]),
        space,
    )
    return Fields(names, space["read"], space["write"], space["spoil"])
