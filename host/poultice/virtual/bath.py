"""Water baths, as a calibration asks for: the beads hang in them instead of lying on the skin."""

from __future__ import annotations

from typing import Any

from poultice.virtual.body import Pad
from poultice.virtual.options import SimOptions
from poultice.virtual.plant import MAX_STEP_S, Plant

BATH_S = 120.0


class BathedPlant(Plant):
    """A pad on a body whose two beads hang in stirred water of `baths_c`, one bath after the
    other, each for two minutes, and stay in the last."""

    def __init__(self, baths_c: tuple[float, ...], pad: Pad, **body: Any) -> None:
        self._baths_c = baths_c
        super().__init__(pad, **body)

    @property
    def bath_c(self) -> float:
        """The water that the beads hang in now."""
        return self._baths_c[min(int(self.time_s // BATH_S), len(self._baths_c) - 1)]

    def step(self, dt_s: float, heat_on: float, cool_on: float) -> None:
        """Advance by `dt_s`, as a plant does; the beads follow the water."""
        if dt_s > MAX_STEP_S + 1e-9:
            # Comes back here in pieces.
            super().step(dt_s, heat_on, cool_on)
            return
        a, b, water_c = self.sensor_a_c, self.sensor_b_c, self.bath_c
        super().step(dt_s, heat_on, cool_on)
        self.sensor_a_c = a + self._k_bead * (water_c + self.offset_a_c - a)
        self.sensor_b_c = b + self._k_bead * (water_c + self.offset_b_c - b)


def make_plant(options: SimOptions) -> Plant:
    """The plant that a simulated device of these options sits on."""
    pad = Pad(density_w_cm2=options.pad_w_cm2, mass_j_m2k=options.mass_j_m2k)
    body: dict[str, Any] = {"ambient_c": options.ambient_c, "perfusion": options.perfusion}
    plant = BathedPlant(options.baths_c, pad, **body) if options.baths_c else Plant(pad, **body)
    plant.offset_a_c = plant.offset_b_c = options.offset_c
    return plant
