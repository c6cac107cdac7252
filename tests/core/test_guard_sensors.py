"""Is it a temperature, is it plausible: SR-07 and SR-08."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poultice_core import states
from poultice_core.limits import Limits
from poultice_core.relays import MASTER
from poultice_core.tick import NOT_READY, OK, WRONG_STATE
from tests.core.guard_rig import OPEN_X8, GuardRig, at, boundary, toy
from tests.core.rig import Rig, plan

L = Limits()
OVER_X8, UNDER_X8 = L.code_max * 8 + 1, L.code_min * 8 - 1
OPEN, SHORT, JUMP, STALE = "sensor_open", "sensor_short", "sensor_jump", "sensor_stale"
FROZEN_TICKS, STALE_TICKS = L.frozen_ms // 100, L.stale_ms // 100
SENSOR = pytest.mark.parametrize("sensor", ["a", "b"])
LASTS = pytest.mark.parametrize("what", ["frozen", "mismatch"])


# --- SR-07 --------------------------------------------------------------------------------

OF_CODES = {OVER_X8: ("mm-", OPEN), UNDER_X8: ("mm-", SHORT)} | dict.fromkeys(
    (OVER_X8 - 1, UNDER_X8 + 1), ("PPP", None)
)


@boundary("SR-07", "running", OF_CODES)
@SENSOR
def test_heat_opens_in_the_tick_and_master_with_the_third(
    rig: GuardRig, code_x8: int, sensor: str
) -> object:
    return rig.code(code_x8, sensor).trace(3), rig.fault


@boundary("SR-07", "running", {2: None, 3: OPEN})
def test_two_bad_ticks_and_a_good_one_do_not_trip(rig: GuardRig, bad: int) -> object:
    for _ in range(4):
        rig.code(OVER_X8, "a").wait(bad).code(None).wait()
    return rig.fault


@boundary("SR-07", "running", {UNDER_X8: OPEN, None: None})
def test_an_open_wire_that_shorts_is_bad_all_along(rig: GuardRig, between_x8: int) -> object:
    for code_x8 in (OVER_X8, between_x8, OVER_X8):
        rig.code(code_x8, "a").step()
    return rig.fault


@boundary("SR-07", "running", {UNDER_X8: (SHORT, {OPEN}), OVER_X8: (OPEN, set())})
def test_both_kinds_in_one_tick_are_the_more_severe(rig: GuardRig, code_x8: int) -> object:
    return rig.code(OVER_X8, "a").code(code_x8, "b").wait(3).fault, rig.behind


@boundary("SR-07", "running", {OVER_X8: "P" * 20}, sensor_b=False)
def test_a_sensor_that_is_not_fitted_is_not_asked(rig: GuardRig, code_x8: int) -> object:
    return rig.code(code_x8, "b").trace(20)


@pytest.mark.requirement("SR-07")
def test_without_sensor_b_an_unreadable_a_leaves_the_last_readings() -> None:
    rig = GuardRig(sensor_b=False).set(31_000).start().wait()
    reading = rig.code(OPEN_X8, "a").set(60_000).wait().guard.reading
    assert (reading.hot_mc, reading.cold_mc, reading.control_mc) == (31_000, 31_000, 31_000)
    assert (reading.readable, reading.inhibit, rig.fault) == (False, True, None)


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize(
    ("broken", "hot_mc", "cold_mc"),
    [("", 33_000, 31_000), ("b", 33_000, 33_000), ("a", 31_000, 31_000), ("ab", 30_000, 30_000)],
)
def test_one_broken_sensor_leaves_the_other(broken: str, hot_mc: int, cold_mc: int) -> None:
    rig = GuardRig().set(30_000).ready()
    if broken:
        rig.code(OPEN_X8, *broken)
    reading = rig.set(33_000, 31_000).wait().guard.reading
    assert (reading.hot_mc, reading.cold_mc) == (hot_mc, cold_mc)
    assert reading.readable == (broken != "ab")
    assert (reading.inhibit, reading.whole) == (bool(broken), not broken)
    assert reading.control_mc == (30_000 if broken else 33_000)


@boundary("SR-07 SR-21", ("idle", "armed"), {OVER_X8: NOT_READY, UNDER_X8: NOT_READY})
@SENSOR
def test_in_idle_and_armed_a_bad_sensor_is_only_not_ready(
    rig: GuardRig, code_x8: int, sensor: str
) -> object:
    ready = rig.begin if rig.state == "armed" else rig.arm
    assert rig.code(code_x8, sensor).wait(50).fault is None
    refused = ready()
    assert rig.code(None).wait().fault is None
    assert ready() == OK
    return refused


@boundary("SR-07 SR-01", "idle", {L.spread_codes + 1: (None, NOT_READY), 0: (True, WRONG_STATE)})
def test_a_burst_cut_in_two_is_no_absolute_temperature(rig: GuardRig, spread: int) -> object:
    fault = rig.sees(spread_a=spread, spread_b=spread).set(57_600).wait().fault
    return fault and fault == "absolute_temperature", rig.arm()


@pytest.mark.requirement("SR-07")
def test_a_full_scale_glitch_in_one_sample_moves_nothing() -> None:
    """The mean of the middle 8 of 16: one wild conversion a tick is cut off."""
    readings = []
    for glitch in (None, 0, 4095):
        rig = Rig(idle=False)
        calm = rig.board.codes

        def codes(
            code_x8: int, calm: Callable[[int], list[int]] = calm, glitch: int | None = glitch
        ) -> list[int]:
            found = calm(code_x8)
            return found if glitch is None else [*found[:7], glitch, *found[8:]]

        rig.board.code_x8 = rig.board.code_b_x8 = 1500 * 8
        rig.board.codes = codes  # type: ignore[method-assign]
        rig.ticks(40)
        readings.append(rig.result("status")["temp_mc"])
    assert max(readings) - min(readings) <= 15


@boundary("SR-07", "running", {L.clear_ticks - 1: False, L.clear_ticks: True})
def test_a_sensor_fault_needs_ten_good_ticks_to_clear(rig: GuardRig, ticks: int) -> object:
    assert rig.code(OVER_X8, "a").wait(3).fault == OPEN
    gone = rig.code(None).wait(ticks).gone
    assert not rig.code(UNDER_X8, "b").wait().gone
    return gone


# A connector that opens now and then, and a burst cut in two.


def _bad(rig: GuardRig, kinds: str, period: int = 2, code_x8: int = OVER_X8, at: str = "a") -> None:
    """Ticks that are bad (o) or a jump (j), each `period` after the one before; none but the last
    may trip."""
    for count, kind in enumerate(kinds):
        assert rig.fault is None
        rig.wait(period - 1 if count else 0)
        if kind == "j":
            rig.set(35_000).wait().set(32_000)
        else:
            rig.code(code_x8, at).wait().code(None)


@boundary("SR-07", "running", {10: True, 66: True, 67: False})
@SENSOR
@pytest.mark.parametrize(("code_x8", "fault"), [(OVER_X8, OPEN), (UNDER_X8, SHORT)])
def test_ten_bad_ticks_within_a_minute_trip(
    rig: GuardRig, period: int, sensor: str, code_x8: int, fault: str
) -> object:
    """Row 13: one tick in ten, or one every 2.5 s: HEAT 0 s, `complete`, nothing told."""
    _bad(rig, "o" * L.range_count, period, code_x8, sensor)
    return rig.fault == fault


@boundary("SR-07 SR-08", "running", {"jojojojojo": OPEN, "jojojojojj": JUMP, "jojojojoj": None})
def test_rejected_ticks_count_with_them_and_the_last_gives_the_name(
    rig: GuardRig, kinds: str
) -> object:
    _bad(rig, kinds, 10)
    return rig.fault


@boundary("SR-07", "idle", {L.range_window_ms // 100 + 1: None, 1: OPEN})
def test_what_was_bad_before_a_session_or_long_ago_counts_no_more(
    rig: GuardRig, ticks: int
) -> object:
    _bad(rig, "o" * L.range_count)
    _bad(rig.wait().start().heating(), "o" * (L.range_count - 1))
    _bad(rig.wait(ticks), "o")
    return rig.fault


@boundary("SR-07", "running", {True: None, False: OPEN})
def test_bad_ticks_of_one_session_are_not_those_of_the_next(rig: GuardRig, again: bool) -> object:
    _bad(rig, "o" * (L.range_count - 1))
    if again:
        rig.wait().do("stop").start()
    _bad(rig.into(states.REST, 0, 1), "o")
    return rig.fault


@boundary("SR-07", "running", {L.spread_codes: ("PPP", True), L.spread_codes + 1: ("mm-", False)})
@SENSOR
def test_a_burst_that_spreads_is_no_temperature(rig: GuardRig, spread: int, sensor: str) -> object:
    """Row 30: a wire that broke or shorted within the 16 conversions gave a false 57 °C."""
    return rig.sees(**{f"spread_{sensor}": spread}).trace(3), rig.guard.reading.whole


@boundary("SR-07 SR-21", "running", {2047 * 8: SHORT, 2049 * 8: OPEN})
def test_it_is_named_by_the_way_the_mean_went(rig: GuardRig, code_x8: int) -> object:
    return rig.sees(spread_a=L.spread_codes + 1).code(code_x8, "a").wait(3).fault


# --- SR-08 --------------------------------------------------------------------------------

BY_TWO = {sign * (L.jump_mc + more): ("mm-", JUMP) if more else ("PPP", None)
          for sign in (1, -1) for more in (0, 1)}  # fmt: skip


@boundary("SR-08", "running", BY_TWO)
@SENSOR
def test_a_jump_inhibits_in_its_tick_and_trips_on_the_third(
    rig: GuardRig, mc: int, sensor: str
) -> object:
    by_a, by_b = (mc, 0) if sensor == "a" else (0, mc)
    return rig.set(32_000 + by_a, 32_000 + by_b).trace(3), rig.fault


@boundary("SR-08", "running", {0: True, 1: False})
@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_of_two_degrees_is_accepted(rig: GuardRig, mc: int, sign: int) -> object:
    there_mc = 32_000 + sign * (L.jump_mc + mc)
    return rig.set(there_mc).wait().guard.reading.control_mc == there_mc


@boundary("SR-08", "running", {2: None, 3: JUMP})
def test_two_rejected_ticks_and_an_accepted_one_do_not_trip(rig: GuardRig, bad: int) -> object:
    for _ in range(4):
        rig.set(35_000).wait(bad).set(32_000).wait()
    return rig.fault


BOTH = {(35_000, 32_000): (35_000, 32_000), (32_000, 35_000): (35_000, 32_000)}


@boundary("SR-08", "heat", BOTH)
def test_a_rejected_reading_of_either_sensor_does_not_control(
    rig: GuardRig, to_mc: tuple[int, int]
) -> object:
    reading = rig.set(*to_mc).wait().guard.reading
    return reading.hot_mc, reading.control_mc


@boundary("SR-08", "running", BOTH)
def test_heat_is_controlled_by_the_hotter_sensor(rig: GuardRig, to_mc: tuple[int, int]) -> object:
    reading = rig.settle(*to_mc).wait().guard.reading
    return reading.control_mc, reading.cold_mc


@boundary("SR-08", "started", {0: None, 1: JUMP}, sense=False)
def test_the_first_reading_of_a_heat_phase_is_accepted(rig: GuardRig, later: int) -> object:
    rig.set(25_000).wait().ask(0, states.HEAT, 40_000, heat=True).wait(later)
    assert rig.set(35_000).wait().guard.phases.mode == states.HEAT
    return rig.wait(20).fault


@boundary("SR-08", "cold", {15_000: 15_000}, cooler=True)
def test_outside_a_heat_phase_a_jump_is_the_new_reading(rig: GuardRig, last_mc: int) -> object:
    for reading_mc in (30_000, 20_000, 35_000, last_mc) * 3:
        assert rig.set(reading_mc).wait().fault is None
    return rig.guard.reading.a.accepted_mc


@boundary("SR-08 SR-18", "running", {L.late_ms: (32_000, JUMP), L.late_ms + 1: (36_000, None)})
def test_the_first_reading_after_a_stall_is_accepted(rig: GuardRig, dt_ms: int) -> object:
    return rig.set(36_000).wait(1, dt_ms).guard.reading.control_mc, rig.wait(10).fault


@boundary("SR-08", "running", {STALE_TICKS: None, STALE_TICKS + 1: STALE})
@pytest.mark.parametrize("times", [1, 4])
def test_a_reading_older_than_two_seconds_is_stale_and_one_fresh_one_is_enough(
    rig: GuardRig, ticks: int, times: int
) -> object:
    for _ in range(times):
        rig.sees(fresh=False).wait(ticks).sees(fresh=True).wait()
    return rig.fault


def _minute_of(rig: GuardRig, what: str) -> GuardRig:
    """From here on what may not last a minute; the proof of heating stays out of it."""
    rig.guard.heating.look = lambda *_: 0
    rig.frozen = what == "frozen"
    if what == "stale":
        rig.sees(fresh=False)
    return rig.settle(28_000 + L.mismatch_mc + 1, 28_000) if what == "mismatch" else rig


def _ended(rig: GuardRig, what: str) -> GuardRig:
    """One tick of what ends it."""
    rig.frozen = False
    was_mc = rig.a_mc
    rig.set(28_000 + L.mismatch_mc if what == "mismatch" else was_mc, rig.b_mc).step()
    rig.frozen = what == "frozen"
    return rig.set(was_mc, rig.b_mc)


@boundary("SR-08", "running", {FROZEN_TICKS - 1: None, FROZEN_TICKS: "sensor_frozen"})
@pytest.mark.parametrize("again", [False, True])
def test_an_identical_sum_for_a_minute_is_frozen(rig: GuardRig, ticks: int, again: bool) -> object:
    _minute_of(rig, "frozen")
    if again:
        _ended(rig.wait(FROZEN_TICKS - 1), "frozen")
    return rig.wait(ticks).fault


APART = {(1, L.mismatch_ms // 100): None, (1, L.mismatch_ms // 100 + 1): "sensor_mismatch"}


@boundary("SR-08", "running", APART | {(0, L.mismatch_ms // 100 + 50): None})
@SENSOR
def test_two_sensors_more_than_eight_degrees_apart_for_a_minute_mismatch(
    rig: GuardRig, to: tuple[int, int], sensor: str
) -> object:
    far_mc, ticks = 28_000 + L.mismatch_mc + to[0], to[1]
    return rig.settle(*((far_mc, 28_000) if sensor == "a" else (28_000, far_mc))).wait(ticks).fault


@boundary("SR-08 SR-20", "running", {1: False, 0: True})
def test_a_mismatch_is_not_gone_while_they_are_apart(rig: GuardRig, more_mc: int) -> object:
    assert _minute_of(rig, "mismatch").wait(601).fault == "sensor_mismatch"
    assert not rig.wait(L.clear_ticks * 2).gone
    return rig.set(28_000 + L.mismatch_mc + more_mc, 28_000).wait(L.clear_ticks + 1).gone


@boundary("SR-08 SR-18", "running", {400: False, 100: True})
@pytest.mark.parametrize("what", ["frozen", "stale", "mismatch"])
def test_a_stall_restarts_the_plausibility_timers(rig: GuardRig, dt_ms: int, what: str) -> object:
    ticks = (STALE_TICKS if what == "stale" else FROZEN_TICKS) - 2
    before = _minute_of(rig, what).wait(ticks).wait(1, dt_ms).wait(ticks).fault
    assert rig.wait(5).fault == f"sensor_{what}"
    return before is not None


@boundary("SR-08", "running", {"pause": True, "rest": True})
@LASTS
def test_a_break_neither_counts_nor_restarts_the_minute(
    rig: GuardRig, by: str, what: str
) -> object:
    """Row 6: a pause of one tick every 55 s, and neither ever tripped."""
    _minute_of(rig, what).wait(550)
    if by == "pause":
        rig.do("pause").wait(300).do("resume")
    else:
        rig.into(states.REST, 0, 1).wait(300).into(states.HEAT, 40_000, 2, heat=True)
    assert rig.fault is None
    ticks = rig.ticks_to_fault(60)
    assert rig.fault == f"sensor_{what}"
    return 46 <= ticks <= 52


@boundary("SR-08", "running", {True: False, False: True})
@LASTS
def test_what_ends_it_ends_it_in_a_break_too(rig: GuardRig, ends: bool, what: str) -> object:
    _minute_of(rig, what).wait(590).do("pause")
    if ends:
        _ended(rig, what)
    return rig.do("resume").wait(550).fault == f"sensor_{what}"


@pytest.mark.requirement("SR-08")
def test_plausibility_is_judged_in_a_heat_phase_that_runs() -> None:
    """Of the interval that ends with the reading; and not in the tick of a stall."""
    rig = at("rest")
    looks: dict[str, list[object]] = {"a": [], "b": []}
    for name, seen in looks.items():
        sensor = getattr(rig.guard.reading, name)
        look = sensor.look
        sensor.look = lambda *args, look=look, seen=seen: (seen.append(args[-1]), look(*args))[1]

    def judged() -> set[object]:
        return {seen[-1] for seen in looks.values()}

    course = [
        (lambda: rig.step(), False),
        (lambda: rig.into(states.HEAT, phase=1), False),
        (lambda: rig.step(), True),
        (lambda: rig.step(L.late_ms + 1), False),
        (lambda: rig.pause(), True),
        (lambda: rig.step(), False),
    ]
    for does, expected in course:
        does()
        assert judged() == {expected}


@pytest.mark.requirement("SR-08", "SR-20")
def test_a_sensor_and_the_two_together_may_trip_in_one_tick() -> None:
    rig = at("running", limits=toy(mismatch_ms=L.stale_ms)).settle(37_000, 28_000)
    assert rig.sees(fresh=False).ticks_to_fault(30) == STALE_TICKS + 1
    assert (rig.fault, rig.behind) == (STALE, {"sensor_mismatch"})


def test_a_rejected_tick_opens_heat_of_the_whole_device() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 60)))
    while not rig.board.outputs[1] or not rig.board.outputs[0]:
        rig.tick()
    rig.board.set_mc(35_000)
    rig.tick()
    assert rig.board.outputs == (True, False, False)
    assert rig.guard.outputs == MASTER
