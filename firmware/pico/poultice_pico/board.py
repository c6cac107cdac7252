"""`poultice_core.board` on a Pico or Pico 2: pins, converter, dead-man, watchdog, line, flash."""

import os
from binascii import hexlify
from time import ticks_diff, ticks_ms, ticks_us

from machine import WDT, Pin, mem32, unique_id

from poultice_core.board import SENSE_BROKEN, SENSE_HIGH, SENSE_LOW, Board

try:
    from poultice_fingerprint import CORE
except ImportError:  # copied onto somebody else's image, and perhaps edited since
    import poultice_core

    from .sources import fingerprint

    CORE = fingerprint(poultice_core.__file__.rpartition("/")[0])

from . import chip, pins
from .analog import Analog
from .deadman import DeadMan
from .debounce import Debounced
from .link import link
from .restart import restart
from .signs import Buzzer, Led
from .store import FlashStore

_WATCHDOG_MS = 2_000


class PicoBoard(Board):
    """`between` moves the LED and the buzzer on, every few tens of ms; nothing is taken from the
    line any more once `listen_until_ms` has come."""

    def __init__(self, reset_cause):
        # What a new device needs of its flash is made before the watchdog runs.
        self.store = FlashStore()
        self._watchdog = WDT(timeout=_WATCHDOG_MS)
        self._heat = Pin(pins.HEAT, Pin.OUT, value=0)
        self._cool = Pin(pins.COOL, Pin.OUT, value=0)
        self._dead_man = DeadMan()
        self._sense = Pin(pins.SENSE, Pin.IN, Pin.PULL_DOWN)
        self._edges, self._edges_mask = chip.edges(pins.SENSE)
        mem32[self._edges] = self._edges_mask
        self.button = Debounced().pressed
        self._estop = Pin(pins.ESTOP, Pin.IN, Pin.PULL_UP)
        self.sample = Analog().sample
        self._led = Led()
        self._buzzer = Buzzer()
        self._link = link()
        self.listen_until_ms = ticks_ms()
        self.name = chip.NAME
        self.core = CORE
        self.uid = hexlify(unique_id()).decode()
        self.reset_cause = reset_cause

    # --- the contract -------------------------------------------------------------------

    def ticks_ms(self):
        """The port's own ring has the period of ours."""
        return ticks_ms()

    def sense(self):
        """The pad supply since the last call; edges are latched in hardware, so none is missed."""
        edges = mem32[self._edges] & self._edges_mask
        if edges:
            mem32[self._edges] = edges
            return SENSE_BROKEN
        return SENSE_HIGH if self._sense() else SENSE_LOW

    def estop(self):
        """High: the loop is open."""
        return self._estop() == 1

    def write(self, master, heat, cool):
        """A token or none; the other two by pin."""
        if master:
            self._dead_man.hold()
        else:
            self._dead_man.drop()
        self._heat(heat)
        self._cool(cool)

    def show(self, led, tune):
        """Blink code and tune."""
        self._led.show(led)
        if tune:
            self._buzzer.play(tune)

    def feed(self):
        """At the end of a complete tick, nowhere else (SR-14)."""
        self._watchdog.feed()

    def receive(self, buffer):
        """What the host sent; nothing once the next tick is near."""
        if ticks_diff(self.listen_until_ms, ticks_ms()) <= 0:
            return 0
        return self._link.receive(buffer)

    def send(self, line):
        """A whole line, or nothing."""
        return self._link.send(line)

    def entropy(self):
        """The ring oscillator's noise, and the moment it was asked for."""
        return (int.from_bytes(os.urandom(4), "big") ^ ticks_us()) & 0xFFFFFFF

    def reboot(self, into):
        """Outputs off, then the restart."""
        self.write(False, False, False)
        self.feed()
        restart(into)

    # --- between ticks ------------------------------------------------------------------

    def pump(self):
        """Once a tick: what waits to be sent, where the link lets lines out bit by bit."""
        self._link.pump()

    def between(self):
        """LED and buzzer."""
        now_ms = ticks_ms()
        self._led.move_on(now_ms)
        self._buzzer.move_on(now_ms)
