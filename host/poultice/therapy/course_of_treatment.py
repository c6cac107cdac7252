"""A course of treatment: one protocol, on some days, at some times; a person's own TOML file.

It is a plan on paper: what is due and what was done. Nothing starts by itself because of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from poultice.errors import CourseFileError, UnknownProtocolError
from poultice.settings import expanded
from poultice.therapy import library, tables
from poultice.therapy.tables import Table

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS_MAX = 366
YEAR_MAX = 2999
TIMES_MAX = 8
"""As many as a device allows in a day (safety.md, sessions a day)."""

_KEYS = ("protocol", "from", "until", "days", "times")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_FORM = tables.Form("course", CourseFileError, "docs/how-to/keep-to-a-course.md")


@dataclass(frozen=True)
class CourseOfTreatment:
    """Sessions of `protocol` from `first` to `last`, both included, on the week's `days` (0 is
    Monday), at each of `times`, local time."""

    name: str
    protocol: str
    source: str
    """What `poultice run` takes for it."""
    modes: frozenset[str]
    title: str
    first: date
    last: date
    days: tuple[int, ...]
    times: tuple[time, ...]
    session_s: int

    def on(self, day: date) -> tuple[time, ...]:
        """When on that day."""
        return self.times if self.first <= day <= self.last and day.weekday() in self.days else ()

    def due(self) -> Iterator[datetime]:
        """Every session of it, in order."""
        for number in range((self.last - self.first).days + 1):
            day = self.first + timedelta(days=number)
            yield from (datetime.combine(day, at) for at in self.on(day))


@dataclass(frozen=True)
class Kept:
    """How far a course was kept to, until a moment: sessions that were `due` by then, those of
    them that were `done`, `extra` ones that were not due, and `missed` ones of days before."""

    due: int
    done: int
    extra: int
    missed: int

    @property
    def pct(self) -> int | None:
        """Of what was due, percent; None where nothing was yet."""
        return round(100 * self.done / self.due) if self.due else None


def kept(course: CourseOfTreatment, sessions: Iterable[datetime], now: datetime) -> Kept:
    """What `sessions` (the beginnings of those that were treated with the course's protocol, local
    time) are of the course until `now`.

    A day counts as a whole: the evening's session in the morning is done. What is due later today
    and done already counts as due.
    """
    done = Counter(one.date() for one in sessions if one <= now)
    due: Counter[date] = Counter()
    for one in course.due():
        if one <= now or (one.date() == now.date() and due[one.date()] < done[one.date()]):
            due[one.date()] += 1
    of_them = sum(min(due[day], done[day]) for day in due)
    missed = sum(max(0, due[day] - done[day]) for day in due if day < now.date())
    return Kept(due.total(), of_them, done.total() - of_them, missed)


def left_today(
    course: CourseOfTreatment, sessions: Iterable[datetime], now: datetime
) -> tuple[time, ...]:
    """What is still to be done today: the last of the day's times, as many as are not done."""
    times = course.on(now.date())
    done = sum(one.date() == now.date() and one <= now for one in sessions)
    return times[min(done, len(times)) :]


def load(path: Path) -> CourseOfTreatment:
    """The course in a file. Raises CourseFileError whatever is wrong with it, and ProtocolFileError
    for a file of a protocol that it names."""
    return _course(tables.parse(tables.read(path, _FORM), str(path), _FORM), path)


def _course(table: Table, path: Path) -> CourseOfTreatment:
    table.only(_KEYS)
    named = table.text("protocol", 600)
    # Beside the course, where it is a file: a course is taken along with it.
    own = named.lower().endswith(".toml") or "/" in named or "\\" in named
    if own:
        named = str(path.parent / expanded(named))
    try:
        protocol = library.load(named)
    except UnknownProtocolError as error:
        expected = "a name of the library, or a .toml file beside this one"
        raise table.error(str(error), "protocol", expected, error.hint) from None
    if own and protocol.name in library.names():
        problem = f"{named} has the name of a protocol of the library, {protocol.name}"
        raise table.error(problem, "protocol", "a name of its own in it: what is done goes by that")
    first, last = _date(table, "from"), _date(table, "until")
    if last < first:
        raise table.error(f"until {last} is before from {first}", "until", "a later day")
    if last.year > YEAR_MAX:
        raise table.error(f"until is {last}", "until", f"a day before the year {YEAR_MAX + 1}")
    if (last - first).days >= DAYS_MAX:
        raise table.error(f"more than {DAYS_MAX} days", "until", "a course of at most a year")
    course = CourseOfTreatment(
        # Shown on a terminal, where an escape sequence would be obeyed.
        name="".join(one if one.isprintable() else "?" for one in path.stem),
        protocol=protocol.name,
        source=named if own else protocol.name,
        modes=frozenset(phase.mode for phase in protocol.phases),
        title=protocol.title,
        first=first,
        last=last,
        days=_days(table),
        times=_times(table),
        session_s=sum(phase.duration_s for phase in protocol.phases),
    )
    if next(course.due(), None) is None:
        raise table.error("none of its days is between from and until", "days", "one that is")
    return course


def _date(table: Table, key: str) -> date:
    expected = f"a day, e.g. {key} = 2026-12-01"
    value = table.given(key, expected)
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise table.error(f"{key} is {value[:40]!r}", key, expected) from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise table.error(f"{key} is {tables.kind(value)}", key, expected)
    return value


def _days(table: Table) -> tuple[int, ...]:
    expected = 'a list of days, e.g. ["mon", "wed", "fri"]; left out: every day'
    given = table.texts("days", expected) if "days" in table.values else DAYS
    plain = [one.strip().lower() for one in given]
    wrong = [day for day in plain if day not in (*DAYS, *_LONG)]
    if wrong or not given:
        raise table.error(f"days holds {wrong[0][:40]!r}" if wrong else "no days", "days", expected)
    return tuple(sorted({DAYS.index(one[:3]) for one in plain}))


def _times(table: Table) -> tuple[time, ...]:
    expected = f'1 to {TIMES_MAX} times of the day, e.g. ["08:00", "20:00"]'
    given = table.given("times", expected)
    found: set[time] = set()
    for one in given if isinstance(given, list) else [given]:
        match = _TIME.fullmatch(one) if isinstance(one, str) else None
        if match is None and not isinstance(one, time):
            shown = repr(one[:40]) if isinstance(one, str) else tables.kind(one)
            raise table.error(f"times holds {shown}", "times", expected)
        found.add(
            time(int(match[1]), int(match[2])) if match else one.replace(second=0, microsecond=0)
        )
    if not 1 <= len(found) <= TIMES_MAX:
        raise table.error(f"{len(found)} times", "times", expected)
    return tuple(sorted(found))
