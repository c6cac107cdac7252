"""What is connected, and what is wrong: `poultice devices`, `poultice doctor`."""

from __future__ import annotations

from typing import Any

import click

from poultice.cli.base import (
    Command,
    Result,
    device_option,
    json_option,
    log_options,
    option,
    report_options,
)
from poultice.cli.configured import defaults


@click.command(cls=Command)
@device_option
@option("--udev", is_flag=True, help="Print the udev rule for the device's port; probe nothing.")
@report_options
@click.pass_context
def doctor(ctx: click.Context, device: str | None, udev: bool) -> Result:
    """Look at everything that could be in the way, and say what mends it.

    Changes nothing and energises nothing; ends with 0 whatever it finds.
    """
    from poultice.device import doctor as work
    from poultice.device.doctor.probe import RULES

    if udev:
        return Result({"udev": RULES.read_text(encoding="utf-8")}, "udev")
    group = ctx.find_root().command
    assert isinstance(group, click.Group)
    return Result(work.examine(device, lambda: defaults(group, "doctor")), "doctor")


@click.command(cls=Command)
@json_option
@log_options
def devices() -> Result:
    """Ports that could be a device, and what answered."""
    from poultice.device import discovery

    return Result({"devices": [_row(one) for one in discovery.find()]}, "devices")


def _row(one: Any) -> dict[str, Any]:
    hello = one.hello
    return {
        "path": f"serial:{one.port.path}",
        "usb_serial": one.port.usb_serial,
        "description": one.port.description,
        "answered": hello is not None,
        "protocol": hello.protocol if hello else None,
        "firmware": hello.firmware if hello else None,
        "board": hello.board if hello else None,
        "uid": hello.uid if hello else None,
        "error": str(one.error) if one.error else None,
        "hint": one.error.hint if one.error else None,
    }
