"""Output that cannot be written: a session goes on and is recorded, whatever happens to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SHORT = Path(__file__).parents[1] / "protocols" / "short.toml"
RUN = f"run {SHORT} -d 'sim:?speed=max' --yes --json"
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


def shell(command: str, directory: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "POULTICE_DATA_DIR": str(directory)}
    program = f"{sys.executable} -m poultice"
    return subprocess.run(
        ["sh", "-c", command.replace("poultice", program, 1)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )


def recorded(directory: Path) -> list[str]:
    done = shell("poultice history list --simulated --json", directory)
    return [one["outcome"] for one in json.loads(done.stdout)["sessions"]]


@pytest.mark.parametrize(
    "stderr", ["2>&-", pytest.param("2>/dev/full", marks=needs_full)], ids=["closed", "full"]
)
def test_a_session_outlives_a_stderr_that_cannot_be_written(stderr: str, tmp_path: Path) -> None:
    done = shell(f"poultice {RUN} {stderr}", tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["outcome"] == "complete"
    assert recorded(tmp_path) == ["complete"]


def test_a_session_outlives_a_reader_that_leaves(tmp_path: Path) -> None:
    shell(f"poultice {RUN} 2>&1 | head -1", tmp_path)
    assert recorded(tmp_path) == ["complete"]


@pytest.mark.parametrize("json_flag", ["", " --json"])
def test_watching_ends_with_its_reader(json_flag: str, tmp_path: Path) -> None:
    """There is nobody left who watches: it would have the port to itself for ever."""
    done = shell(f"poultice watch -d sim:{json_flag} | head -2", tmp_path)
    assert len(done.stdout.splitlines()) == 2
    assert "the view failed" not in done.stderr and "Traceback" not in done.stderr


def test_a_closed_stdout_is_no_error(tmp_path: Path) -> None:
    done = shell("poultice protocols >&-", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@needs_full
def test_a_full_stdout_is_a_plain_message(tmp_path: Path) -> None:
    done = shell("poultice protocols >/dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the output cannot be written: No space left on device")
    assert "Traceback" not in done.stderr and "unexpected" not in done.stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("run arthritis -d sim:?speed=max&fault=estop@20 --yes --json", 7),
        ("run arthritis -d sim:?speed=max&fault=estop@20 --yes", 7),
        ("run arthritis -d sim:?speed=max --yes --json", 1),
        ("protocols check hot.toml", 6),
        ("protocols", 1),
    ],
)
@pytest.mark.parametrize("where", ["a closed pipe", "a full disk"])
def test_a_report_that_nobody_takes_does_not_hide_how_it_ended(
    line: str, code: int, where: str, tmp_path: Path
) -> None:
    (tmp_path / "hot.toml").write_text(
        'name = "hot"\ntitle = "Hot"\nacute = "any"\n'
        '[[phase]]\nmode = "heat"\ntarget = 43\nminutes = 1\n'
    )
    if where == "a closed pipe":
        read, write = os.pipe()
        os.close(read)
    else:
        write = os.open("/dev/full", os.O_WRONLY)
    done = subprocess.run(
        [sys.executable, "-m", "poultice", *line.split()],
        stdout=write,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(one for one in sys.path if one),
            "POULTICE_DATA_DIR": str(tmp_path / "data"),
        },
        check=False,
    )
    os.close(write)
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_terminal_without_a_degree_sign_is_shown_none(tmp_path: Path) -> None:
    plain = "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 sh -c"
    done = shell(f'{plain} "poultice {RUN.removesuffix(" --json")}"', tmp_path)
    assert done.returncode == 0
    assert (done.stdout + done.stderr).isascii()
    assert " C, peak " in done.stdout
    assert "?" not in done.stdout.replace("?speed", "")


def test_a_report_goes_into_a_pipe_by_the_name_of_stdout(tmp_path: Path) -> None:
    shell(f"poultice {RUN}", tmp_path)
    done = shell("poultice report 1 -o /dev/stdout | cat", tmp_path)
    assert done.stderr == ""
    assert done.stdout.startswith("<!doctype html>") and "</html>" in done.stdout
