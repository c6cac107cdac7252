"""What may stand at a place of the command line: for the shells' completion.

Whatever goes wrong here completes nothing and says nothing, as the person is in the middle of
typing. Ports are listed as the system knows them; none is opened, no device is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Callback = Callable[[click.Context, click.Parameter, str], "list[CompletionItem[str]]"]

_SIMULATED = ("sim:", "emulator:")


def _quietly(words: Callable[[str], Iterable[tuple[str, str | None]]], other: str = "") -> Callback:
    """A callback of click's for `words`: pairs of value and help. Where none fits and `other` is
    "file", the shell completes the name of one."""

    def callback(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        from click.shell_completion import CompletionItem

        try:
            found = [
                CompletionItem(value, help=text)
                for value, text in words(incomplete)
                if value.startswith(incomplete)
            ]
        except Exception:
            found = []
        if not found and other:
            return [CompletionItem(incomplete, type=other)]
        return found

    return callback


def _protocols(incomplete: str) -> Iterable[tuple[str, str | None]]:
    from poultice import library

    return [(name, None) for name in library.names()]


def _faults(incomplete: str) -> Iterable[tuple[str, str | None]]:
    from poultice import remedies

    return [(name, text) for name, text in remedies.FAULTS.items()]


def _devices(incomplete: str) -> Iterable[tuple[str, str | None]]:
    scheme, colon, _ = incomplete.partition(":")
    if colon and f"{scheme}:" in _SIMULATED:
        return _options(incomplete)
    from poultice import discovery

    found: list[tuple[str, str | None]] = []
    for port in discovery.candidates():
        if port.usb_serial:
            found.append((f"usb:{port.usb_serial}", None))
        found.append((f"serial:{port.path}", None))
        found.append((port.path, None))
    if not incomplete.startswith("/"):
        found = [one for one in found if not one[0].startswith("/")]
    return [*found, ("sim:", None), ("emulator:", None)]


def _options(incomplete: str) -> Iterable[tuple[str, str | None]]:
    """The options of `sim:` and `emulator:`, and what may stand behind each."""
    from poultice.simulator import options

    if "?" not in incomplete:
        return [(f"{incomplete.partition(':')[0]}:?", None)]
    done, _, pair = incomplete.rpartition("&" if "&" in incomplete else "?")
    done = incomplete[: len(incomplete) - len(pair)]
    name, equals, value = pair.partition("=")
    if not equals:
        taken = {one.partition("=")[0] for one in done.partition("?")[2].split("&")}
        return [(f"{done}{key}=", None) for key in options.READERS if key not in taken]
    values: Iterable[str] = ()
    if name == "fault":
        earlier = value[: len(value) - len(value.rpartition(",")[2])]
        known: tuple[str, ...] = options.FAULTS
        if incomplete.startswith("emulator:"):
            known = (*known, *options.EMULATOR_FAULTS)
        values = [f"{earlier}{one}@" for one in known]
    elif name in ("cooler", "sensor_b", "sense", "two_point", "fold_safe"):
        values = ("0", "1")
    elif name == "user":
        values = ("prompt", "absent")
    elif name == "speed":
        values = ("max",)
    return [(f"{done}{name}={one}", None) for one in values]


def _config_pairs(incomplete: str) -> Iterable[tuple[str, str | None]]:
    from poultice import device_config

    name, equals, _ = incomplete.partition("=")
    if not equals:
        return [(f"{key}=", None) for key in device_config.MEMBERS]
    if name in ("offset_mc", "density_mw_cm2"):
        return []
    return [(f"{name}={one}", None) for one in ("true", "false")]


protocol = _quietly(_protocols, "file")
file = _quietly(lambda incomplete: (), "file")
fault = _quietly(_faults)
device = _quietly(_devices)
config_pair = _quietly(_config_pairs)
