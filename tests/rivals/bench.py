"""A rival's board: one bead read, one or more contacts in series, the same barriers as ours."""

from __future__ import annotations

import math

from poultice.virtual.adc import SAMPLES, Channel
from poultice.virtual.hazards import Apparatus
from poultice.virtual.plant import Plant
from poultice.virtual.relays import Bimetal, Relay, ThermalFuse
from poultice.virtual.thermistors import B3950

TICK_MS = 100


class RivalBoard:
    """A pad on a body behind `contacts` in series. Read `energised` and `now_s`."""

    def __init__(
        self,
        plant: Plant,
        *,
        seed: int = 1,
        contacts: int = 1,
        channel: Channel | None = None,
    ) -> None:
        self.plant = plant
        self.channel_a = channel or Channel(seed)
        self.channel_b = Channel(seed, row=13)  # there to be befallen, read by nobody
        self.bimetal = Bimetal()
        self.fuse = ThermalFuse()
        self.now_ms = 0
        self.energised = False
        self.ground_c = 0.0
        self._contacts = tuple(Relay() for _ in range(contacts))
        self._samples = [0] * SAMPLES

    @property
    def heat_path(self) -> tuple[Relay, ...]:
        """The contacts in series with the pad, the one that switches most first."""
        return self._contacts

    @property
    def now_s(self) -> float:
        """Seconds since power-up."""
        return self.now_ms / 1000

    def settle(self) -> None:
        """Nothing is remembered between ticks that could be out of date."""

    def advance(self) -> None:
        """One tick passes with the coils as they are."""
        self.now_ms += TICK_MS
        heat = min([relay.elapse(TICK_MS) for relay in self._contacts])
        closed = self.bimetal.closed and self.fuse.closed
        self.energised = closed and all(relay.contact for relay in self._contacts)
        plant = self.plant
        plant.step(TICK_MS / 1000, heat if closed else 0.0, 0.0)
        plant = plant.switch_in or plant
        self.bimetal.feel(plant.pad_c)
        self.fuse.feel(plant.element_c)

    def reading_c(self) -> float:
        """Bead A as a firmware reads it that has been told its curve, as ours has."""
        shift_c = self.ground_c if self.energised else 0.0
        self.channel_a.sample(self.plant.sensor_a_c + shift_c, self._samples)
        return B3950.celsius(sum(self._samples) / SAMPLES)


def remove_barriers(board: Apparatus) -> None:
    """Take the bimetal and the thermal fuse out: what the controller does by itself."""
    board.bimetal = Bimetal(opens_c=math.inf)
    board.fuse = ThermalFuse(blows_c=math.inf)
    board.settle()
