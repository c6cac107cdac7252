"""What ran on a simulated device is no treatment: marked where it is shown, counted nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main
from poultice.record import trends
from poultice.record.store import History
from tests.host.served import Served

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def simulated() -> History:
    assert main(["run", "arthritis", "-d", "sim:?speed=max", "--yes"]) == 0
    return History.open()


def told(capsys: pytest.CaptureFixture[str], line: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*line.split(), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def real(history: History) -> None:
    """The same session, as if it had been on a board."""
    import contextlib
    import sqlite3

    with contextlib.closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute(
            "UPDATE sessions SET device = replace(device, 'sim:?speed=max', 'serial:/dev/ttyACM0')"
        )


@pytest.mark.parametrize("words", ["history", "history list"])
def test_the_list(words: str, simulated: History, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, words)["sessions"] == []
    [row] = told(capsys, f"{words} --simulated")["sessions"]
    assert (row["n"], row["simulated"]) == (1, True)
    assert main([*words.split(), "--simulated"]) == 0
    assert "arthritis (simulated)" in capsys.readouterr().out
    assert main(words.split()) == 0
    assert "--simulated" in capsys.readouterr().err


def test_trends_count_it_nowhere(simulated: History, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "history trends")["weeks"] == []
    [week] = told(capsys, "history trends --simulated")["weeks"]
    assert week["heat_s"] == 1200
    assert main(["history", "trends", "--simulated"]) == 0
    assert "no treatment" in capsys.readouterr().out
    real(simulated)
    assert main(["run", "tendinosis", "-d", "sim:?speed=max", "--yes"]) == 0
    [week] = told(capsys, "history trends")["weeks"]
    assert (week["sessions"], week["heat_s"]) == (1, 1200)
    [week] = told(capsys, "history trends --simulated")["weeks"]
    assert (week["sessions"], week["heat_s"]) == (1, 900)
    [counted] = trends.weekly(simulated, date.today())
    assert counted.sessions == 1


@pytest.mark.parametrize("kind", ["real", "simulated"])
def test_the_weeks_of_a_report_are_of_its_own_kind(
    kind: str, simulated: History, tmp_path: Path
) -> None:
    from poultice.record.report import recorded

    if kind == "real":
        real(simulated)
    for _ in range(2):
        assert main(["run", "tendinosis", "-d", "sim:?speed=max", "--yes"]) == 0
    [week] = recorded.read(simulated, 1).weeks
    assert week.sessions == (1 if kind == "real" else 3)
    assert recorded.read(simulated, 1).simulated is (kind == "simulated")


@pytest.mark.parametrize("words", ["history show", "history export", "report -o -"])
def test_the_latest_is_a_real_one_where_there_is_one(
    words: str, simulated: History, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 0
    assert "note: session 1 was simulated" in capfd.readouterr().err
    real(simulated)
    assert main(["run", "tendinosis", "-d", "sim:?speed=max", "--yes"]) == 0
    capfd.readouterr()
    assert main(words.split()) == 0
    shown = capfd.readouterr()
    assert "simulated" not in shown.err
    assert "tendinosis" not in shown.out


def test_one_that_is_shown_says_so(simulated: History, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "show", "1"]) == 0
    assert "simulated: no treatment" in capsys.readouterr().out
    assert told(capsys, "history show 1")["simulated"] is True
    assert main(["history", "export", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["simulated"] is True


def test_a_device_served_on_a_pseudo_terminal_is_simulated_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = tmp_path / "short.toml"
    short.write_text(
        'name = "short"\ntitle = "Short"\nacute = "any"\n'
        '[[phase]]\nmode = "heat"\ntarget = 40\nseconds = 60\n'
    )
    with Served() as served:
        assert main(["run", str(short), "-d", served.path, "--yes"]) == 0
    assert told(capsys, "history")["sessions"] == []
    assert len(told(capsys, "history --simulated")["sessions"]) == 1


def test_make_demo_leaves_no_trace_outside_the_tree(tmp_path: Path) -> None:
    home, tree, venv = tmp_path / "home", tmp_path / "tree", tmp_path / "tree" / ".venv"
    (venv / "bin").mkdir(parents=True)
    home.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        (tree / name).write_bytes((ROOT / name).read_bytes())
    (venv / ".installed").touch()
    program = (
        f"#!{sys.executable}\n"
        "import sys; from poultice.cli import main\n"
        "sys.exit(main([one.replace('sim:', 'sim:?speed=max') for one in sys.argv[1:]]))\n"
    )
    (venv / "bin" / "poultice").write_text(program)
    (venv / "bin" / "poultice").chmod(0o755)
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        ["make", "demo"],
        cwd=tree,
        env={**kept, "HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    assert "arthritis: complete" in done.stdout, done.stderr
    assert list(home.rglob("*")) == []
    [record] = tree.rglob("history.sqlite3")
    assert record.parent.parent.name == "build"
