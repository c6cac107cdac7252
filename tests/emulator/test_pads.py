"""How the pins are set up on the chip."""

from __future__ import annotations

import pytest

from poultice.emulator.device import EmulatedDevice
from poultice.fingerprint import core_fingerprint
from tests.emulator.link import Link

LED, BOARD_LED, SUPPLY = 22, 25, 3
RADIO = (23, 24, 25, 29)
RESET_PAD, INPUT_ENABLE, PULL_UP, PULL_DOWN = 0x56, 0x40, 0x08, 0x04
NO_FUNCTION = 0x1F


def pad(device: EmulatedDevice, pin: int) -> int:
    """PADS_BANK0's register, RP2040 data sheet 2.19.6.3."""
    value: int = device.chip.mcu.read_uint32(0x4001C004 + 4 * pin)
    return value


def function(device: EmulatedDevice, pin: int) -> int:
    value: int = device.chip.mcu.read_uint32(0x40014004 + 8 * pin) & 0x1F
    return value


def test_a_pico_shows_its_state_at_both_leds_and_its_thermistors_have_no_input_buffer() -> None:
    link = Link()
    link.boot()

    gpio = link.device.chip.mcu.gpio
    levels = {(gpio[LED].value, gpio[BOARD_LED].value) for _ in range(150) if not link.wait(0.02)}

    assert len(levels) == 2, "one is lit where the other is not, or neither ever blinks"
    for sensor in (26, 27):
        assert pad(link.device, sensor) & (INPUT_ENABLE | PULL_UP | PULL_DOWN) == 0
    for pin, pull in ((16, PULL_UP), (17, PULL_UP), (20, PULL_DOWN)):
        assert pad(link.device, pin) & (INPUT_ENABLE | PULL_UP | PULL_DOWN) == INPUT_ENABLE | pull


def test_a_w_board_leaves_the_radios_pins_as_they_were() -> None:
    link = Link()
    link.device.chip.mcu.adc.channel_values[SUPPLY] = 25  # 0.02 V
    link.boot()

    gpio = link.device.chip.mcu.gpio
    assert len({gpio[LED].value for _ in range(150) if not link.wait(0.02)}) == 2
    for pin in RADIO:
        assert pad(link.device, pin) == RESET_PAD
        assert function(link.device, pin) == NO_FUNCTION


@pytest.mark.requirement("SR-15")
def test_the_image_tells_which_sources_of_the_core_it_was_built_from() -> None:
    link = Link()
    link.boot()

    assert link.call("hello")["result"]["core"] == core_fingerprint()
