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
    from pathlib import Path

    from poultice import settings
    from poultice.cli import log
    from poultice.record import store

    args: list[str] = ctx.find_root().obj or []
    # Any other word of the line may name a file that is read, or written otherwise.
    after = zip(["", *args], args, strict=False)
    others = [one for before, one in after if not f"{before}={one}".startswith("--log-file=")]
    inputs = [Path(one.rpartition("=")[2].removeprefix("serial:")) for one in others
              if not one.startswith("--log-file=")]  # fmt: skip
    inputs += [settings.config_path(), settings.data_dir() / store.FILE_NAME]
    try:
        kept = log.Log(level, log.file(path, inputs) if path is not None else None)
    except PoulticeError:
        if isinstance(ctx.command, Command):
            ctx.command.never_began(ctx)
        raise
    with kept.of(args):
        yield


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


def _noted(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """For the log: the nearer word says where to, the louder one how much."""
    if value:
        before = ctx.meta.get(f"poultice.{param.name}", 0)
        louder = param.name == "verbose" and before
        ctx.meta[f"poultice.{param.name}"] = max(before, value) if louder else value


def log_options(command: F) -> F:
    """`-v`, `-vv` and `--log-file`: of the root, and of each command that talks to a device."""
    verbose = option(
        "-v",
        "--verbose",
        count=True,
        callback=_noted,
        expose_value=False,
        help="Log what is asked of the device; -vv every line of the link.",
    )
    file = option(
        "--log-file",
        metavar="FILE",
        callback=_noted,
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
