"""The configuration: its bounds, the way into force, what a lost one means."""

from __future__ import annotations

import pytest

from poultice_core import messages
from poultice_core.config import default
from poultice_core.limits import Limits
from tests.core.rig import Rig, RigStore, plan

DEFAULT = {
    "offset_mc": 0,
    "density_mw_cm2": 100,
    "cooler": False,
    "sensor_b": True,
    "sense": True,
    "two_point": False,
}


def test_a_new_board_assumes_the_worst() -> None:
    rig = Rig()
    assert rig.result("get_config") == DEFAULT == default()
    assert rig.result("hello")["features"] == {"cooler": False, "sensor_b": True, "sense": True}


@pytest.mark.parametrize(
    ("name", "low", "high"), [("offset_mc", -300, 2000), ("density_mw_cm2", 30, 100)]
)
def test_each_number_has_its_bounds(name: str, low: int, high: int) -> None:
    rig = Rig()
    for value in (low, high):
        assert rig.result("set_config", {name: value})[name] == value
    for value in (low - 1, high + 1):
        error = rig.error("set_config", {name: value})
        assert error["code"] == messages.INVALID_PARAMS
        assert error["data"]["param"] == name
        assert set(error["data"]) == {"param", "expected"}


@pytest.mark.parametrize(
    "changes",
    [
        {"offset_mc": 1.0},
        {"offset_mc": True},
        {"offset_mc": "0"},
        {"offset_mc": None},
        {"cooler": 1},
        {"sense": None},
        {"two_point": "true"},
        {"table": "B3435"},
        {"pending": True},
        {"heat_cutoff_mc": 50_000},
        [],
        [1],
        "x",
    ],
)
def test_what_is_no_configuration_is_refused(changes: object) -> None:
    rig = Rig()
    error = rig.error("set_config", changes)
    assert error["code"] == messages.INVALID_PARAMS
    assert set(error["data"]) == {"param", "expected"}
    assert rig.result("get_config") == DEFAULT


def test_it_waits_for_the_button_and_survives_power_meanwhile() -> None:
    rig = Rig()
    answer = rig.result("set_config", {"cooler": True, "density_mw_cm2": 50})
    assert answer == DEFAULT | {"cooler": True, "density_mw_cm2": 50, "pending": True}
    again = Rig(rig.board.store)
    assert again.result("get_config") == DEFAULT | {"pending": True}
    assert not again.guard.cooler
    # A second change is made to the one that waits.
    answer = again.result("set_config", {"two_point": True})
    assert answer["cooler"] is True
    again.hold(3000)
    again.until("idle")
    in_force = DEFAULT | {"cooler": True, "density_mw_cm2": 50, "two_point": True}
    assert again.result("get_config") == in_force
    assert again.result("hello")["features"]["cooler"] is True
    entry = again.entries()[-1]
    assert set(entry) == {"n", "kind", "config", "t_ms", "unix_s"}
    assert (entry["kind"], entry["config"]) == ("config", in_force)
    assert Rig(rig.board.store).result("get_config") == in_force


def test_a_hold_shorter_than_three_seconds_leaves_it_waiting() -> None:
    rig = Rig()
    rig.result("set_config", {"cooler": True})
    rig.hold(2500)
    assert rig.result("get_config")["pending"] is True


@pytest.mark.parametrize("state", ["armed", "running"])
def test_it_is_for_idle_only(state: str) -> None:
    rig = Rig()
    rig.result("set_config", {"cooler": True})
    if state == "running":
        rig.start(plan(("heat", 40_000, 60)))
        rig.tick()
    else:
        rig.result("arm", {"plan": plan(("heat", 40_000, 60))})
    error = rig.error("set_config", {"cooler": False})
    assert (error["code"], error["data"]) == (1, {"state": state, "states": ["idle"]})


@pytest.mark.requirement("SR-01")
@pytest.mark.parametrize("offset_mc", [-300, 0, 2000])
def test_the_offset_is_in_every_reading(offset_mc: int) -> None:
    rig = Rig()
    plain = rig.result("status")
    rig.configure(offset_mc=offset_mc)
    status = rig.result("status")
    assert status["temp_mc"] == plain["temp_mc"] + offset_mc
    assert status["temp_b_mc"] == plain["temp_b_mc"] + offset_mc
    # The cutoff sees it too.
    rig.board.set_mc(45_050 - offset_mc)
    rig.tick()
    assert rig.fault == "absolute_temperature"


@pytest.mark.requirement("SR-24")
def test_rest_budget_and_totals_outlive_a_new_configuration() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 300)))
    rig.ticks(720)
    rig.result("stop")
    rig.tick()
    level_uj = rig.guard.budget.level_uj
    rest_s = rig.result("status")["rest_heat_s"]
    rig.configure(density_mw_cm2=30)
    assert level_uj <= rig.guard.budget.level_uj <= level_uj + 35 * 10_000
    assert rest_s - 10 <= rig.result("status")["rest_heat_s"] <= rest_s
    assert rig.result("status")["dose_m"] is not None


def test_without_b_there_is_less_heat() -> None:
    rig = Rig()
    rig.configure(sensor_b=False, two_point=True)
    limits = Limits().under(False, True)
    assert rig.result("status")["temp_b_mc"] is None
    for target_mc, duration_s, name in (
        (limits.heat_target_max_mc + 1, 60, "heat_target_max_mc"),
        (40_000, limits.heat_session_s + 1, "heat_session_s"),
    ):
        error = rig.error("arm", {"plan": plan(("heat", target_mc, duration_s))})
        assert (error["code"], error["data"]["limit"]) == (2, name)
    body = plan(("heat", limits.heat_target_max_mc, limits.heat_session_s))
    assert "token" in rig.result("arm", {"plan": body})


@pytest.mark.requirement("SR-15", "SR-20")
@pytest.mark.parametrize("name", ["config", "pending"])
@pytest.mark.parametrize(
    "data", [b"", b"{}", messages.seal(b"[1]"), messages.seal(b'{"offset_mc":9999}')]
)
def test_a_lost_configuration_is_a_fault_and_the_safe_one_stands_in(name: str, data: bytes) -> None:
    store = RigStore()
    Rig(store)
    store.files[name] = data
    rig = Rig(store)
    assert (rig.state, rig.fault) == ("fault", "config_lost")
    assert {k: v for k, v in rig.result("get_config").items() if k != "pending"} == DEFAULT
    rig.result("clear_fault", {"fault": "config_lost"})
    assert rig.state == "idle"
