"""A pack laid on by hand: SR-23 and the prompts, by the guard and by the whole device."""

from __future__ import annotations

from itertools import pairwise

import pytest

from poultice_core import signals, states
from poultice_core.limits import Limits
from tests.core.guard_rig import LOW_MC, OPEN_X8, GuardRig, at, boundary, order, toy
from tests.core.rig import Rig, plan

L = Limits()
OFF_MC = LOW_MC + L.pack_rise_mc
END_TICKS = L.cold_end_ms // 100
BY_RISE = {OFF_MC: False, OFF_MC - 1: True}


@boundary("SR-23", "pack, waiting", {
    (True, OFF_MC): (False, "running"), (True, OFF_MC - 1): (True, "waiting"),
    (False, OFF_MC): (True, "waiting"), (False, LOW_MC + 20_000): (True, "waiting"),
})  # fmt: skip
def test_a_pack_is_off_when_confirmed_and_three_degrees_warmer(
    rig: GuardRig, to: tuple[bool, int]
) -> object:
    confirmed, mc = to
    assert (rig.guard.course.prompt, rig.outputs) == (states.REMOVE_PACK, 0)
    if confirmed:
        rig.do("confirm")
    return rig.set(mc).wait(10).guard.pack.on, rig.state


@boundary("SR-23", "pack", BY_RISE)
@pytest.mark.parametrize("rests", [False, True])
def test_after_the_session_the_rise_alone_is_enough(rig: GuardRig, mc: int, rests: bool) -> object:
    """A session of rest in between changes nothing of its lowest."""
    assert rig.do("stop").wait(5).guard.pack.on
    if rests:
        rig.set(LOW_MC + 1_000).ask(0, states.REST).start(order()).into(states.REST, 0).do("stop")
    return rig.set(mc).wait(5).guard.pack.on


@boundary("SR-23", "pack, waiting", {11_999: True, 12_000: False})
def test_the_rise_is_above_the_lowest_of_the_phase(rig: GuardRig, mc: int) -> object:
    return rig.do("confirm").set(9_000).wait(5).set(mc).wait(5).guard.pack.on


@boundary("SR-23", "pack, waiting", {(LOW_MC, 30_000): True, (30_000, LOW_MC): True})
def test_the_colder_sensor_says_whether_it_is_off(rig: GuardRig, to: tuple[int, int]) -> object:
    return rig.do("confirm").set(*to).wait(10).guard.pack.on


@boundary("SR-23 SR-07", "pack", {OPEN_X8: (True, LOW_MC)})
def test_a_sensor_that_reads_nothing_takes_no_pack_off(rig: GuardRig, code_x8: int) -> object:
    rig.do("stop").code(code_x8).set(60_000).wait(400)
    return rig.guard.pack.on, rig.guard.pack.lowest_mc


@pytest.mark.requirement("SR-23")
def test_no_heat_phase_starts_with_a_pack_on() -> None:
    rig = at("pack, waiting").do("confirm")
    for phase in range(1, 12):
        assert rig.ask(phase, states.HEAT, 40_000, heat=True).trace(40) == "-" * 40
    assert rig.guard.clocks.heat_ms == 0


@pytest.mark.requirement("SR-23")
def test_a_pack_from_the_session_before_is_asked_off_before_heat() -> None:
    rig = at("pack").do("stop")
    rig.ledger.credit(100_000)
    rig.ask(0, states.HEAT, 40_000, heat=True).start(order(heat_s=60))
    assert (rig.state, rig.guard.course.prompt) == ("waiting", states.REMOVE_PACK)


@boundary("SR-23", "waiting", {"pause": True, "stop": True, "heat": True})
def test_a_pack_confirmed_laid_is_a_pack_on_whatever_follows(rig: GuardRig, follow: str) -> object:
    rig.set(LOW_MC).do("confirm")
    if follow == "heat":
        rig.ask(1, states.HEAT, 40_000, heat=True)
    else:
        rig.do(follow)
    before_ms = rig.guard.clocks.cold_ms
    assert rig.trace(50) == "-" * 50
    assert rig.guard.clocks.cold_ms - before_ms >= 4_900
    return rig.guard.pack.on


def _with_it_on(rig: GuardRig, state: str) -> GuardRig:
    """From "pack", in another state."""
    if state == "waiting":
        rig.ask(1, states.HEAT, 40_000, heat=True)
    elif state == "paused":
        rig.do("pause")
    elif state == "idle":
        rig.do("stop")
    else:
        rig.sees(estop=True)
    assert rig.wait().state == state
    return rig


@boundary("SR-23", "pack", dict.fromkeys(("waiting", "paused", "idle", "fault"), 30_000))
def test_until_it_is_off_the_time_counts_as_cold(rig: GuardRig, state: str) -> object:
    before_ms = _with_it_on(rig, state).guard.clocks.cold_ms
    assert rig.wait(300).state == state
    return rig.guard.clocks.cold_ms - before_ms


@boundary(
    "SR-23", "pack", dict.fromkeys(("waiting", "idle", "fault"), (3, {L.pack_alarm_ms // 100}))
)
def test_the_alarm_repeats_each_thirty_seconds(rig: GuardRig, state: str) -> object:
    _with_it_on(rig, state)
    alarms = [tick for tick in range(1000) if rig.wait().guard.pack.alarm]
    rig.confirm()
    rig.set(OFF_MC).wait(5)
    assert not any(rig.wait().guard.pack.alarm for _ in range(400))
    return len(alarms), {after - before for before, after in pairwise(alarms)}


@pytest.mark.requirement("SR-23", "SR-04")
def test_waiting_never_overruns_but_shortens_later_cold() -> None:
    rig = at("pack", limits=toy(cold_session_s=60)).wait(280).ask(1, states.REST).wait(601)
    assert (rig.state, rig.fault) == ("waiting", None)
    rig.do("confirm").set(OFF_MC).wait(3).into(states.COLD, 11_000, 2).step()
    assert rig.guard.durations.over


@pytest.mark.requirement("SR-04", "SR-23")
def test_a_pack_that_is_never_seen_to_come_off_does_not_keep_the_session_for_ever() -> None:
    """Found by the fault campaign: a sensor frozen in the last phase, a person who answers."""
    rig = at("pack").done().wait()
    assert rig.guard.course.prompt == states.REMOVE_PACK
    while rig.guard.clocks.session_ms < L.session_s * 1000 - 100:
        assert rig.do("confirm").state == "waiting"
    assert (rig.wait().state, rig.reason) == ("idle", "session_timeout")
    assert rig.guard.pack.on


@pytest.mark.requirement("SR-23")
def test_a_cooler_needs_no_hand() -> None:
    rig = at("cold", cooler=True)
    assert not rig.guard.pack.on
    assert rig.ask(1, states.REST).wait().state == "running"


# --- in a pause, and over a loss of power ---------------------------------------------------


@boundary(
    "SR-03", "pack, paused", {0: ("waiting", states.REMOVE_PACK), 1: ("paused", states.NO_PROMPT)}
)
def test_the_cold_end_in_a_pause_leaves_the_session_waiting(rig: GuardRig, mc: int) -> object:
    assert rig.set(L.cold_end_mc + mc).wait(END_TICKS).state == "paused"
    return rig.wait().state, rig.guard.course.prompt


@pytest.mark.requirement("SR-03")
def test_the_five_minutes_of_the_pause_go_on_while_waiting() -> None:
    """Answered, but the pack is never seen to come off."""
    rig = at("pack, paused").set(L.cold_end_mc).wait(END_TICKS + 1).do("confirm")
    while rig.guard.clocks.pause_ms < L.pause_max_s * 1000 - 100:
        assert rig.wait().state == "waiting"
    assert (rig.wait().state, rig.reason) == ("idle", "pause_timeout")


@pytest.mark.requirement("SR-03")
def test_a_phase_that_ended_in_a_pause_goes_on_to_the_next_once_the_pack_is_off() -> None:
    rig = at("pack, paused").set(L.cold_end_mc).wait(END_TICKS + 1)
    assert rig.state == "waiting"
    rig.ask(1, states.REST).do("confirm").set(L.cold_end_mc + L.pack_rise_mc).wait(3)
    assert (rig.state, rig.guard.phases.mode) == ("running", states.REST)
    assert rig.guard.clocks.pause_ms == -1


@pytest.mark.requirement("SR-23")
@pytest.mark.parametrize("lowest_mc", [8_000, 16_000])
@pytest.mark.parametrize(("short_mc", "on"), [(0, False), (1, True)])
def test_a_pack_that_was_on_when_power_went_is_on(lowest_mc: int, short_mc: int, on: bool) -> None:
    """Row 10."""
    off_mc = lowest_mc + L.pack_rise_mc
    rig = GuardRig(pack_lowest_mc=lowest_mc).set(off_mc - 1).ready()
    assert rig.guard.pack.on
    alarms = [rig.wait().guard.pack.alarm for _ in range(L.pack_alarm_ms // 100 - 39)]
    assert alarms.index(True) == len(alarms) - 1  # 30 s after start-up
    assert rig.set(off_mc - short_mc).wait().guard.pack.on == on


# --- the whole device ---------------------------------------------------------------------


def _laid(*phases: tuple[str, int | None, int]) -> Rig:
    rig = Rig()
    rig.start(plan(*phases))
    rig.until("waiting")
    assert rig.result("status")["prompt"] == "lay_pack"
    rig.result("confirm")
    rig.until("running")
    rig.board.set_mc(LOW_MC)
    return rig


@pytest.mark.requirement("SR-23")
def test_the_story_of_a_cold_session() -> None:
    rig = _laid(("cold", 12_000, 30))
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
def test_a_pack_left_on_counts_in_the_day_and_holds_the_rest_over_a_power_cut_too() -> None:
    rig = _laid(("cold", 12_000, 120))
    rig.ticks(700)
    rig.result("stop")
    rig.ticks(20)
    cut = Rig(rig.board.store.copy(), idle=False)
    cut.board.set_mc(LOW_MC)
    was_s = cut.guard.ledger.last_cold_s()
    cut.ticks(101)  # the first is no time
    assert cut.guard.ledger.last_cold_s() == was_s + 10
    rig.ticks(1280)
    for one in (cut, rig):
        status = one.result("status")
        assert (status["state"], status["prompt"]) == ("idle", "remove_pack")
        assert L.rest_cold_to_heat_s - 1 <= status["rest_heat_s"] <= L.rest_cold_to_heat_s
    assert rig.guard.ledger.last_cold_s() >= 198
    rig.board.set_mc(LOW_MC + 3_500)
    rig.ticks(20)
    assert rig.result("status")["prompt"] is None
    rig.ticks(100)
    assert rig.result("status")["rest_heat_s"] < L.rest_cold_to_heat_s - 9


@pytest.mark.requirement("SR-03")
def test_a_cold_phase_that_ends_early_goes_on_to_the_next() -> None:
    rig = _laid(("cold", 12_000, 300), ("rest", None, 30))
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
