"""The heat account that no thermometer defeats: SR-24."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core import states
from poultice_core.budget import Budget
from poultice_core.limits import Limits
from poultice_core.relays import HEAT, MASTER, PAD
from tests.core.guard_rig import GuardRig, settings
from tests.core.rig import Rig, plan

L = Limits()
FULL_UJ = L.budget_capacity_uj_cm2
REFILL_UJ_MS = L.budget_refill_uw_cm2 // 1000


@pytest.mark.requirement("SR-24")
@pytest.mark.parametrize("density", [30, 50, 100])
def test_a_millisecond_of_heat_costs_the_density(density: int) -> None:
    budget = Budget(L, settings(density_mw_cm2=density), FULL_UJ // 2)
    budget.advance(True, 100)
    assert budget.level_uj == FULL_UJ // 2 + 100 * (REFILL_UJ_MS - density)
    budget.advance(False, 100)
    assert budget.level_uj == FULL_UJ // 2 + 100 * (2 * REFILL_UJ_MS - density)


@pytest.mark.requirement("SR-24")
def test_empty_is_less_than_one_tick_of_heat() -> None:
    assert not Budget(L, settings(), 100 * L.tick_ms).spent()
    assert Budget(L, settings(), 100 * L.tick_ms - 1).spent()


@pytest.mark.requirement("SR-24")
@given(
    st.sampled_from([30, 77, 100]),
    st.integers(0, FULL_UJ),
    st.lists(st.tuples(st.booleans(), st.integers(0, 1 << 29)), max_size=40),
)
def test_it_stays_between_empty_and_full(
    density: int, level_uj: int, course: list[tuple[bool, int]]
) -> None:
    budget = Budget(L, settings(density_mw_cm2=density), level_uj)
    for heating, dt_ms in course:
        budget.advance(heating, dt_ms)
        assert 0 <= budget.level_uj <= FULL_UJ
        assert 0 <= budget.percent() <= 100


@pytest.mark.requirement("SR-24")
@given(st.sampled_from([50, 100]), st.lists(st.booleans(), min_size=1, max_size=400))
def test_no_more_is_given_than_the_account_holds(density: int, wishes: list[bool]) -> None:
    toy = Limits()
    toy.budget_capacity_uj_cm2 = 40_000
    budget = Budget(toy, settings(density_mw_cm2=density), 40_000)
    given_uj = 0
    for wish in wishes:
        heating = wish and not budget.spent()
        budget.advance(heating, 100)
        given_uj += 100 * density if heating else 0
    assert given_uj <= 40_000 + 100 * REFILL_UJ_MS * len(wishes)


@pytest.mark.requirement("SR-24")
def test_an_empty_account_opens_heat_leaves_master_and_is_no_fault() -> None:
    rig = GuardRig().start().heating()
    rig.budget(100 * 100 + 100 * 65 * 3 - 1)
    assert rig.step() == PAD
    assert rig.step() == PAD
    # Two ticks on, at 65 µJ/cm² a millisecond less than nothing: this one finds too little.
    assert rig.step() == MASTER
    rig.steps(50)
    assert rig.fault is None
    assert rig.guard.permit.budget_met


@pytest.mark.requirement("SR-24")
def test_over_a_whole_session_of_asking_the_account_holds() -> None:
    """A sensor that lies low, HEAT asked for all the time: 12 J/cm² and the refill, no more."""
    rig = GuardRig(density_mw_cm2=100).start().into(states.HEAT, 40_000, heat=True)
    rig.guard.heating.look = lambda *_: 0
    heated = sum(1 for _ in range(12_000) if rig.step() & HEAT)
    assert rig.fault is None
    assert heated * 100 * 100 <= FULL_UJ + 12_000 * 100 * REFILL_UJ_MS
    assert heated > 4000


@pytest.mark.requirement("SR-24")
def test_where_nothing_is_configured_the_densest_pad_is_assumed() -> None:
    rig = Rig()
    assert rig.result("get_config")["density_mw_cm2"] == 100
    assert rig.guard.settings.density_mw_cm2 == 100


@pytest.mark.requirement("SR-24")
def test_full_on_a_new_device_and_carried_over_a_restart() -> None:
    rig = Rig()
    assert rig.result("status")["budget_pct"] == 100
    rig.start(plan(("heat", 40_000, 60)))
    rig.ticks(600)
    rig.result("stop")
    left_uj = rig.guard.budget.level_uj
    assert left_uj < FULL_UJ
    again = Rig(rig.board.store, idle=False)
    assert left_uj - 100_000 <= again.guard.budget.level_uj <= left_uj
    before_uj = again.guard.budget.level_uj
    again.ticks(101)
    assert again.guard.budget.level_uj == before_uj + 10_000 * REFILL_UJ_MS


@pytest.mark.requirement("SR-24", "SR-14")
@pytest.mark.parametrize("cause", ["power_on", "watchdog"])
def test_empty_after_a_cut_session_or_a_watchdog(cause: str) -> None:
    rig = Rig()
    if cause == "power_on":
        rig.start(plan(("heat", 40_000, 60)))
        rig.tick()
    again = Rig(rig.board.store, cause, idle=False)
    assert again.guard.budget.level_uj == 0
    # And it stays so on flash: another cut gives nothing back.
    again.ticks(3)
    left_uj = again.guard.budget.level_uj
    assert Rig(rig.board.store, idle=False).guard.budget.level_uj <= left_uj


def _fill(rig: Rig, level_uj: int) -> None:
    rig.guard.budget.level_uj = level_uj
    rig.guard._parts.integrity.seal(rig.guard._words())


@pytest.mark.requirement("SR-24")
def test_it_warns_once_a_session() -> None:
    rig = Rig()
    for session in range(2):
        _fill(rig, FULL_UJ)
        rig.guard.ledger.credit(90_000)
        rig.start(plan(("heat", 40_000, 60)))
        rig.ticks(30)
        _fill(rig, 0)
        rig.ticks(60)
        rig.result("stop")
        rig.ticks(2)
        budgets = [w for w in rig.events("warning") if w["what"] == "budget"]
        assert len(budgets) == session + 1
