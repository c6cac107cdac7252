"""The root command: a static table of the commands, each loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from poultice import __version__, language
from poultice.cli.base import UNUSABLE, log_options
from poultice.cli.catalogue import COMMANDS
from poultice.errors import UsageError
from poultice.words import meant

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """A group whose commands are imported by name, so that help and `--version` load none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"poultice.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Click's, with the nearest names where there is none of that name."""
        unknown = args and args[0] not in COMMANDS and not args[0].startswith("-")
        if unknown and not ctx.resilient_parsing:
            hint = meant(args[0], COMMANDS) or "see `poultice --help`"
            raise UsageError(f"there is no command {args[0]!r}", hint=hint)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The table and the options, without importing a single command."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=text)
            for name, (_, text) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing a single command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(
    cls=LazyGroup,
    name="poultice",
    context_settings={
        "auto_envvar_prefix": "POULTICE",
        "help_option_names": ["-h", "--help"],
    },
)
@click.version_option(__version__, "-V", "--version", message="poultice %(version)s")
@log_options
@click.pass_context
def root(ctx: click.Context) -> None:
    """A hot/cold therapy timer built so that its heat does not burn.

    Not a certified medical device. `poultice run arthritis --device sim:` tries it without one.
    """
    from poultice.cli.configured import defaults

    group = ctx.command
    assert isinstance(group, click.Group)
    # Until a command that has the option says otherwise.
    language.use(language.ENGLISH)
    try:
        if ctx.invoked_subcommand is not None:
            values = defaults(group, ctx.invoked_subcommand)
            ctx.default_map = {ctx.invoked_subcommand: values}
    except UsageError as error:
        # The doctor has this file among its findings.
        if ctx.invoked_subcommand not in ("doctor", "completion", "help"):
            ctx.meta[UNUSABLE] = error
