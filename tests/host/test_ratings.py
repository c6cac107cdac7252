"""Pain and stiffness: asked of a person alone, kept with the session, told with honest counts."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main, rate
from poultice.errors import UsageError
from poultice.record import ratings, report
from poultice.record.store import History
from tests.host.fakes import FakeDevice
from tests.host.recorded import before_ratings, opened, record
from tests.host.terminal import Terminal
from tests.host.written import phase, protocol

NO_PAIN = dict.fromkeys(ratings.SCALES)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return opened(tmp_path / "data")


@pytest.fixture
def mine(own_record: Path) -> str:
    path = own_record / "mine.toml"
    path.write_text(protocol("mine", phase("heat", 40, 30)), encoding="utf-8")
    return str(path)


def rated(tmp_path: Path) -> dict[str, Any]:
    found = History.open(tmp_path / "data/history.sqlite3").show(1)
    return {name: found[name] for name in ratings.COLUMNS}


def screened(shell: Terminal) -> None:
    """Every question of the screening answered, with the age of an injury at the end."""
    count = 0
    while True:
        shell.until(r"\[y/n\]|Number:")
        if shell.text.rstrip().endswith("Number:"):
            break
        shell.type("n\n")
        count += 1
        assert count < 40
    shell.type("4\n")


@pytest.mark.parametrize("view", ["plain", "full"])
def test_a_person_is_asked_before_and_after(view: str, mine: str, tmp_path: Path) -> None:
    # `x` is no number: asked again.
    with Terminal(
        tmp_path / "data", "run", mine, "-d", "sim:?speed=max", "--view", view, POULTICE_RATE="yes"
    ) as shell:
        screened(shell)
        shell.until("Before the session[^:]*Pain:")
        assert not (tmp_path / "data/history.sqlite3").exists(), "nothing has begun"
        shell.type("x\n")
        shell.until(r"a number from 0 to 10[^:]*Pain:")
        shell.type("7\n")
        shell.until("Stiffness:")
        shell.type("\n")
        shell.until("mine: complete[^$]*After the session[^:]*Pain:")
        shell.type("3\n")
        shell.until("Stiffness:")
        shell.type("10\n")
        assert shell.ended() == 0
    assert rated(tmp_path) == {
        "pain_before": 7,
        "pain_after": 3,
        "stiffness_before": None,
        "stiffness_after": 10,
        "note": None,
    }


@contextlib.contextmanager
def asked_afterwards(mine: str, tmp_path: Path) -> Iterator[Terminal]:
    """A session is over, and the first question after it stands there."""
    line = ["run", mine, "-d", "sim:?speed=max"]
    with Terminal(tmp_path / "data", *line, POULTICE_RATE="yes") as shell:
        screened(shell)
        shell.until("Pain:")
        shell.type("7\n")
        shell.until("Stiffness:")
        shell.type("\n")
        shell.until("After the session[^:]*Pain:")
        yield shell


def test_leaving_the_first_question_changes_nothing(mine: str, tmp_path: Path) -> None:
    with asked_afterwards(mine, tmp_path) as shell:
        shell.type("\x03")
        assert shell.ended() == 0
        assert shell.text.endswith("\n"), "the shell's prompt begins a line"
    assert rated(tmp_path)["pain_before"] == 7
    assert rated(tmp_path)["pain_after"] is None


@pytest.mark.parametrize("how", ["\x03", "\x04", "hang up", "kill"])
def test_what_was_answered_is_kept_however_the_next_question_is_left(
    how: str, mine: str, tmp_path: Path
) -> None:
    with asked_afterwards(mine, tmp_path) as shell:
        shell.type("3\n")
        shell.until("Stiffness:")
        if how == "kill":
            shell.signal(signal.SIGKILL)
        elif how == "hang up":
            shell.hang_up()
        else:
            shell.type(how)
        shell.ended()
    assert rated(tmp_path)["pain_after"] == 3


def test_a_record_that_is_held_is_waited_for(mine: str, tmp_path: Path) -> None:
    with asked_afterwards(mine, tmp_path) as shell:
        with contextlib.closing(sqlite3.connect(tmp_path / "data/history.sqlite3")) as other:
            other.execute("BEGIN IMMEDIATE")
            shell.type("3\n")
            shell.until("waiting for the history")
            other.rollback()
        shell.until("Stiffness:")
        shell.type("\n")
        assert shell.ended() == 0
    assert rated(tmp_path)["pain_after"] == 3


def test_a_rating_that_cannot_be_kept_says_how_to_add_it(
    history: History,
    own_record: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    n = record(history)
    monkeypatch.setattr("poultice.session.recorder.END_S", 0.0)
    monkeypatch.setattr("poultice.record.database.BUSY_S", 0.05)
    monkeypatch.setattr("sys.stdin", io.StringIO("3\n4\n"))
    with contextlib.closing(sqlite3.connect(history.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not rate.after(n, None)
    told = capsys.readouterr().err
    assert "locked" in told and "close that, or wait a moment" in told
    assert f"`poultice note {n}` adds it" in told
    assert "Stiffness" not in told, "what nothing can keep is not asked"


def test_what_no_record_can_keep_is_not_asked(mine: str, tmp_path: Path) -> None:
    history = opened(tmp_path / "data")
    with contextlib.closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute("PRAGMA user_version = 99")
    line = ["run", mine, "-d", "sim:?speed=max"]
    with Terminal(tmp_path / "data", *line, POULTICE_RATE="yes") as shell:
        screened(shell)
        assert shell.ended() == 0
    asked = shell.text.index("[y/n]")
    assert shell.text.index("will not be in the history") < asked, "it is known before"
    assert "Pain:" not in shell.text and "mine: complete" in shell.text


@pytest.mark.parametrize("key", ["\x03", "\x04"])
@pytest.mark.parametrize("answered", [0, 4])
def test_a_note_that_is_left_changed_nothing(
    key: str, answered: int, history: History, tmp_path: Path
) -> None:
    record(history)
    with Terminal(tmp_path / "data", "note") as shell:
        for _ in range(answered):
            shell.until(r"(before|after):")
            shell.type("3\n")
        shell.until(r"(before|on one line):")
        shell.type(key)
        assert shell.ended() == 130
        assert shell.text.replace("\r", "").endswith("\nleft; nothing was changed\n")
    assert rated(tmp_path)["pain_before"] is None


def test_a_session_that_was_stopped_asks_nothing_more(mine: str, tmp_path: Path) -> None:
    with Terminal(
        tmp_path / "data", "run", mine, "-d", "sim:?speed=2", "--view", "plain", POULTICE_RATE="yes"
    ) as shell:
        screened(shell)
        shell.until("Pain:")
        shell.type("\n")
        shell.until("Stiffness:")
        shell.type("\n")
        shell.until("phase 1")
        shell.type("s")
        assert shell.ended() == 130
        assert "After the session" not in shell.text


def test_one_that_is_left_running_is_not_over(mine: str, tmp_path: Path) -> None:
    line = ["run", mine, "-d", "sim:?speed=max", "--detach"]
    with Terminal(tmp_path / "data", *line, POULTICE_RATE="yes") as shell:
        screened(shell)
        shell.until("Pain:")
        shell.type("7\n")
        shell.until("Stiffness:")
        shell.type("\n")
        assert shell.ended() == 0
        assert "runs by itself" in shell.text
        assert "After the session" not in shell.text and "makes a page" not in shell.text
    assert rated(tmp_path)["pain_before"] == 7


@pytest.mark.parametrize(
    ("args", "environment"),
    [
        (["--yes"], {"POULTICE_RATE": "yes"}),
        (["--yes", "--json"], {"POULTICE_RATE": "yes"}),
    ],
)
def test_with_yes_nobody_is_asked(
    args: list[str], environment: dict[str, str], mine: str, tmp_path: Path
) -> None:
    line = ["run", mine, "-d", "sim:?speed=max", *args]
    with Terminal(tmp_path / "data", *line, **environment) as shell:
        assert shell.ended() == 0
        assert "Pain:" not in shell.text
    assert rated(tmp_path) == {**NO_PAIN, "note": None}


@pytest.mark.parametrize("off", ["--no-rate", "rate = false"])
def test_the_asking_can_be_switched_off(off: str, mine: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f"[run]\n{off}\n" if "=" in off else "", encoding="utf-8")
    flags = [] if "=" in off else [off]
    line = ["run", mine, "-d", "sim:?speed=max", *flags]
    config = str(tmp_path / "config.toml")
    with Terminal(tmp_path / "data", *line, POULTICE_RATE="", POULTICE_CONFIG=config) as shell:
        screened(shell)
        assert shell.ended() == 0
        assert "Pain:" not in shell.text


def test_without_a_terminal_nobody_is_asked(
    plug_in: Any, mine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(FakeDevice())
    assert main(["run", mine, "--yes", "--rate"]) == 0
    assert "Pain" not in capsys.readouterr().err


def test_note_adds_changes_and_takes_away(
    history: History, own_record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(history)
    record(history)
    line = ["note", "--pain-before", "6", "--pain-after", "0", "--text", " slept well "]
    assert main(line) == 0
    told = capsys.readouterr().out
    assert "6 before, 0 after (of 10)" in told and "slept well" in told
    assert history.show(1)["pain_before"] is None
    main(["note", "2", "--pain-after", "-", "--stiffness-after", "4", "--text", "-", "--json"])
    assert json.loads(capsys.readouterr().out) == {
        "schema": "poultice.note/1",
        "session": 2,
        "started_unix": history.show(2)["started_unix"],
        "pain_before": 6,
        "pain_after": None,
        "stiffness_before": None,
        "stiffness_after": 4,
        "note": None,
    }


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("note", 2),
        ("note --pain-after 11", 2),
        ("note --pain-after -1", 2),
        ("note --pain-after bad", 2),
        ("note --pain-after 1_0", 2),
        ("note --pain-after 3.5", 2),
        ("note --pain-after=", 2),
        ("note 7 --pain-after 1", 2),
    ],
)
def test_what_is_no_rating_is_refused(
    line: str, code: int, history: History, own_record: Path
) -> None:
    n = record(history)
    assert main(line.split()) == code
    assert {name: history.show(n)[name] for name in ratings.SCALES} == NO_PAIN


@pytest.mark.parametrize("value", ["1_0", "3.5", "+3", "bad", "11"])
def test_what_is_no_rating_is_told_in_words_of_our_own(
    value: str, own_record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["note", "--pain-before", value]) == 2
    told = capsys.readouterr().err
    assert f"--pain-before '{value}' is no rating" in told
    assert "a whole number from 0 (none) to 10 (the worst there is); - removes it" in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("caf\udce9", "bytes that are no text"),
        ("slept\nwell", "a line break"),
        ("slept\x1b[2J", r"the character '\x1b'"),
        ("x" * 2001, "2001 characters"),
        ("", "- removes"),
        (" ", "- removes"),
    ],
)
def test_a_note_that_could_not_be_kept_as_it_is_is_refused(
    text: str,
    says: str,
    history: History,
    own_record: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    n = record(history)
    history.rate(n, {"note": "before"})
    assert main(["note", "--pain-after", "3", "--text", text]) == 2
    told = capsys.readouterr().err
    assert says in told and "hint: " in told
    assert history.show(n)["note"] == "before" and history.show(n)["pain_after"] is None


def test_the_longest_note_is_kept_whole(history: History, own_record: Path) -> None:
    n = record(history)
    assert main(["note", "--text", "é" * 2000]) == 0
    assert history.show(n)["note"] == "é" * 2000


def test_at_a_terminal_such_a_note_is_asked_for_again(
    history: History, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    n = record(history)
    typed = "\n" * 4 + "x" * 2001 + "\nslept\x1b\nslept well\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert rate.edited(history.show(n)) == {"note": "slept well"}
    assert capsys.readouterr().err.count("Note, on one line:") == 3


def test_note_asks_at_a_terminal(history: History, tmp_path: Path) -> None:
    record(history)
    history.rate(1, {"pain_before": 6, "stiffness_before": 2})
    with Terminal(tmp_path / "data", "note") as shell:
        for wanted, typed in (
            (r"Pain before \[6\]:", ""),
            (r"Stiffness before \[2\]:", "-"),
            ("Pain after:", "3"),
            ("Stiffness after:", ""),
            ("Note, on one line:", "less stiff in the morning"),
        ):
            shell.until(wanted)
            shell.type(f"{typed}\n")
        assert shell.ended() == 0
    assert rated(tmp_path) == {
        "pain_before": 6,
        "stiffness_before": None,
        "pain_after": 3,
        "stiffness_after": None,
        "note": "less stiff in the morning",
    }


def test_shown_with_its_session(
    history: History, own_record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(history)
    history.rate(1, {"pain_before": 6, "pain_after": 3, "note": "<b>slept</b>"})
    assert main(["history", "show"]) == 0
    assert "  pain         6 before, 3 after (of 10)\n  note         <b>slept</b>\n" in (
        capsys.readouterr().out
    )
    page = report.render(history, 1).decode()
    assert "6 before, 3 after (of 10)" in page
    assert "&lt;b&gt;slept&lt;/b&gt;" in page
    assert "pain: rated before and after in 1 session: too few to tell" in page
    history.rate(1, {"pain_before": None, "pain_after": None, "note": None})
    assert "Pain and stiffness" not in report.render(history, 1).decode()


@pytest.mark.parametrize(
    ("count", "says"),
    [
        (0, []),
        (1, ["pain: rated before and after in 1 session: too few to tell"]),
        (9, ["pain: rated before and after in 9 sessions: too few to tell"]),
        (10, ["pain: less after 9 of 10 sessions, more after 1; mean 5.0 before, 3.6 after"]),
    ],
)
def test_few_ratings_are_told_as_few(count: int, says: list[str]) -> None:
    rows = [{"pain_before": 5, "pain_after": 3} for _ in range(count)]
    rows[:1] = [{"pain_before": 5, "pain_after": 9}] * bool(count)
    rows += [{"pain_before": 9}, {"pain_after": 0}, {"pain_before": 11, "pain_after": True}]
    assert ratings.trend(ratings.compared(rows)) == says


def test_trends_count_treatment_alone(
    history: History, own_record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import time

    sim = {"path": "sim:", "uid": "5", "firmware": "0.1.0"}
    for device in (None, None, sim):
        n = record(history, device=device, started_unix=time.time())
        history.rate(n, {"stiffness_before": 4, "stiffness_after": 4})
    assert main(["history", "trends"]) == 0
    assert "stiffness: rated before and after in 2 sessions: too few" in capsys.readouterr().out
    assert main(["history", "trends", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["ratings"]
    assert told["stiffness"] == {
        "sessions": 2,
        "less": 0,
        "more": 0,
        "before_mean": None,
        "after_mean": None,
    }


def test_what_anybody_wrote_into_the_record_is_no_rating(history: History) -> None:
    record(history)
    with contextlib.closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute("UPDATE sessions SET pain_before = 'x', pain_after = 99, note = ''")
    found = history.show(1)
    assert {name: found[name] for name in ratings.COLUMNS} == {**NO_PAIN, "note": None}
    assert ratings.lines(found) == []


def test_a_record_of_before_gains_them_and_loses_nothing(history: History) -> None:
    record(history, fault="sensor_open", outcome="fault")
    record(history, outcome=None, until_s=30)
    before = [history.show(n) for n in (1, 2)], [history.rows(n) for n in (1, 2)]
    before_ratings(history.path)
    again = History.open(history.path)
    assert ([again.show(n) for n in (1, 2)], [again.rows(n) for n in (1, 2)]) == before
    again.rate(2, {"pain_after": 3})
    assert again.show(2)["pain_after"] == 3


def test_one_of_before_that_may_only_be_read_is_read(history: History) -> None:
    record(history)
    before_ratings(history.path)
    history.path.chmod(0o400)
    kept = History(history.path)
    assert kept.show(1)["pain_before"] is None
    assert len(kept.plans()) == 1
    assert b"Pain and stiffness" not in report.render(kept, 1)


def test_no_session_no_rating(history: History) -> None:
    with pytest.raises(UsageError):
        history.rate(1, {"pain_after": 3})
