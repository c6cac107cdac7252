"""The device now: `status`, `watch`, `stop`, `pause`, `resume`, `confirm`, `clear`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from poultice.cli import complete
from poultice.cli.base import (
    Command,
    Result,
    device_option,
    devices_option,
    json_option,
    option,
    units_option,
)
from poultice.cli.views import theme_option, view_option
from poultice.errors import UsageError

if TYPE_CHECKING:
    from poultice.link.client import Client


def _ask(device: str | None, do: Callable[[Client], Any]) -> Result:
    """Do one thing to the device and report how it is then."""
    from poultice.cli import output
    from poultice.device import discovery
    from poultice.session.takeover import take_over

    with discovery.open_device(device) as client:
        hello = client.hello()
        client.settle()
        do(client)
        for note in take_over(client, hello, awaited=True):
            output.say(note)
        return Result(
            {
                "device": hello.device(client.path),
                **client.status().to_json(),
            },
            "status",
        )


@click.command(cls=Command)
@device_option
@units_option
@json_option
def status(device: str | None, as_json: bool) -> Result:
    """The device now: state, temperature, relays, what it would have to rest."""
    return _ask(device, lambda client: None)


@click.command(cls=Command)
@device_option
@units_option
@json_option
def stop(device: str | None, as_json: bool) -> Result:
    """End what runs; answered once the pad is off."""
    return _ask(device, lambda client: client.stop())


@click.command(cls=Command)
@device_option
@units_option
@json_option
def pause(device: str | None, as_json: bool) -> Result:
    """Relays off, the session kept for up to 5 minutes."""
    return _ask(device, lambda client: client.pause())


@click.command(cls=Command)
@device_option
@units_option
@json_option
def resume(device: str | None, as_json: bool) -> Result:
    """Go on after a pause."""
    return _ask(device, lambda client: client.resume())


@click.command(cls=Command)
@device_option
@units_option
@json_option
def confirm(device: str | None, as_json: bool) -> Result:
    """Answer the device's prompt: the cold pack is on, or off again."""
    return _ask(device, lambda client: client.confirm())


@click.command(cls=Command)
@click.argument("fault", shell_complete=complete.fault)
@device_option
@units_option
@json_option
def clear(fault: str, device: str | None, as_json: bool) -> Result:
    """Clear FAULT, once its cause is gone. Severe faults only the device's button clears."""
    from poultice import remedies
    from poultice.words import meant

    name = fault.lower().replace("-", "_")
    if name not in remedies.FAULTS:
        hint = meant(name, remedies.FAULTS) or "`poultice status` names it"
        raise UsageError(f"there is no fault {fault!r}", hint=hint)
    return _ask(device, lambda client: client.clear_fault(name))


@click.command(cls=Command)
@devices_option
@option(
    "--for",
    "for_s",
    type=click.FloatRange(min=0),
    help="Seconds of the device's clock.",
)
@view_option
@theme_option
@units_option
@json_option
def watch(
    device: tuple[str, ...], for_s: float | None, view: str, theme: str, as_json: bool
) -> None:
    """What the device reports, until Ctrl-C: drawn on a terminal, else a line each.

    Watching ends; what is watched goes on. With --json: JSON Lines.
    """
    from poultice.cli import watching

    watching.watch(device, for_s, view=view, theme=theme, as_json=as_json)
