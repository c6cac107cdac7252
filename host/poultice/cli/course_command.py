"""`poultice course`: what is due, what was done, and a calendar of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from poultice.cli import output
from poultice.cli.base import (
    Command,
    Group,
    Result,
    device_option,
    json_option,
    language_option,
    option,
)
from poultice.errors import NoDeviceError, PoulticeError, RestError, UsageError
from poultice.language import joined, later, tr

if TYPE_CHECKING:
    from poultice.therapy.course_of_treatment import CourseOfTreatment

_file = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))


@click.group(cls=Group)
def course() -> None:
    """A course of treatment: a protocol on days and at times of one's own, in a FILE.

    It says what is due and what was done. Nothing ever starts by itself.
    """


@course.command()
@_file
@device_option
@language_option
@json_option
def today(file: Path, device: str | None) -> Result:
    """What is due today and still to be done, and from when on the device allows it."""
    found, told = _told(file)
    told |= dict.fromkeys(("device", "rest_heat_s", "rest_cold_s", "next_allowed", "refused"))
    if told["left_today"]:
        _ask(device, found.modes, told)
    return Result({"action": "today", **told}, "course_today")


@course.command()
@_file
@language_option
@json_option
def show(file: Path) -> Result:
    """The course in words, and how far it was kept to until now."""
    _, told = _told(file)
    return Result({"action": "show", **told}, "course")


@course.command(cls=Command)
@_file
@option("-o", "--output", "path", metavar="FILE", required=True, help="FILE.ics, or - for stdout.")
@option(
    "--remind",
    "remind_min",
    type=click.IntRange(0, 1440),
    default=10,
    show_default=True,
    help="Minutes before each session; 0: no reminder.",
)
@language_option
@json_option
def calendar(file: Path, path: str, remind_min: int) -> Result | None:
    """The course as a file for any calendar (.ics)."""
    from poultice.record import calendar as calendars

    if path.lower().endswith(".toml") or path == str(file):
        raise UsageError(
            tr("{path} is no calendar's file", path=path), hint=tr("-o FILE.ics, or - for stdout")
        )
    from poultice.therapy import course_of_treatment as courses

    found = courses.load(file)
    data = calendars.of(found, datetime.now().astimezone(), remind_min)
    output.write(path, data)
    if path == output.STDOUT:
        return None
    return Result({"action": "calendar", "file": path, "size": len(data)}, "report")


def _told(file: Path) -> tuple[CourseOfTreatment, dict[str, Any]]:
    """The course, and what is told of it."""
    from poultice.record import adherence
    from poultice.record.store import History
    from poultice.therapy import course_of_treatment as courses

    found = courses.load(file)
    days = " ".join(courses.DAYS[day] for day in found.days)
    told = adherence.to_json(found, History.open(), datetime.now())
    return found, told | {"days": days, "times": [f"{at:%H:%M}" for at in found.times]}


def _ask(device: str | None, modes: Collection[str], told: dict[str, Any]) -> None:
    """Whether the device, named or the only one there is, would take such a session now, and from
    when on. `refused`: why not, and what to do about it, but for a rest."""
    from poultice import remedies, words
    from poultice.device import discovery

    try:
        with discovery.open_device(device) as client:
            told["device"] = client.hello().device(client.path)
            now = client.settle()
            told |= {"rest_heat_s": now.rest_heat_s, "rest_cold_s": now.rest_cold_s}
            told["next_allowed"] = words.next_allowed(now)
            try:
                remedies.require_free(now, modes)
            except RestError:
                return
            except PoulticeError as error:
                told["refused"] = joined("; ", filter(None, (str(error), error.hint)))
                return
            failing = [name for name, one in client.self_test()["checks"].items() if one == "fail"]
            if failing:
                says = later("not ready: {checks}; `poultice doctor` says more")
                told["refused"] = tr(says, checks=", ".join(failing))
    except PoulticeError as error:
        if device is not None:
            raise
        why = tr("no device answers") if isinstance(error, NoDeviceError) else str(error)
        output.say(tr("note: {why}: its rest is not known", why=why))
