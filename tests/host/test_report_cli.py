"""`report`, `history trends` and `history export` as a person meets them."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import sqlite3
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main, output
from poultice.errors import ExitCode, UsageError
from poultice.record import store as histories
from poultice.record.store import History
from tests.host.conftest import Say
from tests.host.recorded import changed, opened, record

WITHOUT_UTF_8 = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
EXPORT = "history export 1"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def history(tmp_path: Path) -> History:
    made = opened(tmp_path / "data")
    record(made, until_s=30, outcome="stopped", reason="button")
    return made


@pytest.fixture
def fails(say: Say, here: Path) -> Callable[..., str]:
    """What stderr says of a failure: never a traceback, always a hint; and no file is left."""

    def failed(line: Any, code: int = ExitCode.USAGE, *left: str) -> str:
        told = say(line, code).err
        assert "hint:" in told
        assert names_in(here) == list(left)
        return told

    return failed


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def outside(line: str, stdout: Any = subprocess.PIPE, **more: str) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "poultice", *line.split()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more},
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


# Where it goes.


def test_the_page_is_written_here_and_its_path_told(history: History, here: Path, say: Say) -> None:
    record(history, until_s=30)
    pages = ["poultice-session-1.html", "poultice-session-2.html"]
    assert say("report 1").out == f"{pages[0]}\n"
    before = Path(pages[0]).read_bytes()
    assert b"ended with the device&#39;s button" in before
    assert say("report").out == f"{pages[1]}\n"
    say("report 1")
    assert Path(pages[0]).read_bytes() == before
    assert names_in(here) == pages


def test_the_page_as_data(history: History, say: Say) -> None:
    told = say("report 1 -o a.html --json").json
    size = Path("a.html").stat().st_size
    assert told == {"schema": "poultice.report/1", "session": 1, "file": "a.html", "size": size}


@pytest.mark.parametrize(
    ("line", "path", "start"),
    [
        ("report 1 -o there", "there/poultice-session-1.html", b"<!doctype html>"),
        *[(f"report 1 -o {one}", one, b"<!doctype html>") for one in ("plain", "x.html", "x.HTM")],
        *[(f"{EXPORT} -o {one}", one, b"t_ms,") for one in ("a.csv", "a", "a.txt")],
        *[(f"{EXPORT} -o {one}", one, b'{"record"') for one in ("a.JSONL", "a.ndjson")],
        (f"{EXPORT} -o a.csv --format jsonl", "a.csv", b'{"record"'),
        (f"{EXPORT} -o a.xyz --format csv", "a.xyz", b"t_ms,"),
    ],
)
def test_the_ending_says_the_format(
    line: str, path: str, start: bytes, history: History, say: Say
) -> None:
    Path("there").mkdir()
    told = say(line).out
    assert line.startswith(EXPORT) or told == f"{Path(path)}\n"
    assert Path(path).read_bytes().startswith(start)


@pytest.mark.parametrize("path", ["a.xyz", "a.csv.gz", "a.json"])
def test_an_ending_that_no_format_has(path: str, history: History, fails: Any) -> None:
    assert ".csv, .txt, .jsonl, .ndjson, .parquet, .pq" in fails(f"{EXPORT} -o {path}")


@pytest.mark.parametrize("name", ["x.docx", "x.txt", "x.pdf.gz"])
def test_a_page_by_another_name_is_refused(name: str, history: History, fails: Any) -> None:
    assert Path(name).suffix in fails(f"report 1 -o {name}")


def test_the_configuration_says_where(
    history: History, say: Say, set_in_file: Callable[[str], Path]
) -> None:
    set_in_file('[report]\noutput = "mine.html"\n')
    say("report 1")
    assert Path("mine.html").exists()


def test_to_stdout(history: History, capfdbinary: pytest.CaptureFixture[bytes], here: Path) -> None:
    assert main(["report", "1", "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"<!doctype html>")
    assert names_in(here) == []


@pytest.mark.parametrize("found", [True, False])
def test_shown_in_the_browser(
    history: History, found: bool, here: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: asked.append(url) or found)
    assert ("no browser" in say("report 1 --open").err) is not found
    assert asked == [(here / "poultice-session-1.html").as_uri()]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("report 1 -o - --json", "-o -"),
        ("report 1 -o - --open", "-o -"),
        ("report 7", "no recorded session 7"),
        ("history export 7", "no recorded session 7"),
        *[(f"report -- {one}", "") for one in ("0", "-1", "x", "9223372036854775808")],
        (["report", "1", "-o", ""], "has an empty name"),
        ([*EXPORT.split(), "-o", ""], "has an empty name"),
        (f"{EXPORT} --format parquet", "-o FILE"),
    ],
)
def test_what_there_is_none_of_or_nowhere_to_put(
    line: Any, says: str, history: History, fails: Any
) -> None:
    assert says in fails(line)


@pytest.mark.parametrize("line", ["report", "history export"])
def test_nothing_recorded_yet(line: str, fails: Any) -> None:
    assert "poultice run" in fails(line)


@pytest.mark.parametrize("line", ["report 1", f"{EXPORT} --format csv"])
@pytest.mark.parametrize("path", ["missing/a.html", "file/a.html", "loop/a.html", "a" * 300])
def test_where_nothing_can_be_written(line: str, path: str, history: History, fails: Any) -> None:
    Path("file").touch()
    Path("loop").symlink_to("loop")
    assert "cannot be written" in fails(f"{line} -o {path}", ExitCode.USAGE, "file", "loop")


def test_a_path_that_no_system_takes() -> None:
    with pytest.raises(UsageError):
        output.write("a\0b", b"")


@pytest.mark.parametrize("line", ["report 1", EXPORT])
def test_a_full_disk_leaves_the_file_of_before(
    history: History, line: str, fails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    Path("a").write_text("before", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", full)
    told = fails(f"{line} -o a", ExitCode.USAGE, "a")
    assert "No space left" in told and "make room" in told
    assert Path("a").read_text("utf-8") == "before"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("line", ["report 1", f"{EXPORT} --format jsonl"])
def test_a_device_that_is_full(history: History, line: str, fails: Any) -> None:
    assert "No space left" in fails(f"{line} -o /dev/full")
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ran = outside(f"{line} -o -", full)
    assert ran.returncode == ExitCode.UNEXPECTED
    assert b"cannot be written: No space left" in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_what_is_no_file_is_written_to_and_stays(history: History, say: Say) -> None:
    say("report 1 -o /dev/null")
    assert Path("/dev/null").is_char_device()


def test_a_link_and_the_permissions_stay(history: History, say: Say) -> None:
    Path("real").write_bytes(b"")
    Path("real").chmod(0o600)
    Path("link").symlink_to("real")
    say("report 1 -o link")
    assert Path("link").is_symlink()
    assert Path("real").stat().st_size > 1_000
    assert Path("real").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["plain.html", "größe.html"])
def test_a_locale_without_utf_8(history: History, name: str, here: Path) -> None:
    page, file = (outside(f"report 1 -o {one}", **WITHOUT_UTF_8) for one in ("-", name))
    assert [(one.returncode, one.stderr) for one in (page, file)] == [(0, b"")] * 2
    assert "°C" in page.stdout.decode("utf-8")
    assert file.stdout.isascii()
    assert names_in(here) == [name]
    for line in ("history trends", EXPORT):
        ran = outside(line, **WITHOUT_UTF_8)
        assert (ran.returncode, b"Traceback" in ran.stderr) == (0, False)


# A record that is damaged.

READS = [
    "history",
    "history --json",
    "history show 1",
    EXPORT,
    f"{EXPORT} --format jsonl",
    "report 1",
]
if importlib.util.find_spec("pyarrow") is not None:
    READS.insert(-1, f"{EXPORT} --format parquet -o -")


@pytest.mark.parametrize("line", ["report 1", "history trends", "history export"])
def test_a_damaged_record(history: History, line: str, fails: Any) -> None:
    history.path.write_bytes(b"not a database, " * 100)
    assert "move it away" in fails(line, ExitCode.UNEXPECTED)


def test_json_in_the_record_that_is_none(history: History, fails: Any, say: Say) -> None:
    changed(history.path, "UPDATE sessions SET plan = '{'")
    told = fails("report 1", ExitCode.UNEXPECTED)
    assert "session 1 is damaged: plan holds no JSON" in told
    say("history trends")


OTHER_TYPES = ["peak_mc = '<b>'", "reason = x'00ff'", "protocol = x'41'", "started_unix = 'noon'"]


@pytest.mark.parametrize("change", [*OTHER_TYPES, "duration_s = 1.5", "dose_m = x'00ff'"])
@pytest.mark.parametrize("line", READS[2:])
def test_a_column_of_another_type_is_named(
    history: History, line: str, change: str, fails: Any
) -> None:
    changed(history.path, f"UPDATE sessions SET {change}")
    says = fails(line, ExitCode.UNEXPECTED)
    assert f"session 1 is damaged: {change.split()[0]} holds" in says
    assert "the others can be read" in says and "move it away" not in says


@pytest.mark.parametrize("change", OTHER_TYPES)
def test_a_damaged_session_hides_no_other(history: History, change: str, say: Say) -> None:
    record(history, protocol="sound")
    changed(history.path, f"UPDATE sessions SET {change} WHERE id = 1")
    what = f"session 1 is damaged: {change.split()[0]} holds"
    told = say("history")
    assert f"warning: {what}" in told.err and told.err.endswith("; shown as -\n")
    assert [line[0] for line in told.out.splitlines()[1:]] == ["2", "1"]
    sound, broken = say("history --json").json["sessions"]
    assert sound["damaged"] is None and broken["damaged"].startswith(what)
    assert broken[change.split()[0]] is None
    assert "sound" not in say("history trends --weeks 520").err


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sessions SET plan = x'7b7d'",
        "UPDATE sessions SET plan = '[1]'",
        "UPDATE sessions SET summary = '3'",
        "UPDATE sessions SET device = '\"sim:\"'",
        "UPDATE sessions SET screening = x'00ff'",
        "UPDATE events SET event = x'00ff'",
        "UPDATE events SET event = '[]'",
        "UPDATE answers SET answer = x'00ff'",
        "UPDATE answers SET question = x'00ff' WHERE question = 'child'",
        "UPDATE samples SET temp_mc = x'00ff'",
        "ALTER TABLE sessions DROP COLUMN screening",
    ],
)
@pytest.mark.parametrize("line", READS[3:])
def test_what_only_one_session_shows_is_named_too(
    history: History, line: str, statement: str, fails: Any
) -> None:
    changed(history.path, statement)
    says = fails(line, ExitCode.UNEXPECTED)
    assert "unexpected" not in says
    column = statement.startswith("ALTER")
    assert ("move it away" if column else "session 1 is damaged: ") in says
    assert column or "the others can be read" in says


def test_a_session_told_in_other_words_is_still_shown(
    history: History, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    changed(
        history.path,
        """UPDATE sessions SET summary = '{"a": NaN, "b": "\\ud800"}', started_unix = 9e999""",
        """UPDATE events SET event = '{"kind": "\\ud800", "t_ms": 1, "x": NaN}'""",
        "INSERT INTO events (session_id, kind, event) VALUES "
        """(1, 'phase', '{"kind": "phase", "t_ms": 99000, "phase": "second"}')""",
    )
    for line in (*READS, "history show 1 --json", "history trends", "history show 1"):
        assert main(line.split()) == 0, line
    assert capsysbinary.readouterr().out.splitlines()[-1] == b"  01:39  phase"
    assert "at an unknown time" in Path("poultice-session-1.html").read_text("utf-8")


def test_a_record_of_format_1_is_refused_and_left_as_it_is(history: History, fails: Any) -> None:
    changed(history.path, "PRAGMA user_version = 1")
    with pytest.raises(histories.HistoryError, match="is of format 1, and formats 2 to 3 are read"):
        record(history)
    told = fails("history", ExitCode.UNEXPECTED)
    assert "is of format 1" in told and "move it away" in told
    with contextlib.closing(sqlite3.connect(history.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)


@pytest.mark.parametrize("version", [-1, 1])
def test_a_number_alone_makes_no_record(tmp_path: Path, version: int) -> None:
    path = tmp_path / "history.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(histories.HistoryError, match="not a record"):
        History.open(path)


# Trends, and Parquet without its package.


def test_trends(history: History, say: Say) -> None:
    weeks = "history trends --weeks 468"
    found = say(f"{weeks} --json").json
    assert found["schema"] == "poultice.history/1"
    assert found["weeks"][0] == {
        "week": "2026-05-25", "sessions": 1, "complete": 0, "days": 1, "heat_s": 30, "cold_s": 0,
        "planned_s": 540, "done_pct": 6, "dose_m": 7, "at_most": 0,
    }  # fmt: skip
    assert found["closings"] == {"e6614c311b": 12}
    lines = say(weeks).out.splitlines()
    assert lines[-1].endswith("K2 has closed 12 of some 100,000 times in the sessions on record")
    assert lines[1].split() == ["2026-05-25", "1", "0", "1", "0", "min", "0", "min", "0.01",
                                "CEM43", "6", "%", "#" * 20]  # fmt: skip


def test_trends_of_nothing(say: Say) -> None:
    said = say("history trends")
    assert (said.out, "no session" in said.err) == ("", True)


def test_parquet_without_its_package(
    history: History, fails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "poultice[data]" in fails(f"{EXPORT} -o a.parquet")


# PDF.

FAKE = """#!{python}
import os, pathlib, sys
options = dict(one.partition("=")[::2] for one in sys.argv[1:] if one.startswith("--"))
page = pathlib.Path(sys.argv[-1].removeprefix("file://")).read_text("utf-8")
assert page.startswith("<!doctype html>") and "session 1" in page.lower()
{does}
"""
PRINTS = "pathlib.Path(options['--print-to-pdf']).write_bytes(b'%PDF-1.4 as printed')"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A stand-in for Chromium that `does` what it is told with the page."""

    def made(does: str) -> None:
        path = tmp_path / "browser"
        path.write_text(FAKE.format(python=sys.executable, does=does))
        path.chmod(0o755)
        monkeypatch.setenv("CHROMIUM", str(path))

    return made


@pytest.mark.parametrize("name", ["x.pdf", "X.PDF"])
def test_a_name_that_says_pdf_gets_one(
    name: str, fake: Any, history: History, here: Path, say: Say
) -> None:
    fake(PRINTS)
    assert say(f"report 1 -o {name} --json").json["size"] == 19
    assert Path(name).read_bytes() == b"%PDF-1.4 as printed"
    assert names_in(here) == [name]


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("sys.exit(3)", "ended with 3"),
        ("pass", "ended with 0"),
        ("pathlib.Path(options['--print-to-pdf']).write_bytes(b'<html>')", "printed no PDF"),
    ],
)
def test_a_browser_that_prints_nothing_leaves_nothing(
    does: str, says: str, fake: Any, history: History, fails: Any
) -> None:
    fake(does)
    assert says in fails("report 1 -o x.pdf")


def test_a_browser_that_hangs_is_not_waited_for(
    fake: Any, history: History, fails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(words: list[str], **more: Any) -> None:
        raise subprocess.TimeoutExpired(words, more["timeout"])

    fake(PRINTS)
    monkeypatch.setattr("poultice.record.report.pdf.subprocess.run", late)
    assert "took more than 60 s" in fails("report 1 -o x.pdf")


@pytest.mark.parametrize("named", ["", "/nowhere/chromium"])
def test_without_a_browser_a_pdf_is_refused_with_what_to_do(
    named: str, history: History, tmp_path: Path, fails: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    if named:
        monkeypatch.setenv("CHROMIUM", named)
    assert "-o FILE.html" in fails("report 1 -o x.pdf")
