"""States, commands, the button, late ticks and what raises: SR-12 and SR-15 to SR-19."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from poultice_core import faults, states
from poultice_core.limits import Limits
from poultice_core.relays import HEAT, MASTER, PAD
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
from tests.core.guard_rig import OPEN_X8, GuardRig, at, boundary, order, settings

L = Limits()
LATE = "loop_late"
EVERY_STATE = pytest.mark.parametrize("state", states.NAMES)


def _but(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("state", [name for name in states.NAMES if name not in names])


# --- SR-15: start-up ----------------------------------------------------------------------


def test_a_guard_before_its_first_tick_permits_nothing() -> None:
    guard = GuardRig().guard
    assert (guard.permit.inhibited, guard.reading.inhibit) == (True, True)
    assert (guard.outputs, guard.state, guard.live) == (0, states.BOOT, False)
    assert (guard.course.begun, guard.course.confirmed, guard.answer) == (0, 0, OK)
    assert not guard.heated_now()
    assert guard.limits_whole()
    assert guard.budget.level_uj == L.budget_capacity_uj_cm2


@pytest.mark.requirement("SR-15")
def test_start_up_is_half_a_second_of_self_test_with_everything_off() -> None:
    rig = GuardRig()
    assert [(rig.step(), rig.state) for _ in range(5)] == [(0, "self_test")] * 5
    assert (rig.step(99), rig.state) == (0, "self_test")
    assert (rig.step(1), rig.state) == (0, "idle")
    assert (rig.steps(40), rig.state) == (0, "idle")


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("now_ms", [0, 1, 5_000])
def test_the_first_tick_takes_no_time_and_is_no_stall_whenever_it_comes(now_ms: int) -> None:
    rig = GuardRig(now_ms=now_ms - 100).wait()
    clocks = rig.guard.clocks
    assert (rig.fault, clocks.state_ms) == (None, 0)
    rig.step(70)
    assert (clocks.since_session_ms, clocks.state_ms) == (70, 70)
    assert rig.wait(9).wait(1, 29).ledger.now_s == 0
    assert rig.wait(1, 1).ledger.now_s == 1


# --- SR-12, SR-16, SR-17 ------------------------------------------------------------------


@boundary("SR-12", states.NAMES[:-1], {True: "emergency_stop", False: None})
def test_the_emergency_stop_is_off_in_its_tick_in_every_state(
    rig: GuardRig, opened: bool
) -> object:
    return rig.sees(estop=opened).wait().fault


@pytest.mark.requirement("SR-16")
@_but("running")
def test_nothing_is_closed_outside_running(state: str) -> None:
    mode = states.COLD if state == "waiting" else states.HEAT
    rig = at(state).ask(0, mode, 12_000 if state == "waiting" else 40_000, heat=True, cool=True)
    assert rig.trace(50) == "-" * 50


@pytest.mark.requirement("SR-17")
def test_a_token_starts_once() -> None:
    rig = at("armed").do("begin", "stop")
    assert rig.begin() == WRONG_STATE
    assert rig.arm(token=rig.TOKEN + 1) == OK
    assert rig.begin() == BAD_TOKEN


@boundary("SR-17", "armed", {2: ("armed", OK), 3: ("idle", WRONG_STATE)})
def test_three_wrong_tokens_disarm(rig: GuardRig, wrong: int) -> object:
    assert [rig.begin(guess - 1) for guess in range(wrong)] == [BAD_TOKEN] * wrong
    return rig.state, rig.begin()


@pytest.mark.requirement("SR-17")
def test_arming_again_forgets_the_wrong_tokens() -> None:
    rig = at("armed")
    assert (rig.begin(1), rig.begin(2)) == (BAD_TOKEN, BAD_TOKEN)
    rig.do("stop", "arm")
    assert (rig.begin(1), rig.begin(2), rig.state) == (BAD_TOKEN, BAD_TOKEN, "armed")


@pytest.mark.requirement("SR-17")
@_but("armed")
def test_start_does_nothing_where_nothing_is_armed(state: str) -> None:
    rig = at(state)
    begun = rig.guard.course.begun
    assert rig.begin() == WRONG_STATE
    if state in ("boot", "self_test", "idle", "fault"):
        rig.press()
        assert not rig.guard.live
    assert rig.guard.course.begun == begun


@boundary("SR-17", "idle", {-1: (True, True), 0: (False, True)})
@pytest.mark.parametrize("command", ["arm", "begin", "button", "resume"])
def test_for_heat_the_sensor_is_below_43(rig: GuardRig, mc: int, command: str) -> object:
    allowed = []
    for body in (order(heat_s=60), order(cold_s=60)):
        if command != "arm":
            assert rig.arm(body) == OK
        if command == "resume":
            rig.do("begin", "pause").poke(rig.guard.clocks, since_session_ms=1 << 28)
        # One tick only: two at the cutoff are a fault in a session.
        rig.set(L.heat_cutoff_mc + mc)
        if command == "button":
            allowed.append(rig.sees(button=True).wait().state == "running")
        else:
            answer = rig.arm(body) if command == "arm" else getattr(rig, command)()
            assert answer in (OK, NOT_READY)
            allowed.append(answer == OK)
        rig.set(32_000).sees(button=False).do("stop").wait(3)
    return tuple(allowed)


@pytest.mark.requirement("SR-17")
def test_resume_repeats_the_checks_without_a_token() -> None:
    rig = at("paused")
    assert rig.code(OPEN_X8, "a").resume() == NOT_READY
    assert rig.state == "paused"
    assert rig.code(None).set(4_999).resume() == NOT_READY
    assert rig.set(5_000).resume() == OK


@boundary("SR-17 SR-05", "idle", {L.rest_after_heat_s - 1: REST, L.rest_after_heat_s: OK})
def test_arm_asks_for_rest(rig: GuardRig, since_s: int) -> object:
    rig.wait().ledger.add(120, 0, 0, True)  # on the second
    assert rig.arm() == REST
    rig.ledger.credit(since_s)
    return rig.arm()


def test_an_arm_without_a_plan_is_none() -> None:
    rig = at("idle")
    assert rig.command(ARM, rig.TOKEN) == WRONG_STATE
    assert rig.state == "idle"


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize(("within", "answers"), [(True, (OK, OK)), (False, (BEYOND, WRONG_STATE))])
def test_a_plan_that_broke_a_limit_is_not_armed(within: bool, answers: tuple[int, int]) -> None:
    rig, body = at("idle"), order(heat_s=60)
    body.within = within
    assert (rig.arm(body), rig.begin()) == answers


# --- the button ---------------------------------------------------------------------------


@pytest.mark.requirement("SR-17", "SR-20")
def test_the_button_does_one_thing_in_one_state() -> None:
    rig = at("idle").sees(button=True)
    course = rig.guard.course
    assert [rig.wait().guard.course.confirmed for _ in range(40)] == [0] * 30 + [1] * 10
    # Held since before `arm` it starts nothing; the next press does.
    rig.do("arm").wait(40)
    assert (rig.state, course.begun, course.confirmed) == ("armed", 0, 1)
    rig.sees(button=False).wait().sees(button=True).wait()
    assert (rig.state, course.begun) == ("running", 1)
    rig.wait(50)
    assert (rig.state, course.begun, course.confirmed) == ("running", 1, 1)


@pytest.mark.requirement("SR-17")
def test_a_press_in_the_tick_of_arm_starts_nothing() -> None:
    rig = at("idle").sees(button=True).do("arm").wait(50)
    assert (rig.state, rig.guard.course.begun) == ("armed", 0)


def test_in_a_tick_that_trips_the_button_does_nothing() -> None:
    rig = at("armed").sees(button=True, estop=True).wait()
    assert (rig.guard.course.begun, rig.fault) == (0, "emergency_stop")


@boundary("", "waiting", {3: ("running", None), 12: ("idle", "button")})
def test_a_press_answers_a_prompt_and_a_hold_ends_the_session(rig: GuardRig, ticks: int) -> object:
    rig.hold(ticks)
    return rig.state, rig.reason


# --- commands by state --------------------------------------------------------------------

COMMANDS: dict[str, tuple[Callable[[GuardRig], int], str]] = {
    "arm": (lambda rig: rig.arm(), "idle"),
    "start": (lambda rig: rig.begin(), "armed"),
    "pause": (lambda rig: rig.pause(), "running"),
    "resume": (lambda rig: rig.resume(), "paused"),
    "confirm": (lambda rig: rig.confirm(), "waiting"),
    "clear": (lambda rig: rig.clear(rig.guard.latch.fault), "fault"),
    "clear nothing": (lambda rig: rig.clear(faults.NONE), ""),
    "one there is not": (lambda rig: rig.command(CLEAR + 1), ""),
}


@pytest.mark.requirement("SR-20")
@EVERY_STATE
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_has_its_state(command: str, state: str) -> None:
    call, allowed = COMMANDS[command]
    refused = NOT_CLEARABLE if (command, state) == ("clear nothing", "fault") else WRONG_STATE
    rig = at(state)
    before = rig.guard.course.begun, rig.guard.course.ended
    assert call(rig) == (OK if state == allowed else refused)
    if state != allowed:
        assert rig.state == ("self_test" if state == "boot" else state)
        assert (rig.guard.course.begun, rig.guard.course.ended) == before


@EVERY_STATE
def test_stop_ends_whatever_runs(state: str) -> None:
    rig = at(state)
    rig.stop()
    assert rig.ask(0, states.HEAT, 40_000, heat=True).step() == 0
    ends = ("armed", "running", "paused", "waiting")
    if state not in ("boot", "self_test"):
        assert rig.state == ("idle" if state in ends else state)


# --- SR-18 --------------------------------------------------------------------------------


@boundary("SR-18", "running", {L.late_ms: (PAD, None), L.late_ms + 1: (0, None)})
def test_a_stall_is_off_for_its_tick(rig: GuardRig, dt_ms: int) -> object:
    outputs, fault = rig.step(dt_ms), rig.fault
    assert rig.step() != 0
    return outputs, fault


NOT_IDLE = ("idle", "armed", "running", "paused", "waiting")


@boundary("SR-18", NOT_IDLE, {L.late_trip_ms: None, L.late_trip_ms + 1: LATE})
def test_a_loop_later_than_a_second_and_a_half_trips(rig: GuardRig, dt_ms: int) -> object:
    return rig.wait(1, dt_ms).fault


@boundary("SR-18", "running", {L.late_count - 1: None, L.late_count: LATE})
def test_the_third_stall_of_a_session_trips(rig: GuardRig, stalls: int) -> object:
    for _ in range(stalls - 1):
        assert rig.wait(1, L.late_ms + 1).wait(50).fault is None
    return rig.wait(1, L.late_ms + 1).fault


@pytest.mark.requirement("SR-18")
def test_stalls_outside_a_session_are_not_counted() -> None:
    rig = at("idle")
    for _ in range(10):
        rig.wait(1, L.late_ms + 1).wait()
    rig.start().heating()
    for _ in range(L.late_count - 1):
        assert rig.wait(1, L.late_ms + 1).wait(50).fault is None


BACK = dict.fromkeys((-1, -100, -60_000, -PERIOD // 2), ("-", LATE))


@boundary("SR-18", "running", {0: ("P", None)} | BACK)
def test_time_that_runs_backwards_trips_at_once_and_counts_as_none(
    rig: GuardRig, dt_ms: int
) -> object:
    clocks = rig.guard.clocks
    before = clocks.session_ms, clocks.heat_ms, rig.ledger.now_s
    outputs = rig.step(dt_ms)
    assert (clocks.session_ms, clocks.heat_ms, rig.ledger.now_s) == before
    return "P" if outputs == PAD else "-", rig.fault


@pytest.mark.requirement("SR-18")
def test_a_stall_counts_whole_in_the_clocks() -> None:
    rig = at("running")
    clocks = rig.guard.clocks
    before = clocks.phase_ms, clocks.heat_ms, clocks.session_ms
    now_s, level_uj = rig.ledger.now_s, rig.guard.budget.level_uj
    rig.step(1500)
    after = clocks.phase_ms, clocks.heat_ms, clocks.session_ms
    assert after == tuple(ms + 1500 for ms in before)
    assert rig.ledger.now_s >= now_s + 1
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


# Saves of our own.


@boundary("SR-18", "rest", {0: LATE, 1_200: None})
def test_the_time_of_a_save_is_no_stall_of_the_session(rig: GuardRig, saved_ms: int) -> object:
    """Row 31: flash of 400 ms an erase used up the three stalls of a session."""
    for _ in range(L.late_count):
        rig.sees(saved_ms=saved_ms).wait(1, saved_ms + L.late_ms if saved_ms else 1_500)
        rig.sees(saved_ms=0).wait()
    return rig.fault


@boundary("SR-18", "rest", {L.late_ms: False, L.late_ms + 1: True})
def test_what_a_save_does_not_explain_is_a_stall(rig: GuardRig, late_ms: int) -> object:
    return rig.sees(saved_ms=900).wait(1, 900 + late_ms).part("now").stalled


@pytest.mark.requirement("SR-18")
def test_a_save_with_master_closed_is_a_stall_all_the_same() -> None:
    rig = at("running").sees(saved_ms=900)
    assert rig.step(1_000) == 0
    assert rig.part("now").stalled


@pytest.mark.requirement("SR-18")
def test_the_interval_of_a_save_counts_whole() -> None:
    rig = at("rest")
    session_ms, now_s = rig.guard.clocks.session_ms, rig.ledger.now_s
    rig.sees(saved_ms=1_000).step(1_100)
    assert rig.guard.clocks.session_ms == session_ms + 1_100
    assert rig.ledger.now_s >= now_s + 1


@pytest.mark.requirement("SR-16")
@pytest.mark.parametrize(("mode", "target_mc"), [(states.HEAT, 38_000), (states.COLD, 12_000)])
def test_nothing_is_energised_before_its_intent_is_on_flash(mode: int, target_mc: int) -> None:
    rig = at("started", cooler=True).sees(written=False).ask(0, mode, target_mc, True, True)
    assert rig.trace(20) == "-" * 20
    assert rig.sees(written=True).wait(40).outputs & MASTER


@pytest.mark.requirement("SR-16")
def test_a_session_whose_intent_is_gone_again_opens() -> None:
    rig = at("running").sees(written=False)
    assert rig.step() == 0
    assert rig.sees(written=True).step() & MASTER


# --- SR-19 --------------------------------------------------------------------------------


def _raise(*_: object) -> int:
    raise ValueError


@pytest.mark.requirement("SR-19")
@pytest.mark.parametrize("left_out", range(11))
def test_a_judge_that_is_not_called_is_a_fault(left_out: int) -> None:
    rig = at("running")
    judges = rig.guard._judges
    rig.guard._judges = judges[:left_out] + judges[left_out + 1 :]
    assert "internal" in {rig.wait().fault} | rig.behind


@pytest.mark.requirement("SR-19")
@EVERY_STATE
@pytest.mark.parametrize("judge", range(11))
def test_a_judge_that_raises_is_a_fault_in_every_state(judge: int, state: str) -> None:
    """Row 12: in every tick, and the outputs are low in each of them."""
    rig = at(state)
    rig.guard._judges[judge].look = _raise
    assert rig.wait(3).fault == (LATE if state == "fault" else "internal")
    assert state != "fault" or "internal" in rig.behind


INSIDE = (
    *("now.stood", "now.measure", "clocks.advance", "budget.advance", "dwell.advance"),
    *("dwell.closes", "ledger.advance", "ledger.add", "brake.advance", "durations.look"),
    *("pack.look", "treatment.judge", "outside"),
)


@pytest.mark.requirement("SR-19")
@pytest.mark.parametrize("part", INSIDE)
def test_whatever_else_raises_in_a_tick_is_a_fault(part: str) -> None:
    rig = at("running").sees(failed=part in ("ledger.add", "outside"))
    name, _, method = part.partition(".")
    if method:
        setattr(rig.part(name), method, _raise)
    if name == "brake":
        rig.guard.brake.note()
    assert (rig.wait().state, rig.fault) == ("fault", "internal")
    assert rig.guard.course.outcome == states.FAULTED


# --- a configuration comes into force -----------------------------------------------------


def test_a_configuration_keeps_what_it_must_not_reset() -> None:
    """Row 24: the 120 s watch of 43 °C, the dwell, the slope; no start-up comes of it."""
    rig = at("ended").set(43_000)
    rig.configure(density_mw_cm2=50)
    assert rig.state == "idle"
    assert not rig.guard.dwell.may_close()
    assert rig.part("predictive")._count == 30
    assert rig.wait().fault == "over_temperature"


def test_a_configuration_is_in_force_in_its_tick() -> None:
    rig = at("idle")
    assert rig.guard.limits.heat_target_max_mc == 42_000
    wanted = {"sensor_b": False, "cooler": True, "sense": False}
    wanted |= {"density_mw_cm2": 77, "offset_mc": -300}
    rig.configure(**wanted)
    assert {name: getattr(rig.guard.settings, name) for name in wanted} == wanted
    assert rig.guard.limits.heat_target_max_mc == 40_000
    assert rig.wait(20).fault is None
    assert rig.guard.limits_whole()


def test_what_was_armed_under_another_configuration_is_armed_no_more() -> None:
    rig = at("armed")
    rig.configure()
    assert (rig.state, rig.begin()) == ("idle", WRONG_STATE)


@boundary("", "idle", {True: (OK, "armed"), False: (BRAKED, "idle")})
def test_nothing_is_armed_in_the_tick_of_a_configuration(rig: GuardRig, plain: bool) -> object:
    """Its plan was judged by the limits that are no longer in force."""
    if not plain:
        fitted = settings(sensor_b=False)
        rig.sees(settings=fitted, limits=Limits().under(fitted))
    return rig.arm(), rig.state


# --- what a tick hands on -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("outputs", "heating"), [(0, False), (MASTER, False), (HEAT, False), (PAD, True)]
)
def test_the_pad_is_energised_where_both_relays_are_closed(outputs: int, heating: bool) -> None:
    rig = GuardRig()
    rig.poke(rig.guard, outputs=outputs)
    assert rig.guard.heated_now() == heating
    assert rig.wait().part("now").heated == heating


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


@pytest.mark.requirement("SR-02", "SR-24")
def test_an_inhibit_and_nothing_else_restarts_the_proof_of_heating() -> None:
    rig = at("running")
    permit, tick_uj = rig.guard.permit, 100 * L.tick_ms
    calls: list[object] = []
    restart = rig.guard.heating.restart
    rig.guard.heating.restart = lambda *args: (calls.append(args), restart(*args))
    course = [
        # uj before the tick (None: as it is), HEAT asked -> restarts, inhibited, met, outputs
        (None, True, (0, False, False, PAD)),
        (None, False, (0, False, False, MASTER)),
        (tick_uj - 1 - 35 * 100, False, (1, True, False, MASTER)),
        (tick_uj - 1 - 35 * 100, True, (2, True, True, MASTER)),
        (0, False, (3, True, True, MASTER)),
        (tick_uj - 35 * 100, False, (3, False, True, MASTER)),
    ]
    for uj, heat, expected in course:
        if uj is not None:
            rig.budget(uj)
        outputs = rig.ask(0, states.HEAT, 40_000, heat=heat).step()
        assert (len(calls), permit.inhibited, permit.budget_met, outputs) == expected
    rig.do("stop").start()
    assert not permit.budget_met
