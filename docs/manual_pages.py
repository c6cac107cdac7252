"""`python docs/manual_pages.py DIRECTORY`: a manual page for each command, from its own help."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click_man.core import write_man_pages

from poultice import __version__
from poultice.cli.root import root

if __name__ == "__main__":
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    # The commands are loaded when they are asked for; click-man only takes those there are.
    context = click.Context(root)
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        root.add_command(command, name)
    write_man_pages("poultice", root, version=__version__, target_dir=str(directory))
