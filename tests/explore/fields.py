"""The whole mutable state of a guard as one flat tuple, put down and picked up again.

Nothing is listed by hand: whatever attribute any method of the core assigns, outside `__init__`,
on an object that the guard is made of, is part of the state. What does not fit (rings, records)
is named below, each with the reason why it may be left out or how it is kept.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import poultice_core
from poultice_core.guard import Guard
from poultice_core.interval import Interval
from poultice_core.judges.heating import HeatingProof
from poultice_core.judges.integrity import Integrity
from poultice_core.judges.predictive import Predictive
from poultice_core.judges.treatment import Treatment
from poultice_core.judges.welds import CoolingWatch
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.settings import Settings
from poultice_core.tick import Order, Tick
from poultice_core.trend import Trend

State = tuple[Any, ...]

CORE = Path(poultice_core.__file__).parent

# No part of a state: what is told by others, worked out anew in every tick (the interval), kept
# beside the flat fields by the world (ledger, order), follows from them (the seal), or is answered
# by the letter (the last five).
ELSEWHERE = (
    *(Limits, Settings, Ledger, Order, Tick, Interval, Integrity),
    *(Trend, Predictive, HeatingProof, CoolingWatch, Treatment),
)
# Lists, as so many fields of one entry each: how many of the first of them can still be asked for.
LISTS: dict[str, Callable[[Limits], int]] = {
    "_ages_ms": lambda limits: limits.brake_count,
    "_bad_at_ms": lambda limits: limits.range_count - 1,
}
# Only ever reported, never read by a decision of the guard (`control_mc`: only by the oracles).
REPORTED = {
    *("dwell.operations", "latch.state", "latch.count", "permit.budget_met"),
    *("permit.inhibited", "reading.control_mc", "course.begun", "course.ended"),
    *("course.confirmed", "course.outcome", "course.reason"),
}
# Set anew by every step before anything reads them.
TRANSIENT = {
    *("answer", "pack.alarm", "reading.readable", "reading.whole", "reading.inhibit"),
    *("reading.reason", "reading.a.inhibit", "reading.b.inhibit", "reading.a.ok", "reading.b.ok"),
    *("reading.a.reason", "reading.b.reason", "reading.a.temp_mc", "reading.b.temp_mc"),
}

_STATE = "g.course.state"
_LIVE = "g.course.live"
_ARMED = f"{_STATE} == 3"
_BEGINS = f"({_STATE} == 4 and g.phases._count + g.phases._proofs == 0)"
# What is read in some states only, and the condition under which it is. Elsewhere one value stands
# for all: two states that differ in it alone are one. `World.spoil` puts nonsense there, and the
# search takes every such claim back that a letter can tell from the truth.
MATTERS = {
    "clocks.state_ms": f"({_STATE} in (1, 3, 6) or {_BEGINS})",
    "clocks.since_session_ms": f"not {_LIVE}",
    **dict.fromkeys(
        (
            *("clocks.session_ms", "clocks.silent_ms", "clocks.hot_ms", "clocks.heat_ms"),
            *("clocks.since_treated_ms", "clocks.pause_ms", "dose.total_u", "dose._rest"),
            *("bounds.attended_ms", "bounds.dose_u", "bounds.heat_ms", "bounds.cold_ms"),
            *("bounds.target_max_mc", "phases._heat_left", "phases._proven", "phases._proof_due"),
            *("phases._count", "phases._proofs", "pack.laid", "pack.removed", "course.prompt"),
            *("_parts.lateness._stalls", "reading.a._bad", "reading.b._bad"),
        ),
        _LIVE,
    ),
    **dict.fromkeys(("clocks.phase_ms", "_parts.cold.ended"), "g.phases.mode == 3"),
    **dict.fromkeys(("durations.over", "durations._over_ms"), "g.phases.mode != 0"),
    "clocks.cold_ms": f"({_LIVE} or g.pack.on)",
    **dict.fromkeys(("pack.lowest_mc", "pack._alarm_ms"), "g.pack.on"),
    **dict.fromkeys(("admission._token", "admission._tries"), _ARMED),
    **dict.fromkeys(("_parts.proof._step", "_parts.proof._in_step_ms"), "g._parts.proof.active"),
    **dict.fromkeys(
        ("_button._state", "_button._held_ms"), "g._button._down and not g._button._spent"
    ),
    "brake._treated_ms": "g.brake.active",
}


def caps(limits: Limits) -> dict[str, int]:
    """Counts that are compared with limits only, and where the last comparison has been passed."""
    session_ms = limits.session_s * 1000
    answers_ms = 1000 * max(limits.token_s, limits.prompt_max_s)
    after = {
        "clocks.state_ms": max(answers_ms, limits.overrun_ms),
        "clocks.session_ms": session_ms,
        "brake._treated_ms": limits.brake_treated_ms,
    }
    for index in range(limits.brake_count):
        after[f"brake._ages_ms[{index}]"] = limits.brake_ms
    for sensor in "ab":
        after |= {
            f"reading.{sensor}.good_ticks": limits.clear_ticks,
            f"reading.{sensor}._same_ticks": limits.clear_ticks,
            f"reading.{sensor}._same_ms": limits.frozen_ms,
            f"reading.{sensor}._stale_ms": limits.stale_ms + limits.tick_ms,
            f"reading.{sensor}._rejected": limits.jump_ticks,
            f"reading.{sensor}._bad": limits.range_count,
        }
    return after | {
        "phases._count": limits.phases_max + 1,
        "phases._proofs": limits.proofs_session + 1,
        "clocks.phase_ms": limits.cold_phase_s * 1000,
        "clocks.cold_ms": max(limits.cold_session_s, limits.cold_day_s) * 1000,
        "clocks.since_session_ms": limits.watch_after_ms + limits.tick_ms,
        "clocks.since_treated_ms": max(limits.rest_after_heat_s, limits.rest_cold_to_cold_s) * 1000,
        "clocks.silent_ms": session_ms,
        "clocks.pause_ms": limits.pause_max_s * 1000,
        "_parts.sense.quiet_ms": limits.clear_sense_ms,
        "_parts.sense._steady_ms": limits.weld_sense_ms,
        "_parts.sense._wrong_ms": max(limits.weld_sense_ms, limits.supply_ms),
        "_parts.sense._unsteady_ms": limits.unsteady_ms,
        "dwell._off_ms": limits.dwell_min_ms,
        "dwell._since_closing_ms": limits.closing_min_ms,
        "reading._apart_ms": limits.mismatch_ms,
        "_parts.cold._end_ms": limits.cold_end_ms,
        "_parts.cold._cutoff_ms": limits.cold_cutoff_ms,
        "durations._over_ms": limits.overrun_ms,
        "_parts.lateness._stalls": limits.late_count,
        "_button._held_ms": 3_000,
    }


def assigned() -> set[str]:
    """Names of attributes that some method other than `__init__` of the core assigns."""
    found = set()
    for path in CORE.rglob("*.py"):
        for method in ast.walk(ast.parse(path.read_text())):
            if not isinstance(method, ast.FunctionDef) or method.name == "__init__":
                continue
            for node in ast.walk(method):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                    found.add(node.attr)
    return found


def walk(guard: Guard) -> Iterator[str]:
    """Dotted names of the plain values that can change, each once, by their shortest way."""
    changing = assigned()
    seen = {id(guard), id(guard._parts)}
    level: list[tuple[str, object]] = [("", guard), ("_parts.", guard._parts)]
    while level:
        below: list[tuple[str, object]] = []
        for prefix, thing in level:
            for name, value in sorted(vars(thing).items()):
                where = prefix + name
                if isinstance(value, int):
                    if name in changing:
                        yield where
                elif name in LISTS:
                    yield from (f"{where}[{i}]" for i in range(LISTS[name](guard.limits)))
                elif any(kind.__module__.startswith("poultice_core") for kind in type(value).mro()):
                    if id(value) not in seen and not isinstance(value, ELSEWHERE):
                        seen.add(id(value))
                        below.append((where + ".", value))
                elif isinstance(value, list):
                    raise TypeError(f"{where} is no part of a flat state")
        level = below


@dataclass(frozen=True)
class Fields:
    """The names of the state's fields; how it is read, written, and spoilt where nobody looks."""

    names: list[str]
    read: Callable[[Any], State]
    write: Callable[[Any, Sequence[Any]], None]
    spoil: Callable[[Any, int], None]


def compiled(guard: Guard) -> Fields:
    """Of a guard."""
    every = list(walk(guard))
    # The third reading back goes out before it is judged.
    kept = {"_parts.cutoffs._hot_ticks": "g._parts.cutoffs._hot_ticks & 3"}
    far_ms = guard.limits.range_window_ms + guard.limits.tick_ms
    kept |= {name: _bad_at(name, far_ms) for name in every if "._bad_at_ms[" in name}
    return flat(every, REPORTED | TRANSIENT, caps(guard.limits), MATTERS, kept)


def flat(
    every: Sequence[str],
    never: Collection[str],
    saturates: Mapping[str, int],
    matters: Mapping[str, str],
    kept: Mapping[str, str],
) -> Fields:
    """Functions without a loop: they run a million times. `never`: fields that are no part of it;
    `kept`: how one is read that is neither as it stands nor up to a cap."""
    names = [name for name in every if name not in never]
    unknown = {*saturates, *matters, *never, *kept} - set(every)
    if unknown:
        raise LookupError(f"no such fields: {sorted(unknown)}")

    def value(name: str) -> str:
        text = kept.get(name, f"g.{name}")
        if name in saturates:
            text = f"({text} if {text} < {saturates[name]} else {saturates[name]})"
        return f"({text} if {matters[name]} else 0)" if name in matters else text

    reads = ", ".join(value(name) for name in names)
    writes = ", ".join(f"g.{name}" for name in names)
    spoils = [f" g.{name} = junk" for name in every if name in never]
    spoils += [f" if not ({when}): g.{name} = junk" for name, when in matters.items()]
    space: dict[str, Any] = {}
    exec(
        f"def read(g): return ({reads},)\ndef write(g, s): ({writes},) = s\n"
        + "\n".join(["def spoil(g, junk):", *spoils]),
        space,
    )
    return Fields(names, space["read"], space["write"], space["spoil"])


def _bad_at(name: str, far_ms: int) -> str:
    """When a tick was bad, as far as it is counted; the world's clock stands at 0 between ticks."""
    sensor, _, index = name[:-1].partition("._bad_at_ms[")
    counts = f"{_LIVE} and g.{sensor}._bad > {index}"
    return f"((g.{name} if g.{name} > -{far_ms} else -{far_ms}) if {counts} else 0)"
