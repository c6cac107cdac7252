"""What the plant is made of: tissue, pad, cold pack, cooler; and its state before a session.

Tissue is Pennes' equation in seven cells (half a millimetre of epidermis and upper dermis, the
rest of the dermis, three of fat, two of muscle), each with blood at core temperature flowing
through. Layer thickness, perfusion and metabolic heat are the set of `facts.md` 5a; conductivity
and heat capacity of skin and fat the porcine values of its table, dermis at 1200 kg/m³: with these
the published rows of 5c come out within 0.5 °C and a factor of two (`tests/simulator`).
"""

from __future__ import annotations

from typing import NamedTuple

CORE_C = 36.5
METABOLIC_W_M3 = 400.0
HYPERAEMIA_PER_K = 0.8
HYPERAEMIA_FROM_C = 37.0
DERMIS_PERFUSION_W_M3K = 5000.0

# Of the first cell, from its surface down: 0.1 mm epidermis, then dermis to its middle.
EPIDERMIS_M2K_W = 0.1e-3 / 0.21
FIRST_HALF_M2K_W = EPIDERMIS_M2K_W + 0.15e-3 / 0.37


class Cell(NamedTuple):
    """One tissue cell per m²: heat capacity J/K, perfusion W/K, metabolism W, resistance to the
    next cell below (the last: to the core) m²K/W."""

    capacity: float
    perfusion: float
    metabolic: float
    below: float


def _cells() -> tuple[Cell, ...]:
    skin_c, fat_c, muscle_c = 3224.0 * 1200.0, 2303.0 * 920.0, 3700.0 * 1060.0
    #        thickness m, conductivity, heat capacity J/m³K, perfusion W/m³K, perfused part m
    rows = (
        (0.5e-3, 0.37, skin_c, DERMIS_PERFUSION_W_M3K, 0.4e-3),
        (1.1e-3, 0.37, skin_c, DERMIS_PERFUSION_W_M3K, 1.1e-3),
        (2.0e-3, 0.16, fat_c, 500.0, 2.0e-3),
        (3.0e-3, 0.16, fat_c, 500.0, 3.0e-3),
        (5.0e-3, 0.16, fat_c, 500.0, 5.0e-3),
        (6.0e-3, 0.50, muscle_c, 2000.0, 6.0e-3),
        (14.0e-3, 0.50, muscle_c, 2000.0, 14.0e-3),
    )
    cells = []
    for i, (thick, k, c, w, perfused) in enumerate(rows):
        under = rows[i + 1][0] / rows[i + 1][1] / 2 if i + 1 < len(rows) else 0.0
        cells.append(Cell(c * thick, w * perfused, METABOLIC_W_M3 * thick, thick / k / 2 + under))
    return tuple(cells)


CELLS = _cells()


class Pad(NamedTuple):
    """The pad and how it lies. Per area throughout.

    `density_w_cm2` is the element's power, `mass_j_m2k` its heat capacity in all, `contact_m2k_w`
    the skin side's resistance to the skin (0.005 wet, 0.01, 0.03 dry), `back_m2k_w` the cover's to
    the room, `inner_m2k_w` from the element to the skin side, `sensor_tau_s` the beads' lag.
    `contact_s` is how long the pad, at room temperature before, has been lying on at the start;
    None: for ever (steady).
    """

    density_w_cm2: float = 0.05
    mass_j_m2k: float = 2000.0
    contact_m2k_w: float = 0.01
    back_m2k_w: float = 0.1
    inner_m2k_w: float = 0.002
    sensor_tau_s: float = 10.0
    contact_s: float | None = 120.0


class Laid(NamedTuple):
    """Something warm or cold that lies on the pad's back, in place of its cover's way to the room:
    its temperature at first, its resistance to the element, its heat capacity."""

    start_c: float
    m2k_w: float
    capacity_j_m2k: float
    room_m2k_w: float = 0.1


class Place(NamedTuple):
    """A part of the pad that lies otherwise than the rest: its blood flow and its density as parts
    of the rest's, its own resistances (None: the rest's), what lies on it."""

    blood: float = 1.0
    density: float = 1.0
    contact_m2k_w: float | None = None
    back_m2k_w: float | None = None
    laid: Laid | None = None

    def pad(self, rest: Pad) -> Pad:
        """The pad there, where the rest is `rest`."""
        return rest._replace(
            density_w_cm2=self.density * rest.density_w_cm2,
            contact_m2k_w=self.contact_m2k_w or rest.contact_m2k_w,
            back_m2k_w=self.back_m2k_w or rest.back_m2k_w,
        )


DOUBLED = Place(density=2.0)


class ColdPack(NamedTuple):
    """A gel pack in its cloth, laid on by hand in the pad's place; the beads lie on the skin.

    Frozen below `melt_c`, liquid above, with the latent heat in between: 12 kg/m² of gel.
    `cloth_m2k_w` is the folded towel between pack and bead: with 0.035 the skin comes to
    12-14 °C in ten minutes, as with the gel packs and peas of `facts.md` 2.
    """

    start_c: float = -4.0
    melt_c: float = -1.0
    solid_j_m2k: float = 24_000.0
    latent_j_m2: float = 3_000_000.0
    liquid_j_m2k: float = 45_000.0
    cloth_m2k_w: float = 0.035
    room_m2k_w: float = 0.15

    def temperature_c(self, heat_j_m2: float) -> float:
        """From the heat taken up since it was solid at `melt_c` (negative: colder)."""
        if heat_j_m2 < 0.0:
            return self.melt_c + heat_j_m2 / self.solid_j_m2k
        if heat_j_m2 < self.latent_j_m2:
            return self.melt_c
        return self.melt_c + (heat_j_m2 - self.latent_j_m2) / self.liquid_j_m2k

    def start_j_m2(self) -> float:
        """The heat content at `start_c`."""
        if self.start_c <= self.melt_c:
            return (self.start_c - self.melt_c) * self.solid_j_m2k
        return self.latent_j_m2 + (self.start_c - self.melt_c) * self.liquid_j_m2k


class Cooler(NamedTuple):
    """Cold water pumped through the pad's skin side: its temperature and conductance."""

    water_c: float = 4.0
    conductance_w_m2k: float = 130.0


def steady_c(
    outside_m2k_w: float, ambient_c: float, perfusion: float, core_c: float = CORE_C
) -> list[float]:
    """The seven cells' temperatures with nothing but `outside_m2k_w` between skin and room.

    Without hyperaemia: no room of the supported family brings skin to 37 °C by itself.
    """
    # Down: cell i is a + b * cell i+1; the core takes the place of the cell after the last.
    down: list[tuple[float, float]] = []
    above_g = 1.0 / (outside_m2k_w + FIRST_HALF_M2K_W)
    above_a, above_b = ambient_c, 0.0
    for cell in CELLS:
        flow = cell.perfusion * perfusion
        below_g = 1.0 / cell.below
        total = above_g * (1.0 - above_b) + below_g + flow
        above_a = (above_g * above_a + flow * core_c + cell.metabolic) / total
        above_b = below_g / total
        above_g = below_g
        down.append((above_a, above_b))
    temps: list[float] = []
    below_c = core_c
    for a, b in reversed(down):
        below_c = a + b * below_c
        temps.append(below_c)
    return temps[::-1]
