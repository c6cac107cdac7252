"""A session recorded elsewhere comes into the record whole, once, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poultice.cli import main
from poultice.errors import SessionFileError
from poultice.record import export, importing, report
from poultice.record.store import History
from tests.host import recorded


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A session of another record, with ratings and a note, as that one exports it."""
    other = History.open(tmp_path / "other.sqlite3")
    n = recorded.record(other)
    other.rate(n, {"pain_before": 6, "pain_after": 2, "note": "slept well"})
    path = tmp_path / "session.jsonl"
    lines = export.json_lines(other, n)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History.open(tmp_path / "mine.sqlite3")


def test_it_comes_back_as_it_went(history: History, exported: Path) -> None:
    n = importing.take(history, exported)

    told = [json.loads(line) for line in export.json_lines(history, n)]
    given_lines = [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()]
    for one in (told[0], given_lines[0]):
        one.pop("n")
        one["summary"].pop("record")
    assert told == given_lines
    assert report.render(history, n, None)


def test_a_second_time_it_is_there_already(history: History, exported: Path) -> None:
    n = importing.take(history, exported)
    with pytest.raises(SessionFileError, match=f"in the record already: session {n}"):
        importing.take(history, exported)
    assert len(history.list()) == 1


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        (1, '"record": "session"', '"record": "sample"'),
        (1, '"plan": {', '"plan": 5, "plans": {'),
        (1, '"screening": "asked"', '"screening": "guessed"'),
        (1, '"outcome": "complete"', '"outcome": "splendid"'),
        (1, '"started_unix": 1779969600.0', '"started_unix": true'),
        (1, '"started_unix": 1779969600.0', '"started_unix": NaN'),
        (1, '"started_unix": 1779969600.0', '"started_unix": 1' + "0" * 400),
        (1, '"started_unix": 1779969600.0', '"started_unix": 1e-9'),
        (1, '"injury_age": "older"', '"injury_age": [1]'),
        (1, '"injury_age": "older"', '"injury_age": "zzz"'),
        (1, '"hello": {', '"hello": 5, "hi": {'),
        (1, '"protocol": "contrast"', '"protocol": "x\\u001b[31m"'),
        (1, '"protocol": "contrast"', '"protocol": ""'),
        (1, '"mode": "heat"', '"mode": "lava"'),
        (1, '"uid": "e6614c311b"', '"uid": 1'),
        (1, '"peak_mc": 38006', '"peak_mc": -1000000000'),
        (2, '"kind"', '"kinds"'),
        (-1, '"temp_mc": ', '"temp_mc": "warm", "x": '),
        (-1, '"record": "sample"', '"record": "samples"'),
        (-1, "{", "["),
    ],
)
def test_what_is_no_session_is_refused_at_its_line(
    history: History, exported: Path, line: int, old: str, new: str
) -> None:
    lines = exported.read_text(encoding="utf-8").splitlines()
    at = line - 1 if line > 0 else len(lines) - 1
    assert old in lines[at]
    lines[at] = lines[at].replace(old, new, 1)
    exported.write_text("\n".join(lines) + "\n", encoding="utf-8")

    with pytest.raises(SessionFileError) as refused:
        importing.take(history, exported)

    assert refused.value.line == at + 1
    assert history.list() == []


@given(data=st.binary(max_size=200), at=st.integers(0, 3000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_the_bytes_it_is_refused_or_can_be_read(
    exported: Path, data: bytes, at: int
) -> None:
    whole = exported.read_bytes()
    path = exported.with_name("spoilt.jsonl")
    path.write_bytes(whole[:at] + data + whole[at + len(data) :])
    history = History.open(exported.with_name("spoilt.sqlite3"))
    try:
        n = importing.take(history, path)
    except SessionFileError:
        return
    list(export.json_lines(history, n))
    exported.with_name("spoilt.sqlite3").unlink()


def test_a_last_line_that_was_cut_off_is_left_out_and_told(
    exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported.write_bytes(exported.read_bytes()[:-20])
    assert main(["history", "import", str(exported), "--json"]) == 0
    told = capsys.readouterr()
    assert told.err.count("was cut off") == 1 and "cut off" not in told.out
    assert json.loads(told.out)["samples"] == 539


def test_what_is_refused_is_told_in_the_language(
    exported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POULTICE_LANGUAGE", "de")
    assert main(["history", "import", str(exported.with_name("none"))]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Fehler: ") and "kann nicht gelesen werden" in said


def test_on_the_command_line(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "import", str(exported)]) == 0
    assert "session 1 now; `poultice report 1` shows it" in capsys.readouterr().err
    assert main(["history", "import", str(exported)]) == 2
    assert "in the record already: session 1" in capsys.readouterr().err
    assert main(["history", "import", str(exported.with_name("none.jsonl"))]) == 2
    assert "No such file" in capsys.readouterr().err
