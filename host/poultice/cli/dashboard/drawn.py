"""Cells with the name of a style, and the two alphabets they are drawn in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from poultice.cli.output import PLAINLY

Run = tuple[str, str]
"""A piece of text and the name of its style (of `colours.toml`, or "")."""

Line = list[Run]


@dataclass(frozen=True)
class Marks:
    """What lines and bars are drawn with."""

    dots: bool
    target: str
    cutoff: str
    full: str
    empty: str
    past: str
    on: str
    off: str
    chosen: str


UNICODE = Marks(True, "╌", "─", "█", "░", "━", "●", "○", "▸")
ASCII = Marks(False, "-", "=", "#", ".", "=", "*", "o", ">")

_COLOURS = tomllib.loads(Path(__file__).with_name("colours.toml").read_text(encoding="utf-8"))
GROUNDS = _COLOURS["grounds"]


def style(name: str, *, light: bool, coloured: bool = True) -> str:
    """The style of that name; `ink/ground` is a line of the curve on the ground of a phase."""
    if not coloured:
        return str(_COLOURS["attributes"].get(name, "none"))
    ink, line, ground = name.partition("/")
    if line:
        return f"{_COLOURS['inks'][ink][light]} on {GROUNDS[ground][light]}"
    return str(_COLOURS["styles"][name][light])


def merged(cells: Iterable[Run]) -> Line:
    """Neighbours of one style as one run."""
    line: Line = []
    for text, name in cells:
        if line and line[-1][1] == name:
            line[-1] = (line[-1][0] + text, name)
        else:
            line.append((text, name))
    return line


def plain(text: str, marks: Marks) -> str:
    """`text` in the alphabet of `marks`."""
    return text if marks.dots else text.encode("ascii", PLAINLY).decode("ascii")


def width_of(line: Line) -> int:
    """Cells, none of which is wide."""
    return sum(len(text) for text, _ in line)
