"""`poultice history`: recorded sessions."""

from __future__ import annotations

import click

from poultice.cli.base import Group, Result, asked_for_json, json_option, option
from poultice.errors import UsageError

_N_MAX = 2**63 - 1  # SQLite's largest


@click.group(cls=Group, invoke_without_command=True)
@json_option
@option(
    "-n",
    "--limit",
    type=click.IntRange(min=1, max=_N_MAX),
    default=20,
    help="How many, newest first.",
)
@click.pass_context
def history(ctx: click.Context, as_json: bool, limit: int) -> Result | None:
    """Recorded sessions; without a word after it, the list."""
    if ctx.invoked_subcommand is not None:
        return None
    return _list(limit)


@history.command("list")
@json_option
@option(
    "-n",
    "--limit",
    type=click.IntRange(min=1, max=_N_MAX),
    default=20,
    help="How many, newest first.",
)
def list_(as_json: bool, limit: int) -> Result:
    """The latest sessions."""
    return _list(limit)


@history.command()
@click.argument("n", type=click.IntRange(min=1, max=_N_MAX))
@json_option
def show(n: int, as_json: bool) -> Result:
    """One session: plan, answers, outcome, events."""
    from poultice.history import History

    return Result(History.open().show(n), "session")


@history.command()
@click.argument("n", type=click.IntRange(min=1, max=_N_MAX), required=False)
@option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="csv: the samples. jsonl: the session, its events and its samples.",
)
@option("-o", "--output", "path", metavar="FILE", help="Where to; default: stdout.")
@option("--json", "as_json", is_flag=True, help="JSON Lines, as --format jsonl.")
@click.pass_context
def export(
    ctx: click.Context, /, n: int | None, form: str, path: str | None, as_json: bool
) -> None:
    """Session N, or the latest, for other programs. --json is --format jsonl."""
    from poultice import export as exporting
    from poultice.cli import output
    from poultice.history import History

    book = History.open()
    if n is None:
        latest = book.list(1)
        if not latest:
            raise UsageError("no session is recorded yet", hint="`poultice run` records one")
        n = int(latest[0]["n"])
    as_lines = form == "jsonl" or asked_for_json(ctx)
    output.lines((exporting.json_lines if as_lines else exporting.csv_lines)(book, n), path)


def _list(limit: int) -> Result:
    from poultice.history import History

    return Result({"sessions": History.open().list(limit)}, "sessions")
