"""Files with somebody's answers are their owner's alone, whatever the umask, and made so."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from poultice.cli import main, output
from poultice.record import private
from poultice.record.store import FILE_NAME, History


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True, params=[0o022, 0o000], ids=["umask 022", "umask 000"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "a" / "data"))
    return tmp_path / "a" / "data"


def test_the_record_is_its_owner_s_alone(data: Path) -> None:
    History.open()
    assert mode(data) == 0o700
    assert mode(data / FILE_NAME) == 0o600


def test_a_whole_session_leaves_nothing_to_others(data: Path, short: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for line in (
        ["run", short, "-d", "sim:?speed=max", "--yes"],
        ["report", "-o", str(out / "a.html")],
        ["history", "export", "-o", str(out / "b.csv")],
        ["history", "export", "-o", str(out / "c.jsonl")],
    ):
        assert main(line) == 0
    written = [*data.iterdir(), *out.iterdir()]
    assert len(written) >= 4
    assert {mode(path) for path in written} == {0o600}


def test_what_sqlite_keeps_beside_it_too(data: Path) -> None:
    History.open()
    connection = sqlite3.connect(data / FILE_NAME)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE more (x)")
    connection.commit()
    beside = sorted(path.name for path in data.iterdir())
    assert beside == [FILE_NAME, f"{FILE_NAME}-shm", f"{FILE_NAME}-wal"]
    assert {mode(path) for path in data.iterdir()} == {0o600}
    connection.close()


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
def test_what_was_there_before_is_narrowed(ending: str, data: Path) -> None:
    data.mkdir(parents=True, mode=0o755)
    data.chmod(0o755)
    old = data / (FILE_NAME + ending)
    old.touch()
    old.chmod(0o664)
    private.database(data / FILE_NAME)
    assert mode(old) == 0o600
    assert mode(data) == 0o700


def test_a_directory_with_other_things_in_it_is_left_as_it_is(data: Path) -> None:
    """It may be somebody's home, or /tmp."""
    data.mkdir(parents=True)
    data.chmod(0o755)
    (data / "letter.txt").touch()
    (data / "letter.txt").chmod(0o644)
    History.open()
    assert mode(data) == 0o755
    assert mode(data / "letter.txt") == 0o644
    assert mode(data / FILE_NAME) == 0o600


def test_more_than_the_owner_s_part_is_never_given(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.touch()
    path.chmod(0o440)
    private.narrow(path)
    assert mode(path) == 0o400
    private.narrow(tmp_path / "not there")


def test_a_report_over_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.touch()
    path.chmod(0o644)
    output.write(str(path), b"x")
    assert mode(path) == 0o600


def test_a_pipe_s_mode_is_not_ours_to_change(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    program = f"open({str(pipe)!r}, 'rb').read()"
    with subprocess.Popen([sys.executable, "-c", program]):
        output.write(str(pipe), b"x")
    assert mode(pipe) == 0o666


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no users")
def test_what_cannot_be_narrowed_costs_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    History.open()
    (data / FILE_NAME).chmod(0o644)

    def refused(self: Path, number: int) -> None:
        raise PermissionError(1, "not yours")

    monkeypatch.setattr(Path, "chmod", refused)
    assert History.open().list() == []
