"""One tick of the guard in detail: what is counted, kept and handed on."""

from __future__ import annotations

import pytest

from poultice_core import faults, states
from poultice_core.guard import Guard
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.relays import HEAT, LONG_MS, MASTER, PAD
from tests.core.rig import GuardRig, order

L = Limits()


def test_a_guard_before_its_first_tick_permits_and_wants_nothing() -> None:
    guard = Guard(L, Ledger(L))
    assert guard.inhibited is True
    assert guard.sensor_inhibit is True
    assert guard.start_wanted is False
    assert guard.config_confirmed is False
    assert guard.outputs == 0
    assert not guard.heating_now()


def test_a_guard_is_told_what_is_fitted_or_assumes_it() -> None:
    assumed = Guard(L, Ledger(L))
    assert (assumed.cooler, assumed.sensor_b, assumed.sense_fitted) == (False, True, True)
    assert assumed.budget.level_uj == assumed.budget.capacity_uj == L.budget_capacity_uj_cm2
    assert assumed.budget.tick_uj == 100 * L.tick_ms
    told = Guard(L, Ledger(L), True, False, False, 50, 1234)
    assert (told.cooler, told.sensor_b, told.sense_fitted) == (True, False, False)
    assert (told.budget.level_uj, told.budget.tick_uj) == (1234, 50 * L.tick_ms)


INHERITED = (
    "dwell", "dose", "since_session_ms", "pack_on", "pack_lowest_mc", "session_cold_ms", "booked",
    "pack_owed", "_button", "_last_ms", "_hot_ticks", "a", "b", "slope", "trend", "cooling_watch",
    "limits_ok",
)  # fmt: skip


@pytest.mark.parametrize("name", INHERITED)
def test_a_new_configuration_inherits(name: str) -> None:
    old, new = Guard(L, Ledger(L)), Guard(L, Ledger(L))
    kept = object()
    setattr(old, name, kept)
    new.inherit(old)
    assert getattr(new, name) is kept


@pytest.mark.parametrize(
    ("outputs", "heating"), [(0, False), (MASTER, False), (HEAT, False), (PAD, True)]
)
def test_the_pad_is_energised_where_both_relays_are_closed(outputs: int, heating: bool) -> None:
    guard = Guard(L, Ledger(L))
    guard.outputs = outputs
    assert guard.heating_now() == heating


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("now_ms", [0, 1, 5_000])
def test_the_first_tick_is_no_stall_whenever_it_comes(now_ms: int) -> None:
    rig = GuardRig(now_ms=now_ms - 100)
    rig.step()
    assert rig.fault is None
    assert rig.guard.state_ms == 0
    rig.step(70)
    assert rig.guard.since_session_ms == LONG_MS
    assert rig.guard.state_ms == 70


def test_long_times_stop_where_they_are_long_enough() -> None:
    rig = GuardRig().ready()
    guard = rig.guard
    guard.state_ms = guard.since_session_ms = LONG_MS - 1
    rig.step()
    assert (guard.state_ms, guard.since_session_ms) == (LONG_MS + 99, LONG_MS + 99)
    rig.step()
    assert (guard.state_ms, guard.since_session_ms) == (LONG_MS + 99, LONG_MS + 99)


@pytest.mark.requirement("SR-07")
def test_without_sensor_b_an_unreadable_a_leaves_the_last_readings() -> None:
    rig = GuardRig(sensor_b=False).set(31_000).start()
    rig.step()
    rig.code_a_x8 = 4095 * 8
    rig.set(60_000).step()
    guard = rig.guard
    assert (guard.hot_mc, guard.cold_mc, guard.control_mc) == (31_000, 31_000, 31_000)
    assert not guard.readable
    assert guard.sensor_inhibit
    assert rig.fault is None


@pytest.mark.requirement("SR-10")
def test_without_sense_and_reading_no_weld_is_judged() -> None:
    rig = GuardRig(sense=False).ready()
    rig.set(39_000).steps(350)
    rig.code_a_x8 = rig.code_b_x8 = 4095 * 8
    rig.set(42_000).steps(400)
    assert rig.fault is None
