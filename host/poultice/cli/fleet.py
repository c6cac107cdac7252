"""Several devices in one `run` or `watch`: each with its own guard, session, thread and end.

Nothing is shared but the terminal and Ctrl-C (docs/decisions/0016).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from poultice.cli import attend, output, rendering, views
from poultice.cli.seat import Asked, Seat, exit_code, told_of_record
from poultice.errors import ExitCode, Interrupted, PoulticeError, UsageError

WORST_FIRST = (
    ExitCode.UNEXPECTED,
    ExitCode.TIMEOUT,
    ExitCode.FAULT,
    ExitCode.MISMATCH,
    ExitCode.BUSY,
    ExitCode.NO_DEVICE,
    ExitCode.REFUSED,
    ExitCode.USAGE,
    ExitCode.INTERRUPTED,
    ExitCode.DONE,
)
"""The process ends with the first of these that a device ended with: what is known least of."""


def worst(ended: Iterable[Any]) -> int:
    """The exit code of them all; of each its `error` is known, or None."""
    return min((exit_code(one.error) for one in ended), key=WORST_FIRST.index)


def distinct(paths: Sequence[str]) -> None:
    """Raises UsageError where one of `paths` is no device path, or a device is named twice."""
    from poultice.link.transport import split_path
    from poultice.virtual.options import state_of

    seen: set[tuple[str, str]] = set()
    kept: dict[Path, str] = {}
    for path in paths:
        scheme, rest = split_path(path)
        if scheme == "serial":
            rest = str(Path(rest).resolve())
        elif scheme == "usb":
            rest = rest.lower()
        same = (scheme, rest)
        if same in seen:
            hint = "give each simulated one its own seed: sim:?seed=1, sim:?seed=2"
            raise UsageError(
                f"the device {path} is named twice",
                hint=hint if scheme in ("sim", "emulator") else "name each device once",
            )
        seen.add(same)
        state = state_of(path)
        if state is None:
            continue
        if (flash := state.resolve()) in kept:
            raise UsageError(
                f"the flash {state} is named twice: by {kept[flash]} and {path}",
                hint="give each simulated one its own state=DIR",
            )
        kept[flash] = path


def ready(
    asked: Asked, protocol: Any, seats: Sequence[Seat], closing: contextlib.ExitStack
) -> list[Seat]:
    """Those that can be treated: opened, planned for, screened. Of several the others know why
    not; a single one raises it."""
    found: list[Seat] = []
    told = False
    for seat in seats:
        try:
            seat.open(asked, protocol, closing)
            if asked.dry_run:
                continue
            if not told:
                asked, told = told_of_record(asked), True
            seat.screen(asked, protocol, who=seat.name if len(seats) > 1 else None)
            found.append(seat)
        except PoulticeError as error:
            if len(seats) == 1:
                raise
            seat.failure = error
            views.told(seat.name, error)
    return found


def treat(asked: Asked, protocol: Any, seats: Sequence[Seat], *, as_json: bool) -> None:
    """Run the session of each, in a thread of its own, and account for it."""

    def stop() -> None:
        for seat in seats:
            seat.orders.stop()

    for seat in seats:
        try:
            seat.screen_again(asked, protocol, seat.name if len(seats) > 1 else None)
        except PoulticeError as error:
            seat.failure = error
    seats = [seat for seat in seats if seat.failure is None]
    with attend.Interrupts(stop=stop) as interrupts:
        if asked.detach:
            for seat in seats:
                seat.keep(seat.begin)
            for seat in seats:
                if seat.failure is None:
                    seat.keep(seat.leave)
            return
        views.show(
            [seat.feed for seat in seats],
            [partial(seat.keep, seat.attend) for seat in seats],
            view=views.chosen(asked.view, as_json=as_json),
            stop_all=interrupts.press,
            theme=asked.theme,
        )
        for seat in seats:
            seat.account()


def show_json(seats: Sequence[Seat]) -> None:
    """One object with that of each device in it."""
    devices = []
    for seat in seats:
        one = {"schema": "poultice.run/1", **seat.to_json()}
        one["device"] = one["device"] or {"path": seat.name, "uid": None, "firmware": None}
        error = seat.error
        devices.append({**one, "exit": int(exit_code(error)), "error": error and str(error)})
    data = {"exit": int(worst(seats)), "devices": devices}
    rendering.show("fleet", data, "nothing", as_json=True)


def tell(seats: Sequence[Seat], treated: Sequence[Seat], *, as_json: bool) -> None:
    """What came of each. Ends the process with the worst exit code."""
    if as_json:
        show_json(seats)
    for seat in () if as_json else seats:
        if seat.result is not None:
            print(f"{output.clean(seat.name)}:")
            rendering.show("run", seat.result.data, seat.result.view, as_json=False)
    for seat in treated:
        if isinstance(seat.error, Interrupted):
            seat.say(str(seat.error))
        elif seat.error is not None:
            views.told(seat.name, seat.error)
    raise click.exceptions.Exit(worst(seats))
