"""`poultice doctor`."""

from __future__ import annotations

import click

from poultice.cli.base import Command, Result, device_option, json_option, option, units_option


@click.command(cls=Command)
@device_option
@option("--udev", is_flag=True, help="Print the udev rule for the device's port; probe nothing.")
@units_option
@json_option
def doctor(device: str | None, udev: bool, as_json: bool) -> Result:
    """Look at everything that could be in the way, and say what mends it.

    Changes nothing and energises nothing; ends with 0 whatever it finds.
    """
    from poultice.device import doctor as work

    if udev:
        return Result({"udev": work.RULES.read_text(encoding="utf-8")}, "udev")
    return Result(work.examine(device), "doctor")
