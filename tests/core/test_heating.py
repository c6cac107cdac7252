"""Does heat arrive where the sensor is: SR-09, each question and its edge."""

from __future__ import annotations

from collections.abc import Callable

from poultice_core import states
from poultice_core.limits import Limits
from poultice_core.relays import MASTER
from tests.core.guard_rig import GuardRig, boundary

L = Limits()
TARGET_MC = 40_000
NEAR_MC, LOST_MC = TARGET_MC - L.hold_near_mc, TARGET_MC - L.hold_below_mc
CLIMB, STALL, HOLD = L.climb_ms // 100, L.stall_ms // 100, L.hold_ms // 100
DETACHED, STALLED = "sensor_detached", "heating_stalled"


def _heating(rig: GuardRig, start_mc: int = 38_000, target_mc: int = TARGET_MC) -> GuardRig:
    """HEAT on without a budget to stop it, from a heat phase that began at `start_mc`."""
    rig.set(start_mc).wait(31).heating(target_mc)
    rig.guard.budget.advance = lambda *_: None
    return rig


def _holding(rig: GuardRig, near_mc: int = NEAR_MC) -> GuardRig:
    return _heating(rig, near_mc).wait()


def _run(rig: GuardRig, ticks: int, course_mc: Callable[[int], int]) -> int:
    """Follow a course of readings; the tick of the fault, 0 where there was none."""
    for tick in range(1, ticks + 1):
        if rig.set(course_mc(tick)).wait().fault:
            return tick
    return 0


def _fall(rig: GuardRig, ticks: int, fall_mc: int = 600) -> int:
    """By so much in ten seconds."""
    from_mc = rig.a_mc
    return _run(rig, ticks, lambda tick: from_mc - fall_mc * tick // 100)


def _broken(rig: GuardRig, by: str) -> GuardRig:
    """HEAT is opened for a moment, and closed again."""
    if by == "open":
        rig.ask(0, states.HEAT, TARGET_MC, heat=False).wait(25)
    elif by == "pause":
        rig.do("pause", "resume")
    elif by == "inhibit":
        assert rig.budget(0).step() == MASTER
        rig.budget(L.budget_capacity_uj_cm2)
    elif by == "stall":
        rig.wait(1, 500)
    return rig.heating(TARGET_MC)


# --- (a) ----------------------------------------------------------------------------------


@boundary("SR-09", "started", {501: (True, DETACHED), 500: (False, None)}, sensor_b=False)
def test_falling_in_each_ten_of_thirty_seconds_under_heat_is_detached(
    rig: GuardRig, fall_mc: int
) -> object:
    return 300 <= _fall(_heating(rig), 350, fall_mc) <= 312, rig.fault


@boundary("SR-09", "started", {100: False, 1: True}, sensor_b=False)
def test_one_of_the_three_that_does_not_fall_is_enough_to_go_on(rig: GuardRig, flat: int) -> object:
    return _run(_heating(rig), 400, lambda t: 38_000 - 6 * (t - min(max(t - 150, 0), flat))) > 0


@boundary("SR-09", "started", {600: 0})
def test_detached_is_only_judged_without_sensor_b(rig: GuardRig, fall_mc: int) -> object:
    return _fall(_heating(rig), 400, fall_mc)


RESTARTS = dict.fromkeys(("open", "pause", "inhibit", "stall"), (0, True, DETACHED))


@boundary("SR-09", "started", RESTARTS, sensor_b=False)
def test_a_break_restarts_detached(rig: GuardRig, by: str) -> object:
    assert _fall(_heating(rig), 250) == 0
    return _fall(_broken(rig, by), 299), _fall(rig, 40) > 0, rig.fault


# --- (b) ----------------------------------------------------------------------------------


@boundary("SR-09", "started", {1_999: (CLIMB, STALLED), 2_000: (0, None)})
def test_two_minutes_of_heat_gain_two_degrees_or_stall(rig: GuardRig, gain_mc: int) -> object:
    # heated ticks are counted from the one after the closing
    course = _run(_heating(rig, 30_000), CLIMB, lambda tick: 30_000 + min(tick * 2, gain_mc))
    return course, rig.fault


@boundary("SR-09", "started", {50: False, 1: True})
def test_the_gain_is_above_the_lowest_of_the_phase(rig: GuardRig, dip: int) -> object:
    def course_mc(tick: int) -> int:
        return 30_000 - 10 * min(tick, dip) + min(tick * 2, 2_100 if dip > 1 else 1_900)

    return _run(_heating(rig, 30_000), 1250, course_mc) > 0


@boundary("SR-09", "started", {34_999: True, 35_000: False})
def test_the_climb_is_judged_from_more_than_five_degrees_below(rig: GuardRig, mc: int) -> object:
    # 1.5 °C: too little for (b), enough for (c)
    return _run(_heating(rig, mc), 1250, lambda tick: mc + min(tick * 2, 1_500)) > 0


@boundary("SR-09", "started", {31_000: (598, STALLED), 32_000: (0, None)})
def test_the_climb_counts_only_heat_on_time_and_no_pause_restarts_it(
    rig: GuardRig, mc: int
) -> object:
    rig = _heating(rig, 30_000).set(30_500).wait(600).do("pause").wait(50).do("resume").wait()
    # 600 heated ticks, the one that ended with the pause, and the one after the resume
    return _run(rig.heating(TARGET_MC), 610, lambda tick: mc), rig.fault


@boundary("SR-09 SR-18", "started", {400: False, 100: True})
def test_a_stall_restarts_the_climb(rig: GuardRig, late_ms: int) -> object:
    _heating(rig, 30_000).set(31_500).wait(900).wait(1, late_ms)
    return _run(rig, 1150, lambda tick: 31_500 + tick * (late_ms > 300)) > 0


# --- (c) ----------------------------------------------------------------------------------


@boundary("SR-09", "started", {999: (STALL - 1, STALLED), 1_000: (0, None)})
def test_two_minutes_without_a_break_gain_a_degree(rig: GuardRig, gain_mc: int) -> object:
    rig = _heating(rig, 35_000).wait()
    return _run(rig, 1300, lambda tick: 35_000 + min(tick, gain_mc)), rig.fault


@boundary("SR-09", "started", {3_001: STALLED, 3_000: None, 2_999: None})
def test_stalling_is_judged_more_than_three_degrees_below(rig: GuardRig, below_mc: int) -> object:
    return _heating(rig, 38_000 - below_mc, 38_000).wait(1300).fault


@boundary("SR-09", "started", {35_999: (STALLED, False), 36_000: (None, True)})
def test_at_36_it_is_a_weak_pad_and_no_fault(rig: GuardRig, mc: int) -> object:
    return _heating(rig, mc).wait(1300).fault, rig.guard.heating.weak


@boundary("SR-09", "started", {"open": True, "pause": True, "inhibit": True, "nothing": False})
def test_a_break_restarts_the_stall(rig: GuardRig, by: str) -> object:
    again = _broken(_heating(rig, 35_000).wait(1100), by).ticks_to_fault(1150) > 1150
    assert rig.ticks_to_fault(100) <= 100
    assert rig.fault == STALLED
    return again


# --- (d) ----------------------------------------------------------------------------------


@boundary("SR-09", "started", {1: (HOLD, STALLED), 0: (701, None)})
def test_a_minute_of_lost_ground_trips(rig: GuardRig, below_mc: int) -> object:
    return _holding(rig).settle(LOST_MC - below_mc).wait().ticks_to_fault(700), rig.fault


@boundary("SR-09", "started", {1: None, 0: STALLED})
def test_before_it_was_near_there_is_no_ground_to_lose(rig: GuardRig, below_mc: int) -> object:
    return _holding(rig, NEAR_MC - below_mc).settle(LOST_MC - 1).wait(700).fault


@boundary("SR-09", "started", {499: STALLED, 500: None})
def test_a_rise_of_half_a_degree_starts_the_minute_again(rig: GuardRig, rise_mc: int) -> object:
    return _holding(rig).settle(36_500).wait(400).set(36_500 + rise_mc).wait(300).fault


@boundary("SR-09", "started", {36_900: None, 36_901: STALLED})
def test_the_rise_is_above_the_lowest_in_that_time(rig: GuardRig, mc: int) -> object:
    return _holding(rig).settle(37_500).wait(200).set(mc).wait(200).set(37_400).wait(500).fault


@boundary("SR-09", "started", {0: None, L.budget_capacity_uj_cm2: STALLED})
def test_an_inhibit_starts_the_minute_again(rig: GuardRig, level_uj: int) -> object:
    _holding(rig).settle(36_500).wait(500).budget(level_uj).wait()
    within = rig.budget(L.budget_capacity_uj_cm2).wait(590).fault
    assert rig.wait(30).fault == STALLED
    return within


@boundary("SR-09", "started", {True: None, False: STALLED})
def test_a_phase_begins_with_a_clean_slate(rig: GuardRig, rest: bool) -> object:
    _holding(rig)
    if rest:
        rig.into(states.REST, 0, 1).wait(20)
    rig.settle(36_500)
    if rest:
        rig.into(states.HEAT, TARGET_MC, 2)
    return rig.wait(700).fault
