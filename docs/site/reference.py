"""Reference generated from code: the commands, and the modules of host and device."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import poultice

ROOT = Path(__file__).parents[2]
# Not for programs to call: the command line, what starts it, and what simulator and emulator are
# made of.
PRIVATE = ("poultice.cli.", "poultice.__main__.", "poultice.virtual.")
PACKAGES = ("poultice.virtual.emulator", "poultice.virtual")

_COMMANDS = """\
# Commands

Every command with its options, as `poultice COMMAND --help` has them. What they do in the large,
and where an option's value comes from, is in [the command line](cli.md).

::: mkdocs-click
    :module: poultice.cli.root
    :command: root
    :prog_name: poultice
    :depth: 1
    :style: table
    :list_subcommands: true
"""


def pages() -> dict[str, str]:
    """Path below docs to Markdown."""
    found = {"reference/commands.md": _COMMANDS}
    for name in public_modules():
        found[f"reference/api/{name}.md"] = _module(name, private=False)
    for name in device_modules():
        found[f"reference/core/{name}.md"] = _module(name, private=True)
    return found


def public_modules() -> list[str]:
    """The modules of `poultice` that a program may use."""
    names = [one.name for one in pkgutil.walk_packages(poultice.__path__, "poultice.")]
    hidden = [name for name in names if f"{name}.".startswith(PRIVATE) and name not in PACKAGES]
    return ["poultice", *[name for name in names if name not in hidden]]


def device_modules() -> list[str]:
    """The modules of the device's logic and of its board, by file: the board's need a chip."""
    found = []
    for folder in ("firmware/core", "firmware/pico"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            found.append(".".join(parts).removesuffix(".__init__"))
    return found


def _module(name: str, *, private: bool) -> str:
    """A page of mkdocstrings; its heading carries the module's name as an anchor to refer to."""
    options = (
        '      filters: ["!^_[A-Z]", "!^__(all|slots)__$"]\n      show_if_no_docstring: true\n'
        if private
        else '      filters: ["!^_"]\n'
    )
    return f"# `{name}` {{ #{name} }}\n\n::: {name}\n    options:\n{options}"
