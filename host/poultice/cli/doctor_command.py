"""`poultice doctor`."""

from __future__ import annotations

import click

from poultice.cli.base import Command, Result, device_option, option, report_options
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
