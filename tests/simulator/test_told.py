"""What a simulated device is told is what its firmware knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from poultice.link.client import Client
from poultice.virtual import told
from poultice.virtual.in_process import simulated
from poultice.virtual.options import SimOptions
from poultice_core import config
from poultice_core.limits import Limits


def test_every_member_that_the_firmware_knows() -> None:
    options = SimOptions(cooler=False, sensor_b=False, two_point=False, fold_safe=False)
    members = told.configuration(options)
    assert members.pop("density_mw_cm2") == 50
    assert members.pop("sense") is True
    assert set(members.values()) == {False}
    assert told.configuration(options).keys() == config.default().keys() - {"offset_mc"}


@pytest.mark.parametrize("known", [False, True])
def test_fold_safe_is_told_to_a_firmware_that_knows_it(
    monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    default = {name: value for name, value in config.default().items() if name != "fold_safe"}
    monkeypatch.setattr(
        config, "default", lambda: {**default, "fold_safe": False} if known else default
    )
    members = told.configuration(SimOptions(fold_safe=True))
    assert members.get("fold_safe") is (True if known else None)
    assert members.keys() <= config.default().keys()


@pytest.mark.parametrize("sensor_b", [False, True])
@pytest.mark.parametrize("two_point", [False, True])
def test_limits_are_those_of_the_configuration(sensor_b: bool, two_point: bool) -> None:
    allowed = told.limits(SimOptions(sensor_b=sensor_b, two_point=two_point))
    assert allowed.keys() == Limits().reported().keys()
    assert allowed["heat_target_max_mc"] == (
        40_000 if not sensor_b else 42_000 if two_point else 41_000
    )


@pytest.mark.skipif("fold_safe" not in config.default(), reason="this core does not know it")
def test_a_pad_that_may_fold_gets_39_degrees() -> None:
    assert told.limits(SimOptions(fold_safe=False))["heat_target_max_mc"] == 39_000


@pytest.mark.parametrize(
    "query", ["", "?", "seed=281474976710657&cooler=0", "sensor_b=0&sense=0&pad=0.5&two_point=0"]
)
def test_what_it_says_of_itself_is_known_without_it(query: str) -> None:
    path = f"sim:{query}"
    with Client(simulated(path)) as client:
        assert told.hello_of(path) == client.hello()._replace(core="")


@pytest.mark.parametrize("query", ["state={}", "fault=estop@boot", "fault=host_lost@boot"])
def test_a_device_with_a_past_is_asked_itself(query: str, tmp_path: Path) -> None:
    assert told.hello_of(f"sim:?{query.format(tmp_path)}") is None
