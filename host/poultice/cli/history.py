"""`poultice history`: recorded sessions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from poultice.cli import outfile, output
from poultice.cli.base import (
    N_MAX,
    Command,
    Group,
    Result,
    asked_for_json,
    json_option,
    option,
    report_options,
    session_argument,
)
from poultice.errors import UsageError

if TYPE_CHECKING:
    from poultice.record.store import History

simulated_option = option(
    "--simulated", is_flag=True, help="Those on a simulated device instead: no treatment."
)


@click.group(cls=Group)
def history() -> None:
    """Recorded sessions; without a word after it, the list."""


@history.first
@click.command("list", cls=Command)
@report_options
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

    rows = History.open().list(limit, simulated=simulated)
    _tell_damaged([row["damaged"] for row in rows if row["damaged"] is not None])
    return Result({"simulated": simulated, "sessions": rows}, "sessions")


@history.command()
@session_argument
@report_options
def show(n: int | None) -> Result:
    """Session N, or the latest: plan, answers, outcome, events."""
    book, n = opened(n)
    return Result(book.show(n), "session")


@history.command()
@report_options
@option(
    "--weeks",
    type=click.IntRange(min=1, max=520),
    default=12,
    show_default=True,
    help="How many, up to this one.",
)
@simulated_option
def trends(weeks: int, simulated: bool) -> Result:
    """Week by week: sessions, minutes, dose, how much of what was planned was done; pain and
    stiffness before and after."""
    from datetime import date

    from poultice.record import trends as weekly
    from poultice.record.store import History

    book = History.open()
    found = weekly.weekly(book, date.today(), weeks, simulated=simulated)
    for week in found:
        _tell_damaged(week.damaged)
    data = {
        "simulated": simulated,
        "weeks": [week.to_json() for week in found],
        "closings": book.closings(),
        "ratings": weekly.rated(found),
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
@partial(json_option, help="JSON Lines, as --format jsonl.")
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
        outfile.write(path or outfile.STDOUT, exporting.parquet(book, n), private=True)
    else:
        lines = exporting.json_lines if form == "jsonl" else exporting.csv_lines
        output.lines(lines(book, n), path)


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
                output.say(f"note: session {n} was simulated; there is no other")
            return book, n
    raise UsageError("no session is recorded yet", hint="`poultice run` records one")


def _tell_damaged(found: Sequence[str]) -> None:
    for text in found:
        output.say(f"warning: {text}; left out")
