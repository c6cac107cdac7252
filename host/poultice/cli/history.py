"""Recorded sessions: `poultice history`, `poultice report`, `poultice note`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from poultice.cli import attend, output, rate
from poultice.cli.base import (
    N_MAX,
    Command,
    F,
    Group,
    Result,
    asked_for_json,
    json_option,
    json_option_of,
    language_option,
    option,
    person_options,
    session_argument,
    together,
)
from poultice.errors import Interrupted, UsageError
from poultice.language import tr
from poultice.record import ratings

if TYPE_CHECKING:
    from poultice.record.store import History
    from poultice.therapy.course_of_treatment import CourseOfTreatment

_NAME_MAX = 80

simulated_option = option(
    "--simulated", is_flag=True, help="Those on a simulated device instead: no treatment."
)

course_option = option(
    "--course",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A course of treatment: how far it was kept to.",
)


@click.group(cls=Group, invoke_without_command=True)
def history() -> None:
    """Recorded sessions; without a word after it, the list."""


@history.first
@click.command("list", cls=Command)
@person_options
@option(
    "-n",
    "--limit",
    type=click.IntRange(min=1, max=N_MAX),
    default=20,
    help="How many, newest first.",
)
@simulated_option
def list_(limit: int, simulated: bool) -> Result:
    """The latest sessions."""
    from poultice.record.store import History

    book = History.open()
    rows = book.list(limit, simulated=simulated)
    for path in book.left():
        output.say(tr("note: it lacks {path}: `poultice history import` takes it in", path=path))
    _tell_damaged([row["damaged"] for row in rows if row["damaged"] is not None], tr("shown as -"))
    return Result({"simulated": simulated, "sessions": rows}, "sessions")


@history.command()
@session_argument
@person_options
def show(n: int | None) -> Result:
    """Session N, or the latest: plan, answers, outcome, events."""
    book, n = opened(n)
    return Result(book.show(n), "session")


@history.command()
@person_options
@option(
    "--weeks",
    type=click.IntRange(min=1, max=520),
    default=12,
    show_default=True,
    help="How many, up to this one.",
)
@simulated_option
@course_option
def trends(weeks: int, simulated: bool, course: Path | None) -> Result:
    """Week by week: sessions, minutes, dose, how much of what was planned was done; pain and
    stiffness before and after."""
    from datetime import date, datetime

    from poultice.record import adherence
    from poultice.record import trends as weekly
    from poultice.record.store import History

    kept_to = _course(course)
    book = History.open()
    found = weekly.weekly(book, date.today(), weeks, simulated=simulated)
    for week in found:
        _tell_damaged(week.damaged, tr("left out"))
    data = {
        "simulated": simulated,
        "weeks": [week.to_json() for week in found],
        "closings": book.closings(),
        "ratings": weekly.rated(found),
        "course": kept_to and adherence.to_json(kept_to, book, datetime.now()),
    }
    return Result(data, "trends")


@history.command()
@session_argument
@option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    help="csv, parquet: the samples. jsonl: the session, its events and its samples. "
    "Default: by the ending of FILE, csv where it has none.",
)
@option("-o", "--output", "path", metavar="FILE", help="Where to; default, and -: stdout.")
@json_option_of(help="JSON Lines, as --format jsonl.")
def export(n: int | None, form: str | None, path: str | None) -> None:
    """Session N, or the latest, for other programs. --json is --format jsonl."""
    from poultice.record import export as exporting

    form = "jsonl" if asked_for_json() else form or exporting.format_of(path)
    if form == "parquet" and not path:
        raise UsageError(
            "Parquet is no text for a terminal", hint="-o FILE says where to, - stdout"
        )
    book, n = opened(n)
    if form == "parquet":
        output.write(path or output.STDOUT, exporting.parquet(book, n))
    else:
        lines = exporting.json_lines if form == "jsonl" else exporting.csv_lines
        output.lines(lines(book, n), path)


@history.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@person_options
def import_(file: Path) -> Result:
    """A session that the page in the browser, or another computer, recorded: FILE of its export as
    JSON Lines."""
    from poultice.record import importing
    from poultice.record.store import History

    n = importing.take(History.open(), file, output.say)
    output.say(tr("session {n} now; `poultice report {n}` shows it", n=n))
    return Result(History.open().show(n), "session")


def opened(n: int | None) -> tuple[History, int]:
    """The record, and `n` or the number of the latest session in it; of a simulated one where
    there is no other, said so.

    Raises UsageError where none is recorded.
    """
    from poultice.record.store import History

    book = History.open()
    if n is not None:
        return book, n
    for simulated in (False, True):
        found = book.list(1, simulated=simulated)
        if found:
            n = int(found[0]["n"])
            if simulated:
                output.say(tr("note: session {n} was simulated; there is no other", n=n))
            return book, n
    raise UsageError(tr("no session is recorded yet"), hint=tr("`poultice run` records one"))


def _tell_damaged(found: Sequence[str], what: str) -> None:
    for text in found:
        output.say(tr("warning: {damage}; {what}", damage=text, what=what))


@click.command(cls=Command)
@session_argument
@option(
    "-o",
    "--output",
    "path",
    metavar="FILE",
    help="Where to: FILE.html, FILE.pdf (needs Chromium), a directory, or - for stdout. "
    "Default: poultice-session-N.html, or poultice-summary.html, here.",
)
@option("--pdf", "as_pdf", is_flag=True, help="As PDF, which needs Chromium.")
@option(
    "--summary",
    "weeks",
    is_flag=False,
    flag_value=2,
    type=click.IntRange(1, 2),
    metavar="WEEKS",
    help="Instead of a session 1 or 2 weeks (2) up to today on one page, for a therapist.",
)
@option("--name", help="Whose summary it is; else it has no name.")
@option("--open", "opens", is_flag=True, help="Show it in the browser.")
@course_option
@language_option
@json_option
def report(
    n: int | None,
    path: str | None,
    as_pdf: bool,
    weeks: int | None,
    name: str | None,
    opens: bool,
    course: Path | None,
) -> Result | None:
    """Session N, or the latest, as one HTML page that needs nothing else, or as PDF. Prints its
    path. With --summary some weeks, for whoever treats the person."""
    from poultice.record import report as reporting

    if path == output.STDOUT and (opens or asked_for_json()):
        raise UsageError(
            tr("the page itself goes to stdout with -o -"),
            hint=tr("take out --open and --json, or -o -"),
        )
    into = path is None or os.path.isdir(path)  # noqa: PTH112 - False for a path no system takes
    as_pdf = as_pdf if into else reporting.is_pdf(path or "", as_pdf)
    if weeks is not None:
        page = _summary(n, weeks, name, _course(course))
    elif name is not None:
        raise UsageError(tr("--name is of a summary"), hint=tr("`poultice report --summary`"))
    else:
        book, n = opened(n)
        page = reporting.render(book, n, _course(course))
    if as_pdf:
        from poultice.record.report import pdf

        page = pdf.printed(page)
    if into or path is None:
        path = str(Path(path or "", reporting.file_name(n, "pdf" if as_pdf else "html")))
    output.write(path, page)
    if path == output.STDOUT:
        return None
    if opens:
        import webbrowser

        if not webbrowser.open(Path(path).resolve().as_uri()):
            output.say(tr("note: no browser was found to show it in"))
    what = {"session": n} if weeks is None else {"weeks": weeks}
    return Result({**what, "file": path, "size": len(page)}, "report")


def _summary(
    n: int | None, weeks: int, name: str | None, course: CourseOfTreatment | None
) -> bytes:
    """The page of some weeks up to today."""
    from datetime import date

    from poultice.record import report as reporting
    from poultice.record.store import History

    if n is not None:
        raise UsageError(
            tr("a summary is of weeks, not of session {n}", n=n),
            hint=tr("without --summary it is the report of that session"),
        )
    if name is not None and not (name.isprintable() and 0 < len(name) <= _NAME_MAX):
        raise UsageError(
            tr("the name is empty, too long or not plain"),
            hint=tr("{most} characters at most, on one line", most=_NAME_MAX),
        )
    return reporting.summary(History.open(), date.today(), weeks, course=course, name=name)


def _course(path: Path | None) -> CourseOfTreatment | None:
    from poultice.therapy import course_of_treatment as courses

    return None if path is None else courses.load(path)


def _rating(name: str, value: str) -> int | str:
    """A whole number from 0 to 10, or `-`."""
    if value == "-":
        return value
    found = rate.rating(value.strip())
    if found is None:
        raise UsageError(
            tr(
                "{option} {value} is no rating",
                option=f"--{name.replace('_', '-')}",
                value=repr(value),
            ),
            hint=tr(
                "a whole number from 0 (none) to {most} (the worst there is); - removes it",
                most=ratings.MOST,
            ),
        )
    return found


def _scale(what: str, when: str) -> Callable[[F], F]:
    says = f"{what.capitalize()} {when} it; - removes."
    return option(f"--{what}-{when}", metavar="0-10", help=says)


@click.command(cls=Command)
@session_argument
@together(*(_scale(*name.split("_")) for name in ratings.SCALES))
@option("--text", help="A note, on one line; - removes it.")
@language_option
@json_option
def note(n: int | None, **given: Any) -> Result:
    """Pain and stiffness from 0 (none) to 10 (the worst there is), and a note, for session N or
    the latest. Without an option it asks, where there is a terminal."""
    # Not as the options are read: their errors would come before the language is known.
    scales = {name: given[name] for name in ratings.SCALES if given[name] is not None}
    changes: dict[str, Any] = {name: _rating(name, one) for name, one in scales.items()}
    if given["text"] is not None:
        changes[ratings.NOTE] = given["text"] if given["text"] == "-" else rate.text(given["text"])
    asks = not changes and attend.at_terminal() and not asked_for_json()
    if not changes and not asks:
        raise UsageError(
            tr("there is nothing to note, and nobody to ask"),
            hint=tr(
                "--pain-after 3, --text 'slept well', ...: `poultice note --help` has them all"
            ),
        )
    book, n = opened(n)
    if asks:
        try:
            changes = rate.edited(book.rated(n))
        except (click.Abort, KeyboardInterrupt) as error:
            if isinstance(error, KeyboardInterrupt):
                click.echo(err=True)
            raise Interrupted(tr("left; nothing was changed")) from None
    changes = {name: None if value == "-" else value for name, value in changes.items()}
    book.rate(n, changes)
    data = {"session": n, **book.rated(n)}
    return Result(data, "note")
