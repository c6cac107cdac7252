"""States, commands and the fault latch: SR-12, SR-16 to SR-21."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poultice_core import faults, states
from poultice_core.limits import Limits
from poultice_core.relays import PAD
from poultice_core.tick import (
    ARM,
    BAD_TOKEN,
    BEYOND,
    BRAKED,
    CLEAR,
    NOT_CLEARABLE,
    NOT_READY,
    OK,
    REST,
    WRONG_STATE,
)
from poultice_core.ticks import PERIOD
from tests.core.guard_rig import OPEN_X8, GuardRig, order, settings

L = Limits()


def _at(state: str) -> GuardRig:
    rig = GuardRig()
    if state == "boot":
        return rig
    if state == "self_test":
        rig.steps(2)
        assert rig.state == "self_test"
        return rig
    rig.ready()
    if state == "armed":
        assert rig.arm(order(heat_s=60), rig.TOKEN) == 0
    elif state == "running":
        rig.start().heating()
    elif state == "paused":
        rig.start().heating()
        rig.pause()
    elif state == "waiting":
        rig.start().ask(0, states.COLD, 12_000).step()
    elif state == "fault":
        rig.start().heating()
        rig.step(L.late_trip_ms + 1)
        assert rig.fault == "loop_late"
    assert rig.state == state
    return rig


# --- SR-15, SR-12 -------------------------------------------------------------------------


@pytest.mark.requirement("SR-15")
def test_start_up_goes_through_the_self_test_with_everything_off() -> None:
    rig = GuardRig()
    seen = []
    for _ in range(40):
        assert rig.step() == 0
        if rig.state not in seen:
            seen.append(rig.state)
    assert seen == ["self_test", "idle"]


@pytest.mark.requirement("SR-12")
@pytest.mark.parametrize("state", states.NAMES[:-1])
def test_the_emergency_stop_is_off_in_its_tick_in_every_state(state: str) -> None:
    rig = _at(state)
    rig.tick.estop = True
    assert rig.step() == 0
    assert rig.fault == "emergency_stop"


@pytest.mark.requirement("SR-12", "SR-20")
def test_it_is_latched_until_closed_and_acknowledged() -> None:
    rig = _at("running")
    rig.tick.estop = True
    rig.step()
    assert not rig.guard.cause_gone()
    rig.tick.button = True
    rig.steps(40)
    assert rig.state == "fault"
    rig.tick.button = False
    rig.step()
    rig.tick.estop = False
    rig.steps(100)
    assert rig.state == "fault"
    assert rig.clear(faults.EMERGENCY_STOP) == NOT_CLEARABLE
    rig.hold()
    assert rig.state == "idle"


@pytest.mark.requirement("SR-12")
def test_in_a_fault_the_emergency_stop_is_counted() -> None:
    rig = _at("fault")
    rig.tick.estop = True
    rig.step()
    assert rig.fault == "loop_late"
    assert rig.guard.latch.followers == 1 << faults.EMERGENCY_STOP


# --- SR-16, SR-17 -------------------------------------------------------------------------


@pytest.mark.requirement("SR-16")
@pytest.mark.parametrize("state", [name for name in states.NAMES if name != "running"])
def test_nothing_is_closed_outside_running(state: str) -> None:
    rig = _at(state)
    rig.ask(0, states.HEAT, 40_000, heat=True, cool=True)
    if state == "waiting":
        rig.ask(0, states.COLD, 12_000, heat=True, cool=True)
    rig.frozen = False
    for _ in range(50):
        assert rig.step() == 0


@pytest.mark.requirement("SR-17")
def test_a_token_starts_once() -> None:
    rig = _at("armed")
    assert rig.begin(rig.TOKEN) == 0
    assert rig.state == "running"
    rig.stop()
    assert rig.begin(rig.TOKEN) != 0
    assert rig.arm(order(heat_s=60), rig.TOKEN + 1) == 0
    assert rig.begin(rig.TOKEN) != 0


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize(("wrong", "state"), [(2, "armed"), (3, "idle")])
def test_three_wrong_tokens_disarm(wrong: int, state: str) -> None:
    rig = _at("armed")
    for guess in range(wrong):
        assert rig.begin(guess - 1) == BAD_TOKEN
    assert rig.state == state
    assert (rig.begin(rig.TOKEN) == 0) == (state == "armed")


@pytest.mark.requirement("SR-17")
def test_arming_again_forgets_the_wrong_tokens() -> None:
    rig = _at("armed")
    rig.begin(1)
    rig.begin(2)
    rig.stop()
    assert rig.arm(order(heat_s=60), rig.TOKEN) == 0
    rig.begin(1)
    rig.begin(2)
    assert rig.state == "armed"


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize("state", [name for name in states.NAMES if name != "armed"])
def test_start_does_nothing_where_nothing_is_armed(state: str) -> None:
    rig = _at(state)
    begun = rig.guard.course.begun
    assert rig.begin() == WRONG_STATE
    if state in ("boot", "self_test", "idle", "fault"):
        rig.press()
        assert not rig.guard.live
    assert rig.guard.course.begun == begun


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize("command", ["arm", "start", "button", "resume"])
@pytest.mark.parametrize("heat", [True, False])
@pytest.mark.parametrize("reading_mc", [L.heat_cutoff_mc - 1, L.heat_cutoff_mc])
def test_for_heat_the_sensor_is_below_43(command: str, heat: bool, reading_mc: int) -> None:
    rig = GuardRig().ready()
    body = order(heat_s=60) if heat else order(cold_s=60)
    if command != "arm":
        assert rig.arm(body) == OK
    if command == "resume":
        assert rig.begin() == OK
        assert rig.pause() == OK
        rig.poke(rig.guard.clocks, since_session_ms=1 << 28)
    # One tick only: two at the cutoff are a fault in a session.
    rig.set(reading_mc)
    if command == "button":
        rig.tick.button = True
        rig.step()
        allowed = rig.state == "running"
    else:
        answer = {"arm": lambda: rig.arm(body), "start": rig.begin, "resume": rig.resume}[command]()
        assert answer in (OK, NOT_READY)
        allowed = answer == OK
    assert allowed == (not heat or reading_mc < L.heat_cutoff_mc)


@pytest.mark.requirement("SR-17")
def test_resume_repeats_the_checks_without_a_token() -> None:
    rig = _at("paused")
    rig.code_a_x8 = OPEN_X8
    assert rig.resume() == NOT_READY
    assert rig.state == "paused"
    rig.code_a_x8 = None
    rig.set(4_999)
    assert rig.resume() == NOT_READY
    rig.set(5_000)
    assert rig.resume() == OK


@pytest.mark.requirement("SR-17", "SR-05")
def test_arm_asks_for_rest() -> None:
    rig = GuardRig().ready()
    rig.step()  # on the second
    rig.ledger.add(120, 0, 0, True)
    assert rig.arm(order(heat_s=60)) == REST
    rig.ledger.credit(L.rest_after_heat_s - 1)
    assert rig.arm(order(heat_s=60)) == REST
    rig.ledger.credit(1)
    assert rig.arm(order(heat_s=60)) == OK


# --- SR-18 --------------------------------------------------------------------------------


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize(("dt_ms", "outputs"), [(L.late_ms, PAD), (L.late_ms + 1, 0)])
def test_a_stall_is_off_for_its_tick(dt_ms: int, outputs: int) -> None:
    rig = _at("running")
    assert rig.step(dt_ms) == outputs
    assert rig.fault is None
    assert rig.step() != 0


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("state", ["idle", "armed", "running", "paused", "waiting"])
@pytest.mark.parametrize(("dt_ms", "trips"), [(L.late_trip_ms, False), (L.late_trip_ms + 1, True)])
def test_a_loop_later_than_a_second_and_a_half_trips(state: str, dt_ms: int, trips: bool) -> None:
    rig = _at(state)
    rig.step(dt_ms)
    assert (rig.fault == "loop_late") == trips


@pytest.mark.requirement("SR-18")
def test_the_third_stall_of_a_session_trips() -> None:
    rig = _at("running")
    for _ in range(L.late_count - 1):
        rig.step(L.late_ms + 1)
        rig.steps(50)
    assert rig.fault is None
    rig.step(L.late_ms + 1)
    assert rig.fault == "loop_late"


@pytest.mark.requirement("SR-18")
def test_stalls_outside_a_session_are_not_counted() -> None:
    rig = GuardRig().ready()
    for _ in range(10):
        rig.step(L.late_ms + 1)
        rig.step()
    rig.start().heating()
    for _ in range(L.late_count - 1):
        rig.step(L.late_ms + 1)
        rig.steps(50)
    assert rig.fault is None


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("back_ms", [1, 100, 60_000, PERIOD // 2])
def test_time_that_runs_backwards_trips_at_once(back_ms: int) -> None:
    rig = _at("running")
    assert rig.step(-back_ms) == 0
    assert rig.fault == "loop_late"


@pytest.mark.requirement("SR-18")
def test_two_ticks_of_the_same_time_are_no_fault() -> None:
    rig = _at("running")
    assert rig.step(0) == PAD


@pytest.mark.requirement("SR-18")
def test_a_stall_counts_whole_in_the_clocks() -> None:
    rig = _at("running")
    clocks = rig.guard.clocks
    before = (clocks.phase_ms, clocks.heat_ms, clocks.session_ms, rig.ledger.now_s)
    level_uj = rig.guard.budget.level_uj
    rig.step(1500)
    assert (clocks.phase_ms, clocks.heat_ms, clocks.session_ms) == tuple(
        ms + 1500 for ms in before[:3]
    )
    assert rig.ledger.now_s >= before[3] + 1
    assert rig.guard.budget.level_uj == level_uj - 1500 * (100 - 35)


@pytest.mark.requirement("SR-18")
def test_the_wrap_changes_nothing() -> None:
    """The same session, once across the wrap and once far from it: the same in every tick."""
    traces = []
    for now_ms in (5_000, PERIOD - 6_000):
        rig = GuardRig(now_ms=now_ms).start()
        trace = []
        for tick in range(400):
            rig.ask(0 if tick < 250 else 1, states.HEAT, 40_000, heat=tick % 90 < 60)
            rig.set(32_000 + 5 * tick)
            trace.append((rig.step(), rig.guard.clocks.phase_ms, rig.guard.latch.fault))
        assert (rig.now_ms < now_ms) == (now_ms > 5_000)
        traces.append(trace)
    assert traces[0] == traces[1]


# --- SR-19, SR-20 -------------------------------------------------------------------------


@pytest.mark.requirement("SR-19")
@pytest.mark.parametrize("left_out", range(11))
def test_a_judge_that_is_not_called_is_a_fault(left_out: int) -> None:
    rig = _at("running")
    judges = list(rig.guard._judges)
    del judges[left_out]
    rig.guard._judges = tuple(judges)
    assert rig.step() == 0
    assert (1 << rig.guard.latch.fault | rig.guard.latch.followers) & 1 << faults.INTERNAL


def _raise(*_: object) -> int:
    raise ValueError


@pytest.mark.requirement("SR-19")
@pytest.mark.parametrize("state", states.NAMES)
@pytest.mark.parametrize("judge", range(11))
def test_a_judge_that_raises_is_a_fault_in_every_state(judge: int, state: str) -> None:
    """Row 12: in every tick, and the outputs are low in each of them."""
    rig = _at(state)
    rig.guard._judges[judge].look = _raise
    assert rig.steps(3) == 0
    assert rig.fault == ("loop_late" if state == "fault" else "internal")
    if state == "fault":
        assert rig.guard.latch.followers & 1 << faults.INTERNAL


INSIDE = (
    *("now.stood", "now.measure", "clocks.advance", "budget.advance", "dwell.advance"),
    *("dwell.closes", "ledger.advance", "ledger.add", "brake.advance", "durations.look"),
    *("pack.look", "treatment.judge"),
)


@pytest.mark.requirement("SR-19")
@pytest.mark.parametrize("part", INSIDE)
def test_whatever_else_raises_in_a_tick_is_a_fault(part: str) -> None:
    rig = _at("running")
    name, method = part.split(".")
    setattr(rig.part(name), method, _raise)
    if name == "brake":
        rig.guard.brake.note()
    rig.tick.failed = part == "ledger.add"
    assert rig.step() == 0
    assert (rig.state, rig.fault) == ("fault", "internal")
    assert rig.guard.course.outcome == states.FAULTED


@pytest.mark.requirement("SR-19")
def test_what_raised_outside_the_guard_is_a_fault_of_this_tick() -> None:
    rig = _at("running")
    rig.tick.failed = True
    assert rig.step() == 0
    assert rig.fault == "internal"


@pytest.mark.requirement("SR-20")
def test_the_first_fault_is_kept_and_later_ones_are_counted() -> None:
    rig = _at("running")
    rig.code_a_x8 = OPEN_X8
    rig.steps(3)
    assert rig.fault == "sensor_open"
    rig.tick.estop = True
    rig.step()
    rig.code_a_x8 = None
    rig.set(50_000).step()
    assert rig.fault == "sensor_open"
    assert rig.guard.latch.followers == (
        1 << faults.EMERGENCY_STOP | 1 << faults.ABSOLUTE_TEMPERATURE
    )


@pytest.mark.requirement("SR-20")
def test_in_one_tick_the_more_severe_is_kept() -> None:
    rig = _at("running")
    rig.tick.estop = True
    rig.set(45_000)
    rig.step(-5)
    assert rig.fault == "absolute_temperature"
    assert rig.guard.latch.followers == 1 << faults.EMERGENCY_STOP | 1 << faults.LOOP_LATE


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("fault", range(1, len(faults.NAMES)))
def test_only_the_button_clears_a_severe_one(fault: int) -> None:
    rig = GuardRig().ready()
    rig.tick.lost = 1 << fault
    rig.step()
    rig.tick.lost = 0
    rig.steps(20)
    severe = faults.SEVERE >> fault & 1 == 1
    assert rig.clear(fault % 23 + 1) != 0
    assert (rig.clear(fault) == 0) == (not severe)
    if severe:
        assert rig.state == "fault"
        rig.hold()
    assert rig.state == "idle"
    assert rig.fault is None


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("state", [name for name in states.NAMES if name != "fault"])
def test_there_is_nothing_to_clear_where_nothing_is_latched(state: str) -> None:
    rig = _at(state)
    assert rig.clear(faults.NONE) == WRONG_STATE
    assert rig.state == ("self_test" if state == "boot" else state)


@pytest.mark.requirement("SR-20")
def test_after_a_clear_nothing_resumes() -> None:
    rig = _at("fault")
    assert rig.clear(faults.LOOP_LATE) == 0
    rig.ask(0, states.HEAT, 40_000, heat=True)
    assert rig.steps(50) == 0
    assert rig.state == "idle"


# --- commands by state --------------------------------------------------------------------

COMMANDS: dict[str, tuple[Callable[[GuardRig], int], str]] = {
    "arm": (lambda rig: rig.arm(order(heat_s=60)), "idle"),
    "start": (lambda rig: rig.begin(), "armed"),
    "pause": (lambda rig: rig.pause(), "running"),
    "resume": (lambda rig: rig.resume(), "paused"),
    "confirm": (lambda rig: rig.confirm(), "waiting"),
    "clear": (lambda rig: rig.clear(rig.guard.latch.fault), "fault"),
}


@pytest.mark.parametrize("state", states.NAMES)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_its_state(command: str, state: str) -> None:
    call, allowed = COMMANDS[command]
    rig = _at(state)
    assert call(rig) == (OK if state == allowed else WRONG_STATE)
    if state not in (allowed, "boot"):
        assert rig.state == state


@pytest.mark.parametrize("state", states.NAMES)
def test_a_command_that_there_is_not_does_nothing(state: str) -> None:
    rig = _at(state)
    before = rig.guard.course.begun, rig.guard.course.ended
    assert rig.command(CLEAR + 1) == WRONG_STATE
    assert (rig.guard.course.begun, rig.guard.course.ended) == before


def test_an_arm_without_a_plan_is_none() -> None:
    rig = GuardRig().ready()
    assert rig.command(ARM, rig.TOKEN) == WRONG_STATE
    assert rig.state == "idle"


@pytest.mark.parametrize("state", states.NAMES)
def test_stop_ends_whatever_runs(state: str) -> None:
    rig = _at(state)
    rig.stop()
    rig.ask(0, states.HEAT, 40_000, heat=True)
    assert rig.step() == 0
    ends = {"armed": "idle", "running": "idle", "paused": "idle", "waiting": "idle"}
    expected = ends.get(state, state)
    if expected not in ("boot", "self_test"):
        assert rig.state == expected


# --- a configuration comes into force -----------------------------------------------------


def test_a_configuration_keeps_what_it_must_not_reset() -> None:
    """Row 24: the 120 s watch of 43 °C, the dwell, the slope; no start-up comes of it."""
    rig = _at("running")
    rig.stop()
    rig.set(43_000)
    rig.configure(density_mw_cm2=50)
    assert rig.state == "idle"
    assert not rig.guard.dwell.may_close()
    assert rig.part("predictive")._count == 30
    rig.step()
    assert rig.fault == "over_temperature"


def test_a_configuration_is_in_force_in_its_tick() -> None:
    rig = GuardRig().ready()
    assert rig.guard.limits.heat_target_max_mc == 42_000
    rig.configure(sensor_b=False, cooler=True, sense=False, density_mw_cm2=77, offset_mc=-300)
    now = rig.guard.settings
    assert (now.sensor_b, now.cooler, now.sense, now.density_mw_cm2) == (False, True, False, 77)
    assert now.offset_mc == -300
    assert rig.guard.limits.heat_target_max_mc == 40_000
    rig.steps(20)
    assert rig.fault is None
    assert rig.guard.limits_whole()


def test_what_was_armed_under_another_configuration_is_armed_no_more() -> None:
    rig = _at("armed")
    rig.configure()
    assert rig.state == "idle"
    assert rig.begin() == WRONG_STATE


@pytest.mark.parametrize("plain", [True, False])
def test_nothing_is_armed_in_the_tick_of_a_configuration(plain: bool) -> None:
    """Its plan was judged by the limits that are no longer in force."""
    rig = GuardRig().ready()
    now = rig.tick
    if not plain:
        now.settings = settings(sensor_b=False)
        now.limits = Limits().under(now.settings)
    assert rig.arm(order(heat_s=60)) == (OK if plain else BRAKED)
    assert rig.state == ("armed" if plain else "idle")


@pytest.mark.requirement("SR-17")
def test_a_press_in_the_tick_of_arm_starts_nothing() -> None:
    rig = GuardRig().ready()
    rig.tick.button = True
    assert rig.arm(order(heat_s=60)) == OK
    rig.steps(50)
    assert (rig.state, rig.guard.course.begun) == ("armed", 0)


@pytest.mark.requirement("SR-17")
def test_a_plan_that_broke_a_limit_is_not_armed() -> None:
    rig = GuardRig().ready()
    body = order(heat_s=60)
    body.within = False
    assert rig.arm(body) == BEYOND
    assert rig.begin() == WRONG_STATE
