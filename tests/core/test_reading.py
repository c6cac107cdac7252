"""One sensor and two, against the contract told once more: SR-07, SR-08 and the good ticks of
SR-20."""

from __future__ import annotations

import random

import pytest

from poultice_core import faults, states
from poultice_core.interval import Interval
from poultice_core.limits import Limits
from poultice_core.reading import Reading, Sensor
from poultice_core.tick import Tick
from tests.core.guard_rig import settings

TOY = Limits()
TOY.stale_ms = 350
TOY.frozen_ms = 500
TOY.clear_ticks = 4
TOY.mismatch_ms = 400
TOY.range_count = 4
TOY.range_window_ms = 700
OPEN_X8 = TOY.code_max * 8
SHORT_X8 = TOY.code_min * 8


class Told:
    """What the contract says of one sensor, from the whole of what it was shown."""

    def __init__(self) -> None:
        self.ok, self.inhibit, self.reason = False, True, faults.SENSOR_OPEN
        self.temp_mc = self.accepted_mc = self.good_ticks = 0
        self.now_ms = 0
        self.code_x8 = 0
        self.out_ticks = 0
        self.bad_at: list[int] = []
        self.sum: int | None = None
        self.same_ticks = self.same_ms = 0
        self.rejected = self.stale_ms = 0

    def _often(self, live: bool) -> bool:
        if live:
            self.bad_at.append(self.now_ms)
        recent = [at for at in self.bad_at if self.now_ms - at <= TOY.range_window_ms]
        return live and len(recent) >= TOY.range_count

    def look(
        self, code_x8: int, spread: int, raw_sum: int, temp_mc: int, fresh: bool, judged: bool,
        live: bool, dt_ms: int,
    ) -> int:  # fmt: skip
        self.now_ms += dt_ms
        wide = spread > TOY.spread_codes
        if not SHORT_X8 <= code_x8 <= OPEN_X8 or wide:
            up = code_x8 > OPEN_X8 or (code_x8 >= SHORT_X8 and code_x8 >= self.code_x8)
            self.reason = faults.SENSOR_OPEN if up else faults.SENSOR_SHORT
            self.ok, self.inhibit, self.good_ticks = False, True, 0
            self.out_ticks += 1
            often = self._often(live)
            return 1 << self.reason if often or self.out_ticks >= TOY.range_ticks else 0
        self.code_x8 = code_x8
        self.out_ticks = 0
        jumped = abs(temp_mc - self.accepted_mc) > TOY.jump_mc
        if raw_sum == self.sum:
            self.same_ticks += 1
            self.same_ms += dt_ms if judged else 0
        else:
            self.sum, self.same_ticks, self.same_ms = raw_sum, 0, 0
        good = fresh and not jumped and self.same_ticks < TOY.clear_ticks
        self.good_ticks = min(self.good_ticks + 1, TOY.clear_ticks) if good else 0
        self.ok, self.inhibit, self.reason = True, judged and jumped, faults.NONE
        self.temp_mc = temp_mc
        if not judged:
            self.accepted_mc, self.rejected, self.stale_ms = temp_mc, 0, 0
            return 0
        if jumped:
            self.rejected += 1
            if self._often(live) or self.rejected >= TOY.jump_ticks:
                return 1 << faults.SENSOR_JUMP
        else:
            self.rejected, self.accepted_mc = 0, temp_mc
        if self.same_ms >= TOY.frozen_ms:
            return 1 << faults.SENSOR_FROZEN
        self.stale_ms = 0 if fresh else self.stale_ms + dt_ms
        return 1 << faults.SENSOR_STALE if self.stale_ms > TOY.stale_ms else 0


STEPS_MC = (0, 0, 0, 1, -1, TOY.jump_mc, -TOY.jump_mc, TOY.jump_mc + 1, -TOY.jump_mc - 1)
Look = tuple[int, int, int, int, bool, bool, bool, int]


def _trace(seed: int) -> list[Look]:
    """Each trace has habits of its own: how often it is fresh, judged, in range and moving."""
    chance = random.Random(seed)
    fresh, judged, ranged, moving, live, narrow = (
        chance.choice((0.1, 0.5, 0.9, 1.0)) for _ in range(6)
    )
    at_mc, raw_sum, ticks = 0, chance.randrange(3), []
    for _ in range(40):
        at_mc += chance.choice(STEPS_MC)
        if chance.random() < moving:
            raw_sum = chance.randrange(4)
        codes = (OPEN_X8, SHORT_X8, 16_000) if chance.random() < ranged else (OPEN_X8 + 1, 3_695)
        ticks.append(
            (
                chance.choice(codes),
                TOY.spread_codes + (0 if chance.random() < narrow else 1),
                raw_sum,
                at_mc,
                chance.random() < fresh,
                chance.random() < judged,
                chance.random() < live,
                chance.choice((50, 50, 100, 100, 150, 1, 0)),
            )
        )
    return ticks


class Shown:
    """A sensor and the clock it is shown by."""

    def __init__(self) -> None:
        self.sensor = Sensor(TOY)
        self.now = Interval()
        self.now.tick = Tick()
        self.now.tick.at(0)

    def look(
        self, code_x8: int, spread: int, raw_sum: int, temp_mc: int, fresh: bool, judged: bool,
        live: bool, dt_ms: int,
    ) -> int:  # fmt: skip
        now = self.now
        now.tick.at(now.tick.now_ms + dt_ms)
        now.tick.fresh = fresh
        now.live = live
        now.dt_ms = now.seen_ms = dt_ms
        return self.sensor.look(now, code_x8, raw_sum, spread, temp_mc, judged)


@pytest.mark.requirement("SR-07", "SR-08")
def test_a_sensor_is_judged_as_the_contract_says() -> None:
    tripped = 0
    for seed in range(400):
        shown, told = Shown(), Told()
        sensor = shown.sensor
        for look in _trace(seed):
            seen = (sensor.ok, sensor.inhibit, sensor.reason, sensor.temp_mc, sensor.accepted_mc)
            assert seen == (told.ok, told.inhibit, told.reason, told.temp_mc, told.accepted_mc)
            assert sensor.good_ticks == told.good_ticks
            trips = shown.look(*look)
            assert trips == told.look(*look), (seed, look)
            tripped |= trips
    names = ("SHORT", "OPEN", "JUMP", "FROZEN", "STALE")
    assert tripped == sum(1 << getattr(faults, f"SENSOR_{name}") for name in names)


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("before", ["unjudged", "plausible", "jumped"])
def test_a_reading_is_stale_a_millisecond_after_its_time(before: str) -> None:
    shown = Shown()
    shown.look(16_000, 0, 1, 0, False, False, True, 100)
    shown.look(16_000, 0, 2, 0, False, before != "unjudged", True, 100)
    at_mc = TOY.jump_mc + 1 if before == "jumped" else 0
    assert shown.look(16_000, 0, 3, at_mc, True, before != "unjudged", True, 100) == 0
    assert shown.look(16_000, 0, 4, 0, False, True, True, TOY.stale_ms) == 0
    assert shown.look(16_000, 0, 5, 0, False, True, True, 1) == 1 << faults.SENSOR_STALE


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("unjudged_ms", [0, 100, 10_000])
def test_a_sum_is_frozen_at_the_millisecond(unjudged_ms: int) -> None:
    shown = Shown()
    for raw_sum in (1, 1, 2):
        shown.look(16_000, 0, raw_sum, 0, True, True, True, 100)
    if unjudged_ms:
        shown.look(16_000, 0, 2, 0, True, False, True, unjudged_ms)
    assert shown.look(16_000, 0, 2, 0, True, True, True, TOY.frozen_ms - 1) == 0
    assert shown.look(16_000, 0, 2, 0, True, True, True, 1) == 1 << faults.SENSOR_FROZEN


@pytest.mark.requirement("SR-08")
def test_two_sensors_apart_are_judged_as_the_contract_says() -> None:
    for seed in range(300):
        chance = random.Random(seed)
        table = bytearray(3 * 97)
        reading = Reading(TOY, settings(), table)  # type: ignore[arg-type]
        now = Interval()
        now.tick = tick = Tick()
        tick.code_x8_a, tick.code_x8_b = 2048 * 8, 2112 * 8
        apart_ms: int | None = None
        often = chance.choice((0.5, 0.95))
        for at in range(20):
            judged, far = chance.random() < often, chance.random() < often
            stalled = chance.random() < 0.03
            dt_ms = chance.choice((0, 1, 99, 100, 150, 199, 200, 399))
            b_mc = chance.choice((0, 1, 30_000))
            a_mc = b_mc + chance.choice((1, -1)) * (TOY.mismatch_mc + far)
            for code, mc in ((2048, a_mc), (2112, b_mc)):
                place = 3 * ((code - 448) >> 5)
                table[place : place + 3] = (mc + 32768).to_bytes(3)
            now.live = True
            now.stalled = stalled
            now.dt_ms, now.seen_ms = dt_ms, 0 if stalled else dt_ms
            now.state, now.heating = states.RUNNING, judged
            tick.raw_a = tick.raw_b = at
            trips = reading.look(now)
            if not far or stalled:
                apart_ms = None
            if far and judged and not stalled:
                apart_ms = 0 if apart_ms is None else apart_ms + dt_ms
            due = far and judged and not stalled and (apart_ms or 0) >= TOY.mismatch_ms
            assert (trips >> faults.SENSOR_MISMATCH & 1) == due, (seed, at)
            assert reading.hot_mc == max(a_mc, b_mc)
            assert reading.cold_mc == min(a_mc, b_mc)
