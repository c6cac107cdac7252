"""`poultice config`: what is fitted to the device, and what its readings are corrected by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from poultice.cli.base import Group, Result, device_option, json_option, option, units_option
from poultice.cli.complete import config_pair
from poultice.errors import UsageError

if TYPE_CHECKING:
    from poultice.link.client import Client


@click.group(cls=Group, invoke_without_command=True)
@device_option
@units_option
@json_option
@click.pass_context
def config(ctx: click.Context, device: str | None, as_json: bool) -> Result | None:
    """The device's configuration; without a word after it, `show`.

    Not the configuration file of this program: docs/reference/cli.md says where that is.
    """
    if ctx.invoked_subcommand is not None:
        return None
    return _show(device)


@config.command()
@device_option
@units_option
@json_option
@click.pass_context
def show(ctx: click.Context, device: str | None, as_json: bool) -> Result:
    """What is in force, and what waits for the device's button."""
    return _show(_named(ctx, device))


@config.command("set")
@click.argument(
    "pairs", metavar="KEY=VALUE...", nargs=-1, required=True, shell_complete=config_pair
)
@device_option
@option("--no-wait", is_flag=True, help="Leave it to the button, and do not wait for that.")
@units_option
@json_option
@click.pass_context
def set_(
    ctx: click.Context, pairs: tuple[str, ...], device: str | None, no_wait: bool, as_json: bool
) -> Result:
    """Change the configuration; a 3 s hold of the device's button puts it in force.

    For example `sensor_b=false density_mw_cm2=50`. Ctrl-C before the hold leaves all as it was.
    """
    from poultice.cli import attend, output
    from poultice.device import device_config, discovery

    changes = device_config.parse(_pairs(pairs))
    with discovery.open_device(_named(ctx, device)) as client:
        client.hello()
        client.settle()
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
@device_option
@units_option
@json_option
@click.pass_context
def drop(ctx: click.Context, device: str | None, as_json: bool) -> Result:
    """Take back what waits for the button: a hold then changes nothing."""
    from poultice.device import device_config, discovery

    with discovery.open_device(_named(ctx, device)) as client:
        client.hello()
        client.settle()
        device_config.drop(client)
        return _told(client)


def _named(ctx: click.Context, device: str | None) -> str | None:
    """`poultice config -d sim: show` means it too, whatever the environment says."""
    above = ctx.parent
    line = click.core.ParameterSource.COMMANDLINE
    if (
        above is not None
        and ctx.get_parameter_source("device") is not line
        and above.get_parameter_source("device") is line
    ):
        named: str | None = above.params["device"]
        return named
    return device


def _show(device: str | None) -> Result:
    from poultice.device import discovery

    with discovery.open_device(device) as client:
        client.hello()
        client.settle()
        return _told(client)


def _told(client: Client) -> Result:
    from poultice.device import device_config
    from poultice.errors import RefusedError

    hello = client.hello()
    now, pending = device_config.in_force(client)
    other: dict[str, Any] | None = None
    if pending:
        try:
            other = device_config.waiting(client)
        except RefusedError as error:
            from poultice.cli import output

            output.say(f"note: another waits for the button; not possible to read now: {error}")
    return Result(
        {
            "device": {"path": client.path, "uid": hello.uid, "firmware": hello.firmware},
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
