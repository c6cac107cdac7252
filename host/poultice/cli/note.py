"""`poultice note`: pain, stiffness and a word on a session, added or changed afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from poultice.cli import attend, rate
from poultice.cli.base import Command, Result, asked_for_json, json_option, option, session_argument
from poultice.cli.history import opened
from poultice.errors import Interrupted, UsageError
from poultice.record import ratings


def _read(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:
    """A whole number from 0 to 10, or `-`."""
    if value is None or value == "-":
        return value
    found = rate.rating(value.strip())
    if found is None:
        raise UsageError(
            f"{param.opts[0]} {value!r} is no rating",
            hint=f"a whole number from 0 (none) to {ratings.MOST} (the worst there is); "
            "- removes it",
        )
    return found


def _scales(command: Any) -> Any:
    for name in reversed(ratings.SCALES):
        what, _, when = name.partition("_")
        command = option(
            f"--{what}-{when}",
            metavar="0-10",
            callback=_read,
            help=f"{what.capitalize()} {when} it; - removes.",
        )(command)
    return command


def _edited(row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return rate.edited(row)
    except (click.Abort, KeyboardInterrupt) as error:
        if isinstance(error, KeyboardInterrupt):
            click.echo(err=True)
        raise Interrupted("left; nothing was changed") from None


@click.command(cls=Command)
@session_argument
@_scales
@option("--text", help="A note, on one line; - removes it.")
@json_option
def note(n: int | None, **given: Any) -> Result:
    """Pain and stiffness from 0 (none) to 10 (the worst there is), and a note, for session N or
    the latest. Without an option it asks, where there is a terminal."""
    changes = {name: given[name] for name in ratings.SCALES if given[name] is not None}
    if given["text"] is not None:
        changes[ratings.NOTE] = given["text"] if given["text"] == "-" else rate.text(given["text"])
    asks = not changes and attend.at_terminal() and not asked_for_json()
    if not changes and not asks:
        raise UsageError(
            "there is nothing to note, and nobody to ask",
            hint="--pain-after 3, --text 'slept well', ...: `poultice note --help` has them all",
        )
    book, n = opened(n)
    if asks:
        changes = _edited(book.show(n))
    changes = {name: None if value == "-" else value for name, value in changes.items()}
    book.rate(n, changes)
    kept = book.show(n)
    data = {"session": n, "started_unix": kept["started_unix"], **ratings.of(kept)}
    return Result(data, "note")
