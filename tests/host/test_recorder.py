"""The recorder: what cannot be written now is written later, and no session waits for it."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main
from poultice.device.doctor import computer
from poultice.errors import HistoryError, SessionFileError
from poultice.link.messages import Event, Telemetry
from poultice.record import importing, kept
from poultice.record.store import History
from poultice.session import recorder as recorders
from poultice.session.recorder import END_S, Recorder, Recording, unwritable
from tests.host.conftest import Say
from tests.host.faulty import Faulty

WHAT = {
    "protocol": "arthritis",
    "plan": {"name": "arthritis", "phases": []},
    "device": {"path": "fake:", "uid": "e66", "firmware": "0.1.0"},
    "answers": {"screening": "assumed", "injury_age": None, "answers": {"fever": False}},
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


def find_history() -> tuple[str, str]:
    """What the doctor says of it, and the end of what it advises."""
    found = computer.history()
    return found.result, (found.remedy or "").removeprefix("`poultice ")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"started_unix": 1}', "[" * 100_000, "\xff"])
def test_a_file_beside_that_is_no_session_is_among_those_left(data: Path, text: str) -> None:
    History.open().begin(**WHAT).finish("complete", {})
    path = data / "session-1.jsonl"
    path.write_text(text, encoding="latin-1")
    assert History.open().left() == [path]


def test_the_list_of_sessions_says_what_it_lacks(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    History.open().begin(**WHAT).finish("complete", {})
    (data / "session-1.jsonl").touch()
    assert main(["history", "list"]) == 0
    assert f"note: it lacks {data / 'session-1.jsonl'}" in capsys.readouterr().err


def file_beside(data: Path) -> Path:
    [path] = data.glob("session-*.jsonl")
    return path


def test_a_damaged_history_loses_nothing(data: Path) -> None:
    """As it goes, so that a killed process leaves what there was; whole at the end."""
    (data / "history.sqlite3").write_bytes(b"no database" * 100)
    recorder, recording = recorded(Clock())
    for second in range(3):
        say(recording, second)
        recorder.turn()
    whole = file_beside(data)
    assert whole.name == "session-20260528-202640.jsonl"
    left = data / "left.jsonl"
    left.write_bytes(whole.read_bytes())
    recording.take(Event("complete", 3000, {"kind": "complete", "t_ms": 3000}), began=True)
    recording.finish("complete", {"outcome": "complete", "heat_s": 3, "peak_mc": "odd"})
    told = recording.close()
    assert told[0].startswith("warning: this session is not in the history")
    assert told[-1] == f"it is kept in {whole}: `poultice history import` takes it from there"
    assert recording.kept == str(whole)
    assert whole.stat().st_mode & 0o777 == 0o600

    (data / "history.sqlite3").unlink()
    history = History.open()
    assert (history.left(), find_history()) == ([whole], ("warn", f"history import {whole}`"))
    assert importing.take(history, left) == 1
    assert written() == [(None, 3)]
    assert history.left() == [whole]
    # More of it by now: put in its place.
    history.rate(1, {"pain_after": 2})
    assert importing.take(history, whole) == 1
    assert written() == [("complete", 3)]
    assert (history.left(), find_history()) == ([], ("ok", ""))
    shown = history.show(1)
    assert (shown["heat_s"], shown["peak_mc"], shown["pain_after"]) == (3, None, 2)
    assert shown["answers"] == {"fever": False} and len(shown["events"]) == 1
    for path in (left, whole):
        with pytest.raises(SessionFileError, match="in the record already: session 1"):
            importing.take(history, path)


@pytest.mark.parametrize("at_the_end", [False, True])
@pytest.mark.parametrize("how", ["removed", "renamed", "replaced", "emptied", "a directory"])
def test_a_history_taken_away_in_mid_session_loses_nothing(
    data: Path, how: str, at_the_end: bool
) -> None:
    """What is written into it is in no record; and SQLite's changes beside it would be taken for
    those of whatever lies there then."""
    path = data / "history.sqlite3"
    first = History.open().begin(**{**WHAT, "started_unix": 1_770_000_000.0})
    first.finish("complete", {})
    other = data / "other.sqlite3"
    other.write_bytes(path.read_bytes())
    recorder, recording = recorded(Clock())
    for second in range(3):
        say(recording, second)
        recorder.turn()
        if second == (2 if at_the_end else 1):
            {
                "removed": path.unlink,
                "renamed": lambda: path.rename(data / "elsewhere.sqlite3"),
                "replaced": lambda: other.replace(path),
                "emptied": lambda: os.truncate(path, 0),
                "a directory": lambda: (path.unlink(), path.mkdir()),
            }[how]()
    recording.finish("complete", {"outcome": "complete", "heat_s": 3})
    told = recording.close()
    assert told[0].startswith("warning: this session is not in the history: the record")
    assert (recording.path, recording.number) == (None, None)
    whole = file_beside(data)
    assert told[-1] == f"it is kept in {whole}: `poultice history import` takes it from there"
    beside = data / "history.sqlite3-wal"
    assert not beside.exists() or beside.stat().st_size == 0
    if how == "a directory":
        with pytest.raises(HistoryError) as raised:
            History.open().list()
        assert raised.value.hint == "it is a directory: move it away"
        path.rmdir()
    history = History.open()
    number = importing.take(history, whole)
    assert number == (2 if how == "replaced" else 1)
    assert history.show(number)["outcome"] == "complete"


def test_half_a_line_is_never_left_in_a_kept_file(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource")
    one = kept.KeptSession(WHAT)
    whole = one.path.read_bytes()
    said = [Telemetry(second * 1000, "running") for second in range(100)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            one.go_on(said)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    cut = one.path.read_bytes()
    assert cut.startswith(whole) and cut.endswith(b"}\n")
    assert 2 < len(cut.splitlines()) < 100
    one.go_on(said)
    assert len(one.path.read_bytes().splitlines()) == 101
    assert importing.take(History.open(), one.path) == 1
    assert written() == [(None, 100)]


def test_a_kept_file_with_more_than_the_history_is_among_those_left(data: Path) -> None:
    row = History.open().begin(**WHAT)
    one = kept.KeptSession(WHAT)
    said = [Telemetry(second * 1000, "running") for second in range(3)]
    one.go_on(said)
    row.sample(said[0].to_json())
    row.commit()
    assert (History.open().left(), find_history()[0]) == ([one.path], "warn")
    for update in said[1:]:
        row.sample(update.to_json())
    row.commit()
    row.close()
    assert (History.open().left(), find_history()[0]) == ([], "ok")


def test_several_in_one_second_have_a_file_each(data: Path) -> None:
    (data / "history.sqlite3").write_bytes(b"no database" * 100)
    recorder = Recorder(Clock(), Clock().wait, threaded=False)
    recordings = [recorder.begin(WHAT) for _ in range(2)]
    for one in recordings:
        say(one, 0)
        one.finish("complete", {})
        one.close()
    first, second = (str(one.kept) for one in recordings)
    assert (first[-9:], second[-11:]) == ("640.jsonl", "640-2.jsonl")


def test_one_that_is_in_the_history_in_part_is_kept_whole(data: Path) -> None:
    clock = Clock()
    recorder, recording = recorded(clock)
    say(recording, 0)
    recorder.turn()
    other = locked(data)
    say(recording, 1)
    recording.finish("complete", {})
    told = recording.close()
    other.close()
    assert "not all of this session" in told[0] and str(file_beside(data)) in told[-1]
    assert written() == [(None, 1)]
    assert importing.take(History.open(), file_beside(data)) == 1
    assert written() == [("complete", 2)]


def test_a_history_that_is_mended_leaves_no_file(data: Path) -> None:
    (data / "history.sqlite3").write_bytes(b"no database" * 100)
    recorder, recording = recorded(Clock())
    say(recording, 0)
    recorder.turn()
    assert file_beside(data)
    (data / "history.sqlite3").unlink()
    recording.finish("complete", {})
    assert recording.close() == []
    assert (written(), list(data.glob("session-*"))) == ([("complete", 1)], [])


def test_where_no_file_can_be_made_either_that_is_told(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data / "file").write_text("")
    monkeypatch.setenv("POULTICE_DATA_DIR", str(data / "file" / "data"))
    _, recording = recorded(Clock())
    say(recording, 0)
    recording.finish("complete", {})
    assert recording.close()[-1] == "nor can it be kept in a file beside it: Not a directory"
    assert recording.kept is None


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
    assert all("1 sample was too much" in one for one in notes)
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
    data: Path, short: str, pads: Any, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorders, "TRY_S", 0.01)
    other = locked(data)
    devices, words = pads(7)

    def journal(one: Faulty, params: Any, ask: Callable[[], Any]) -> Any:
        # Held until the last of them has run to its end.
        if all(pad.asked.count("start") and pad.state == "idle" for pad in devices):
            other.close()
        return ask()

    for one in devices:
        one.answers["journal"] = partial(journal, one)
    told = say(["run", short, "--yes", "--json", *words])
    assert [one["outcome"] for one in told.json["devices"]] == ["complete"] * 7
    assert "in the history" not in told.err
    assert [one[0] for one in written()] == ["complete"] * 7
    assert all(one[1] >= 30 for one in written())


def test_a_disk_that_does_not_answer_keeps_no_session(
    device: Faulty, short: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    commit = recorders.Recording._write

    def hangs(self: Recording) -> None:
        assert over.wait(60)
        commit(self)

    def journal(params: Any, ask: Callable[[], Any]) -> Any:
        if device.asked.count("start"):
            over.set()
        return ask()

    device.answers["journal"] = journal
    monkeypatch.setattr(recorders.Recording, "_write", hangs)
    say(["run", short, "--yes"])
    assert written()[0][0] == "complete" and written()[0][1] >= 30


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
    data: Path,
    short: str,
    say: Say,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("poultice.session.recorder.END_S", 0.2)
    unusable_record(how, data / "history.sqlite3", monkeypatch)
    devices = [f"-dsim:?speed=max&seed={seed}" for seed in range(count)]
    told = say(["run", short, "--yes", "--view", "plain", "-vv", *devices]).err
    warned = told.index("warning: this session will not be in the history")
    assert says in told[warned : warned + 500]
    assert told.count("will not be") == 1
    assert warned < told.index('"arm"')


def test_one_that_is_held_is_waited_for_and_no_word_of_it(data: Path) -> None:
    path = data / "history.sqlite3"
    History.open(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert unwritable() is None
    assert unwritable() is None


def test_a_disk_that_does_not_answer_is_not_waited_for(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = threading.Event()
    monkeypatch.setattr("poultice.session.recorder.LOOK_S", 0.05)
    monkeypatch.setattr(History, "require_writable", hangs.wait)
    assert "does not answer" in str(unwritable())
    hangs.set()


def test_looking_makes_nothing(data: Path) -> None:
    assert unwritable() is None
    assert list(data.iterdir()) == []
