"""What differs between the chips, and where the few registers are that `machine` does not offer."""

import sys

from machine import ADC

RP2040 = "RP2040" in sys.implementation._machine
NAME = "pico" if RP2040 else "pico2"

# From the two data sheets' register lists.
_IO_BANK0 = 0x40014000 if RP2040 else 0x40028000
_INTR0 = 0x0F0 if RP2040 else 0x230
_WATCHDOG = 0x40058000 if RP2040 else 0x400D8000

# ADC3 of a Pico is a third of its supply. Of a Pico W it is nothing as long as GP25 is low:
# Raspberry Pi's "Connecting to the Internet with Pico W", 2.4. A tenth of a volt tells them apart.
_SUPPLY = 3
_NO_SUPPLY = 2_048

ADC_CS = 0x4004C000 if RP2040 else 0x400A0000
SCRATCH0 = _WATCHDOG + 0x0C
SCRATCH4 = _WATCHDOG + 0x1C


def has_radio():
    """Is this a W board? The image does not say: ours runs on both. Asked before anything drives
    GP25, and without setting up a pin of the radio's."""
    return " W with " in sys.implementation._machine or ADC(_SUPPLY).read_u16() < _NO_SUPPLY


def edges(pin):
    """Register and mask that hold a pin's rising and falling edges until they are cleared.

    They are latched by the pad's logic whether or not an interrupt is enabled.
    """
    return _IO_BANK0 + _INTR0 + pin // 8 * 4, 0xC << pin % 8 * 4
