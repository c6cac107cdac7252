"""`poultice history`: recorded sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from poultice.cli.base import (
    N_MAX,
    Group,
    Result,
    asked_for_json,
    json_option,
    option,
    session_argument,
    units_option,
)
from poultice.errors import UsageError

if TYPE_CHECKING:
    from poultice.record.store import History

simulated_option = option(
    "--simulated", is_flag=True, help="Those on a simulated device instead: no treatment."
)

_limit_option = option(
    "-n",
    "--limit",
    type=click.IntRange(min=1, max=N_MAX),
    default=20,
    help="How many, newest first.",
)


@click.group(cls=Group, invoke_without_command=True)
@units_option
@json_option
@_limit_option
@simulated_option
@click.pass_context
def history(ctx: click.Context, as_json: bool, limit: int, simulated: bool) -> Result | None:
    """Recorded sessions; without a word after it, the list."""
    if ctx.invoked_subcommand is not None:
        return None
    return _list(limit, simulated)


@history.command("list")
@units_option
@json_option
@_limit_option
@simulated_option
def list_(as_json: bool, limit: int, simulated: bool) -> Result:
    """The latest sessions."""
    return _list(limit, simulated)


@history.command()
@session_argument
@units_option
@json_option
def show(n: int | None, as_json: bool) -> Result:
    """Session N, or the latest: plan, answers, outcome, events."""
    from poultice.record.store import History

    book = History.open()
    return Result(book.show(latest(book) if n is None else n), "session")


@history.command()
@units_option
@json_option
@option(
    "--weeks",
    type=click.IntRange(min=1, max=520),
    default=12,
    show_default=True,
    help="How many, up to this one.",
)
@simulated_option
def trends(as_json: bool, weeks: int, simulated: bool) -> Result:
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
@option("--json", "as_json", is_flag=True, help="JSON Lines, as --format jsonl.")
@click.pass_context
def export(
    ctx: click.Context, /, n: int | None, form: str | None, path: str | None, as_json: bool
) -> None:
    """Session N, or the latest, for other programs. --json is --format jsonl."""
    from poultice.cli import outfile, output
    from poultice.record import export as exporting
    from poultice.record.store import History

    form = "jsonl" if asked_for_json(ctx) else form or exporting.format_of(path)
    if form == "parquet" and not path:
        raise UsageError(
            "Parquet is no text for a terminal", hint="-o FILE says where to, - stdout"
        )
    book = History.open()
    n = latest(book) if n is None else n
    if form == "parquet":
        outfile.write(path or outfile.STDOUT, exporting.parquet(book, n), private=True)
    else:
        output.lines(
            (exporting.json_lines if form == "jsonl" else exporting.csv_lines)(book, n), path
        )


def latest(book: History) -> int:
    """The number of the latest session; of a simulated one where there is no other, said so.

    Raises UsageError where none is recorded.
    """
    from poultice.cli import output

    for simulated in (False, True):
        found = book.list(1, simulated=simulated)
        if found:
            n = int(found[0]["n"])
            if simulated:
                output.say(f"note: session {n} was simulated; there is no other")
            return n
    raise UsageError("no session is recorded yet", hint="`poultice run` records one")


def _list(limit: int, simulated: bool) -> Result:
    from poultice.record.store import History

    book = History.open()
    rows = book.list(limit, simulated=simulated)
    _tell_damaged([row["damaged"] for row in rows if row["damaged"] is not None])
    return Result({"simulated": simulated, "sessions": rows}, "sessions")


def _tell_damaged(found: Sequence[str]) -> None:
    from poultice.cli import output

    for text in found:
        output.say(f"warning: {text}; left out")
