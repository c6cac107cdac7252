"""The report says what the record holds, needs nothing else, and obeys nothing in it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poultice.errors import HistoryError, UsageError
from poultice.record import report
from poultice.record.report.why import seen
from poultice.record.store import SAMPLE_COLUMNS, History
from poultice.remedies import FAULTS, STOPS, fault_hint
from poultice.therapy.screening import QUESTIONS
from tests.host.recorded import ANSWERS, CONTRAST, STARTED_UNIX, changed, opened, phase, record

ROOT = Path(__file__).parents[2]
VOID = {"meta", "link", "input", "br", "hr", "img"}
FETCHES = {"src", "href", "srcset", "data", "poster", "action", "formaction", "xlink:href",
           "background", "ping", "manifest", "cite"}  # fmt: skip


class Page(HTMLParser):
    """What stands in a page: its elements in order, their attributes, and its text."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.html = data.decode("utf-8")
        self.feed(self.html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(f"{tag} {' '.join(sorted(name for name, _ in attrs))}")
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(f"{tag}/ {' '.join(sorted(name for name, _ in attrs))}")
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self._open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture
def history(tmp_path: Path) -> History:
    return opened(tmp_path)


def page_of(history: History, n: int = 1) -> Page:
    return Page(report.render(history, n))


def test_what_the_record_holds_is_on_the_page(history: History) -> None:
    record(history)
    text = page_of(history).text
    for expected in (
        "1 contrast", "Complete: it ran to its end.", "Thursday 28 May 2026",
        "Time 9 min", "Heat 8 min", "Cold 1 min", "Hottest 38.0 °C", "Coldest 22.0 °C",
        "Dose 0.14 CEM43", "Pad relay 12 closings",
        "2 cold 12.0 °C 1 min 1 min 30.1 °C 38.0 °C",
        "04:00 phase 2: cold 12.0 °C, 1 min", "1 09:00 complete",
        "Asked before the session.", "Age of an injury: 6 weeks or older.",
        "serial:/dev/ttyACM0", "e6614c311b", "pico", "0.1.0", "cooler fitted",
        "cutoff 43 °C", "cutoff 7 °C", "1.5 % of the limit of 9.00 CEM43",
        "At the least 83 % of the heat budget was left",
    ):  # fmt: skip
        assert expected in text, expected
    for question in QUESTIONS:
        assert f"{question.text} no" in text
    assert "does not hold the device's" not in text
    assert "simulated" not in text


def test_the_pictures_are_whole_and_say_what_they_show(history: History) -> None:
    record(history)
    pictures = re.findall(r"<svg.*?</svg>", page_of(history).html, re.DOTALL)
    names = []
    for drawn in pictures:
        svg = ElementTree.fromstring(unescape(drawn))
        space = "{http://www.w3.org/2000/svg}"
        title, text = svg.find(f"{space}title"), svg.find(f"{space}desc")
        assert title is not None
        assert text is not None
        assert svg.get("aria-labelledby") == f"{title.get('id')} {text.get('id')}"
        assert len(text.text or "") > 20
        names.append(svg.get("id"))
    assert names == ["temperature", "relays", "dose", "budget"]


def test_the_curve_is_the_samples(history: History) -> None:
    record(history)
    [drawn] = re.findall(r'<path class="line a" d="M(\d+) (\d+)l([^"]*)"', page_of(history).html)
    x, y = int(drawn[0]), int(drawn[1])
    steps = [int(one) for one in re.findall(r"-?\d+", drawn[2])]
    points = [(x, y)]
    for dx, dy in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x, y))
    rows = history.rows(1)
    assert len(points) == len(rows) == 540
    # Both axes are linear: two samples give the scale, and every other one has to lie on it.
    readings = [row["temp_mc"] for row in rows]
    low, high = readings.index(min(readings)), readings.index(max(readings))
    scale = (points[high][1] - points[low][1]) / (readings[high] - readings[low])
    assert scale < 0
    for at, (row, point) in enumerate(zip(rows, points, strict=True)):
        wanted = points[low][1] + (row["temp_mc"] - readings[low]) * scale
        assert point[1] == pytest.approx(wanted, abs=1.01)
        assert point[0] - points[0][0] == pytest.approx(at * 8020 / 540, abs=1.01)


def test_a_gap_in_the_readings_is_a_gap_in_the_curve(history: History) -> None:
    record(history)
    changed(history.path, "UPDATE samples SET temp_mc = NULL WHERE id BETWEEN 100 AND 200")
    [drawn] = re.findall(r'<path class="line a" d="([^"]*)"', page_of(history).html)
    assert drawn.count("M") == 2


def test_the_target_is_drawn_from_end_to_end_of_its_phases(history: History) -> None:
    record(history)
    html = page_of(history).html
    [drawn] = re.findall(r'<path class="line target" d="([^"]*)"', html)
    # One level line a phase, as long as the phase; the last ends with the last sample.
    starts = re.findall(r"M(\d+) \d+l(\d+) 0", drawn)
    assert drawn == "".join(re.findall(r"M\d+ \d+l\d+ 0", drawn))
    widths = [int(width) for _, width in starts]
    assert widths == pytest.approx([8020 * s / 540 for s in (240, 60, 239)], abs=2)


def test_a_reading_that_cannot_be_is_none(history: History) -> None:
    record(history)
    before = page_of(history).html.count("grid")
    changed(
        history.path,
        "UPDATE samples SET temp_mc = 999999999 WHERE id = 100",
        "UPDATE samples SET t_ms = 99999999999 WHERE id = 540",
    )
    page = page_of(history)
    assert page.html.count("grid") == before
    assert page.html.count('<path class="line a" d="M') == 1
    assert "1 of the recorded samples are not shown" in page.text
    [drawn] = re.findall(r'<path class="line a" d="([^"]*)"', page.html)
    assert drawn.count("M") == 2


def test_what_was_seen_is_that_of_the_page_of_faults() -> None:
    page = (ROOT / "docs" / "reference" / "faults.md").read_text(encoding="utf-8")
    cells = [line.split("|") for line in page.splitlines() if re.match(r"\| \d", line)]
    assert {row[2].strip(" `"): row[4].strip() for row in cells} == {
        fault: seen(fault) for fault in FAULTS
    }


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        ({"outcome": "lost", "until_s": 100},
         ["The computer lost the device during the session.",
          "ends the session by itself within 10 s"]),
        # Nothing was summed up, so the samples are.
        ({"outcome": None, "until_s": 100},
         ["The record was cut off before the session ended.", "Time 1 min 39 s",
          "1 heat 40.5 °C 4 min 1 min 39 s", "a good deal of heat already"]),
        ({"hello": None}, ["cutoff 43 °C", "does not hold the device's"]),
        ({"answers": {**ANSWERS, "screening": "assumed"}}, ["Nobody was asked"]),
        ({"device": {"path": "sim:?speed=max", "uid": "51", "firmware": "0.1.0"}}, ["simulated"]),
        *[({"outcome": "stopped", "reason": one, "until_s": 100}, [said])
          for one, said in STOPS.items()],
        *[({"outcome": "fault", "fault": one, "until_s": 100},
           [f"It stopped by a fault: {one.replace('_', ' ')}.", str(seen(one)), fault_hint(one),
            "01:40 into the session, at 40.3 °C"])
          for one in FAULTS],
    ],
)  # fmt: skip
def test_how_it_ended_and_what_is_known_of_it(
    kept: dict[str, Any], says: list[str], history: History
) -> None:
    record(history, **kept)
    text = page_of(history).text
    assert [one for one in says if one not in text] == []


def test_a_session_without_a_sample(history: History) -> None:
    record(history, until_s=0, outcome="lost")
    page = page_of(history)
    assert "no curves" in page.text
    assert "<svg" not in page.html
    assert "<script" not in page.html


def test_what_follows_a_restart_is_not_drawn(history: History) -> None:
    record(history, outcome="lost", until_s=100)
    columns = ", ".join(("session_id", *SAMPLE_COLUMNS))
    again = f"INSERT INTO samples ({columns}) SELECT {columns} FROM samples WHERE t_ms < 5000"
    changed(history.path, again)
    text = page_of(history).text
    assert "the device restarted; the curves end there" in text
    assert "5 of the recorded samples are not shown" in text


def test_the_weeks_up_to_this_session(history: History) -> None:
    week_s = 7 * 86_400
    for n in range(4):
        record(history, started_unix=STARTED_UNIX + n * week_s, until_s=270 if n == 1 else None,
               outcome="stopped" if n == 1 else "complete", reason="button")  # fmt: skip
    third = page_of(history, 3)
    assert "2026-06-01 1 0 1 4 min 0 min 9 min 50 % 0.07 CEM43" in third.text
    assert "2026-06-08" in third.text
    assert "2026-06-15" not in third.text
    assert third.html.count('id="week-') == 3 * 3  # the picture, its title, its text
    assert 'id="week-' not in page_of(history, 1).html


def test_one_page_that_needs_nothing_else(history: History) -> None:
    record(history)
    record(history, started_unix=1_781_000_000.0)
    page = page_of(history, 2)
    assert [pair for pair in page.attributes if pair[0] in FETCHES] == []
    assert not re.search(r"url\(|@import|<link|<base|<iframe|<object|<embed", page.html)
    outside = set(re.findall(r"[a-z]+:?//[^\s\"'<]+", page.html))
    assert outside <= {"http://www.w3.org/2000/svg"}  # the name of SVG, which nobody fetches
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    [policy] = [value for _, value in page.attributes if value and "default-src" in value]
    assert policy.startswith("default-src 'none';")
    assert len(re.findall(r"<script\b", page.html)) == 2


def test_the_same_record_gives_the_same_bytes(history: History) -> None:
    record(history)
    one = report.render(history, 1)
    assert report.render(history, 1) == one
    code = f"""
import sys
from poultice.record import report
from poultice.record.store import History
sys.stdout.buffer.write(report.render(History({str(history.path)!r}), 1))
"""
    more = {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "77"}
    ran = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **more}, capture_output=True, check=True
    )
    assert ran.stdout == one
    record(history, started_unix=1_790_000_000.0)
    assert report.render(history, 1) == one


LONG = (phase("heat", 40_500, 1_200), phase("cold", 12_000, 600), phase("heat", 40_500, 600))


def test_forty_minutes_are_small_and_quick(history: History) -> None:
    for _ in range(30):
        record(history, until_s=2)
    n = record(history, phases=LONG)
    assert len(history.rows(n)) == 2_400
    times_s = []
    for _ in range(3):
        began_s = time.process_time()
        page = report.render(history, n)
        times_s.append(time.process_time() - began_s)
    assert len(page) < 300_000
    assert min(times_s) < 1.0


def test_a_day_of_samples_is_still_a_page(history: History) -> None:
    n = record(history, phases=(phase("rest", None, 40_000),))
    assert len(report.render(history, n)) < 300_000


def test_no_such_session(history: History) -> None:
    with pytest.raises(UsageError):
        report.render(history, 1)


def test_a_damaged_record(history: History) -> None:
    record(history)
    data = bytearray(history.path.read_bytes())
    data[2048:] = b"\xa5" * (len(data) - 2048)
    history.path.write_bytes(data)
    with pytest.raises(HistoryError):
        report.render(history, 1)


EVIL = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'onload='alert(1)",
    "<!--",
    "]]>",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&amp;",
    "\u202e\x00\x1b[31m\ud800",
    "a" * 5_000,
]


def hostile(history: History, text: str) -> int:
    """A session whose every free text is `text`; SQLite itself takes no half of a character."""
    text = f"x{text}"
    whole = text.encode("utf-8", "replace").decode()
    return record(
        history,
        outcome="stopped",
        reason=whole,
        until_s=30,
        protocol=whole,
        profile=text,
        device={"path": text, "uid": text, "firmware": text},
        hello={"board": text, "reset_cause": text, "features": {text: True}, "limits": {}},
        answers={"screening": whole, "injury_age": whole, "answers": {whole: True}},
        events=({"kind": whole, "more": text}, {"kind": "warning", "what": text},
                {"kind": "phase", "phase": text, "mode": text, "duration_s": text}),
    )  # fmt: skip


@cache
def elements_of_a_harmless_one() -> list[str]:
    with tempfile.TemporaryDirectory() as directory:
        history = opened(Path(directory))
        return page_of(history, hostile(history, "")).elements


def check_hostile(history: History, text: str) -> None:
    evil = page_of(history, hostile(history, text))
    assert evil.elements == elements_of_a_harmless_one()
    assert "\x00" not in evil.html


@pytest.mark.parametrize("text", EVIL)
def test_nothing_in_the_record_is_obeyed(history: History, text: str) -> None:
    check_hostile(history, text)


@given(
    st.text(alphabet=st.one_of(st.sampled_from("<>&\"'/={}%-!;`"), st.characters()), max_size=30)
)
def test_any_text_is_only_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check_hostile(opened(tmp_path_factory.mktemp("record")), text)


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=9),
              st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3),
                            st.dictionaries(st.text(max_size=9), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip
COLUMNS = ("started_unix", "plan", "device", "hello", "outcome", "reason", "fault", "duration_s",
           "heat_s", "cold_s", "peak_mc", "min_mc", "dose_m", "summary")  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(COLUMNS), anything, max_size=4),
    st.dictionaries(st.sampled_from(SAMPLE_COLUMNS), anything, max_size=4),
    st.lists(anything, max_size=3),
    anything,
)
@example({"started_unix": 1e300}, {}, [], None)
@example({"plan": {"phases": [{"mode": "heat", "duration_s": 2**62}]}}, {}, [], None)
@example({}, {"t_ms": 2**62}, [{"kind": "phase", "t_ms": 5}], None)
@example({}, {"temp_mc": 2**62, "dose_m": -(2**62)}, [], None)
@example({"hello": {"limits": {"dose_session_m": 0, "heat_cutoff_mc": 2**62}}}, {}, [], None)
def test_whatever_is_in_the_record_there_is_a_page_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory,
    columns: dict[str, Any],
    sample: dict[str, Any],
    events: list[Any],
    phases: Any,
) -> None:
    history = opened(tmp_path_factory.mktemp("record"))
    record(history, until_s=70, phases=CONTRAST[:1])
    connection = sqlite3.connect(history.path, isolation_level=None)
    for name, value in columns.items():
        as_json = name in ("plan", "device", "hello", "summary")
        stored = json.dumps(value) if as_json or isinstance(value, list | dict) else value
        if stored is not None or name not in ("started_unix", "plan", "device"):
            connection.execute(f"UPDATE sessions SET {name} = ?", (_stored(stored),))
    for name, value in sample.items():
        stored = json.dumps(value) if isinstance(value, list | dict) else value
        connection.execute(f"UPDATE samples SET {name} = ? WHERE id % 3 = 0", (_stored(stored),))
    for event in [*events, {"kind": "phase", "t_ms": 1, "phase": phases}]:
        connection.execute(
            "INSERT INTO events (session_id, kind, event) VALUES (1, 'x', ?)", (json.dumps(event),)
        )
    connection.close()
    try:
        page = report.render(history, 1)
    except HistoryError:
        return
    assert len(page) < 300_000
    Page(page)


def _stored(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
