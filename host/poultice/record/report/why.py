"""Why a session ended, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from poultice import remedies, temperature, words
from poultice.record.report.recorded import Session

SEEN: Mapping[str, str] = {
    "absolute_temperature": "45 °C or more, in any state",
    "heat_welded": "the pad is energised, or warms, with HEAT or MASTER open",
    "master_welded": "in the relay proof the pad was energised with MASTER open",
    "over_temperature": "43 °C or more in 2 of 3 ticks, during a session or shortly after",
    "emergency_stop": "the emergency stop is open, or its wire is cut",
    "sensor_short": "a code below 462 for 3 ticks: hotter than 80 °C, or the wires touch",
    "sensor_open": "a code above 3496 for 3 ticks: colder than −10 °C, or a broken wire",
    "sensor_jump": "3 readings running more than 2 °C off the last accepted one",
    "sensor_frozen": "the very same raw sum for 60 s",
    "sensor_stale": "no new reading for 2 s",
    "sensor_mismatch": "sensors A and B more than 8 °C apart for 60 s",
    "sensor_detached": "the reading falls while the pad heats (one sensor only)",
    "heating_stalled": "the pad heats and the reading does not rise as it should",
    "supply_lost": "both relays closed, and no supply at the pad",
    "under_temperature": "7 °C or less for 2 s in a cold phase",
    "dose_limit": "the thermal dose of the session is reached",
    "overrun": "the session still asked 1 s after a duration was over",
    "loop_late": "the control loop stood still, or time ran backwards",
    "watchdog_reset": "the chip restarted by itself",
    "journal_lost": "the journal is unreadable; a whole session is counted as just ended",
    "config_lost": "the configuration is unreadable; the most careful one is in force",
    "limits_corrupt": "the table of limits does not add up",
    "internal": "an exception in the control loop",
}
"""What the device sees in each fault, as in docs/reference/faults.md."""


@dataclass(frozen=True)
class Conclusion:
    """`tone` is `good`, `plain` or `bad`; `rows` are label and text."""

    tone: str
    headline: str
    rows: list[tuple[str, str]]


def verdict(session: Session) -> Conclusion:
    """How it ended, in a sentence, and what explains it."""
    found = _verdict(session)
    if words.treated_little(session.warnings):
        tone = "plain" if found.tone == "good" else found.tone
        found = Conclusion(tone, f"{found.headline[:-1]}, but {words.LITTLE}.", found.rows)
    warned = [("Warning", words.warning(what)) for what in session.warnings]
    return Conclusion(found.tone, found.headline, [*warned, *found.rows])


def _verdict(session: Session) -> Conclusion:
    if session.outcome == "complete":
        early = sum(one.actual_s < one.planned_s for one in session.phases)
        rows = [("Phases", f"{early} ended before its time" if early == 1 else
                 f"{early} ended before their time")] if early else []  # fmt: skip
        return Conclusion("good", "Complete: it ran to its end.", rows)
    if session.outcome == "fault" or session.fault is not None:
        return _fault(session)
    if session.outcome == "stopped":
        reason = remedies.STOPS.get(session.reason or "", session.reason or "for no reason told")
        return Conclusion("plain", f"Stopped: {reason}.", [])
    if session.outcome == "lost":
        rows = [("What the device did", _alone(session))]
        if session.restarted:
            rows.insert(0, ("What was seen", "the device restarted; the curves end there"))
        return Conclusion("bad", "The computer lost the device during the session.", rows)
    if session.outcome is None:
        rows = [
            ("What was seen", "the program that recorded it ended before the session did"),
            ("What the device did", _alone(session)),
        ]
        return Conclusion("bad", "The record was cut off before the session ended.", rows)
    return Conclusion("plain", f"{session.outcome.capitalize()}.", [])


def _fault(session: Session) -> Conclusion:
    name = session.fault or "unknown"
    rows = []
    if name in SEEN:
        rows.append(("What was seen", SEEN[name]))
    tripped = [one for one in session.events if one.kind == "fault"]
    if tripped:
        data = tripped[0].data
        reading = data.get("temp_mc")
        at = f"{words.clock(int(tripped[0].at_s))} into the session"
        if type(reading) is int and abs(reading) < 10**6:
            at += f", at {temperature.shown(reading)}"
        rows.append(("When", at))
    rows.append(("What the device did", "it opened its relays and stays off until it is cleared"))
    rows.append(("What to do", remedies.fault_hint(name)))
    return Conclusion("bad", f"It stopped by a fault: {name.replace('_', ' ')}.", rows)


def _alone(session: Session) -> str:
    if session.attended_s:
        return (
            f"not recorded; without a computer it ends the session by itself within "
            f"{session.attended_s} s"
        )
    return "not recorded; it goes on by itself, under its own limits"
