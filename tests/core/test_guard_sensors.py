"""Is it a temperature, is it plausible: SR-07 and SR-08."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poultice_core import states
from poultice_core.limits import Limits
from poultice_core.relays import HEAT, MASTER, PAD
from poultice_core.tick import NOT_READY, OK
from tests.core.guard_rig import GuardRig, order
from tests.core.rig import Rig, plan

Codes = Callable[[int], list[int]]

L = Limits()
OPEN_X8 = L.code_max * 8 + 1
SHORT_X8 = L.code_min * 8 - 1


def _heating(**fitted: bool) -> GuardRig:
    return GuardRig(**fitted).start().heating()


def _set_code(rig: GuardRig, sensor: str, code_x8: int) -> None:
    setattr(rig, f"code_{sensor}_x8", code_x8)


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize("sensor", ["a", "b"])
@pytest.mark.parametrize(
    ("code_x8", "name"), [(OPEN_X8, "sensor_open"), (SHORT_X8, "sensor_short")]
)
def test_heat_opens_in_the_tick_and_master_with_the_third(
    sensor: str, code_x8: int, name: str
) -> None:
    rig = _heating()
    _set_code(rig, sensor, code_x8)
    assert rig.step() == MASTER
    assert rig.step() == MASTER
    assert rig.fault is None
    assert rig.step() == 0
    assert rig.fault == name


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize("sensor", ["a", "b"])
@pytest.mark.parametrize("code_x8", [OPEN_X8 - 1, SHORT_X8 + 1])
def test_the_last_code_in_range_is_a_temperature(sensor: str, code_x8: int) -> None:
    rig = _heating()
    _set_code(rig, sensor, code_x8)
    assert [rig.step() for _ in range(5)] == [PAD] * 5


@pytest.mark.requirement("SR-07")
def test_two_bad_ticks_and_a_good_one_do_not_trip() -> None:
    rig = _heating()
    for _ in range(4):
        rig.code_a_x8 = OPEN_X8
        rig.steps(2)
        rig.code_a_x8 = None
        rig.step()
    assert rig.fault is None


@pytest.mark.requirement("SR-07")
def test_an_open_wire_that_shorts_is_bad_all_along() -> None:
    rig = _heating()
    for code_x8 in (OPEN_X8, SHORT_X8, OPEN_X8):
        rig.code_a_x8 = code_x8
        rig.step()
    assert rig.fault == "sensor_open"


@pytest.mark.requirement("SR-07")
def test_both_kinds_in_one_tick_are_the_more_severe() -> None:
    rig = _heating()
    rig.code_a_x8, rig.code_b_x8 = OPEN_X8, SHORT_X8
    rig.steps(3)
    assert rig.fault == "sensor_short"
    assert rig.guard.latch.followers


@pytest.mark.requirement("SR-07")
def test_a_sensor_that_is_not_fitted_is_not_asked() -> None:
    rig = _heating(sensor_b=False)
    rig.code_b_x8 = OPEN_X8
    assert rig.steps(20) == PAD


@pytest.mark.requirement("SR-07", "SR-21")
@pytest.mark.parametrize("sensor", ["a", "b"])
@pytest.mark.parametrize(
    ("code_x8", "name"), [(OPEN_X8, "sensor_open"), (SHORT_X8, "sensor_short")]
)
def test_in_idle_and_armed_a_bad_sensor_is_only_not_ready(
    sensor: str, code_x8: int, name: str
) -> None:
    rig = GuardRig().ready()
    _set_code(rig, sensor, code_x8)
    rig.steps(50)
    assert (rig.state, rig.fault) == ("idle", None)
    assert rig.arm(order(heat_s=60), 1) != 0
    _set_code(rig, sensor, None)
    rig.step()
    assert rig.arm(order(heat_s=60), 1) == 0
    _set_code(rig, sensor, code_x8)
    rig.steps(50)
    assert (rig.state, rig.fault) == ("armed", None)
    assert rig.begin(1) != 0


@pytest.mark.requirement("SR-07")
def test_a_full_scale_glitch_in_one_sample_moves_nothing() -> None:
    """The mean of the middle 8 of 16: one wild conversion a tick is cut off."""
    readings = []
    for glitch in (None, 0, 4095):
        rig = Rig(idle=False)
        calm = rig.board.codes

        def codes(code_x8: int, calm: Codes = calm, glitch: int | None = glitch) -> list[int]:
            found = calm(code_x8)
            if glitch is not None:
                found[7] = glitch
            return found

        rig.board.code_x8 = rig.board.code_b_x8 = 1500 * 8
        rig.board.codes = codes  # type: ignore[method-assign]
        rig.ticks(40)
        readings.append(rig.result("status")["temp_mc"])
    assert max(readings) - min(readings) <= 15


@pytest.mark.requirement("SR-07")
def test_a_sensor_fault_needs_ten_good_ticks_to_clear() -> None:
    rig = _heating()
    rig.code_a_x8 = OPEN_X8
    rig.steps(3)
    rig.code_a_x8 = None
    rig.steps(L.clear_ticks - 1)
    assert not rig.guard.cause_gone()
    rig.step()
    assert rig.guard.cause_gone()
    rig.code_b_x8 = SHORT_X8
    rig.step()
    assert not rig.guard.cause_gone()


# --- SR-08 --------------------------------------------------------------------------------


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("sensor", ["a", "b"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_inhibits_in_its_tick_and_trips_on_the_third(sensor: str, sign: int) -> None:
    rig = _heating()
    there_mc = 32_000 + sign * (L.jump_mc + 1)
    rig.set(there_mc if sensor == "a" else 32_000, there_mc if sensor == "b" else 32_000)
    assert rig.step() == MASTER
    assert rig.step() == MASTER
    assert rig.fault is None
    assert rig.step() == 0
    assert rig.fault == "sensor_jump"


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_of_two_degrees_is_accepted(sign: int) -> None:
    rig = _heating().set(32_000 + sign * L.jump_mc)
    rig.step()
    assert rig.guard.reading.control_mc == 32_000 + sign * L.jump_mc
    assert rig.steps(5) & MASTER
    assert rig.fault is None


@pytest.mark.requirement("SR-08")
def test_two_rejected_ticks_and_an_accepted_one_do_not_trip() -> None:
    rig = _heating()
    for _ in range(4):
        rig.set(35_000).steps(2)
        rig.set(32_000).step()
    assert rig.fault is None


@pytest.mark.requirement("SR-08")
def test_the_first_reading_of_a_heat_phase_is_accepted() -> None:
    rig = GuardRig(sense=False).start().set(25_000)
    rig.step()
    rig.set(35_000).ask(0, states.HEAT, 40_000, heat=True).step()
    assert rig.guard.phases.mode == states.HEAT
    rig.steps(20)
    assert rig.fault is None


@pytest.mark.requirement("SR-08")
def test_outside_a_heat_phase_a_jump_is_the_new_reading() -> None:
    rig = GuardRig(cooler=True).start().into(states.COLD, 12_000)
    for reading_mc in (30_000, 20_000, 35_000, 15_000) * 3:
        rig.set(reading_mc).step()
    assert rig.fault is None
    assert rig.guard.reading.a.accepted_mc == 15_000


@pytest.mark.requirement("SR-08", "SR-18")
def test_the_first_reading_after_a_stall_is_accepted() -> None:
    rig = _heating().set(36_000)
    rig.step(L.late_ms + 1)
    assert rig.guard.reading.control_mc == 36_000
    rig.steps(10)
    assert rig.fault is None


@pytest.mark.requirement("SR-08")
def test_a_reading_older_than_two_seconds_is_stale() -> None:
    rig = _heating()
    rig.tick.fresh = False
    rig.steps(L.stale_ms // 100)
    assert rig.fault is None
    assert rig.step() == 0
    assert rig.fault == "sensor_stale"


@pytest.mark.requirement("SR-08")
def test_one_fresh_reading_is_enough() -> None:
    rig = _heating()
    for _ in range(4):
        rig.tick.fresh = False
        rig.steps(L.stale_ms // 100)
        rig.tick.fresh = True
        rig.step()
    assert rig.fault is None


@pytest.mark.requirement("SR-08")
def test_an_identical_sum_for_a_minute_is_frozen() -> None:
    rig = _heating()
    rig.frozen = True
    rig.steps(L.frozen_ms // 100 - 1)
    assert rig.fault is None
    rig.step()
    assert rig.fault == "sensor_frozen"
    assert rig.outputs == 0


@pytest.mark.requirement("SR-08")
def test_one_other_sum_starts_the_minute_again() -> None:
    rig = _heating()
    rig.frozen = True
    rig.steps(L.frozen_ms // 100 - 1)
    rig.frozen = False
    rig.step()
    rig.frozen = True
    rig.steps(L.frozen_ms // 100 - 1)
    assert rig.fault is None


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("hotter", ["a", "b"])
def test_two_sensors_more_than_eight_degrees_apart_for_a_minute_mismatch(hotter: str) -> None:
    rig = _heating()
    far_mc, near_mc = 28_000 + L.mismatch_mc + 1, 28_000
    rig.settle(*((far_mc, near_mc) if hotter == "a" else (near_mc, far_mc)))
    rig.steps(L.mismatch_ms // 100)
    assert rig.fault is None
    rig.step()
    assert rig.fault == "sensor_mismatch"


@pytest.mark.requirement("SR-08")
def test_two_sensors_eight_degrees_apart_do_not_mismatch() -> None:
    rig = _heating().settle(28_000 + L.mismatch_mc, 28_000)
    assert rig.ticks_to_fault(L.mismatch_ms // 100 + 50) > L.mismatch_ms // 100 + 50


@pytest.mark.requirement("SR-08", "SR-20")
def test_a_mismatch_is_not_gone_while_they_are_apart() -> None:
    rig = _heating().settle(37_000, 28_000)
    rig.ticks_to_fault(700)
    assert rig.fault == "sensor_mismatch"
    rig.steps(L.clear_ticks * 2)
    assert not rig.guard.cause_gone()
    rig.set(33_000, 28_000).steps(L.clear_ticks + 1)
    assert rig.guard.cause_gone()


@pytest.mark.requirement("SR-08")
def test_heat_is_controlled_by_the_hotter_sensor() -> None:
    rig = _heating().settle(30_000, 36_000)
    rig.step()
    assert (rig.guard.reading.control_mc, rig.guard.reading.cold_mc) == (36_000, 30_000)


@pytest.mark.requirement("SR-08", "SR-18")
@pytest.mark.parametrize("kind", ["frozen", "stale", "mismatch"])
def test_a_stall_restarts_the_plausibility_timers(kind: str) -> None:
    rig = _heating()
    ticks = L.frozen_ms // 100 - 2
    if kind == "frozen":
        rig.frozen = True
    elif kind == "stale":
        rig.tick.fresh = False
        ticks = L.stale_ms // 100 - 2
    else:
        rig.settle(37_000, 28_000)
    rig.steps(ticks)
    rig.step(400)
    rig.steps(ticks)
    assert rig.fault is None
    rig.steps(5)
    assert rig.fault == f"sensor_{kind}"


# --- a connector that opens now and then, and a burst cut in two ------------------------------


def _tick_of(rig: GuardRig, code_x8: int | None, sensor: str = "a") -> None:
    _set_code(rig, sensor, code_x8)
    rig.step()
    _set_code(rig, sensor, None)


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize("sensor", ["a", "b"])
@pytest.mark.parametrize(
    ("code_x8", "name"), [(OPEN_X8, "sensor_open"), (SHORT_X8, "sensor_short")]
)
@pytest.mark.parametrize(("period", "trips"), [(10, True), (66, True), (67, False)])
def test_ten_bad_ticks_within_a_minute_trip(
    sensor: str, code_x8: int, name: str, period: int, trips: bool
) -> None:
    """Row 13: one tick in ten, or one every 2.5 s: HEAT 0 s, `complete`, nothing told."""
    rig = _heating()
    for bad in range(L.range_count):
        assert rig.fault is None
        _tick_of(rig, code_x8, sensor)
        if bad < L.range_count - 1:
            rig.steps(period - 1)
    assert (rig.fault == name) == trips
    if trips:
        assert rig.outputs == 0


@pytest.mark.requirement("SR-07", "SR-08")
@pytest.mark.parametrize(("last", "name"), [("open", "sensor_open"), ("jump", "sensor_jump")])
def test_rejected_ticks_count_with_them_and_the_last_gives_the_name(last: str, name: str) -> None:
    rig = _heating()
    for bad in range(L.range_count):
        kind = last if bad == L.range_count - 1 else ("jump", "open")[bad % 2]
        assert rig.fault is None
        if kind == "open":
            _tick_of(rig, OPEN_X8)
        else:
            rig.set(35_000).step()
            rig.set(32_000)
        if bad < L.range_count - 1:
            rig.steps(9)
    assert rig.fault == name


@pytest.mark.requirement("SR-07")
def test_what_was_bad_before_a_session_or_long_ago_counts_no_more() -> None:
    rig = GuardRig().ready()
    for _ in range(L.range_count):
        _tick_of(rig, OPEN_X8)
        rig.step()
    rig.start().heating()
    for _ in range(L.range_count - 1):
        _tick_of(rig, OPEN_X8)
        rig.step()
    assert rig.fault is None
    rig.steps(L.range_window_ms // 100 + 1)
    _tick_of(rig, OPEN_X8)
    assert rig.fault is None


@pytest.mark.requirement("SR-07")
def test_bad_ticks_of_one_session_are_not_those_of_the_next() -> None:
    rig = _heating()
    for _ in range(L.range_count - 1):
        _tick_of(rig, OPEN_X8)
        rig.step()
    rig.stop()
    rig.start().into(states.REST, 0)
    _tick_of(rig, OPEN_X8)
    assert rig.fault is None


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize("sensor", ["a", "b"])
@pytest.mark.parametrize(
    ("spread", "outputs"), [(L.spread_codes, PAD), (L.spread_codes + 1, MASTER)]
)
def test_a_burst_that_spreads_is_no_temperature(sensor: str, spread: int, outputs: int) -> None:
    """Row 30: a wire that broke or shorted within the 16 conversions gave a false 57 °C."""
    rig = _heating()
    setattr(rig.tick, f"spread_{sensor}", spread)
    assert rig.step() == outputs
    assert rig.guard.reading.whole == (outputs == PAD)
    rig.steps(2)
    assert (rig.fault is None) == (outputs == PAD)


@pytest.mark.requirement("SR-07", "SR-21")
@pytest.mark.parametrize(
    ("code_x8", "name"), [(2047 * 8, "sensor_short"), (2049 * 8, "sensor_open")]
)
def test_it_is_named_by_the_way_the_mean_went(code_x8: int, name: str) -> None:
    rig = _heating()
    rig.tick.spread_a = L.spread_codes + 1
    rig.code_a_x8 = code_x8
    rig.steps(3)
    assert rig.fault == name


@pytest.mark.requirement("SR-07", "SR-01")
@pytest.mark.parametrize("cut", [True, False])
def test_a_burst_cut_in_two_is_no_absolute_temperature(cut: bool) -> None:
    rig = GuardRig().ready()
    rig.tick.spread_a = rig.tick.spread_b = L.spread_codes + 1 if cut else 0
    rig.set(57_600).step()
    assert rig.fault == (None if cut else "absolute_temperature")
    if cut:
        assert rig.arm(order(heat_s=60)) == NOT_READY


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("kind", ["pause", "rest"])
@pytest.mark.parametrize("what", ["frozen", "mismatch"])
def test_a_break_neither_counts_nor_restarts_the_minute(kind: str, what: str) -> None:
    """Row 6: a pause of one tick every 55 s, and neither ever tripped."""
    rig = _heating()
    rig.guard.heating.look = lambda *_: 0
    if what == "frozen":
        rig.frozen = True
    else:
        rig.settle(36_001 + 100, 28_000)
    rig.steps(550)
    assert rig.fault is None
    if kind == "pause":
        assert rig.pause() == OK
        rig.steps(300)
        assert rig.resume() == OK
    else:
        rig.into(states.REST, 0, 1).steps(300)
        rig.into(states.HEAT, 40_000, 2, heat=True)
    assert rig.fault is None
    ticks = rig.ticks_to_fault(60)
    assert rig.fault == f"sensor_{what}"
    assert 46 <= ticks <= 52


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("what", ["frozen", "mismatch"])
def test_what_ends_it_ends_it_in_a_break_too(what: str) -> None:
    rig = _heating()
    rig.guard.heating.look = lambda *_: 0
    if what == "frozen":
        rig.frozen = True
    else:
        rig.settle(36_101, 28_000)
    rig.steps(590)
    rig.pause()
    if what == "frozen":
        rig.frozen = False
        rig.step()
        rig.frozen = True
    else:
        rig.set(36_000, 28_000).step()
        rig.set(36_101, 28_000)
    rig.resume()
    rig.steps(550)
    assert rig.fault is None


def test_a_rejected_tick_opens_heat_of_the_whole_device() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 60)))
    while not rig.board.outputs[1] or not rig.board.outputs[0]:
        rig.tick()
    rig.board.set_mc(35_000)
    rig.tick()
    assert rig.board.outputs == (True, False, False)
    assert rig.guard.outputs & HEAT == 0
