"""Where the reading will be in ten seconds, against the contract's formula: SR-02."""

from __future__ import annotations

from math import ceil
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poultice_core.interval import Interval
from poultice_core.judges.predictive import Predictive
from poultice_core.limits import Limits

READINGS = st.lists(st.integers(-10_000, 81_000), min_size=30, max_size=50)
NOW = Interval()


class Watched:
    """`limit_mc` is where the reading in ten seconds is held against."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.reading: Any = SimpleNamespace(whole=True, inhibit=False, control_mc=0)
        self.predictive = Predictive(self.limits, self.reading)

    def push(self, *readings_mc: int) -> None:
        for reading_mc in readings_mc:
            self.reading.control_mc = reading_mc
            assert self.predictive.look(NOW) == 0

    def inhibits(self, limit_mc: int) -> bool:
        self.limits.predictive_mc = limit_mc
        return self.predictive.inhibits()


@pytest.mark.requirement("SR-02")
@given(READINGS)
def test_the_slope_is_the_contracts(readings_mc: list[int]) -> None:
    watched = Watched()
    watched.push(*readings_mc)
    recent = sum(readings_mc[-10:]) / 10
    earlier = sum(readings_mc[-30:-20]) / 10
    in_ten_seconds = (recent - earlier) / 2.0 * 10
    ahead_mc = readings_mc[-1] + ceil(round(in_ten_seconds, 3))
    assert watched.inhibits(ahead_mc)
    assert not watched.inhibits(ahead_mc + 1)


@pytest.mark.requirement("SR-02")
@pytest.mark.parametrize("again", [False, True])
def test_thirty_ticks_make_a_slope(again: bool) -> None:
    watched = Watched()
    if again:
        watched.push(*[70_000] * 40)
        watched.reading.whole = False
        watched.push(0, 0)
        watched.reading.whole = True
    for _ in range(29):
        watched.push(32_000)
        assert watched.inhibits(1_000_000)
    watched.push(32_000)
    assert not watched.inhibits(32_001)
    assert watched.inhibits(32_000)


@settings(max_examples=20)
@given(READINGS, READINGS)
def test_after_a_lost_reading_it_has_forgotten(before_mc: list[int], after_mc: list[int]) -> None:
    used, fresh = Watched(), Watched()
    used.push(*before_mc)
    used.reading.whole = False
    used.push(0)
    used.reading.whole = True
    used.push(*after_mc)
    fresh.push(*after_mc)
    for limit_mc in range(-200_000, 500_000, 7_001):
        assert used.inhibits(limit_mc) == fresh.inhibits(limit_mc)


@pytest.mark.requirement("SR-08")
def test_a_rejected_reading_is_not_counted() -> None:
    watched = Watched()
    watched.push(*[32_000] * 30)
    watched.reading.inhibit = True
    watched.push(*[60_000] * 20)
    watched.reading.inhibit = False
    watched.push(32_000)
    assert not watched.inhibits(32_001)


def test_a_slope_is_rounded_up_whatever_its_horizon() -> None:
    limits = Limits()
    limits.predict_horizon_ds = 1
    watched = Watched(limits)
    watched.push(*[0] * 29, 1)
    assert watched.inhibits(2)
    assert not watched.inhibits(3)
