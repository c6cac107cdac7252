"""Each cutoff while K1 is closed, by a resistor or by hand."""

from __future__ import annotations

import pytest

from poultice.errors import DeviceTimeoutError
from tests.hardware.bench import Bench
from tests.hardware.operator import Operator
from tests.hardware.resistors import BEYOND_C, NEAR_C, OVER_C

_WATCHED_S = 3.0


def tripped(bench: Bench, operator: Operator, fault: str) -> None:
    """It is in that fault and no other, and everything is off."""
    assert bench.fault() == fault
    told = bench.client.status()
    assert (told.master, told.heat, told.cool) == (False, False, False)
    assert not operator.sees("lamp")


def trips_by_the_last(bench: Bench, operator: Operator, readings_c: tuple[float, ...]) -> None:
    """Box 2 to one reading after the other, until the device is in a fault."""
    for reading_c in readings_c:
        operator.box2(reading_c)
        try:
            bench.fault(_WATCHED_S)
        except DeviceTimeoutError:
            continue
        return


@pytest.mark.requirement("SR-01")
@pytest.mark.parametrize(
    ("readings_c", "in_session", "fault", "least_mc"),
    [
        pytest.param(OVER_C, True, "over_temperature", 43_000, id="43"),
        pytest.param((BEYOND_C,), True, "absolute_temperature", 45_000, id="45-in-a-session"),
        pytest.param((BEYOND_C,), False, "absolute_temperature", 45_000, id="45-idle"),
    ],
)
def test_over_temperature(
    bench: Bench,
    operator: Operator,
    readings_c: tuple[float, ...],
    in_session: bool,
    fault: str,
    least_mc: int,
) -> None:
    operator.do("warm")
    if in_session:
        bench.start()

    trips_by_the_last(bench, operator, readings_c)

    tripped(bench, operator, fault)
    entry = [one for one in bench.client.journal()["entries"] if one["kind"] == "fault"][-1]
    assert entry["fault"] == fault
    assert entry["temp_mc"] >= least_mc
    operator.do("box2_off")


@pytest.mark.requirement("SR-01")
def test_just_below_the_cutoff_the_session_goes_on(bench: Bench, operator: Operator) -> None:
    operator.do("warm")
    bench.start()

    operator.box2(NEAR_C)
    with pytest.raises(DeviceTimeoutError):
        bench.fault(_WATCHED_S)

    told = bench.client.status()
    assert (told.state, told.master, told.heat) == ("running", True, False)
    assert told.temp_mc == pytest.approx(NEAR_C * 1000, abs=300)


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize("how", ["open", "short"])
def test_a_sensor_that_is_broken_or_shorted(bench: Bench, operator: Operator, how: str) -> None:
    bench.start()
    assert operator.sees("lamp")

    operator.do(how)

    tripped(bench, operator, f"sensor_{how}")
    assert bench.client.status().temp_mc is None
    operator.do("plug")


@pytest.mark.requirement("SR-12")
@pytest.mark.requirement("SR-20")
def test_the_emergency_stop_and_that_only_the_button_clears_it(
    bench: Bench, operator: Operator
) -> None:
    bench.start()

    operator.do("estop")

    tripped(bench, operator, "emergency_stop")
    assert operator.reads("estop_ms") <= 120
    operator.do("hold")
    assert bench.client.status().state == "fault"
    operator.do("estop_release")
    operator.do("hold")
    assert bench.until(lambda now: now.state == "idle").fault is None


@pytest.mark.requirement("SR-11")
def test_a_supply_that_is_lost(bench: Bench, operator: Operator) -> None:
    bench.start()
    operator.do("supply_off")
    tripped(bench, operator, "supply_lost")


@pytest.mark.requirement("SR-10")
def test_a_pad_relay_that_does_not_open(bench: Bench, operator: Operator) -> None:
    operator.do("warm")
    bench.start()
    assert not operator.sees("lamp")

    operator.do("weld")

    assert bench.fault() == "heat_welded"
    assert not bench.client.status().master
    operator.do("weld_off")
