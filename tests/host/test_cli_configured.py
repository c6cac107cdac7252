"""The configuration file: what it may say, and that nothing in it is passed over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from poultice.cli import main
from poultice.cli.base import Command, Group, option
from poultice.cli.configured import defaults, options
from poultice.cli.root import COMMANDS, root
from poultice.errors import UsageError
from tests.host.conftest import Say


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    path.touch()
    monkeypatch.setenv("POULTICE_CONFIG", str(path))
    return path


def test_every_option_of_every_command_may_stand_in_the_file() -> None:
    for name in COMMANDS:
        command = root.get_command(click.Context(root), name)
        assert command is not None
        commands = [command, *getattr(command, "commands", {}).values()]
        parameters = {one.name for each in commands for one in each.params}
        assert set(options(root, name).values()) <= parameters
    assert options(root, "run")["json"] == "as_json"
    assert options(root, "history")["format"] == "form"
    assert options(root, "help") == {}


def test_a_table_wins_over_the_top(config: Path) -> None:
    config.write_text('device = "sim:"\njson = true\n[run]\ndevice = "usb:1"\ndry_run = true\n')
    assert defaults(root, "run") == {"device": "usb:1", "as_json": True, "dry_run": True}
    assert defaults(root, "status") == {"device": "sim:", "as_json": True}


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
        defaults(root, "status")
    assert str(config) in str(caught.value)
    assert word in (caught.value.hint or "") or word == "docs/reference/cli.md"


@pytest.mark.parametrize("text", ["[run]\nconfirm = ['host']\n", "[run.confirm]\nx = 1\n"])
def test_a_list_or_a_table_is_not_taken_for_a_name_that_is_unknown(config: Path, text: str) -> None:
    config.write_text(text)
    with pytest.raises(UsageError, match=r"\[run\] confirm: expected one value") as caught:
        defaults(root, "status")
    assert "did you mean" not in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "says"),
    [("run = 3\n", r"run: expected a table, \[run\]"),
     ("[[run]]\nyes = true\n", r"run: expected a table, \[run\]"),
     ("device = ['sim:']\n", "device: expected one value")],
)  # fmt: skip
def test_a_known_name_with_the_wrong_kind_of_value_is_not_called_unknown(
    config: Path, text: str, says: str
) -> None:
    config.write_text(text)
    with pytest.raises(UsageError, match=says) as caught:
        defaults(root, "status")
    assert "did you mean" not in (caught.value.hint or "")


def test_a_name_that_is_a_command_and_an_option_may_be_either(config: Path) -> None:
    config.write_text("confirm = 'host'\n")
    assert defaults(root, "run") == {"confirm": "host"}


def test_no_file_is_no_defaults(config: Path) -> None:
    assert defaults(root, "run") == {}


@click.command(cls=Command)
@option("--device", default="default")
@option("--sensitive", is_flag=True)
def probe(device: str, sensitive: bool) -> None:
    """Tells what it was given."""
    click.echo(f"{device} {sensitive}")


@pytest.fixture
def given(config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """What a command of two words and one of one word are given, from all four places at once."""
    group = Group("firmware")
    group.add_command(probe, "info")
    commands = {"run": probe, "firmware": group}
    monkeypatch.setattr(type(root), "get_command", lambda self, ctx, name: commands.get(name))

    def told(line: str) -> str:
        capsys.readouterr()
        assert main(line.split()) == 0
        return capsys.readouterr().out.strip()

    return told


@pytest.mark.parametrize("words", ["run", "firmware info"])
def test_the_order_of_precedence(
    words: str, given: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = words.split()[0]
    assert given(words) == "default False"
    config.write_text('device = "top"\n')
    assert given(words) == "top False"
    config.write_text(f'device = "top"\n[{first}]\ndevice = "table"\n')
    assert given(words) == "table False"
    monkeypatch.setenv("POULTICE_DEVICE", "any")
    assert given(words) == "any False"
    monkeypatch.setenv(f"POULTICE_{first.upper()}_DEVICE", "own")
    assert given(words) == "own False"
    assert given(f"{words} --device line") == "line False"


def test_an_empty_variable_is_none(
    given: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('device = "top"\nsensitive = true\n')
    monkeypatch.setenv("POULTICE_DEVICE", "")
    assert given("run") == "top True"


def test_the_device_before_the_word_behind_it_wins_over_the_environment(
    monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    monkeypatch.setenv("POULTICE_DEVICE", "/dev/not-there")
    say("config -d sim: show")
    say("config show -d sim:")
    say("config -d /dev/nor-there show -d sim:")
    assert "/dev/not-there" in say("config show", 3).err


PATHS = [
    (name, option)
    for name in COMMANDS
    for option in sorted(options(root, name))
    if option in ("device", "record", "output", "plot", "image", "drive")
]


@pytest.mark.parametrize("where", ["line", "environment", "table", "top"])
@pytest.mark.parametrize(("name", "option"), PATHS, ids=lambda value: str(value))
def test_every_path_may_begin_with_a_tilde(
    name: str, option: str, where: str, config: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Of every option of every command that takes one, wherever it comes from."""
    monkeypatch.setenv("HOME", str(tmp_path))
    words: list[str] = []
    if where == "line":
        words = [f"--{option}", "~/mine"]
    elif where == "environment":
        monkeypatch.setenv(f"POULTICE_{option.upper()}", "~/mine")
    else:
        config.write_text(f"[{name}]\n" * (where == "table") + f'{option} = "~/mine"\n')
    command = root.get_command(click.Context(root), name)
    assert command is not None
    there = [command, *getattr(command, "commands", {}).values()]
    seen = []
    for one in there:
        for parameter in one.params:
            if f"--{option}" not in parameter.opts:
                continue
            above = click.Context(root, auto_envvar_prefix="POULTICE")
            above.default_map = {name: defaults(root, name)}
            context = click.Context(one, parent=above, info_name=name)
            context.default_map = above.default_map[name]
            parser = one.make_parser(context)
            opts, _, _ = parser.parse_args(list(words)) if words else ({}, [], [])
            value, _ = parameter.handle_parse_result(context, opts, [])
            seen.append(value)
    assert seen
    for value in seen:
        found = value[0] if isinstance(value, tuple) else value
        assert str(found) == str(tmp_path / "mine")


def test_a_tilde_in_a_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("POULTICE_DEVICE", "sim:?state=~/flash&speed=max")
    assert main(["status"]) == 0
    assert (tmp_path / "flash").is_dir()
    monkeypatch.setenv("POULTICE_DEVICE", "sim:?state=~nobody-of-that-name/flash")
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == 2
    monkeypatch.setenv("POULTICE_DEVICE", "sim:?speed=max")
    for line in ("run --yes arthritis --record ~nobody-of-that-name/x", "history"):
        monkeypatch.setenv("POULTICE_DATA_DIR", "~nobody-of-that-name/data")
        assert main(line.split()) == 2
    assert not list(tmp_path.glob("~*"))


def _commands(group: click.Group, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words it is asked for by, those below a group too."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        alone = not isinstance(command, click.Group) or command.invoke_without_command
        if alone and name not in ("doctor", "completion", "help"):
            yield (*before, name), command
        if isinstance(command, click.Group):
            yield from _commands(command, *before, name)


@pytest.mark.parametrize(("words", "command"), list(_commands(root)), ids=lambda one: "")
def test_a_missing_file_that_is_named_ends_every_command_but_not_its_help(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    say: Say,
    words: tuple[str, ...],
    command: click.Command,
) -> None:
    monkeypatch.setenv("POULTICE_CONFIG", str(tmp_path / "missing.toml"))
    monkeypatch.setenv("POULTICE_DEVICE", "sim:?speed=max")
    filled = []
    for one in command.params:
        if one.required:
            filled += [one.opts[0], "1"] if isinstance(one, click.Option) else ["1"]
    assert "missing.toml is not there" in say(" ".join((*words, *filled)), 2).err
    assert say(" ".join((*words, "--help"))).out.startswith("Usage: ")


@pytest.mark.parametrize(
    "words", ["history show", "history trends", "protocols check", "config set"]
)
@pytest.mark.parametrize("option", ["language", "units"])
@pytest.mark.parametrize("where", ["file", "variable"])
def test_nor_a_wrong_value_the_help_of_what_is_below(
    words: str, option: str, where: str, config: Path, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    if where == "file":
        config.write_text(f'{option} = "nonsense"\n')
    else:
        monkeypatch.setenv(f"POULTICE_{option.upper()}", "nonsense")
    assert say(f"{words} --help").out.startswith("Usage: ")
    said = say("history list", 2).err
    assert f"--{option}" in said and ".," not in said


def test_nor_the_doctor_and_a_run_that_reports_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    monkeypatch.setenv("POULTICE_CONFIG", str(tmp_path / "missing.toml"))
    say("doctor -d sim:")
    done = say("run arthritis -d sim:?speed=max --yes --json", 2)
    assert json.loads(done.out)["outcome"] == "refused"


@pytest.mark.parametrize(
    ("text", "variable", "said"),
    [
        ('[run]\nyes = "maybe"\n', None, "neither yes nor no, in the configuration file"),
        ('[run]\nunits = "kelvin"\n', None, "in the configuration file"),
        ("", ("POULTICE_YES", "maybe"), "no, in the environment variable POULTICE_YES"),
        ("", ("POULTICE_RUN_YES", "maybe"), "in the environment variable POULTICE_RUN_YES"),
    ],
)
def test_a_wrong_value_is_told_with_the_place_where_it_stands(
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    say: Say,
    text: str,
    variable: tuple[str, str] | None,
    said: str,
) -> None:
    config.write_text(text)
    if variable:
        monkeypatch.setenv(*variable)
    assert said in say("run arthritis --device sim: --dry-run", 2).err


@pytest.mark.parametrize(
    ("command", "text", "expected"),
    [
        *(
            (command, f"{table}{name} = {value}\n", expected)
            for command, name, expected, values in (
                ("run", "sensitive", "true or false", ("1", '""', "nan", "2026-01-01")),
                ("run", "device", "text in quotes", ("5", "true")),
                ("run", "record", "text in quotes", ("false", "5")),
                ("history", "limit", "a whole number", ("3.7", "true", "2026-01-01", "inf")),
                ("watch", "for", "a number", ("true", "2026-01-01")),
            )
            for value in values
            for table in ("", f"[{command}]\n")
        ),
    ],
)
def test_a_value_of_another_kind_is_refused_with_what_was_expected(
    config: Path, command: str, text: str, expected: str
) -> None:
    config.write_text(text)
    with pytest.raises(UsageError, match=f"{config}.*expected {expected}"):
        defaults(root, command)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("run", "sensitive = true\n"),
        ("run", 'sensitive = "yes"\n'),
        ("history", "limit = 3\n"),
        ("history", 'limit = "3"\n'),
        ("watch", "for = 1\n"),
        ("watch", "for = 1.5\n"),
        ("run", 'record = "x"\n'),
    ],
)
def test_a_value_of_its_kind_is_taken(config: Path, command: str, text: str) -> None:
    config.write_text(text)
    assert len(defaults(root, command)) == 1
