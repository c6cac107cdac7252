"""`poultice run`: screen, arm, start, watch, record, summarise."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from poultice.cli import attend, complete, rendering, views
from poultice.cli.base import (
    Command,
    Result,
    asked_for_json,
    devices_option,
    option,
    report_options,
)
from poultice.cli.seat import (
    Asked,
    Report,
    Seat,
    afterwards,
    once_shown,
    somebody_answers,
    told_of_record,
)
from poultice.errors import PoulticeError


class RunCommand(Command):
    """A command that reports an outcome even where it never came to run."""

    def once_over(self, ctx: click.Context) -> None:
        """What comes after a session comes after its summary too."""
        afterwards(ctx)

    def never_began(self, *, as_json: bool) -> None:
        """An outcome too."""
        if as_json:
            rendering.show("run", Report().to_json("refused"), "nothing", as_json=True)


@click.command(cls=RunCommand)
@click.argument("protocol", shell_complete=complete.protocol)
@devices_option
@option("--dry-run", is_flag=True, help="Show what would be sent; arm nothing.")
@option("--detach", is_flag=True, help="Start it and leave: the device goes on by itself.")
@option(
    "--yes",
    is_flag=True,
    help='Answer "no" to every screening question. Never a prompt.',
)
@option("--sensitive", is_flag=True, help="Lower heat and a lower dose limit.")
@option("--fit", is_flag=True, help="Lower targets and times to the device's limits.")
@option(
    "--confirm",
    type=click.Choice(["host", "button"]),
    default="host",
    show_default=True,
    help="Who answers start and prompts.",
)
@option("--record", metavar="FILE", help="All the device says, as JSON Lines.")
@option(
    "--rate/--no-rate",
    default=True,
    help="Ask for pain and stiffness before and after; default, where somebody is there.",
)
@option("--bell/--no-bell", default=True, help="Ring at prompts and at the end; default.")
@views.view_option
@views.theme_option
@report_options
def run(confirm: str, **options: Any) -> Result | None:
    """Run a session with PROTOCOL, a name of the library or a .toml file.

    Screens, arms, starts, shows it live, stops on Ctrl-C, records and summarises. With several
    devices each has its own session; one that fails leaves the others alone.
    """
    quiet = asked_for_json()
    options["bell"] = options["bell"] and not quiet
    # Of a person alone, who answers for themselves.
    nobody = options["dry_run"] or options["yes"] or quiet
    nobody = nobody or not (attend.at_terminal() and sys.stderr.isatty())
    options["rate"] = options["rate"] and not nobody
    asked = Asked(by_button=confirm == "button", **options)
    if len(asked.device) > 1:
        from poultice.cli import fleet

        fleet.run(asked, as_json=quiet)
        return None
    seat = Seat(asked.device[0] if asked.device else None)
    try:
        return _run(asked, seat, as_json=quiet)
    except (PoulticeError, click.Abort, KeyboardInterrupt) as error:
        if quiet:
            rendering.show("run", seat.report.after(error), "nothing", as_json=True)
        raise


def _run(asked: Asked, seat: Seat, *, as_json: bool) -> Result | None:
    from poultice.cli import fleet
    from poultice.therapy import library

    seat.report.protocol = asked.protocol
    protocol = library.load(asked.protocol)
    seat.report.protocol = protocol.name
    somebody_answers(asked)
    if asked.record and not asked.dry_run:
        from poultice.cli.record_file import RecordFile

        seat.record = RecordFile(asked.record, _inputs(asked))
    with contextlib.ExitStack() as closing:
        seat.open(asked, protocol, closing)
        if asked.dry_run:
            return seat.result
        asked = told_of_record(asked)
        seat.screen(asked, protocol)
        fleet.treat(asked, protocol, [seat], as_json=as_json)
    once_shown([seat], as_json=as_json)
    if seat.failure is not None:
        raise seat.failure
    return seat.result


def _inputs(asked: Asked) -> Iterator[Path]:
    """The files that this run reads, or writes otherwise."""
    from poultice import settings
    from poultice.link.transport import split_path
    from poultice.record import private, store

    yield Path(asked.protocol)
    yield settings.config_path()
    yield from private.beside(settings.data_dir() / store.FILE_NAME)
    for device in asked.device:
        yield Path(split_path(device)[1])
