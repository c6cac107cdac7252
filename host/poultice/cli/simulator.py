"""`poultice simulator`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from poultice.cli import complete, output
from poultice.cli.base import Command, option
from poultice.errors import UsageError

if TYPE_CHECKING:
    from poultice.virtual.simulated_device import SimulatedDevice

_START_UP_TICKS = 10


@click.command(cls=Command)
@option(
    "-d",
    "--device",
    default="sim:",
    show_default=True,
    metavar="PATH",
    shell_complete=complete.device,
    help="What to serve, with its options; its speed is 1 where none is given.",
)
def simulator(device: str) -> None:
    """Serve a virtual device on a pseudo-terminal, for any serial program, until Ctrl-C.

    PATH is sim: or emulator: with their options; the emulated chip keeps up with about the speed
    of a real one, no more. The first line of output is the path to open, alone.
    """
    from poultice.virtual.pty_server import serve

    served = _device(device)

    def announce(path: str) -> None:
        output.lines([path], None)
        output.say("serving a simulated device; Ctrl-C ends it")

    try:
        serve(served, announce)
    except KeyboardInterrupt:
        output.say("ended")


def _device(path: str) -> SimulatedDevice:
    from poultice.device.discovery import needs_emulator
    from poultice.link.transport import split_path
    from poultice.virtual.options import parse_options

    scheme, query = split_path(path)
    if scheme == "sim":
        from poultice.virtual.virtual_device import VirtualDevice

        return VirtualDevice(parse_options(query))
    if scheme == "emulator":
        with needs_emulator():
            from poultice.virtual.emulator.emulated_device import EmulatedDevice

        device = EmulatedDevice(parse_options(query, "emulator"))
        # A start-up is slower than real time: what is announced should answer.
        for _ in range(_START_UP_TICKS):
            device.step()
        return device
    raise UsageError(
        f"{path!r} is not a simulated device",
        hint="for example -d 'sim:?speed=10', or -d emulator:",
    )
