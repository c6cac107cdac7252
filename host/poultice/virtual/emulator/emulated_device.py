"""The whole emulated device: the release image on its chip, the bench, the person beside it."""

from __future__ import annotations

from pathlib import Path

from poultice.device.uf2 import image_path
from poultice.virtual.emulator.bench import MS_NS, WATCHED, Bench
from poultice.virtual.emulator.chip import Chip
from poultice.virtual.emulator.console import Console
from poultice.virtual.emulator.flash import FlashStore, keep, load_image, recall
from poultice.virtual.emulator.overheard import Overheard
from poultice.virtual.options import SimOptions
from poultice.virtual.preset import preset_config
from poultice.virtual.simulated_device import HOLD_MS, RUN_ON_MAX_S, Seen, SimulatedDevice
from poultice.virtual.stores import Hold, MemoryStore
from poultice.virtual.told import configuration
from poultice.virtual.virtual_board import TICK_MS

_PROMPTS_S = 400
# What trips is written to flash before the watchdog is fed: two seconds in one stretch would be
# a matter for the watchdog (`hang`), so this many are spared.
_LATE_SPARED_MS = 400


class EmulatedDevice(SimulatedDevice):
    """One Pico on one body, in simulated time; made and used like `VirtualDevice`.

    Read `board` (the bench), `chip`, `overheard` too. `flash` is used as it is, for a device
    that was powered before.

    Raises NoDeviceError where there is no image, UsageError where the directory of `state`
    cannot be used, PortBusyError where another process has it.
    """

    board: Bench

    def __init__(
        self,
        options: SimOptions | None = None,
        *,
        image: Path | None = None,
        flash: bytearray | None = None,
    ) -> None:
        super().__init__(options)
        self.flash = load_image(image or image_path())
        if flash is not None:
            self.flash[:] = flash
        else:
            self._prepare_flash()
        self.board = self._make_bench()
        self.overheard = Overheard()
        self._held_ms = 0
        self.chip = self._power_up(self._start_ms())
        self._boot_faults()

    # --- power --------------------------------------------------------------------------

    def _prepare_flash(self) -> None:
        options = self.options
        try:
            if options.state is not None:
                options.state.mkdir(parents=True, exist_ok=True)
                self.hold = Hold(options.state)
                recall(options.state, self.flash)
            preset_config(FlashStore(self.flash), configuration(options), options.seed & 0xFFFFFFF)
        except OSError as error:
            raise self._no_flash(error) from None

    def _make_bench(self) -> Bench:
        options = self.options
        return Bench(
            self.plant,
            MemoryStore(),  # of no use here: the chip has a flash of its own
            seed=options.seed,
            sensor_b=options.sensor_b,
            sense=options.sense,
            raw_adc=True,
        )

    def _power_up(self, counter_ms: int = 0) -> Chip:
        uid = bytes.fromhex(f"e100{self.options.seed & 0xFFFFFFFFFFFF:012x}")
        chip = Chip(self.flash, WATCHED, counter_ms, uid)
        chip.on_restart = self.overheard.restarted
        self.board.power(chip)
        return chip

    def seen(self) -> Seen:
        """What the person beside it can see, as the device last told it."""
        return self.overheard.guard

    def cut_power(self) -> None:
        """Everything stops where it is; the flash keeps what was written."""
        self.flash[:] = self.chip.cut()[: len(self.flash)]
        self.alive = False
        if self.options.state is not None:
            try:
                keep(self.options.state, self.flash)
            except OSError as error:
                raise self._no_flash(error) from None

    def restore_power(self) -> None:
        """The same device, board and body, with power again."""
        self.alive = True
        self.overheard = Overheard()
        self.chip = self._power_up()

    def leave(self) -> None:
        """The host goes; a session still running is run to its end where the flash is kept."""
        if self.alive:
            self.lose_host()
            if self.options.state is not None:
                self.run_on()
            if self.alive:
                self.cut_power()
        self.let_go()

    # --- time ---------------------------------------------------------------------------

    def step_ms(self) -> None:
        """One millisecond."""
        if not self.alive:
            self.board.dark_ms()
            return
        self.board.pass_ms()
        if self.board.now_ms % 10 == 0:
            self._look()

    def step(self) -> None:
        """A tenth of a second, as a tick of the device's loop takes; nothing without power."""
        for _ in range(TICK_MS):
            if not self.alive:
                return
            self.step_ms()

    def pass_time(self) -> float:
        """A millisecond, in seconds."""
        self.step_ms()
        return 0.001

    def run_on(self) -> None:
        """To the end of the session, with nobody at the link, as far as it can be foreseen."""
        if self.in_session:
            seconds = min(RUN_ON_MAX_S, self.overheard.left_s + _PROMPTS_S)
            self.run_until(lambda: self.quiet_s > _PROMPTS_S, seconds)

    @property
    def quiet_s(self) -> float:
        """Seconds since a relay's pin moved, while all are low; else 0."""
        chip = self.chip
        if any(chip.levels.values()):
            return 0.0
        last_ns = chip.edges[-1][0] if chip.edges else 0.0
        return (chip.now_ns - last_ns) / 1e9

    # --- the link -----------------------------------------------------------------------

    @property
    def console(self) -> Console:
        """The serial port."""
        return self.chip.console

    def host_bytes_in(self, data: bytes) -> None:
        """Bytes from the host; they wait in its own buffer until the chip takes them."""
        if self.alive and not self.host_lost:
            self.console.write(data)

    def host_bytes_out(self) -> bytes:
        """Bytes for the host since the last call."""
        data = self.console.read()
        if data:
            self.overheard.listen(data)
        return data if not self.host_lost else b""

    # --- what befalls it ----------------------------------------------------------------

    def lose_host(self) -> None:
        """The cable is pulled, the board powered elsewhere: nothing passes any more."""
        self.host_lost = True
        self.console.plugged = False

    def hang(self) -> None:
        """The processor stops, with its interrupts off, until something restarts it."""
        self.chip.hang()

    def _inject(self, name: str) -> None:
        if name == "hang":
            self.hang()
            return
        super()._inject(name)
        if self.late_ms:
            self.chip.halt_for((self.late_ms - _LATE_SPARED_MS) * MS_NS)
            self.late_ms = 0

    def _look(self) -> None:
        """The person, and the faults that are due."""
        self._inject_due(self.overheard.started)
        if self._user is not None and self.alive:
            self._user.act()
            self._held_ms = self._held_ms + 10 if self.board.button_down else 0
            if self._held_ms >= HOLD_MS - 100:
                self.overheard.guard = self.overheard.guard._replace(pending=False)
