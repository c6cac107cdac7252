"""A processor that stops; and restarts of every kind."""

from __future__ import annotations

import pytest

from poultice.virtual.emulator.bench import BUTTON, HEAT, MASTER, MS_NS, PUMP, RELAYS
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from tests.emulator.copies import heating, idle, on_a_copy
from tests.emulator.link import HEAT as HEAT_PHASE
from tests.emulator.link import Link


@pytest.mark.requirement("SR-14")
@on_a_copy(heating)
def test_a_hung_processor_is_off_by_the_dead_man_and_restarted_into_a_fault(link: Link) -> None:
    chip = link.device.chip

    link.device.hang()
    hung_ns = chip.now_ns
    link.wait(0.4)
    falls = {pin: at - hung_ns for at, pin, up in chip.edges if at > hung_ns and not up}
    assert falls[MASTER] <= 350 * MS_NS
    assert not chip.levels[PUMP]
    assert not link.device.board.energised
    assert chip.resets == []

    assert link.until(lambda: chip.resets, 2.5)
    assert chip.resets[0][1] == "watchdog"
    restarted_ns = chip.resets[0][0]
    assert not any(chip.levels.values())
    link.heard.clear()
    link.boot()

    link.wait(0.3)
    told = link.status()
    assert (told["state"], told["fault"]) == ("fault", "watchdog_reset")
    boot = link.events("boot")[0]
    assert (boot["reset_cause"], boot["fault"]) == ("watchdog", "watchdog_reset")
    assert link.call("clear_fault", fault="watchdog_reset")["error"]["data"]["clear"] == "button"
    link.wait(1.0)
    assert not [e for e in chip.edges if e[0] > restarted_ns]
    assert len(chip.resets) == 1


@on_a_copy(idle)
def test_a_planned_restart_is_no_fault(link: Link) -> None:
    assert "result" in link.call("reboot", into="app")
    assert link.until(lambda: link.device.chip.resets, 1.0)
    link.boot()

    assert link.status()["state"] == "idle"
    assert link.call("hello")["result"]["reset_cause"] == "reboot"
    assert link.device.chip.edges == []


@pytest.mark.requirement("SR-14")
def test_a_soft_reset_with_the_pad_live_drops_every_relay() -> None:
    link = Link("user=absent")
    link.device.board.button_down = True
    link.device.chip.drive(BUTTON, False)
    link.wait(0.5)
    link.device.board.button_down = False
    chip = link.device.chip
    link.device.host_bytes_in(
        b"\r\nfrom machine import Pin\r\n"
        b"Pin(11, Pin.OUT).on()\r\n"
        b"from poultice_pico.deadman import DeadMan\r\n"
        b"d = DeadMan()\r\n"
        b"d.hold()\r\n"
    )
    assert link.until(lambda: chip.levels[MASTER] and chip.levels[HEAT], 2.0)

    link.device.host_bytes_in(b"\x04")
    at_ns = chip.now_ns
    assert link.until(lambda: not chip.levels[MASTER] and not chip.levels[HEAT], 0.3)

    link.wait(0.5)
    assert not [e for e in chip.edges if e[0] > at_ns and e[1] in RELAYS and e[2]]
    assert chip.now_ns - at_ns < 1e9


@pytest.mark.requirement("SR-05")
@pytest.mark.requirement("SR-06")
@on_a_copy(heating)
def test_a_power_cut_while_heating_is_no_resume_counts_in_full_and_asks_for_rest(
    link: Link,
) -> None:
    device: EmulatedDevice = link.device

    device.cut_power()
    for _ in range(300):
        device.step_ms()
    assert not device.board.energised
    device.restore_power()
    link = Link(restored=device)
    link.boot()
    link.wait(1.0)

    told = link.status()
    assert (told["state"], told["fault"], told["session"]) == ("idle", None, None)
    assert told["rest_heat_s"] > 1_000
    assert told["budget_pct"] < 10
    assert device.chip.edges == []
    entry = link.call("journal")["result"]["entries"][-1]
    assert (entry["kind"], entry["outcome"]) == ("session", "power_lost")
    plan = {"name": "again", "phases": [HEAT_PHASE]}
    assert link.call("arm", plan=plan)["error"]["message"] == "rest_required"


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize("after_ms", [15, 70, 110])
@on_a_copy(idle)
def test_a_power_cut_while_the_intent_is_written_never_loses_the_journal(
    link: Link, after_ms: int
) -> None:
    plan = {"name": "torn", "phases": [HEAT_PHASE]}
    token = link.call("arm", plan=plan)["result"]["token"]
    link.ask("start", token=token)
    link.wait(after_ms / 1000)

    link.device.cut_power()
    link.device.restore_power()
    link = Link(restored=link.device)
    link.boot()

    told = link.status()
    assert (told["state"], told["fault"]) == ("idle", None)
    assert link.device.chip.edges == []
