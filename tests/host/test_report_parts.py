"""Lines, axes and weeks: the parts that the report is drawn from."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.record import trends
from poultice.record.report import svg
from poultice.record.store import History
from tests.host.recorded import CONTRAST, STARTED_UNIX, opened, record

DAY_S = 86_400
STARTED = date(2026, 5, 28)  # a Thursday


@pytest.fixture
def history(tmp_path: Path) -> History:
    return opened(tmp_path)


coordinate = st.floats(min_value=-2_000, max_value=2_000)
points = st.lists(st.one_of(st.none(), st.tuples(coordinate, coordinate)), max_size=30)


@given(points)
def test_a_line_goes_through_its_points(given: list[svg.Point | None]) -> None:
    found: list[tuple[int, int]] = []
    for part in re.findall(r"M[^M]*", svg.line(given)):
        # A point alone is drawn too, also between two gaps.
        assert re.fullmatch(r"M-?\d+ ?-?\d+(h0|l.+)", part)
        numbers = [int(one) for one in re.findall(r"-?\d+", part.replace("h0", ""))]
        x, y = numbers[:2]
        found.append((x, y))
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            found.append((x, y))
    wanted = [(round(10 * x), round(10 * y)) for x, y in filter(None, given)]
    assert found == wanted


@given(st.lists(st.one_of(st.none(), st.integers(0, 500)), max_size=600), st.integers(1, 20))
def test_thinning_keeps_the_extremes(values: list[int | None], columns: int) -> None:
    line = [None if y is None else (float(x), float(y)) for x, y in enumerate(values)]
    kept = svg.thinned(line, columns)
    seen, left = [p for p in line if p], [p for p in kept if p]
    assert set(left) <= set(seen)
    assert [x for x, _ in left] == sorted(x for x, _ in left)
    assert [y for _, y in sorted(seen, key=lambda p: p[1])[:1]] == [
        y for _, y in sorted(left, key=lambda p: p[1])[:1]
    ]
    assert max((y for _, y in seen), default=0) == max((y for _, y in left), default=0)
    if seen:
        assert (left[0], left[-1]) == (seen[0], seen[-1])
    if len(line) > 4 * columns:
        assert len(left) <= 4 * (columns + 1) + kept.count(None) * 4


@given(
    st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 15),
)  # fmt: skip
def test_ticks_are_few_and_inside(low: float, span: float, most: int) -> None:
    found = svg.ticks(low, low + span, (1, 2, 5, 10, 100, 1000), most)
    assert len(found) <= most
    assert all(low <= tick <= low + span for tick in found)


def test_a_week_is_what_its_sessions_were(history: History) -> None:
    record(history, started_unix=STARTED_UNIX - 3 * DAY_S)
    record(history, outcome="stopped", reason="button", until_s=120)
    record(history, until_s=270, outcome=None)
    [week] = trends.weekly(history, STARTED)
    assert week.to_json() == {
        "week": "2026-05-25",
        "sessions": 3,
        "complete": 1,
        "days": 2,
        # Of the one cut off its samples show: the last second of its last phase shows in none.
        "heat_s": 480 + 120 + 240,
        "cold_s": 60 + 0 + 29,
        "planned_s": 3 * 540,
        "done_pct": 57,
        "dose_m": 135 + 30 + 67,
        "at_most": 0,
    }


def test_rest_is_not_treatment(history: History) -> None:
    rest = {"mode": "rest", "duration_s": 300}
    record(history, phases=(rest, CONTRAST[1]))
    [week] = trends.weekly(history, STARTED)
    assert (week.planned_s, week.heat_s, week.cold_s, week.done_pct) == (60, 0, 60, 100)


def test_weeks_without_a_session_are_there(history: History) -> None:
    record(history)
    record(history, started_unix=STARTED_UNIX + 21 * DAY_S)
    weeks = trends.weekly(history, STARTED + timedelta(days=28))
    assert [week.sessions for week in weeks] == [1, 0, 0, 1, 0]
    assert [week.done_pct for week in weeks] == [100, None, None, 100, None]


@pytest.mark.parametrize(("days", "there"), [(-3, True), (-4, False), (3, True), (4, False)])
def test_a_week_ends_on_sunday(history: History, days: int, there: bool) -> None:
    record(history, started_unix=STARTED_UNIX + days * DAY_S, until_s=5, outcome="lost")
    assert bool(trends.weekly(history, STARTED, weeks=1)) is there


@pytest.mark.parametrize(("weeks", "there"), [(4, True), (3, False)])
def test_only_so_many_weeks(history: History, weeks: int, there: bool) -> None:
    record(history, until_s=5, outcome="lost")
    assert bool(trends.weekly(history, STARTED + timedelta(days=21), weeks)) is there


def test_no_session_no_week(history: History) -> None:
    assert trends.weekly(history, STARTED) == []


def test_a_session_of_no_time_is_in_no_week(history: History) -> None:
    record(history, started_unix=1e300, until_s=5, outcome="lost")
    record(history, started_unix=float("inf"), until_s=5, outcome="lost")
    assert trends.weekly(history, STARTED) == []
