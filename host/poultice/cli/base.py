"""What the commands share: options with their environment names, and results.

An option's value comes, in this order, from the command line, from
``POULTICE_<COMMAND>_<OPTION>`` or else ``POULTICE_<OPTION>``, from the configuration file,
and from its default.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from poultice.cli import complete
from poultice.errors import PoulticeError, UsageError

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

_LOG_FILE = "log_file"


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
        with _logged(ctx):
            try:
                _report(ctx, super().invoke(ctx))
            finally:
                self.once_over(ctx)

    def once_over(self, ctx: click.Context) -> None:
        """What comes after its result, however it ended."""

    def never_began(self, ctx: click.Context) -> None:
        """Report it, where even that has a form."""


class Group(click.Group):
    """A group that does the first of its commands where none is named."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        """As the command does; the result is that of the group's own function."""
        with _logged(ctx):
            _report(ctx, super().invoke(ctx))


@contextlib.contextmanager
def _logged(ctx: click.Context) -> Iterator[None]:
    """Log what is done, where that was asked for; once, whatever words the command has."""
    level, path = ctx.meta.pop("poultice.verbose", 0), ctx.meta.pop("poultice.log_file", None)
    if not level and path is None:
        yield
        return
    from poultice.cli import log

    args: list[str] = ctx.find_root().obj or []
    try:
        file = log.file(path, args, _paths(ctx)) if path is not None else None
        kept = log.Log(level, file)
    except PoulticeError:
        if isinstance(ctx.command, Command):
            ctx.command.never_began(ctx)
        raise
    with kept.of(args):
        yield


def _paths(ctx: click.Context) -> Iterator[str]:
    """The paths that its options name, or those of the words below it, wherever they come from."""
    for param in ctx.command.params:
        if not isinstance(param, Option) or param.metavar not in _PATHS or param.name == _LOG_FILE:
            continue
        value = ctx.params.get(str(param.name)) or param.resolve_envvar_value(ctx)
        value = value or (ctx.default_map or {}).get(str(param.name)) or ()
        yield from (value,) if isinstance(value, str) else map(str, value)
    if isinstance(ctx.command, Group):
        for name, child in ctx.command.commands.items():
            yield from _paths(click.Context(child, ctx, name, default_map=ctx.default_map))


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


def _source(ctx: click.Context, param: click.Parameter) -> int:
    """How near to this run its value was given: the command line is the nearest, -1 is nowhere."""
    from click.core import ParameterSource

    ranks = (
        ParameterSource.DEFAULT_MAP,
        ParameterSource.ENVIRONMENT,
        ParameterSource.COMMANDLINE,
    )
    source = ctx.get_parameter_source(str(param.name))
    return ranks.index(source) if source in ranks else -1


def _verbosity(ctx: click.Context, param: click.Parameter, value: int) -> None:
    """For the log: the louder word says how much."""
    ctx.meta["poultice.verbose"] = max(ctx.meta.get("poultice.verbose", 0), value)


def _log_file(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """For the log: of two words the nearer source says where to. Raises UsageError for two files
    of one command line."""
    if not value:
        return
    rank = _source(ctx, param)
    before, named = ctx.meta.get("poultice.log_file_from", (-1, value))
    if rank == before == 2 and named != value:
        raise UsageError(
            f"--log-file is given twice: {named} and {value}", hint="one file takes the whole log"
        )
    if rank >= before:
        ctx.meta["poultice.log_file_from"] = rank, value
        ctx.meta["poultice.log_file"] = value


def log_options(command: F) -> F:
    """`-v`, `-vv` and `--log-file`: of the root, and of each command that talks to a device."""
    verbose = option(
        "-v",
        "--verbose",
        count=True,
        callback=_verbosity,
        expose_value=False,
        help="Log what is asked of the device; -vv every line of the link.",
    )
    file = option(
        "--log-file",
        metavar="FILE",
        callback=_log_file,
        expose_value=False,
        help="Where the log goes, at its end; for its owner alone. Else stderr.",
    )
    return verbose(file(command))


_device = option(
    "-d",
    "--device",
    metavar="PATH",
    shell_complete=complete.device,
    help="serial:/dev/ttyACM0 (or just the path), usb:<serial number>, sim: or "
    "emulator:. Default: the only one that answers.",
)


def device_option(command: F) -> F:
    """The device that a command is about, and the log of what is said to it."""
    return _device(log_options(command))


N_MAX = 2**63 - 1
"""SQLite's largest."""

session_argument = click.argument(
    "n",
    type=click.IntRange(min=1, max=N_MAX),
    required=False,
    shell_complete=complete.session,
)
"""N, a recorded session; the latest where it is left out."""


class Several(Option):
    """An option that may be given more than once; the environment and the file give one."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """One path, which may have spaces in it."""
        value = self.resolve_envvar_value(ctx)
        return None if value is None else (value,)

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """The configuration file has a text."""
        return super().type_cast_value(ctx, (value,) if isinstance(value, str) else value)


_devices = click.option(
    "-d",
    "--device",
    cls=Several,
    multiple=True,
    metavar="PATH",
    shell_complete=complete.device,
    help="serial:/dev/ttyACM0 (or just the path), usb:<serial number>, sim:, emulator:. "
    "Default: the only one that answers. Again for several at once.",
)


def devices_option(command: F) -> F:
    """The same for several at once."""
    return _devices(log_options(command))


def _units(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Show temperatures in these; of two words of one command line the nearer source says it."""
    from poultice import temperature

    rank = _source(ctx, param) if value is not None else -1
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
