"""How long: SR-04, the time-outs of the states, and the 24 hours of SR-05, by the guard alone."""

from __future__ import annotations

import pytest

from poultice_core import states
from poultice_core.ledger import DAY_S, HEAT_S
from poultice_core.limits import Limits
from poultice_core.relays import COOL, MASTER
from poultice_core.tick import OK, TOTALS, WRONG_STATE
from tests.core.guard_rig import GuardRig, order

L = Limits()


def _toy(**changes: int) -> Limits:
    limits = Limits()
    for name, value in changes.items():
        setattr(limits, name, value)
    return limits


def _expect_over(rig: GuardRig, ticks: int) -> None:
    """Permission ends in tick `ticks` from now, and 1 s of asking on is an overrun."""
    rig.steps(ticks - 1)
    assert rig.outputs & MASTER
    assert rig.step() == 0
    assert rig.fault is None
    rig.steps(L.overrun_ms // 100 - 1)
    assert rig.fault is None
    rig.step()
    assert rig.fault == "overrun"


@pytest.mark.requirement("SR-04")
def test_heat_ends_in_the_tick_that_reaches_the_session_limit() -> None:
    rig = GuardRig().start().into(states.HEAT, 40_000)
    _expect_over(rig, L.heat_session_s * 10)


@pytest.mark.requirement("SR-04")
def test_hot_heat_ends_sooner() -> None:
    rig = GuardRig().start().into(states.HEAT, L.heat_hot_mc + 1)
    _expect_over(rig, L.heat_hot_session_s * 10)


@pytest.mark.requirement("SR-04")
def test_a_target_at_the_line_is_not_hot() -> None:
    rig = GuardRig().start().into(states.HEAT, L.heat_hot_mc)
    rig.steps(L.heat_hot_session_s * 10 + 20)
    assert (rig.fault, rig.guard.durations.over) == (None, False)


@pytest.mark.requirement("SR-04")
def test_hot_heat_is_counted_over_all_phases() -> None:
    rig = GuardRig(_toy(heat_hot_session_s=60), sense=False).start()
    rig.into(states.HEAT, L.heat_hot_mc + 500, 0).steps(300)
    rig.into(states.HEAT, L.heat_hot_mc - 500, 1).steps(300)
    rig.into(states.HEAT, L.heat_hot_mc + 1, 2)
    # Entering a phase costs the tick that does it, which the phase before is charged with.
    _expect_over(rig, 299)


@pytest.mark.requirement("SR-04")
def test_a_phase_cannot_be_split_to_gain_time() -> None:
    rig = GuardRig(_toy(heat_session_s=60), sense=False).start()
    energised = 0
    for phase in range(15):
        rig.ask(phase, states.HEAT, 40_000, heat=True)
        for _ in range(70):
            energised += rig.step() & MASTER
    assert energised <= 600
    assert rig.guard.clocks.heat_ms <= 61_000


@pytest.mark.requirement("SR-04")
def test_each_tick_another_phase_runs_out_of_phases() -> None:
    rig = GuardRig(sense=False).start()
    for phase in range(L.phases_max + 40):
        rig.ask(phase, states.HEAT, 40_000 + phase % 2, heat=True)
        outputs = rig.step()
        assert (outputs != 0) == (phase < L.phases_max)


@pytest.mark.requirement("SR-04")
@pytest.mark.parametrize("cooler", [True, False])
def test_a_cold_phase_ends_in_the_tick_that_reaches_its_limit(cooler: bool) -> None:
    rig = GuardRig(cooler=cooler).start().into(states.COLD, 12_000).set(15_000)
    rig.steps(L.cold_phase_s * 10 - 1)
    assert not rig.guard.durations.over
    assert rig.step() == 0
    assert rig.guard.durations.over
    rig.steps(L.overrun_ms // 100)
    assert rig.fault == "overrun"


@pytest.mark.requirement("SR-04")
def test_cold_is_counted_over_all_phases() -> None:
    limits = _toy(cold_session_s=60, cold_phase_s=50)
    rig = GuardRig(limits, cooler=True).start().set(15_000)
    rig.into(states.COLD, 12_000, 0, cool=True).steps(400)
    rig.into(states.REST, 0, 1).steps(100)
    rig.into(states.COLD, 12_000, 2, cool=True)
    assert rig.outputs == MASTER | COOL
    _expect_over(rig, 199)


@pytest.mark.requirement("SR-04", "SR-05")
def test_what_the_day_has_left_bounds_the_session() -> None:
    rig = GuardRig(sense=False).ready()
    rig.ledger.add(L.heat_day_s - 60, 0, 0, False)
    rig.start(order(heat_s=60)).into(states.HEAT, 40_000)
    _expect_over(rig, 600)


@pytest.mark.requirement("SR-04")
@pytest.mark.parametrize("target_mc", [L.heat_target_min_mc - 1, L.heat_target_max_mc + 1])
def test_a_target_outside_its_limits_is_not_heated(target_mc: int) -> None:
    rig = GuardRig(sense=False).start()
    rig.ask(0, states.HEAT, target_mc, heat=True)
    assert rig.steps(5) == 0


@pytest.mark.requirement("SR-04")
@pytest.mark.parametrize("target_mc", [L.heat_target_min_mc, L.heat_target_max_mc])
def test_a_target_at_its_limits_is_heated(target_mc: int) -> None:
    rig = GuardRig(sense=False).start()
    rig.ask(0, states.HEAT, target_mc, heat=True)
    assert rig.steps(5) & MASTER


@pytest.mark.requirement("SR-04")
@pytest.mark.parametrize("excess_mc", [0, 1])
def test_sensitive_skin_has_its_own_highest_target(excess_mc: int) -> None:
    rig = GuardRig(sense=False).start(order(heat_s=60, sensitive=True))
    rig.ask(0, states.HEAT, L.sensitive_target_max_mc + excess_mc, heat=True)
    assert bool(rig.steps(5) & MASTER) == (excess_mc == 0)


@pytest.mark.requirement("SR-04")
@pytest.mark.parametrize("excess_mc", [0, 1])
def test_a_cold_target_outside_its_limits_is_not_cooled(excess_mc: int) -> None:
    for target_mc in (L.cold_target_min_mc - excess_mc, L.cold_target_max_mc + excess_mc):
        rig = GuardRig(cooler=True).start()
        rig.ask(0, states.COLD, target_mc, cool=True)
        assert bool(rig.steps(5) & MASTER) == (excess_mc == 0)


@pytest.mark.requirement("SR-04")
def test_the_session_ends_at_its_limit_with_phases_left() -> None:
    rig = GuardRig().start()
    rig.into(states.REST, 0)
    begun_ms = rig.guard.clocks.session_ms
    rig.steps((L.session_s * 1000 - begun_ms) // 100 - 1)
    assert rig.state == "running"
    rig.step()
    assert rig.state == "idle"
    assert rig.reason == "session_timeout"


@pytest.mark.requirement("SR-04", "SR-18")
def test_late_ticks_count_whole() -> None:
    rig = GuardRig(_toy(heat_session_s=60, late_count=99), sense=False).start()
    rig.into(states.HEAT, 40_000)
    # 299 ticks of 100 ms, then 25 late ones of 1200 ms: 59.9 s, and 100 ms more is the end.
    rig.steps(299)
    rig.steps(25, 1200)
    assert not rig.guard.durations.over
    rig.step()
    assert rig.guard.durations.over


# --- the time-outs of the states ----------------------------------------------------------


@pytest.mark.requirement("SR-17")
def test_armed_for_a_minute_at_most() -> None:
    rig = GuardRig().ready()
    assert rig.arm(order(heat_s=60), 1) == 0
    rig.steps(L.token_s * 10 - 1)
    assert rig.state == "armed"
    rig.step()
    assert rig.state == "idle"
    assert rig.begin(1) == WRONG_STATE


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize(("late_ms", "answer"), [(0, OK), (100, WRONG_STATE)])
def test_a_start_in_the_last_tick_of_the_minute_is_one(late_ms: int, answer: int) -> None:
    rig = GuardRig().ready()
    assert rig.arm(order(heat_s=60)) == OK
    rig.steps((L.token_s * 1000 + late_ms) // 100 - 1)
    assert rig.begin() == answer


def test_paused_for_five_minutes_at_most() -> None:
    rig = GuardRig().start().into(states.HEAT, 40_000)
    assert rig.pause() == 0
    rig.step()  # the interval in which the pause came: the pad was still on
    phase_ms = rig.guard.clocks.phase_ms
    rig.steps(L.pause_max_s * 10 - 2)
    assert rig.state == "paused"
    assert rig.guard.clocks.phase_ms == phase_ms
    rig.step()
    assert (rig.state, rig.reason) == ("idle", "pause_timeout")


@pytest.mark.parametrize("prompt", [states.LAY_PACK, states.REMOVE_PACK])
def test_a_prompt_waits_for_three_minutes_at_most(prompt: int) -> None:
    rig = GuardRig().start().set(15_000)
    if prompt == states.REMOVE_PACK:
        rig.into(states.COLD, 12_000).ask(1, states.REST)
    else:
        rig.ask(0, states.COLD, 12_000)
    rig.step()
    assert rig.guard.course.prompt == prompt
    rig.steps(L.prompt_max_s * 10 - 1)
    assert rig.state == "waiting"
    rig.step()
    assert (rig.state, rig.reason) == ("idle", "prompt_timeout")


def test_while_waiting_and_paused_the_session_clock_runs() -> None:
    rig = GuardRig().start()
    rig.ask(0, states.COLD, 12_000).step()
    before_ms = rig.guard.clocks.session_ms
    rig.steps(100)
    assert rig.guard.clocks.session_ms == before_ms + 10_000
    rig.confirm()
    rig.into(states.COLD, 12_000)
    rig.pause()
    before_ms = rig.guard.clocks.session_ms
    rig.steps(100)
    assert rig.guard.clocks.session_ms == before_ms + 10_000


@pytest.mark.requirement("SR-13")
@pytest.mark.parametrize("state", ["running", "paused", "waiting", "proof"])
def test_an_attended_session_stops_when_nobody_is_heard(state: str) -> None:
    rig = GuardRig().start(order(heat_s=60, cold_s=60, attended_s=10))
    if state == "waiting":
        rig.ask(0, states.COLD, 12_000).step()
    elif state == "proof":
        rig.ask(0, states.HEAT, 40_000).step()
        assert rig.part("proof").active
        rig.part("proof")._step = 0
    else:
        rig.into(states.HEAT, 40_000)
        if state == "paused":
            rig.pause()
    rig.tick.heard = True
    rig.step()
    rig.steps(99)
    assert rig.guard.live
    rig.step()
    assert (rig.state, rig.reason) == ("idle", "attended")
    assert rig.fault is None
    assert rig.outputs == 0


@pytest.mark.requirement("SR-13")
def test_a_session_that_stands_alone_needs_nobody() -> None:
    rig = GuardRig().start(order(heat_s=600)).into(states.HEAT, 40_000)
    rig.steps(700)
    assert rig.state == "running"


@pytest.mark.requirement("SR-13")
def test_whoever_is_heard_in_time_keeps_it_going() -> None:
    rig = GuardRig().start(order(heat_s=600, attended_s=5)).into(states.HEAT, 40_000)
    rig.tick.heard = True
    rig.step()
    for _ in range(20):
        rig.steps(49)
        rig.tick.heard = True
        rig.step()
    assert rig.state == "running"


# --- 24 hours -----------------------------------------------------------------------------


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize("excess", [0, 1])
def test_the_totals_of_a_day_refuse_one_unit_over(excess: int) -> None:
    cases = [
        ((L.heat_day_s - 60 + excess, 0, 0), order(heat_s=60)),
        ((0, L.cold_day_s - 60 + excess, 0), order(cold_s=60)),
        ((0, 0, L.dose_day_m - 50 + excess), order(heat_s=60, dose_m=50)),
    ]
    for used, body in cases:
        rig = GuardRig().ready()
        rig.ledger.add(*used, False)
        assert (rig.arm(body, 1) == 0) == (excess == 0), used


@pytest.mark.requirement("SR-05")
def test_eight_sessions_a_day() -> None:
    rig = GuardRig().ready()
    rig.step()  # on the second
    for _ in range(L.sessions_day - 1):
        rig.ledger.add(1, 0, 0, False)
    assert rig.arm(order(heat_s=60)) == OK
    rig.stop()
    rig.ledger.add(1, 0, 0, False)
    assert rig.arm(order(heat_s=60)) == TOTALS
    rig.ledger.credit(DAY_S - 1)
    assert rig.arm(order(heat_s=60)) == TOTALS
    rig.ledger.credit(1)
    assert rig.arm(order(heat_s=60)) == OK
    assert rig.ledger.used(HEAT_S) == 0
