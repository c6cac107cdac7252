"""The plant: a pad on a body, one step at a time, fast enough for thousands of times real time.

Explicit Euler on plain floats with everything unrolled into locals. The pad (element and skin
side), the skin and the beads move every step; fat and muscle, whose time constants are beyond ten
seconds, once a second. Constants and their sources are in `body`.
"""

from __future__ import annotations

import math

from poultice.virtual.body import (
    CELLS,
    CORE_C,
    EPIDERMIS_M2K_W,
    FIRST_HALF_M2K_W,
    HYPERAEMIA_FROM_C,
    HYPERAEMIA_PER_K,
    ColdPack,
    Cooler,
    Laid,
    Pad,
    Place,
    steady_c,
)

MAX_STEP_S = 0.1
_SLOW_S = 1.0
_BARE_SKIN_M2K_W = 0.1  # convection and radiation of bare skin in a room: 10 W/m²K
_BASAL = EPIDERMIS_M2K_W / FIRST_HALF_M2K_W
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
    excess over the skin that is added where the pad lies double at that bead; 0: flat), `core_c`.

    Skin elsewhere under the pad, where it lies otherwise (double, pressed against a chair), is a
    plant of its own in `elsewhere`, with the warmth and the dose it has had before: `set_apart`
    makes it, and it moves along. `a_in_middle`: bead A is where hardware.md wants it, in the middle
    of the pad, which is pressed most; False: at a free end, as bead B is.
    """

    # Some forty attributes: found faster in slots.
    # fmt: off
    __slots__ = (
        "_a_in",
        "_b_in",
        "_deep_c",
        "_dt_s",
        "_k",
        "_k_bead",
        "_pack_j_m2",
        "_place",
        "_s1",
        "_s2",
        "_slow_due_s",
        "a_in_middle",
        "ambient_c",
        "basal_c",
        "basal_cem43",
        "cooler",
        "core_c",
        "element_c",
        "elsewhere",
        "fold_a",
        "fold_b",
        "grip_a",
        "grip_b",
        "laid",
        "laid_c",
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
        "switch_in",
        "time_s",
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
        self.core_c = CORE_C
        self.grip_a = self.grip_b = 1.0
        self.fold_a = self.fold_b = 0.0
        self.offset_a_c = self.offset_b_c = 0.0
        self.a_in_middle = True
        self.laid: Laid | None = None
        self.laid_c = 0.0
        self._place = Place()
        self.elsewhere: tuple[Plant, ...] = ()
        self._a_in: Plant | None = None
        self._b_in: Plant | None = None
        self.switch_in: Plant | None = None
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
        cells = steady_c(outside, self.ambient_c, self.perfusion, self.core_c)
        self._s1, self._s2, *self._deep_c = cells
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

    def lay_down_again(self) -> None:
        """The person has been in this room, with this core temperature, for long, and the pad has
        only just been laid on: for what was so before the session."""
        time_s = self.time_s
        self._lay_down()
        self.time_s = time_s

    def _coefficients(self, dt_s: float) -> None:
        """Everything that is constant for a step length: fractions of a difference, per step."""
        self._dt_s = dt_s
        pad, (c1, c2) = self.pad, CELLS[:2]
        half = pad.mass_j_m2k / 2
        contact_g = 1.0 / (pad.contact_m2k_w + FIRST_HALF_M2K_W)
        back_m2k_w = pad.back_m2k_w if self.laid is None else self.laid.m2k_w
        self._k_bead = -math.expm1(-dt_s / pad.sensor_tau_s)
        self._k = (
            pad.density_w_cm2 * 1e4 * dt_s / half,  # power
            dt_s / back_m2k_w / half,
            dt_s / pad.inner_m2k_w / half,
            contact_g * dt_s / half,  # from the skin into the pad
            contact_g * dt_s / c1.capacity,  # from the pad into the skin
            self.cooler.conductance_w_m2k * dt_s / half,
            dt_s / c1.below / c1.capacity,
            dt_s / c1.below / c2.capacity,
            dt_s / c2.below / c2.capacity,
            c1.perfusion * self.perfusion * dt_s / c1.capacity,
            c2.perfusion * self.perfusion * dt_s / c2.capacity,
            c1.metabolic * dt_s / c1.capacity,
            c2.metabolic * dt_s / c2.capacity,
            FIRST_HALF_M2K_W / (FIRST_HALF_M2K_W + pad.contact_m2k_w),  # surface
        )

    def change(self, *, pad: Pad | None = None, perfusion: float | None = None) -> None:
        """From now on another pad (the same one covered, or pressed on harder) or blood flow."""
        if pad is not None:
            self.pad = pad
        if perfusion is not None:
            self.perfusion = perfusion
        self._coefficients(self._dt_s)
        for part in self.elsewhere:
            place = part._place
            part.change(
                pad=None if pad is None else place.pad(pad),
                perfusion=None if perfusion is None else place.blood * perfusion,
            )

    def lay_on(self, laid: Laid) -> None:
        """From now on this lies on the pad's back."""
        self.laid, self.laid_c = laid, laid.start_c
        self._coefficients(self._dt_s)

    def set_apart(
        self, place: Place, *, at_a: bool = False, at_b: bool = False, at_switch: bool = False
    ) -> None:
        """From now on a part of the pad lies otherwise: the last of `elsewhere` is the skin there.
        What is in that part (bead A, bead B, the bimetal and the fuse) feels it, the rest the rest.
        """
        part = Plant.__new__(Plant)
        for name in Plant.__slots__:
            setattr(part, name, getattr(self, name))
        part.elsewhere, part._a_in, part._b_in, part.switch_in = (), None, None, None
        part._place = place
        part.change(pad=place.pad(self.pad), perfusion=place.blood * self.perfusion)
        if place.laid is not None:
            part.lay_on(place.laid)
        self.elsewhere += (part,)
        self._a_in = part if at_a else self._a_in
        self._b_in = part if at_b else self._b_in
        self.switch_in = part if at_switch else self.switch_in

    @property
    def worst_skin_c(self) -> float:
        """The hottest skin under the pad."""
        return max([self.skin_c] + [part.skin_c for part in self.elsewhere])

    @property
    def worst_skin_cem43(self) -> float:
        """The greatest dose under the pad."""
        return max([self.skin_cem43] + [part.skin_cem43 for part in self.elsewhere])

    @property
    def worst_basal_cem43(self) -> float:
        """The greatest dose under the epidermis."""
        return max([self.basal_cem43] + [part.basal_cem43 for part in self.elsewhere])

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
        if self.elsewhere:
            self._step_elsewhere(dt_s, heat_on, cool_on)

    def _step_elsewhere(self, dt_s: float, heat_on: float, cool_on: float) -> None:
        for part in self.elsewhere:
            part.ambient_c, part.core_c, part.pack_on = self.ambient_c, self.core_c, self.pack_on
            part.grip_a, part.grip_b = self.grip_a, self.grip_b
            part.offset_a_c, part.offset_b_c = self.offset_a_c, self.offset_b_c
            part.step(dt_s, heat_on, cool_on)
        if self._a_in is not None:
            self.sensor_a_c = self._a_in.sensor_a_c
        if self._b_in is not None:
            self.sensor_b_c = self._b_in.sensor_b_c

    def _step_on_body(self, heat_on: float, cool_on: float) -> None:
        """Pad, skin and beads while the pad lies on the skin."""
        element, pad, s1, s2 = self.element_c, self.pad_c, self._s1, self._s2
        core_c = self.core_c
        (
            power, k_back, k_inner, pad_skin, skin_pad, cool,
            k_12, k_21, k_2f, blood1, blood2, met1, met2, surface,
        ) = self._k  # fmt: skip
        inner = k_inner * (element - pad)
        back_c = self.ambient_c if self.laid is None else self.laid_c
        self.element_c = element + heat_on * power - inner + k_back * (back_c - element)
        new_pad = pad + inner + pad_skin * (s1 - pad)
        if cool_on:
            new_pad += cool_on * cool * (self.cooler.water_c - pad)
        if s1 > HYPERAEMIA_FROM_C:
            blood1 *= 1.0 + HYPERAEMIA_PER_K * (s1 - HYPERAEMIA_FROM_C)
        if s2 > HYPERAEMIA_FROM_C:
            blood2 *= 1.0 + HYPERAEMIA_PER_K * (s2 - HYPERAEMIA_FROM_C)
        self._s1 = s1 + skin_pad * (pad - s1) + k_12 * (s2 - s1) + blood1 * (core_c - s1) + met1
        self._s2 = (
            s2 + k_21 * (s1 - s2) + k_2f * (self._deep_c[0] - s2) + blood2 * (core_c - s2) + met2
        )
        self.pad_c = new_pad
        self.skin_c = skin = s1 + surface * (pad - s1)
        self.basal_c = skin + _BASAL * (s1 - skin)
        if skin >= 39.0:
            self._dose()
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

    def _dose(self) -> None:
        minutes = self._dt_s / 60.0
        self.skin_cem43 += minutes * cem43_per_min(self.skin_c)
        self.basal_cem43 += minutes * cem43_per_min(self.basal_c)

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
        self._s1 += (
            dt_s / c1.capacity * (into + between + flow1 * (self.core_c - s1) + c1.metabolic)
        )
        self._s2 += (
            dt_s
            / c2.capacity
            * (
                (self._deep_c[0] - s2) / c2.below
                - between
                + flow2 * (self.core_c - s2)
                + c2.metabolic
            )
        )
        power, back, inner = self._k[:3]
        inner *= self.element_c - self.pad_c
        self.element_c += heat_on * power - inner + back * (ambient - self.element_c)
        self.pad_c += inner + back * (ambient - self.pad_c)
        self.skin_c = s1 + into * FIRST_HALF_M2K_W
        self.basal_c = self.skin_c - into * EPIDERMIS_M2K_W
        if self.skin_c >= 39.0:
            self._dose()
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
        core_c, flow = self.core_c, self.perfusion
        temps = [self._s2] + self._deep_c + [core_c]  # noqa: RUF005 - MicroPython has no other way
        fluxes = [(temps[i] - temps[i + 1]) / cell.below for i, cell in enumerate(CELLS[1:])]
        self._deep_c = [
            temps[i]
            + dt_s
            / cell.capacity
            * (
                fluxes[i - 1]
                - fluxes[i]
                + flow * cell.perfusion * (core_c - temps[i])
                + cell.metabolic
            )
            for i, cell in enumerate(CELLS[2:], 1)
        ]
        if self.laid is not None:
            self._step_laid(self.laid, dt_s)

    def _step_laid(self, laid: Laid, dt_s: float) -> None:
        """What lies on the pad's back, once a second."""
        into = (self.ambient_c - self.laid_c) / laid.room_m2k_w
        into += (self.element_c - self.laid_c) / laid.m2k_w
        self.laid_c += dt_s / laid.capacity_j_m2k * into
