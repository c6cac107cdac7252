"""Power-up of the release image: the relay pins first, then everything else."""

from __future__ import annotations

import random

import pytest
from littlefs import LittleFS, UserContext

from poultice.device.uf2 import image_path
from poultice.virtual.emulator.bench import BUTTON, WATCHED
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.emulator.flash import FILES_START, FLASH_BYTES, FlashStore, load_image
from poultice.virtual.options import SimOptions
from tests.emulator.link import Link


@pytest.mark.requirement("SR-15")
def test_no_relay_pin_is_ever_high_from_power_up_to_idle_and_idle_comes_within_a_second() -> None:
    link = Link()

    link.boot()
    link.wait(0.5)

    assert link.status()["state"] == "idle"
    assert link.status()["t_ms"] < 2_000
    first_idle = next(
        m["params"]["t_ms"]
        for m in link.heard
        if m.get("method") == "telemetry" and m["params"]["state"] == "idle"
    )
    assert first_idle <= 1_000
    assert link.device.chip.edges == []
    assert link.device.chip.resets == []


@pytest.mark.requirement("SR-15")
def test_an_erased_flash_is_formatted_and_is_a_new_device() -> None:
    device = EmulatedDevice(SimOptions(), flash=load_image(image_path()))
    link = Link(restored=device)

    link.boot()

    hello = link.call("hello")["result"]
    assert link.status()["state"] == "idle"
    assert hello["features"] == {"cooler": False, "sensor_b": True, "sense": True}
    assert hello["reset_cause"] == "power_on"
    assert device.chip.edges == []


@pytest.mark.requirement("SR-05")
def test_a_file_system_that_does_not_mount_is_journal_lost_and_the_device_still_talks() -> None:
    flash = load_image(image_path())
    flash[FILES_START : FILES_START + 16_384] = random.Random(7).randbytes(16_384)
    link = Link(restored=EmulatedDevice(SimOptions(), flash=flash))

    link.boot()

    assert link.status()["fault"] == "journal_lost"
    assert link.device.chip.edges == []


def file_system(size_bytes: int) -> bytes:
    """What stock MicroPython leaves in the flash's last `size_bytes`: littlefs, and files in it."""
    context = UserContext(size_bytes)
    files = LittleFS(context, block_size=4096, prog_size=256, block_count=size_bytes // 4096)
    for name in ("boot.py", "main.py"):
        with files.open(name, "wb") as file:
            file.write(b"import time\nwhile True:\n    time.sleep(1)\n")
    files.unmount()
    return bytes(context.buffer)


def test_a_pico_that_had_stock_micropython_is_a_new_device_whose_files_do_nothing() -> None:
    flash = load_image(image_path())
    flash[FILES_START:] = file_system(FLASH_BYTES - FILES_START)
    link = Link(restored=EmulatedDevice(SimOptions(), flash=flash))

    link.boot()

    assert (link.status()["state"], link.status()["fault"]) == ("idle", None)


@pytest.mark.requirement("SR-05")
def test_a_pico_w_that_had_stock_micropython_has_lost_a_journal_for_all_that_is_known() -> None:
    """Its program is larger and its file system smaller: 848 KB (MicroPython's RPI_PICO_W). Where
    ours begins lies what is left of the program, which is no erased flash."""
    flash = load_image(image_path())
    begins = FLASH_BYTES - 848 * 1024
    flash[FILES_START:begins] = random.Random(9).randbytes(begins - FILES_START)
    flash[begins:] = file_system(FLASH_BYTES - begins)
    link = Link(restored=EmulatedDevice(SimOptions(), flash=flash))

    link.boot()

    assert link.status()["fault"] == "journal_lost"


@pytest.mark.requirement("SR-05")
def test_a_journal_of_noise_is_journal_lost() -> None:
    device = EmulatedDevice(SimOptions())
    flash = device.flash
    FlashStore(flash).save("journal", random.Random(8).randbytes(900))
    link = Link(restored=EmulatedDevice(SimOptions(), flash=flash))

    link.boot()

    assert link.status()["fault"] == "journal_lost"


def test_an_emergency_stop_that_is_open_at_power_up_is_a_fault_at_once() -> None:
    link = Link("fault=estop@boot")

    link.boot()

    assert link.status()["fault"] == "emergency_stop"
    assert link.device.chip.edges == []


def test_the_button_held_at_power_up_leads_to_the_prompt_with_the_relays_off() -> None:
    link = Link("user=absent")
    link.device.board.button_down = True
    link.device.chip.drive(BUTTON, False)
    said = b""
    link.wait(0.5)
    link.device.board.button_down = False

    link.device.host_bytes_in(b"\r\nprint(6 * 7)\r\n")
    for _ in range(500):
        link.device.step_ms()
        said += link.device.host_bytes_out()

    assert b"42\r\n" in said
    assert not any(link.device.chip.levels[pin] for pin in WATCHED)
    link.wait(5.0)
    assert link.device.chip.resets == []
