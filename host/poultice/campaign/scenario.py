"""What one run is made of, drawn from its number and nothing else.

A number reads ``<seed><faults><six digits of index>``: 1 1 000417 is the 418th run of seed 1 with
single faults, 1 2 000417 that with pairs. The fault class goes round with the index, so that every
class gets its share of any campaign; everything else is random. A number means the same run as long
as `FAULT_CLASSES` and the draws below are the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from random import Random

from poultice.campaign.classes import CAN_FOLD, FAULT_CLASSES, HEALTHY, STARTS_WRONG, UNFELT_FOLDS
from poultice.errors import UsageError
from poultice.therapy import library
from poultice.therapy.phase import HEAT, Phase
from poultice.therapy.plan import NORMAL, SENSITIVE, Plan, check, fit
from poultice.virtual.body import Pad
from poultice.virtual.options import FaultAt, SimOptions
from poultice.virtual.told import limits as limits_of

SEED_MAX = 999_999_999
RUNS_MAX = 1_000_000
SINGLE, PAIRS = 1, 2

# False trips are counted on healthy runs alone, so there are three of them to one of each class.
_CYCLE = (HEALTHY, HEALTHY, HEALTHY, *FAULT_CLASSES)
_DENSEST_W_CM2 = 0.10  # hardware.md
_NOISE_TABLES = 8  # as many as a process keeps: a table takes longer than a minute of a session


@dataclass(frozen=True)
class Scenario:
    """One run. `pad`, the offsets, the relays' times and the bimetal are what is really there;
    `options` is what the device was told, with the room, the skin and the person. `onsets` count
    from the start of the session, None: before."""

    number: int
    plan: Plan
    onsets: tuple[FaultAt, ...]
    options: SimOptions
    pad: Pad
    offset_a_c: float
    offset_b_c: float
    adc_offset_lsb: float
    operate_ms: int
    release_ms: int
    bimetal_c: float

    @property
    def fault_class(self) -> str:
        """`healthy`, one class, or two joined by +."""
        return "+".join(onset.name for onset in self.onsets) or HEALTHY


def number_of(seed: int, index: int, faults: int = SINGLE) -> int:
    """The number of run `index` of a seed, with single faults or PAIRS."""
    return (seed * 10 + faults) * RUNS_MAX + index


def parts_of(number: int) -> tuple[int, int, int]:
    """Seed, faults a run, index. Raises UsageError for a number that no campaign gives."""
    rest, index = divmod(number, RUNS_MAX)
    seed, faults = divmod(rest, 10)
    if faults not in (SINGLE, PAIRS) or not 0 <= seed <= SEED_MAX:
        raise UsageError(
            f"{number} is not the number of a run",
            hint="it stands in the first column of the results, such as 11000417",
        )
    return seed, faults, index


def numbers(
    runs: int, seed: int, faults: int = SINGLE, only: tuple[str, ...] = ()
) -> Sequence[int]:
    """The first `runs` numbers of a seed; with `only`, those of these classes alone."""
    first = number_of(seed, 0, faults)
    if not only:
        return range(first, first + runs)
    asked = (index for index in range(RUNS_MAX) if class_of(index) in only)
    return array("q", (first + index for index in islice(asked, runs)))


def class_of(index: int) -> str:
    """The class of the first fault of a run, or `healthy`."""
    return _CYCLE[index % len(_CYCLE)]


def draw(number: int) -> Scenario:
    """The run of that number. Raises UsageError for a number that no campaign gives."""
    _, faults, index = parts_of(number)
    rng = Random(f"poultice campaign {number}")
    names = [] if class_of(index) == HEALTHY else [class_of(index)]
    if names and faults == PAIRS:
        names.append(rng.choice([name for name in FAULT_CLASSES if name not in names]))
    options = _device(rng, names)._replace(fold_safe=_fold_safe(number, names))
    plan = _plan(rng, options, attended="host_lost" in names or rng.random() < 0.15)
    onsets = tuple(FaultAt(name, _onset_s(rng, plan, name)) for name in names)
    worst_c = 0.3 if options.two_point else 0.7  # facts.md 5d: 1 % parts, checked or not
    return Scenario(
        number=number,
        plan=plan,
        onsets=onsets,
        # The tick counter is set at power-up: this one the device has to know beforehand.
        options=options._replace(
            faults=tuple(
                FaultAt(one.name, one.at_s or 0.0) for one in onsets if one.name == "tick_wrap"
            )
        ),
        pad=_pad(rng, options),
        offset_a_c=rng.uniform(-worst_c, worst_c),
        offset_b_c=rng.uniform(-worst_c, worst_c),
        adc_offset_lsb=rng.uniform(0.0, 2.0),
        operate_ms=rng.randint(5, 12),
        release_ms=rng.randint(5, 20),
        bimetal_c=rng.uniform(43.0, 45.0),
    )


def _device(rng: Random, names: list[str]) -> SimOptions:
    """Configuration, room, skin and person. Without sensor B the pad must not be able to fold."""
    return SimOptions(
        ambient_c=rng.uniform(18.0, 35.0),
        pad_w_cm2=rng.randint(30, 100) / 1000,
        mass_j_m2k=rng.uniform(700.0, 2400.0),
        perfusion=rng.uniform(0.5, 1.5),
        cooler=rng.random() < 0.5,
        sensor_b=rng.random() < 0.85 or not CAN_FOLD.isdisjoint(names),
        sense=rng.random() < 0.85,
        two_point=rng.random() < 0.6,
        user_present=rng.random() < 0.95,
        seed=1 + rng.randrange(_NOISE_TABLES),
    )


def _fold_safe(number: int, names: list[str]) -> bool:
    """With numbers of its own, so that those of before mean the same runs."""
    drawn = Random(f"poultice campaign {number} fold_safe").random() < 0.6
    return drawn and UNFELT_FOLDS.isdisjoint(names)


def _pad(rng: Random, options: SimOptions) -> Pad:
    """The pad in use: within 10 % of the power that the device was told, lying well or badly."""
    return Pad(
        density_w_cm2=min(_DENSEST_W_CM2, options.pad_w_cm2 * rng.uniform(0.9, 1.1)),
        mass_j_m2k=options.mass_j_m2k,
        contact_m2k_w=rng.uniform(0.005, 0.03),
        back_m2k_w=rng.uniform(0.05, 0.2),
        sensor_tau_s=rng.uniform(5.0, 15.0),
        contact_s=rng.uniform(30.0, 300.0),
    )


@lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[str, tuple[Phase, ...]], ...]:
    return tuple((one.name, one.phases) for one in library.all_protocols())


def _plan(rng: Random, options: SimOptions, *, attended: bool) -> Plan:
    """Half the shipped protocols, half heat as the limits allow it; fitted as `run --fit` does."""
    limits = limits_of(options)
    if rng.random() < 0.5:
        name, phases = rng.choice(_shipped())
    else:
        name, phases = "drawn", (_hot(rng),)
        if rng.random() < 0.3:
            phases = (*phases, Phase("rest", None, rng.randint(30, 180)), _hot(rng))
    profile = SENSITIVE if rng.random() < 0.1 else NORMAL
    plan, _ = fit(Plan(name, profile, 10 if attended else 0, phases), limits)
    assert not check(plan, limits)
    return plan


def _hot(rng: Random) -> Phase:
    return Phase(HEAT, rng.randrange(38_000, 42_001, 100), rng.randint(300, 1800))


def _onset_s(rng: Random, plan: Plan, name: str) -> float | None:
    """When a fault sets in: now and then before the session, often as the pad warms up, else
    somewhere in a phase, of heat where there is one. What is built wrong is wrong before."""
    if name in STARTS_WRONG or rng.random() < 0.08:
        return None
    starts_s = [0]
    for phase in plan.phases:
        starts_s.append(starts_s[-1] + phase.duration_s)
    spans = [(start_s, phase) for start_s, phase in zip(starts_s, plan.phases, strict=False)]
    heat = [span for span in spans if span[1].mode == HEAT]
    if heat and rng.random() < 0.2:
        return round(heat[0][0] + rng.uniform(0.0, 120.0), 1)
    among = heat if heat and rng.random() < 0.85 else spans
    [(start_s, phase)] = rng.choices(among, [span[1].duration_s for span in among])
    return round(start_s + rng.uniform(0.0, 0.98) * phase.duration_s, 1)
