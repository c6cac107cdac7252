"""What the commands share: options with their environment names, and results.

An option's value comes, in this order, from the command line, from
``POULTICE_<COMMAND>_<OPTION>`` or else ``POULTICE_<OPTION>``, from the configuration file,
and from its default.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from poultice.cli import complete
from poultice.errors import PoulticeError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


class Result:
    """What a command has to report.

    `data` is the JSON object without its schema, `view` the name of the text renderer in
    ``output`` and `error` what to end with once it is shown.
    """

    # No dataclass: making one costs every command a millisecond of its start.
    def __init__(self, data: dict[str, Any], view: str, error: PoulticeError | None = None) -> None:
        self.data = data
        self.view = view
        self.error = error


_PATHS = ("DIR", "FILE", "PATH")
"""What an option that takes a path calls its value."""


class Option(click.Option):
    """An option that also reads the environment, the command's own name first."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Click's; a path may begin with `~` wherever it comes from, not only in a shell."""
        if self.metavar in _PATHS and value is not None:
            from poultice.settings import expanded

            several = isinstance(value, tuple | list)
            found = tuple(expanded(str(one)) for one in (value if several else (value,)))
            value = found if several else found[0]
        return super().type_cast_value(ctx, value)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Click's; what takes a file is left to the shell."""
        found = super().shell_complete(ctx, incomplete)
        if not found and self.metavar in ("DIR", "FILE"):
            from click.shell_completion import CompletionItem

            found = [CompletionItem(incomplete, type="dir" if self.metavar == "DIR" else "file")]
        return found

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The value from the environment, or None."""
        name = max(self.opts, key=len).lstrip("-").replace("-", "_").upper()
        # POULTICE_HISTORY_LIST_LIMIT, POULTICE_HISTORY_LIMIT, POULTICE_LIMIT
        here: click.Context | None = ctx
        while here is not None:
            value = os.environ.get(f"{here.auto_envvar_prefix}_{name}")
            if value:
                return value
            here = here.parent
        return None


class Command(click.Command):
    """A command whose result is rendered here, and never by itself."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **more: Any,
    ) -> click.Context:
        """Click's; a table of the configuration file holds for every word behind its command."""
        if parent is not None and parent.parent is not None:
            more.setdefault("default_map", parent.default_map)
        return super().make_context(info_name, args, parent, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, show its result, raise the error it ends with."""
        _report(ctx, super().invoke(ctx))


class Group(click.Group):
    """A group that does the first of its commands where none is named."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        """As the command does; the result is that of the group's own function."""
        _report(ctx, super().invoke(ctx))


def _report(ctx: click.Context, result: object) -> None:
    """Show a result, and raise the error it ends with: also where nobody takes the report."""
    if not isinstance(result, Result):
        return
    try:
        show(ctx, result)
    except OSError:
        if result.error is None:
            raise
        from poultice.cli import output

        output.give_up_stdout()
    if result.error is not None:
        raise result.error


def switched_on(*names: str) -> bool:
    """Whether the first of these variables that says anything says yes: `0` and `no` do not."""
    said = next(filter(None, map(os.environ.get, names)), "no")
    try:
        return bool(click.BOOL.convert(said, None, None))
    except click.UsageError:
        return False


def show(ctx: click.Context, result: Result) -> None:
    """Render `result` as text or, with --json, as one object on one line."""
    from poultice.cli import rendering

    rendering.show(command_word(ctx), result.data, result.view, as_json=asked_for_json(ctx))


def asked_for_json(ctx: click.Context) -> bool:
    """Whether --json stands anywhere: `history --json list` means it too."""
    here: click.Context | None = ctx
    while here is not None:
        if here.params.get("as_json"):
            return True
        here = here.parent
    return False


def command_word(ctx: click.Context) -> str:
    """The command's first word: `history` for `poultice history show`."""
    while ctx.parent is not None and ctx.parent.parent is not None:
        ctx = ctx.parent
    return ctx.info_name or ""


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """click.option, with the environment as above."""
    return click.option(*names, cls=Option, **attributes)


device_option = option(
    "-d",
    "--device",
    metavar="PATH",
    shell_complete=complete.device,
    help="serial:/dev/ttyACM0 (or just the path), usb:<serial number>, sim: or "
    "emulator:. Default: the only one that answers.",
)


class Several(Option):
    """An option that may be given more than once; the environment and the file give one."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """One path, which may have spaces in it."""
        value = self.resolve_envvar_value(ctx)
        return None if value is None else (value,)

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """The configuration file has a text."""
        return super().type_cast_value(ctx, (value,) if isinstance(value, str) else value)


devices_option = click.option(
    "-d",
    "--device",
    cls=Several,
    multiple=True,
    metavar="PATH",
    shell_complete=complete.device,
    help="serial:/dev/ttyACM0 (or just the path), usb:<serial number>, sim:, emulator:. "
    "Default: the only one that answers. Again for several at once.",
)


def _units(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Show temperatures in these; of two words of one command line the nearer source says it."""
    from click.core import ParameterSource

    from poultice import temperature

    ranks = (
        ParameterSource.DEFAULT_MAP,
        ParameterSource.ENVIRONMENT,
        ParameterSource.COMMANDLINE,
    )
    source = ctx.get_parameter_source("units")
    rank = ranks.index(source) if value is not None and source in ranks else -1
    before, shown = ctx.meta.get("poultice.units", (-2, temperature.CELSIUS))
    if rank >= before:
        ctx.meta["poultice.units"] = rank, (shown := value or shown)
    temperature.show_in(shown)


units_option = option(
    "--units",
    type=click.Choice(["celsius", "fahrenheit"]),
    callback=_units,
    expose_value=False,
    help="How temperatures are shown; default: celsius. JSON stays in m°C.",
)
json_option = option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
