"""The configuration file: what it may say, and that nothing in it is passed over."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from poultice.cli.app import COMMANDS, root
from poultice.cli.configured import OPTIONS, defaults
from poultice.errors import UsageError


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("POULTICE_CONFIG", str(path))
    return path


def options_of(command: click.Command) -> set[str]:
    named = {
        opt.removeprefix("--")
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for opt in parameter.opts
        if opt.startswith("--")
    }
    for child in getattr(command, "commands", {}).values():
        named |= options_of(child)
    return named - {"help"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_is_what_the_command_has(name: str) -> None:
    command = root.get_command(click.Context(root), name)
    assert command is not None
    assert options_of(command) == OPTIONS[name]


def test_a_table_wins_over_the_top(config: Path) -> None:
    config.write_text('device = "sim:"\njson = true\n[run]\ndevice = "usb:1"\ndry_run = true\n')
    told = defaults()
    assert told["run"] == {"device": "usb:1", "as_json": True, "dry_run": True}
    assert told["status"] == {"device": "sim:", "as_json": True}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[run]\nsensitve = true\n", "did you mean sensitive?"),
        ("sensitve = true\n", "did you mean sensitive?"),
        ("run = 5\n", "docs/reference/cli.md"),
        ("[[run]]\nsensitive = true\n", "docs/reference/cli.md"),
        ("data_dir = 5\n", "docs/reference/cli.md"),
        ("[nope]\n", "docs/reference/cli.md"),
        ("[run]\ndevice = ['sim:']\n", "docs/reference/cli.md"),
    ],
)
def test_what_is_not_understood_is_an_error(config: Path, text: str, word: str) -> None:
    config.write_text(text)
    with pytest.raises(UsageError) as caught:
        defaults()
    assert str(config) in str(caught.value)
    assert word in (caught.value.hint or "") or word == "docs/reference/cli.md"


def test_no_file_is_no_defaults(config: Path) -> None:
    assert defaults() == {name: {} for name in OPTIONS}
