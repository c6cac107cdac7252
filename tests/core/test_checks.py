"""The small questions by themselves, against a plain reference."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poultice_core import faults
from poultice_core.checks import Slope, Trend
from poultice_core.limits import Limits

READINGS = st.lists(st.integers(-10_000, 81_000), min_size=30, max_size=50)


@pytest.mark.requirement("SR-02")
@given(READINGS)
def test_the_slope_is_the_contracts(readings_mc: list[int]) -> None:
    slope = Slope(Limits())
    for reading_mc in readings_mc:
        slope.push(reading_mc)
    recent = sum(readings_mc[-10:]) / 10
    earlier = sum(readings_mc[-30:-20]) / 10
    in_ten_seconds = (recent - earlier) / 2.0 * 10
    assert slope.ahead_mc() == ceil(round(in_ten_seconds, 3))


@pytest.mark.requirement("SR-02")
def test_thirty_ticks_make_a_slope() -> None:
    slope = Slope(Limits())
    for _ in range(29):
        slope.push(32_000)
        assert slope.ahead_mc() == Slope.UNKNOWN_MC
    slope.push(32_000)
    assert slope.ahead_mc() == 0
    slope.restart()
    slope.push(32_000)
    assert slope.ahead_mc() == Slope.UNKNOWN_MC


@settings(max_examples=20)
@given(READINGS, READINGS)
def test_a_restarted_slope_has_forgotten(before_mc: list[int], after_mc: list[int]) -> None:
    used, fresh = Slope(Limits()), Slope(Limits())
    for reading_mc in before_mc:
        used.push(reading_mc)
    used.restart()
    for reading_mc in after_mc:
        used.push(reading_mc)
        fresh.push(reading_mc)
    assert used.ahead_mc() == fresh.ahead_mc()


def test_a_trend_reaches_thirty_seconds_back() -> None:
    trend = Trend()
    for tick in range(1, 311):
        assert trend.full() == (tick > 310)
        trend.look(tick, 100)
        assert trend.pushed == (tick % 10 == 0)
    assert trend.full()
    assert [trend.ago_mc(back) for back in (0, 1, 10, 30)] == [310, 300, 210, 10]


def test_more_than_one_in_a_tick_is_the_more_severe() -> None:
    for worse in range(1, len(faults.NAMES)):
        assert faults.more_severe(faults.NONE, worse) == worse
        assert faults.more_severe(worse, faults.NONE) == worse
        for fault in range(worse, len(faults.NAMES)):
            assert faults.more_severe(fault, worse) == faults.more_severe(worse, fault) == worse
