"""A session that treated little says so: SR-26, by the guard and by the whole device."""

from __future__ import annotations

import pytest

from poultice_core import states
from poultice_core.limits import Limits
from poultice_core.relays import HEAT
from tests.core.guard_rig import OPEN_X8, GuardRig, at, boundary
from tests.core.rig import Rig, plan

L = Limits()
HALF_TICKS = L.inhibited_ms // 200


def _told(rig: GuardRig) -> str | None:
    """By what HEAT was denied, where that was told."""
    treatment = rig.guard.treatment
    cause = states.INHIBITS[treatment.cause]
    assert treatment.inhibited == (cause is not None)
    return cause


@boundary("SR-26 SR-24", "running", {HALF_TICKS - 1: None, HALF_TICKS: "budget"})
def test_half_a_minute_of_heat_denied_by_the_budget_is_told(rig: GuardRig, ticks: int) -> object:
    for _ in range(ticks):
        assert not rig.budget(0).step() & HEAT
    rig.budget(L.budget_capacity_uj_cm2).settle(40_000)
    return _told(rig.ask(0, states.HEAT, 40_000, heat=False).wait(50))


@boundary("SR-26 SR-02", "running", {HALF_TICKS - 1: None, HALF_TICKS: "predictive"})
def test_half_a_minute_denied_by_the_slope_is_told(rig: GuardRig, ticks: int) -> object:
    for _ in range(ticks):
        assert rig.no_slope(rig.a_mc, 20).wait().part("predictive").inhibits()
    return _told(rig)


@boundary("SR-26 SR-07", "running", {80: True})
def test_a_sensor_that_is_bad_now_and_then_is_told_as_the_sensor(
    rig: GuardRig, period: int
) -> object:
    """Row 13: below what trips, HEAT kept off by the slope that has to be learnt again."""
    for tick in range(400):
        assert rig.code(OPEN_X8 if tick % period == 10 else None, "a").wait().fault is None
    return _told(rig) in (None, "sensor")


@boundary("SR-26 SR-08", "running", {0: None, 3_000: "sensor"})
def test_a_reading_that_moves_whenever_heat_flows_is_told(rig: GuardRig, swing_mc: int) -> object:
    """Row 14: a ground offset of 3 °C gave 0 to 4 s of heat, and `complete`."""
    rig.settle(36_000)
    for _ in range(900):
        rig.set(36_000 + swing_mc * rig.guard.heated_now()).step()
    assert rig.fault is None
    return _told(rig)


@pytest.mark.requirement("SR-26")
def test_after_an_inhibit_it_is_denied_until_heat_closes_again() -> None:
    rig = at("running").wait(250).no_slope(32_000, 20).wait().no_slope(32_000)
    treatment = rig.ask(0, states.HEAT, 40_000, heat=False).wait(HALF_TICKS - 1).guard.treatment
    assert (treatment._waits, treatment.inhibited) == (states.BY_PREDICTIVE, True)
    assert rig.ask(0, states.HEAT, 40_000, heat=True).step() & HEAT
    assert treatment._waits == states.BY_NOTHING


@boundary("SR-26", "running", {40_000: None, 32_000: "predictive"})
def test_above_its_target_nobody_waits_for_heat(rig: GuardRig, mc: int) -> object:
    rig.wait(30).no_slope(32_000, 20).wait().settle(mc)
    return _told(rig.ask(0, states.HEAT, 40_000, heat=False).wait(1_000))


@boundary("SR-26 SR-16", "running", {25: None})
def test_what_the_dwell_holds_back_is_not_denied(rig: GuardRig, period: int) -> object:
    for tick in range(900):
        rig.ask(0, states.HEAT, 40_000, heat=tick % period > 0).step()
    return _told(rig)


@boundary("SR-26", "running", {301: None, 10: "budget"})
def test_the_half_is_of_any_minute(rig: GuardRig, apart: int) -> object:
    """What was denied a minute ago counts no more."""
    rig.guard.heating.look = lambda *_: 0
    for _ in range(2):
        for _ in range(HALF_TICKS - 50):
            rig.budget(0).step()
        rig.budget(L.budget_capacity_uj_cm2).wait(apart)
    return _told(rig)


@boundary("SR-26", "running", {-100: (0, -1), 2_000: (0, -1), 2_001: (1, 0)})
def test_a_heat_phase_too_far_below_its_target_is_told(rig: GuardRig, below_mc: int) -> object:
    rig.guard.heating.look = lambda *_: 0
    rig.settle(30_000).wait(300).settle(40_000 - below_mc).wait(400).ask(1, states.REST).step()
    return rig.guard.treatment.undertreated, rig.guard.treatment.phase


@pytest.mark.requirement("SR-26")
@pytest.mark.parametrize("cooler", [True, False])
@pytest.mark.parametrize(("above_mc", "told"), [(5_000, 0), (5_001, 1)])
def test_a_cold_phase_too_far_above_its_target_is_told(
    above_mc: int, told: bool, cooler: bool
) -> None:
    rig = at("started", cooler=cooler).into(states.COLD, 12_000).set(25_000).wait(300)
    rig.set(12_000 + above_mc).wait(400).ask(1, states.REST).step()
    assert rig.guard.treatment.undertreated == told


@boundary("SR-26", "rest", {True: 0})
def test_a_rest_and_a_stop_are_not_judged(rig: GuardRig, stops: bool) -> object:
    rig.wait(300).into(states.HEAT, 40_000, 1).wait(50).do("stop")
    return rig.guard.treatment.undertreated


@pytest.mark.requirement("SR-26")
def test_the_next_session_begins_with_nothing_told() -> None:
    rig = at("running")
    for _ in range(HALF_TICKS):
        rig.budget(0).step()
    treatment = rig.ask(1, states.REST).wait().guard.treatment
    assert (treatment.inhibited, treatment.undertreated) == (True, 1)
    rig.do("stop").ledger.credit(90_000)
    rig.start()
    assert (treatment.inhibited, treatment.undertreated, treatment.phase) == (False, 0, -1)
    assert treatment.cause == states.BY_NOTHING


@pytest.mark.requirement("SR-26")
@pytest.mark.parametrize(
    "looks", [[(10_000, 36_000)] * 250, [(9_999, 35_000), (1, 40_000)]], ids=["longest", "10 s"]
)
def test_the_second_half_is_judged_in_pieces_of_ten_seconds(looks: list[tuple[int, int]]) -> None:
    """More pieces than there is room for: those that fit are judged."""
    rig = at("rest")
    treatment, now = rig.guard.treatment, rig.part("now")
    now.treating, now.mode = True, states.HEAT
    treatment.begin_phase()
    for now.dt_ms, rig.guard.reading.control_mc in looks:
        treatment.look(now)
    treatment.end_phase(3, states.HEAT, 40_000)
    assert (treatment.undertreated, treatment.phase) == (1, 3)


@pytest.mark.requirement("SR-26")
def test_what_was_not_given_is_in_the_closing_entry_and_told_once() -> None:
    rig = Rig()
    rig.start(plan(("heat", 39_000, 90)))
    rig.ticks(30)
    for _ in range(350):
        rig.guard.budget.level_uj = 0
        rig.sealed()
        rig.tick()
    rig.until("idle", 1_000)
    assert sorted(w["what"] for w in rig.events("warning")) == ["budget", "undertreated"]
    entry = rig.entries()[-1]
    assert entry["outcome"] == "complete"
    assert {"budget", "undertreated"} <= set(entry["warnings"])
