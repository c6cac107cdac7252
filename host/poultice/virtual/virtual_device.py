"""A whole virtual device: body, board, the device's own logic, and the person beside it."""

from __future__ import annotations

from poultice.device.fingerprint import core_fingerprint
from poultice.virtual.options import SimOptions
from poultice.virtual.preset import preset_config
from poultice.virtual.simulated_device import RUN_ON_MAX_S, Seen, SimulatedDevice
from poultice.virtual.stores import FileStore, MemoryStore
from poultice.virtual.told import configuration
from poultice.virtual.virtual_board import TICK_MS, VirtualBoard
from poultice_core.board import Store
from poultice_core.loop import Loop

WATCHDOG_MS = 2_000  # hardware.md: the chip's own, fed at the end of a complete tick only


class VirtualDevice(SimulatedDevice):
    """One device on one body, in virtual time, with `loop` (a reboot makes a new one).

    `store` overrides the `state` option: tests cut power on the same flash. Raises UsageError
    where the directory of `state` cannot be used, PortBusyError where another process has it.
    """

    def __init__(self, options: SimOptions | None = None, store: Store | None = None) -> None:
        super().__init__(options)
        self._hung_ms: int | None = None
        self.board = self._make_board(store or self._make_store())
        preset_config(self.board.store, configuration(self.options), self.board.entropy())
        self._boot_faults()
        self.loop = Loop(self.board)

    def _make_store(self) -> Store:
        directory = self.options.state
        if directory is None:
            return MemoryStore()
        try:
            store = FileStore(directory)
        except OSError as error:
            raise self._no_flash(error) from None
        self.hold = store.hold
        return store

    def _make_board(self, store: Store) -> VirtualBoard:
        options = self.options
        board = VirtualBoard(
            self.plant,
            store,
            seed=options.seed,
            start_ms=self._start_ms(),
            sensor_b=options.sensor_b,
            sense=options.sense,
        )
        board.core = core_fingerprint()
        return board

    # --- time ---------------------------------------------------------------------------

    def seen(self) -> Seen:
        """What the person beside it can see."""
        loop = self.loop
        course = loop.guard.course
        waits = loop.memory.pending is not None
        return Seen(course.state, course.prompt, loop.guard.phases.phase, waits)

    @property
    def in_session(self) -> bool:
        """Is a session running, paused or waiting? Asked in every tick of a campaign."""
        return self.alive and self.loop.guard.live

    def _serve(self) -> None:
        """The device's loop serves again and again in what is left of its tick."""
        while self.loop.serve():
            pass

    def step(self) -> None:
        """One tick of the control loop, 100 ms; nothing where the device has no power."""
        if self.alive and self._pending:
            self._inject_due(self.in_session)
        if not self.alive:
            return
        dt_ms = TICK_MS
        if self.late_ms:
            dt_ms, self.late_ms = self.late_ms, 0
        self.board.advance(dt_ms)
        if self._hung_ms is not None:
            self._hung_ms += dt_ms
            if self._hung_ms >= WATCHDOG_MS:
                self._restart("watchdog")
            return
        self.loop.tick()
        self._serve()
        into, self.board.reboot_into = self.board.reboot_into, None
        if into == "app":
            self._restart("reboot")
        elif into is not None:
            self.cut_power()
        elif self._user is not None:
            self._user.act()

    def run_on(self) -> None:
        """To the end of the session, with nobody at the link, at most 45 virtual minutes."""
        self.run_until(lambda: not self.in_session, RUN_ON_MAX_S)

    def leave(self) -> None:
        """The host goes; a session still running is run to its end, and the journal tells of it."""
        self.lose_host()
        self.run_on()
        self.let_go()

    # --- the link -----------------------------------------------------------------------

    def host_bytes_in(self, data: bytes) -> None:
        """Bytes from the host; they are served at once, without time passing."""
        if self.alive and not self.host_lost:
            self.board.host_bytes_in(data)
            if self._hung_ms is None:
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
        self._restart("power_on")

    def _restart(self, cause: str) -> None:
        self._hung_ms = None
        self.board.write(False, False, False)
        self.board.reset_cause = cause
        self.loop = Loop(self.board)
