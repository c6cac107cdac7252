"""The snippets for other programs: the Python one is run, each command of the others too."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from poultice.cli import main
from poultice.errors import ExitCode
from poultice.link.client import CALL_TIMEOUT_S, SETTLE_S
from poultice.session.engine import STOP_S

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
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.endswith(f"-d {PORT}")
    assert "run" not in command.split() or "--confirm button" in command
    arguments = shlex.split(command.replace(PORT, f"'sim:?speed=max&state={tmp_path}/flash'"))[1:]
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


def recipe(language: str) -> list[str]:
    return [content for kind, content in blocks("home-assistant.md") if kind == language]


def service() -> configparser.SectionProxy:
    """What the page's unit says of the program it starts."""
    unit = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(recipe("ini")[0])
    return unit["Service"]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here: `apt-get install systemd` as root")
    # A home of its own, in which `pipx` has put the program, and no other unit lies.
    program = tmp_path / ".local/bin/poultice"
    program.parent.mkdir(parents=True)
    program.symlink_to("/bin/true")
    units = [tmp_path / f"poultice.{kind}" for kind in ("service", "timer")]
    for path, content in zip(units, recipe("ini"), strict=True):
        path.write_text(content, encoding="utf-8")

    def verify() -> tuple[int, str]:
        done = subprocess.run(
            [analyze, "--user", "verify", *map(str, units)],
            env={**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    assert verify() == (0, "")
    # It looks at what it is to start: without the whole path it does not find it.
    program.unlink()
    code, says = verify()
    assert code != 0
    assert "not executable" in says


def test_the_units_parse() -> None:
    seen = set()
    for content in recipe("ini"):
        unit = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",))
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(content)
        seen |= set(unit.sections())
    assert seen == {"Unit", "Service", "Timer", "Install"}


def test_no_scheduler_has_to_find_the_program() -> None:
    # %h, $HOME: what each of them has for the home that `pipx` installs into.
    lines = [
        line
        for language in ("yaml", "ini", "cron")
        for content in recipe(language)
        for line in content.splitlines()
        if COMMAND.search(line)
    ]
    assert len(lines) == 5
    whole = re.compile(r"(?:[ =]|^)(?:/home/you|%h|\$HOME)/\.local/bin/poultice ")
    assert all(whole.search(line) for line in lines)


def test_home_assistant_never_ends_the_offer() -> None:
    """It gives up after 60 s, and leaves what it started with the port."""
    yaml = pytest.importorskip("yaml")
    offer = yaml.safe_load(recipe("yaml")[0])["shell_command"]["poultice_offer"]
    [within_s] = re.findall(r"^timeout (\d+) /", offer)
    assert int(within_s) + STOP_S + 2 * CALL_TIMEOUT_S < 60
    sequence = yaml.safe_load(recipe("yaml")[1])["script"]["offer_a_session"]["sequence"]
    assert f"within {within_s} seconds" in sequence[0]["data"]["message"]
    # What a new instance has; `notify.notify` is there only once something to notify is.
    assert [step["action"] for step in sequence] == [
        "persistent_notification.create",
        "shell_command.poultice_offer",
        "persistent_notification.create",
    ]


def test_the_sensor_is_unavailable_where_there_is_no_answer() -> None:
    yaml = pytest.importorskip("yaml")
    [sensor] = [one["sensor"] for one in yaml.safe_load(recipe("yaml")[0])["command_line"]]
    assert sensor["availability"] == "{{ value_json is defined }}"
    # Its program is not ended where the time is over: it has to end by itself before.
    assert sensor["command_timeout"] > SETTLE_S + 2 * CALL_TIMEOUT_S
    assert sensor["command_timeout"] < sensor["scan_interval"]


def test_a_lost_device_fails_the_unit() -> None:
    no_failure = {int(code) for code in service()["SuccessExitStatus"].split()}
    assert no_failure == {ExitCode.REFUSED, ExitCode.INTERRUPTED}
    page = (HOW_TO / "home-assistant.md").read_text(encoding="utf-8")
    assert f"that is {ExitCode.TIMEOUT.value}, and so is a device that was lost" in page
    assert f"ends with\nexit {ExitCode.BUSY.value}" in page
    assert f"with {ExitCode.INTERRUPTED.value}, once" in page


def test_the_yaml_parses() -> None:
    yaml = pytest.importorskip("yaml")
    loaded = [yaml.safe_load(content) for content in recipe("yaml")]
    command = loaded[0]["command_line"][0]["sensor"]["command"]
    assert re.match(r"\S+/poultice status ", command)
    assert loaded[1]["script"]["offer_a_session"]["sequence"]
