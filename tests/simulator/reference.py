"""An independent reference for the simulator's plant: finely layered Pennes, implicit in time.

Shares nothing with `poultice.virtual.plant` but the physical constants of `facts.md` 5a and 5b,
which are written out again here on purpose. About ninety cells, finer towards the skin, conduction
and the constant part of perfusion by backward Euler (inverse precomputed, all cases at once), the
temperature-dependent part of dermal perfusion as a source of the step before. The pad is one node
of the areal heat capacity given, as in the published table.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CORE_C = 36.5
METABOLIC_W_M3 = 400.0
HYPERAEMIA_PER_K = 0.8
HYPERAEMIA_FROM_C = 37.0

# name, thickness m, cells, conductivity W/mK, volumetric heat capacity J/m³K, perfusion W/m³K
LAYERS = (
    ("epidermis", 0.1e-3, 4, 0.21, 3600.0 * 1100.0, 0.0),
    ("dermis", 1.5e-3, 24, 0.37, 3224.0 * 1200.0, 5000.0),
    ("fat", 10.0e-3, 32, 0.16, 2303.0 * 920.0, 500.0),
    ("muscle", 20.0e-3, 24, 0.50, 3700.0 * 1060.0, 2000.0),
)


@dataclass(frozen=True)
class Case:
    """One run: pad heated at `density_w_cm2`, or held at `held_c` from the start."""

    density_w_cm2: float = 0.0
    held_c: float | None = None
    perfusion: float = 1.0
    contact_m2k_w: float = 0.01
    mass_j_m2k: float = 700.0
    ambient_c: float = 23.0
    back_m2k_w: float = 0.1


@dataclass
class Run:
    """What a case did, sampled once a second; index 0 is the start."""

    skin_c: list[float] = field(default_factory=list)
    pad_c: list[float] = field(default_factory=list)
    basal_c: list[float] = field(default_factory=list)
    dose_min: list[float] = field(default_factory=list)


def cem43_rate(surface_c: Floats) -> Floats:
    """CEM43 minutes per minute: R = 0.5 at and above 43 °C, 0.25 below, nothing below 39 °C."""
    rate = np.where(surface_c >= 43.0, 2.0, 4.0) ** (surface_c - 43.0)
    return np.where(surface_c < 39.0, 0.0, rate)


class Reference:
    """Several cases at once, from the steady state of the unheated body."""

    def __init__(self, cases: list[Case], dt_s: float = 0.5) -> None:
        self.cases = cases
        self.dt_s = dt_s
        self._grid()
        self._system()
        self.temps = np.array([self._steady(i) for i in range(len(cases))])

    def _grid(self) -> None:
        width, cond, heat, perf, dermis = [], [], [], [], []
        for name, thickness, cells, k, c, w in LAYERS:
            for _ in range(cells):
                width.append(thickness / cells)
                cond.append(k)
                heat.append(c)
                perf.append(w)
                dermis.append(name == "dermis")
        self.width = np.array(width)
        self.cond = np.array(cond)
        self.heat = np.array(heat) * self.width
        self.perf = np.array(perf) * self.width
        self.dermis = np.array(dermis)

    def _system(self) -> None:
        """Conductance matrices (pad first, then the cells) and their constant sources, W/m²."""
        cells = len(self.width)
        half = self.width / self.cond / 2
        between = 1.0 / (half[:-1] + half[1:])
        count = len(self.cases)
        self.matrix = np.zeros((count, cells + 1, cells + 1))
        self.source = np.zeros((count, cells + 1))
        self.capacity = np.zeros((count, cells + 1))
        for i, case in enumerate(self.cases):
            a, b = self.matrix[i], self.source[i]
            self.capacity[i, 0] = case.mass_j_m2k
            self.capacity[i, 1:] = self.heat
            links = np.concatenate(([1.0 / (case.contact_m2k_w + half[0])], between))
            for j, g in enumerate(links):
                a[j, j] += g
                a[j + 1, j + 1] += g
                a[j, j + 1] -= g
                a[j + 1, j] -= g
            a[0, 0] += 1.0 / case.back_m2k_w
            b[0] += case.ambient_c / case.back_m2k_w
            a[cells, cells] += 1.0 / half[-1]
            b[cells] += CORE_C / half[-1]
            a[range(1, cells + 1), range(1, cells + 1)] += self.perf * case.perfusion
            b[1:] += self.perf * case.perfusion * CORE_C + METABOLIC_W_M3 * self.width

    def _steady(self, i: int) -> Floats:
        steady: Floats = np.linalg.solve(self.matrix[i], self.source[i])
        return steady

    def surface_c(self) -> Floats:
        """Skin surface: between the pad's contact resistance and the first half cell."""
        half = self.width[0] / self.cond[0] / 2
        contact = np.array([case.contact_m2k_w for case in self.cases])
        surface: Floats = (self.temps[:, 0] * half + self.temps[:, 1] * contact) / (half + contact)
        return surface

    def run(self, seconds: int) -> list[Run]:
        """All cases for `seconds`; dose at the skin surface in CEM43 minutes."""
        dt = self.dt_s
        matrix, source = self.matrix.copy(), self.source.copy()
        for i, case in enumerate(self.cases):
            source[i, 0] += case.density_w_cm2 * 1e4
            if case.held_c is not None:
                matrix[i, 0, :] = 0.0
                matrix[i, 0, 0] = 1e9
                source[i, 0] = 1e9 * case.held_c
        step = np.linalg.inv(
            matrix + self.capacity[:, :, None] * np.eye(matrix.shape[1])[None] / dt
        )
        warm = self.perf * self.dermis * HYPERAEMIA_PER_K
        factor = np.array([[case.perfusion] for case in self.cases])
        gain = factor * warm[None]
        runs = [Run() for _ in self.cases]
        dose = np.zeros(len(self.cases))
        for index in range(int(seconds / dt) + 1):
            surface = self.surface_c()
            if index % int(1 / dt) == 0:
                self._record(runs, surface, dose)
            dose += cem43_rate(surface) * dt / 60
            cells = self.temps[:, 1:]
            load = source + self.capacity * self.temps / dt
            load[:, 1:] += gain * np.maximum(cells - HYPERAEMIA_FROM_C, 0.0) * (CORE_C - cells)
            self.temps = (step @ load[:, :, None])[:, :, 0]
        return runs

    def _record(self, runs: list[Run], surface: Floats, dose: Floats) -> None:
        basal = LAYERS[0][2]
        for i, run in enumerate(runs):
            run.skin_c.append(float(surface[i]))
            run.pad_c.append(float(self.temps[i, 0]))
            run.basal_c.append(float((self.temps[i, basal] + self.temps[i, basal + 1]) / 2))
            run.dose_min.append(float(dose[i]))
