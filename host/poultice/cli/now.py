"""The device now: `status`, `watch`, `stop`, `pause`, `resume`, `confirm`, `clear`."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import TYPE_CHECKING, Any

import click

from poultice.cli import complete, output
from poultice.cli.base import (
    Command,
    Finite,
    Result,
    device_option,
    devices_option,
    option,
    person_options,
    together,
)
from poultice.cli.views import theme_option, view_option
from poultice.errors import UsageError
from poultice.language import tr
from poultice.words import meant

if TYPE_CHECKING:
    from poultice.link.client import Client


_options = together(device_option, person_options)


def _ask(device: str | None, do: Callable[[Client], Any]) -> Result:
    """Do one thing to the device and report how it is then."""
    from poultice.device import discovery
    from poultice.session.takeover import take_over

    with discovery.open_device(device) as client:
        hello = client.hello()
        client.settle()
        do(client)
        for note in take_over(client, hello, awaited=True):
            output.say(note)
        return Result({"device": hello.device(client.path), **client.status().to_json()}, "status")


def _asking(name: str, says: str, do: Callable[[Client], Any] | None = None) -> click.Command:
    """The command `name`, which asks the device to do what the client calls so too."""

    def ask(device: str | None) -> Result:
        return _ask(device, do or methodcaller(name))

    return click.command(name, cls=Command, help=says)(_options(ask))


status = _asking(
    "status",
    "The device now: state, temperature, relays, what it would have to rest.",
    lambda client: None,
)
stop = _asking("stop", "End what runs; answered once the pad is off.")
pause = _asking("pause", "Relays off, the session kept for up to 5 minutes.")
resume = _asking("resume", "Go on after a pause.")
confirm = _asking("confirm", "Answer the device's prompt: the cold pack is on, or off again.")


@click.command(cls=Command)
@click.argument("fault", shell_complete=complete.fault)
@_options
def clear(fault: str, device: str | None) -> Result:
    """Clear FAULT, once its cause is gone. Severe faults only the device's button clears."""
    from poultice import remedies

    name = fault.lower().replace("-", "_")
    if name not in remedies.FAULTS:
        hint = meant(name, remedies.FAULTS) or tr("`poultice status` names it")
        raise UsageError(tr("there is no fault {fault}", fault=repr(fault)), hint=hint)
    return _ask(device, methodcaller("clear_fault", name))


@click.command(cls=Command)
@devices_option
@option("--for", "for_s", type=Finite(min=0), help="Seconds of the device's clock.")
@view_option
@theme_option
@person_options
def watch(device: tuple[str, ...], for_s: float | None, view: str, theme: str) -> None:
    """What the device reports, until Ctrl-C: drawn on a terminal, else a line each.

    Watching ends; what is watched goes on. With --json: JSON Lines.
    """
    from poultice.cli import watching

    watching.watch(device, for_s, view=view, theme=theme)
