"""A session that treated little says so: SR-26, by the guard and by the whole device."""

from __future__ import annotations

import pytest

from poultice_core import states
from poultice_core.limits import Limits
from poultice_core.relays import HEAT
from tests.core.guard_rig import OPEN_X8, GuardRig
from tests.core.rig import Rig, plan

L = Limits()
HALF_TICKS = L.inhibited_ms // 200


def _heating(**fitted: object) -> GuardRig:
    return GuardRig(**fitted).start().heating()


def _inhibit(rig: GuardRig, cause: str) -> None:
    """For the next tick, and for it alone."""
    if cause == "budget":
        rig.budget(0)
    elif cause == "predictive":
        rig.no_slope(rig.a_mc, 28)
    else:
        # Out of range for a tick: HEAT is inhibited, and the slope is to be learnt again.
        rig.code_a_x8 = OPEN_X8


@pytest.mark.requirement("SR-26", "SR-24")
@pytest.mark.parametrize(("ticks", "told"), [(HALF_TICKS - 1, False), (HALF_TICKS, True)])
def test_half_a_minute_of_heat_denied_by_the_budget_is_told(ticks: int, told: bool) -> None:
    rig = _heating()
    treatment = rig.guard.treatment
    for _ in range(ticks):
        rig.budget(0).step()
        assert not rig.outputs & HEAT
    rig.budget(L.budget_capacity_uj_cm2)
    rig.settle(40_000).ask(0, states.HEAT, 40_000, heat=False).steps(50)
    assert treatment.inhibited == told
    assert states.INHIBITS[treatment.cause] == ("budget" if told else None)


@pytest.mark.requirement("SR-26", "SR-02")
@pytest.mark.parametrize(("ticks", "told"), [(HALF_TICKS - 1, False), (HALF_TICKS, True)])
def test_half_a_minute_denied_by_the_slope_is_told(ticks: int, told: bool) -> None:
    rig = _heating()
    for _ in range(ticks):
        rig.no_slope(rig.a_mc, 20).step()
        assert rig.part("predictive").inhibits()
    treatment = rig.guard.treatment
    assert treatment.inhibited == told
    assert states.INHIBITS[treatment.cause] == ("predictive" if told else None)


@pytest.mark.requirement("SR-26", "SR-07")
def test_a_sensor_that_is_bad_now_and_then_is_told_as_the_sensor() -> None:
    """Row 13: below what trips, HEAT kept off by the slope that has to be learnt again."""
    rig = _heating()
    for tick in range(400):
        rig.code_a_x8 = OPEN_X8 if tick % 80 == 10 else None
        rig.step()
        assert rig.fault is None
    treatment = rig.guard.treatment
    assert not treatment.inhibited or states.INHIBITS[treatment.cause] == "sensor"


@pytest.mark.requirement("SR-26", "SR-08")
@pytest.mark.parametrize("swing_mc", [0, 3_000])
def test_a_reading_that_moves_whenever_heat_flows_is_told(swing_mc: int) -> None:
    """Row 14: a ground offset of 3 °C gave 0 to 4 s of heat, and `complete`."""
    rig = _heating().settle(36_000)
    treatment = rig.guard.treatment
    for _ in range(900):
        shift_mc = swing_mc if rig.guard.heated_now() else 0
        rig.set(36_000 + shift_mc).step()
    assert rig.fault is None
    assert treatment.inhibited == (swing_mc > 0)
    assert states.INHIBITS[treatment.cause] == ("sensor" if swing_mc else None)


@pytest.mark.requirement("SR-26")
def test_after_an_inhibit_it_is_denied_until_heat_closes_again() -> None:
    rig = _heating()
    rig.steps(250)
    rig.no_slope(32_000, 20).step()
    rig.no_slope(32_000)
    rig.ask(0, states.HEAT, 40_000, heat=False)
    rig.steps(HALF_TICKS - 1)
    treatment = rig.guard.treatment
    assert treatment._waits == states.BY_PREDICTIVE
    assert treatment.inhibited
    rig.ask(0, states.HEAT, 40_000, heat=True).step()
    assert rig.outputs & HEAT
    assert treatment._waits == states.BY_NOTHING


@pytest.mark.requirement("SR-26")
def test_above_its_target_nobody_waits_for_heat() -> None:
    rig = _heating()
    rig.steps(30)
    rig.no_slope(32_000, 20).step()
    rig.settle(40_000).ask(0, states.HEAT, 40_000, heat=False)
    rig.steps(1_000)
    assert not rig.guard.treatment.inhibited


@pytest.mark.requirement("SR-26")
@pytest.mark.parametrize(("apart", "told"), [(301, False), (10, True)])
def test_the_half_is_of_any_minute(apart: int, told: bool) -> None:
    """What was denied a minute ago counts no more."""
    rig = _heating()
    rig.guard.heating.look = lambda *_: 0
    for _ in range(2):
        for _ in range(HALF_TICKS - 50):
            rig.budget(0).step()
        rig.budget(L.budget_capacity_uj_cm2).steps(apart)
    assert rig.guard.treatment.inhibited == told


@pytest.mark.requirement("SR-26")
@pytest.mark.parametrize(("below_mc", "told"), [(2_000, 0), (2_001, 1)])
def test_a_heat_phase_too_far_below_its_target_is_told(below_mc: int, told: bool) -> None:
    rig = _heating()
    rig.guard.heating.look = lambda *_: 0
    rig.settle(30_000).steps(300)
    rig.settle(40_000 - below_mc).steps(400)
    rig.ask(1, states.REST).step()
    treatment = rig.guard.treatment
    assert (treatment.undertreated, treatment.phase) == (told, 0 if told else -1)


@pytest.mark.requirement("SR-26")
@pytest.mark.parametrize("cooler", [True, False])
@pytest.mark.parametrize(("above_mc", "told"), [(5_000, 0), (5_001, 1)])
def test_a_cold_phase_too_far_above_its_target_is_told(
    above_mc: int, told: bool, cooler: bool
) -> None:
    rig = GuardRig(cooler=cooler).start().into(states.COLD, 12_000).set(25_000)
    rig.steps(300)
    rig.set(12_000 + above_mc).steps(400)
    rig.ask(1, states.REST).step()
    assert rig.guard.treatment.undertreated == told


@pytest.mark.requirement("SR-26")
def test_a_rest_and_a_stop_are_not_judged() -> None:
    rig = GuardRig().start().into(states.REST, 0)
    rig.steps(300)
    rig.into(states.HEAT, 40_000, 1).steps(50)
    rig.stop()
    assert rig.guard.treatment.undertreated == 0


@pytest.mark.requirement("SR-26")
def test_the_next_session_begins_with_nothing_told() -> None:
    rig = _heating()
    for _ in range(HALF_TICKS):
        rig.budget(0).step()
    rig.ask(1, states.REST).step()
    treatment = rig.guard.treatment
    assert (treatment.inhibited, treatment.undertreated) == (True, 1)
    rig.stop()
    rig.ledger.credit(90_000)
    rig.start()
    assert (treatment.inhibited, treatment.undertreated, treatment.phase) == (False, 0, -1)
    assert treatment.cause == states.BY_NOTHING


@pytest.mark.requirement("SR-26")
def test_the_longest_phase_is_kept_whole_or_its_end_is_not() -> None:
    """More pieces of 10 s than there is room for: those that fit are judged."""
    rig = GuardRig().start().into(states.REST, 0)
    treatment = rig.guard.treatment
    now = rig.part("now")
    now.treating, now.mode, now.dt_ms = True, states.HEAT, 10_000
    rig.guard.reading.control_mc = 36_000
    treatment.begin_phase()
    for _ in range(250):
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
    told = [w["what"] for w in rig.events("warning")]
    assert sorted(told) == ["budget", "undertreated"]
    entry = rig.entries()[-1]
    assert entry["outcome"] == "complete"
    assert {"budget", "undertreated"} <= set(entry["warnings"])
