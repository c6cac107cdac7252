"""What differs between the chips, and where the few registers are that `machine` does not offer."""

import sys

RP2040 = "RP2040" in sys.implementation._machine
NAME = "pico" if RP2040 else "pico2"

# From the two data sheets' register lists.
_IO_BANK0 = 0x40014000 if RP2040 else 0x40028000
_INTR0 = 0x0F0 if RP2040 else 0x230
_WATCHDOG = 0x40058000 if RP2040 else 0x400D8000

SCRATCH0 = _WATCHDOG + 0x0C
SCRATCH4 = _WATCHDOG + 0x1C


def edges(pin):
    """Register and mask that hold a pin's rising and falling edges until they are cleared.

    They are latched by the pad's logic whether or not an interrupt is enabled.
    """
    return _IO_BANK0 + _INTR0 + pin // 8 * 4, 0xC << pin % 8 * 4
