"""A course of treatment for any calendar (RFC 5545)."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, time, timedelta

from icalendar import Alarm, Calendar, Event

from poultice import __version__
from poultice.language import tr
from poultice.therapy.course_of_treatment import DAYS, CourseOfTreatment


def of(course: CourseOfTreatment, made: datetime, remind_min: int) -> bytes:
    """An entry for each time of the day, repeated over the course, as an .ics file.

    The times are those of the wall clock wherever the calendar is read. A reminder comes
    `remind_min` minutes before, 0: none. Entries made again replace those of before.
    """
    calendar = Calendar()
    calendar.add("prodid", f"-//poultice//{__version__}//EN")
    calendar.add("version", "2.0")
    for slot, at in enumerate(course.times):
        calendar.add_component(_entry(course, slot, at, made, remind_min))
    return bytes(calendar.to_ical())


def _entry(
    course: CourseOfTreatment, slot: int, at: time, made: datetime, remind_min: int
) -> Event:
    first = next(one for one in course.due() if one.time() == at)
    entry = Event()
    # By the course's name and the how-many-eth of the day: one that is moved stays the same entry.
    entry.add("uid", f"{course.name}-{slot}@poultice")
    entry.add("dtstamp", made.astimezone(UTC))
    entry.add("dtstart", first)
    entry.add("duration", timedelta(seconds=course.session_s))
    entry.add("summary", tr(course.title))
    nothing = tr("Nothing starts by itself.")
    entry.add("description", f"poultice run {shlex.quote(course.source)}\n{nothing}")
    entry.add(
        "rrule",
        {
            "freq": "weekly",
            "byday": [DAYS[day][:2].upper() for day in course.days],
            "until": datetime.combine(course.last, at),
        },
    )
    if remind_min:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", tr(course.title))
        alarm.add("trigger", -timedelta(minutes=remind_min))
        entry.add_component(alarm)
    return entry
