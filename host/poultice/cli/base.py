"""What the commands share: options with their environment names, and results.

An option's value comes, in this order, from the command line, from
``POULTICE_<COMMAND>_<OPTION>`` or else ``POULTICE_<OPTION>``, from the configuration file,
and from its default.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from poultice import language, temperature
from poultice.cli import complete, early
from poultice.errors import PoulticeError, UsageError
from poultice.link.transport import EXAMPLE_PORT

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


class Result:
    """What a command has to report.

    `data` is the JSON object without its schema, `view` the name of the text renderer in
    ``rendering`` and `error` what to end with once it is shown.
    """

    # No dataclass: making one costs every command a millisecond of its start.
    def __init__(self, data: dict[str, Any], view: str, error: PoulticeError | None = None) -> None:
        self.data = data
        self.view = view
        self.error = error


_PATHS = ("DIR", "FILE", "PATH")
"""What an option that takes a path calls its value."""

_VERBOSE, _LOG_FILE, _JSON = "poultice.verbose", "poultice.log_file", "poultice.json"
"""In a context's `meta`, which the words of one command line share: what their options say."""

UNUSABLE = "poultice.unusable"
"""There: why the configuration file cannot be used; who asks for help only gets that."""


class Option(click.Option):
    """An option that also reads the environment, the command's own name first."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Click's; a path may begin with `~` wherever it comes from, not only in a shell, and the
        configuration file gives one text where there may be several."""
        if self.multiple and isinstance(value, str):
            value = (value,)
        if self.metavar in _PATHS and value is not None:
            from poultice.settings import expanded

            value = tuple(map(expanded, value)) if self.multiple else expanded(str(value))
        try:
            return super().type_cast_value(ctx, value)
        except click.BadParameter as error:
            asked = ctx.find_root().obj or ()
            if isinstance(ctx.command, click.Group) and {"-h", "--help"} & set(asked):
                return None  # the command below it says what is wrong, if it is done at all
            # Click lists every spelling of yes and no.
            boolean = isinstance(self.type, click.types.BoolParamType)
            says = f"{value!r} is neither yes nor no" if boolean else error.message.rstrip(".")
            raise click.BadParameter(says + self._said_in(ctx), ctx, self) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Click's; what takes a file is left to the shell."""
        found = super().shell_complete(ctx, incomplete)
        if not found and self.metavar in ("DIR", "FILE"):
            from click.shell_completion import CompletionItem

            found = [CompletionItem(incomplete, type="dir" if self.metavar == "DIR" else "file")]
        return found

    def _said_in(self, ctx: click.Context) -> str:
        """Where a value stands that is not on the command line, to be mended there."""
        source = ctx.get_parameter_source(str(self.name))
        if source is ParameterSource.DEFAULT_MAP:
            from poultice.settings import config_path

            return f", in the configuration file {config_path()}"
        if source is ParameterSource.ENVIRONMENT:
            return f", in the environment variable {self._variable(ctx)[0]}"
        return ""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The value from the environment, or None."""
        return self._variable(ctx)[1]

    def _variable(self, ctx: click.Context) -> tuple[str, str | None]:
        """The variable that gives this option and its value, that of the nearest command first."""
        name = max(self.opts, key=len).lstrip("-").replace("-", "_").upper()
        # POULTICE_HISTORY_LIST_LIMIT, POULTICE_HISTORY_LIMIT, POULTICE_LIMIT
        here: click.Context | None = ctx
        while here is not None:
            variable = f"{here.auto_envvar_prefix}_{name}"
            value = os.environ.get(variable)
            if value:
                return variable, value
            here = here.parent
        return "", None

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Click's; where there may be several it is one, which may have spaces in it."""
        return self.resolve_envvar_value(ctx) if self.multiple else super().value_from_envvar(ctx)


class Finite(click.FloatRange):
    """A number in a range that has an end: neither NaN nor infinity."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, as FloatRange has it."""
        number = super().convert(value, param, ctx)
        return number if math.isfinite(number) else self.fail(f"{value} is no number", param, ctx)


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
        as_json = "--json" in args or switched_on(f"POULTICE_{info_name}_JSON", "POULTICE_JSON")
        try:
            return super().make_context(info_name, args, parent, **more)
        except (click.UsageError, UsageError):
            self.never_began(as_json=as_json)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, show its result, raise the error it ends with."""
        try:
            _require_configuration(ctx)
        except UsageError:
            self.never_began(as_json=asked_for_json())
            raise
        with _logged(ctx):
            try:
                self.begin()
                _report(ctx, super().invoke(ctx))
            finally:
                self.once_over(ctx)

    def begin(self) -> None:
        """Here Ctrl-C may end it."""
        early.release()

    def once_over(self, ctx: click.Context) -> None:
        """What comes after its result, however it ended."""

    def never_began(self, *, as_json: bool) -> None:
        """Report that it was asked for in a way that cannot be done, where that has a form."""


class Group(click.Group):
    """A group that may do one of its commands where none is named."""

    command_class = Command

    def first(self, command: click.Command) -> click.Command:
        """Add `command`, the one that is done where none is named; its options are the group's."""

        def alone(**given: Any) -> Any:
            context = click.get_current_context()
            if context.invoked_subcommand or command.callback is None:
                return None
            _require_configuration(context)
            return command.callback(**given)

        self.add_command(command)
        self.callback = alone
        self.params = [one for one in command.params if isinstance(one, click.Option)]
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """As the command does; the result is that of the group's own function."""
        early.release()
        with _logged(ctx):
            _report(ctx, super().invoke(ctx))


def _require_configuration(ctx: click.Context) -> None:
    if UNUSABLE in ctx.meta:
        raise ctx.meta[UNUSABLE]


@contextlib.contextmanager
def _logged(ctx: click.Context) -> Iterator[None]:
    """Log what is done, where that was asked for; once, whatever words the command has."""
    level, path = ctx.meta.pop(_VERBOSE, 0), ctx.meta.pop(_LOG_FILE, None)
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
            ctx.command.never_began(as_json=asked_for_json())
        raise
    with kept.of(args):
        yield


def _paths(ctx: click.Context) -> Iterator[str]:
    """The paths that its options name, or those of the words below it, wherever they come from."""
    for param in ctx.command.params:
        if not isinstance(param, Option) or param.metavar not in _PATHS or param.name == "log_file":
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
    from poultice.cli import output, rendering

    while ctx.parent is not None and ctx.parent.parent is not None:
        ctx = ctx.parent
    try:
        # By its first word: `history` for `poultice history show`.
        word = ctx.info_name or ""
        rendering.show(word, result.data, result.view, as_json=asked_for_json())
    except OSError:
        if result.error is None:
            raise
        output.give_up_stdout()
    if result.error is not None:
        raise result.error


def switched_on(*names: str) -> bool:
    """Whether the first of these variables that says anything says yes: `0` and `no` do not."""
    said = next(filter(None, (os.environ.get(name.upper()) for name in names)), "no")
    try:
        return bool(click.BOOL.convert(said, None, None))
    except click.UsageError:
        return False


def asked_for_json() -> bool:
    """Whether --json stands anywhere: `history --json list` means it too."""
    return bool(click.get_current_context().meta.get(_JSON))


def option(*names: str, **attributes: Any) -> Callable[[F], F]:
    """click.option, with the environment as above."""
    return click.option(*names, cls=Option, **attributes)


_RANKS = (ParameterSource.DEFAULT_MAP, ParameterSource.ENVIRONMENT, ParameterSource.COMMANDLINE)


def _nearest(ctx: click.Context, param: click.Parameter, value: Any, key: str) -> Any:
    """Of what the words of one command say, each with an option of its own: what was given
    nearest to this run, the command line before the environment before the file."""
    source = ctx.get_parameter_source(str(param.name))
    rank = _RANKS.index(source) if source in _RANKS else -1
    before, kept = ctx.meta.get(key, (-1, None))
    if value is not None and rank >= before:
        ctx.meta[key] = rank, value
        return value
    return kept


def _device_named(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """The device. Raises UsageError for an empty word of the command line: `-d "$DEVICE"`, with
    nothing in it, is not the only one there is."""
    words = (value,) if isinstance(value, str) else value or ()
    if "" in words and ctx.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE:
        raise UsageError(
            "--device is given, and is empty",
            hint="`poultice devices` lists them; without --device it is the only one that answers",
        )
    return _nearest(ctx, param, value, "poultice.device")


def _verbosity(ctx: click.Context, param: click.Parameter, value: int) -> None:
    """For the log: the louder word says how much."""
    ctx.meta[_VERBOSE] = max(ctx.meta.get(_VERBOSE, 0), value)


def _log_file(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """For the log. Raises UsageError for two files of one command line."""
    if not value:
        return
    key, named = "poultice.log_file_named", ParameterSource.COMMANDLINE
    before = ctx.meta.get(key)
    if _nearest(ctx, param, value, key) == value:
        ctx.meta[_LOG_FILE] = value
    if before and before != ctx.meta[key] and before[0] == ctx.meta[key][0] == _RANKS.index(named):
        raise UsageError(
            f"--log-file is given twice: {before[1]} and {value}",
            hint="one file takes the whole log",
        )


def _units(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Show temperatures in these."""
    found = _nearest(ctx, param, value, "poultice.units")
    temperature.show_in(found or temperature.CELSIUS)


def _language(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Speak this one; else the locale's, as far as it is known."""
    language.use(_nearest(ctx, param, value, "poultice.language") or language.of_locale())


def _json(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[_JSON] = value or ctx.meta.get(_JSON, False)


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in the order of the help."""

    def decorate(command: F) -> F:
        for one in reversed(options):
            command = one(command)
        return command

    return decorate


_device = partial(
    option,
    "-d",
    "--device",
    metavar="PATH",
    shell_complete=complete.device,
    callback=_device_named,
)
json_option_of = partial(
    option, "--json", "as_json", is_flag=True, callback=_json, expose_value=False
)
json_option = json_option_of(help="One JSON object on stdout.")
units_option = option(
    "--units",
    type=click.Choice(temperature.UNITS),
    callback=_units,
    expose_value=False,
    help="How temperatures are shown; default: celsius. JSON stays in m°C.",
)
language_option = option(
    "--language",
    type=click.Choice(language.KNOWN),
    callback=_language,
    expose_value=False,
    help="What a person reads; default: that of the locale, else en. JSON and logs are English.",
)
report_options = together(units_option, json_option)
person_options = together(units_option, language_option, json_option)
"""Of a command whose report is for the person on whom the pad lies."""
log_options = together(
    option(
        "-v",
        "--verbose",
        count=True,
        callback=_verbosity,
        expose_value=False,
        help="Log what is asked of the device; -vv every line of the link.",
    ),
    option(
        "--log-file",
        metavar="FILE",
        callback=_log_file,
        expose_value=False,
        help="Where the log goes, at its end; for its owner alone. Else stderr.",
    ),
)
"""Of the root, and of each command that talks to a device."""

device_option = together(
    _device(
        help=f"{EXAMPLE_PORT} (or just the path), usb:<serial number>, sim: or "
        "emulator:. Default: the only one that answers."
    ),
    log_options,
)
"""The device that a command is about, and the log of what is said to it."""

devices_option = together(
    _device(
        multiple=True,
        help=f"{EXAMPLE_PORT} (or just the path), usb:<serial number>, sim:, emulator:. "
        "Default: the only one that answers. Again for several at once.",
    ),
    log_options,
)
device_options = together(device_option, report_options)
"""Of a command that reports on a device."""

N_MAX = 2**63 - 1
"""SQLite's largest."""

session_argument = click.argument(
    "n",
    type=click.IntRange(min=1, max=N_MAX),
    required=False,
    shell_complete=complete.session,
)
"""N, a recorded session; the latest where it is left out."""
