"""How long: SR-04, the time-outs of the states, and the 24 hours of SR-05, by the guard alone."""

from __future__ import annotations

import pytest

from poultice_core import states
from poultice_core.ledger import DAY_S, HEAT_S
from poultice_core.limits import Limits
from poultice_core.relays import LONG_MS, MASTER
from poultice_core.tick import OK, TOTALS, WRONG_STATE
from tests.core.guard_rig import GuardRig, at, boundary, order, toy

L = Limits()


def _ends(rig: GuardRig, ticks: int) -> tuple[bool, int, str | None, str | None]:
    """MASTER before tick `ticks` from now and in it; the fault before 1 s of asking on and then."""
    before = bool(rig.wait(ticks - 1).outputs & MASTER)
    outputs, asks_on = rig.step(), L.overrun_ms // 100
    return before, outputs, rig.wait(asks_on - 1).fault, rig.wait().fault


IN_THAT_TICK = (True, 0, None, "overrun")


@boundary("SR-04", "started", {
    (L.heat_hot_mc, L.heat_session_s * 10): IN_THAT_TICK,
    (L.heat_hot_mc + 1, L.heat_hot_session_s * 10): IN_THAT_TICK,
})  # fmt: skip
def test_heat_ends_in_the_tick_that_reaches_its_limit_and_hot_heat_sooner(
    rig: GuardRig, to: tuple[int, int]
) -> object:
    target_mc, ticks = to
    return _ends(rig.into(states.HEAT, target_mc), ticks)


@boundary("SR-04", "started", {299: IN_THAT_TICK}, limits=toy(heat_hot_session_s=60), sense=False)
def test_hot_heat_is_counted_over_all_phases(rig: GuardRig, ticks: int) -> object:
    rig.into(states.HEAT, L.heat_hot_mc + 500, 0).wait(300)
    rig.into(states.HEAT, L.heat_hot_mc, 1).wait(300)
    # Entering a phase costs the tick that does it, which the phase before is charged with.
    return _ends(rig.into(states.HEAT, L.heat_hot_mc + 1, 2), ticks)


@pytest.mark.requirement("SR-04")
def test_a_phase_cannot_be_split_to_gain_time() -> None:
    rig = at("started", limits=toy(heat_session_s=60), sense=False)
    energised = 0
    for phase in range(15):
        rig.ask(phase, states.HEAT, 40_000, heat=True)
        energised += sum(rig.step() & MASTER for _ in range(70))
    assert energised <= 600
    assert rig.guard.clocks.heat_ms <= 61_000


@pytest.mark.requirement("SR-04")
@pytest.mark.parametrize(("up", "hotter"), [(1, 0), (-1, 0), (0, 1)])
def test_each_tick_another_phase_runs_out_of_phases(up: int, hotter: int) -> None:
    rig = at("started", sense=False)
    for count in range(L.phases_max + 40):
        target_mc = 40_000 + hotter * (count % 2)
        outputs = rig.ask(99 + up * count, states.HEAT, target_mc, heat=True).step()
        assert (outputs != 0) == (count < L.phases_max)


@pytest.mark.requirement("SR-04")
@pytest.mark.parametrize("cooler", [True, False])
def test_a_cold_phase_ends_in_the_tick_that_reaches_its_limit(cooler: bool) -> None:
    rig = at("cold", cooler=cooler).set(15_000).wait(L.cold_phase_s * 10 - 1)
    assert not rig.guard.durations.over
    assert rig.step() == 0
    assert rig.guard.durations.over
    assert rig.wait(L.overrun_ms // 100).fault == "overrun"


SHORT_COLD = toy(cold_session_s=60, cold_phase_s=50)


@boundary("SR-04", "cold", {199: IN_THAT_TICK}, limits=SHORT_COLD, cooler=True)
def test_cold_is_counted_over_all_phases(rig: GuardRig, ticks: int) -> object:
    rig.set(15_000).wait(400).into(states.REST, 0, 1).wait(100)
    rig.into(states.COLD, 12_000, 2, cool=True)
    assert rig.outputs & MASTER
    return _ends(rig, ticks)


@boundary("SR-04 SR-05", "idle", {600: IN_THAT_TICK}, sense=False)
def test_what_the_day_has_left_bounds_the_session(rig: GuardRig, ticks: int) -> object:
    rig.ledger.add(L.heat_day_s - 60, 0, 0, False)
    return _ends(rig.start(order(heat_s=60)).into(states.HEAT), ticks)


@pytest.mark.requirement("SR-04")
def test_how_long_it_is_asked_on_is_counted_of_each_phase_alone() -> None:
    rig = at("started", limits=toy(cold_phase_s=10), cooler=True).set(15_000)
    for phase in range(3):
        rig.into(states.COLD, 12_000, phase, cool=True).wait(10 * 10)
        assert rig.guard.durations.over
        assert rig.wait(L.overrun_ms // 100 - 1).fault is None
    assert rig.wait().fault == "overrun"


HEAT_TARGETS = {
    **dict.fromkeys((L.heat_target_min_mc, L.heat_target_max_mc), True),
    **dict.fromkeys((L.heat_target_min_mc - 1, L.heat_target_max_mc + 1), False),
}
COLD_TARGETS = {
    **dict.fromkeys((L.cold_target_min_mc, L.cold_target_max_mc), True),
    **dict.fromkeys((L.cold_target_min_mc - 1, L.cold_target_max_mc + 1), False),
}
SENSITIVE = {L.sensitive_target_max_mc: True, L.sensitive_target_max_mc + 1: False}


@boundary("SR-04", "started", HEAT_TARGETS, sense=False)
def test_a_target_outside_its_limits_is_not_heated(rig: GuardRig, target_mc: int) -> object:
    return bool(rig.ask(0, states.HEAT, target_mc, heat=True).wait(5).outputs & MASTER)


@boundary("SR-04", "idle", SENSITIVE, sense=False)
def test_sensitive_skin_has_its_own_highest_target(rig: GuardRig, target_mc: int) -> object:
    rig.start(order(heat_s=60, sensitive=True)).ask(0, states.HEAT, target_mc, heat=True)
    return bool(rig.wait(5).outputs & MASTER)


@boundary("SR-04", "idle", {states.HEAT: 0, states.COLD: 0}, sense=False, cooler=True)
def test_a_mode_that_was_not_ordered_is_not_energised(rig: GuardRig, mode: int) -> object:
    heat = mode == states.HEAT
    rig.start(order(cold_s=60) if heat else order(heat_s=60))
    return rig.ask(0, mode, 40_000 if heat else 12_000, heat=heat, cool=True).wait(5).outputs


@boundary("SR-04", "started", COLD_TARGETS, cooler=True)
def test_a_cold_target_outside_its_limits_is_not_cooled(rig: GuardRig, target_mc: int) -> object:
    return bool(rig.ask(0, states.COLD, target_mc, cool=True).wait(5).outputs & MASTER)


@pytest.mark.requirement("SR-04", "SR-18")
def test_late_ticks_count_whole() -> None:
    rig = at("heat", limits=toy(heat_session_s=60, late_count=99), sense=False)
    # 299 ticks of 100 ms, then 25 late ones of 1200 ms: 59.9 s, and 100 ms more is the end.
    assert not rig.wait(299).wait(25, 1200).guard.durations.over
    assert rig.wait().guard.durations.over


@pytest.mark.parametrize("name", ["state_ms", "since_session_ms", "since_treated_ms"])
def test_long_times_stop_where_they_are_long_enough(name: str) -> None:
    rig = at("idle")
    clocks = rig.guard.clocks
    for before_ms, after_ms in ((-1, 99), (99, 99), (0, 0)):
        rig.poke(clocks, **{name: LONG_MS + before_ms}).step()
        assert getattr(clocks, name) == LONG_MS + after_ms


# --- the end of the session ---------------------------------------------------------------

TO_ITS_END_MS = L.session_s * 1000


@boundary("SR-04", "rest", {-100: "running", 0: "idle"})
def test_the_session_ends_at_its_limit_with_phases_left(rig: GuardRig, ms: int) -> object:
    rig.wait((TO_ITS_END_MS + ms - rig.guard.clocks.session_ms) // 100)
    assert rig.state == "running" or rig.reason == "session_timeout"
    return rig.state


@boundary("SR-04", "rest", {99: ("running", None), 100: ("idle", "session_timeout"),
                            150: ("idle", "session_timeout")})  # fmt: skip
@pytest.mark.parametrize("done", [False, True])
def test_a_session_at_its_limit_ends_or_is_complete(
    rig: GuardRig, dt_ms: int, done: bool
) -> object:
    rig.wait().poke(rig.guard.clocks, session_ms=TO_ITS_END_MS - 200).wait()
    if done and dt_ms >= 100:
        assert rig.done().wait(1, dt_ms).guard.course.outcome == states.COMPLETE
        assert rig.reason is None
        return "idle", "session_timeout"
    return rig.wait(1, dt_ms).state, rig.reason


@pytest.mark.requirement("SR-04")
def test_a_session_that_its_time_has_ended_enters_no_phase_any_more() -> None:
    rig = at("rest").wait()
    rig.poke(rig.guard.clocks, session_ms=TO_ITS_END_MS - 100).ask(1, states.COLD, 11_000).step()
    assert (rig.state, rig.reason) == ("idle", "session_timeout")
    assert (rig.guard.phases.mode, rig.guard.phases.phase) == (states.NO_MODE, -1)
    assert rig.guard.course.outcome == states.STOPPED


# --- the time-outs of the states ----------------------------------------------------------

TOKEN, PAUSE, PROMPT = (s * 10 for s in (L.token_s, L.pause_max_s, L.prompt_max_s))


@boundary("SR-17", "armed", {TOKEN - 1: ("armed", OK), TOKEN: ("idle", WRONG_STATE)})
def test_armed_for_a_minute_at_most_and_a_start_in_its_last_tick_is_one(
    rig: GuardRig, ticks: int
) -> object:
    return rig.wait(ticks).state, rig.begin()


@boundary("", ("heat", "rest"), {PAUSE - 1: ("paused", None), PAUSE: ("idle", "pause_timeout")})
def test_paused_for_five_minutes_at_most(rig: GuardRig, ticks: int) -> object:
    rig.do("pause").wait()  # the interval in which the pause came: the pad was still on
    phase_ms = rig.guard.clocks.phase_ms
    rig.wait(ticks - 1)
    assert rig.state == "idle" or rig.guard.clocks.phase_ms == phase_ms
    return rig.state, rig.reason


@boundary("", ("waiting", "pack, waiting"), {
    PROMPT - 1: ("waiting", None), PROMPT: ("idle", "prompt_timeout"),
})  # fmt: skip
def test_a_prompt_waits_for_three_minutes_at_most(rig: GuardRig, ticks: int) -> object:
    return rig.set(15_000).wait(ticks).state, rig.reason


@boundary("", ("waiting", "pack, paused", "paused"), {100: 10_000})
def test_while_waiting_and_paused_the_session_clock_runs(rig: GuardRig, ticks: int) -> object:
    before_ms = rig.guard.clocks.session_ms
    return rig.wait(ticks).guard.clocks.session_ms - before_ms


def _attended(attended_s: int, state: str) -> GuardRig:
    """In a session that somebody has to attend, and was just heard in."""
    rig = GuardRig().start(order(heat_s=1200, cold_s=60, attended_s=attended_s))
    if state == "waiting":
        rig.ask(0, states.COLD, 12_000).step()
    elif state == "proof":
        rig.ask(0, states.HEAT, 40_000).step()
        assert rig.part("proof").active
        rig.part("proof")._step = 0
    else:
        rig.into(states.REST if state == "rest" else states.HEAT, 40_000)
        if state == "paused":
            rig.do("pause")
    rig.sees(heard=True).step()
    assert rig.guard.clocks.silent_ms == 0
    return rig


@pytest.mark.requirement("SR-13")
@pytest.mark.parametrize("attended_s", [5, 10])
@pytest.mark.parametrize("state", ["running", "rest", "paused", "waiting", "proof"])
def test_an_attended_session_stops_when_nobody_is_heard(state: str, attended_s: int) -> None:
    rig = _attended(attended_s, state).wait(attended_s * 10 - 1).wait(1, 99)
    assert rig.guard.live
    assert rig.guard.clocks.silent_ms == attended_s * 1000 - 1
    rig.step(1)
    assert (rig.state, rig.reason, rig.fault, rig.outputs) == ("idle", "attended", None, 0)


@boundary("SR-13", ("heat", "rest"), {700: "running"})
def test_a_session_that_stands_alone_needs_nobody(rig: GuardRig, ticks: int) -> object:
    assert rig.wait(ticks).guard.clocks.silent_ms > 60_000
    return rig.state


@pytest.mark.requirement("SR-13")
def test_whoever_is_heard_in_time_keeps_it_going() -> None:
    rig = _attended(5, "running")
    for _ in range(20):
        rig.wait(49).sees(heard=True).step()
    assert rig.state == "running"


@pytest.mark.parametrize("dt_ms", [70, 130, 290])
def test_a_time_that_no_tick_meets_exactly_is_over_with_the_next(dt_ms: int) -> None:
    def ends(rig: GuardRig, limit_ms: int) -> list[str]:
        """The state one tick before the limit, and in the next."""
        assert limit_ms % dt_ms
        return [rig.wait(limit_ms // dt_ms, dt_ms).state, rig.wait(1, dt_ms).state]

    rig = GuardRig().wait()
    assert ends(rig, 500) == ["self_test", "idle"]
    assert ends(rig.wait(40).do("arm"), L.token_s * 1000) == ["armed", "idle"]
    rig.start(order(heat_s=60, attended_s=8)).sees(heard=True).step()
    assert ends(rig, 8_000) == ["running", "idle"]
    assert rig.reason == "attended"
    rig.start(order(heat_s=60)).do("pause")
    assert ends(rig, L.pause_max_s * 1000) == ["paused", "idle"]
    assert rig.reason == "pause_timeout"


# --- 24 hours -----------------------------------------------------------------------------


@boundary("SR-05", "idle", {0: OK, 1: TOTALS})
@pytest.mark.parametrize(
    ("used", "asked"),
    [
        ((L.heat_day_s - 60, 0, 0), {"heat_s": 60}),
        ((0, L.cold_day_s - 60, 0), {"cold_s": 60}),
        ((0, 0, L.dose_day_m - 50), {"heat_s": 60, "dose_m": 50}),
    ],
)
def test_the_totals_of_a_day_refuse_one_unit_over(
    rig: GuardRig, excess: int, used: tuple[int, int, int], asked: dict[str, int]
) -> object:
    rig.ledger.add(*(one + excess if one else 0 for one in used), False)
    return rig.arm(order(**asked))


@pytest.mark.requirement("SR-05")
def test_eight_sessions_a_day() -> None:
    rig = at("idle").wait()  # on the second
    for _ in range(L.sessions_day - 1):
        rig.ledger.add(1, 0, 0, False)
    rig.do("arm", "stop").ledger.add(1, 0, 0, False)
    assert rig.arm() == TOTALS
    rig.ledger.credit(DAY_S - 1)
    assert rig.arm() == TOTALS
    rig.ledger.credit(1)
    assert rig.arm() == OK
    assert rig.ledger.used(HEAT_S) == 0
