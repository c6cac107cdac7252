"""`--record FILE`: begun with the session and never before, and never over what is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main
from tests.host.conftest import Say
from tests.host.faulty import Faulty, error, says
from tests.host.written import phase, protocol

BEFORE = "a record of before, longer than anything that comes after it\n" * 2000


@pytest.fixture(autouse=True)
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POULTICE_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.chdir(tmp_path)
    for name, target in (("mine", 40), ("hot", 44)):
        (tmp_path / f"{name}.toml").write_text(
            protocol("mine", phase("heat", target, 30)), encoding="utf-8"
        )
    (tmp_path / "config.toml").write_text("sensitive = false\n", encoding="utf-8")
    (tmp_path / "record").write_text(BEFORE, encoding="utf-8")
    return tmp_path


def run(*args: str) -> int:
    return main(["run", *args, "--yes", "--record", "record"])


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("mine.toml", "-d", "/dev/not-there"), 3),
        (("nope",), 2),
        (("hot.toml", "-d", "sim:"), 6),
        (("mine.toml", "-d", "sim:?fault=sensor_open@boot"), 6),
        (("mine.toml", "-d", "sim:?fault=estop@boot"), 7),
        (("mine.toml", "-d", "sim:?user=absent&speed=max", "--confirm", "button"), 8),
        (("mine.toml", "-d", "sim:", "--dry-run"), 0),
    ],
)
def test_a_run_that_is_refused_leaves_the_file_as_it_was(
    args: tuple[str, ...], code: int, at: Path
) -> None:
    for _ in range(2):
        assert run(*args) == code
        assert [one.read_text(encoding="utf-8") for one in at.glob("record")] in ([BEFORE], [])
        (at / "record").unlink(missing_ok=True)


def test_it_begins_with_the_session(device: Faulty, at: Path) -> None:
    def starts(params: Any, ask: Callable[[], Any]) -> Any:
        assert (at / "record").read_text(encoding="utf-8") == BEFORE
        return ask()

    device.answers["start"] = starts
    assert run("mine.toml") == 0
    rows = [json.loads(line) for line in (at / "record").read_text(encoding="ascii").splitlines()]
    assert len(rows) > 30
    assert rows[-1]["params"]["state"] == "idle"


def test_a_start_that_is_refused_leaves_it_too(device: Faulty, at: Path) -> None:
    device.answers["start"] = says(error(7, "not_ready"))
    assert run("mine.toml") == 6
    assert (at / "record").read_text(encoding="utf-8") == BEFORE


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("mine.toml", "read by this very session"),
        ("./mine.toml", "read by this very session"),
        ("link.toml", "read by this very session"),
        ("config.toml", "read by this very session"),
        ("data/history.sqlite3", "read by this very session"),
        ("/dev/zero", "is a device"),
        ("data", "it is a directory"),
        ("no/where", "no such directory"),
        ("zero\0byte", "cannot be written"),
    ],
)
def test_what_is_an_input_or_no_file_is_refused(record: str, says: str, at: Path, say: Say) -> None:
    (at / "link.toml").symlink_to("mine.toml")
    (at / "data").mkdir()
    (at / "data/history.sqlite3").touch()
    kept = {one: one.read_bytes() for one in (at / "mine.toml", at / "config.toml")}
    line = ["run", "mine.toml", "-d", "sim:?speed=max", "--yes", "--record", record]
    assert says in say(line, 2).err
    assert {one: one.read_bytes() for one in kept} == kept


@pytest.mark.parametrize("writes", [True, False])
def test_one_that_another_program_writes_is_refused(
    writes: bool, at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mode = "a" if writes else "r"
    program = f"f = open('record', {mode!r}); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=at
    ) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline() == b"open\n"
        code = run("mine.toml", "-d", "sim:?speed=max")
        other.stdin.write(b"\n")
        other.stdin.close()
    assert code == (2 if writes else 0)
    assert ("another program writes it" in capsys.readouterr().err) == writes
    assert ((at / "record").read_text(encoding="utf-8") == BEFORE) == writes


def test_a_pipe_that_nobody_reads_costs_its_lines_alone(
    at: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("poultice.cli.record_file.END_S", 0.05)
    (at / "record").unlink()
    os.mkfifo(at / "record")
    assert run("mine.toml", "-d", "sim:?speed=max") == 0
    told = capsys.readouterr()
    assert "the end of --record record is missing" in told.err
    assert "mine: complete" in told.out
    # Let the thread go.
    os.close(os.open(at / "record", os.O_RDONLY | os.O_NONBLOCK))


def test_only_its_owner_may_read_it(at: Path) -> None:
    (at / "record").unlink()
    assert run("mine.toml", "-d", "sim:?speed=max") == 0
    assert (at / "record").stat().st_mode & 0o777 == 0o600
