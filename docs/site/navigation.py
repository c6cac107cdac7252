"""The navigation: the sections of Diátaxis, and in each the pages that are there.

A page that nobody has put in order here still appears, after those that were.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from poultice_core import faults

# Folder, its title, and its pages in the order to be read.
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("tutorials", "Tutorials", ("first-session.md", "build-one.md")),
    (
        "how-to",
        "How-to",
        (
            "install.md",
            "run-a-session.md",
            "run-a-session-from-a-page.md",
            "run-from-python.md",
            "home-assistant.md",
            "write-a-protocol.md",
            "flash-a-board.md",
            "test-on-a-bench.md",
        ),
    ),
    (
        "reference",
        "Reference",
        ("cli.md", "commands.md", "exit-codes.md", "faults.md", "signals.md", "limits.md"),
    ),
    (
        "explanation",
        "Explanation",
        ("in-your-browser.md", "how-the-guard-works.md", "why-these-limits.md", "the-device.md"),
    ),
    ("safety", "Safety", ("case.md", "measured.md", "against-the-others.md", "requirements.md")),
    ("design", "Design", ("safety.md", "hardware.md")),
    ("decisions", "Decisions", ()),
)
# Folders of a section that are lists of their own; of faults the most severe first.
WITHIN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("faults", "Each fault", tuple(f"{name}.md" for name in faults.NAMES if name)),
    ("api", "Python API", ()),
    ("core", "The device's code", ()),
)
_INDEX = ("README.md", "index.md")


def of(names: Iterable[str]) -> list[Any]:
    """The navigation over pages `names` (paths below docs)."""
    left = sorted(names)
    nav: list[Any] = []
    for name in [one for one in left if one in _INDEX]:
        nav.append({"Home": name})
        left.remove(name)
    for folder, title, order in SECTIONS:
        mine = [name for name in left if name.startswith(f"{folder}/")]
        if mine:
            nav.append({title: _section(folder, mine, order)})
        left = [name for name in left if name not in mine]
    return [*nav, *left]


def _section(folder: str, names: list[str], order: Iterable[str]) -> list[Any]:
    inner: list[Any] = []
    left = names
    for within, title, its_order in WITHIN:
        mine = [name for name in left if name.startswith(f"{folder}/{within}/")]
        if mine:
            inner.append({title: _ordered(f"{folder}/{within}", mine, its_order)})
        left = [name for name in left if name not in mine]
    return [*_ordered(folder, left, order), *inner]


def _ordered(folder: str, names: Iterable[str], order: Iterable[str]) -> list[str]:
    """Those that `order` names first, the others by name."""
    first = [f"{folder}/{name}" for name in (*_INDEX, *order)]
    places = {name: place for place, name in enumerate(first)}
    last = len(first)
    return sorted(names, key=lambda name: (places.get(name, last), name.removesuffix(".md")))
