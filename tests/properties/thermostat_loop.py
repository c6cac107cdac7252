"""The heat loop without the wire: plant, guard and session, one call a tick.

What the thermostat tests share. The sensors read the plant's beads with the noise that is left
of an RP2040's samples after the mean of the middle 8 of 16, about 10 m°C.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from poultice.virtual.body import Pad
from poultice.virtual.plant import Plant
from poultice_core import config, faults, states
from poultice_core.board import SENSE_HIGH, SENSE_LOW
from poultice_core.guard import Guard
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.plan import Phase, Plan
from poultice_core.relays import COOL, PAD
from poultice_core.sequencer import Sequencer
from poultice_core.settings import Settings
from poultice_core.thermistor import B3950
from poultice_core.tick import ARM, NO_COMMAND, OK, START, Ask, Tick
from tests.core.rig import code_x8_for

TICK_MS = 100
_NOISE_MC = 10.0

DENSITIES_W_CM2 = (0.03, 0.04, 0.05, 0.075, 0.10)
MASSES_J_M2K = (700.0, 1200.0, 2000.0, 2400.0)
PERFUSIONS = (1.0, 0.0)
AMBIENTS_C = (18.0, 23.0, 30.0, 35.0)


@dataclass(frozen=True)
class Case:
    """One plant, as the requirement names it."""

    density_w_cm2: float
    mass_j_m2k: float
    perfusion: float
    ambient_c: float
    contact_m2k_w: float = 0.01

    @property
    def tight(self) -> bool:
        """Heavy or weak enough for the band of 0.8 °C."""
        return self.mass_j_m2k >= 2000.0 or self.density_w_cm2 <= 0.05

    def plant(self) -> Plant:
        pad = Pad(
            density_w_cm2=self.density_w_cm2,
            mass_j_m2k=self.mass_j_m2k,
            contact_m2k_w=self.contact_m2k_w,
        )
        return Plant(pad, ambient_c=self.ambient_c, perfusion=self.perfusion)


FAMILY = tuple(
    Case(density, mass, perfusion, ambient)
    for density in DENSITIES_W_CM2
    for mass in MASSES_J_M2K
    for perfusion in PERFUSIONS
    for ambient in AMBIENTS_C
)


# The requirement: over the target at the sensor, and from 120 s after it was reached.
PEAK_C = 0.6
BANDS_C = {True: (-0.8, 0.6), False: (-2.5, 0.6)}

# Cold skin without perfusion under a strong heavy pad takes more than SR-24 refills for some
# minutes after the climb: held 0.6 °C low from the start, it still falls out of the band.
DRAINED = (Case(0.10, 2400.0, 0.0, 18.0), Case(0.10, 2000.0, 0.0, 18.0))


@dataclass
class Held:
    """One heat phase as it was: the bead's true temperature a tick, and what the relay did."""

    target_c: float
    sensor_c: list[float] = field(default_factory=list)
    closings: list[int] = field(default_factory=list)
    openings: list[int] = field(default_factory=list)
    inhibited: int = 0

    @property
    def peak_c(self) -> float:
        """Over the target."""
        return max(self.sensor_c) - self.target_c

    @property
    def reached_s(self) -> float | None:
        """When the bead was first at the target."""
        return self._first_s(self.target_c)

    @property
    def near_s(self) -> float | None:
        """When it was first within 0.5 °C."""
        return self._first_s(self.target_c - 0.5)

    def _first_s(self, temp_c: float) -> float | None:
        for tick, sensor_c in enumerate(self.sensor_c):
            if sensor_c >= temp_c:
                return tick / 10
        return None

    def band_c(self, settle_s: float = 120.0) -> tuple[float, float] | None:
        """Lowest and highest against the target from `settle_s` after it was reached."""
        reached_s = self.reached_s
        if reached_s is None:
            return None
        held = self.sensor_c[int((reached_s + settle_s) * 10) :]
        return (min(held) - self.target_c, max(held) - self.target_c) if held else None

    def closings_held_a_minute(self, settle_s: float = 120.0) -> float | None:
        """The mean over all of what `band_c` judges; None where that is less than a minute."""
        if self.reached_s is None:
            return None
        start = int((self.reached_s + settle_s) * 10)
        ticks = len(self.sensor_c) - start
        return sum(t >= start for t in self.closings) / (ticks / 600) if ticks >= 600 else None

    @property
    def closings_a_minute(self) -> int:
        """The most in any 60 s."""
        most = 0
        for first in self.closings:
            most = max(most, sum(first <= tick < first + 600 for tick in self.closings))
        return most


@dataclass
class Outcome:
    """A whole session."""

    phases: list[Held]
    fault: int
    budget_met: bool

    @property
    def fault_name(self) -> str | None:
        return None if self.fault == faults.NONE else faults.NAMES[self.fault]


class Loop:
    """A guard and a session on one plant. `dt_ms` may give every tick its own length."""

    def __init__(self, case: Case, seed: int = 1, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.plant = case.plant()
        density = min(100, max(30, round(case.density_w_cm2 * 1000)))
        told = {**config.default(), "cooler": True, "density_mw_cm2": density}
        self.guard = Guard(self.limits, Settings(told), Ledger(self.limits), B3950)
        self.sequencer = Sequencer(self.limits)
        self.inputs = Tick()
        self.ask = Ask()
        chance = random.Random(seed)
        self._noise = [round(chance.gauss(0.0, _NOISE_MC)) for _ in range(4001)]
        self._at = chance.randrange(4001)
        self.now_ms = 0
        while self.guard.state != states.IDLE:
            self.tick()

    def tick(self, dt_ms: int = TICK_MS) -> int:
        guard, inputs = self.guard, self.inputs
        outputs = guard.outputs
        self.plant.step(dt_ms / 1000, outputs & PAD == PAD, bool(outputs & COOL))
        self.now_ms += dt_ms
        noise = self._noise
        at = self._at = (self._at + 1) % 4000
        inputs.at(self.now_ms)
        inputs.raw_a = inputs.raw_b = at
        inputs.code_x8_a = code_x8_for(int(self.plant.sensor_a_c * 1000) + noise[at])
        inputs.code_x8_b = code_x8_for(int(self.plant.sensor_b_c * 1000) + noise[at + 1])
        inputs.sense = SENSE_HIGH if outputs & PAD == PAD else SENSE_LOW
        self.sequencer.step(guard, self.ask, dt_ms)
        permitted = guard.step(inputs, self.ask)
        inputs.command = NO_COMMAND
        return permitted

    def command(self, command: int) -> int:
        """One command in a tick of its own; the answer."""
        self.inputs.command = command
        self.tick()
        return self.guard.answer

    def start(self, *phases: tuple[int, int, int]) -> None:
        """Arm and start a plan of (mode, target_mc, duration_s)."""
        plan = Plan("test", False, 0, [Phase(*phase) for phase in phases])
        for _ in range(40):
            self.tick()
        self.sequencer.load(plan)
        self.inputs.order, self.inputs.token = plan.order(self.limits), 1
        assert self.command(ARM) == OK
        assert self.command(START) == OK

    def run(self, *phases: tuple[int, int, int]) -> Outcome:
        """The whole plan, tick by tick, to its end."""
        self.start(*phases)
        guard = self.guard
        held: list[Held] = []
        phase = -1
        was_on = False
        while guard.live:
            on = self.tick() & PAD == PAD
            if guard.phases.mode != states.HEAT:
                phase = -1
                was_on = False
                continue
            if guard.phases.phase != phase:
                phase = guard.phases.phase
                held.append(Held(guard.phases.target_mc / 1000))
            now = held[-1]
            now.sensor_c.append(max(self.plant.sensor_a_c, self.plant.sensor_b_c))
            now.inhibited += guard.permit.inhibited
            if on != was_on:
                (now.closings if on else now.openings).append(len(now.sensor_c))
            was_on = on
        return Outcome(held, guard.latch.fault, guard.permit.budget_met)


def hold(case: Case, target_mc: int, duration_s: int, seed: int = 1) -> Outcome:
    """One heat phase."""
    return Loop(case, seed).run((states.HEAT, target_mc, duration_s))
