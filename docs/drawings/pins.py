"""The pins as the firmware has them, and where they are on the board."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "firmware/pico/poultice_pico/pins.py"

# Raspberry Pi Pico and Pico 2, looked at from above with USB at the top: 1 to 20 down the left
# side, 21 to 40 up the right side. Raspberry Pi's own pinout.
GPIO_AT = {
    **dict(zip((1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 19, 20), range(16), strict=True)),
    **dict(zip((21, 22, 24, 25, 26, 27, 29), range(16, 23), strict=True)),
    **dict(zip((31, 32, 34), range(26, 29), strict=True)),
}
OTHER_AT = {
    **dict.fromkeys((3, 8, 13, 18, 23, 28, 38), "GND"),
    30: "RUN",
    33: "AGND",
    35: "ADC_VREF",
    36: "3V3",
    37: "3V3_EN",
    39: "VSYS",
    40: "VBUS",
}


def signals() -> dict[str, int]:
    """Signal name -> GPIO number, read from the firmware's source."""
    found = re.findall(r"^(\w+) = const\((\d+)\)", SOURCE.read_text(encoding="utf-8"), re.M)
    return {name: int(number) for name, number in found}


def header(gpio: int) -> int:
    """The board's pin at which this GPIO is."""
    return next(at for at, number in GPIO_AT.items() if number == gpio)


def label(at: int) -> str:
    """What is at this pin of the board, with the signal where there is one."""
    if at in OTHER_AT:
        return OTHER_AT[at]
    gpio = GPIO_AT[at]
    name = next((name for name, number in signals().items() if number == gpio), None)
    return f"GP{gpio}" if name is None else f"GP{gpio} {name}"
