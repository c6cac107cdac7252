"""How the pins are set up on the chip."""

from __future__ import annotations

import pytest
from rp2040py.gpio_pin import GPIOPinState

from poultice.device.fingerprint import core_fingerprint
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from tests.emulator.link import Link

LED, BOARD_LED, SUPPLY = 22, 25, 3
RADIO = (23, 24, 25, 29)
INPUT_ENABLE, PULL_UP, PULL_DOWN = 0x40, 0x08, 0x04
NO_FUNCTION = 0x1F


def pad(device: EmulatedDevice, pin: int) -> int:
    """PADS_BANK0's register, RP2040 data sheet 2.19.6.3."""
    value: int = device.chip.mcu.read_uint32(0x4001C004 + 4 * pin)
    return value


def function(device: EmulatedDevice, pin: int) -> int:
    value: int = device.chip.mcu.read_uint32(0x40014004 + 8 * pin) & 0x1F
    return value


def lit(link: Link, pin: int) -> bool:
    return bool(link.device.chip.mcu.gpio[pin].value == GPIOPinState.HIGH)


def test_a_pico_shows_its_state_at_both_leds_and_its_thermistors_have_no_input_buffer() -> None:
    link = Link("fault=estop@boot")
    link.boot()

    seen = set()
    for _ in range(60):
        link.wait(0.03)
        seen.add((lit(link, LED), lit(link, BOARD_LED)))

    assert seen == {(True, True), (False, False)}
    for sensor in (26, 27):
        assert pad(link.device, sensor) & (INPUT_ENABLE | PULL_UP | PULL_DOWN) == 0
    for pin, pull in ((16, PULL_UP), (17, PULL_UP), (20, PULL_DOWN)):
        assert pad(link.device, pin) & (INPUT_ENABLE | PULL_UP | PULL_DOWN) == INPUT_ENABLE | pull


def test_a_w_board_leaves_the_radios_pins_as_they_were() -> None:
    link = Link()
    link.device.chip.mcu.adc.channel_values[SUPPLY] = 25  # 0.02 V
    before = [pad(link.device, pin) for pin in RADIO]
    link.boot()

    assert lit(link, LED)  # steady: idle
    assert [pad(link.device, pin) for pin in RADIO] == before
    assert {function(link.device, pin) for pin in RADIO} == {NO_FUNCTION}


@pytest.mark.requirement("SR-15")
def test_the_image_tells_which_sources_of_the_core_it_was_built_from() -> None:
    link = Link()
    link.boot()

    assert link.call("hello")["result"]["core"] == core_fingerprint()
