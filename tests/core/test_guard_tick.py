"""One tick of the guard in detail: what is counted, kept and handed on."""

from __future__ import annotations

import pytest

from poultice_core import faults, states
from poultice_core.board import SENSE_HIGH
from poultice_core.limits import Limits
from poultice_core.relays import COOL, HEAT, LONG_MS, MASTER, PAD
from poultice_core.tick import OK
from tests.core.guard_rig import OPEN_X8, GuardRig, order

L = Limits()


def test_a_guard_before_its_first_tick_permits_nothing() -> None:
    guard = GuardRig().guard
    assert guard.permit.inhibited is True
    assert guard.reading.inhibit is True
    assert (guard.outputs, guard.state, guard.live) == (0, states.BOOT, False)
    assert (guard.course.begun, guard.course.confirmed, guard.answer) == (0, 0, OK)
    assert not guard.heated_now()
    assert guard.limits_whole()
    assert guard.budget.level_uj == L.budget_capacity_uj_cm2


@pytest.mark.parametrize(
    ("outputs", "heating"), [(0, False), (MASTER, False), (HEAT, False), (PAD, True)]
)
def test_the_pad_is_energised_where_both_relays_are_closed(outputs: int, heating: bool) -> None:
    rig = GuardRig()
    rig.poke(rig.guard, outputs=outputs)
    assert rig.guard.heated_now() == heating
    rig.step()
    assert rig.part("now").heated == heating


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("now_ms", [0, 1, 5_000])
def test_the_first_tick_is_no_stall_whenever_it_comes(now_ms: int) -> None:
    rig = GuardRig(now_ms=now_ms - 100)
    rig.step()
    assert rig.fault is None
    assert rig.guard.clocks.state_ms == 0
    rig.step(70)
    assert rig.guard.clocks.since_session_ms == 70
    assert rig.guard.clocks.state_ms == 70


@pytest.mark.parametrize("name", ["state_ms", "since_session_ms", "since_treated_ms"])
def test_long_times_stop_where_they_are_long_enough(name: str) -> None:
    rig = GuardRig().ready()
    clocks = rig.guard.clocks
    rig.poke(clocks, **{name: LONG_MS - 1}).step()
    assert getattr(clocks, name) == LONG_MS + 99
    rig.step()
    assert getattr(clocks, name) == LONG_MS + 99
    rig.poke(clocks, **{name: LONG_MS}).step()
    assert getattr(clocks, name) == LONG_MS


@pytest.mark.requirement("SR-07")
def test_without_sensor_b_an_unreadable_a_leaves_the_last_readings() -> None:
    rig = GuardRig(sensor_b=False).set(31_000).start()
    rig.step()
    rig.code_a_x8 = OPEN_X8
    rig.set(60_000).step()
    reading = rig.guard.reading
    assert (reading.hot_mc, reading.cold_mc, reading.control_mc) == (31_000, 31_000, 31_000)
    assert not reading.readable
    assert reading.inhibit
    assert rig.fault is None


@pytest.mark.requirement("SR-10")
def test_without_sense_and_reading_no_weld_is_judged() -> None:
    rig = GuardRig(sense=False).ready()
    rig.set(39_000).steps(350)
    rig.code_a_x8 = rig.code_b_x8 = OPEN_X8
    rig.set(42_000).steps(400)
    assert rig.fault is None


def _spied(owner: object, name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Every call of a method from now on; it still does what it does."""
    calls: list[tuple[object, ...]] = []
    original = getattr(owner, name)

    def spy(*arguments: object) -> object:
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(owner, name, spy)
    return calls


@pytest.mark.requirement("SR-18")
def test_time_that_runs_backwards_counts_as_none() -> None:
    rig = GuardRig().start().into(states.HEAT)
    clocks = rig.guard.clocks
    rig.step()
    before = clocks.session_ms, clocks.heat_ms, rig.ledger.now_s
    rig.step(-90_000)
    assert (clocks.session_ms, clocks.heat_ms, rig.ledger.now_s) == before
    assert rig.fault == "loop_late"


@pytest.mark.requirement("SR-18", "SR-22")
def test_a_stall_begins_the_relay_proof_again_and_only_a_running_one() -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    while not rig.step() & HEAT:
        assert rig.state == "running"
    assert rig.part("proof").active
    assert rig.step(L.late_ms + 1) == 0
    assert rig.part("proof").active
    assert rig.step() == 0
    rig.into(states.HEAT)
    rig.step(L.late_ms + 1)
    assert not rig.part("proof").active


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize(
    ("a_ok", "b_ok", "hot_mc", "cold_mc", "readable"),
    [
        (True, True, 33_000, 31_000, True),
        (True, False, 33_000, 33_000, True),
        (False, True, 31_000, 31_000, True),
        (False, False, 30_000, 30_000, False),
    ],
)
def test_one_broken_sensor_leaves_the_other(
    a_ok: bool, b_ok: bool, hot_mc: int, cold_mc: int, readable: bool
) -> None:
    rig = GuardRig().set(30_000).ready()
    if not a_ok:
        rig.code_a_x8 = OPEN_X8
    if not b_ok:
        rig.code_b_x8 = OPEN_X8
    rig.set(33_000, 31_000).step()
    reading = rig.guard.reading
    assert (reading.hot_mc, reading.cold_mc, reading.readable) == (hot_mc, cold_mc, readable)
    assert reading.inhibit == (not (a_ok and b_ok))
    assert reading.whole == (a_ok and b_ok)
    assert reading.control_mc == (33_000 if a_ok and b_ok else 30_000)


@pytest.mark.requirement("SR-02", "SR-07")
@pytest.mark.parametrize("sensor", ["a", "b"])
def test_a_broken_sensor_restarts_the_slope(sensor: str) -> None:
    rig = GuardRig().ready()
    predictive = rig.part("predictive")
    assert not predictive.inhibits()
    setattr(rig, f"code_{sensor}_x8", OPEN_X8)
    rig.step()
    setattr(rig, f"code_{sensor}_x8", None)
    for _ in range(29):
        rig.step()
        assert predictive.inhibits()
    rig.step()
    assert not predictive.inhibits()


@pytest.mark.requirement("SR-02", "SR-08")
@pytest.mark.parametrize("sensor_b", [True, False])
def test_a_rejected_reading_is_no_part_of_the_slope(sensor_b: bool) -> None:
    rig = GuardRig(sensor_b=sensor_b).start().into(states.HEAT)
    predictive = rig.part("predictive")
    rig.step()
    before = list(predictive._ring)
    rig.set(35_000).step()
    assert predictive._ring == before
    rig.set(32_001).step()
    assert sorted(predictive._ring) == [32_000] * 29 + [32_001]


@pytest.mark.requirement("SR-08")
def test_plausibility_is_judged_in_a_heat_phase_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the interval that ends with the reading; and not in the tick of a stall."""
    rig = GuardRig().start()
    looks = [
        _spied(part, "look", monkeypatch) for part in (rig.guard.reading.a, rig.guard.reading.b)
    ]

    def judged() -> set[object]:
        return {calls[-1][-1] for calls in looks}

    rig.into(states.REST, 0).step()
    assert judged() == {False}
    rig.into(states.HEAT, phase=1)
    assert judged() == {False}
    rig.step()
    assert judged() == {True}
    rig.step(L.late_ms + 1)
    assert judged() == {False}
    rig.pause()
    assert judged() == {True}
    rig.step()
    assert judged() == {False}


@pytest.mark.requirement("SR-01")
def test_a_reading_that_is_none_any_more_is_not_over_the_cutoff() -> None:
    rig = GuardRig().start().into(states.HEAT).settle(41_500)
    rig.set(L.heat_cutoff_mc).step()
    rig.code_a_x8 = rig.code_b_x8 = OPEN_X8
    rig.steps(2)
    assert rig.guard.reading.hot_mc == L.heat_cutoff_mc
    assert rig.fault is None
    rig.step()
    assert rig.fault == "sensor_open"
    assert rig.guard.latch.followers == 0


@pytest.mark.requirement("SR-06")
def test_the_interval_before_a_stop_counts_in_the_dose_and_the_clocks() -> None:
    rig = GuardRig().start().into(states.HEAT).settle(42_000)
    rig.step()
    dose, clocks = rig.guard.dose, rig.guard.clocks
    dose_u, heat_ms = dose.total_u, clocks.heat_ms
    rig.stop()
    assert clocks.heat_ms == heat_ms + 100
    assert dose.total_u > dose_u
    dose_u = dose.total_u
    rig.step()
    assert (dose.total_u, clocks.heat_ms) == (dose_u, heat_ms + 100)


@pytest.mark.requirement("SR-06")
def test_before_a_session_nothing_counts_in_the_dose() -> None:
    rig = GuardRig().set(42_000).ready()
    assert rig.guard.dose.total_u == 0
    assert rig.arm(order(heat_s=60), 1) == 0
    rig.step()
    assert rig.guard.dose.total_u == 0


@pytest.mark.requirement("SR-17")
def test_an_armed_plan_is_forgotten_after_a_minute() -> None:
    rig = GuardRig().ready()
    assert rig.arm(order(heat_s=60), 1) == 0
    rig.steps(L.token_s * 10 - 1)
    assert rig.state == "armed"
    rig.step()
    assert rig.state == "idle"


@pytest.mark.requirement("SR-17", "SR-20")
def test_the_button_does_one_thing_in_one_state() -> None:
    rig = GuardRig().ready()
    course = rig.guard.course
    rig.tick.button = True
    confirmed = []
    for _ in range(40):
        rig.step()
        confirmed.append(course.confirmed)
    assert confirmed == [0] * 30 + [1] * 10
    assert rig.arm(order(heat_s=60)) == OK
    rig.steps(40)
    assert (rig.state, course.begun, course.confirmed) == ("armed", 0, 1)
    rig.tick.button = False
    rig.step()
    rig.tick.button = True
    rig.step()
    assert (rig.state, course.begun) == ("running", 1)
    rig.steps(50)
    assert (rig.state, course.begun, course.confirmed) == ("running", 1, 1)


def test_in_a_tick_that_trips_the_button_does_nothing() -> None:
    rig = GuardRig().ready()
    assert rig.arm(order(heat_s=60)) == OK
    rig.tick.button = rig.tick.estop = True
    rig.step()
    assert rig.guard.course.begun == 0
    assert rig.fault == "emergency_stop"


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("trips", [True, False])
def test_a_hold_clears_nothing_in_a_tick_that_trips_again(trips: bool) -> None:
    rig = GuardRig().ready()
    rig.tick.lost = 1 << faults.LOOP_LATE
    rig.step()
    rig.tick.lost = 0
    rig.tick.button = True
    rig.steps(30)
    rig.tick.failed = trips
    rig.step()
    assert rig.fault == ("loop_late" if trips else None)


@pytest.mark.requirement("SR-15")
def test_the_self_test_takes_half_a_second() -> None:
    rig = GuardRig()
    rig.step()
    assert rig.state == "self_test"
    rig.steps(4)
    assert rig.state == "self_test"
    rig.step(99)
    assert rig.state == "self_test"
    rig.step(1)
    assert rig.state == "idle"


@pytest.mark.requirement("SR-04")
def test_a_closing_of_heat_is_an_operation_and_asks_its_distance_outside_the_proof() -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    guard = rig.guard
    while not rig.step() & HEAT:
        assert rig.state == "running"
    assert (guard.heat_operations, guard.dwell.may_close()) == (1, True)
    rig.step()
    assert guard.heat_operations == 1
    rig.heating()
    assert guard.heat_operations == 2
    assert guard.dwell._since_closing_ms == 0
    rig.steps(5)
    assert guard.heat_operations == 2
    assert guard.dwell._since_closing_ms == 500


@pytest.mark.requirement("SR-04")
def test_a_tick_says_what_the_next_interval_counts_as() -> None:
    rig = GuardRig().ask(0, states.HEAT, 40_000).start()
    now = rig.part("now")

    def counts() -> tuple[bool, int, bool, bool, bool]:
        return now.live, now.mode, now.proving, now.heating, now.treating

    rig.step()
    assert counts() == (True, states.NO_MODE, True, False, False)
    rig.into(states.HEAT).step()
    assert counts() == (True, states.HEAT, False, True, True)
    rig.pause()
    assert counts() == (True, states.HEAT, False, True, True)
    rig.stop()
    assert (now.live, now.state, now.heating) == (True, states.PAUSED, False)
    rig.step()
    assert counts() == (False, states.NO_MODE, False, False, False)


@pytest.mark.requirement("SR-13")
def test_silence_is_counted_from_the_last_word() -> None:
    rig = GuardRig().start(order(heat_s=1200, attended_s=5))
    rig.into(states.REST, 0)
    rig.tick.heard = True
    rig.step()
    assert rig.guard.clocks.silent_ms == 0
    rig.steps(49)
    assert (rig.guard.clocks.silent_ms, rig.state) == (4_900, "running")
    rig.step(99)
    assert rig.state == "running"
    rig.step(1)
    assert (rig.state, rig.guard.course.reason) == ("idle", states.ATTENDED)


def test_a_session_that_nobody_attends_runs_in_silence() -> None:
    rig = GuardRig().start(order(heat_s=1200, attended_s=0))
    rig.into(states.REST, 0).steps(700)
    assert rig.state == "running"
    assert rig.guard.clocks.silent_ms > 60_000


@pytest.mark.requirement("SR-04")
@pytest.mark.parametrize("done", [False, True])
def test_a_session_at_its_limit_ends_or_is_complete(done: bool) -> None:
    rig = GuardRig().start().into(states.REST, 0)
    course = rig.guard.course
    rig.step()
    rig.poke(rig.guard.clocks, session_ms=L.session_s * 1000 - 101).step()
    assert rig.state == "running"
    if done:
        rig.done()
    rig.step(1)
    assert rig.state == "idle"
    assert course.outcome == (states.COMPLETE if done else states.STOPPED)
    assert course.reason == (states.NO_REASON if done else states.SESSION_TIMEOUT)


def test_a_pause_ends_the_session_after_five_minutes() -> None:
    rig = GuardRig().start().into(states.REST, 0)
    rig.pause()
    rig.steps(L.pause_max_s * 10 - 1)
    assert rig.state == "paused"
    rig.step()
    assert (rig.state, rig.guard.course.reason) == ("idle", states.PAUSE_TIMEOUT)


@pytest.mark.parametrize("held", [False, True])
def test_any_press_ends_a_session(held: bool) -> None:
    rig = GuardRig().start()
    rig.ask(0, states.COLD, 12_000).step()
    assert rig.state == "waiting"
    rig.tick.button = True
    rig.steps(12 if held else 3)
    rig.tick.button = False
    rig.step()
    if held:
        assert (rig.state, rig.guard.course.reason) == ("idle", states.BUTTON)
    else:
        assert rig.state == "running"


@pytest.mark.requirement("SR-02", "SR-24")
def test_an_inhibit_and_nothing_else_restarts_the_proof_of_heating(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = GuardRig().start().heating()
    permit = rig.guard.permit
    tick_uj = 100 * L.tick_ms
    calls = _spied(rig.guard.heating, "restart", monkeypatch)
    rig.step()
    assert (calls, permit.inhibited, rig.outputs) == ([], False, PAD)
    rig.ask(0, states.HEAT, 40_000, heat=False).step()
    assert (calls, permit.inhibited, rig.outputs) == ([], False, MASTER)
    rig.budget(tick_uj - 1 - 35 * 100).step()
    assert (len(calls), permit.inhibited, permit.budget_met) == (1, True, False)
    rig.budget(tick_uj - 1 - 35 * 100)
    rig.ask(0, states.HEAT, 40_000, heat=True).step()
    assert (len(calls), permit.inhibited, permit.budget_met) == (2, True, True)
    rig.budget(0).ask(0, states.HEAT, 40_000, heat=False).step()
    assert permit.budget_met
    rig.budget(tick_uj - 35 * 100).step()
    assert (len(calls), permit.inhibited) == (3, False)
    rig.stop()
    rig.start()
    assert not permit.budget_met


@pytest.mark.requirement("SR-03")
@pytest.mark.parametrize("sensor_b", [True, False])
@pytest.mark.parametrize("broken", ["a", "b"])
def test_a_cooler_asks_for_every_sensor_that_is_fitted(sensor_b: bool, broken: str) -> None:
    rig = GuardRig(cooler=True, sensor_b=sensor_b).start().into(states.COLD, 12_000, cool=True)
    assert rig.step() == MASTER | COOL
    setattr(rig, f"code_{broken}_x8", OPEN_X8)
    assert rig.step() == (MASTER if sensor_b or broken == "a" else MASTER | COOL)


@pytest.mark.requirement("SR-16")
def test_a_pack_of_ones_own_and_a_rest_close_nothing() -> None:
    rig = GuardRig().start().into(states.COLD, 12_000, heat=True, cool=True)
    assert rig.step() == 0
    rig = GuardRig(cooler=True).start().into(states.REST, 0, heat=True, cool=True)
    assert rig.step() == 0


@pytest.mark.requirement("SR-20")
def test_what_trips_in_one_tick_is_kept_by_rank_and_the_rest_counted_once() -> None:
    rig = GuardRig().start().heating()
    rig.tick.estop = True
    rig.set(46_000).step(L.late_trip_ms + 1)
    assert rig.fault == "absolute_temperature"
    assert rig.guard.latch.followers == 1 << faults.EMERGENCY_STOP | 1 << faults.LOOP_LATE


@pytest.mark.requirement("SR-08", "SR-20")
def test_a_sensor_and_the_two_together_may_trip_in_one_tick() -> None:
    limits = Limits()
    limits.mismatch_ms = limits.stale_ms
    rig = GuardRig(limits).start().heating().settle(37_000, 28_000)
    rig.tick.fresh = False
    assert rig.ticks_to_fault(30) == limits.stale_ms // 100 + 1
    assert rig.fault == "sensor_stale"
    assert rig.guard.latch.followers == 1 << faults.SENSOR_MISMATCH


def test_only_heat_is_an_operation_of_heat_and_each_closing_of_it() -> None:
    rig = GuardRig(cooler=True).start().heating()
    guard = rig.guard
    rig.steps(L.closing_min_ms // 100)
    count = guard.heat_operations
    rig.into(states.COLD, 20_000, phase=1, cool=True).steps(L.closing_min_ms // 100)
    assert rig.outputs == MASTER | COOL
    assert guard.heat_operations == count
    assert guard.dwell.may_close()
    # Straight from COOL to HEAT, in one tick.
    rig.ask(2, states.HEAT, 40_000, heat=True)
    assert rig.step() == PAD
    assert guard.heat_operations == count + 1
    assert not guard.dwell.may_close()


@pytest.mark.parametrize("dt_ms", [70, 130, 290])
def test_a_time_that_no_tick_meets_exactly_is_over_with_the_next(dt_ms: int) -> None:
    def ticks(limit_ms: int) -> int:
        assert limit_ms % dt_ms
        return limit_ms // dt_ms

    rig = GuardRig()
    rig.step()
    rig.steps(ticks(500), dt_ms)
    assert rig.state == "self_test"
    rig.step(dt_ms)
    assert rig.state == "idle"
    rig.steps(40)

    assert rig.arm(order(heat_s=60, attended_s=8), 1) == 0
    rig.steps(ticks(L.token_s * 1000), dt_ms)
    assert rig.state == "armed"
    rig.step(dt_ms)
    assert rig.state == "idle"

    rig.start(order(heat_s=60, attended_s=8))
    rig.tick.heard = True
    rig.step()
    rig.steps(ticks(8_000), dt_ms)
    assert rig.state == "running"
    rig.step(dt_ms)
    assert (rig.state, rig.guard.course.reason) == ("idle", states.ATTENDED)

    rig.start(order(heat_s=60))
    rig.pause()
    rig.steps(ticks(L.pause_max_s * 1000), dt_ms)
    assert rig.state == "paused"
    rig.step(dt_ms)
    assert (rig.state, rig.guard.course.reason) == ("idle", states.PAUSE_TIMEOUT)


@pytest.mark.requirement("SR-03")
@pytest.mark.parametrize("below_mc", [1, 2_000, 15_000])
def test_below_the_cold_cutoff_it_trips_as_at_it(below_mc: int) -> None:
    rig = GuardRig(cooler=True).start().into(states.COLD, 12_000)
    rig.set(L.cold_cutoff_mc - below_mc)
    assert rig.ticks_to_fault(60) == L.cold_cutoff_ms // 100 + 1
    assert rig.fault == "under_temperature"


@pytest.mark.requirement("SR-01")
@pytest.mark.parametrize(
    ("over_mc", "outputs"), [(-1, PAD), (0, MASTER), (1, MASTER), (400, MASTER)]
)
def test_one_tick_at_the_heat_cutoff_opens_heat_and_no_more(over_mc: int, outputs: int) -> None:
    rig = GuardRig().start().heating().settle(L.heat_cutoff_mc - 1)
    assert rig.step() == PAD
    rig.set(L.heat_cutoff_mc + over_mc)
    rig.no_slope(L.heat_cutoff_mc - 1)
    assert rig.step() == outputs
    assert rig.fault is None


def test_a_session_beyond_its_limit_ends_as_one_at_it() -> None:
    rig = GuardRig().start().into(states.REST, 0)
    rig.step()
    rig.poke(rig.guard.clocks, session_ms=L.session_s * 1000 - 50).step()
    assert (rig.state, rig.guard.course.reason) == ("idle", states.SESSION_TIMEOUT)


@pytest.mark.requirement("SR-18")
def test_the_first_tick_takes_no_time() -> None:
    rig = GuardRig()
    rig.step()
    rig.steps(9)
    rig.step(99)
    assert rig.ledger.now_s == 0
    rig.step(1)
    assert rig.ledger.now_s == 1


@pytest.mark.requirement("SR-08")
@pytest.mark.parametrize("sensor", ["a", "b"])
def test_a_rejected_reading_of_either_sensor_does_not_control(sensor: str) -> None:
    rig = GuardRig().start().into(states.HEAT)
    rig.set(*((35_000, 32_000) if sensor == "a" else (32_000, 35_000))).step()
    assert (rig.guard.reading.hot_mc, rig.guard.reading.control_mc) == (35_000, 32_000)


@pytest.mark.requirement("SR-20")
def test_a_fault_that_followed_is_counted_when_it_has_gone() -> None:
    rig = GuardRig().ready()
    rig.tick.lost = 1 << faults.LOOP_LATE
    rig.step()
    rig.tick.lost = 0
    rig.tick.estop = True
    rig.step()
    rig.tick.estop = False
    rig.set(50_000).step()
    assert (
        rig.guard.latch.followers == 1 << faults.EMERGENCY_STOP | 1 << faults.ABSOLUTE_TEMPERATURE
    )


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("later", [faults.OVER_TEMPERATURE, faults.SENSOR_OPEN, faults.HEAT_WELDED])
def test_what_trips_later_in_a_tick_forgets_nothing(later: int) -> None:
    rig = GuardRig().start().into(states.HEAT).settle(41_500)
    rig.step()
    if later == faults.OVER_TEMPERATURE:
        rig.set(L.heat_cutoff_mc).step()
    elif later == faults.SENSOR_OPEN:
        rig.code_a_x8 = OPEN_X8
        rig.steps(2)
    else:
        rig.sense = SENSE_HIGH
        rig.steps(L.weld_sense_ms // 100)
    assert rig.fault is None
    rig.tick.estop = True
    rig.step()
    assert (
        1 << rig.guard.latch.fault | rig.guard.latch.followers
    ) == 1 << faults.EMERGENCY_STOP | 1 << later


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize(
    "later", [faults.DOSE_LIMIT, faults.UNDER_TEMPERATURE, faults.INTERNAL, faults.LOOP_LATE]
)
def test_what_trips_with_the_emergency_stop_follows_it(later: int) -> None:
    dt_ms = 100
    rig = GuardRig(cooler=True).start()
    if later == faults.UNDER_TEMPERATURE:
        rig.into(states.COLD, 12_000).set(L.cold_cutoff_mc).steps(L.cold_cutoff_ms // 100)
    else:
        rig.into(states.HEAT).settle(41_500).step()
    if later == faults.DOSE_LIMIT:
        rig.poke(rig.guard.bounds, dose_u=rig.guard.dose.total_u)
    elif later == faults.INTERNAL:
        rig.tick.failed = True
    elif later == faults.LOOP_LATE:
        dt_ms = L.late_trip_ms + 1
    assert rig.fault is None
    rig.tick.estop = True
    rig.step(dt_ms)
    assert rig.guard.latch.fault == faults.EMERGENCY_STOP
    assert rig.guard.latch.followers == 1 << later


@pytest.mark.requirement("SR-04")
def test_a_session_that_its_time_has_ended_enters_no_phase_any_more() -> None:
    rig = GuardRig().start().into(states.REST, 0)
    rig.step()
    rig.poke(rig.guard.clocks, session_ms=L.session_s * 1000 - 100)
    rig.ask(1, states.COLD, 11_000).step()
    assert (rig.state, rig.guard.phases.mode, rig.guard.phases.phase) == (
        "idle",
        states.NO_MODE,
        -1,
    )
    assert (rig.guard.course.outcome, rig.guard.course.reason) == (
        states.STOPPED,
        states.SESSION_TIMEOUT,
    )
