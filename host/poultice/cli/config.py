"""`poultice config`: what is fitted to the device, and what its readings are corrected by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from poultice.cli import attend, output
from poultice.cli.base import (
    Command,
    Group,
    Result,
    device_option,
    device_options,
    option,
    report_options,
)
from poultice.cli.complete import config_pair
from poultice.errors import RefusedError, UsageError

if TYPE_CHECKING:
    from poultice.link.client import Client


@click.group(cls=Group, invoke_without_command=True)
def config() -> None:
    """The device's configuration; without a word after it, `show`.

    Not the configuration file of this program: docs/reference/cli.md says where that is.
    """


@config.first
@click.command(cls=Command)
@device_options
def show(device: str | None) -> Result:
    """What is in force, and what waits for the device's button."""
    with _settled(device) as client:
        return _told(client)


@config.command("set")
@click.argument(
    "pairs", metavar="KEY=VALUE...", nargs=-1, required=True, shell_complete=config_pair
)
@device_option
@option("--no-wait", is_flag=True, help="Leave it to the button, and do not wait for that.")
@report_options
def set_(pairs: tuple[str, ...], device: str | None, no_wait: bool) -> Result:
    """Change the configuration; a 3 s hold of the device's button puts it in force.

    For example `sensor_b=false density_mw_cm2=50`. Ctrl-C before the hold leaves all as it was.
    """
    from poultice.device import device_config
    from poultice.virtual.options import require_kept

    changes = device_config.parse(_pairs(pairs))
    if no_wait and device is not None:
        require_kept(device)
    with _settled(device) as client:
        if no_wait:
            client.set_config(changes)
            output.say("hold the device's button for 3 s: that puts it in force")
            return _told(client)
        with attend.Interrupts() as interrupts:
            if changes.get("two_point") is False and "offset_mc" in changes:
                output.say("note: an offset set by hand is not a check: two_point becomes false")
            output.say("hold the device's button for 3 s (Ctrl-C leaves all as it was)")
            device_config.put_in_force(client, changes, interrupted=interrupts.asked)
        return _told(client)


@config.command()
@device_options
def drop(device: str | None) -> Result:
    """Take back what waits for the button: a hold then changes nothing."""
    from poultice.device import device_config

    with _settled(device) as client:
        device_config.drop(client)
        return _told(client)


@contextmanager
def _settled(device: str | None) -> Iterator[Client]:
    """The device, once it has begun."""
    from poultice.device import discovery

    with discovery.open_device(device) as client:
        client.hello()
        client.settle()
        yield client


def _told(client: Client) -> Result:
    from poultice.device import device_config

    hello = client.hello()
    now, pending = device_config.in_force(client)
    other: dict[str, Any] | None = None
    if pending:
        try:
            other = device_config.waiting(client)
        except RefusedError as error:
            output.say(f"note: another waits for the button; not possible to read now: {error}")
    return Result(
        {
            "device": hello.device(client.path),
            "config": now,
            "waiting": other,
            "heat_target_max_mc": hello.limits["heat_target_max_mc"],
            "heat_session_s": hello.limits["heat_session_s"],
        },
        "config",
    )


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise UsageError(f"{one!r} is no KEY=VALUE", hint="for example sensor_b=false")
        if name in pairs:
            raise UsageError(f"{name} is given twice", hint="give it once")
        pairs[name.strip().lower().replace("-", "_")] = value
    return pairs
