"""The views of `doctor`, `calibrate` and `config`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from poultice import temperature
from poultice.cli import output
from poultice.words import span

Data = Mapping[str, Any]

_INDENT = 26
_COLOURS = {"ok": "\033[32m", "warn": "\033[33m", "fail": "\033[31m"}


def doctor(data: Data) -> list[str]:
    """A line a finding, its remedy under it, the sum at the end."""
    coloured = output.coloured(sys.stdout)
    lines = []
    for one in data["probes"]:
        mark = f"{one['result']:<5}"
        if coloured:
            mark = f"{_COLOURS[one['result']]}{mark}\033[0m"
        first, *more = _wrapped(one["says"])
        lines.append(f"{mark} {one['name']:<18}  {first}")
        lines += [f"{'':<{_INDENT}}{line}" for line in more]
        if one["remedy"]:
            marks = ("→ ", *["  "] * 99)
            parts = zip(marks, _wrapped(one["remedy"]), strict=False)
            lines += [f"{'':<{_INDENT}}{before}{line}" for before, line in parts]
    fails, warns = (
        sum(one["result"] == kind for one in data["probes"]) for kind in ("fail", "warn")
    )
    lines.append("")
    if fails or warns:
        lines.append(f"{fails} in the way of a session, {warns} worth mending")
    else:
        lines.append("nothing stands in the way of a session")
    return lines


def _wrapped(text: str) -> list[str]:
    """For the terminal; whole where there is none, so that a line is a finding to `grep`."""
    if not sys.stdout.isatty():
        return [text]
    import shutil
    import textwrap

    width = max(30, shutil.get_terminal_size().columns - _INDENT - 3)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def udev(data: Data) -> list[str]:
    """The rule as it is installed."""
    return [data["udev"].rstrip("\n")]


def calibrate(data: Data) -> list[str]:
    """The two points, and what came of them."""
    lines = []
    for point in data["points"]:
        read = ", ".join(
            f"sensor {name} {temperature.exact(one)}"
            for name, one in zip("AB", point["readings_mc"], strict=False)
        )
        lines.append(f"thermometer {temperature.exact(point['reference_mc'])}: {read}")
    before, offset = data["before"], data["offset_mc"]
    now, then = (
        temperature.difference(one, digits=3, signed=True) for one in (offset, before["offset_mc"])
    )
    lines.append(f"offset      {now} (before: {then})")
    lines.append("in force    " + ("yes" if data["in_force"] else "no: this was a dry run"))
    return lines


def config(data: Data) -> list[str]:
    """What is in force, and what waits."""
    from poultice.device.device_config import MEMBERS

    now, other = data["config"], data["waiting"]
    values = {name: _value(now[name]) for name in MEMBERS}
    for name in MEMBERS:
        if other is not None and other.get(name) != now[name]:
            values[name] += f" → {_value(other.get(name))}"
    width = max(len(one) for one in values.values())
    lines = [f"{name:<14}  {values[name]:<{width}}  {MEMBERS[name]}" for name in MEMBERS]
    hottest = temperature.shown(data["heat_target_max_mc"])
    most = f"heat to {hottest}, {span(data['heat_session_s'])} at most"
    lines.append(f"{'limits':<14}  {most}")
    if other is not None:
        output.say(
            "hint: what stands behind → waits for the device's button to be held for 3 s; "
            "`poultice config drop` takes it back"
        )
    return lines


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
