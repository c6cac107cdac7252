"""The dead-man (SR-14): a PIO state machine holds MASTER high for 250 ms after each token.

The CPU never drives MASTER (GP10) itself; MASTER_PUMP (GP9) is the same permission as a 1 kHz
square wave. X counts what is left in steps of 50 µs on average. Every step pulls: an empty FIFO
hands X back, a token replaces X, so that tokens never add up, and a zero is off within 50 µs.
"""

# ruff: noqa: F821

import rp2
from machine import Pin

from .pins import MASTER_PUMP

# 202 cycles a half-wave of 0.5 ms: two, and ten steps of 20.
_CLOCK_HZ = 404_000
_TOKEN_STEPS = 5_000


@rp2.asm_pio(set_init=(rp2.PIO.OUT_LOW, rp2.PIO.OUT_LOW))
def _hold():
    label("off")
    set(pins, 0b00)
    pull(block)
    mov(x, osr)
    jmp(not_x, "off")
    wrap_target()
    set(pins, 0b11)
    set(y, 9)
    label("high")
    pull(noblock)
    mov(x, osr)
    jmp(not_x, "off")
    jmp(x_dec, "high_on")
    label("high_on")
    jmp(y_dec, "high")[15]
    set(pins, 0b10)
    set(y, 9)
    label("low")
    pull(noblock)
    mov(x, osr)
    jmp(not_x, "off")
    jmp(x_dec, "low_on")
    label("low_on")
    jmp(y_dec, "low")[15]
    wrap()


class DeadMan:
    """Takes GP9 and GP10 from whoever had them; nobody else may construct those pins again."""

    def __init__(self):
        # The divider follows from the clock as it is now: the clock is never changed later.
        self._machine = rp2.StateMachine(0, _hold, freq=_CLOCK_HZ, set_base=Pin(MASTER_PUMP))
        self._machine.active(1)
        self._put = self._machine.put

    def hold(self):
        """One token: MASTER is high for 250 ms from now."""
        self._put(_TOKEN_STEPS)

    def drop(self):
        """MASTER is low at once."""
        self._put(0)
