"""`poultice simulator`."""

from __future__ import annotations

import click

from poultice.cli.base import Command, option
from poultice.errors import UsageError


@click.command(cls=Command)
@option(
    "-d",
    "--device",
    default="sim:",
    show_default=True,
    metavar="PATH",
    help="What to serve, with its options; its speed is 1 where none is given.",
)
def simulator(device: str) -> None:
    """Serve a virtual device on a pseudo-terminal, for any serial program, until Ctrl-C.

    The first line of output is the path to open, alone.
    """
    from poultice.cli import output
    from poultice.simulator.options import parse_options
    from poultice.simulator.pty_server import serve
    from poultice.transport import split_path

    scheme, query = split_path(device)
    if scheme != "sim":
        raise UsageError(
            f"{device!r} is not a simulated device", hint="for example -d 'sim:?speed=10'"
        )
    options = parse_options(query)

    def announce(path: str) -> None:
        output.lines([path], None)
        output.say("serving a simulated device; Ctrl-C ends it")

    try:
        serve(options, announce)
    except KeyboardInterrupt:
        output.say("ended")
