"""Pain and stiffness before and after a session, as the person puts them, and a note.

Numeric rating scales from 0 (none) to 10 (the worst there is). What few ratings say is told as
few: a mean of them would pass for a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from poultice.language import joined, number, tr, trn

MOST = 10
WHAT = ("pain", "stiffness")
BEFORE = tuple(f"{one}_before" for one in WHAT)
AFTER = tuple(f"{one}_after" for one in WHAT)
SCALES = BEFORE + AFTER
NOTE = "note"
NOTE_MAX = 2000
"""Characters."""

COLUMNS = (*SCALES, NOTE)
"""Of the record's table `sessions`; null where nobody was asked, or the question was skipped."""

ENOUGH = 10
"""Rated sessions from which on a mean is told."""


def whole(value: object, low: int, high: int) -> int | None:
    """A whole number from `low` to `high` out of the record; None for anything else there."""
    return value if type(value) is int and low <= value <= high else None


def rating(value: object) -> int | None:
    """A rating out of the record, where anything may stand; None for what is none."""
    return whole(value, 0, MOST)


def of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The ratings and the note in a row of the record, whatever stands there."""
    note = row.get(NOTE)
    if isinstance(note, str):
        note = "".join(char if char.isprintable() else " " for char in note)[:NOTE_MAX]
    found: dict[str, Any] = {name: rating(row.get(name)) for name in SCALES}
    return {**found, NOTE: note if isinstance(note, str) and note else None}


def lines(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What there is of it, as label and text."""
    found = of(row)
    told = []
    for what in WHAT:
        before, after = found[f"{what}_before"], found[f"{what}_after"]
        parts = [tr("{value} before", value=before)] if before is not None else []
        parts += [tr("{value} after", value=after)] if after is not None else []
        if parts:
            told.append((tr(what), tr("{both} (of {most})", both=joined(", ", parts), most=MOST)))
    return told + ([(tr(NOTE), found[NOTE])] if found[NOTE] else [])


def compared(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """For pain and for stiffness: in how many sessions both were rated, in how many it was less
    and more afterwards, and the means of both, None where the sessions are too few for one."""
    found = {}
    taken = [of(row) for row in rows]
    for what in WHAT:
        pairs = [(one[f"{what}_before"], one[f"{what}_after"]) for one in taken]
        both = [pair for pair in pairs if None not in pair]
        enough = len(both) >= ENOUGH
        found[what] = {
            "sessions": len(both),
            "less": sum(after < before for before, after in both),
            "more": sum(after > before for before, after in both),
            "before_mean": _mean([one for one, _ in both]) if enough else None,
            "after_mean": _mean([one for _, one in both]) if enough else None,
        }
    return found


def trend(compared: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The same in words; nothing of what was never rated."""
    told = []
    for what, one in compared.items():
        count = one["sessions"]
        if not count:
            continue
        what = tr(what)
        sessions = trn("{n} session", "{n} sessions", count)
        if one["before_mean"] is None:
            told.append(
                tr(
                    "{what}: rated before and after in {sessions}: too few to tell",
                    what=what,
                    sessions=sessions,
                )
            )
            continue
        told.append(
            tr(
                "{what}: less after {less} of {sessions}, more after {more}; "
                "mean {before} before, {after} after",
                what=what,
                less=one["less"],
                sessions=sessions,
                more=one["more"],
                before=number(str(one["before_mean"])),
                after=number(str(one["after_mean"])),
            )
        )
    return told


def _mean(values: list[int]) -> float:
    return round(sum(values) / len(values), 1)
