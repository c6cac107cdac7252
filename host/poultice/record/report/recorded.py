"""What one report is about: a recorded session, read with suspicion.

A record is a file that anything may have written to, and holds whatever a device said. What
is not as the link contract has it, or cannot be true, is left out here, once, so that nothing
behind this module has to ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from poultice import words
from poultice.link import messages
from poultice.link.messages import Event, Row
from poultice.record import ratings, trends
from poultice.record.store import History
from poultice.session.tally import ACTIVE, replay
from poultice.therapy.phase import Phase
from poultice.therapy.screening import QUESTIONS

SPAN_MAX_S = 86_400
_CELSIUS_RANGE_MC = (-50_000, 200_000)
_MAX = 10**9


@dataclass(frozen=True)
class Stretch:
    """A time in which nothing changed but the figures; `kind` a mode, or `waiting`, `paused`."""

    kind: str
    phase: int | None
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Happening:
    """One event, seconds into the session."""

    at_s: float
    kind: str
    text: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class PhaseRow:
    """One phase: what was planned of it, and what came of it where it was begun."""

    mode: str
    target_mc: int | None
    planned_s: int
    actual_s: int
    mean_mc: int | None
    peak_mc: int | None


@dataclass(frozen=True)
class Session:
    """One session. Times in seconds from its start; None where the record does not say."""

    n: int
    started: datetime | None
    protocol: str
    profile: str
    attended_s: int
    outcome: str | None
    reason: str | None
    fault: str | None
    duration_s: int | None
    heat_s: int | None
    cold_s: int | None
    peak_mc: int | None
    min_mc: int | None
    dose_m: int | None
    heat_operations: int | None
    warnings: Sequence[str]
    rated: Sequence[tuple[str, str]]
    phases: Sequence[PhaseRow]
    times_s: Sequence[float]
    samples: Sequence[Row]
    left_out: int
    restarted: bool
    stretches: Sequence[Stretch]
    events: Sequence[Happening]
    screening: str
    injury_age: str
    answers: Sequence[tuple[str, bool]]
    device: Mapping[str, str]
    features: Mapping[str, bool]
    limits: Mapping[str, int]
    limits_recorded: bool
    simulated: bool

    @property
    def total_s(self) -> float:
        """How far the curves go."""
        last = max((event.at_s for event in self.events), default=0.0)
        return max(self.times_s[-1] if self.times_s else 0.0, last)

    @property
    def dose_limit_m(self) -> int | None:
        """The session's dose limit under its profile."""
        name = "sensitive_dose_session_m" if self.profile == "sensitive" else "dose_session_m"
        return self.limits.get(name)

    def has(self, mode: str) -> bool:
        """Whether the plan, or the session, has such a phase."""
        return any(one.mode == mode for one in self.phases) or any(
            one.kind == mode for one in self.stretches
        )


def read(history: History, n: int) -> Session:
    """Session `n`. Raises UsageError where there is none, HistoryError as History does."""
    stored = history.show(n)
    plan = _mapping(stored["plan"])
    phases = trends.planned(plan)
    raw = history.rows(n)
    times_s, samples, restarted = _curve(raw)
    origin_ms = samples[0]["t_ms"] if samples else None
    events, booted = _events(stored["events"], origin_ms)
    summary = _mapping(stored["summary"])
    if stored["summary"] is None:
        summary = replay(phases, raw, stored["events"]).to_json()
    measured = summary if stored["summary"] is None else stored
    hello = _mapping(stored["hello"])
    limits = {k: v for k, v in _mapping(hello.get("limits")).items() if type(v) is int}
    answers = [*((q.text, q.key) for q in QUESTIONS)]
    known = {key for _, key in answers}
    answers += [(key, key) for key in stored["answers"] if key not in known]
    return Session(
        n=n,
        started=words.local_time(stored["started_unix"]),
        protocol=str(stored["protocol"]),
        profile=_text(plan.get("profile")) or "normal",
        attended_s=_number(plan.get("attended_s")) or 0,
        outcome=_text(stored["outcome"]),
        reason=_text(stored["reason"]),
        fault=_text(stored["fault"]),
        duration_s=_number(measured["duration_s"]),
        heat_s=_number(measured["heat_s"]),
        cold_s=_number(measured["cold_s"]),
        peak_mc=_reading(measured["peak_mc"]),
        min_mc=_reading(measured["min_mc"]),
        dose_m=_number(measured["dose_m"]),
        heat_operations=_number(summary.get("heat_operations")),
        rated=ratings.lines(stored),
        warnings=_texts(summary.get("warnings")),
        phases=_phases(phases, summary.get("phases")),
        times_s=times_s,
        samples=samples,
        left_out=len(raw) - len(samples),
        restarted=restarted or booted,
        stretches=_stretches(times_s, samples),
        events=events,
        screening=_text(stored["screening"]) or "unknown",
        injury_age=_text(stored["injury_age"]) or "unknown",
        answers=[
            (text, stored["answers"][key]) for text, key in answers if key in stored["answers"]
        ],
        device=_device(_mapping(stored["device"]), hello),
        features={k: v for k, v in _mapping(hello.get("features")).items() if isinstance(v, bool)},
        limits=limits or _limits_of_this_version(),
        limits_recorded=bool(limits),
        simulated=stored["simulated"],
    )


def weeks(history: History, n: int) -> list[trends.Week]:
    """The weeks up to that of session `n`, so that a later session does not change its report.

    Of a simulated one, those with such sessions alone: treatment and none are never added up.
    """
    stored = history.show(n)
    started = words.local_time(stored["started_unix"])
    if started is None:
        return []
    return trends.weekly(history, started.date(), simulated=stored["simulated"])


def _curve(raw: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[Row], bool]:
    """From the first active sample up to a restart of the device; and whether there was one."""
    times_s: list[float] = []
    samples: list[Row] = []
    origin_ms = 0
    for row in raw:
        read = messages.telemetry(row)
        now = read.to_json() if read is not None else None
        if now is None or (not samples and now["state"] not in ACTIVE):
            continue
        if not samples:
            origin_ms = now["t_ms"]
        elif now["t_ms"] < samples[-1]["t_ms"]:
            return times_s, samples, True
        at_s = (now["t_ms"] - origin_ms) / 1000
        if at_s > SPAN_MAX_S:
            continue
        now["temp_mc"], now["temp_b_mc"] = _reading(now["temp_mc"]), _reading(now["temp_b_mc"])
        now["target_mc"] = _reading(now["target_mc"])
        now["dose_m"] = _number(now["dose_m"])
        if now["budget_pct"] is not None:
            now["budget_pct"] = min(max(now["budget_pct"], 0), 100)
        times_s.append(at_s)
        samples.append(now)
    return times_s, samples, False


def _events(stored: Sequence[Any], origin_ms: int | None) -> tuple[list[Happening], bool]:
    """The events up to a restart of the device, after which its clock is another; and whether."""
    found: list[Happening] = []
    last_ms = 0
    for one in stored:
        event: Event | None = messages.event(one)
        if event is None:
            continue
        if event.t_ms < last_ms:
            return found, True
        last_ms = event.t_ms
        if origin_ms is None:
            origin_ms = event.t_ms
        at_s = max(0.0, (event.t_ms - origin_ms) / 1000)
        if at_s <= SPAN_MAX_S:
            found.append(Happening(at_s, event.kind, words.event(event), event.data))
    return found, False


def _stretches(times_s: Sequence[float], samples: Sequence[Row]) -> list[Stretch]:
    found: list[Stretch] = []
    for at_s, now in zip(times_s, samples, strict=True):
        if now["state"] not in ACTIVE:
            kind = ""
        elif now["state"] == "running":
            kind = now["mode"] or ""
        else:
            kind = now["state"]
        last = found[-1] if found else None
        if last is not None:
            found[-1] = last = Stretch(last.kind, last.phase, last.from_s, at_s)
        if last is None or (last.kind, last.phase) != (kind, now["phase"]):
            found.append(Stretch(kind, now["phase"], at_s, at_s))
    return [one for one in found if one.kind]


def _phases(plan: Sequence[Phase], measured: Any) -> list[PhaseRow]:
    rows = measured if isinstance(measured, list) else []
    found = []
    for index, phase in enumerate(plan):
        row = _mapping(rows[index]) if index < len(rows) else {}
        found.append(
            PhaseRow(
                phase.mode,
                _reading(phase.target_mc),
                phase.duration_s,
                _number(row.get("actual_s")) or 0,
                _reading(row.get("mean_mc")),
                _reading(row.get("peak_mc")),
            )
        )
    return found


def _device(device: Mapping[str, Any], hello: Mapping[str, Any]) -> dict[str, str]:
    said = {name: _text(device.get(name)) or "-" for name in ("path", "uid", "firmware")}
    return {**said, **{name: _text(hello.get(name)) or "-" for name in ("board", "reset_cause")}}


def _limits_of_this_version() -> dict[str, int]:
    from poultice_core.limits import Limits

    return Limits().reported()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _number(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MAX else None


def _reading(value: object) -> int | None:
    low, high = _CELSIUS_RANGE_MC
    return value if type(value) is int and low <= value <= high else None
