"""A whole virtual device: body, board, the device's own logic, and the person beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from poultice.device.fingerprint import core_fingerprint
from poultice.errors import UsageError
from poultice.virtual.bath import make_plant
from poultice.virtual.faults import INJECT, start_ms
from poultice.virtual.options import SimOptions
from poultice.virtual.plant import Plant
from poultice.virtual.preset import preset_config
from poultice.virtual.stores import FileStore, MemoryStore
from poultice.virtual.told import configuration
from poultice.virtual.user import Seen, User
from poultice.virtual.virtual_board import TICK_MS, VirtualBoard
from poultice_core import states
from poultice_core.board import Store
from poultice_core.loop import Loop

RUN_ON_MAX_S = 45 * 60
WATCHDOG_MS = 2_000  # hardware.md: the chip's own, fed at the end of a complete tick only
_IN_SESSION = (states.RUNNING, states.PAUSED, states.WAITING)


@cache
def _core() -> str:
    """Read once a process: a campaign makes thousands of devices."""
    return core_fingerprint()


class VirtualDevice:
    """One device on one body, in virtual time.

    Read `alive` (False once power is cut, or it left for a boot loader), `host_lost`, `now_s`,
    `plant`, `board`, `loop` (a reboot makes a new one). `store` overrides the `state`
    option: tests cut power on the same flash.

    Raises UsageError where the directory of `state` cannot be used, PortBusyError where another
    process has it.
    """

    def __init__(self, options: SimOptions | None = None, store: Store | None = None) -> None:
        self.options = options or SimOptions()
        self.alive = True
        self.host_lost = False
        self.late_ms = 0
        self._hung_ms: int | None = None
        self.plant = self._make_plant()
        self.board = self._make_board(store or self._make_store())
        self._user = User(self) if self.options.user_present else None
        self._started_ms: int | None = None
        self._pending = sorted(
            (round(fault.at_s * 1000), fault.name)
            for fault in self.options.faults
            if fault.at_s is not None
        )
        self._preset()
        self._boot_faults()
        self.loop = Loop(self.board)

    def _make_plant(self) -> Plant:
        return make_plant(self.options)

    def _make_store(self) -> Store:
        directory = self.options.state
        if directory is None:
            return MemoryStore()
        try:
            return FileStore(directory)
        except OSError as error:
            raise UsageError(
                f"state={directory} cannot hold the device's flash: {error.strerror}",
                hint="give a directory that can be written, or one that does not exist yet",
            ) from None

    def _make_board(self, store: Store) -> VirtualBoard:
        options = self.options
        board = VirtualBoard(
            self.plant,
            store,
            seed=options.seed,
            start_ms=start_ms(options.faults),
            sensor_b=options.sensor_b,
            sense=options.sense,
        )
        board.core = _core()
        return board

    def _preset(self) -> None:
        preset_config(self.board.store, configuration(self.options), self.board.entropy())

    def _boot_faults(self) -> None:
        for fault in self.options.faults:
            if fault.at_s is None:
                INJECT[fault.name](self)

    # --- time ---------------------------------------------------------------------------

    @property
    def now_s(self) -> float:
        """Virtual seconds since power-up."""
        return self.board.now_ms / 1000

    @property
    def in_session(self) -> bool:
        """Is a session running, paused or waiting?"""
        return self.alive and self.loop.guard.state in _IN_SESSION

    def seen(self) -> Seen:
        """What the person beside it can see."""
        loop = self.loop
        course = loop.guard.course
        waits = loop.memory.pending is not None
        return Seen(course.state, course.prompt, loop.guard.phases.phase, waits)

    def _serve(self) -> None:
        """The device's loop serves again and again in what is left of its tick."""
        while self.loop.serve():
            pass

    def step(self) -> None:
        """One tick of the control loop, 100 ms; nothing where the device has no power."""
        if not self.alive:
            return
        if self._pending and not self._inject_due():
            return
        dt_ms = TICK_MS
        if self.late_ms:
            dt_ms, self.late_ms = self.late_ms, 0
        self.board.advance(dt_ms)
        if self._hung_ms is not None:
            self._watch_hang(dt_ms)
            return
        self.loop.tick()
        self._serve()
        if self.board.reboot_into is not None:
            self._reboot(self.board.reboot_into)
        elif self._user is not None:
            self._user.act()

    def pass_time(self) -> float:
        """A tick; how many virtual seconds passed."""
        before_s = self.now_s
        self.step()
        return self.now_s - before_s

    def run_until(self, done: Callable[[], bool], limit_s: float = math.inf) -> bool:
        """Step until `done()`, at most `limit_s` of virtual time; what `done` says then."""
        end_s = self.now_s + limit_s
        while not done():
            if not self.alive or self.now_s >= end_s:
                return done()
            self.step()
        return True

    def run_on(self) -> None:
        """To the end of the session, with nobody at the link, at most 45 virtual minutes."""
        self.run_until(lambda: not self.in_session, RUN_ON_MAX_S)

    def leave(self) -> None:
        """The host goes; a session still running is run to its end, and the journal tells of it."""
        self.lose_host()
        self.run_on()
        self.let_go()

    def let_go(self) -> None:
        """Leave the directory of `state` to other processes; the device is used no more."""
        if isinstance(self.board.store, FileStore):
            self.board.store.hold.let_go()

    # --- the link -----------------------------------------------------------------------

    def host_bytes_in(self, data: bytes) -> None:
        """Bytes from the host; they are served at once, without time passing."""
        if self.alive and not self.host_lost:
            self.board.host_bytes_in(data)
            if self._hung_ms is not None:
                return
            self._serve()

    def host_bytes_out(self) -> bytes:
        """Bytes for the host since the last call."""
        return self.board.host_bytes_out()

    # --- what befalls it ----------------------------------------------------------------

    def lose_host(self) -> None:
        """The cable is pulled: nothing passes in either direction any more."""
        self.host_lost = True
        self.board.link_up = False
        self.board.host_bytes_out()

    def cut_power(self) -> None:
        """Everything stops where it is; the flash keeps what was written."""
        self.board.write(False, False, False)
        self.board.link_up = False
        self.alive = False

    def hang(self) -> None:
        """The processor stops where it is, outputs as they are, until the watchdog restarts it."""
        self._hung_ms = 0

    def brown_out(self) -> None:
        """The supply dips: outputs off, and it starts again as at power-up."""
        self._hung_ms = None
        self.board.write(False, False, False)
        self._restart("power_on")

    def _watch_hang(self, dt_ms: int) -> None:
        self._hung_ms = (self._hung_ms or 0) + dt_ms
        if self._hung_ms >= WATCHDOG_MS:
            self._hung_ms = None
            self.board.write(False, False, False)
            self._restart("watchdog")

    def _inject_due(self) -> bool:
        """Do what is due; False where the device has no power afterwards."""
        if self._started_ms is None:
            if self.loop.guard.state not in _IN_SESSION:
                return True
            self._started_ms = self.board.now_ms
        while self._pending and self.board.now_ms - self._started_ms >= self._pending[0][0]:
            INJECT[self._pending.pop(0)[1]](self)
        return self.alive

    def _reboot(self, into: str) -> None:
        self.board.reboot_into = None
        if into != "app":
            self.cut_power()
            return
        self._restart("reboot")

    def _restart(self, cause: str) -> None:
        self.board.reset_cause = cause
        self.loop = Loop(self.board)
