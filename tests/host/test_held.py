"""A session whose screen, pipe, terminal or signals are held up: its pings never wait."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from poultice import session
from poultice.cli import attend, main, seat
from poultice.cli.seat import SCREENED_S
from poultice.errors import PoulticeError
from poultice.record.store import History
from poultice.therapy import screening
from tests.host.served import Served
from tests.host.terminal import Terminal
from tests.host.written import phase, protocol

# An attended session that hears nothing for ten of its seconds is stopped by the device.
ATTENDED_S = 10
CTRL_S, CTRL_Q, CTRL_Z = "\x13", "\x11", "\x1a"


@pytest.fixture
def one(tmp_path: Path) -> str:
    path = tmp_path / "one.toml"
    path.write_text(protocol("one", phase("heat", 40, 60)), encoding="utf-8")
    return str(path)


@pytest.fixture
def two(tmp_path: Path) -> str:
    path = tmp_path / "two.toml"
    path.write_text(protocol("two", phase("heat", 40, 120)), encoding="utf-8")
    return str(path)


def until(seen: Callable[[], bool], timeout_s: float = 30) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not seen():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


SIZES = pytest.mark.parametrize("size", [(80, 24), (79, 23)], ids=["dashboard", "lines"])


@SIZES
def test_a_terminal_that_is_stopped_costs_no_ping(
    size: tuple[int, int], two: str, tmp_path: Path
) -> None:
    with (
        Served() as served,
        Terminal(tmp_path, "run", two, "--yes", "-d", served.path, size=size) as terminal,
    ):
        terminal.until("phase 1: heat")
        terminal.type(CTRL_S)
        until(lambda: not served.running)
        terminal.type(CTRL_Q)
        assert terminal.ended() == 0
    assert "two: complete" in terminal.text


@SIZES
def test_a_signal_stops_a_session_whose_terminal_is_stopped(
    size: tuple[int, int], tmp_path: Path
) -> None:
    with (
        Served() as served,
        Terminal(tmp_path, "run", "arthritis", "--yes", "-d", served.path, size=size) as terminal,
    ):
        terminal.until("phase 1: heat")
        terminal.type(CTRL_S)
        before_s = served.device.now_s
        until(lambda: served.device.now_s > before_s + ATTENDED_S)
        terminal.signal(signal.SIGINT)
        until(lambda: not served.running)
        terminal.type(CTRL_Q)
        assert terminal.ended() == 130
    assert "stopped; the pad is off" in terminal.text


def run(*args: str, data: Path, **more: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "poultice", "run", *args],
        env={**os.environ, "POULTICE_DATA_DIR": str(data)},
        stdin=subprocess.DEVNULL,
        text=True,
        **more,
    )


def test_a_pipe_that_nobody_reads_costs_no_ping(two: str, tmp_path: Path) -> None:
    theirs, ours = os.pipe()
    fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, 4096)
    os.write(ours, b"x" * 4000)
    with Served() as served:
        line = (two, "--yes", "--json", "-d", served.path)
        with run(*line, data=tmp_path, stdout=subprocess.PIPE, stderr=ours) as process:
            os.close(ours)
            told, _ = process.communicate(timeout=60)
    os.close(theirs)
    assert process.returncode == 0
    assert json.loads(told)["outcome"] == "complete"


def test_a_script_that_is_slow_costs_no_ping(
    one: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))
    seen: list[object] = []

    def show(update: object) -> None:
        seen.append(update)
        if len(seen) == 5:
            before_s = served.device.now_s
            until(lambda: served.device.now_s > before_s + 2 * ATTENDED_S)

    with Served() as served:
        done = session.run(one, served.path, answers=screening.assumed, on_update=show)
    assert (done.outcome, done.notes) == ("complete", [])
    assert len(seen) > 60


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGTERM"])
@pytest.mark.parametrize("ignored", [True, False])
def test_a_signal_that_was_ignored_from_the_beginning_stays_ignored(
    name: str, ignored: bool, one: str, tmp_path: Path
) -> None:
    number = getattr(signal, name)
    trap = f"trap '' {name[3:]}; " if ignored else ""
    with Served() as served:
        line = f'{trap}exec "$0" -m poultice run {one} --yes --json -d {served.path}'
        with subprocess.Popen(
            ["sh", "-c", line, sys.executable],
            env={**os.environ, "POULTICE_DATA_DIR": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            until(lambda: served.running)
            before_s = served.device.now_s
            until(lambda: served.device.now_s > before_s + 5)
            process.send_signal(number)
            told, _ = process.communicate(timeout=60)
    assert (json.loads(told)["outcome"], process.returncode) == (
        ("complete", 0) if ignored else ("stopped", 130)
    )


SHELL = (
    "import fcntl, os, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])"
)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(tmp_path, start=SHELL, PS1="ready> ", P=sys.executable) as terminal:
        terminal.until("ready> ")
        yield terminal
        terminal.type("exit\n")


@pytest.mark.parametrize("tostop", ["tostop", "-tostop"])
def test_in_the_background_the_terminal_is_left_alone(
    tostop: str, one: str, shell: Terminal
) -> None:
    with Served() as served:
        shell.type(f"stty {tostop}; $P -m poultice run {one} --yes -d {served.path} &\n")
        shell.until("phase 1: heat")
        # What is typed is the shell's, and seen.
        shell.type("echo mi''ne\n")
        shell.until(r"mi''ne\s+mine")
        shell.until("one: complete")
        shell.type("wait %1; echo code $?\n")
        shell.until("code 0")
    assert "Stopped" not in shell.text


def test_stopped_and_put_into_the_background_it_goes_on(one: str, shell: Terminal) -> None:
    # Its ten seconds are two of ours: it wakes up on a machine that does much else.
    with Served("?speed=5") as served:
        shell.type(f"$P -m poultice run {one} --yes --view plain -d {served.path}\n")
        shell.until("phase 1: heat")
        # However long the shell takes: it is stopped for none of the device's seconds. But no
        # longer than it is stopped, since awake it takes a device that stands still for lost.
        with served.still():
            shell.type(CTRL_Z)
            shell.until("Stopped")
            shell.type("bg\n")
            shell.until(r"&\s+ready> ")
        shell.type("echo mi''ne\n")
        shell.until(r"mi''ne\s+mine")
        shell.until("one: complete")
    assert shell.text.count("Stopped") == 1


def test_in_the_background_nobody_answers_the_screening(one: str, shell: Terminal) -> None:
    with Served() as served:
        shell.type(f"$P -m poultice run {one} -d {served.path} & wait %1; echo code $?\n")
        shell.until("nobody to answer the screening")
        shell.until("code 6")
        assert not served.running


@pytest.mark.parametrize(("age_s", "asked"), [(SCREENED_S, 1), (SCREENED_S + 1, 2)])
@pytest.mark.parametrize("yes", [False, True])
def test_a_screening_of_long_ago_is_asked_again(
    age_s: int,
    asked: int,
    yes: bool,
    one: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(attend, "at_terminal", lambda: True)
    times = iter([0, *[age_s] * 99])
    monkeypatch.setattr(seat, "awake_s", lambda: next(times))
    count = sum(one.applies_to in ("both", "heat") for one in screening.QUESTIONS)
    monkeypatch.setattr("sys.stdin", io.StringIO(("n\n" * count + "4\n") * 2))
    code = main(["run", one, "-d", "sim:?speed=max", *(["--yes"] if yes else [])])
    told = " ".join(capsys.readouterr().err.split())
    assert told.count(screening.QUESTIONS[0].text) == (0 if yes else asked)
    assert code == (6 if yes and asked == 2 else 0)
    assert ("older than 10 minutes" in told) == (asked == 2)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("first", [0, 1])
def test_a_stop_before_it_is_left_alone_stops_all_that_were_started(
    name: str, first: int, one: str, tmp_path: Path
) -> None:
    """It said that it was stopping, ended with 0 and left the pad heating, attended by nobody."""
    with Served("?speed=20&seed=1") as a, Served("?speed=20&seed=2") as b:
        line = (one, "--yes", "--json", "--detach", "-d", a.path, "-d", b.path)
        with run(*line, data=tmp_path, stdout=subprocess.PIPE) as process:
            until(lambda: (a, b)[first].running)
            process.send_signal(signal.Signals[name])
            told, _ = process.communicate(timeout=60)
        assert not (a.running or b.running)
    found = json.loads(told)
    assert process.returncode == found["exit"] == 130
    outcomes = [(each["outcome"], each["exit"]) for each in found["devices"]]
    assert outcomes == [("stopped", 130)] * 2
    assert found["devices"][0]["session"] == 1


def test_one_alone_too(one: str, tmp_path: Path) -> None:
    with Served() as served:
        line = (one, "--yes", "--json", "--detach", "-d", served.path)
        with run(*line, data=tmp_path, stdout=subprocess.PIPE) as process:
            until(lambda: served.running)
            process.send_signal(signal.SIGINT)
            told, _ = process.communicate(timeout=60)
        assert not served.running
    found = json.loads(told)
    assert (process.returncode, found["outcome"], found["reason"]) == (130, "stopped", "host")


def test_left_running_it_is_not_said_that_nothing_was_started(one: str, tmp_path: Path) -> None:
    """A simulated device whose flash is kept runs on, by itself, until its session is over."""
    one = one.replace("one.toml", "long.toml")
    Path(one).write_text(protocol("long", phase("heat", 40, 1200)), encoding="utf-8")
    line = (one, "--yes", "--json", "--detach", "-d", f"sim:?speed=20&state={tmp_path / 'flash'}")
    with run(*line, data=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until(lambda: any(tmp_path.glob("history.sqlite3")) and len(left(tmp_path)) == 1)
        process.send_signal(signal.SIGTERM)
        told, said = process.communicate(timeout=60)
    found = json.loads(told)
    assert (process.returncode, found["outcome"], found["session"]) == (130, None, 1)
    assert "nothing was started" not in said
    assert "left; what was started goes on" in said


def left(data: Path) -> list[int]:
    """The sessions in the record."""
    with contextlib.suppress(PoulticeError):
        return [row["n"] for row in History.open(data / "history.sqlite3").list(simulated=True)]
    return []
