"""Two weeks on one page, for whoever treats the person."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from poultice import language, remedies
from poultice.record import report
from poultice.record.report import overview, pdf, why
from poultice.record.store import History
from poultice.therapy import course_of_treatment as courses
from tests.host.conftest import Say
from tests.host.recorded import changed, opened, phase, record

LAST = date(2026, 5, 28)
HOUR = phase("heat", 40_500, 1200)
SIMULATED = {"path": "sim:", "uid": "1", "firmware": "0.1.0"}
CHROMIUM = next(filter(None, map(shutil.which, pdf.BROWSERS)), None)
Put = Callable[..., int]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return opened(tmp_path / "data")


@pytest.fixture
def put(history: History) -> Put:
    """A session so many days before the last one, at an hour, rated."""

    def recorded(days_ago: int, hour: int = 12, *rated: int | None, **more: Any) -> int:
        at = datetime(LAST.year, LAST.month, LAST.day, hour) - timedelta(days=days_ago)
        known = {"until_s": 60, "phases": (HOUR,), "protocol": "arthritis", **more}
        n = record(history, started_unix=at.timestamp(), **known)
        names = ("pain_before", "pain_after", "stiffness_before", "stiffness_after")
        history.rate(n, dict(zip(names, rated, strict=False)))
        return n

    return recorded


def page(history: History, weeks: int = 2, **more: Any) -> str:
    return report.summary(history, LAST, weeks, **more).decode()


def plain(html: str) -> str:
    """What is read, on one line."""
    body = html.partition("</style>")[2]
    return " ".join(re.sub("<[^>]+>", " ", body).split())


def fullest(put: Put, faults: list[str]) -> None:
    """Fifty sessions in fourteen days, with all that takes room."""
    for n in range(50):
        more: dict[str, Any] = {"protocol": f"a-protocol-of-my-own-{n % 7}-" + "x" * 40}
        if n % 3 == 0:
            more |= {"outcome": "fault", "fault": faults[n // 3 % len(faults)]}
        put(n % 14, 6 + n % 12, 10, 10, 10, 10, **more)


# What it says.


def test_sessions_minutes_dose_and_days(history: History, put: Put) -> None:
    put(0)
    put(0, 18)
    put(13, until_s=None)
    put(14)
    put(-1)
    put(3, device=SIMULATED)
    said = plain(page(history))
    assert "2026-05-15 to 2026-05-28" in said
    for one in ("Sessions 3 ", "Complete 3 ", "Days 2 of 14 ", "Heat 22 min ", "Cold 0 min "):
        assert one in said
    assert "Arthritis: moist-feeling low heat (3 times)" in said
    assert "37 % was given" in said
    assert "Thu 2026-05-28 2 2 2 min" in said
    days = page(history).partition('class="days"')[2]
    assert "2026-05-22" not in days, "a day without a session"
    assert "2026-05-25" not in days, "a simulated one"
    assert plain(page(history, 1)).count("Sessions 2 ") == 1


def test_honest_counts_of_what_was_rated(history: History, put: Put) -> None:
    put(0, 8, 7, 4, 5, 5)
    put(0, 12, 6, 8)
    put(1, 12, 3, None)
    put(2, 12)
    said = plain(page(history))
    assert "Pain 2 of 4 1 0 1 – –" in said
    assert "Stiffness 1 of 4 0 1 0 – –" in said
    assert "7 → 4, 6 → 8" in said
    assert "3 → –" in said
    for n in range(9):
        put(3, n, 6, 4)
    assert "Pain 11 of 13 10 0 1 6.1 4.4" in plain(page(history))


def test_faults_and_endings_in_plain_words(history: History, put: Put) -> None:
    put(0, outcome="fault", fault="emergency_stop")
    put(4, outcome="fault", fault="emergency_stop")
    put(1, outcome="stopped", reason="button")
    put(2, outcome="lost")
    put(3, outcome=None)
    put(3, 15, outcome="fault", fault="<b>new</b>")
    html = page(history)
    said = plain(html)
    assert "Fault: The emergency stop is open. close the emergency stop again" in said
    assert "2 times, last on 2026-05-28" in said
    assert "once, on 2026-05-26" in said
    for one in ("ended with the device", "computer lost the device", "record was cut off"):
        assert one in said
    assert "a fault of an unknown name" in said
    assert "<b>new" not in html


@pytest.mark.parametrize("fault", sorted(remedies.FAULTS))
def test_every_fault_has_plain_words(fault: str) -> None:
    row = {"outcome": "fault", "fault": fault, "reason": None, "warnings": []}
    for name in language.KNOWN:
        language.use(name)
        said = why.plainly(row)
        assert said is not None
        assert all(said)
        assert "`" not in "".join(said), "for a person who treats, not at a computer"


def test_what_gave_little_is_said(put: Put, history: History, tmp_path: Path) -> None:
    n = put(0)
    changed(
        tmp_path / "data/history.sqlite3",
        f"UPDATE sessions SET summary = json_set(summary, '$.warnings', "
        f"json('[\"undertreated\"]')) WHERE id = {n}",
    )
    assert "Complete, but little was treated. once, on 2026-05-28" in plain(page(history))


def test_a_course_is_judged_by_these_days_alone(history: History, put: Put, tmp_path: Path) -> None:
    path = tmp_path / "knee.toml"
    path.write_text('protocol = "arthritis"\nfrom = 2026-01-01\nuntil = 2026-06-30\ntimes = "8:00"')
    course = courses.load(path)
    for days_ago in (0, 1, 2, 20):
        put(days_ago)
    assert "in these weeks 3 of 14 sessions that were due (21 %)" in plain(
        page(history, course=course)
    )
    path.write_text('protocol = "arthritis"\nfrom = 2027-01-01\nuntil = 2027-06-30\ntimes = "8:00"')
    assert "Course" not in plain(page(history, course=courses.load(path)))


def test_weeks_without_a_session_are_a_page_too(history: History) -> None:
    said = plain(page(history))
    assert "No session is recorded in these weeks." in said
    assert "Days 0 of 14" in said
    assert "Day by day" not in said


def test_a_name_only_where_it_is_given(history: History) -> None:
    assert "For " not in plain(page(history))
    assert "For A &lt;b&gt; person" in page(history, name="A <b> person")


def test_odd_data_harms_nothing(history: History, put: Put, tmp_path: Path) -> None:
    for n in range(6):
        put(n)
    for n, what in enumerate(("heat_s = 'x'", "dose_m = -5", "peak_mc = 99999999", "plan = '['",
                              "pain_before = 99", "summary = 'x'"), 1):  # fmt: skip
        changed(tmp_path / "data/history.sqlite3", f"UPDATE sessions SET {what} WHERE id = {n}")
    said = plain(page(history))
    assert "Sessions 6" in said
    assert "damaged: what it lacks is not counted" in said


# In German, and on paper.


def test_in_german(history: History, put: Put) -> None:
    put(0, 12, 7, 4, outcome="fault", fault="over_temperature")
    language.use("de")
    html = page(history, name="Erika")
    said = plain(html)
    assert '<html lang="de">' in html
    for one in ("15.05.2026 bis 28.05.2026", "Für Erika", "Do 28.05.2026", "38,0 °C",
                "Störung: 43 °C oder mehr in einer Sitzung.", "1 von 1"):  # fmt: skip
        assert one in said


def test_it_needs_nothing_else(history: History, put: Put) -> None:
    put(0, 12, 7, 4)
    html = page(history)
    assert "<script" not in html
    assert not re.search(r"""(src|href)=|url\(|@import""", html)
    assert html == page(history)


@pytest.mark.parametrize("name", language.KNOWN)
def test_there_is_only_so_much_on_it(name: str, history: History, put: Put) -> None:
    fullest(put, ["sensor_open", *sorted(remedies.FAULTS)])
    language.use(name)
    html = page(history, name="x" * 80)
    days, endings = (html.partition(f"<h2>{language.tr(one)}</h2>")[2].partition("</table>")[0]
                     for one in ("Day by day", "Faults, and what ended early"))  # fmt: skip
    assert days.count("<tr>") == 15
    assert endings.count("<tr>") == overview._ENDINGS_MAX
    assert "…" in days


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
@pytest.mark.parametrize("name", language.KNOWN)
def test_the_fullest_is_one_page(name: str, history: History, put: Put, tmp_path: Path) -> None:
    longest = sorted(remedies.FAULTS, key=lambda one: -len(remedies.FAULTS[one]))
    fullest(put, longest[: overview._ENDINGS_MAX + 1])
    changed(tmp_path / "data/history.sqlite3", "UPDATE sessions SET heat_s = 'x' WHERE id = 2")
    path = tmp_path / "knee.toml"
    path.write_text('protocol = "arthritis"\nfrom = 2026-05-01\nuntil = 2026-06-30\ntimes = "8:00"')
    language.use(name)
    printed = pdf.printed(
        report.summary(history, LAST, 2, course=courses.load(path), name="M" * 80)
    )
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


# The command.


def test_the_command_writes_it(say: Say, history: History, tmp_path: Path) -> None:
    place = tmp_path / "here"
    place.mkdir()
    told = say(["report", "--summary", "-o", str(place), "--json"]).json
    path = place / "poultice-summary.html"
    size = path.stat().st_size
    assert told == {"schema": "poultice.report/1", "weeks": 2, "file": str(path), "size": size}
    assert (date.today() - timedelta(days=13)).isoformat() in path.read_text("utf-8")
    say(["report", "--summary", "1", "--name", "A B", "-o", str(path)])
    assert "For A B" in path.read_text("utf-8")
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("report 1 --summary", "a summary is of weeks, not of session 1"),
        ("report --summary 3", "3"),
        ("report --summary 0", "0"),
        ("report 1 --name A", "--name is of a summary"),
        (["report", "--summary", "--name", ""], "the name is empty"),
        (["report", "--summary", "--name", "a\x1b[31m"], "not plain"),
        (["report", "--summary", "--name", "x" * 81], "too long"),
        ("report --summary -o x.docx", ".docx"),
        ("report --summary --pdf -o x.html", "--pdf writes no page of HTML"),
    ],
)
def test_what_it_refuses(line: Any, says: str, say: Say, put: Put) -> None:
    put(0)
    assert says in say(line, 2).err


def test_pdf_is_asked_for_by_name_or_by_option(
    say: Say, put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(0)
    monkeypatch.setattr(pdf, "printed", lambda page: b"%PDF-" + page[:15])
    monkeypatch.chdir(tmp_path)
    for line, name in (
        ("report --pdf", "poultice-session-1.pdf"),
        ("report --summary --pdf", "poultice-summary.pdf"),
        ("report -o x.pdf", "x.pdf"),
        ("report --pdf -o plain", "plain"),
        ("report --pdf -o data", "data/poultice-session-1.pdf"),
    ):
        assert say(line).out == f"{name}\n"
        assert (tmp_path / name).read_bytes() == b"%PDF-<!doctype html>"
