"""One reading a second, for 30 s back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from poultice_core.interval import Interval
from poultice_core.trend import Trend


class Watched:
    def __init__(self) -> None:
        self.reading: Any = SimpleNamespace(readable=True, hot_mc=0)
        self.trend = Trend(self.reading)
        self.now = Interval()

    def look(self, hot_mc: int, dt_ms: int, stalled: bool = False) -> Trend:
        self.reading.hot_mc = hot_mc
        self.now.stalled = stalled
        self.now.dt_ms, self.now.seen_ms = dt_ms, 0 if stalled else dt_ms
        assert self.trend.look(self.now) == 0
        return self.trend


def test_a_trend_reaches_thirty_seconds_back() -> None:
    watched = Watched()
    for tick in range(1, 311):
        assert not watched.trend.full()
        assert watched.look(tick, 100).pushed == (tick % 10 == 0)
    assert watched.trend.full()
    assert [watched.trend.ago_mc(back) for back in (0, 1, 10, 30)] == [310, 300, 210, 10]


@pytest.mark.parametrize("how", ["new", "stall", "lost"])
def test_a_second_is_a_thousand_milliseconds_however_they_come(how: str) -> None:
    watched = Watched()
    trend = watched.trend
    if how != "new":
        for _ in range(40):
            watched.look(5, 1_000)
        watched.look(5, 1_999)
        assert trend.full()
        assert trend.pushed
        watched.reading.readable = how != "lost"
        watched.look(5, 400, how == "stall")
        watched.reading.readable = True
    assert not trend.pushed
    assert not trend.full()
    for hot_mc, dt_ms, pushed in ((1, 999, False), (2, 2, True), (3, 998, False), (4, 1, True)):
        assert watched.look(hot_mc, dt_ms).pushed == pushed
    for second in range(5, 34):
        assert not trend.full()
        assert watched.look(second, 1_000).pushed
    assert trend.full()
    assert [trend.ago_mc(back) for back in (0, 1, 28, 29, 30)] == [33, 32, 5, 4, 2]
