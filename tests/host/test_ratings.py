"""Pain and stiffness: asked of a person alone, kept with the session, told with honest counts."""

from __future__ import annotations

import contextlib
import io
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import rate
from poultice.errors import UsageError
from poultice.record import ratings, report
from poultice.record.store import History
from poultice.therapy import screening
from tests.host.conftest import Say
from tests.host.faulty import Faulty
from tests.host.recorded import before_ratings, changed, opened, record
from tests.host.terminal import Terminal

NONE = dict.fromkeys(ratings.COLUMNS)
WELL = [(r"\[y/n\]", "n")] * sum(one.applies_to in ("both", "heat") for one in screening.QUESTIONS)
SCREENED = [*WELL, ("Number:", "4")]
SEVEN = [("Pain:", "7"), ("Stiffness:", "")]
Started = Callable[..., Terminal]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return opened(tmp_path / "data")


@pytest.fixture
def started(short: str, tmp_path: Path) -> Started:
    """A run at a terminal, where somebody may be asked for ratings."""

    def start(*args: str, speed: str = "max", **environment: str) -> Terminal:
        environment = {"POULTICE_RATE": "yes", **environment}
        line = ["run", short, "-d", f"sim:?speed={speed}", *args]
        return Terminal(tmp_path / "data", *line, **environment)

    return start


def rated(tmp_path: Path, n: int = 1) -> dict[str, Any]:
    found = History.open(tmp_path / "data/history.sqlite3").show(n)
    return {name: found[name] for name in ratings.COLUMNS}


@pytest.mark.parametrize("view", ["plain", "full"])
def test_a_person_is_asked_before_and_after(view: str, started: Started, tmp_path: Path) -> None:
    with started("--view", view) as shell:
        shell.answer(*SCREENED)
        shell.until("Before the session[^:]*Pain:")
        assert not (tmp_path / "data/history.sqlite3").exists(), "nothing has begun"
        # `x` is no number: asked again.
        shell.type("x\n")
        shell.answer(
            (r"a number from 0 to 10[^:]*Pain:", "7"),
            ("Stiffness:", ""),
            ("short: complete[^$]*After the session[^:]*Pain:", "3"),
            ("Stiffness:", "10"),
        )
        assert shell.ended() == 0
    given = {"pain_before": 7, "pain_after": 3, "stiffness_after": 10}
    assert rated(tmp_path) == {**NONE, **given}


@contextlib.contextmanager
def asked_afterwards(started: Started) -> Iterator[Terminal]:
    """A session is over, and the first question after it stands there."""
    with started() as shell:
        shell.answer(*SCREENED, *SEVEN)
        shell.until("After the session[^:]*Pain:")
        yield shell


def test_leaving_the_first_question_changes_nothing(started: Started, tmp_path: Path) -> None:
    with asked_afterwards(started) as shell:
        shell.type("\x03")
        assert shell.ended() == 0
        assert shell.text.endswith("\n"), "the shell's prompt begins a line"
    assert rated(tmp_path) == {**NONE, "pain_before": 7}


@pytest.mark.parametrize("how", ["\x03", "\x04", "hang up", "kill"])
def test_what_was_answered_is_kept_however_the_next_question_is_left(
    how: str, started: Started, tmp_path: Path
) -> None:
    with asked_afterwards(started) as shell:
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


@contextlib.contextmanager
def held(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program has the record."""
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_record_that_is_held_is_waited_for(started: Started, tmp_path: Path) -> None:
    with asked_afterwards(started) as shell:
        with held(tmp_path / "data/history.sqlite3") as other:
            shell.type("3\n")
            shell.until("waiting for the history")
            other.rollback()
        shell.answer(("Stiffness:", ""))
        assert shell.ended() == 0
    assert rated(tmp_path)["pain_after"] == 3


def test_a_rating_that_cannot_be_kept_says_how_to_add_it(
    history: History, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    n = record(history)
    monkeypatch.setattr("poultice.session.recorder.END_S", 0.0)
    monkeypatch.setattr("poultice.record.database.BUSY_S", 0.05)
    monkeypatch.setattr("sys.stdin", io.StringIO("3\n4\n"))
    with held(history.path):
        assert not rate.after(n, None)
    told = capsys.readouterr().err
    assert "locked" in told and "close that, or wait a moment" in told
    assert f"`poultice note {n}` adds it" in told
    assert "Stiffness" not in told, "what nothing can keep is not asked"


def test_what_no_record_can_keep_is_not_asked(started: Started, history: History) -> None:
    changed(history.path, "PRAGMA user_version = 99")
    with started() as shell:
        shell.answer(*SCREENED)
        assert shell.ended() == 0
    asked = shell.text.index("[y/n]")
    assert shell.text.index("will not be in the history") < asked, "it is known before"
    assert "Pain:" not in shell.text and "short: complete" in shell.text


@pytest.mark.parametrize("key", ["\x03", "\x04"])
@pytest.mark.parametrize("answered", [0, 4])
def test_a_note_that_is_left_changed_nothing(
    key: str, answered: int, history: History, tmp_path: Path
) -> None:
    record(history)
    with Terminal(tmp_path / "data", "note") as shell:
        shell.answer(*[(r"(before|after):", "3")] * answered)
        shell.until(r"(before|on one line):")
        shell.type(key)
        assert shell.ended() == 130
        assert shell.text.replace("\r", "").endswith("\nleft; nothing was changed\n")
    assert rated(tmp_path) == NONE


def test_a_session_that_was_stopped_asks_nothing_more(started: Started) -> None:
    with started("--view", "plain", speed="2") as shell:
        shell.answer(*SCREENED, *SEVEN)
        shell.until("phase 1")
        shell.type("s")
        assert shell.ended() == 130
        assert "After the session" not in shell.text


def test_one_that_is_left_running_is_not_over(started: Started, tmp_path: Path) -> None:
    with started("--detach", speed=f"max&state={tmp_path / 'flash'}") as shell:
        shell.answer(*SCREENED, *SEVEN)
        assert shell.ended() == 0
        assert "went on by itself" in shell.text
        assert "After the session" not in shell.text and "makes a page" not in shell.text
    assert rated(tmp_path)["pain_before"] == 7


@pytest.mark.parametrize(
    ("args", "file", "rate_variable"),
    [
        (["--yes"], "", "yes"),
        (["--yes", "--json"], "", "yes"),
        (["--no-rate"], "", ""),
        ([], "[run]\nrate = false\n", ""),
    ],
)
def test_with_yes_or_switched_off_nobody_is_asked(
    args: list[str], file: str, rate_variable: str, started: Started, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(file, encoding="utf-8")
    with started(*args, POULTICE_RATE=rate_variable, POULTICE_CONFIG=str(config)) as shell:
        if "--yes" not in args:
            shell.answer(*SCREENED)
        assert shell.ended() == 0
        assert "Pain:" not in shell.text
    assert rated(tmp_path) == NONE


def test_without_a_terminal_nobody_is_asked(device: Faulty, short: str, say: Say) -> None:
    assert "Pain" not in say(["run", short, "--yes", "--rate"]).err


def test_note_adds_changes_and_takes_away(history: History, say: Say) -> None:
    record(history)
    record(history)
    told = say(["note", "--pain-before", "6", "--pain-after", "0", "--text", " slept well "]).out
    assert "6 before, 0 after (of 10)" in told and "slept well" in told
    assert history.show(1)["pain_before"] is None
    assert say("note 2 --pain-after - --stiffness-after 4 --text - --json").json == {
        **NONE,
        "schema": "poultice.note/1",
        "session": 2,
        "started_unix": history.show(2)["started_unix"],
        "pain_before": 6,
        "stiffness_after": 4,
    }


@pytest.mark.parametrize("value", ["11", "-1", "bad", "1_0", "3.5", "+3", ""])
def test_what_is_no_rating_is_refused_in_words_of_our_own(
    value: str, history: History, say: Say
) -> None:
    n = record(history)
    told = say(["note", f"--pain-before={value}"], 2).err
    assert not value or f"--pain-before '{value}' is no rating" in told
    assert "a whole number from 0 (none) to 10 (the worst there is); - removes it" in told
    assert history.show(n)["pain_before"] is None


@pytest.mark.parametrize("line", ["note", "note 7 --pain-after 1"])
def test_a_note_of_nothing_or_of_no_session_is_refused(
    line: str, history: History, say: Say, tmp_path: Path
) -> None:
    record(history)
    say(line, 2)
    assert rated(tmp_path) == NONE


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
    text: str, says: str, history: History, say: Say
) -> None:
    n = record(history)
    history.rate(n, {"note": "before"})
    told = say(["note", "--pain-after", "3", "--text", text], 2).err
    assert says in told and "hint: " in told
    assert history.show(n)["note"] == "before" and history.show(n)["pain_after"] is None


def test_the_longest_note_is_kept_whole(history: History, say: Say) -> None:
    n = record(history)
    say(["note", "--text", "é" * 2000])
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
        shell.answer(
            (r"Pain before \[6\]:", ""),
            (r"Stiffness before \[2\]:", "-"),
            ("Pain after:", "3"),
            ("Stiffness after:", ""),
            ("Note, on one line:", "less stiff in the morning"),
        )
        assert shell.ended() == 0
    given = {"pain_before": 6, "pain_after": 3, "note": "less stiff in the morning"}
    assert rated(tmp_path) == {**NONE, **given}


def test_shown_with_its_session(history: History, say: Say) -> None:
    record(history)
    history.rate(1, {"pain_before": 6, "pain_after": 3, "note": "<b>slept</b>"})
    shown = "  pain         6 before, 3 after (of 10)\n  note         <b>slept</b>\n"
    assert shown in say("history show").out
    page = report.render(history, 1).decode()
    for told in (
        "6 before, 3 after (of 10)",
        "&lt;b&gt;slept&lt;/b&gt;",
        "pain: rated before and after in 1 session: too few to tell",
    ):
        assert told in page
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


def test_trends_count_treatment_alone(history: History, say: Say) -> None:
    sim = {"path": "sim:", "uid": "5", "firmware": "0.1.0"}
    for device in (None, None, sim):
        n = record(history, device=device, started_unix=time.time())
        history.rate(n, {"stiffness_before": 4, "stiffness_after": 4})
    few = "stiffness: rated before and after in 2 sessions: too few"
    assert few in say("history trends").out
    assert say("history trends --json").json["ratings"]["stiffness"] == {
        "sessions": 2,
        "less": 0,
        "more": 0,
        "before_mean": None,
        "after_mean": None,
    }


def test_what_anybody_wrote_into_the_record_is_no_rating(history: History) -> None:
    record(history)
    changed(history.path, "UPDATE sessions SET pain_before = 'x', pain_after = 99, note = ''")
    found = history.show(1)
    assert {name: found[name] for name in ratings.COLUMNS} == NONE
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
