"""What the chip keeps on flash: a slow flash, a flash that lost bits, a restart."""

from __future__ import annotations

import random

import pytest

from poultice.virtual.emulator.bench import MASTER, MS_NS
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.emulator.flash import FILES_START
from poultice.virtual.options import SimOptions
from poultice_core import states
from tests.emulator.copies import idle, on_a_copy
from tests.emulator.link import HEAT, REST, Link
from tests.emulator.measure import Loop

SLOWEST_ERASE_MS = 400.0
BLOCK = 4096
_LATE_MS = 360.0


@pytest.fixture(scope="module")
def owing() -> bytes:
    """The flash of a device whose session was cut off, and that was idle since."""
    link = Link("user=absent")
    link.boot()
    link.heat()
    link.device.cut_power()
    link.device.restore_power()
    link = Link(restored=link.device)
    link.boot()
    assert link.status()["rest_heat_s"] > 1_000
    link.wait(1.0)
    link.device.cut_power()
    return bytes(link.device.flash)


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(("first", "last"), [(4, 40), (40, 400), (400, 1_600)])
def test_bits_lost_in_the_newest_block_of_the_files_are_no_new_device(
    owing: bytes, first: int, last: int
) -> None:
    """littlefs falls back, without a word, to what the other block of the pair says."""
    flash = bytearray(owing)
    revisions = [
        int.from_bytes(flash[at : at + 4], "little") for at in (FILES_START, FILES_START + BLOCK)
    ]
    newest = FILES_START + (BLOCK if (revisions[1] - revisions[0]) & 0x8000_0000 == 0 else 0)
    rng = random.Random(first)
    for _ in range(5):
        flash[newest + rng.randrange(first, last)] ^= 1 << rng.randrange(8)
    link = Link(restored=EmulatedDevice(SimOptions(user_present=False), flash=flash))

    link.boot()

    told = link.status()
    assert told["fault"] == "journal_lost" or told["rest_heat_s"] > 1_000, told
    assert told["budget_pct"] < 10
    assert link.device.chip.edges == []


@on_a_copy(idle)
def test_a_confirmed_configuration_is_in_force_without_a_restart(link: Link) -> None:
    assert link.call("hello")["result"]["features"]["cooler"]
    assert link.call("set_config", cooler=False)["result"]["pending"]
    link.heard.clear()

    link.device.board.button_down = True
    assert link.until(lambda: "pending" not in link.call("get_config")["result"], 5.0)
    link.device.board.button_down = False
    link.wait(0.5)

    told = {m["params"]["state"] for m in link.heard if m.get("method") == "telemetry"}
    assert told == {"idle"}
    assert not link.call("hello")["result"]["features"]["cooler"]
    entry = link.call("journal")["result"]["entries"][-1]
    assert (entry["kind"], entry["config"]["cooler"]) == ("config", False)
    assert link.device.chip.resets == []


@pytest.mark.requirement("SR-01")
@on_a_copy(idle)
def test_the_watch_of_43_degrees_outlives_a_restart_after_a_session(link: Link) -> None:
    link.heat()
    link.call("stop")
    assert "result" in link.call("reboot", into="app")
    assert link.until(lambda: link.device.chip.resets, 1.0)
    link.boot()
    assert link.status()["state"] == "idle"

    plant = link.device.plant
    plant.offset_a_c += 43.6 - plant.sensor_a_c
    plant.sensor_a_c = 43.6

    assert link.until(lambda: link.status()["fault"] == "over_temperature", 1.5)


@pytest.mark.requirement("SR-18")
@on_a_copy(idle)
def test_a_flash_as_slow_as_there_is_makes_no_fault_of_sessions_one_after_the_other(
    link: Link,
) -> None:
    loop = Loop(link.device)
    link.device.chip.flash_chip.erase_ms = SLOWEST_ERASE_MS

    for _ in range(2):
        link.start(REST, HEAT)
        assert "result" in link.call("stop", limit_s=5.0)
    # The third, which is the last before the brake, at once: a tick comes between its writes and
    # those of the second's end.
    link.start(REST, HEAT)

    assert link.status()["state"] == "running"
    assert max(loop.strays_ms()) < 1_900  # the watchdog has 2 s
    assert link.device.chip.resets == []
    entries = link.call("journal", limit_s=5.0)["result"]["entries"]
    assert not [entry for entry in entries if entry["kind"] == "fault"]


@pytest.mark.requirement("SR-18")
@on_a_copy(idle)
def test_the_save_of_the_intent_is_none_of_the_three_stalls_of_a_session(link: Link) -> None:
    link.device.chip.flash_chip.erase_ms = SLOWEST_ERASE_MS
    loop = Loop(link.device)
    link.heat()
    assert max(loop.strays_ms()) > 200  # it was a stall of the loop's

    for _ in range(2):
        link.device.chip.halt_for(_LATE_MS * MS_NS)
        link.wait(1.0)
        assert link.status()["state"] == "running"
    assert link.device.chip.levels[MASTER]
    link.device.chip.halt_for(_LATE_MS * MS_NS)
    link.wait(1.0)

    assert link.status()["fault"] == "loop_late"


@pytest.mark.requirement("SR-10")
@pytest.mark.requirement("SR-18")
def test_a_slow_save_at_the_end_does_not_forget_what_is_watched_after_a_heat_phase() -> None:
    """No SENSE: from 30 to 90 s after the phase the reading may not rise by more than 0.3 °C."""
    link = Link("user=absent&sense=0")
    plant = link.device.plant
    link.boot()
    link.heat()
    link.wait(0.5)
    link.device.chip.flash_chip.erase_ms = SLOWEST_ERASE_MS
    loop = Loop(link.device)
    link.call("stop", limit_s=5.0)
    link.pinging = False

    def warmer(passed_s: int) -> None:
        """Both relays welded on a weak pad: 0.4 °C a minute at the sensors."""
        reading_c = 39.0 + 0.4 * passed_s / 60
        plant.offset_a_c += reading_c - plant.sensor_a_c
        plant.offset_b_c += reading_c - plant.sensor_b_c
        plant.sensor_a_c = plant.sensor_b_c = reading_c

    for second in range(92):
        warmer(second)
        link.wait(1.0)
        assert link.device.overheard.guard.state in (states.IDLE, states.FAULT, states.RUNNING)
    assert max(loop.strays_ms()) > 200

    assert link.status()["fault"] == "heat_welded"
