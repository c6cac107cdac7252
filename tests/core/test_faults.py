"""Names, order and who may clear: as the contract lists them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert (faults.SEVERE >> number & 1 == 1) == name.endswith("*")


@pytest.mark.parametrize("name", [None, "", "OVER_TEMPERATURE", 4, "internal "])
def test_what_is_no_name_is_no_fault(name: object) -> None:
    assert faults.number(name) == faults.NONE


# The contract's "cause gone".
GONE = {
    "absolute_temperature": faults.ABSOLUTE_INSIDE,
    "over_temperature": faults.HEAT_INSIDE,
    "under_temperature": faults.COLD_INSIDE,
    "heat_welded": faults.PAD_DEAD,
    "master_welded": faults.PAD_DEAD,
    "emergency_stop": faults.LOOP_CLOSED,
    "sensor_short": faults.SENSORS_GOOD,
    "sensor_open": faults.SENSORS_GOOD,
    "sensor_jump": faults.SENSORS_GOOD,
    "sensor_frozen": faults.SENSORS_GOOD,
    "sensor_stale": faults.SENSORS_GOOD,
    "sensor_mismatch": faults.PAIR_GOOD,
    "journal_lost": faults.FLASH_WRITES,
    "limits_corrupt": faults.LIMITS_WHOLE,
}


@pytest.mark.requirement("SR-20")
def test_what_has_to_be_gone_before_each_can_be_cleared() -> None:
    for fault, name in enumerate(faults.NAMES):
        assert faults.GONE[fault] == GONE.get(str(name), faults.AT_ONCE), name


@pytest.mark.requirement("SR-20")
@given(st.sets(st.integers(1, len(SEVERITY)), max_size=5))
def test_the_worst_of_several_is_the_first_of_the_list(several: set[int]) -> None:
    trips = sum(1 << fault for fault in several)
    assert faults.worst(trips) == min(several, default=faults.NONE)


@pytest.mark.requirement("SR-25")
@pytest.mark.parametrize("trips", [1, 1 << 24, 1 << 29, -1 << 30, (-1 << 30) + 1])
def test_bits_that_are_no_fault_of_ours_are_one_inside(trips: int) -> None:
    """What a flipped bit would make of them: latched, and by a name."""
    assert faults.worst(trips) == faults.INTERNAL
    assert faults.worst(trips | 1 << faults.LOOP_LATE) == faults.LOOP_LATE
