"""What the device's journal has and the history has not: sessions that ran by themselves."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from poultice.errors import PoulticeError
from poultice.language import trn
from poultice.session.tally import POWER_LOST

if TYPE_CHECKING:
    from poultice.link.client import Client
    from poultice.link.messages import Hello

_UNTREATED_S = 3600
"""A session may have waited and paused so long besides what its entry counts."""
_LATER_S = 120
"""So much two clocks may differ, and a start be waited for."""
_OUTCOMES = {"complete": "complete", "stopped": "stopped", "fault": "fault", POWER_LOST: "lost"}


def take_over(client: Client, hello: Hello, *, awaited: bool = False) -> list[str]:
    """Bring into the history what ran on this device without it, marked so; what there is to say.

    With `awaited` only where the history has a session of this device without an end. Nothing is
    raised: where it fails, the next contact tries again.
    """
    from poultice import settings
    from poultice.record.store import FILE_NAME, History

    try:
        if awaited:
            path = settings.data_dir() / FILE_NAME
            if not path.exists():
                return []
            book = History.open(path)
            known = book.numbers(hello.uid).values()
            if all(done for _, done, _ in known) and book.without_number(hello.uid) is None:
                return []
        told = [
            one
            for one in client.entries()
            if one.get("kind") == "session" and str(one.get("outcome")) in _OUTCOMES
        ]
        taken = _taken(client, hello, told) if told else 0
    except PoulticeError:
        return []
    if not taken:
        return []
    return [
        trn(
            "note: the device tells of a session that ran by itself; the history has it now",
            "note: the device tells of {n} sessions that ran by itself; the history has it now",
            taken,
        )
    ]


def _taken(client: Client, hello: Hello, told: Sequence[Mapping[str, Any]]) -> int:
    """How many of them the history had not."""
    from poultice.record.store import History

    history = History.open()
    known = history.numbers(hello.uid)
    taken = 0
    for entry in told:
        number = entry.get("session")
        if type(number) is not int:
            continue
        row, finished, plan = known.get(number) or (None, False, None)
        if plan != entry.get("plan"):
            # A device that lost its flash counts anew: another session of the same number.
            row, finished = None, False
        if finished:
            continue
        outcome = _OUTCOMES[str(entry["outcome"])]
        summary = _summary(client.path, hello, entry, outcome)
        started_unix = _started_unix(client, entry)
        if row is None:
            # Ours may have been killed before its first event: then it has no number yet.
            since_unix, until_unix = started_unix - _UNTREATED_S, started_unix + _LATER_S
            row = history.without_number(hello.uid, summary["protocol"], since_unix, until_unix)
        if row is None:
            recorder = history.begin(
                protocol=summary["protocol"],
                plan={"name": summary["protocol"], "phases": []},
                device=summary["device"],
                answers={"screening": "journal"},
                started_unix=started_unix,
                hello=hello.to_record(),
            )
        else:
            recorder = history.resume(row)
        summary["record"] = str(history.path)
        recorder.finish(outcome, summary)
        taken += 1
    return taken


def _summary(path: str, hello: Hello, entry: Mapping[str, Any], outcome: str) -> dict[str, Any]:
    """The members of `run --json`, as far as a closing entry has them."""
    counts = {name: _count(entry.get(name)) for name in ("heat_s", "cold_s", "dose_m")}
    reason = entry.get("reason")
    warnings = entry.get("warnings")
    at_most = entry.get("outcome") == POWER_LOST
    return {
        "outcome": outcome,
        "reason": reason if outcome == "stopped" else None,
        "protocol": str(entry.get("plan")),
        "session": entry["session"],
        "device": hello.device(path),
        "duration_s": None if at_most else counts["heat_s"] + counts["cold_s"],
        **counts,
        "peak_mc": entry.get("peak_mc"),
        "min_mc": entry.get("min_mc"),
        "heat_operations": _count(entry.get("heat_operations")),
        "fault": reason if outcome == "fault" else None,
        "phases": [],
        "warnings": warnings if isinstance(warnings, list) else [],
        "record": None,
        "from_journal": True,
        **({"at_most": True} if at_most else {}),
    }


def _started_unix(client: Client, entry: Mapping[str, Any]) -> float:
    """When it began, as near as can be said: the entry is of its end."""
    ended_s = entry.get("unix_s")
    if type(ended_s) is not int:
        # By the device's own clock, where that has not begun anew since.
        since_ms = client.status().t_ms - _count(entry.get("t_ms"))
        ended_s = time.time() - max(0, since_ms) / 1000
    return float(ended_s - _count(entry.get("heat_s")) - _count(entry.get("cold_s")))


def _count(value: object) -> int:
    return value if type(value) is int and 0 <= value < 2**40 else 0
