"""What it says of itself, and that it starts with every relay off."""

from __future__ import annotations

import pytest

import poultice
from poultice_core import config
from poultice_core.limits import Limits
from poultice_core.settings import Settings
from tests.hardware.bench import Bench
from tests.hardware.operator import Operator
from tests.hardware.resistors import REST_C


def test_hello_is_this_device_with_this_release_and_its_limits(bench: Bench) -> None:
    hello = bench.client.hello()

    assert (hello.protocol, hello.firmware) == (1, poultice.__version__)
    assert hello.features == {"cooler": False, "sensor_b": True, "sense": True}
    assert hello.limits == Limits().under(Settings(config.default())).reported()


def test_its_own_checks_find_everything_fitted_and_well(bench: Bench) -> None:
    told = bench.client.self_test()
    assert set(told["checks"].values()) == {"ok"}, told


def test_the_sensors_read_what_the_resistors_stand_for(bench: Bench) -> None:
    told = bench.client.status()
    assert told.temp_mc == pytest.approx(REST_C * 1000, abs=300)
    # 6.2 kΩ of 1 % is 36.2 °C, give or take a quarter of a degree.
    assert told.temp_b_mc == pytest.approx(REST_C * 1000, abs=600)


@pytest.mark.requirement("SR-15")
def test_no_relay_pin_is_high_from_power_up_to_idle(bench: Bench, operator: Operator) -> None:
    bench.disconnect()
    operator.do("watch")
    operator.do("power_cut")
    bench.connect()

    assert bench.client.status().state == "idle"
    assert bench.client.hello().reset_cause == "power_on"
    assert not operator.sees("edges")
