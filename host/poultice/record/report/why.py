"""Why a session ended, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poultice import remedies, temperature, words
from poultice.language import later, tr, trn
from poultice.record.report.recorded import Session
from poultice.texts import told

Rows = list[tuple[str, str]]
"""Label and text."""


def seen(fault: str) -> str | None:
    """What the device sees in a fault; None for what is none."""
    try:
        return tr(remedies.explanation(fault).seen)
    except KeyError:
        return None


def plainly(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """For one of many: how it ended, where not just at its end, and what to do about a fault."""
    outcome, fault = row["outcome"], row["fault"]
    if fault is not None or outcome == "fault":
        known = str(fault) in remedies.FAULTS
        title = tr("a fault of an unknown name")
        if known:
            title = tr(remedies.explanation(str(fault)).title)
        return tr("Fault: {what}.", what=title), told("faults", str(fault)) if known else ""
    if outcome is None:
        return tr("The record was cut off before the session ended."), ""
    if outcome == "lost":
        return tr("The computer lost the device during the session."), ""
    if outcome == "stopped":
        reason = told("stops", row["reason"]) if row["reason"] else tr("for no reason told")
        return tr("Stopped: {reason}.", reason=reason), ""
    if words.treated_little(row["warnings"]):
        return tr("{verdict}, but {little}.", verdict=tr("Complete"), little=words.little()), ""
    return None


def verdict(session: Session) -> tuple[str, str, Rows]:
    """How it ended: `good`, `plain` or `bad`, in a sentence, and what explains it."""
    tone, headline, rows = _ended(session)
    if words.treated_little(session.warnings):
        tone = "plain" if tone == "good" else tone
        headline = tr("{verdict}, but {little}.", verdict=headline[:-1], little=words.little())
    warned = [(tr("Warning"), words.warning(what)) for what in session.warnings]
    return tone, headline, [*warned, *rows]


def _ended(session: Session) -> tuple[str, str, Rows]:
    if session.outcome == "complete":
        early = sum(one["actual_s"] < one["planned_s"] for one in session.phases)
        says = trn("{n} ended before its time", "{n} ended before their time", early)
        return "good", tr("Complete: it ran to its end."), [(tr("Phases"), says)] if early else []
    if session.outcome == "fault" or session.fault is not None:
        name = session.fault or "unknown"
        says = tr("It stopped by a fault: {fault}.", fault=tr(name.replace("_", " ")))
        return "bad", says, _tripped(session, name)
    if session.outcome == "stopped":
        reason = told("stops", session.reason) if session.reason else tr("for no reason told")
        return "plain", tr("Stopped: {reason}.", reason=reason), []
    alone = tr("not recorded; it goes on by itself, under its own limits")
    if session.attended_s:
        without = later(
            "not recorded; without a computer it ends the session by itself within {wait} s"
        )
        alone = tr(without, wait=session.attended_s)
    did = (tr("What the device did"), alone)
    if session.outcome == "lost":
        restart = (tr("What was seen"), tr("the device restarted; the curves end there"))
        rows = [restart, did] if session.restarted else [did]
        if session.at_most:
            rows.append((tr("At most"), words.at_most()))
        return "bad", tr("The computer lost the device during the session."), rows
    if session.outcome is None:
        cut = tr("the program that recorded it ended before the session did")
        rows = [(tr("What was seen"), cut), did]
        return "bad", tr("The record was cut off before the session ended."), rows
    outcome = tr(session.outcome)
    return "plain", f"{outcome[:1].upper()}{outcome[1:]}.", []


def _tripped(session: Session, name: str) -> Rows:
    said = seen(name)
    rows = [(tr("What was seen"), said)] if said is not None else []
    for at_s, event in [one for one in session.events if one[1].kind == "fault"][:1]:
        reading = event.data.get("temp_mc")
        at = tr("{clock} into the session", clock=words.clock(int(at_s)))
        if type(reading) is int and abs(reading) < 10**6:
            at = tr("{time}, at {reading}", time=at, reading=temperature.shown(reading))
        rows.append((tr("When"), at))
    did = tr("it opened its relays and stays off until it is cleared")
    rows.append((tr("What the device did"), did))
    rows.append((tr("What to do"), remedies.fault_hint(name)))
    return rows
