"""Some weeks on one page of A4, for whoever treats the person: what was done, and how it went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from poultice.language import later, tr
from poultice.record import adherence, ratings, trends
from poultice.record.ratings import whole
from poultice.record.report import page, weeks, why
from poultice.record.store import History
from poultice.record.trends import Week
from poultice.therapy import library
from poultice.therapy.course_of_treatment import CourseOfTreatment

_DAYS = later("Day by day. {told}.")
# What there is room for, with a line a day.
_ENDINGS_MAX = 5
_PROTOCOLS_MAX = 4
_PAIRS_MAX = 3
_CHARS_MAX = 40
_MAX_MC = 200_000


def html(
    history: History,
    last: date,
    count: int,
    *,
    course: CourseOfTreatment | None = None,
    name: str | None = None,
) -> str:
    """The page of the `count` weeks up to and with the day `last`."""
    first = last - timedelta(days=7 * count - 1)
    days = trends.daily(history, first, last)
    rows = [row for day in days for row in day.rows]
    endings = _endings(rows)
    return page.rendered(
        "overview.html",
        first=first,
        last=last,
        name=name,
        days=days,
        on=[(day, *(_pairs(day, what) for what in ratings.WHAT)) for day in days if day.sessions],
        total=_total(days),
        hottest_mc=max(
            filter(None, (whole(row["peak_mc"], 0, _MAX_MC) for row in rows)), default=None
        ),
        protocols=_protocols(rows),
        course=_kept(course, history, first, last),
        pictures_of={
            "minutes": weeks.columns(days, ["heat", "cold"], _DAYS),
            **{what: weeks.changes(days, what) for what in ratings.WHAT},
        },
        compared=ratings.compared(rows),
        enough=ratings.ENOUGH,
        endings=endings[:_ENDINGS_MAX],
        more_endings=len(endings[_ENDINGS_MAX:]),
        damaged=sum(len(day.damaged) for day in days),
    )


def _total(days: Iterable[Week]) -> Week:
    total = Week(date.min)
    for day in days:
        for name in ("sessions", "complete", "heat_s", "cold_s", "planned_s", "dose_m", "at_most"):
            setattr(total, name, getattr(total, name) + getattr(day, name))
        total.on |= day.on
    return total


def _pairs(day: Week, what: str) -> str:
    found = [(row[f"{what}_before"], row[f"{what}_after"]) for row in map(ratings.of, day.rows)]
    rated = [weeks.paired(pair) for pair in found if pair != (None, None)]
    return ", ".join(rated[:_PAIRS_MAX]) + (" …" if rated[_PAIRS_MAX:] else "")


def _protocols(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """What was done how often, most often first: by its title where it is of the library."""
    titles = {one.name: one.title for one in library.all_protocols()}
    done = Counter(str(row["protocol"]) for row in rows)
    return [
        (tr(titles.get(name, name[:_CHARS_MAX])), n) for name, n in done.most_common(_PROTOCOLS_MAX)
    ]


def _endings(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, int, date]]:
    """What a session ended with but its end, and what to do about it: how often, when last."""
    found: dict[tuple[str, str], list[date]] = {}
    for row in rows:
        said = why.plainly(row)
        if said is not None:
            found.setdefault(said, []).append(date.fromtimestamp(row["started_unix"]))
    told = [(*said, len(when), max(when)) for said, when in found.items()]
    # Faults first: those have something that is to be done.
    return sorted(told, key=lambda one: (not one[1], -one[2]))


def _kept(
    course: CourseOfTreatment | None, history: History, first: date, last: date
) -> dict[str, Any] | None:
    """How far a course was kept to in these days alone; None where it has none of them."""
    if course is None or course.first > last or course.last < first:
        return None
    within = replace(course, first=max(course.first, first), last=min(course.last, last))
    return adherence.to_json(within, history, datetime.combine(last, time.max))
