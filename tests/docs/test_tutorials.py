"""Every command of a tutorial is run, in its order, and prints what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
FILE = re.compile(r"Save this as `([\w.-]+)`")
DATE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d|(?<=after )(\w{3} )?\d\d:\d\d|(?<=until )(\w{3} )?\d\d:\d\d"
)
# `.ci/run` and the workflow do these; a test may not, nor may it touch a board.
ELSEWHERE = ("make ", "source ", "git ")
# Where a page is for a real device, what stands in for it, and for the person at the terminal.
# Each option has its environment variable, so that the command itself is the page's.
STANDS_IN = {
    "build-one": {
        "poultice calibrate": {
            "POULTICE_DEVICE": "sim:?speed=max&two_point=0&bath=25,40&offset=-0.3",
            "POULTICE_REFERENCE_LOW": "25.0",
            "POULTICE_REFERENCE_HIGH": "40.0",
        },
        "poultice devices": {},
        "poultice": {"POULTICE_DEVICE": "sim:?speed=max", "POULTICE_YES": "1"},
    },
    "first-real-session": {
        "poultice": {"POULTICE_DEVICE": "sim:?speed=max", "POULTICE_YES": "1"},
    },
}


def stand_ins(tutorial: Path, command: str) -> dict[str, str]:
    """The environment in which this command of this page is run."""
    for start, values in STANDS_IN.get(tutorial.stem, {}).items():
        if command.startswith(start):
            return values
    return {}


def steps(page: str) -> list[tuple[str, list[str]]]:
    """Commands with the lines shown after them; a file to save is a step of its own."""
    found: list[tuple[str, list[str]]] = []
    for block in BLOCK.finditer(page):
        language, content = block.groups()
        if language == "console":
            for line in content.splitlines():
                if line.startswith("$ "):
                    found.append((line[2:], []))
                elif line != "...":
                    found[-1][1].append(line)
        else:
            named = FILE.findall(page[: block.start()])
            assert named, f"a block of {language} that nobody is told to save"
            found.append((f"save {named[-1]}", [content]))
    return found


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_its_commands_do_what_it_shows(tutorial: Path, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "POULTICE_DATA_DIR": str(tmp_path / "data"),
        "COLUMNS": "120",
    }
    environment.pop("PYTEST_CURRENT_TEST", None)
    code = 0
    ran = 0
    for command, shown in steps(tutorial.read_text(encoding="utf-8")):
        if command.startswith(ELSEWHERE):
            continue
        if command.startswith("save "):
            (tmp_path / command.removeprefix("save ")).write_text(shown[0], encoding="utf-8")
        elif command == "echo $?":
            assert [str(code)] == shown
        else:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env={**environment, **stand_ins(tutorial, command)},
                capture_output=True,
                text=True,
                timeout=120,
                stdin=subprocess.DEVNULL,
            )
            code = done.returncode
            said = [plain(line) for line in (done.stdout + done.stderr).splitlines()]
            for line in shown:
                assert plain(line) in said, f"{command}: it said\n{done.stdout}{done.stderr}"
            if tutorial.stem in STANDS_IN and command != "poultice devices":
                assert code == 0, f"{command}: it said\n{done.stdout}{done.stderr}"
            ran += 1
    assert ran


def plain(line: str) -> str:
    """Without what differs from run to run: the date, and how columns are padded."""
    return re.sub(r"\s+", " ", DATE.sub("DATE", line)).strip()


def test_a_command_that_fails_is_shown_with_its_code() -> None:
    for tutorial in TUTORIALS:
        shown = [*steps(tutorial.read_text(encoding="utf-8")), ("", [])]
        for (command, lines), (after, _) in pairwise(shown):
            if any(line.startswith("error:") for line in lines):
                assert after == "echo $?", command


@pytest.mark.parametrize(
    "page", [*(f"tutorials/{name}" for name in STANDS_IN), "how-to/run-a-session"]
)
def test_of_a_real_device_no_session_is_taken_for_the_first(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    # Whoever tried a simulated one before has another number; left out, it is the latest.
    assert not re.findall(r"poultice (?:history \w+|report|note) \d.*", text)


def test_what_is_asked_before_a_session_stands_before_it() -> None:
    page = (ROOT / "docs/tutorials/first-real-session.md").read_text(encoding="utf-8")
    run, afterwards = page.index("## 4. Run it"), page.index("## 5. Afterwards")
    assert "pain" in page[run:afterwards]
    assert page.index("once more for pain") < page.index("$ poultice history show")
