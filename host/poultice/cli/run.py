"""`poultice run`: screen, arm, start, watch, record, summarise."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from poultice.cli import attend, complete, early, fleet, output, rendering, views
from poultice.cli.base import (
    Command,
    Result,
    asked_for_json,
    devices_option,
    option,
    person_options,
)
from poultice.cli.seat import Asked, Seat, afterwards, somebody_answers
from poultice.errors import Interrupted, PoulticeError, UsageError
from poultice.language import later, tr

# Of a command: whose sessions are over.
_OVER = "poultice.over"


class RunCommand(Command):
    """A command that reports an outcome even where it never came to run."""

    def begin(self) -> None:
        """Not yet: a run that ends by Ctrl-C reports that."""

    def once_over(self, ctx: click.Context) -> None:
        """What comes after a session comes after its summary too."""
        afterwards(ctx.meta.pop(_OVER, ()))

    def never_began(self, *, as_json: bool) -> None:
        """An outcome too."""
        if as_json:
            never = Seat(None)
            never.failure = UsageError("never run")
            rendering.show("run", never.to_json(), "nothing", as_json=True)


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
@person_options
def run(confirm: str, **options: Any) -> Result | None:
    """Run a session with PROTOCOL, a name of the library or a .toml file.

    Screens, arms, starts, shows it live, stops on Ctrl-C, records and summarises. With several
    devices each has its own session; one that fails leaves the others alone.
    """
    attend.never_stopped()
    quiet = asked_for_json()
    options["bell"] = options["bell"] and not quiet
    # Of a person alone, who answers for themselves.
    nobody = options["dry_run"] or options["yes"] or quiet
    nobody = nobody or not (attend.at_terminal() and sys.stderr.isatty())
    options["rate"] = options["rate"] and not nobody
    asked = Asked(by_button=confirm == "button", **options)
    several = len(asked.device) > 1
    seats = [
        Seat(path, views.prefixed(path) if several and path else output.say)
        for path in asked.device or (None,)
    ]
    try:
        early.release(interrupts=True)
        ready = _ran(asked, seats, as_json=quiet)
        if not several and seats[0].failure is not None:
            raise seats[0].failure
    except (PoulticeError, click.Abort, KeyboardInterrupt) as error:
        early.leave()
        # Of several nothing was started on any.
        for seat in seats:
            seat.failure = seat.failure or error
        if quiet and several:
            fleet.show_json(seats)
        elif quiet:
            rendering.show("run", seats[0].to_json(), "nothing", as_json=True)
        begun = not asked.dry_run and any(seat.result for seat in seats)
        if begun and isinstance(error, KeyboardInterrupt):
            says = later("left; the session was over")
            if asked.detach:
                says = later("left; what was started goes on: `poultice status` shows it")
            raise Interrupted(tr(says)) from None
        raise
    if several:
        fleet.tell(seats, ready, as_json=quiet)
    return seats[0].result


def _ran(asked: Asked, seats: Sequence[Seat], *, as_json: bool) -> list[Seat]:
    """Those whose session ran; the others know why not. Raises what stands in the way of all."""
    from poultice.therapy import library
    from poultice.virtual.options import require_kept

    for seat in seats:
        seat.protocol = asked.protocol
    if len(seats) > 1:
        fleet.distinct(asked.device)
    protocol = library.load(asked.protocol)
    for seat in seats:
        seat.protocol = protocol.name
    if asked.detach and not asked.dry_run:
        for path in asked.device:
            require_kept(path)
    if asked.record and len(seats) > 1:
        raise UsageError(
            tr("--record is for one device"),
            hint=tr("the history has them all: `poultice history export`"),
        )
    somebody_answers(asked)
    if asked.record and not asked.dry_run:
        from poultice.cli.record_file import RecordFile

        seats[0].record = RecordFile(asked.record, _inputs(asked))
    with contextlib.ExitStack() as closing:
        ready = fleet.ready(asked, protocol, seats, closing)
        if ready:
            fleet.treat(asked, protocol, ready, as_json=as_json)
    if not as_json:
        click.get_current_context().meta[_OVER] = ready
    return ready


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
