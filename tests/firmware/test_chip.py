"""What differs between the chips: for each of both, at the addresses of its data sheet."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace

import pytest

from tests.firmware.fake_machine import FakeADC, FakeTime
from tests.firmware.fake_machine import clock as clock

PICO, PICO_2 = "Raspberry Pi Pico with RP2040", "Raspberry Pi Pico 2 with RP2350"
# RP2040 data sheet: IO_BANK0, WATCHDOG, ADC; RP2350's: the same, and INTR0 behind twice the pins.
ADDRESSES = {
    PICO: ("pico", 0x4001_4000 + 0xF0, 0x4005_800C, 0x4005_801C, 0x4004_C000),
    PICO_2: ("pico2", 0x4002_8000 + 0x230, 0x400D_800C, 0x400D_801C, 0x400A_0000),
}


def chip_on(machine: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    told = vars(sys.implementation) | {"_machine": machine}
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(**told))
    sys.modules.pop("poultice_pico.chip", None)
    return importlib.import_module("poultice_pico.chip")


@pytest.mark.parametrize("machine", ADDRESSES)
def test_each_chip_has_its_own_registers(
    machine: str, clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    chip = chip_on(machine, monkeypatch)
    assert ADDRESSES[machine] == (
        chip.NAME,
        chip.edges(0)[0],
        chip.SCRATCH0,
        chip.SCRATCH4,
        chip.ADC_CS,
    )
    # Eight pins a register, four bits a pin: falling and rising edge are the upper two.
    assert chip.edges(16) == (chip.edges(0)[0] + 8, 0xC)
    assert chip.edges(17) == (chip.edges(0)[0] + 8, 0xC0)


@pytest.mark.parametrize(
    ("machine", "supply_code", "radio"),
    [
        (PICO, 33_000, False),
        (PICO_2, 33_000, False),
        # Our image on a W board: its name is the plain board's, the converter tells.
        (PICO, 300, True),
        (PICO_2, 300, True),
        # Stock MicroPython for a W board names it.
        ("Raspberry Pi Pico W with RP2040", 33_000, True),
        ("Raspberry Pi Pico 2 W with RP2350", 33_000, True),
    ],
)
def test_a_board_with_a_radio_is_told_apart(
    machine: str, supply_code: int, radio: bool, clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeADC, "code_u16", supply_code)
    assert chip_on(machine, monkeypatch).has_radio() is radio
