"""Why a session ended, and what to do about it."""

from __future__ import annotations

from poultice import remedies, temperature, words
from poultice.record.report.recorded import Session

Rows = list[tuple[str, str]]
"""Label and text."""


def seen(fault: str) -> str | None:
    """What the device sees in a fault; None for what is none."""
    try:
        return remedies.explanation(fault).seen
    except KeyError:
        return None


def verdict(session: Session) -> tuple[str, str, Rows]:
    """How it ended: `good`, `plain` or `bad`, in a sentence, and what explains it."""
    tone, headline, rows = _ended(session)
    if words.treated_little(session.warnings):
        tone = "plain" if tone == "good" else tone
        headline = f"{headline[:-1]}, but {words.LITTLE}."
    warned = [("Warning", words.warning(what)) for what in session.warnings]
    return tone, headline, [*warned, *rows]


def _ended(session: Session) -> tuple[str, str, Rows]:
    if session.outcome == "complete":
        early = sum(one["actual_s"] < one["planned_s"] for one in session.phases)
        its = "its time" if early == 1 else "their time"
        rows = [("Phases", f"{early} ended before {its}")] if early else []
        return "good", "Complete: it ran to its end.", rows
    if session.outcome == "fault" or session.fault is not None:
        name = session.fault or "unknown"
        return "bad", f"It stopped by a fault: {name.replace('_', ' ')}.", _tripped(session, name)
    if session.outcome == "stopped":
        reason = remedies.STOPS.get(session.reason or "", session.reason or "for no reason told")
        return "plain", f"Stopped: {reason}.", []
    alone = "not recorded; it goes on by itself, under its own limits"
    if session.attended_s:
        alone = ("not recorded; without a computer it ends the session by itself within "
                 f"{session.attended_s} s")  # fmt: skip
    did = ("What the device did", alone)
    if session.outcome == "lost":
        restart = ("What was seen", "the device restarted; the curves end there")
        rows = [restart, did] if session.restarted else [did]
        return "bad", "The computer lost the device during the session.", rows
    if session.outcome is None:
        cut = ("What was seen", "the program that recorded it ended before the session did")
        return "bad", "The record was cut off before the session ended.", [cut, did]
    return "plain", f"{session.outcome.capitalize()}.", []


def _tripped(session: Session, name: str) -> Rows:
    said = seen(name)
    rows = [("What was seen", said)] if said is not None else []
    for at_s, event in [one for one in session.events if one[1].kind == "fault"][:1]:
        reading = event.data.get("temp_mc")
        at = f"{words.clock(int(at_s))} into the session"
        if type(reading) is int and abs(reading) < 10**6:
            at += f", at {temperature.shown(reading)}"
        rows.append(("When", at))
    rows.append(("What the device did", "it opened its relays and stays off until it is cleared"))
    rows.append(("What to do", remedies.fault_hint(name)))
    return rows
