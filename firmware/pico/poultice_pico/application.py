"""The application: a tick every 100 ms, the host in what is left of it.

`run` returns only where somebody asked for the prompt: the button held at power-up, or a reboot
into `repl`. Then the relays are off and the watchdog has not been started.
"""

import gc
import select
import sys
import time
from time import ticks_add, ticks_diff, ticks_ms

from machine import Pin, mem32
from micropython import const

from poultice_core.loop import Loop

from . import chip
from .board import PicoBoard
from .pins import BUTTON
from .restart import Cause

_TICK_MS = const(100)
# Often enough to move a tune on.
_LOOK_MS = const(30)
# What comes in this shortly before a tick is answered after it: longer than the longest piece of
# work for a line, so that the tick does not wait: a plan of 16 phases, 20 ms.
_DEAF_MS = const(30)
# Often enough that even what the densest lines leave behind is no piece of work's to collect: that
# would take it 12 ms longer.
_TICKS_A_COLLECTION = const(3)
_HELD_MS = const(50)


def run():
    """Run for ever, or return to the prompt."""
    cause = Cause()
    # A watchdog's restart must reach its latched fault, whoever leans on the button.
    if cause.into == "repl" or (cause.name == "power_on" and _button_held()):
        print("poultice: relays off, no watchdog; machine.reset() starts the application")
        return
    board = PicoBoard(cause.name)
    try:
        loop = Loop(board)
        gc.collect()
        _go_on(loop, board)
    finally:
        # Whatever it was, the watchdog restarts the chip into a latched fault from here.
        board.write(False, False, False)


def _button_held():
    button = Pin(BUTTON, Pin.IN, Pin.PULL_UP)
    edges, mask = chip.edges(BUTTON)
    mem32[edges] = mask
    if button():
        return False
    time.sleep_ms(_HELD_MS)
    # Hum on the wire is no hand.
    return not button() and mem32[edges] & mask == 0


def _go_on(loop, board):
    line = select.poll()
    line.register(sys.stdin, select.POLLIN)
    due_ms = ticks_ms()
    ticks = 0
    while True:
        loop.tick()
        due_ms = ticks_add(due_ms, _TICK_MS)
        now_ms = ticks_ms()
        if ticks_diff(due_ms, now_ms) <= 0:
            # A tick that came late is not made up for: the next is a whole period away.
            due_ms = ticks_add(now_ms, _TICK_MS)
        board.listen_until_ms = ticks_add(due_ms, -_DEAF_MS)
        board.pump()
        ticks += 1
        if ticks >= _TICKS_A_COLLECTION:
            ticks = 0
            gc.collect()
        _serve(loop, board)
        left_ms = ticks_diff(due_ms, ticks_ms())
        while left_ms > 0:
            board.between()
            if left_ms > _DEAF_MS:
                for _ in line.ipoll(min(left_ms - _DEAF_MS, _LOOK_MS)):
                    _serve(loop, board)
            else:
                time.sleep_ms(left_ms)
            left_ms = ticks_diff(due_ms, ticks_ms())


def _serve(loop, board):
    """One line of the host's a call, as long as there is more to do and time for it."""
    while ticks_diff(board.listen_until_ms, ticks_ms()) > 0 and loop.serve():
        pass
