"""The configuration file's values as the defaults of the options.

The options are named here once more, so that a file can be checked without loading a single
command; a test holds the table against the commands themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from poultice import settings
from poultice.errors import UsageError

_LOG = frozenset({"log-file", "verbose"})
_DEVICE = frozenset({"device", "json"}) | _LOG
_SHOWN = _DEVICE | {"units"}

OPTIONS: dict[str, frozenset[str]] = {
    "devices": frozenset({"json"}) | _LOG,
    "protocols": _SHOWN,
    "run": _SHOWN
    | {"dry-run", "detach", "yes", "sensitive", "fit", "confirm", "record"}
    | {"view", "theme", "rate", "bell"},
    "status": _SHOWN,
    "watch": _SHOWN | {"for", "view", "theme"},
    "stop": _SHOWN,
    "pause": _SHOWN,
    "resume": _SHOWN,
    "confirm": _SHOWN,
    "clear": _SHOWN,
    "doctor": _SHOWN | {"udev"},
    "calibrate": _SHOWN | {"reference-low", "reference-high", "dry-run"},
    "config": _SHOWN | {"no-wait"},
    "history": frozenset({"json", "limit", "format", "output", "simulated", "units", "weeks"}),
    "note": frozenset({"json", "pain-before", "pain-after", "stiffness-before"})
    | {"stiffness-after", "text"},
    "report": frozenset({"json", "open", "output"}),
    "firmware": _DEVICE | {"board", "image", "drive", "method", "yes"},
    "simulator": frozenset({"device"}),
    "campaign": frozenset({"runs", "seed", "pairs", "fault", "jobs", "cluster", "output", "plot"})
    | {"json", "replay"},
    "completion": frozenset(),
    "help": frozenset(),
}

# Settings that are no option of any command, with their type.
SETTINGS: dict[str, type] = {"data_dir": str}


def defaults() -> dict[str, dict[str, Any]]:
    """For each command the value of each option that the file names.

    A name at the top of the file holds for every command that has such an option; a table
    named after a command holds for that one and wins. Raises UsageError for anything in the
    file that is neither: a misspelt `sensitive` must not go unnoticed.
    """
    loaded = settings.load()
    everywhere = frozenset[str]().union(*OPTIONS.values())
    common: dict[str, Any] = {}
    for name, value in loaded.items():
        if name in OPTIONS and isinstance(value, dict):
            _known(value, OPTIONS[name], f"[{name}] ")
        elif name in SETTINGS:
            if not isinstance(value, SETTINGS[name]):
                raise _not_understood(f"{name}: expected {SETTINGS[name].__name__}")
        elif _hyphened(name) in everywhere and not isinstance(value, dict | list):
            common[name] = value
        elif name in OPTIONS:
            raise _not_understood(f"{name}: expected a table, [{name}]")
        elif _hyphened(name) in everywhere:
            raise _not_understood(f"{name}: expected one value")
        else:
            raise _unknown(name, everywhere | OPTIONS.keys() | SETTINGS.keys(), "")
    return {
        command: {
            _parameter(name): value for name, value in {**common, **_table(loaded, command)}.items()
        }
        for command in OPTIONS
    }


def _table(loaded: Mapping[str, object], command: str) -> dict[str, Any]:
    table = loaded.get(command)
    return table if isinstance(table, dict) else {}


def _known(table: Mapping[str, object], options: frozenset[str], where: str) -> None:
    for name, value in table.items():
        if _hyphened(name) not in options:
            raise _unknown(name, options, where)
        if isinstance(value, dict | list):
            raise _not_understood(f"{where}{name}: expected one value")


def _unknown(name: str, known: frozenset[str], where: str) -> UsageError:
    from poultice.words import nearest

    near = nearest(name, sorted(known))
    error = _not_understood(f"{where}{name} is no option or setting")
    if near:
        error.hint = f"did you mean {' or '.join(near)}?"
    return error


def _not_understood(problem: str) -> UsageError:
    return UsageError(
        f"configuration file {settings.config_path()}: {problem}",
        hint="docs/reference/cli.md says what may stand there",
    )


def _hyphened(name: str) -> str:
    return name.removeprefix("--").replace("_", "-")


def _parameter(option: str) -> str:
    """The name inside click of an option: of `--json` it is not `json`."""
    name = _hyphened(option).replace("-", "_")
    return {
        "json": "as_json",
        "for": "for_s",
        "format": "form",
        "open": "opens",
        "output": "path",
    }.get(name, name)
