"""How far a course of treatment was kept to, by the record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from poultice.record.store import History
from poultice.record.trends import midnight_unix
from poultice.therapy.course_of_treatment import CourseOfTreatment, kept, left_today


def done(history: History, course: CourseOfTreatment) -> list[datetime]:
    """When, in local time, its sessions began: those of its protocol that ended `complete`, on its
    days and between them; none on a simulated device. Raises HistoryError."""
    rows = history.plans(
        since_unix=midnight_unix(course.first),
        until_unix=midnight_unix(course.last + timedelta(days=1)),
    )
    return [
        datetime.fromtimestamp(row["started_unix"])
        for row in rows
        if row["protocol"] == course.protocol and row["outcome"] == "complete"
    ]


def to_json(course: CourseOfTreatment, history: History, now: datetime) -> dict[str, Any]:
    """How far it was kept to until `now`, local time: the member `course` of ``course --json`` and
    ``history trends --json``."""
    sessions = done(history, course)
    found = kept(course, sessions, now)
    return {
        "name": course.name,
        "protocol": course.protocol,
        "run": course.source,
        "title": course.title,
        "from": course.first.isoformat(),
        "until": course.last.isoformat(),
        "sessions": sum(1 for _ in course.due()),
        "due": found.due,
        "done": found.done,
        "missed": found.missed,
        "extra": found.extra,
        "pct": found.pct,
        "today": [f"{at:%H:%M}" for at in course.on(now.date())],
        "left_today": [f"{at:%H:%M}" for at in left_today(course, sessions, now)],
    }
