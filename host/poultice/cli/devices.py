"""`poultice devices`."""

from __future__ import annotations

from typing import Any

import click

from poultice.cli.base import Command, Result, json_option, log_options


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
