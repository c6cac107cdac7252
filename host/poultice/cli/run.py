"""`poultice run`: screen, arm, start, watch, record, summarise."""

from __future__ import annotations

import contextlib
from typing import Any

import click

from poultice.cli import attend, complete, output, views
from poultice.cli.base import (
    Command,
    Result,
    asked_for_json,
    devices_option,
    json_option,
    option,
    switched_on,
    units_option,
)
from poultice.cli.seat import Asked, Report, Seat
from poultice.errors import PoulticeError, ScreeningError


class RunCommand(Command):
    """A command that reports an outcome even where it never came to run."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **more: Any,
    ) -> click.Context:
        """Click's; a usage error is reported as an object too where --json was given."""
        wanted = "--json" in args or switched_on("POULTICE_RUN_JSON", "POULTICE_JSON")
        try:
            return super().make_context(info_name, args, parent, **more)
        except click.UsageError:
            if wanted:
                output.show("run", Report().to_json("refused"), "nothing", as_json=True)
            raise


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
@views.view_option
@views.theme_option
@units_option
@json_option
@click.pass_context
def run(ctx: click.Context, /, confirm: str, as_json: bool, **options: Any) -> Result | None:
    """Run a session with PROTOCOL, a name of the library or a .toml file.

    Screens, arms, starts, shows it live, stops on Ctrl-C, records and summarises. With several
    devices each has its own session; one that fails leaves the others alone.
    """
    asked = Asked(by_button=confirm == "button", **options)
    quiet = asked_for_json(ctx)
    if len(asked.device) > 1:
        from poultice.cli import fleet

        fleet.run(asked, as_json=quiet)
        return None
    seat = Seat(asked.device[0] if asked.device else None)
    try:
        return _run(asked, seat, as_json=quiet)
    except (PoulticeError, click.Abort, KeyboardInterrupt) as error:
        if quiet:
            output.show("run", seat.report.after(error), "nothing", as_json=True)
        raise


def _run(asked: Asked, seat: Seat, *, as_json: bool) -> Result | None:
    from poultice import library

    seat.report.protocol = asked.protocol
    protocol = library.load(asked.protocol)
    seat.report.protocol = protocol.name
    somebody_answers(asked)
    record = attend.RecordFile(asked.record) if asked.record and not asked.dry_run else None
    with contextlib.ExitStack() as closing:
        if record is not None:
            closing.callback(record.close)
        seat.open(asked, protocol, closing)
        if asked.dry_run:
            return seat.result
        seat.screen(asked, protocol)
        with attend.Interrupts() as interrupts:
            if asked.detach:
                seat.leave(interrupts.asked)
            else:
                _attended(asked, seat, interrupts, record, as_json=as_json)
    return seat.result


def somebody_answers(asked: Asked) -> None:
    """Raises ScreeningError where questions are to be asked and nobody is there."""
    if not (asked.yes or asked.dry_run or attend.at_terminal()):
        raise ScreeningError(
            "there is nobody to answer the screening questions",
            hint="run it in a terminal, or with --yes where you have answered them for yourself",
        )


def _attended(
    asked: Asked,
    seat: Seat,
    interrupts: attend.Interrupts,
    record: attend.RecordFile | None,
    *,
    as_json: bool,
) -> None:
    kind = views.chosen(asked.view, as_json=as_json)
    if kind != "full":
        with attend.no_echo():
            view = views.single(kind, seat.plan, seat.hello.limits)
            seat.attend(view, interrupts.asked, attend.enter_pressed, record)
        return
    feed = seat.feed()

    def answered() -> bool:
        # Once the screen is given up, a typed line is an answer again.
        return seat.wishes.answered() or (feed.in_lines and attend.enter_pressed())

    def session() -> None:
        seat.attend(feed, interrupts.asked, answered, record)

    views.in_threads(
        [feed],
        [lambda: seat.keep(session)],
        full=True,
        stop_all=interrupts.press,
        theme=asked.theme,
    )
    if seat.failure is not None:
        raise seat.failure
