"""Where all the arguments there are can be tried, they are: that leaves nothing to a solver.

Each function raises AssertionError at the first that is wrong, and returns how many it tried.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from poultice_core.interval import Interval
from poultice_core.limits import Limits
from tests.core import tables
from tests.symbolic.instrumented import core

CODES_X8 = range(4096 * 8)
READINGS_MC = range(-60_000, 120_001)
PARTS = ("B3950", "B3435", "B3980")


def every_code_of_every_thermistor() -> int:
    """Bounded by its table's ends, never hotter for a higher code, 31 bits on the way."""
    for part in PARTS:
        table = getattr(core.thermistor, part)
        held_mc = tables.entries(table, tables.COLDEST_MC)
        before_mc = held_mc[0]
        for code_x8 in CODES_X8:
            reading_mc = core.thermistor.temp_mc(table, code_x8)
            assert held_mc[-1] <= reading_mc <= before_mc, (part, code_x8)
            before_mc = reading_mc
    return len(PARTS) * len(CODES_X8)


def every_reading_has_its_dose_rate() -> int:
    """Never less for a hotter reading, nothing below 39 °C, 31 bits on the way."""
    before_u = 0
    for reading_mc in READINGS_MC:
        rate_u = core.dose.rate_u(reading_mc)
        assert rate_u >= before_u, reading_mc
        assert (rate_u > 0) == (reading_mc > 38_900), reading_mc
        before_u = rate_u
    return len(READINGS_MC)


def every_target_and_duration_that_can_be_asked() -> int:
    """The dose of a hold, by second up to the session's end and by tenth of a degree."""
    limits = Limits()
    targets = range(limits.heat_target_min_mc, limits.heat_target_max_mc + 1, 100)
    for target_mc in targets:
        before_m = 0
        for duration_s in range(limits.session_s + 1):
            dose_m = core.dose.of_hold_m(target_mc, duration_s)
            assert before_m <= dose_m, (target_mc, duration_s)
            before_m = dose_m
    return len(targets) * (limits.session_s + 1)


def every_second_of_the_trend() -> int:
    """Whatever its newest place, so many seconds back is that reading."""
    seconds = core.trend._SECONDS
    now = Interval()
    now.seen_ms = 1_000
    for newest in range(seconds):
        reading = SimpleNamespace(readable=True, hot_mc=0)
        trend = core.trend.Trend(reading)
        trend._newest = newest
        for number in range(seconds):
            reading.hot_mc = number
            trend.look(now)
        for ago in range(seconds):
            assert trend.ago_mc(ago) == seconds - 1 - ago, (newest, ago)
    return int(seconds * seconds)


ALL: dict[str, Callable[[], int]] = {
    count.__name__: count
    for count in (
        every_code_of_every_thermistor,
        every_reading_has_its_dose_rate,
        every_target_and_duration_that_can_be_asked,
        every_second_of_the_trend,
    )
}
