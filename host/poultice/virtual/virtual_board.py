"""The board contract on a simulated body: what `hardware.md` wires up, in software.

Time passes in `advance` only: relays move, the dead-man runs down, the plant follows. What the
device's logic then sees is the end of that interval, as on a real board at the start of a tick.
"""

from __future__ import annotations

import random

from poultice.virtual.adc import Channel
from poultice.virtual.plant import Plant
from poultice.virtual.relays import Bimetal, Relay, ThermalFuse
from poultice_core.board import SENSE_BROKEN, SENSE_HIGH, SENSE_LOW, Board, Store, condense

TICK_MS = 100
TOKEN_MS = 250
TX_BUFFER_BYTES = 2048
RING_MS = 1 << 30


class VirtualBoard(Board):
    """One board. Read `k1`, `k2`, `k3` (relays); set `estop_open`, `button_down`,
    `supply`, `ground_c` and `link_up` as the world around it does."""

    name = "sim"

    def __init__(
        self,
        plant: Plant,
        store: Store,
        *,
        seed: int = 1,
        start_ms: int = 0,
        sensor_b: bool = True,
        sense: bool = True,
        raw_adc: bool = False,
    ) -> None:
        self.uid = f"5100{seed & 0xFFFFFFFFFFFF:012x}"
        self.reset_cause = "power_on"
        self.store = store
        self.plant = plant
        self.now_ms = 0
        self.channel_a = Channel(seed, raw=raw_adc)
        self.channel_b = Channel(seed, row=13, raw=raw_adc)
        self.k1, self.k2, self.k3 = Relay(), Relay(), Relay()
        self.bimetal = Bimetal()
        self.fuse = ThermalFuse()
        self._barriers_were = True
        self.supply = True
        self.ground_c = 0.0
        self.link_up = True
        self.button_down = False
        self.reboot_into: str | None = None
        self._estop_open = False
        self._start_ms = start_ms
        self._sensor_b = sensor_b
        self._sense = sense
        self._rng = random.Random(f"entropy {seed}")
        self._token_ms = 0
        self._coils = (False, False, False)
        self._moving = False
        self._heat = self._cool = 0.0
        self._sense_level = self._sense_broken = False
        self._codes = [0] * 16
        self._inbox = bytearray()
        self._outbox = bytearray()

    # --- the world ----------------------------------------------------------------------

    def advance(self, dt_ms: int = TICK_MS) -> None:
        """Let `dt_ms` pass with the outputs as they are."""
        left_ms = self._token_ms
        if 0 < left_ms < dt_ms:
            self._token_ms = 0
            self._elapse(left_ms)
            self._drop_k1()
            self._elapse(dt_ms - left_ms)
        else:
            self._token_ms = left_ms - dt_ms if left_ms else 0
            self._elapse(dt_ms)

    def _elapse(self, dt_ms: int) -> None:
        self.now_ms += dt_ms
        if self._moving:
            self._move(dt_ms)
            self.plant.step(dt_ms / 1000, self._heat, self._cool)
            self.settle()
        else:
            self.plant.step(dt_ms / 1000, self._heat, self._cool)
        plant = self.plant.switch_in or self.plant
        self.bimetal.feel(plant.pad_c)
        self.fuse.feel(plant.element_c)
        if (self.bimetal.closed and self.fuse.closed) is not self._barriers_were:
            self._moving = True
            self.settle()

    def _move(self, dt_ms: int) -> None:
        master, heat, cool = (relay.elapse(dt_ms) for relay in (self.k1, self.k2, self.k3))
        self._heat = min(master, heat) if self._live() else 0.0
        self._cool = min(master, cool) if self.supply else 0.0

    def _live(self) -> bool:
        return self.supply and self.bimetal.closed and self.fuse.closed

    def settle(self) -> None:
        """Look again after contacts or the supply have changed: what flows, what SENSE shows."""
        live = self._live()
        self._barriers_were = self.bimetal.closed and self.fuse.closed
        level = live and self.k1.contact and self.k2.contact
        if level != self._sense_level:
            self._sense_level = level
            self._sense_broken = True
        self._heat = 1.0 if level else 0.0
        self._cool = 1.0 if self.supply and self.k1.contact and self.k3.contact else 0.0
        self._moving = self.k1.moving() or self.k2.moving() or self.k3.moving()

    @property
    def heat_path(self) -> tuple[Relay, ...]:
        """The relays in series with the pad, the one that switches most first."""
        return (self.k2, self.k1)

    @property
    def energised(self) -> bool:
        """Does the pad have power now?"""
        return self._heat > 0.0

    @property
    def estop_open(self) -> bool:
        """The emergency stop's loop; its other pole takes K1's coil supply away."""
        return self._estop_open

    @estop_open.setter
    def estop_open(self, value: bool) -> None:
        self._estop_open = value
        if value:
            self._drop_k1()

    def _drop_k1(self) -> None:
        """Something other than `write` takes K1's coil supply away."""
        self.k1.drive(False)
        self._coils = (False, self._coils[1], self._coils[2])
        self._moving = True

    def host_bytes_in(self, data: bytes) -> None:
        """What the host writes."""
        if self.link_up:
            self._inbox += data

    def host_bytes_out(self) -> bytes:
        """What the host reads: everything sent since the last call."""
        data = bytes(self._outbox)
        self._outbox.clear()
        return data

    # --- the contract -------------------------------------------------------------------

    def ticks_ms(self) -> int:
        """Virtual milliseconds on the ring."""
        return (self._start_ms + self.now_ms) & (RING_MS - 1)

    def sample(self, burst_a: list[int], burst_b: list[int]) -> bool:
        """One burst; sensor B's is left alone where it is not fitted."""
        shift_c = self.ground_c if self._heat else 0.0
        codes = self._codes
        self.channel_a.sample(self.plant.sensor_a_c + shift_c, codes)
        condense(codes, burst_a)
        if self._sensor_b:
            self.channel_b.sample(self.plant.sensor_b_c + shift_c, codes)
            condense(codes, burst_b)
        return True

    def sense(self) -> int:
        """Pad supply after K1, K2 and the bimetal, over the last interval."""
        if self._sense_broken:
            self._sense_broken = False
            return SENSE_BROKEN if self._sense else SENSE_LOW
        return SENSE_HIGH if self._sense_level and self._sense else SENSE_LOW

    def button(self) -> bool:
        """As the person holds it."""
        return self.button_down

    def estop(self) -> bool:
        """The loop's state."""
        return self._estop_open

    def write(self, master: bool, heat: bool, cool: bool) -> None:
        """Drive the coils; `master` is one token of the dead-man, or none."""
        self._token_ms = TOKEN_MS if master else 0
        coils = (master and not self._estop_open, heat, cool)
        if coils != self._coils:
            self._coils = coils
            self.k1.drive(coils[0])
            self.k2.drive(heat)
            self.k3.drive(cool)
            self._moving = True

    def show(self, led: int, tune: int) -> None:
        """Nobody looks or listens."""

    def feed(self) -> None:
        """Nothing here hangs."""

    def receive(self, buffer: bytearray) -> int:
        """What the host sent, as far as it fits."""
        if not self._inbox:
            return 0
        count = min(len(buffer), len(self._inbox))
        buffer[:count] = self._inbox[:count]
        del self._inbox[:count]
        return count

    def send(self, line: bytes) -> bool:
        """A whole line into the transmit buffer of the release image, or nothing."""
        if not self.link_up or len(self._outbox) + len(line) > TX_BUFFER_BYTES:
            return False
        self._outbox += line
        return True

    def entropy(self) -> int:
        """Seeded: the same run gives the same tokens."""
        return self._rng.getrandbits(28)

    def reboot(self, into: str) -> None:
        """Outputs off; the device around this board does the rest."""
        self.write(False, False, False)
        self.reboot_into = into
