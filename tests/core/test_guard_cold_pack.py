"""A pack laid on by hand: SR-23 and the prompts, by the guard and by the whole device."""

from __future__ import annotations

from itertools import pairwise

import pytest

from poultice_core import signals, states
from poultice_core.limits import Limits
from poultice_core.relays import HEAT
from poultice_core.tick import OK
from tests.core.guard_rig import OPEN_X8, GuardRig, order
from tests.core.rig import Rig, plan

L = Limits()
LOW_MC = 12_000


def _cold() -> GuardRig:
    """In a hand-laid cold phase, at its lowest reading."""
    rig = GuardRig().start().into(states.COLD, 11_000)
    rig.set(LOW_MC).steps(20)
    return rig


def _removing() -> GuardRig:
    """The phase is over and the device waits for the pack to come off."""
    rig = _cold().ask(1, states.HEAT, 40_000, heat=True)
    rig.step()
    assert rig.guard.course.prompt == states.REMOVE_PACK
    assert rig.outputs == 0
    return rig


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize(
    ("confirmed", "rise_mc", "over"),
    [
        (True, L.pack_rise_mc, True),
        (True, L.pack_rise_mc - 1, False),
        (False, L.pack_rise_mc, False),
        (False, 20_000, False),
    ],
)
def test_a_pack_is_off_when_confirmed_and_three_degrees_warmer(
    confirmed: bool, rise_mc: int, over: bool
) -> None:
    rig = _removing()
    if confirmed:
        assert rig.confirm() == 0
    rig.set(LOW_MC + rise_mc).steps(10)
    assert rig.guard.pack.on == (not over)
    assert (rig.state == "running") == over


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize(("rise_mc", "over"), [(L.pack_rise_mc, True), (L.pack_rise_mc - 1, False)])
def test_after_the_session_the_rise_alone_is_enough(rise_mc: int, over: bool) -> None:
    rig = _cold()
    rig.stop()
    rig.steps(5)
    assert rig.guard.pack.on
    rig.set(LOW_MC + rise_mc).steps(5)
    assert rig.guard.pack.on == (not over)


@pytest.mark.requirement("SR-23")
def test_the_rise_is_above_the_lowest_of_the_phase() -> None:
    rig = _removing()
    rig.confirm()
    rig.set(9_000).steps(5)
    rig.set(11_999).steps(5)
    assert rig.guard.pack.on
    rig.set(12_000).steps(2)
    assert not rig.guard.pack.on


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize("sensor", ["a", "b"])
def test_the_colder_sensor_says_whether_it_is_off(sensor: str) -> None:
    rig = _removing()
    rig.confirm()
    warm_mc = 30_000
    rig.set(LOW_MC if sensor == "a" else warm_mc, LOW_MC if sensor == "b" else warm_mc)
    rig.steps(10)
    assert rig.guard.pack.on


@pytest.mark.requirement("SR-23", "SR-07")
def test_a_sensor_that_reads_nothing_takes_no_pack_off() -> None:
    rig = _cold()
    rig.stop()
    rig.code_a_x8 = rig.code_b_x8 = OPEN_X8
    rig.set(60_000).steps(400)
    assert rig.guard.pack.on
    assert rig.guard.pack.lowest_mc == LOW_MC


@pytest.mark.requirement("SR-23")
def test_no_heat_phase_starts_with_a_pack_on() -> None:
    rig = _removing()
    rig.confirm()
    for phase in range(1, 12):
        rig.ask(phase, states.HEAT, 40_000, heat=True)
        for _ in range(40):
            assert rig.step() & HEAT == 0
    assert rig.guard.clocks.heat_ms == 0


@pytest.mark.requirement("SR-23")
def test_a_pack_from_the_session_before_is_asked_off_before_heat() -> None:
    rig = GuardRig().start().into(states.COLD, 11_000).set(LOW_MC)
    rig.steps(5)
    rig.stop()
    rig.guard.ledger.credit(100_000)
    rig.ask(0, states.HEAT, 40_000, heat=True).start(order(heat_s=60))
    assert (rig.state, rig.guard.course.prompt) == ("waiting", states.REMOVE_PACK)


@pytest.mark.requirement("SR-23")
def test_a_pack_confirmed_laid_is_a_pack_on_whatever_follows() -> None:
    for follow in ("pause", "stop", "heat"):
        rig = GuardRig().start().ask(0, states.COLD, 12_000).set(LOW_MC)
        rig.step()
        rig.confirm()
        if follow == "pause":
            rig.pause()
        elif follow == "stop":
            rig.stop()
        else:
            rig.ask(1, states.HEAT, 40_000, heat=True)
        before_ms = rig.guard.clocks.cold_ms
        assert rig.steps(50) & HEAT == 0
        assert rig.guard.pack.on, follow
        assert rig.guard.clocks.cold_ms - before_ms >= 4_900


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize("state", ["waiting", "paused", "idle", "fault"])
def test_until_it_is_off_the_time_counts_as_cold(state: str) -> None:
    rig = _removing() if state == "waiting" else _cold()
    if state == "paused":
        rig.pause()
    elif state == "idle":
        rig.stop()
    elif state == "fault":
        rig.tick.estop = True
    rig.step()
    before_ms = rig.guard.clocks.cold_ms
    rig.steps(300)
    assert rig.guard.clocks.cold_ms == before_ms + 30_000
    assert rig.state == state


@pytest.mark.requirement("SR-23", "SR-04")
def test_waiting_never_overruns_but_shortens_later_cold() -> None:
    limits = Limits()
    limits.cold_session_s = 60
    rig = GuardRig(limits).start().into(states.COLD, 11_000).set(LOW_MC)
    rig.steps(300)
    rig.ask(1, states.REST).step()
    rig.steps(600)
    assert (rig.state, rig.fault) == ("waiting", None)
    rig.confirm()
    rig.set(LOW_MC + L.pack_rise_mc).steps(3)
    rig.into(states.COLD, 11_000, 2).step()
    assert rig.guard.durations.over


@pytest.mark.requirement("SR-04", "SR-23")
def test_a_pack_that_is_never_seen_to_come_off_does_not_keep_the_session_for_ever() -> None:
    """Found by the fault campaign: a sensor frozen in the last phase, a person who answers."""
    rig = _cold()
    rig.done().step()
    assert rig.guard.course.prompt == states.REMOVE_PACK
    while rig.guard.clocks.session_ms < L.session_s * 1000 - 100:
        rig.confirm()
        assert rig.state == "waiting"
    rig.step()
    assert rig.state == "idle"
    assert rig.reason == "session_timeout"
    assert rig.guard.pack.on


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize("state", ["waiting", "idle", "fault"])
def test_the_alarm_repeats_each_thirty_seconds(state: str) -> None:
    rig = _removing() if state == "waiting" else _cold()
    if state == "idle":
        rig.stop()
    elif state == "fault":
        rig.tick.estop = True
    rig.step()
    alarms = []
    for tick in range(1000):
        rig.step()
        if rig.guard.pack.alarm:
            alarms.append(tick)
    assert len(alarms) == 3
    assert {b - a for a, b in pairwise(alarms)} == {L.pack_alarm_ms // 100}
    rig.confirm()
    rig.set(LOW_MC + L.pack_rise_mc).steps(5)
    assert not any(rig.step() is None or rig.guard.pack.alarm for _ in range(400))


@pytest.mark.requirement("SR-23")
def test_a_cooler_needs_no_hand() -> None:
    rig = GuardRig(cooler=True).start().into(states.COLD, 11_000)
    assert not rig.guard.pack.on
    rig.ask(1, states.REST).step()
    assert rig.state == "running"


# --- in a pause -----------------------------------------------------------------------------


def _paused_on_the_pack() -> GuardRig:
    rig = _cold()
    assert rig.pause() == OK
    return rig


@pytest.mark.requirement("SR-03")
@pytest.mark.parametrize(("excess_mc", "trips"), [(0, True), (1, False)])
def test_the_cold_cutoff_stands_in_a_pause_with_a_pack_on(excess_mc: int, trips: bool) -> None:
    """Row 15: 3 °C for 290 s in `paused`, and no trip."""
    rig = _paused_on_the_pack().set(L.cold_cutoff_mc + excess_mc)
    ticks = rig.ticks_to_fault(60)
    assert (rig.fault == "under_temperature") == trips
    if trips:
        assert ticks == L.cold_cutoff_ms // 100 + 1


@pytest.mark.requirement("SR-03")
@pytest.mark.parametrize(("excess_mc", "ends"), [(0, True), (1, False)])
def test_the_cold_end_in_a_pause_leaves_the_session_waiting(excess_mc: int, ends: bool) -> None:
    rig = _paused_on_the_pack().set(L.cold_end_mc + excess_mc)
    rig.steps(L.cold_end_ms // 100)
    assert rig.state == "paused"
    rig.step()
    assert rig.state == ("waiting" if ends else "paused")
    assert rig.guard.course.prompt == (states.REMOVE_PACK if ends else states.NO_PROMPT)


@pytest.mark.requirement("SR-03")
def test_the_five_minutes_of_the_pause_go_on_while_waiting() -> None:
    """Answered, but the pack is never seen to come off."""
    rig = _paused_on_the_pack().set(L.cold_end_mc)
    rig.steps(L.cold_end_ms // 100 + 1)
    assert rig.confirm() == OK
    while rig.guard.clocks.pause_ms < L.pause_max_s * 1000 - 100:
        rig.step()
        assert rig.state == "waiting"
    rig.step()
    assert (rig.state, rig.reason) == ("idle", "pause_timeout")


@pytest.mark.requirement("SR-03")
def test_a_phase_that_ended_in_a_pause_goes_on_to_the_next_once_the_pack_is_off() -> None:
    rig = _paused_on_the_pack().set(L.cold_end_mc)
    rig.steps(L.cold_end_ms // 100 + 1)
    assert rig.state == "waiting"
    rig.ask(1, states.REST)
    assert rig.confirm() == OK
    rig.set(L.cold_end_mc + L.pack_rise_mc).steps(3)
    assert (rig.state, rig.guard.phases.mode) == ("running", states.REST)
    assert rig.guard.clocks.pause_ms == -1


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize("lowest_mc", [8_000, 16_000])
@pytest.mark.parametrize(("short_mc", "on"), [(0, False), (1, True)])
def test_a_pack_that_was_on_when_power_went_is_on(lowest_mc: int, short_mc: int, on: bool) -> None:
    """Row 10."""
    rig = GuardRig(pack_lowest_mc=lowest_mc).set(lowest_mc + L.pack_rise_mc - 1)
    rig.ready()
    assert rig.guard.pack.on
    rig.set(lowest_mc + L.pack_rise_mc - short_mc).step()
    assert rig.guard.pack.on == on


# --- the whole device ---------------------------------------------------------------------


def _laid(rig: Rig, *phases: tuple[str, int | None, int]) -> None:
    rig.start(plan(*phases))
    rig.until("waiting")
    assert rig.result("status")["prompt"] == "lay_pack"
    rig.result("confirm")
    rig.until("running")
    rig.board.set_mc(LOW_MC)


@pytest.mark.requirement("SR-23")
def test_the_story_of_a_cold_session() -> None:
    rig = Rig()
    _laid(rig, ("cold", 12_000, 30))
    rig.until("waiting", 320)
    assert rig.events("prompt")[-1]["prompt"] == "remove_pack"
    assert (signals.led(states.WAITING), signals.TUNE_REMOVE_PACK) in rig.board.shown
    rig.ticks(50)
    rig.result("confirm")
    rig.ticks(20)
    assert rig.state == "waiting"
    rig.board.set_mc(LOW_MC + 3_500)
    rig.until("idle", 5)
    assert rig.events("complete")
    entry = rig.entries()[-1]
    assert entry["outcome"] == "complete"
    assert 36 <= entry["cold_s"] <= 39


@pytest.mark.requirement("SR-23", "SR-05")
def test_a_pack_left_on_counts_in_the_day_and_holds_the_rest() -> None:
    rig = Rig()
    _laid(rig, ("cold", 12_000, 120))
    rig.ticks(700)
    rig.result("stop")
    rig.ticks(1300)
    status = rig.result("status")
    assert (status["state"], status["prompt"]) == ("idle", "remove_pack")
    assert L.rest_cold_to_heat_s - 1 <= status["rest_heat_s"] <= L.rest_cold_to_heat_s
    assert rig.guard.ledger.last_cold_s() >= 198
    rig.board.set_mc(LOW_MC + 3_500)
    rig.ticks(20)
    assert rig.result("status")["prompt"] is None
    rig.ticks(100)
    assert rig.result("status")["rest_heat_s"] < L.rest_cold_to_heat_s - 9


@pytest.mark.requirement("SR-23", "SR-05")
def test_a_pack_outlives_a_power_cut() -> None:
    rig = Rig()
    _laid(rig, ("cold", 12_000, 120))
    rig.ticks(700)
    rig.result("stop")
    rig.ticks(20)
    again = Rig(rig.board.store, idle=False)
    again.board.set_mc(LOW_MC)
    again.ticks(100)
    assert again.result("status")["prompt"] == "remove_pack"
    assert again.result("status")["rest_heat_s"] >= L.rest_cold_to_heat_s - 1


@pytest.mark.requirement("SR-03")
def test_a_cold_phase_that_ends_early_goes_on_to_the_next() -> None:
    rig = Rig()
    _laid(rig, ("cold", 12_000, 300), ("rest", None, 30))
    rig.board.set_mc(9_800)
    rig.until("waiting", 120)
    assert rig.events("prompt")[-1]["prompt"] == "remove_pack"
    rig.result("confirm")
    rig.board.set_mc(20_000)
    rig.until("idle", 400)
    assert rig.events("complete")
    assert [event["phase"] for event in rig.events("phase")] == [0, 1]


@pytest.mark.requirement("SR-03")
def test_a_last_cold_phase_that_ends_early_completes_the_session() -> None:
    rig = Rig()
    rig.configure(cooler=True)
    rig.start(plan(("cold", 12_000, 300)))
    rig.ticks(10)
    assert rig.board.outputs == (True, False, True)
    rig.board.set_mc(9_800)
    rig.until("idle", 120)
    assert rig.events("complete")
    assert rig.entries()[-1]["outcome"] == "complete"
