"""What ran on a simulated device is no treatment: marked where it is shown, counted nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from poultice.cli import main
from poultice.record import trends
from poultice.record.report import recorded
from poultice.record.store import History
from tests.host.conftest import Say
from tests.host.recorded import changed
from tests.host.served import Served
from tests.host.written import phase, protocol

ROOT = Path(__file__).parents[2]
RUN = "run {} -d sim:?speed=max --yes"


@pytest.fixture(autouse=True)
def longer(tmp_path: Path, short: str) -> Path:
    path = tmp_path / "longer.toml"
    path.write_text(protocol("longer", phase("heat", 40, 40)), encoding="utf-8")
    return path


@pytest.fixture
def simulated(short: str, say: Say) -> History:
    say(RUN.format(short))
    return History.open()


def real(history: History) -> None:
    """The same session, as if it had been on a board."""
    changed(
        history.path,
        "UPDATE sessions SET device = replace(device, 'sim:?speed=max', 'serial:/dev/ttyACM0')",
    )


@pytest.mark.parametrize("words", ["history", "history list"])
def test_the_list(words: str, simulated: History, say: Say) -> None:
    assert say(f"{words} --json").json["sessions"] == []
    [row] = say(f"{words} --simulated --json").json["sessions"]
    assert (row["n"], row["simulated"]) == (1, True)
    assert "short (simulated)" in say(f"{words} --simulated").out
    assert "--simulated" in say(words).err


def test_trends_count_it_nowhere(simulated: History, longer: Path, say: Say) -> None:
    assert say("history trends --json").json["weeks"] == []
    [week] = say("history trends --simulated --json").json["weeks"]
    assert week["heat_s"] == 30
    assert "no treatment" in say("history trends --simulated").out
    real(simulated)
    say(RUN.format(longer))
    for more, heat_s in (("", 30), (" --simulated", 40)):
        [week] = say(f"history trends{more} --json").json["weeks"]
        assert (week["sessions"], week["heat_s"]) == (1, heat_s)
    [counted] = trends.weekly(simulated, date.today())
    assert counted.sessions == 1


@pytest.mark.parametrize(("is_real", "sessions"), [(True, 1), (False, 3)])
def test_the_weeks_of_a_report_are_of_its_own_kind(
    is_real: bool, sessions: int, simulated: History, longer: Path, say: Say
) -> None:
    if is_real:
        real(simulated)
    for _ in range(2):
        say(RUN.format(longer))
    read = recorded.read(simulated, 1)
    assert [week.sessions for week in read.weeks] == [sessions]
    assert read.simulated is not is_real


@pytest.mark.parametrize("words", ["history show", "history export", "report -o -"])
def test_the_latest_is_a_real_one_where_there_is_one(
    words: str, short: str, longer: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(RUN.format(short).split()) == 0
    capfd.readouterr()
    assert main(words.split()) == 0
    assert "note: session 1 was simulated" in capfd.readouterr().err
    real(History.open())
    assert main(RUN.format(longer).split()) == 0
    capfd.readouterr()
    assert main(words.split()) == 0
    shown = capfd.readouterr()
    assert "simulated" not in shown.err and "longer" not in shown.out


def test_one_that_is_shown_says_so(simulated: History, say: Say) -> None:
    assert "simulated: no treatment" in say("history show 1").out
    assert say("history show 1 --json").json["simulated"] is True
    assert say("history export 1 --json").rows[0]["simulated"] is True


def test_a_device_served_on_a_pseudo_terminal_is_simulated_too(short: str, say: Say) -> None:
    with Served() as served:
        say(["run", short, "-d", served.path, "--yes"])
    assert say("history --json").json["sessions"] == []
    assert len(say("history --simulated --json").json["sessions"]) == 1


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
