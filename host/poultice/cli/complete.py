"""What may stand at a place of the command line: for the shells' completion.

Whatever goes wrong here completes nothing and says nothing, as the person is in the middle of
typing. Ports are listed as the system knows them; none is opened, no device is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from poultice.cli import output

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Callback = Callable[[click.Context, click.Parameter, str], "list[CompletionItem[str]]"]

_SIMULATED = ("sim:", "emulator:")


def _quietly(
    words: Callable[[str], Iterable[tuple[str, str | None]]],
    files: Callable[[str], Iterable[str]] = lambda incomplete: (),
) -> Callback:
    """A callback of click's for `words`: pairs of value and help; where none fits, `files`."""

    def callback(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        from click.shell_completion import CompletionItem

        try:
            found = [
                CompletionItem(value, help=text and output.clean(text))
                for value, text in words(incomplete)
                if value.startswith(incomplete)
            ]
            if not found:
                found = [CompletionItem(value, type="path") for value in files(incomplete)]
        except Exception:
            found = []
        return found

    return callback


def _protocols(incomplete: str) -> Iterable[tuple[str, str | None]]:
    from poultice.therapy import library

    return [(name, None) for name in library.names()]


def _protocol_files(incomplete: str) -> Iterable[str]:
    """Directories, with a slash, and what may be a protocol in them; hidden ones only if asked."""
    where, name = os.path.split(incomplete)
    with os.scandir(os.path.expanduser(where) or ".") as there:  # noqa: PTH111
        found = sorted(there, key=lambda one: one.name)
    for one in found:
        if one.name.startswith(name) and (name or not one.name.startswith(".")):
            path = os.path.join(where, one.name)  # noqa: PTH118 - keeps `./`
            if one.is_dir():
                yield f"{path}/"
            elif one.name.lower().endswith(".toml"):
                yield path


def _sessions(incomplete: str) -> Iterable[tuple[str, str | None]]:
    """The latest, newest first. A record that is not there is not made."""
    from poultice import settings, words
    from poultice.record.store import FILE_NAME, History

    path = settings.data_dir() / FILE_NAME
    if not path.is_file():
        return []
    book = History(path)
    rows = [row for simulated in (False, True) for row in book.list(20, simulated=simulated)]
    rows.sort(key=lambda row: -row["n"])
    return [
        (
            str(row["n"]),
            f"{words.date(row['started_unix'])} {row['protocol']}"
            + (" (simulated)" if row["simulated"] else ""),
        )
        for row in rows
    ]


def _commands(incomplete: str) -> Iterable[tuple[str, str | None]]:
    from poultice.cli.catalogue import COMMANDS

    return [(name, text) for name, (_, text) in COMMANDS.items()]


def _faults(incomplete: str) -> Iterable[tuple[str, str | None]]:
    from poultice import remedies

    return [(name, text) for name, text in remedies.FAULTS.items()]


def _devices(incomplete: str) -> Iterable[tuple[str, str | None]]:
    scheme, colon, _ = incomplete.partition(":")
    if colon and f"{scheme}:" in _SIMULATED:
        return _options(incomplete)
    from poultice.device import discovery

    found: list[tuple[str, str | None]] = []
    for port in discovery.candidates():
        if port.usb_serial:
            found.append((f"usb:{port.usb_serial}", None))
        found.append((f"serial:{port.path}", None))
        found.append((port.path, None))
    if not incomplete.startswith("/"):
        found = [one for one in found if not one[0].startswith("/")]
    return [*found, ("sim:", None), ("emulator:", None)]


_VALUES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("cooler", "sensor_b", "sense", "two_point", "fold_safe"), ("0", "1")),
    "user": ("prompt", "absent"),
    "speed": ("max",),
}


def _options(incomplete: str) -> Iterable[tuple[str, str | None]]:
    """The options of `sim:` and `emulator:`, and what may stand behind each."""
    from poultice.virtual import options

    if "?" not in incomplete:
        incomplete = f"{incomplete.partition(':')[0]}:?"
    done, _, pair = incomplete.rpartition("&" if "&" in incomplete else "?")
    done = incomplete[: len(incomplete) - len(pair)]
    name, equals, value = pair.partition("=")
    if not equals:
        taken = {one.partition("=")[0] for one in done.partition("?")[2].split("&")}
        return [(f"{done}{key}=", None) for key in options.READERS if key not in taken]
    values: Iterable[str] = _VALUES.get(name, ())
    if name == "fault":
        earlier = value[: len(value) - len(value.rpartition(",")[2])]
        emulated = options.EMULATOR_FAULTS if incomplete.startswith("emulator:") else ()
        values = [f"{earlier}{one}@" for one in (*options.FAULTS, *emulated)]
    return [(f"{done}{name}={one}", None) for one in values]


def _config_pairs(incomplete: str) -> Iterable[tuple[str, str | None]]:
    from poultice.device import device_config

    name, equals, _ = incomplete.partition("=")
    if not equals:
        return [(f"{key}=", None) for key in device_config.MEMBERS]
    if name in ("offset_mc", "density_mw_cm2"):
        return []
    return [(f"{name}={one}", None) for one in ("true", "false")]


protocol = _quietly(_protocols, _protocol_files)
file = _quietly(lambda incomplete: (), _protocol_files)
session = _quietly(_sessions)
command = _quietly(_commands)
fault = _quietly(_faults)
device = _quietly(_devices)
config_pair = _quietly(_config_pairs)
