"""`poultice firmware`: which there is, building it, putting it on a board."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from poultice.cli import ask, output
from poultice.cli.base import (
    Group,
    Result,
    asked_for_json,
    device_option,
    json_option,
    option,
)
from poultice.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from poultice.device.flashing import Progress

_board_option = option(
    "--board",
    type=click.Choice(["pico", "pico2"]),
    default="pico",
    show_default=True,
    help="Which board the image is for.",
)


@click.group(cls=Group)
def firmware() -> None:
    """The device's firmware: look at it, build it, flash it."""


@firmware.command()
@device_option
@_board_option
@json_option
def info(device: str | None, board: str) -> Result:
    """This program's firmware, the image, the device's, and whether they match."""
    from poultice.device import flashing as work

    return Result({"action": "info", **work.describe(device, board)}, "firmware")


@firmware.command()
@_board_option
@json_option
def build(board: str) -> Result:
    """Build the image from the source tree (as `make firmware` does)."""
    from poultice.device import flashing as work
    from poultice.device import uf2

    image = uf2.read(work.build(board))
    data = {"action": "build", "image": image.to_json()}
    return Result(data, "image")


@firmware.command()
@device_option
@option(
    "--board",
    type=click.Choice(["pico", "pico2"]),
    help="Which board's image; default: pico, or what --image is for.",
)
@option(
    "--image",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The image; default: the one built here.",
)
@option(
    "--drive",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the board's boot drive is mounted; default: looked for.",
)
@option(
    "--method",
    type=click.Choice(["uf2", "mpremote"]),
    default="uf2",
    show_default=True,
    help="uf2: the whole image. mpremote: the files, onto a stock MicroPython.",
)
@option("-y", "--yes", is_flag=True, help="Do not ask first.")
@json_option
def flash(
    device: str | None,
    board: str | None,
    image: Path | None,
    drive: Path | None,
    method: str,
    yes: bool,
) -> Result:
    """Put the firmware on a board, and see it answer.

    Takes a board whose boot drive is mounted (hold BOOTSEL while plugging it in), or asks the
    running device to go there. Refused while anything runs. What the device recorded is kept.
    """
    from poultice.device import flashing as work
    from poultice.device import mip, uf2

    if method == "mpremote":
        if image is not None or drive is not None:
            raise UsageError(
                "--image and --drive are for --method uf2", hint="mpremote copies the files"
            )
        _agree(yes, "copy the firmware's files onto the board")
        with _progress(asked_for_json()) as progress:
            done = mip.copy(device, progress)
        return Result({"action": "flash", "method": method, "device": done}, "flashed")
    work.real(device)
    whole = uf2.read(image or uf2.image_path(board or "pico"))
    if board not in (None, whole.board):
        raise UsageError(
            f"{whole.path} is for a {whole.board}, not for a {board}",
            hint=f"`poultice firmware build --board {board}`",
        )
    named = whole.version or "an unknown firmware"
    _agree(yes, f"write {named} ({whole.path.name}, for a {whole.board}) onto the board")
    with _progress(asked_for_json()) as progress:
        done = work.flash(whole, device, drive, progress)
    data = {"action": "flash", "method": method, "image": whole.to_json(), "device": done}
    return Result(data, "flashed")


def _agree(yes: bool, what: str) -> None:
    """Ask, on a terminal. Raises RefusedError where nobody can be asked, Abort on a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise RefusedError(f"nobody was asked whether to {what}", hint="--yes says it is meant")
    if not ask.yes(f"{what[0].upper()}{what[1:]}?"):
        raise click.Abort


@contextmanager
def _progress(quiet: bool) -> Iterator[Progress]:
    """Sentences on stderr, and a bar on a terminal; nothing with --json."""
    from poultice.device.flashing import Progress

    if quiet:
        yield Progress()
        return
    if not output.coloured(sys.stderr):
        yield Progress(say=output.say)
        return
    from rich import progress
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    with progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("writing", total=None, visible=False)

        def copied(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        yield Progress(
            say=lambda text: console.print(output.clean(text), markup=False), copied=copied
        )
