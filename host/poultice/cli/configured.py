"""The configuration file's values as the defaults of the options.

What options there are is read off the commands themselves. To load them all would cost every
command a tenth of a second, so only those are that the file speaks of, as far as that suffices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from poultice import settings
from poultice.errors import UsageError
from poultice.words import meant

# A setting that is no option of any command.
_DATA_DIR = "data_dir"


def defaults(root: click.Group, command: str) -> dict[str, Any]:
    """The value of each option of `command` that the file names, by its name inside click.

    A name at the top of the file holds for every command that has such an option; a table
    named after a command holds for that one and wins. Raises UsageError for anything in the
    file that is neither: a misspelt `sensitive` must not go unnoticed.
    """
    loaded = settings.load()
    if not loaded:
        return {}
    names = root.list_commands(click.Context(root))
    own = _parameters(root, command)
    values: dict[str, Any] = {}
    for name, value in loaded.items():
        if name in names and isinstance(value, dict):
            _known(value, options(root, name), f"[{name}] ")
        elif name == _DATA_DIR:
            if not isinstance(value, str):
                raise _not_understood(f"{name}: expected str")
        elif _hyphened(name) in own and not isinstance(value, dict | list):
            _require_fitting(name, value, own[_hyphened(name)])
            values[str(own[_hyphened(name)].name)] = value
        else:
            _elsewhere(name, value, root, names)
    table = loaded.get(command)
    for name, value in table.items() if isinstance(table, dict) else ():
        _require_fitting(f"[{command}] {name}", value, own[_hyphened(name)])
        values[str(own[_hyphened(name)].name)] = value
    return values


def options(root: click.Group, command: str) -> dict[str, str]:
    """The long options of `command` and of those below it, to their names inside click."""
    return {word: str(one.name) for word, one in _parameters(root, command).items()}


def _require_fitting(name: str, value: object, option: click.Option) -> None:
    """Raises UsageError for a value of another kind than the option's, which click would take for
    something."""
    is_bool, is_number = isinstance(value, bool), isinstance(value, int | float)
    if isinstance(option.type, click.types.BoolParamType):
        expected, fits = "true or false", is_bool or (isinstance(value, str) and value != "")
    elif isinstance(option.type, click.types.IntParamType):
        expected, fits = "a whole number", isinstance(value, int | str) and not is_bool
    elif isinstance(option.type, click.types.FloatParamType):
        expected, fits = "a number", (is_number or isinstance(value, str)) and not is_bool
    else:
        expected, fits = "text in quotes", isinstance(value, str)
    if not fits:
        raise _not_understood(f"{name}: expected {expected}")


def _parameters(root: click.Group, command: str) -> dict[str, click.Option]:
    """The long options of `command` and of those below it."""
    found = root.get_command(click.Context(root), command)
    return {
        _hyphened(word): parameter
        for one in (found, *getattr(found, "commands", {}).values())
        if one is not None
        for parameter in one.params
        if isinstance(parameter, click.Option)
        for word in parameter.opts
        if word.startswith("--")
    }


def _elsewhere(name: str, value: object, root: click.Group, names: list[str]) -> None:
    """Raises UsageError unless `name` is an option of another command, and has one value."""
    everywhere = {one for command in names for one in options(root, command)}
    if _hyphened(name) in everywhere and not isinstance(value, dict | list):
        return
    if name in names:
        raise _not_understood(f"{name}: expected a table, [{name}]")
    if _hyphened(name) in everywhere:
        raise _not_understood(f"{name}: expected one value")
    raise _unknown(name, everywhere | {*names, _DATA_DIR}, "")


def _known(table: Mapping[str, object], known: Mapping[str, str], where: str) -> None:
    for name, value in table.items():
        if _hyphened(name) not in known:
            raise _unknown(name, known.keys(), where)
        if isinstance(value, dict | list):
            raise _not_understood(f"{where}{name}: expected one value")


def _unknown(name: str, known: Iterable[str], where: str) -> UsageError:
    error = _not_understood(f"{where}{name} is no option or setting")
    error.hint = meant(name, sorted(known)) or error.hint
    return error


def _not_understood(problem: str) -> UsageError:
    return UsageError(
        f"configuration file {settings.config_path()}: {problem}",
        hint="docs/reference/cli.md says what may stand there",
    )


def _hyphened(name: str) -> str:
    return name.removeprefix("--").replace("_", "-")
