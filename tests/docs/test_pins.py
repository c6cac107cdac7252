"""The table of pins, the firmware, and the emulated bench name the same pins."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINS = ROOT / "firmware/pico/poultice_pico/pins.py"
PAGE = ROOT / "docs/reference/pins.md"
CONTRACT = ROOT / "docs/design/hardware.md"

# Header pins of a Pico and a Pico 2, from Raspberry Pi's pinout.
HEADER = {9: 12, 10: 14, 11: 15, 12: 16, 16: 21, 17: 22, 18: 24, 20: 26, 22: 29, 26: 31, 27: 32}


def firmware() -> dict[str, int]:
    return {
        name: int(number)
        for name, number in re.findall(r"^(\w+) = const\((\d+)\)", PINS.read_text(), re.M)
    }


def page() -> dict[str, tuple[int, int]]:
    rows = re.findall(r"^\| `(\w+)` \| GP(\d+) \| (\d+) \|", PAGE.read_text(encoding="utf-8"), re.M)
    return {name: (int(number), int(header)) for name, number, header in rows}


def test_the_page_has_the_firmwares_pins() -> None:
    assert {name: number for name, (number, _) in page().items()} == firmware()


def test_header_pins_are_those_of_the_board() -> None:
    assert dict(page().values()) == HEADER


def test_the_contract_has_the_firmwares_pins() -> None:
    # The last one named: the LED's first is the board's own.
    rows = re.findall(r"^\| `(\w+)`[^|]*\|[^|]*GP(\d+)", CONTRACT.read_text(encoding="utf-8"), re.M)
    assert {name: int(number) for name, number in rows} == firmware()


def test_outputs_are_driven_low_by_the_first_files() -> None:
    names = ("MASTER", "MASTER_PUMP", "HEAT", "COOL")
    relays = {firmware()[name] for name in names}
    for file in ("_boot.py", "boot.py"):
        text = (ROOT / "firmware/pico" / file).read_text()
        driven = re.findall(r"^Pin\((\d+), Pin.OUT, value=0\)$", text, re.M)
        assert {int(number) for number in driven} == relays


def test_the_emulated_bench_is_wired_to_them() -> None:
    pytest.importorskip("rp2040py")
    pytest.importorskip("littlefs")
    from poultice.virtual.emulator import bench

    pins = firmware()
    for name in ("MASTER", "HEAT", "COOL", "BUTTON", "ESTOP", "SENSE"):
        assert getattr(bench, name) == pins[name]
    assert pins["MASTER_PUMP"] == bench.PUMP
