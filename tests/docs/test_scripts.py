"""The snippets for other programs: the Python one is run, each command of the others too."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from poultice.cli import main

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"\bpoultice (?:run|status|stop|history)\b[^\n`>]*")
PORT = "serial:/dev/ttyACM0"


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((HOW_TO / page).read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def own_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))


def test_ten_lines_of_python_run_a_session(tmp_path: Path) -> None:
    [(language, script)] = blocks("run-from-python.md")
    assert language == "python"
    assert len([line for line in script.splitlines() if line.strip()]) <= 10
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) > 1200
    assert re.fullmatch(r"complete 4\d\.\d+ °C 0\.\d+ CEM43", lines[-1])


def commands(*languages: str) -> list[str]:
    """Every command line of the blocks in `languages`."""
    return [
        one.strip()
        for language, content in blocks("home-assistant.md")
        if language in languages
        for one in COMMAND.findall(content)
    ]


@pytest.mark.parametrize("command", commands("yaml", "ini", "cron"))
def test_each_command_gives_the_object_that_the_page_counts_on(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.endswith(f"-d {PORT}")
    assert "run" not in command.split() or "--confirm button" in command
    arguments = shlex.split(command.replace(PORT, "'sim:?speed=max'"))[1:]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == f"poultice.{arguments[0]}/1"
    if arguments[0] == "status":
        [yaml, *_] = [content for language, content in blocks("home-assistant.md")]
        [members] = re.findall(r"json_attributes: \[([\w, ]+)\]", yaml)
        named = [*members.split(", "), *re.findall(r"value_json\.(\w+)", yaml)]
        assert set(named) <= set(found)
    if "--detach" in arguments:
        assert found["outcome"] is None and found["session"] == 1


def test_the_commands_are_all_there() -> None:
    assert len(commands("yaml")) == 3
    assert len(commands("ini")) == len(commands("cron")) == 1


def test_the_units_parse() -> None:
    seen = set()
    for language, content in blocks("home-assistant.md"):
        if language == "ini":
            unit = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",))
            unit.optionxform = str  # type: ignore[assignment,method-assign]
            unit.read_string(content)
            seen |= set(unit.sections())
    assert seen == {"Unit", "Service", "Timer", "Install"}


def test_the_yaml_parses() -> None:
    yaml = pytest.importorskip("yaml")
    loaded = [
        yaml.safe_load(content) for kind, content in blocks("home-assistant.md") if kind == "yaml"
    ]
    assert loaded[0]["command_line"][0]["sensor"]["command"].startswith("poultice status")
    assert loaded[1]["script"]["offer_a_session"]["sequence"]
