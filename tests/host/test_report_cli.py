"""`report`, `history trends` and `history export` as a person meets them."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Any

import pytest

from poultice.cli import main, output
from poultice.errors import ExitCode, UsageError
from poultice.record import store as histories
from poultice.record.store import History
from tests.host.recorded import opened, record

WITHOUT_UTF_8 = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def history(tmp_path: Path) -> History:
    made = opened(tmp_path / "data")
    record(made, until_s=30, outcome="stopped", reason="button")
    return made


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def told(capsys: pytest.CaptureFixture[str]) -> str:
    """What stderr says of a failure: never a traceback, always a hint."""
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "hint:" in err
    return err


def outside(*line: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "poultice", *line],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more},
        capture_output=True,
        check=False,
    )


def test_the_page_is_written_here_and_its_path_told(
    history: History, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(history, until_s=30)
    assert main(["report", "1"]) == 0
    assert capsys.readouterr().out == "poultice-session-1.html\n"
    assert "ended with the device&#39;s button" in Path("poultice-session-1.html").read_text(
        "utf-8"
    )
    assert main(["report"]) == 0
    assert capsys.readouterr().out == "poultice-session-2.html\n"
    before = Path("poultice-session-1.html").read_bytes()
    assert main(["report", "1"]) == 0
    assert Path("poultice-session-1.html").read_bytes() == before
    assert names_in(here) == ["poultice-session-1.html", "poultice-session-2.html"]


def test_the_page_as_data(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "1", "-o", "a.html", "--json"]) == 0
    size = Path("a.html").stat().st_size
    assert json.loads(capsys.readouterr().out) == {
        "schema": "poultice.report/1",
        "session": 1,
        "file": "a.html",
        "size": size,
    }


def test_into_a_directory(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    Path("there").mkdir()
    assert main(["report", "1", "-o", "there"]) == 0
    assert capsys.readouterr().out == f"{Path('there', 'poultice-session-1.html')}\n"


def test_the_configuration_says_where(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[report]\noutput = "mine.html"\n', encoding="utf-8")
    monkeypatch.setenv("POULTICE_CONFIG", str(config))
    assert main(["report", "1"]) == 0
    assert Path("mine.html").exists()


def test_to_stdout(history: History, capfdbinary: pytest.CaptureFixture[bytes], here: Path) -> None:
    assert main(["report", "1", "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"<!doctype html>")
    assert names_in(here) == []


@pytest.mark.parametrize("option", ["--json", "--open"])
def test_to_stdout_is_the_page_alone(
    history: History, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "1", "-o", "-", option]) == ExitCode.USAGE
    assert "-o -" in told(capsys)


@pytest.mark.parametrize("found", [True, False])
def test_shown_in_the_browser(
    history: History,
    found: bool,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: asked.append(url) or found)
    assert main(["report", "1", "--open"]) == 0
    assert asked == [(here / "poultice-session-1.html").as_uri()]
    assert ("no browser" in capsys.readouterr().err) is not found


@pytest.mark.parametrize("line", [["report", "7"], ["history", "export", "7"]])
def test_no_such_session(
    history: History, line: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line) == ExitCode.USAGE
    assert "no recorded session 7" in told(capsys)
    assert names_in(here) == []


@pytest.mark.parametrize("number", ["0", "-1", "x", "9223372036854775808"])
def test_no_number(history: History, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--", number]) == ExitCode.USAGE
    assert "hint:" in capsys.readouterr().err


@pytest.mark.parametrize("line", [["report"], ["history", "export"]])
def test_nothing_recorded_yet(line: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line) == ExitCode.USAGE
    assert "poultice run" in told(capsys)


@pytest.mark.parametrize("line", [["report", "1"], ["history", "trends"], ["history", "export"]])
def test_a_damaged_record(
    history: History, line: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history.path.write_bytes(b"not a database, " * 100)
    assert main(line) == ExitCode.UNEXPECTED
    assert "move it away" in told(capsys)
    assert names_in(here) == []


def test_json_in_the_record_that_is_none(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(history.path) as connection:
        connection.execute("UPDATE sessions SET plan = '{'")
    connection.close()
    assert main(["report", "1"]) == ExitCode.UNEXPECTED
    assert "session 1 is damaged: plan holds no JSON" in told(capsys)
    assert main(["history", "trends"]) == 0


READS = [
    ["history"],
    ["history", "--json"],
    ["history", "show", "1"],
    ["history", "export", "1"],
    ["history", "export", "1", "--format", "jsonl"],
    ["report", "1"],
]
if importlib.util.find_spec("pyarrow") is not None:
    READS.insert(-1, ["history", "export", "1", "--format", "parquet", "-o", "-"])


def damaged(history: History, statement: str) -> None:
    connection = sqlite3.connect(history.path, isolation_level=None)
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    "change",
    ["peak_mc = '<b>'", "duration_s = 1.5", "dose_m = x'00ff'", "reason = x'00ff'",
     "protocol = x'41'", "started_unix = 'noon'"],
)  # fmt: skip
@pytest.mark.parametrize("line", READS[2:], ids=" ".join)
def test_a_column_of_another_type_is_named(
    history: History, line: list[str], change: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged(history, f"UPDATE sessions SET {change}")
    assert main(line) == ExitCode.UNEXPECTED
    says = told(capsys)
    assert f"session 1 is damaged: {change.split()[0]} holds" in says
    assert "the others can be read" in says and "move it away" not in says
    assert names_in(here) == []


@pytest.mark.parametrize(
    "change", ["peak_mc = '<b>'", "reason = x'00ff'", "protocol = x'41'", "started_unix = 'noon'"]
)
def test_a_damaged_session_hides_no_other(
    history: History, change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    record(history, protocol="sound")
    damaged(history, f"UPDATE sessions SET {change} WHERE id = 1")
    what = f"session 1 is damaged: {change.split()[0]} holds"
    assert main(["history"]) == 0
    told = capsys.readouterr()
    assert f"warning: {what}" in told.err and told.err.endswith("; shown as -\n")
    assert [line[0] for line in told.out.splitlines()[1:]] == ["2", "1"]
    assert main(["history", "--json"]) == 0
    sound, broken = json.loads(capsys.readouterr().out)["sessions"]
    assert sound["damaged"] is None and broken["damaged"].startswith(what)
    assert broken[change.split()[0]] is None
    assert main(["history", "trends", "--weeks", "520"]) == 0
    assert "sound" not in capsys.readouterr().err


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
@pytest.mark.parametrize("line", READS[3:], ids=" ".join)
def test_what_only_one_session_shows_is_named_too(
    history: History, line: list[str], statement: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged(history, statement)
    assert main(line) == ExitCode.UNEXPECTED
    says = told(capsys)
    assert "unexpected" not in says
    column = statement.startswith("ALTER")
    assert ("move it away" if column else "session 1 is damaged: ") in says
    assert column or "the others can be read" in says


def test_a_summary_in_other_words_and_half_a_character_are_still_shown(
    history: History, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    damaged(history, """UPDATE sessions SET summary = '{"a": NaN, "b": "\\ud800"}'""")
    damaged(history, "UPDATE sessions SET started_unix = 9e999")
    damaged(history, """UPDATE events SET event = '{"kind": "\\ud800", "t_ms": 1, "x": NaN}'""")
    for line in (*READS, ["history", "show", "1", "--json"]):
        assert main(line) == 0, line


@pytest.mark.parametrize(
    "line", [["report", "1"], ["history", "export", "1", "--format", "csv"]], ids=" ".join
)
@pytest.mark.parametrize("path", ["missing/a.html", "file/a.html", "loop/a.html", "a" * 300])
def test_where_nothing_can_be_written(
    history: History, line: list[str], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").touch()
    Path("loop").symlink_to("loop")
    assert main([*line, "-o", path]) == ExitCode.USAGE
    assert "cannot be written" in told(capsys)


@pytest.mark.parametrize("line", [["report", "1"], ["history", "export", "1"]])
def test_a_full_disk_leaves_the_file_of_before(
    history: History,
    line: list[str],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    Path("a").write_text("before", encoding="utf-8")
    monkeypatch.setattr(os, "fsync", full)
    assert main([*line, "-o", "a"]) == ExitCode.USAGE
    err = told(capsys)
    assert "No space left" in err
    assert "make room" in err
    assert Path("a").read_text("utf-8") == "before"
    assert names_in(here) == ["a"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("line", [["report", "1"], ["history", "export", "1", "--format", "jsonl"]])
def test_a_device_that_is_full(
    history: History, line: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*line, "-o", "/dev/full"]) == ExitCode.USAGE
    assert "No space left" in told(capsys)
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ran = subprocess.run(
            [sys.executable, "-m", "poultice", *line, "-o", "-"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ran.returncode == ExitCode.UNEXPECTED
    assert b"cannot be written: No space left" in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_what_is_no_file_is_written_to_and_stays(history: History) -> None:
    assert main(["report", "1", "-o", "/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()


def test_a_link_and_the_permissions_stay(history: History) -> None:
    Path("real").write_bytes(b"")
    Path("real").chmod(0o600)
    Path("link").symlink_to("real")
    assert main(["report", "1", "-o", "link"]) == 0
    assert Path("link").is_symlink()
    assert Path("real").stat().st_size > 1_000
    assert Path("real").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", [["report", "1"], ["history", "export", "1"]])
def test_an_empty_name(
    history: History, line: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*line, "-o", ""]) == ExitCode.USAGE
    assert "has an empty name" in told(capsys)
    assert names_in(here) == []


def test_a_path_that_no_system_takes() -> None:
    with pytest.raises(UsageError):
        output.write("a\0b", b"")


@pytest.mark.parametrize("name", ["plain.html", "größe.html"])
def test_a_locale_without_utf_8(history: History, name: str, here: Path) -> None:
    ran = outside("report", "1", "-o", "-", **WITHOUT_UTF_8)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert "°C" in ran.stdout.decode("utf-8")
    ran = outside("report", "1", "-o", name, **WITHOUT_UTF_8)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.isascii()
    assert names_in(here) == [name]
    for line in (["history", "trends"], ["history", "export", "1"]):
        ran = outside(*line, **WITHOUT_UTF_8)
        assert (ran.returncode, b"Traceback" in ran.stderr) == (0, False)


def test_trends(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    weeks = str(52 * 9)
    assert main(["history", "trends", "--weeks", weeks, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "poultice.history/1"
    assert found["weeks"][0] == {
        "week": "2026-05-25", "sessions": 1, "complete": 0, "days": 1, "heat_s": 30, "cold_s": 0,
        "planned_s": 540, "done_pct": 6, "dose_m": 7,
    }  # fmt: skip
    assert found["closings"] == {"e6614c311b": 12}
    assert main(["history", "trends", "--weeks", weeks]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith("K2 has closed 12 of some 100,000 times in the sessions on record")
    assert lines[1].split() == ["2026-05-25", "1", "0", "1", "0", "min", "0", "min", "0.01",
                                "CEM43", "6", "%", "#" * 20]  # fmt: skip


def test_trends_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "trends"]) == 0
    said = capsys.readouterr()
    assert (said.out, "no session" in said.err) == ("", True)


@pytest.mark.parametrize(
    ("path", "start"),
    [("a.csv", b"t_ms,"), ("a.JSONL", b'{"record"'), ("a.ndjson", b'{"record"'), ("a", b"t_ms,"),
     ("a.txt", b"t_ms,")],
)  # fmt: skip
def test_the_ending_says_the_format(history: History, path: str, start: bytes) -> None:
    assert main(["history", "export", "1", "-o", path]) == 0
    assert Path(path).read_bytes().startswith(start)


@pytest.mark.parametrize("path", ["a.xyz", "a.csv.gz", "a.json"])
def test_an_ending_that_no_format_has(
    history: History, path: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "export", "1", "-o", path]) == ExitCode.USAGE
    assert ".csv, .txt, .jsonl, .ndjson, .parquet, .pq" in told(capsys)
    assert names_in(here) == []
    assert main(["history", "export", "1", "-o", path, "--format", "csv"]) == 0
    assert main(["history", "export", "1", "-o", "plain"]) == 0
    assert names_in(here) == [path, "plain"]


def test_a_format_that_is_named_wins(history: History) -> None:
    assert main(["history", "export", "1", "-o", "a.csv", "--format", "jsonl"]) == 0
    assert Path("a.csv").read_bytes().startswith(b'{"record"')


def test_parquet_not_to_a_terminal(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "export", "1", "--format", "parquet"]) == ExitCode.USAGE
    assert "-o FILE" in told(capsys)


def test_parquet_without_its_package(
    history: History,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["history", "export", "1", "-o", "a.parquet"]) == ExitCode.USAGE
    assert "poultice[data]" in told(capsys)
    assert names_in(here) == []


def test_a_session_told_in_other_words_is_still_shown(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(history.path) as connection:
        connection.execute("UPDATE sessions SET started_unix = 1e300")
        connection.execute(
            "INSERT INTO events (session_id, kind, event) VALUES (1, 'phase', ?)",
            ('{"kind": "phase", "t_ms": 99000, "phase": "second"}',),
        )
    connection.close()
    assert main(["history", "show", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "  01:39  phase"
    assert main(["history"]) == 0
    assert main(["history", "trends"]) == 0
    assert main(["report", "1"]) == 0
    assert "at an unknown time" in Path("poultice-session-1.html").read_text("utf-8")


def test_a_record_of_format_1_is_refused_and_left_as_it_is(
    history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = sqlite3.connect(history.path, isolation_level=None)
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(histories.HistoryError, match="is of format 1, and formats 2 to 3 are read"):
        record(history)
    assert main(["history"]) != 0
    streams = capsys.readouterr()
    assert "is of format 1" in streams.err
    assert "move it away" in streams.err
    connection = sqlite3.connect(history.path)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize("version", [-1, 1])
def test_a_number_alone_makes_no_record(tmp_path: Path, version: int) -> None:
    path = tmp_path / "history.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(histories.HistoryError) as caught:
        History.open(path)
    assert "not a record" in str(caught.value)


FAKE = """#!{python}
import os, pathlib, sys
options = dict(one.partition("=")[::2] for one in sys.argv[1:] if one.startswith("--"))
page = pathlib.Path(sys.argv[-1].removeprefix("file://")).read_text("utf-8")
assert page.startswith("<!doctype html>") and "session 1" in page.lower()
print(os.environ.get("WHAT", ""), file=sys.stderr)
{does}
"""
PRINTS = "pathlib.Path(options['--print-to-pdf']).write_bytes(b'%PDF-1.4 as printed')"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stand-in for Chromium that `does` what it is told with the page."""

    def made(does: str) -> Path:
        path = tmp_path / "browser"
        path.write_text(FAKE.format(python=sys.executable, does=does))
        path.chmod(0o755)
        monkeypatch.setenv("CHROMIUM", str(path))
        return path

    return made


@pytest.mark.parametrize("name", ["x.pdf", "X.PDF"])
def test_a_name_that_says_pdf_gets_one(
    name: str, fake: Any, history: History, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake(PRINTS)
    assert main(["report", "1", "-o", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == 19
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
    does: str, says: str, fake: Any, history: History, here: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    fake(does)
    assert main(["report", "1", "-o", "x.pdf"]) == ExitCode.USAGE
    assert says in told(capsys)
    assert names_in(here) == []


def test_a_browser_that_hangs_is_not_waited_for(
    fake: Any, history: History, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def late(words: list[str], **more: Any) -> None:
        raise subprocess.TimeoutExpired(words, more["timeout"])

    fake(PRINTS)
    monkeypatch.setattr("poultice.record.report.pdf.subprocess.run", late)
    assert main(["report", "1", "-o", "x.pdf"]) == ExitCode.USAGE
    assert "took more than 60 s" in told(capsys)


@pytest.mark.parametrize("named", [None, "/nowhere/chromium"])
def test_without_a_browser_a_pdf_is_refused_with_what_to_do(
    named: str | None, history: History, here: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    if named:
        monkeypatch.setenv("CHROMIUM", named)
    assert main(["report", "1", "-o", "x.pdf"]) == ExitCode.USAGE
    assert "-o FILE.html" in told(capsys)
    assert names_in(here) == []


@pytest.mark.parametrize("name", ["x.docx", "x.txt", "x.pdf.gz"])
def test_a_name_that_says_something_else_is_refused(
    name: str, history: History, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "1", "-o", name]) == ExitCode.USAGE
    assert Path(name).suffix in told(capsys)
    assert names_in(here) == []


@pytest.mark.parametrize("name", ["plain", "x.html", "x.HTM"])
def test_a_name_that_says_html_or_nothing_is_the_page(name: str, history: History) -> None:
    assert main(["report", "1", "-o", name]) == 0
    assert Path(name).read_bytes().startswith(b"<!doctype html>")
