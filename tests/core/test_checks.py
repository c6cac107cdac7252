"""The small questions by themselves, against a plain reference."""

from __future__ import annotations

import random
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poultice_core import faults
from poultice_core.checks import Mismatch, Sensor, Slope, Trend
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


def test_a_slope_is_rounded_up_whatever_its_horizon() -> None:
    limits = Limits()
    limits.predict_horizon_ds = 1
    slope = Slope(limits)
    for reading_mc in [0] * 29 + [1]:
        slope.push(reading_mc)
    assert slope.ahead_mc() == 1
    assert Slope.UNKNOWN_MC == 1_000_000


@pytest.mark.parametrize("restarted", [False, True])
def test_a_second_is_a_thousand_milliseconds_however_they_come(restarted: bool) -> None:
    trend = Trend()
    if restarted:
        for _ in range(40):
            trend.look(5, 1_000)
        trend.look(5, 1_999)
        assert trend.full()
        assert trend.pushed
        trend.restart()
    assert not trend.pushed
    assert not trend.full()
    trend.look(1, 999)
    assert not trend.pushed
    trend.look(2, 2)
    assert trend.pushed
    trend.look(3, 998)
    assert not trend.pushed
    trend.look(4, 1)
    assert trend.pushed
    for second in range(5, 34):
        assert not trend.full()
        trend.look(second, 1_000)
        assert trend.pushed
    assert trend.full()
    assert [trend.ago_mc(back) for back in (0, 1, 28, 29, 30)] == [33, 32, 5, 4, 2]


# --- one sensor and two, against the contract told once more --------------------------------

TOY = Limits()
TOY.stale_ms = 350
TOY.frozen_ms = 500
TOY.clear_ticks = 4
TOY.mismatch_ms = 400
OPEN_X8 = TOY.code_max * 8
SHORT_X8 = TOY.code_min * 8


class Told:
    """SR-07, SR-08 and the good ticks of SR-20, for one sensor."""

    def __init__(self) -> None:
        self.ok, self.inhibit, self.reason = False, True, faults.SENSOR_OPEN
        self.temp_mc = self.accepted_mc = self.good_ticks = 0
        self.bad: list[int] = []
        self.sums: list[tuple[int, int]] = []
        self.rejected = self.stale_ms = 0

    def look(
        self, code_x8: int, raw_sum: int, temp_mc: int, fresh: bool, judged: bool, dt_ms: int
    ) -> int:
        if not SHORT_X8 <= code_x8 <= OPEN_X8:
            self.bad.append(code_x8)
            self.ok, self.inhibit, self.good_ticks = False, True, 0
            self.reason = faults.SENSOR_OPEN if code_x8 > OPEN_X8 else faults.SENSOR_SHORT
            return self.reason if len(self.bad) > 2 else faults.NONE
        self.bad = []
        jumped = abs(temp_mc - self.accepted_mc) > TOY.jump_mc
        if self.sums and self.sums[0][0] == raw_sum:
            self.sums.append((raw_sum, dt_ms))
        else:
            self.sums = [(raw_sum, 0)]
        stuck_ms = sum(ms for _, ms in self.sums)
        good = fresh and not jumped and len(self.sums) <= TOY.clear_ticks
        self.good_ticks = self.good_ticks + 1 if good else 0
        self.ok, self.inhibit, self.reason = True, judged and jumped, faults.NONE
        self.temp_mc = temp_mc
        if not judged:
            self.sums = [(value, 0) for value, _ in self.sums]
            self.accepted_mc, self.rejected, self.stale_ms = temp_mc, 0, 0
            return faults.NONE
        self.rejected = self.rejected + 1 if jumped else 0
        if not jumped:
            self.accepted_mc = temp_mc
        if self.rejected >= TOY.jump_ticks:
            return faults.SENSOR_JUMP
        if stuck_ms >= TOY.frozen_ms:
            return faults.SENSOR_FROZEN
        self.stale_ms = 0 if fresh else self.stale_ms + dt_ms
        return faults.SENSOR_STALE if self.stale_ms > TOY.stale_ms else faults.NONE


STEPS_MC = (0, 0, 0, 1, -1, TOY.jump_mc, -TOY.jump_mc, TOY.jump_mc + 1, -TOY.jump_mc - 1)


def _trace(seed: int) -> list[tuple[int, int, int, bool, bool, int]]:
    """Each trace has habits of its own: how often it is fresh, judged, in range and moving."""
    chance = random.Random(seed)
    fresh, judged, ranged, moving = (chance.choice((0.1, 0.5, 0.9, 1.0)) for _ in range(4))
    at_mc, raw_sum, ticks = 0, chance.randrange(3), []
    for _ in range(30):
        at_mc += chance.choice(STEPS_MC)
        if chance.random() < moving:
            raw_sum = chance.randrange(4)
        codes = (OPEN_X8, SHORT_X8, 16_000) if chance.random() < ranged else (OPEN_X8 + 1, 3_695)
        ticks.append(
            (
                chance.choice(codes),
                raw_sum,
                at_mc,
                chance.random() < fresh,
                chance.random() < judged,
                chance.choice((50, 50, 100, 100, 150, 1, 0)),
            )
        )
    return ticks


@pytest.mark.requirement("SR-07", "SR-08")
def test_a_sensor_is_judged_as_the_contract_says() -> None:
    for seed in range(300):
        sensor, told = Sensor(TOY), Told()
        for tick in _trace(seed):
            seen = (sensor.ok, sensor.inhibit, sensor.reason, sensor.temp_mc, sensor.accepted_mc)
            assert seen == (told.ok, told.inhibit, told.reason, told.temp_mc, told.accepted_mc)
            assert sensor.good_ticks == told.good_ticks
            assert sensor.look(*tick) == told.look(*tick), (seed, tick)


@pytest.mark.requirement("SR-08")
def test_two_sensors_are_apart_from_their_first_tick_on() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        mismatch = Mismatch(TOY)
        apart_ms: int | None = None
        often = chance.choice((0.5, 0.95))
        for _ in range(12):
            judged = chance.random() < often
            far = chance.random() < often
            apart_mc = chance.choice((1, -1)) * (TOY.mismatch_mc + far)
            dt_ms = chance.choice((0, 1, 99, 100, 150, 199, 200, 399))
            if not judged or not far:
                apart_ms = None
            else:
                apart_ms = 0 if apart_ms is None else apart_ms + dt_ms
            expected = apart_ms is not None and apart_ms >= TOY.mismatch_ms
            b_mc = chance.choice((0, 1, 30_000))
            fault = mismatch.look(b_mc + apart_mc, b_mc, judged, dt_ms)
            assert fault == (faults.SENSOR_MISMATCH if expected else faults.NONE), seed


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("before", ["unjudged", "plausible", "jumped"])
def test_a_reading_is_stale_a_millisecond_after_its_time(before: str) -> None:
    sensor = Sensor(TOY)
    sensor.look(16_000, 1, 0, False, False, 100)
    sensor.look(16_000, 2, 0, False, before != "unjudged", 100)
    at_mc = TOY.jump_mc + 1 if before == "jumped" else 0
    assert sensor.look(16_000, 3, at_mc, True, before != "unjudged", 100) == faults.NONE
    assert sensor.look(16_000, 4, 0, False, True, TOY.stale_ms) == faults.NONE
    assert sensor.look(16_000, 5, 0, False, True, 1) == faults.SENSOR_STALE


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("judged", [False, True])
def test_a_sum_is_frozen_at_the_millisecond(judged: bool) -> None:
    sensor = Sensor(TOY)
    for raw_sum in (1, 1, 2):
        sensor.look(16_000, raw_sum, 0, True, True, 100)
    if not judged:
        sensor.look(16_000, 2, 0, True, False, 100)
    assert sensor.look(16_000, 2, 0, True, True, TOY.frozen_ms - 1) == faults.NONE
    assert sensor.look(16_000, 2, 0, True, True, 1) == faults.SENSOR_FROZEN
