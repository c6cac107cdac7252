"""Cells with the name of a style, and the two alphabets they are drawn in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Run = tuple[str, str]
"""A piece of text and the name of its style (a key of `STYLES`, or "")."""

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

# Name to dark and light: rich's style strings. Contrast is at least 4.5 to 1 on the theme's ground.
STYLES: dict[str, tuple[str, str]] = {
    "": ("#e8e6e3 on #14181c", "#1d1f21 on #fbfaf7"),
    "bold": ("bold #ffffff on #14181c", "bold #000000 on #fbfaf7"),
    "dim": ("#9aa4ad on #14181c", "#57606a on #fbfaf7"),
    "say": ("italic #e8e6e3 on #14181c", "italic #1d1f21 on #fbfaf7"),
    "bar": ("#e8e6e3 on #2a3138", "#1d1f21 on #e4e0d6"),
    "bar bold": ("bold #ffffff on #2a3138", "bold #000000 on #e4e0d6"),
    "alarm": ("bold #ffffff on #a3122a", "bold #ffffff on #a3122a"),
    "ask": ("bold #14181c on #ffd166", "bold #14181c on #ffd166"),
    "good": ("#7fd18b on #14181c", "#1b6e2f on #fbfaf7"),
    "a": ("bold #ffffff on #14181c", "bold #000000 on #fbfaf7"),
    "heat": ("#ff9a70 on #38231b", "#8f2e00 on #fbe3d8"),
    "heat past": ("bold #14181c on #ff9a70", "bold #ffffff on #b34a1a"),
    "cold": ("#7cc8ff on #16293c", "#004f87 on #dcebf9"),
    "cold past": ("bold #14181c on #7cc8ff", "bold #ffffff on #0b66a8"),
    "rest": ("#c2c7cc on #262c33", "#4d4d4d on #ece8df"),
    "rest past": ("bold #14181c on #c2c7cc", "bold #ffffff on #6b6b6b"),
}
GROUNDS: dict[str, tuple[str, str]] = {
    "heat": ("#2b1e1a", "#fdeee7"),
    "cold": ("#15222f", "#e8f2fb"),
    "rest": ("#1d2328", "#f3f0e9"),
    "": ("#14181c", "#fbfaf7"),
}
INKS: dict[str, tuple[str, str]] = {
    "a": ("bold #ffffff", "bold #000000"),
    "b": ("#c9a7ff", "#5e35b1"),
    "target": ("#7fd18b", "#1b6e2f"),
    "cutoff": ("#ff7a88", "#b00020"),
    "dim": ("#9aa4ad", "#57606a"),
}


# Where there are no colours: what stands out, and what is behind.
ATTRIBUTES: dict[str, str] = {
    "bold": "bold",
    "bar": "reverse",
    "bar bold": "bold reverse",
    "alarm": "bold reverse",
    "ask": "bold reverse",
    "heat past": "reverse",
    "cold past": "reverse",
    "rest past": "reverse",
}


def style(name: str, *, light: bool, coloured: bool = True) -> str:
    """The style of that name; `ink/ground` is a line of the curve on the ground of a phase."""
    if not coloured:
        return ATTRIBUTES.get(name, "none")
    if "/" in name:
        ink, _, ground = name.partition("/")
        return f"{INKS[ink][light]} on {GROUNDS[ground][light]}"
    return STYLES[name][light]


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
    if marks.dots:
        return text
    for fancy, simple in (("°", ""), ("–", "-"), ("·", "."), ("…", "...")):
        text = text.replace(fancy, simple)
    return text.encode("ascii", "replace").decode("ascii")


def width_of(line: Line) -> int:
    """Cells, none of which is wide."""
    return sum(len(text) for text, _ in line)
