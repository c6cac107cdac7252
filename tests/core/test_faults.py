"""Names, order and who may clear: as the contract lists them."""

from __future__ import annotations

import pytest

from poultice_core import faults

SEVERITY = (
    "absolute_temperature*",
    "heat_welded*",
    "master_welded*",
    "over_temperature*",
    "emergency_stop*",
    "sensor_short*",
    "sensor_open",
    "sensor_jump",
    "sensor_frozen",
    "sensor_stale",
    "sensor_mismatch",
    "sensor_detached",
    "heating_stalled",
    "supply_lost",
    "under_temperature",
    "dose_limit",
    "overrun",
    "loop_late",
    "watchdog_reset*",
    "journal_lost",
    "config_lost",
    "limits_corrupt*",
    "internal*",
)


@pytest.mark.requirement("SR-20")
def test_the_list_is_the_contracts_most_severe_first() -> None:
    assert (None, *(name.rstrip("*") for name in SEVERITY)) == faults.NAMES


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("name", SEVERITY)
def test_a_severe_one_is_for_the_button(name: str) -> None:
    number = faults.number(name.rstrip("*"))
    assert faults.NAMES[number] == name.rstrip("*")
    assert (number in faults.BUTTON_ONLY) == name.endswith("*")


@pytest.mark.parametrize("name", [None, "", "OVER_TEMPERATURE", 4, "internal "])
def test_what_is_no_name_is_no_fault(name: object) -> None:
    assert faults.number(name) == faults.NONE
