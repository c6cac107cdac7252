"""The recorder: what cannot be written now is written later, and no session waits for it."""

from __future__ import annotations

import contextlib
import errno
import io
import itertools
import json
import os
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main
from poultice.link.messages import Event, Telemetry
from poultice.record.store import History
from poultice.session import recorder as recorders
from poultice.session.recorder import END_S, Recorder, Recording, unwritable
from tests.host.fakes import FakeDevice

WHAT = {
    "protocol": "arthritis",
    "plan": {"phases": []},
    "device": {"path": "fake:"},
    "answers": {"screening": "assumed"},
    "started_unix": 1_780_000_000.0,
}


class Clock:
    """Seconds that pass while somebody waits; `at` holds what happens when."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.at: list[tuple[float, Callable[[], object]]] = []

    def __call__(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        for at_s, do in [one for one in self.at if one[0] <= self.now_s]:
            self.at.remove((at_s, do))
            do()


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("poultice.record.database.BUSY_S", 0.0)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    return tmp_path


def locked(data: Path, how: str = "BEGIN EXCLUSIVE") -> sqlite3.Connection:
    """Another program that holds the history."""
    History.open()
    other = sqlite3.connect(data / "history.sqlite3", isolation_level=None, check_same_thread=False)
    other.execute(how)
    return other


def recorded(clock: Clock) -> tuple[Recorder, Recording]:
    recorder = Recorder(clock, clock.wait, threaded=False)
    return recorder, recorder.begin(WHAT)


def say(recording: Recording, second: int) -> None:
    recording.take(Telemetry(second * 1000, "running"), began=True)


def written() -> list[tuple[str | None, int]]:
    history = History.open()
    return [(one["outcome"], history.show(one["n"])["samples"]) for one in history.list()]


def test_a_lock_of_five_seconds_costs_nothing(data: Path) -> None:
    clock = Clock()
    recorder, recording = recorded(clock)
    other = None
    for second in range(1203):
        if second == 100:
            other = locked(data)
        if second == 105 and other is not None:
            other.close()
        say(recording, second)
        recorder.turn()
    recording.finish("complete", {"record": None})
    assert recording.close() == []
    assert written() == [("complete", 1203)]
    assert History.open().show(1)["summary"]["record"] == str(data / "history.sqlite3")


def test_a_reader_keeps_nobody_from_writing(data: Path) -> None:
    recorder, recording = recorded(Clock())
    say(recording, 0)
    recorder.turn()
    other = locked(data, "BEGIN")
    assert other.execute("SELECT count(*) FROM samples").fetchone() == (1,)
    say(recording, 1)
    recorder.turn()
    assert recording.error is None
    assert written() == [(None, 2)]
    assert other.execute("SELECT count(*) FROM samples").fetchone() == (1,)
    other.close()
    recording.finish("complete", {"record": None})
    assert recording.close() == []


@pytest.mark.parametrize(
    ("begun", "held_s", "told"),
    [(True, END_S - 2, None), (True, END_S + 3, "not all of this session is in the history"),
     (False, END_S - 2, None), (False, END_S + 3, "this session is not in the history")],
)  # fmt: skip
def test_at_the_end_it_is_tried_longest_and_what_is_missing_is_told(
    begun: bool, held_s: float, told: str | None, data: Path
) -> None:
    clock = Clock()
    recorder, recording = recorded(clock)
    if begun:
        say(recording, 0)
        recorder.turn()
    other = locked(data)
    clock.at.append((clock.now_s + held_s, other.close))
    say(recording, 1)
    recording.finish("complete", {})
    notes = recording.close()
    assert clock.now_s <= END_S + 3
    other.close()
    if told is None:
        assert (notes, written()) == ([], [("complete", 1 + begun)])
    else:
        assert told in notes[0] and "another program holds it" in notes[1]
        assert written() == ([(None, 1)] if begun else [])


def test_what_no_waiting_mends_is_not_waited_for(data: Path) -> None:
    (data / "history.sqlite3").write_bytes(b"no database" * 100)
    clock = Clock()
    recorder, recording = recorded(clock)
    for second in range(3):
        say(recording, second)
        recorder.turn()
    before_s = clock.now_s
    assert "this session is not in the history" in recording.close()[0]
    assert clock.now_s - before_s <= 1
    # Mended meanwhile: it would have been written after all.
    recorder, recording = recorded(clock)
    say(recording, 0)
    recorder.turn()
    (data / "history.sqlite3").unlink()
    assert recording.close() == []
    assert written() == [(None, 1)]


@pytest.mark.parametrize(("said", "kept"), [(10, 10), (11, 10)])
def test_memory_is_bounded_and_what_was_dropped_is_told(
    said: int, kept: int, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorders, "KEPT", 10)
    _, recording = recorded(Clock())
    for second in range(said):
        say(recording, second)
    recording.take(Event("complete", 1, {"kind": "complete"}), began=True)
    notes = recording.close()
    assert bool(notes) == (said > kept)
    assert all("1 samples were too many" in one for one in notes)
    assert written() == [(None, kept)]


def test_an_ending_is_written_whatever_its_caller_waits_for(data: Path) -> None:
    recorder, recording = recorded(Clock())
    say(recording, 0)
    recording.finish("complete", {})
    recorder.turn()
    assert written() == [("complete", 1)]
    assert recording.close() == []


def test_what_never_began_is_in_no_history(data: Path) -> None:
    _, recording = recorded(Clock())
    recording.take(Telemetry(1, "armed"), began=False)
    assert recording.close() == []
    assert not (data / "history.sqlite3").exists()


def test_several_in_one_file_wait_for_the_lock_once_a_turn(data: Path) -> None:
    clock = Clock()
    recorder = Recorder(clock, clock.wait, threaded=False)
    recordings = [recorder.begin(WHAT) for _ in range(7)]
    other = locked(data)
    for one in recordings:
        say(one, 0)
    recorder.turn()
    assert [one.busy for one in recordings] == [True] + [False] * 6
    other.close()
    for one in recordings:
        one.finish("complete", {})
    assert [one.close() for one in recordings] == [[]] * 7
    assert written() == [("complete", 1)] * 7


def test_seven_pads_and_a_lock(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recorders, "TRY_S", 0.01)
    other = locked(data)
    devices = {f"fake:{n}": FakeDevice() for n in range(7)}
    ended: set[str] = set()

    def asked(path: str, _: Any) -> dict[str, Any]:
        # Held until the last of them has run to its end.
        if devices[path].journal:
            ended.add(path)
        if len(ended) == 7:
            other.close()
        return {"entries": devices[path].journal, "next": None}

    for path, one in devices.items():
        one.override["journal"] = partial(asked, path)
    monkeypatch.setattr("poultice.device.discovery.open_transport", lambda path: devices[path])
    monkeypatch.setattr("poultice.link.transport.split_path", lambda path: ("fake", path))
    line = itertools.chain.from_iterable(("-d", one) for one in devices)
    assert main(["run", "arthritis", "--yes", "--json", *line]) == 0
    told = capsys.readouterr()
    assert [one["outcome"] for one in json.loads(told.out)["devices"]] == ["complete"] * 7
    assert "warning" not in told.err and "in the history" not in told.err
    assert [one[0] for one in written()] == ["complete"] * 7
    assert all(one[1] >= 1200 for one in written())


def test_a_disk_that_does_not_answer_keeps_no_session(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    over = threading.Event()
    device = FakeDevice()
    commit = recorders.Recording._write

    def hangs(self: Recording) -> None:
        assert over.wait(60)
        commit(self)

    def ended(params: Any) -> dict[str, Any]:
        if device.journal:
            over.set()
        return {"entries": device.journal, "next": None}

    device.override["journal"] = ended
    monkeypatch.setattr(recorders.Recording, "_write", hangs)
    monkeypatch.setattr("poultice.device.discovery.open_transport", lambda path: device)
    monkeypatch.setattr("poultice.device.discovery.choose", lambda: "fake:")
    assert main(["run", "arthritis", "--yes"]) == 0
    assert written()[0][0] == "complete" and written()[0][1] >= 1200


def unusable_record(how: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the record at `path` one that no session can be put into."""
    History.open(path)
    if how == "another format":
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA user_version = 99")
    elif how == "another program's":
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA user_version = 0")
    elif how == "no database":
        path.write_bytes(b"not a database, by far " * 100)
    elif how == "a directory":
        path.unlink()
        path.mkdir()
    elif how == "a full disk":

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("poultice.record.database.os.fsync", full)
    else:
        may_read = partial(sqlite3.connect, f"{path.as_uri()}?mode=ro", uri=True)
        monkeypatch.setattr("poultice.record.database.connect", lambda path: may_read())


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("another format", "newer poultice"),
        ("another program's", "not a record of poultice"),
        ("no database", "not a database"),
        ("a directory", "unable to open"),
        ("a full disk", "make room on the disk"),
        ("read-only", "readonly"),
    ],
)
@pytest.mark.parametrize("count", [1, 2])
def test_a_record_that_cannot_be_used_is_told_before_anything_is_armed(
    how: str,
    says: str,
    count: int,
    own_record: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("poultice.session.recorder.END_S", 0.2)
    unusable_record(how, own_record / "data/history.sqlite3", monkeypatch)
    devices = [f"-dsim:?speed=max&seed={seed}" for seed in range(count)]
    assert main(["run", "arthritis", "--yes", "--view", "plain", "-vv", *devices]) == 0
    told = capsys.readouterr().err
    warned = told.index("warning: this session will not be in the history")
    assert says in told[warned : warned + 500]
    assert told.count("will not be") == 1
    assert warned < told.index('"arm"')


def test_one_that_is_held_is_waited_for_and_no_word_of_it(own_record: Path) -> None:
    path = own_record / "data/history.sqlite3"
    History.open(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert unwritable() is None
    assert unwritable() is None


def test_a_disk_that_does_not_answer_is_not_waited_for(
    own_record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = threading.Event()
    monkeypatch.setattr("poultice.session.recorder.LOOK_S", 0.05)
    monkeypatch.setattr(History, "require_writable", hangs.wait)
    assert "does not answer" in str(unwritable())
    hangs.set()


def test_looking_makes_nothing(own_record: Path) -> None:
    assert unwritable() is None
    assert not (own_record / "data").exists()
