"""`poultice help`: what `--help` says, for those who look for it there."""

from __future__ import annotations

from collections.abc import Iterable

import click

from poultice.cli import complete
from poultice.cli.base import Command
from poultice.errors import UsageError
from poultice.words import meant


@click.command(cls=Command)
@click.argument("words", metavar="[COMMAND]...", nargs=-1, shell_complete=complete.command)
@click.pass_context
def help(ctx: click.Context, words: Iterable[str]) -> None:
    """What COMMAND does and takes: as `poultice COMMAND --help`."""
    here = ctx.find_root()
    for word in words:
        group = here.command
        found = group.get_command(here, word) if isinstance(group, click.Group) else None
        if found is None:
            names = group.list_commands(here) if isinstance(group, click.Group) else []
            hint = meant(word, names) or "see `poultice help`"
            raise UsageError(f"there is no command {word!r} in {here.command_path}", hint=hint)
        here = click.Context(found, info_name=word, parent=here)
    click.echo(here.get_help())
