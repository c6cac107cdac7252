"""The button's level, judged by a PIO state machine: it counts once it has stood for 30 ms.

The machine looks at the pin every 5 µs and begins anew at every other level it sees, so that hum
on the wire (50 or 60 Hz, any square wave above 17 Hz, glitches of any rhythm) is no press,
however often or seldom the loop looks. What stood is queued: a short press between two ticks is
not lost.
"""

# ruff: noqa: F821

import rp2
from machine import Pin

from .pins import BUTTON

_CLOCK_HZ = 400_000
# Two cycles a look.
_LOOKS = 30 * 400 // 2


@rp2.asm_pio()
def _stood():
    pull(block)
    wrap_target()
    wait(1, pin, 0)
    label("up")
    mov(x, osr)
    label("rising")
    jmp(pin, "high")
    jmp("up")
    label("high")
    jmp(x_dec, "rising")
    push(block)
    wait(0, pin, 0)
    label("down")
    mov(x, osr)
    label("low")
    jmp(pin, "down")
    jmp(x_dec, "low")
    in_(x, 1)
    push(block)
    wrap()


class Debounced:
    """The button. It counts as pressed until it has been let go for 30 ms for the first time: one
    that is held, or hums, from the start on has never been pressed."""

    def __init__(self):
        pin = Pin(BUTTON, Pin.IN, Pin.PULL_UP)
        self._machine = rp2.StateMachine(1, _stood, freq=_CLOCK_HZ, in_base=pin, jmp_pin=pin)
        self._machine.put(_LOOKS)
        self._machine.active(1)
        self._waiting = self._machine.rx_fifo
        self._next = self._machine.get
        self._pressed = True

    def pressed(self):
        """Once a tick: the level that stood, one change a call, in their order."""
        if self._waiting():
            self._pressed = self._next() == 1
        return self._pressed
