"""The device's own logic on the simulated board: sessions, the user, and every named fault."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from poultice.device.fingerprint import core_fingerprint
from poultice.errors import UsageError
from poultice.virtual.options import FAULTS, SimOptions
from poultice.virtual.stores import MemoryStore
from poultice.virtual.virtual_device import VirtualDevice
from poultice_core import states
from poultice_core.limits import Limits
from tests.simulator.link import COLD, HEAT, Link, Message

# What the device must make of each fault at 100 s of a five-minute heat phase; None: nothing.
EXPECTED: dict[str, set[str | None]] = {
    "sensor_open": {"sensor_open"},
    "sensor_short": {"sensor_short"},
    "sensor_drift": {None},
    "sensor_frozen": {"sensor_frozen"},
    "sensor_noisy": {"sensor_jump"},
    "sensor_detached": {"sensor_mismatch"},
    "weld_k1": {"master_welded"},
    "weld_k2": {"heat_welded"},
    "relay_dead": {"supply_lost"},
    "supply_lost": {"supply_lost"},
    "estop": {"emergency_stop"},
    "host_lost": {None},
    "power_cut": {None},
    "late_tick": {"loop_late"},
    "tick_wrap": {None},
}


def test_a_heat_session_completes() -> None:
    link = Link()
    link.start(HEAT)
    link.until_over()
    assert link.events("complete")
    assert link.fault is None
    (entry,) = link.call("journal")["result"]["entries"]
    assert 40_000 < entry["peak_mc"] < 41_100


def test_every_fault_is_expected_to_do_something_known() -> None:
    assert set(EXPECTED) == set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.requirement("SR-20")
def test_each_named_fault(name: str) -> None:
    link = Link(f"?fault={name}@100")
    link.start(HEAT)
    link.until_over(600)
    assert link.fault in EXPECTED[name]
    if link.fault is not None:
        assert link.device.loop.guard.state == states.FAULT
        board = link.device.board
        link.device.step()
        assert not (board.k1.contact and board.k2.contact)
    assert link.device.alive is (name != "power_cut")
    assert link.device.host_lost is (name == "host_lost")


@pytest.mark.parametrize(
    ("query", "seconds", "limit_s", "fault"),
    [
        ("?sensor_b=0&fault=sensor_detached@100", 300, 600, "sensor_detached"),
        ("?sensor_b=0&fault=sensor_drift@100", 300, 600, None),
        ("?sensor_b=0&fault=sensor_open@100", 300, 600, "sensor_open"),
        # Without SENSE a weld is found by its heat.
        ("?sense=0&fault=weld_k2@200", 600, 900, "heat_welded"),
        # From the start, before the first heat.
        ("?fault=relay_dead@boot", 300, 60, "supply_lost"),
        ("?fault=weld_k2@boot", 300, 60, "heat_welded"),
    ],
)
def test_what_a_lesser_device_finds_and_what_is_there_from_the_start(
    query: str, seconds: int, limit_s: float, fault: str | None
) -> None:
    link = Link(query)
    link.start({**HEAT, "target_mc": 40_000, "duration_s": seconds})
    link.until_over(limit_s)
    assert link.fault == fault


@pytest.mark.requirement("SR-07")
def test_an_open_sensor_drops_heat_in_the_tick_that_sees_it() -> None:
    link = Link("?fault=sensor_open@20")
    link.start(HEAT)
    device = link.device
    heating = False
    while device.loop.inputs.code_x8_a <= Limits().code_max * 8:
        heating = device.loop.guard.heated_now()
        device.step()
    assert heating
    assert not device.loop.guard.heated_now()


@pytest.mark.parametrize("name", ["estop", "sensor_open", "sensor_short"])
def test_a_fault_before_power_up_leaves_nothing_to_start(name: str) -> None:
    link = Link(f"?fault={name}@boot")
    answer = link.call("arm", plan={"name": "x", "phases": [HEAT]})
    assert answer["error"]["message"] in ("fault_active", "not_ready")


def test_the_wrap_comes_when_asked_and_changes_nothing() -> None:
    plain, wrapped = Link(), Link("?fault=tick_wrap@100")
    ticks = []
    for link in (plain, wrapped):
        link.start(HEAT)
        link.until_over()
        ticks.append(link.device.board.ticks_ms())
    assert ticks[1] < ticks[0]
    assert plain.raw == wrapped.raw


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("", "", True),
        ("?seed=9&fault=sensor_noisy@30", "?seed=9&fault=sensor_noisy@30", True),
        ("?cooler=0", "?cooler=0", True),
        ("?seed=1", "?seed=2", False),
    ],
)
def test_the_seed_alone_decides_what_is_said(one: str, two: str, same: bool) -> None:
    said = []
    for query in (one, two):
        link = Link(query)
        link.start(COLD, HEAT)
        link.wait(120)
        said.append(link.raw)
    assert (said[0] == said[1]) == same
    assert len(said[0]) > 10_000


# --- flash ------------------------------------------------------------------------------


@pytest.mark.requirement("SR-05")
def test_a_power_cut_is_in_the_journal_of_the_next_boot() -> None:
    store = MemoryStore()
    first = Link("?fault=power_cut@30", store)
    first.start(HEAT)
    first.until_over(60)
    assert not first.device.alive
    second = Link("", store)
    entries = second.call("journal")["result"]["entries"]
    assert [e["outcome"] for e in entries if e["kind"] == "session"] == ["power_lost"]
    answer = second.call("arm", plan={"name": "x", "phases": [HEAT]})
    assert answer["error"]["message"] == "rest_required"


def test_state_lives_in_a_directory(tmp_path: Path) -> None:
    for expected in (1, 2):
        link = Link(f"?state={tmp_path / 'flash'}")
        link.start({**HEAT, "duration_s": 30})
        link.wait(5)
        link.call("stop")
        link.wait(1)
        entries = link.call("journal")["result"]["entries"]
        assert len([e for e in entries if e["kind"] == "session"]) == expected


def test_state_that_cannot_be_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="file"):
        VirtualDevice(SimOptions(state=tmp_path / "file" / "flash"))


def test_options_are_the_devices_configuration() -> None:
    link = Link("?pad=0.08&sensor_b=0&cooler=0&two_point=0")
    hello = link.call("hello")["result"]
    assert hello["features"] == {"cooler": False, "sensor_b": False, "sense": True}
    assert hello["limits"]["heat_target_max_mc"] == 40_000
    assert link.call("get_config")["result"]["density_mw_cm2"] == 80
    assert link.fault is None


# --- the user ---------------------------------------------------------------------------


def state(link: Link) -> str:
    return states.NAMES[link.device.loop.guard.state]


@pytest.mark.parametrize(
    ("query", "until_s", "then"), [("", 4.5, "running"), ("?user=absent", 59, "idle")]
)
def test_a_start_left_to_the_button_is_pressed_after_5_s_where_somebody_is_there(
    query: str, until_s: float, then: str
) -> None:
    link = Link(query)
    link.arm(HEAT)
    link.wait(until_s)
    assert state(link) == "armed"
    link.wait(2)
    assert state(link) == then


def test_packs_are_laid_on_and_taken_off_at_the_prompts() -> None:
    link = Link("?cooler=0")
    link.start(COLD)
    link.wait(0.2)
    seen = []
    while link.device.in_session:
        seen.append((state(link), link.device.plant.pack_on))
        link.wait(0.1)
    assert [each for each, _ in itertools.groupby(seen)][:5] == [
        ("waiting", False),
        ("waiting", True),
        ("running", True),
        ("waiting", True),
        ("waiting", False),
    ]
    link.wait(1)
    assert link.events("complete")


def test_the_pack_goes_on_even_where_the_host_answers() -> None:
    link = Link("?cooler=0")
    link.start(COLD)
    link.wait(0.2)
    assert link.call("confirm")["result"] == {}
    assert not link.device.plant.pack_on
    link.wait(6)
    assert link.device.plant.pack_on
    assert state(link) == "running"


@pytest.mark.requirement("SR-23")
def test_nobody_takes_the_pack_off() -> None:
    link = Link("?cooler=0&user=absent")
    link.start(COLD)
    link.wait(0.2)
    link.device.plant.lay_pack()
    assert link.call("confirm")["result"] == {}
    link.wait(100)
    link.until_over()
    assert link.device.plant.pack_on
    assert link.events("stopped")[0]["reason"] == "prompt_timeout"


def test_a_pack_still_on_after_a_stop_is_taken_off() -> None:
    link = Link("?cooler=0")
    link.start(COLD)
    link.wait(30)
    link.call("stop")
    assert link.device.plant.pack_on
    link.wait(6)
    assert not link.device.plant.pack_on


def test_a_pending_configuration_is_held_for() -> None:
    link = Link()
    assert link.call("set_config", offset_mc=500)["result"]["pending"] is True
    link.wait(10)
    config: Message = link.call("get_config")["result"]
    assert config["offset_mc"] == 500
    assert "pending" not in config


def test_it_tells_which_core_it_runs() -> None:
    assert Link().call("hello")["result"]["core"] == core_fingerprint()


# --- what befalls it --------------------------------------------------------------------


def test_a_lost_host_is_told_nothing_more_and_its_attended_session_stops() -> None:
    link = Link("?fault=host_lost@30")
    link.start(HEAT, attended_s=10)
    link.wait(60)
    assert link.device.host_lost
    assert not link.device.in_session
    assert link.device.host_bytes_out() == b""
    page = link.device.loop.memory.page(0, 64)
    while not page.step():
        pass
    assert json.loads(page.body())["entries"][-1]["reason"] == "attended"


def test_power_cut_stops_everything() -> None:
    link = Link("?fault=power_cut@5")
    link.start(HEAT)
    link.wait(6)
    now_s = link.device.now_s
    link.wait(10)
    assert link.device.now_s == now_s
    assert not link.device.in_session


def test_a_planned_reboot_comes_back_as_one() -> None:
    link = Link()
    link.call("reboot", into="app")
    link.wait(1)
    assert link.call("hello")["result"]["reset_cause"] == "reboot"
    link.call("reboot", into="bootloader")
    link.wait(1)
    assert not link.device.alive


def test_run_on_is_bounded() -> None:
    link = Link("?user=absent")
    link.start(HEAT)
    link.device.run_on()
    assert not link.device.in_session
    assert link.device.now_s < 400
