"""The table of the safety contract, as compiled in and as in force."""

from __future__ import annotations

import pytest

from poultice_core.judges import integrity
from poultice_core.limits import CHECKSUM, NAMES, Limits, checksum
from tests.core.guard_rig import settings
from tests.core.rig import Rig

# The contract's table, typed once, here: everywhere else the tests take limits from `Limits`.
TABLE = {
    "heat_target_min_mc": 30_000,
    "heat_target_max_mc": 42_000,
    "heat_cutoff_mc": 43_000,
    "absolute_cutoff_mc": 45_000,
    "predictive_mc": 43_500,
    "cold_target_min_mc": 11_000,
    "cold_target_max_mc": 25_000,
    "cold_end_mc": 10_000,
    "cold_cutoff_mc": 7_000,
    "phase_min_s": 30,
    "phases_max": 16,
    "heat_session_s": 1_800,
    "heat_hot_mc": 41_000,
    "heat_hot_session_s": 1_200,
    "cold_phase_s": 1_200,
    "cold_session_s": 1_200,
    "session_s": 2_400,
    "heat_day_s": 5_400,
    "cold_day_s": 7_200,
    "sessions_day": 8,
    "dose_day_m": 20_000,
    "dose_session_m": 9_000,
    "dose_warn_m": 5_000,
    "sensitive_target_max_mc": 40_000,
    "sensitive_dose_session_m": 2_000,
    "rest_after_heat_s": 1_200,
    "rest_cold_to_heat_s": 1_200,
    "rest_cold_to_cold_s": 7_200,
    "budget_capacity_uj_cm2": 12_000_000,
    "budget_refill_uw_cm2": 35_000,
    "dwell_min_ms": 2_000,
    "closing_min_ms": 20_000,
    "attended_min_s": 5,
    "attended_max_s": 60,
    "token_s": 60,
    "pause_max_s": 300,
    "prompt_max_s": 180,
}

# The guard's own thresholds, which no message reports: SR-01 to SR-26, typed once more.
OWN = {
    "watch_after_ms": 120_000,
    "predict_horizon_ds": 100,
    "ready_min_mc": 5_000,
    "cool_inhibit_mc": 10_500,
    "cold_end_ms": 10_000,
    "cold_cutoff_ms": 2_000,
    "overrun_ms": 1_000,
    "rest_asked_from_s": 60,
    "code_max": 3_496,
    "code_min": 462,
    "range_ticks": 3,
    "range_count": 10,
    "range_window_ms": 60_000,
    "spread_codes": 64,
    "jump_mc": 2_000,
    "jump_ticks": 3,
    "stale_ms": 2_000,
    "frozen_ms": 60_000,
    "mismatch_mc": 8_000,
    "mismatch_ms": 60_000,
    "detached_ms": 30_000,
    "detached_fall_mc": 500,
    "climb_from_mc": 5_000,
    "climb_ms": 120_000,
    "climb_gain_mc": 2_000,
    "stall_ms": 120_000,
    "stall_gain_mc": 1_000,
    "stall_below_mc": 3_000,
    "stall_weak_mc": 36_000,
    "hold_near_mc": 500,
    "hold_below_mc": 2_000,
    "hold_ms": 60_000,
    "hold_rise_mc": 500,
    "weld_sense_ms": 300,
    "unsteady_ms": 2_000,
    "weld_from_mc": 38_500,
    "weld_off_ms": 30_000,
    "weld_rise_mc": 500,
    "weld_end_ms": 90_000,
    "weld_end_rise_mc": 300,
    "supply_ms": 500,
    "late_ms": 300,
    "late_trip_ms": 1_500,
    "late_count": 3,
    "clear_inside_mc": 1_000,
    "clear_ticks": 10,
    "clear_sense_ms": 1_000,
    "proof_settle_ms": 200,
    "proof_gap_ms": 250,
    "proofs_session": 3,
    "brake_count": 3,
    "brake_ms": 600_000,
    "brake_treated_ms": 60_000,
    "pack_rise_mc": 3_000,
    "pack_unknown_mc": 12_000,
    "pack_alarm_ms": 30_000,
    "inhibited_ms": 60_000,
    "undertreated_heat_mc": 2_000,
    "undertreated_cold_mc": 5_000,
    "tick_ms": 100,
}

NO_B = {"heat_session_s": 900, "budget_refill_uw_cm2": 25_000}

# What a configuration does to it: (sensor_b, two_point, fold_safe) -> the rows that differ.
IN_FORCE = [
    (True, True, True, {}),
    (True, False, True, {"heat_target_max_mc": 41_000}),
    (True, True, False, {"heat_target_max_mc": 39_000}),
    (True, False, False, {"heat_target_max_mc": 39_000}),
    (False, True, True, {"heat_target_max_mc": 40_000} | NO_B),
    (False, False, True, {"heat_target_max_mc": 40_000} | NO_B),
    (False, True, False, {"heat_target_max_mc": 39_000} | NO_B),
    (False, False, False, {"heat_target_max_mc": 39_000} | NO_B),
]


def test_the_table_is_the_contracts() -> None:
    assert Limits().reported() == TABLE


def test_the_guards_own_thresholds_are_the_contracts() -> None:
    assert vars(Limits()) == TABLE | OWN
    assert set(NAMES) == set(TABLE | OWN)


@pytest.mark.parametrize(("sensor_b", "two_point", "fold_safe", "narrowed"), IN_FORCE)
def test_a_configuration_narrows(
    sensor_b: bool, two_point: bool, fold_safe: bool, narrowed: dict[str, int]
) -> None:
    fitted = settings(sensor_b=sensor_b, two_point=two_point, fold_safe=fold_safe)
    assert Limits().under(fitted).reported() == TABLE | narrowed


@pytest.mark.parametrize(("sensor_b", "two_point", "fold_safe", "narrowed"), IN_FORCE)
def test_hello_reports_what_is_in_force(
    sensor_b: bool, two_point: bool, fold_safe: bool, narrowed: dict[str, int]
) -> None:
    rig = Rig()
    rig.configure(sensor_b=sensor_b, two_point=two_point, fold_safe=fold_safe)
    assert rig.result("hello")["limits"] == TABLE | narrowed


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_that_was_lower_stays_lower(name: str) -> None:
    """A configuration raises none."""
    limits = Limits()
    setattr(limits, name, 7)
    for sensor_b, two_point, fold_safe, _ in IN_FORCE:
        fitted = settings(sensor_b=sensor_b, two_point=two_point, fold_safe=fold_safe)
        assert getattr(limits.under(fitted), name) == 7


def test_limits_taken_over_are_those_of_the_other() -> None:
    other = Limits()
    for number, name in enumerate(NAMES):
        setattr(other, name, number)
    limits = Limits()
    limits.adopt(other)
    assert vars(limits) == {name: number for number, name in enumerate(NAMES)}


def test_every_number_fits_a_small_integer() -> None:
    assert all(-(1 << 30) < value < 1 << 30 for value in vars(Limits()).values())


@pytest.mark.requirement("SR-15", "SR-25")
@pytest.mark.parametrize("name", NAMES)
def test_any_changed_bit_of_a_limit_changes_the_checksum(name: str) -> None:
    limits = Limits()
    assert checksum(limits) == CHECKSUM
    for bit in range(30):
        setattr(limits, name, getattr(limits, name) ^ 1 << bit)
        total = checksum(limits)
        assert 0 <= total < 1 << 30
        assert total != CHECKSUM
        setattr(limits, name, getattr(limits, name) ^ 1 << bit)


@pytest.mark.requirement("SR-15")
def test_a_corrupt_table_is_found_at_start_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "CHECKSUM", CHECKSUM ^ 1)
    rig = Rig(idle=False)
    rig.ticks(40)
    assert (rig.state, rig.fault) == ("fault", "limits_corrupt")


@pytest.mark.requirement("SR-15", "SR-20")
def test_it_is_not_gone_while_the_limits_are_not_whole() -> None:
    rig = Rig()
    rig.guard.limits.heat_cutoff_mc ^= 1 << 12
    rig.ticks(10)
    assert (rig.state, rig.fault) == ("fault", "limits_corrupt")
    rig.hold(3000)
    assert rig.fault == "limits_corrupt"
    data = rig.error("clear_fault", {"fault": "limits_corrupt"})["data"]
    assert data == {"fault": "limits_corrupt", "clear": "button", "cause_gone": False}
