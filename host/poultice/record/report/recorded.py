"""What one report is about: a recorded session, read with suspicion.

A record is a file that anything may have written to, and holds whatever a device said. What
is not as the link contract has it, or cannot be true, is left out here, once, so that nothing
behind this module has to ask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import zip_longest
from typing import Any

from poultice import words
from poultice.language import tr
from poultice.link import messages
from poultice.link.messages import Event, Row
from poultice.record import adherence, ratings, trends
from poultice.record.ratings import whole
from poultice.record.schema import COUNTS
from poultice.record.store import History
from poultice.session.tally import ACTIVE, replay
from poultice.therapy.course_of_treatment import CourseOfTreatment
from poultice.therapy.phase import Phase
from poultice.therapy.plan import reference_limits
from poultice.therapy.screening import QUESTIONS

SPAN_MAX_S = 86_400
_SAID = ("path", "uid", "firmware", "board", "reset_cause")

Sample = tuple[float, Row]
Happening = tuple[float, Event]
"""With the time, in seconds from the start of the session."""


@dataclass(frozen=True)
class Stretch:
    """A time in which nothing changed but the figures; `kind` a mode, or `waiting`, `paused`."""

    kind: str
    phase: int | None
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Session:
    """One session; None where the record does not say. `measured` has what `schema.COUNTS` names;
    `phases` what was planned of each, and what came of it; `weeks` those up to this one."""

    n: int
    started: datetime | None
    protocol: str
    profile: str
    attended_s: int
    outcome: str | None
    reason: str | None
    fault: str | None
    measured: Row
    heat_operations: int | None
    warnings: Sequence[str]
    rated: Sequence[tuple[str, str]]
    phases: Sequence[Row]
    samples: Sequence[Sample]
    left_out: int
    restarted: bool
    at_most: bool
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
    weeks: Sequence[trends.Week]
    course: Row | None

    @cached_property
    def total_s(self) -> float:
        """How far the curves go."""
        return max((at_s for at_s, _ in (*self.samples[-1:], *self.events)), default=0.0)

    @property
    def dose_limit_m(self) -> int | None:
        """The session's dose limit under its profile."""
        name = "sensitive_dose_session_m" if self.profile == "sensitive" else "dose_session_m"
        return self.limits.get(name)

    def has(self, mode: str) -> bool:
        """Whether the plan, or the session, has such a phase."""
        return any(one["mode"] == mode for one in self.phases) or bool(self.spans(mode))

    def spans(self, kind: str) -> list[tuple[float, float]]:
        """The times of that kind."""
        return [(one.from_s, one.to_s) for one in self.stretches if one.kind == kind]


def _over(started: datetime, measured: Row) -> datetime:
    """When it was over, local time."""
    return started.replace(tzinfo=None) + timedelta(seconds=_number(measured["duration_s"]) or 0)


def read(history: History, n: int, course: CourseOfTreatment | None = None) -> Session:
    """Session `n`; with a `course`, what ``adherence.to_json`` says of that when the session is
    over. Raises UsageError where there is no such session, HistoryError as History does."""
    stored = history.show(n)
    plan, hello, summary = (_mapping(stored[name]) for name in ("plan", "hello", "summary"))
    phases = trends.planned(plan)
    raw = history.rows(n)
    samples, restarted = _curve(raw)
    events, booted = _events(stored["events"], samples[0][1]["t_ms"] if samples else None)
    measured = stored
    if stored["summary"] is None:
        measured = summary = replay(phases, raw, stored["events"]).to_json()
    limits = {k: v for k, v in _mapping(hello.get("limits")).items() if type(v) is int}
    texts = {question.key: question.text for question in QUESTIONS}
    asked = [*(key for key in texts if key in stored["answers"]),
             *(key for key in stored["answers"] if key not in texts)]  # fmt: skip
    started = words.local_time(stored["started_unix"])
    said = {**_mapping(stored["device"]), **{k: hello.get(k) for k in ("board", "reset_cause")}}
    return Session(
        n=n,
        started=started,
        protocol=str(stored["protocol"]),
        profile=_text(plan.get("profile")) or "normal",
        attended_s=_number(plan.get("attended_s")) or 0,
        outcome=_text(stored["outcome"]),
        reason=_text(stored["reason"]),
        fault=_text(stored["fault"]),
        measured={
            name: (_reading if name.endswith("_mc") else _number)(measured[name]) for name in COUNTS
        },
        heat_operations=_number(summary.get("heat_operations")),
        rated=ratings.lines(stored),
        warnings=[one for one in _list(summary.get("warnings")) if isinstance(one, str)],
        phases=_phases(phases, _list(summary.get("phases"))),
        samples=samples,
        left_out=len(raw) - len(samples),
        restarted=restarted or booted,
        at_most=summary.get("at_most") is True,
        stretches=_stretches(samples),
        events=events,
        screening=_text(stored["screening"]) or "unknown",
        injury_age=_text(stored["injury_age"]) or "unknown",
        answers=[(tr(texts.get(key, key)), stored["answers"][key]) for key in asked],
        device={name: _text(said.get(name)) or "-" for name in _SAID},
        features={k: v for k, v in _mapping(hello.get("features")).items() if isinstance(v, bool)},
        limits=limits or reference_limits(),
        limits_recorded=bool(limits),
        simulated=stored["simulated"],
        # A later session does not change this one's report; treatment and none are never added up.
        weeks=trends.weekly(history, started.date(), simulated=stored["simulated"])
        if started is not None
        else [],
        course=None
        if course is None or started is None
        else adherence.to_json(course, history, _over(started, measured)),
    )


def _curve(raw: Sequence[Mapping[str, Any]]) -> tuple[list[Sample], bool]:
    """From the first active sample up to a restart of the device; and whether there was one."""
    samples: list[Sample] = []
    for row in raw:
        read = messages.telemetry(row)
        now = read.to_json() if read is not None else None
        if now is None or (not samples and now["state"] not in ACTIVE):
            continue
        if samples and now["t_ms"] < samples[-1][1]["t_ms"]:
            return samples, True
        at_s = (now["t_ms"] - (samples[0][1] if samples else now)["t_ms"]) / 1000
        if at_s > SPAN_MAX_S:
            continue
        for name in ("temp_mc", "temp_b_mc", "target_mc"):
            now[name] = _reading(now[name])
        now["dose_m"] = _number(now["dose_m"])
        if now["budget_pct"] is not None:
            now["budget_pct"] = min(max(now["budget_pct"], 0), 100)
        samples.append((at_s, now))
    return samples, False


def _events(stored: Sequence[Any], origin_ms: int | None) -> tuple[list[Happening], bool]:
    """The events up to a restart of the device, after which its clock is another; and whether."""
    found: list[Happening] = []
    last_ms = 0
    for event in map(messages.event, stored):
        if event is None:
            continue
        if event.t_ms < last_ms:
            return found, True
        last_ms = event.t_ms
        origin_ms = event.t_ms if origin_ms is None else origin_ms
        at_s = max(0.0, (event.t_ms - origin_ms) / 1000)
        if at_s <= SPAN_MAX_S:
            found.append((at_s, event))
    return found, False


def _stretches(samples: Sequence[Sample]) -> list[Stretch]:
    found: list[Stretch] = []
    for at_s, now in samples:
        kind = now["state"] if now["state"] in ACTIVE else ""
        if kind == "running":
            kind = now["mode"] or ""
        if found:
            found[-1] = replace(found[-1], to_s=at_s)
        if not found or (found[-1].kind, found[-1].phase) != (kind, now["phase"]):
            found.append(Stretch(kind, now["phase"], at_s, at_s))
    return [one for one in found if one.kind]


def _phases(plan: Sequence[Phase], measured: Sequence[Any]) -> list[Row]:
    found = []
    for phase, row in zip_longest(plan, measured[: len(plan)]):
        came = _mapping(row)
        found.append(
            {
                "mode": phase.mode,
                "target_mc": _reading(phase.target_mc),
                "planned_s": phase.duration_s,
                "actual_s": _number(came.get("actual_s")) or 0,
                "mean_mc": _reading(came.get("mean_mc")),
                "peak_mc": _reading(came.get("peak_mc")),
            }
        )
    return found


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> int | None:
    return whole(value, 0, 10**9)


def _reading(value: object) -> int | None:
    return whole(value, -50_000, 200_000)
