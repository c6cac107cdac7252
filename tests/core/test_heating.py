"""Does heat arrive where the sensor is: SR-09, each question and its edge."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poultice_core import states
from poultice_core.limits import Limits
from poultice_core.relays import MASTER
from tests.core.guard_rig import GuardRig

L = Limits()
TARGET_MC = 40_000


def _heating(start_mc: int = 38_000, **fitted: bool) -> GuardRig:
    """HEAT on without a budget to stop it, from a heat phase that began at `start_mc`."""
    rig = GuardRig(**fitted).start().set(start_mc)
    rig.steps(31)
    rig.heating(TARGET_MC)
    rig.guard.budget.advance = lambda *_: None
    return rig


def _run(rig: GuardRig, ticks: int, course_mc: Callable[[int], int]) -> int:
    """Follow a course of readings; the tick of the fault, 0 where there was none."""
    for tick in range(1, ticks + 1):
        rig.set(course_mc(tick)).step()
        if rig.guard.latch.fault:
            return tick
    return 0


# --- (a) ----------------------------------------------------------------------------------


@pytest.mark.requirement("SR-09")
def test_falling_for_thirty_seconds_under_heat_is_detached() -> None:
    rig = _heating(sensor_b=False)
    tick = _run(rig, 400, lambda tick: 38_000 - 6 * tick)
    assert rig.fault == "sensor_detached"
    assert 300 <= tick <= 312


@pytest.mark.requirement("SR-09")
def test_a_fall_of_half_a_degree_each_ten_seconds_is_not_yet() -> None:
    rig = _heating(sensor_b=False)
    # 0.5 °C exactly in each 10 s
    assert _run(rig, 350, lambda tick: 38_000 - 5 * tick) == 0


@pytest.mark.requirement("SR-09")
def test_one_of_the_three_that_does_not_fall_is_enough_to_go_on() -> None:
    rig = _heating(sensor_b=False)

    def course_mc(tick: int) -> int:
        flat = min(max(tick - 150, 0), 100)
        return 38_000 - 6 * (tick - flat)

    assert _run(rig, 400, course_mc) == 0


@pytest.mark.requirement("SR-09")
def test_detached_is_only_judged_without_sensor_b() -> None:
    rig = _heating(sensor_b=True)
    assert _run(rig, 400, lambda tick: 38_000 - 6 * tick) == 0


@pytest.mark.requirement("SR-09")
@pytest.mark.parametrize("what", ["open", "pause", "inhibit", "stall"])
def test_a_break_restarts_detached(what: str) -> None:
    rig = _heating(sensor_b=False)
    assert _run(rig, 250, lambda tick: 38_000 - 6 * tick) == 0
    if what == "open":
        rig.ask(0, states.HEAT, TARGET_MC, heat=False).step()
    elif what == "pause":
        rig.pause()
        assert rig.resume() == 0
    elif what == "inhibit":
        rig.budget(0)
        assert rig.step() == MASTER
        rig.budget(L.budget_capacity_uj_cm2)
    else:
        rig.step(500)
    now_mc = rig.a_mc
    rig.heating(TARGET_MC)
    assert _run(rig, 299, lambda tick: now_mc - 6 * tick) == 0
    assert _run(rig, 40, lambda tick: now_mc - 1_794 - 6 * tick) > 0
    assert rig.fault == "sensor_detached"


# --- (b) ----------------------------------------------------------------------------------


@pytest.mark.requirement("SR-09")
def test_two_minutes_of_heat_gain_two_degrees_or_stall() -> None:
    rig = _heating(30_000)
    ticks = L.climb_ms // 100
    # heated ticks are counted from the one after the closing
    assert _run(rig, ticks + 5, lambda tick: 30_000 + min(tick * 2, 1_999)) == ticks
    assert rig.fault == "heating_stalled"


@pytest.mark.requirement("SR-09")
def test_two_degrees_in_two_minutes_are_enough() -> None:
    rig = _heating(30_000)
    assert _run(rig, 1199, lambda tick: 30_000 + min(tick * 2, 2_000)) == 0
    rig.step()
    assert rig.fault is None


@pytest.mark.requirement("SR-09")
def test_the_gain_is_above_the_lowest_of_the_phase() -> None:
    rig = _heating(30_000)
    assert _run(rig, 1250, lambda tick: 30_000 - 10 * min(tick, 50) + min(tick * 2, 2_100)) == 0


@pytest.mark.requirement("SR-09")
@pytest.mark.parametrize(("start_mc", "trips"), [(34_999, True), (35_000, False)])
def test_the_climb_is_judged_from_more_than_five_degrees_below(start_mc: int, trips: bool) -> None:
    rig = _heating(start_mc)
    # 1.5 °C: too little for (b), enough for (c)
    tick = _run(rig, 1250, lambda tick: start_mc + min(tick * 2, 1_500))
    assert (tick > 0) == trips


@pytest.mark.requirement("SR-09")
def test_the_climb_counts_only_heat_on_time_and_no_pause_restarts_it() -> None:
    rig = _heating(30_000).set(30_500)
    rig.steps(600)
    rig.pause()
    rig.steps(50)
    rig.resume()
    rig.step()
    rig.heating(TARGET_MC)
    # 600 heated ticks, the one that ended with the pause, and the one after the resume
    assert _run(rig, 610, lambda tick: 31_000) == 598
    assert rig.fault == "heating_stalled"


@pytest.mark.requirement("SR-09", "SR-18")
def test_a_stall_restarts_the_climb() -> None:
    rig = _heating(30_000)
    rig.set(31_500).steps(900)
    rig.step(400)
    assert _run(rig, 1150, lambda tick: 31_500 + tick) == 0


# --- (c) ----------------------------------------------------------------------------------


@pytest.mark.requirement("SR-09")
@pytest.mark.parametrize(("gain_mc", "trips"), [(999, True), (1_000, False)])
def test_two_minutes_without_a_break_gain_a_degree(gain_mc: int, trips: bool) -> None:
    rig = _heating(35_000)
    rig.step()
    tick = _run(rig, 1300, lambda tick: 35_000 + min(tick, gain_mc))
    assert (tick > 0) == trips
    if trips:
        assert (tick, rig.fault) == (L.stall_ms // 100 - 1, "heating_stalled")


@pytest.mark.requirement("SR-09")
@pytest.mark.parametrize(("below_mc", "trips"), [(3_001, True), (3_000, False)])
def test_stalling_is_judged_more_than_three_degrees_below(below_mc: int, trips: bool) -> None:
    rig = GuardRig().start().set(38_000 - below_mc)
    rig.steps(31)
    rig.heating(38_000)
    rig.guard.budget.advance = lambda *_: None
    assert (rig.ticks_to_fault(1300) <= 1300) == trips


@pytest.mark.requirement("SR-09")
@pytest.mark.parametrize(("reading_mc", "weak"), [(35_999, False), (36_000, True)])
def test_at_36_it_is_a_weak_pad_and_no_fault(reading_mc: int, weak: bool) -> None:
    rig = _heating(reading_mc)
    assert rig.ticks_to_fault(1300) > 1300 or not weak
    assert rig.guard.heating.weak == weak
    assert (rig.fault is None) == weak


@pytest.mark.requirement("SR-09")
@pytest.mark.parametrize("what", ["open", "pause", "inhibit"])
def test_a_break_restarts_the_stall(what: str) -> None:
    rig = _heating(35_000)
    rig.steps(1100)
    if what == "open":
        rig.ask(0, states.HEAT, TARGET_MC, heat=False).steps(25)
    elif what == "pause":
        rig.pause()
        rig.resume()
    else:
        rig.budget(0)
        assert rig.step() == MASTER
        rig.budget(L.budget_capacity_uj_cm2)
    rig.heating(TARGET_MC)
    assert rig.ticks_to_fault(1150) > 1150
    assert rig.ticks_to_fault(100) <= 100
    assert rig.fault == "heating_stalled"


# --- (d) ----------------------------------------------------------------------------------


def _holding() -> GuardRig:
    rig = _heating(TARGET_MC - L.hold_near_mc)
    rig.step()
    return rig


@pytest.mark.requirement("SR-09")
def test_a_minute_of_lost_ground_trips() -> None:
    rig = _holding().settle(TARGET_MC - L.hold_below_mc - 1)
    rig.step()
    assert rig.ticks_to_fault(700) == L.hold_ms // 100
    assert rig.fault == "heating_stalled"


@pytest.mark.requirement("SR-09")
def test_two_degrees_below_are_not_lost_ground() -> None:
    rig = _holding().settle(TARGET_MC - L.hold_below_mc)
    assert rig.ticks_to_fault(700) > 700


@pytest.mark.requirement("SR-09")
def test_before_it_was_near_there_is_no_ground_to_lose() -> None:
    rig = _heating(TARGET_MC - L.hold_near_mc - 1)
    rig.step()
    rig.settle(TARGET_MC - L.hold_below_mc - 1)
    assert rig.ticks_to_fault(700) > 700


@pytest.mark.requirement("SR-09")
@pytest.mark.parametrize(("rise_mc", "trips"), [(499, True), (500, False)])
def test_a_rise_of_half_a_degree_starts_the_minute_again(rise_mc: int, trips: bool) -> None:
    rig = _holding().settle(36_500)
    rig.steps(400)
    rig.set(36_500 + rise_mc)
    assert (rig.ticks_to_fault(300) <= 300) == trips


@pytest.mark.requirement("SR-09")
def test_the_rise_is_above_the_lowest_in_that_time() -> None:
    rig = _holding().settle(37_500)
    rig.steps(200)
    rig.set(36_900).steps(200)
    rig.set(37_400)
    assert rig.ticks_to_fault(500) > 500


@pytest.mark.requirement("SR-09")
def test_an_inhibit_starts_the_minute_again() -> None:
    rig = _holding().settle(36_500)
    rig.steps(500)
    rig.budget(0)
    rig.step()
    rig.budget(L.budget_capacity_uj_cm2)
    assert rig.ticks_to_fault(590) > 590
    assert rig.ticks_to_fault(30) <= 30


@pytest.mark.requirement("SR-09")
def test_a_phase_begins_with_a_clean_slate() -> None:
    rig = _holding()
    rig.into(states.REST, 0, 1)
    rig.steps(20)
    rig.set(36_500)
    rig.into(states.HEAT, TARGET_MC, 2)
    assert rig.ticks_to_fault(700) > 700
