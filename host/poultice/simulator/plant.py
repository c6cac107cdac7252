"""The plant: a pad on a body, one step at a time, fast enough for thousands of times real time.

Explicit Euler on plain floats with everything unrolled into locals. The pad (element and skin
side), the skin and the beads move every step; fat and muscle, whose time constants are beyond ten
seconds, once a second. Constants and their sources are in `body`.
"""

from __future__ import annotations

import math
from dataclasses import replace

from poultice.simulator.body import (
    CELLS,
    CORE_C,
    EPIDERMIS_M2K_W,
    FIRST_HALF_M2K_W,
    HYPERAEMIA_FROM_C,
    HYPERAEMIA_PER_K,
    ColdPack,
    Cooler,
    Pad,
    steady_c,
)

MAX_STEP_S = 0.1
_SLOW_S = 1.0
_BARE_SKIN_M2K_W = 0.1  # convection and radiation of bare skin in a room: 10 W/m²K
_LN2, _LN4 = math.log(2.0), math.log(4.0)


def cem43_per_min(temp_c: float) -> float:
    """CEM43 minutes a minute (`safety.md`): R 0.5 from 43 °C up, 0.25 below, none under 39 °C."""
    if temp_c < 39.0:
        return 0.0
    return math.exp((temp_c - 43.0) * (_LN2 if temp_c >= 43.0 else _LN4))


class Plant:
    """One pad on one body.

    Read `skin_c` (true skin surface), `basal_c` (under the epidermis), `pad_c` (the pad's skin
    side), `element_c`, `sensor_a_c`, `sensor_b_c` (the beads, lag included), `pack_c`, `skin_cem43`
    and `basal_cem43` (CEM43 minutes), `time_s`. Set at any time: `ambient_c`, `grip_a`/`grip_b`
    (1: the bead is held between pad and skin, 0: it hangs in the room, between: at the edge),
    `offset_a_c`/`offset_b_c` (the bead's own error) and `fold_a`/`fold_b` (the part of the pad's
    excess over the skin that is added where the pad lies double at that bead; 0: flat). The skin
    under a fold is a second plant of its own with twice the density: `fold_over` makes it, as
    `under_fold`, and moves it along.
    """

    # More than thirty attributes: found faster in slots.
    # fmt: off
    __slots__ = (
        "_bead_a_in_fold",
        "_bead_b_in_fold",
        "_dt_s",
        "_f1",
        "_f2",
        "_f3",
        "_k_2f",
        "_k_12",
        "_k_21",
        "_k_back",
        "_k_bead",
        "_k_blood1",
        "_k_blood2",
        "_k_cool",
        "_k_inner",
        "_k_met1",
        "_k_met2",
        "_k_min",
        "_k_pad_skin",
        "_k_power",
        "_k_skin_pad",
        "_m1",
        "_m2",
        "_pack_j_m2",
        "_s1",
        "_s2",
        "_slow_due_s",
        "_w_basal",
        "_w_surface",
        "ambient_c",
        "basal_c",
        "basal_cem43",
        "cooler",
        "element_c",
        "fold_a",
        "fold_b",
        "grip_a",
        "grip_b",
        "offset_a_c",
        "offset_b_c",
        "pack",
        "pack_c",
        "pack_on",
        "pad",
        "pad_c",
        "perfusion",
        "sensor_a_c",
        "sensor_b_c",
        "skin_c",
        "skin_cem43",
        "switch_in_fold",
        "time_s",
        "under_fold",
    )
    # fmt: on

    def __init__(
        self,
        pad: Pad | None = None,
        *,
        ambient_c: float = 23.0,
        perfusion: float = 1.0,
        cooler: Cooler | None = None,
        pack: ColdPack | None = None,
    ) -> None:
        self.pad = pad or Pad()
        self.cooler = cooler or Cooler()
        self.pack = pack or ColdPack()
        self.perfusion = perfusion
        self.ambient_c = ambient_c
        self.grip_a = self.grip_b = 1.0
        self.fold_a = self.fold_b = 0.0
        self.offset_a_c = self.offset_b_c = 0.0
        self.under_fold: Plant | None = None
        self._bead_a_in_fold = self._bead_b_in_fold = self.switch_in_fold = False
        self.time_s = 0.0
        self.pack_on = False
        self.pack_c = self.pack.start_c
        self._pack_j_m2 = self.pack.start_j_m2()
        self.skin_cem43 = self.basal_cem43 = 0.0
        self._slow_due_s = _SLOW_S
        self._dt_s = 0.0
        self._coefficients(MAX_STEP_S)
        self._lay_down()

    def _lay_down(self) -> None:
        """The state at the start: the body at rest, the pad lying on for `contact_s`."""
        pad = self.pad
        settled = pad.contact_s is None
        outside = (
            pad.contact_m2k_w + pad.inner_m2k_w + pad.back_m2k_w if settled else _BARE_SKIN_M2K_W
        )
        cells = steady_c(outside, self.ambient_c, self.perfusion)
        self._s1, self._s2, self._f1, self._f2, self._f3, self._m1, self._m2 = cells
        flux = (self._s1 - self.ambient_c) / (outside + FIRST_HALF_M2K_W)
        self.element_c = self.ambient_c + (flux * pad.back_m2k_w if settled else 0.0)
        self.pad_c = self.element_c + (flux * pad.inner_m2k_w if settled else 0.0)
        self.skin_c = self._s1 - flux * FIRST_HALF_M2K_W
        self.basal_c = self.skin_c + flux * EPIDERMIS_M2K_W
        self.sensor_a_c = self.sensor_b_c = self.pad_c
        if pad.contact_s:
            self.step(pad.contact_s, False, False)
        self.time_s = 0.0
        self.skin_cem43 = self.basal_cem43 = 0.0

    def _coefficients(self, dt_s: float) -> None:
        """Everything that is constant for a step length: fractions of a difference, per step."""
        self._dt_s = dt_s
        pad, (c1, c2) = self.pad, CELLS[:2]
        half = pad.mass_j_m2k / 2
        contact_g = 1.0 / (pad.contact_m2k_w + FIRST_HALF_M2K_W)
        self._k_power = pad.density_w_cm2 * 1e4 * dt_s / half
        self._k_back = dt_s / pad.back_m2k_w / half
        self._k_inner = dt_s / pad.inner_m2k_w / half
        self._k_pad_skin = contact_g * dt_s / half
        self._k_cool = self.cooler.conductance_w_m2k * dt_s / half
        self._k_skin_pad = contact_g * dt_s / c1.capacity
        self._k_12 = dt_s / c1.below / c1.capacity
        self._k_21 = dt_s / c1.below / c2.capacity
        self._k_2f = dt_s / c2.below / c2.capacity
        self._k_blood1 = c1.perfusion * self.perfusion * dt_s / c1.capacity
        self._k_blood2 = c2.perfusion * self.perfusion * dt_s / c2.capacity
        self._k_met1 = c1.metabolic * dt_s / c1.capacity
        self._k_met2 = c2.metabolic * dt_s / c2.capacity
        self._k_bead = -math.expm1(-dt_s / pad.sensor_tau_s)
        self._k_min = dt_s / 60.0
        self._w_surface = FIRST_HALF_M2K_W / (FIRST_HALF_M2K_W + pad.contact_m2k_w)
        self._w_basal = EPIDERMIS_M2K_W / FIRST_HALF_M2K_W

    def change(self, *, pad: Pad | None = None, perfusion: float | None = None) -> None:
        """From now on another pad (the same one covered, or pressed on harder) or blood flow."""
        if pad is not None:
            self.pad = pad
        if perfusion is not None:
            self.perfusion = perfusion
        self._coefficients(self._dt_s)
        if self.under_fold is not None:
            under = None if pad is None else replace(pad, density_w_cm2=2 * pad.density_w_cm2)
            self.under_fold.change(pad=under, perfusion=perfusion)

    def fold_over(self, *, at_a: bool = False, at_b: bool = False, at_switch: bool = False) -> None:
        """From now on a part of the pad lies double: `under_fold` is the skin there, with the
        warmth and the dose it has had so far. What lies in the fold (bead A, bead B, the bimetal
        and the fuse) feels that part, the rest the flat one.
        """
        under = Plant.__new__(Plant)
        for name in Plant.__slots__:
            setattr(under, name, getattr(self, name))
        under.change(pad=replace(self.pad, density_w_cm2=2 * self.pad.density_w_cm2))
        self.under_fold = under
        self._bead_a_in_fold, self._bead_b_in_fold = at_a, at_b
        self.switch_in_fold = at_switch

    @property
    def worst_skin_c(self) -> float:
        """The hotter skin: under the flat pad or under its fold."""
        return self.skin_c if self.under_fold is None else max(self.skin_c, self.under_fold.skin_c)

    @property
    def worst_skin_cem43(self) -> float:
        """The greater dose: under the flat pad or under its fold."""
        under = self.under_fold
        return self.skin_cem43 if under is None else max(self.skin_cem43, under.skin_cem43)

    def lay_pack(self) -> None:
        """The user lays a fresh cold pack on, in the pad's place."""
        self.pack_on = True
        self._pack_j_m2 = self.pack.start_j_m2()
        self.pack_c = self.pack.start_c

    def remove_pack(self) -> None:
        """The user takes the pack off and puts the pad back."""
        self.pack_on = False

    def step(self, dt_s: float, heat_on: float, cool_on: float) -> None:
        """Advance by `dt_s`; `heat_on` and `cool_on` are the part of it that each was on (0 to 1).

        A longer step than `MAX_STEP_S` is taken in several.
        """
        if dt_s > MAX_STEP_S + 1e-9:
            count = math.ceil(dt_s / MAX_STEP_S - 1e-9)
            for _ in range(count):
                self.step(dt_s / count, heat_on, cool_on)
            return
        if dt_s != self._dt_s:
            self._coefficients(dt_s)
        self.time_s += dt_s
        if self.pack_on:
            self._step_off_body(dt_s, heat_on)
        else:
            self._step_on_body(heat_on, cool_on)
        self._slow_due_s -= dt_s
        if self._slow_due_s < 1e-9:
            self._step_deep(_SLOW_S - self._slow_due_s)
            self._slow_due_s = _SLOW_S
        if self.under_fold is not None:
            self._step_fold(self.under_fold, dt_s, heat_on, cool_on)

    def _step_fold(self, under: Plant, dt_s: float, heat_on: float, cool_on: float) -> None:
        under.ambient_c, under.pack_on = self.ambient_c, self.pack_on
        under.grip_a, under.grip_b = self.grip_a, self.grip_b
        under.offset_a_c, under.offset_b_c = self.offset_a_c, self.offset_b_c
        under.step(dt_s, heat_on, cool_on)
        if self._bead_a_in_fold:
            self.sensor_a_c = under.sensor_a_c
        if self._bead_b_in_fold:
            self.sensor_b_c = under.sensor_b_c

    def _step_on_body(self, heat_on: float, cool_on: float) -> None:
        """Pad, skin and beads while the pad lies on the skin."""
        element, pad, s1, s2 = self.element_c, self.pad_c, self._s1, self._s2
        inner = self._k_inner * (element - pad)
        self.element_c = (
            element + heat_on * self._k_power - inner + self._k_back * (self.ambient_c - element)
        )
        new_pad = pad + inner + self._k_pad_skin * (s1 - pad)
        if cool_on:
            new_pad += cool_on * self._k_cool * (self.cooler.water_c - pad)
        blood1, blood2 = self._k_blood1, self._k_blood2
        if s1 > HYPERAEMIA_FROM_C:
            blood1 *= 1.0 + HYPERAEMIA_PER_K * (s1 - HYPERAEMIA_FROM_C)
        if s2 > HYPERAEMIA_FROM_C:
            blood2 *= 1.0 + HYPERAEMIA_PER_K * (s2 - HYPERAEMIA_FROM_C)
        self._s1 = (
            s1
            + self._k_skin_pad * (pad - s1)
            + self._k_12 * (s2 - s1)
            + blood1 * (CORE_C - s1)
            + self._k_met1
        )
        self._s2 = (
            s2
            + self._k_21 * (s1 - s2)
            + self._k_2f * (self._f1 - s2)
            + blood2 * (CORE_C - s2)
            + self._k_met2
        )
        self.pad_c = new_pad
        self.skin_c = skin = s1 + self._w_surface * (pad - s1)
        self.basal_c = basal = skin + self._w_basal * (s1 - skin)
        if skin >= 39.0:
            self._dose(skin, basal)
        a, b = self.sensor_a_c, self.sensor_b_c
        if self.grip_a == 1.0 and self.fold_a == 0.0:
            self.sensor_a_c = a + self._k_bead * (pad + self.offset_a_c - a)
        else:
            self.sensor_a_c = a + self._k_bead * (
                self._local_c(self.grip_a, self.fold_a) + self.offset_a_c - a
            )
        if self.grip_b == 1.0 and self.fold_b == 0.0:
            self.sensor_b_c = b + self._k_bead * (pad + self.offset_b_c - b)
        else:
            self.sensor_b_c = b + self._k_bead * (
                self._local_c(self.grip_b, self.fold_b) + self.offset_b_c - b
            )

    def _dose(self, skin_c: float, basal_c: float) -> None:
        minutes = self._k_min
        self.skin_cem43 += minutes * math.exp((skin_c - 43.0) * (_LN2 if skin_c >= 43.0 else _LN4))
        if basal_c >= 39.0:
            self.basal_cem43 += minutes * math.exp(
                (basal_c - 43.0) * (_LN2 if basal_c >= 43.0 else _LN4)
            )

    def _local_c(self, grip: float, fold: float) -> float:
        """What a bead touches that is not simply held under a flat pad."""
        under = self.pad_c + fold * (self.pad_c - self.skin_c)
        return self.ambient_c + grip * (under - self.ambient_c)

    def _step_off_body(self, dt_s: float, heat_on: float) -> None:
        """The pack lies on the skin with the beads under it; the pad lies aside."""
        pack, c1, c2 = self.pack, CELLS[0], CELLS[1]
        s1, s2, ambient = self._s1, self._s2, self.ambient_c
        into = (self.pack_c - s1) / (pack.cloth_m2k_w + self.pad.contact_m2k_w + FIRST_HALF_M2K_W)
        self._pack_j_m2 += dt_s * ((ambient - self.pack_c) / pack.room_m2k_w - into)
        self.pack_c = pack.temperature_c(self._pack_j_m2)
        flow1 = c1.perfusion * self.perfusion * self._hyperaemia(s1)
        flow2 = c2.perfusion * self.perfusion * self._hyperaemia(s2)
        between = (s2 - s1) / c1.below
        self._s1 += dt_s / c1.capacity * (into + between + flow1 * (CORE_C - s1) + c1.metabolic)
        self._s2 += (
            dt_s
            / c2.capacity
            * ((self._f1 - s2) / c2.below - between + flow2 * (CORE_C - s2) + c2.metabolic)
        )
        inner = self._k_inner * (self.element_c - self.pad_c)
        self.element_c += (
            heat_on * self._k_power - inner + self._k_back * (ambient - self.element_c)
        )
        self.pad_c += inner + self._k_back * (ambient - self.pad_c)
        self.skin_c = s1 + into * FIRST_HALF_M2K_W
        self.basal_c = self.skin_c - into * EPIDERMIS_M2K_W
        if self.skin_c >= 39.0:
            self._dose(self.skin_c, self.basal_c)
        bead = self.skin_c + into * self.pad.contact_m2k_w
        for_a = ambient + self.grip_a * (bead - ambient) + self.offset_a_c
        for_b = ambient + self.grip_b * (bead - ambient) + self.offset_b_c
        self.sensor_a_c += self._k_bead * (for_a - self.sensor_a_c)
        self.sensor_b_c += self._k_bead * (for_b - self.sensor_b_c)

    @staticmethod
    def _hyperaemia(temp_c: float) -> float:
        return 1.0 + HYPERAEMIA_PER_K * max(0.0, temp_c - HYPERAEMIA_FROM_C)

    def _step_deep(self, dt_s: float) -> None:
        """Fat and muscle, once a second."""
        _, c2, f1, f2, f3, m1, m2 = CELLS
        t2, a, b, c, d, e = self._s2, self._f1, self._f2, self._f3, self._m1, self._m2
        q1, q2, q3 = (t2 - a) / c2.below, (a - b) / f1.below, (b - c) / f2.below
        q4, q5, q6 = (c - d) / f3.below, (d - e) / m1.below, (e - CORE_C) / m2.below
        flow = self.perfusion
        self._f1 = a + dt_s / f1.capacity * (
            q1 - q2 + flow * f1.perfusion * (CORE_C - a) + f1.metabolic
        )
        self._f2 = b + dt_s / f2.capacity * (
            q2 - q3 + flow * f2.perfusion * (CORE_C - b) + f2.metabolic
        )
        self._f3 = c + dt_s / f3.capacity * (
            q3 - q4 + flow * f3.perfusion * (CORE_C - c) + f3.metabolic
        )
        self._m1 = d + dt_s / m1.capacity * (
            q4 - q5 + flow * m1.perfusion * (CORE_C - d) + m1.metabolic
        )
        self._m2 = e + dt_s / m2.capacity * (
            q5 - q6 + flow * m2.perfusion * (CORE_C - e) + m2.metabolic
        )
