"""The record keeps what it was given, and is never worth a session."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.errors import ExitCode, HistoryError, UsageError
from poultice.record import export
from poultice.record.store import FILE_NAME, SAMPLE_COLUMNS, History, RowWriter
from tests.host.conftest import Say
from tests.host.recorded import changed, record

PLAN = {"name": "arthritis", "phases": [{"mode": "heat", "target_mc": 40500, "duration_s": 60}]}
DEVICE = {"path": "serial:/dev/ttyACM0", "uid": "0123456789abcdef", "firmware": "0.1.0"}
ANSWERS = {
    "screening": "asked",
    "injury_age": "older",
    "answers": {"child": False, "raynaud": False},
}
SUMMARY = {
    "outcome": "complete",
    "reason": None,
    "fault": None,
    "duration_s": 60,
    "heat_s": 60,
    "cold_s": 0,
    "peak_mc": 40_812,
    "min_mc": 31_004,
    "dose_m": 12,
    "phases": [],
}


def telemetry(t_ms: int, **more: Any) -> dict[str, Any]:
    return {
        "t_ms": t_ms,
        "state": "running",
        "temp_mc": 40_000 + t_ms // 1000,
        "master": True,
        "heat": False,
        "cool": False,
        "sense": None,
        "something_new": 1,
        **more,
    }


def begin(
    history: History, clock_s: Callable[[], float] = lambda: 0.0, path: str = DEVICE["path"]
) -> RowWriter:
    return history.begin(
        protocol="arthritis",
        plan=PLAN,
        device={**DEVICE, "path": path},
        answers=ANSWERS,
        started_unix=1_780_000_000.5,
        clock_s=clock_s,
    )


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History.open(tmp_path / "deep" / "history.sqlite3")


@pytest.fixture
def complete(history: History) -> History:
    """With one whole session."""
    begin(history).finish("complete", SUMMARY)
    return history


def test_what_goes_in_comes_out(history: History) -> None:
    recorder = begin(history)
    recorder.event({"kind": "phase", "t_ms": 0, "phase": 0})
    for second in range(60):
        recorder.sample(telemetry(second * 1000))
    recorder.event({"kind": "complete", "t_ms": 60_000})
    recorder.finish("complete", SUMMARY)
    assert recorder.path == history.path
    assert recorder.record_id == 1

    [row] = history.list()
    assert row["n"] == 1
    assert row["started_unix"] == 1_780_000_000.5
    assert (row["protocol"], row["outcome"], row["peak_mc"]) == ("arthritis", "complete", 40_812)
    shown = history.show(1)
    assert shown["plan"] == PLAN
    assert shown["device"] == DEVICE
    assert shown["answers"] == ANSWERS["answers"]
    assert (shown["screening"], shown["injury_age"]) == ("asked", "older")
    assert shown["summary"] == SUMMARY
    assert [event["kind"] for event in shown["events"]] == ["phase", "complete"]
    assert shown["samples"] == 60
    rows = history.rows(1)
    assert [r["t_ms"] for r in rows] == list(range(0, 60_000, 1000))
    assert (rows[0]["master"], rows[0]["heat"], rows[0]["sense"]) == (True, False, None)
    assert tuple(rows[0]) == SAMPLE_COLUMNS


def test_newest_first_and_limited(history: History) -> None:
    for _ in range(3):
        begin(history).finish("stopped", {**SUMMARY, "reason": "button"})
    assert [row["n"] for row in history.list()] == [3, 2, 1]
    assert [row["n"] for row in history.list(2)] == [3, 2]


@pytest.mark.parametrize(
    ("path", "simulated"),
    [
        ("sim:", True),
        ("sim:?speed=max", True),
        ("emulator:?fault=hang@20", True),
        ("serial:/dev/pts/3", True),
        ("serial:/dev/ttys003", True),
        ("serial:/dev/ttyS0", False),
        ("serial:/dev/ttyACM0", False),
        ("usb:sim:", False),
        ("serial:/home/anna/sim:", False),
    ],
)
def test_a_simulated_session_is_marked_and_never_among_the_others(
    path: str, simulated: bool, history: History
) -> None:
    begin(history, path=path).finish("complete", SUMMARY)
    assert history.show(1)["simulated"] is simulated
    for asked in (False, True):
        rows = history.list(simulated=asked)
        assert [row["simulated"] for row in rows] == ([asked] if asked is simulated else [])
        assert len(history.plans(simulated=asked)) == len(rows)


def test_a_limit_counts_what_is_listed(complete: History) -> None:
    for _ in range(3):
        begin(complete, path="sim:").finish("complete", SUMMARY)
    assert [row["n"] for row in complete.list(1)] == [1]


@pytest.mark.parametrize("device", ["", "{", "[]", "null", '{"path": 3}', '"sim:"'])
def test_a_damaged_device_is_no_simulated_one(device: str, complete: History) -> None:
    changed(complete.path, "UPDATE sessions SET device = ?", values=(device,))
    assert [row["simulated"] for row in complete.list()] == [False]


def test_a_session_cut_off_stays_as_unfinished(history: History) -> None:
    begin(history).close()
    assert history.list()[0]["outcome"] is None
    assert history.show(1)["summary"] is None


def test_samples_are_on_disk_within_a_second(history: History) -> None:
    now_s = 0.0
    recorder = begin(history, lambda: now_s)
    for tenth in range(30):
        now_s = tenth / 10
        recorder.sample(telemetry(tenth * 100))
        newest = max([row["t_ms"] for row in history.rows(1)], default=-100)
        assert tenth * 100 - newest <= 1000
    recorder.event({"kind": "phase", "t_ms": 2900})
    assert len(history.rows(1)) == 30
    recorder.close()


def test_a_killed_process_keeps_what_it_wrote(history: History) -> None:
    code = f"""
import os, signal
from poultice.record.store import History
r = History.open({str(history.path)!r}).begin(
    protocol="x", plan={{}}, device={{}}, answers={{}}, started_unix=0.0)
r.sample({{"t_ms": 1}})
r.event({{"kind": "phase"}})
r.sample({{"t_ms": 2}})
os.kill(os.getpid(), signal.SIGKILL)
"""
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **paths}, check=False)
    assert [row["t_ms"] for row in history.rows(1)] == [1]


def test_two_at_once(history: History) -> None:
    one, two = begin(history), begin(history)
    for t_ms in range(5):
        one.sample(telemetry(t_ms))
        two.sample(telemetry(100 + t_ms))
    two.finish("complete", SUMMARY)
    one.finish("fault", {**SUMMARY, "fault": "sensor_open"})
    assert [row["t_ms"] for row in history.rows(1)] == [0, 1, 2, 3, 4]
    assert [row["outcome"] for row in history.list()] == ["complete", "fault"]


def test_default_path_is_the_data_directory(own_record: Path) -> None:
    assert History.open().path == own_record / "data" / "history.sqlite3"
    assert History.open().list() == []


def test_no_such_number(history: History) -> None:
    for call in (history.show, history.rows):
        with pytest.raises(UsageError) as caught:
            call(7)
        assert caught.value.hint


def newer(path: Path) -> None:
    History.open(path)
    changed(path, "PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b"not a database, " * 100), "move it away"),
        (Path.mkdir, ""),
        (lambda path: path.parent.rmdir() or path.parent.touch(), ""),
        (newer, "newer"),
        (lambda path: changed(path, "CREATE TABLE other (id)"), "not a record"),
    ],
    ids=["damaged", "directory", "file for directory", "newer", "somebody else's"],
)
def test_what_is_no_record_of_ours_is_told(
    make: Callable[[Path], object], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "here" / "history.sqlite3"
    path.parent.mkdir()
    make(path)
    with pytest.raises(HistoryError) as caught:
        History.open(path)
    assert caught.value.exit_code == ExitCode.UNEXPECTED
    assert caught.value.hint and path.name in str(caught.value)
    assert says in f"{caught.value} {caught.value.hint}"


def test_a_file_damaged_inside(history: History) -> None:
    recorder = begin(history)
    for t_ms in range(2000):
        recorder.sample(telemetry(t_ms))
    recorder.finish("complete", SUMMARY)
    data = bytearray(history.path.read_bytes())
    data[2048:] = b"\xa5" * (len(data) - 2048)
    history.path.write_bytes(data)
    with pytest.raises(HistoryError):
        history.rows(1)


@pytest.mark.parametrize("text", ["locked", "busy", "readonly", "full"])
def test_words_in_a_damaged_row_are_no_reason(complete: History, text: str) -> None:
    changed(complete.path, "UPDATE sessions SET peak_mc = ?", values=(text,))
    with pytest.raises(HistoryError, match=text) as caught:
        complete.show(1)
    assert "the others can be read" in str(caught.value.hint)
    assert not caught.value.data["busy"]


def test_a_note_that_is_no_text_is_shown_and_can_be_mended(complete: History) -> None:
    changed(complete.path, "UPDATE sessions SET note = CAST(x'41ff' AS TEXT), peak_mc = 'hot'")
    assert complete.rated(1)["note"] == "A\ufffd"
    complete.rate(1, {"note": "slept well"})
    assert complete.rated(1)["note"] == "slept well"


def test_locked(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poultice.record.database.BUSY_S", 0.0)
    recorder = begin(history)
    other = sqlite3.connect(history.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(HistoryError) as caught:
        recorder.event({"kind": "phase"})
    assert "another program" in str(caught.value.hint)
    other.close()
    recorder.event({"kind": "phase"})
    recorder.close()


def test_a_full_disk(history: History) -> None:
    recorder = begin(history)
    # SQLite's own limit on the size of the file answers as a full disk does.
    pages = recorder._connection.execute("PRAGMA page_count").fetchone()[0]
    recorder._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(HistoryError) as caught:
        recorder.event({"kind": "phase", "pad": "x" * 100_000})
    assert "make room" in str(caught.value.hint)
    recorder.close()
    assert history.show(1)["events"] == []


def test_gone_while_it_runs(history: History) -> None:
    recorder = begin(history)
    recorder.close()
    with pytest.raises(HistoryError):
        recorder.event({"kind": "phase"})


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**80), 2**80), st.floats(), st.text(max_size=20)
)
anything = st.one_of(scalars, st.lists(scalars, max_size=3))


@given(
    st.dictionaries(st.sampled_from(SAMPLE_COLUMNS), anything),
    st.dictionaries(st.text(max_size=10), anything, max_size=4),
)
def test_whatever_a_device_sends_is_no_crash(
    tmp_path_factory: pytest.TempPathFactory, sample: dict[str, Any], event: dict[str, Any]
) -> None:
    history = History.open(tmp_path_factory.mktemp("record") / "history.sqlite3")
    recorder = begin(history)
    try:
        recorder.sample(sample)
        recorder.event(event)
        recorder.finish("complete", event)
        assert history.show(1)["samples"] == 1
    except HistoryError:
        recorder.close()
    list(export.csv_lines(history, 1))
    for line in export.json_lines(history, 1):
        assert "\n" not in line


def test_export(history: History) -> None:
    recorder = begin(history)
    recorder.event({"kind": "phase", "t_ms": 0})
    recorder.sample(telemetry(1000, prompt='lay "it", on'))
    recorder.finish("complete", SUMMARY)
    [row] = csv.DictReader(export.csv_lines(history, 1))
    assert (row["t_ms"], row["master"], row["heat"], row["sense"]) == ("1000", "1", "0", "")
    assert row["prompt"] == 'lay "it", on'
    objects = [json.loads(line) for line in export.json_lines(history, 1)]
    assert [one["record"] for one in objects] == ["session", "event", "sample"]
    assert objects[0]["summary"] == SUMMARY


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A directory that a user without any rights may reach, which pytest's own is not."""
    with tempfile.TemporaryDirectory() as made:
        path = Path(made)
        path.chmod(0o755)
        yield path
        path.chmod(0o755)


@contextlib.contextmanager
def may_only_read(directory: Path) -> Iterator[None]:
    """Nobody may write there, nor what is there; root, who always may, is somebody else."""
    for one in directory.iterdir():
        one.chmod(0o444)
    directory.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize("beside", ["nothing", "an empty -wal", "all of it"])
def test_one_that_may_only_be_read_is_read(
    beside: str, shelf: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelf / FILE_NAME
    number = record(History.open(path), started_unix=time.time())
    # What a session that runs keeps beside it, for whoever reads.
    with contextlib.closing(sqlite3.connect(path)) as other:
        if beside == "all of it":
            other.execute("UPDATE sessions SET note = 'written last'")
            other.commit()
        else:
            other.close()
        monkeypatch.setenv("POULTICE_DATA_DIR", str(shelf))
        monkeypatch.setenv("POULTICE_CONFIG", os.devnull)
        lines = ("history", "history show", "history trends", "report -o -", "history export")
        for line in lines:
            say(line)  # all modules are loaded, as somebody who may
        if beside == "an empty -wal":
            (shelf / f"{FILE_NAME}-wal").touch()
        if beside == "nothing":
            assert [one.name for one in shelf.iterdir()] == [FILE_NAME]
        with may_only_read(shelf):
            for line in lines:
                told = say(line)
                assert told.out and not told.err
                if (beside, line) == ("all of it", "history show"):
                    assert "written last" in told.out
            assert "check its permissions" in say("note --pain-after 3", 1).err
            with pytest.raises(HistoryError):
                History.require_writable()
        assert History(path).show(number)["pain_after"] is None


def test_one_with_changes_beside_it_that_nobody_may_join_is_not_read(
    shelf: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(History.open(shelf / "made.sqlite3"))
    with contextlib.closing(sqlite3.connect(shelf / "made.sqlite3")) as other:
        other.execute("UPDATE sessions SET note = 'written last'")
        other.commit()
        for ending in ("", "-wal"):
            shutil.copy(shelf / f"made.sqlite3{ending}", shelf / f"{FILE_NAME}{ending}")
    monkeypatch.setenv("POULTICE_DATA_DIR", str(shelf))
    monkeypatch.setenv("POULTICE_CONFIG", os.devnull)
    with may_only_read(shelf):
        # Not without its last changes, as if they had not been.
        assert "check its permissions" in say("history", 1).err
