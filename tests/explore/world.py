"""A guard in a small world: toy limits, a tick of a second, and an alphabet of what can happen.

One letter is one tick: a command before it (or none), what the sensors and pins say in it, and
what the session asks. What a check with a long memory would answer (slope, heating proof, the
weld check without SENSE) is part of the letter too, so every answer is tried in every state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from poultice_core import config, faults, states, tick
from poultice_core.guard import Guard
from poultice_core.interval import Interval
from poultice_core.judges.heating import HeatingProof
from poultice_core.judges.predictive import Predictive
from poultice_core.judges.treatment import Treatment
from poultice_core.judges.welds import CoolingWatch
from poultice_core.ledger import DAY_S, Ledger
from poultice_core.limits import Limits
from poultice_core.parts import Parts
from poultice_core.relays import PAD
from poultice_core.settings import Settings
from poultice_core.thermistor import B3950
from poultice_core.tick import Ask as Asks
from poultice_core.tick import Order, Tick
from poultice_core.trend import Trend
from tests.explore import fields
from tests.properties.backend import Seen
from tests.properties.shadow import TUNE_REMOVE_PACK

TICK_MS = 1_000
TOKEN = 5
NOW_S = 10 * DAY_S

# Temperatures stay as they are; times shrink to a few ticks.
TOY = {
    "tick_ms": TICK_MS,
    "late_ms": 1_000,
    "late_trip_ms": 2_000,
    "late_count": 2,
    "heat_session_s": 3,
    "heat_hot_session_s": 1,
    "cold_phase_s": 4,
    "cold_session_s": 5,
    "session_s": 8,
    "heat_day_s": 9,
    "cold_day_s": 7,
    "sessions_day": 2,
    "dose_session_m": 32,
    "sensitive_dose_session_m": 10,
    "dose_day_m": 60,
    "rest_after_heat_s": 8,
    "rest_cold_to_heat_s": 4,
    "rest_cold_to_cold_s": 5,
    "rest_asked_from_s": 2,
    "phases_max": 3,
    "budget_capacity_uj_cm2": 150_000,
    "budget_refill_uw_cm2": 50_000,
    "dwell_min_ms": 2_000,
    "closing_min_ms": 3_000,
    "token_s": 2,
    "pause_max_s": 3,
    "prompt_max_s": 2,
    "watch_after_ms": 2_000,
    "cold_end_ms": 1_000,
    "cold_cutoff_ms": 1_000,
    "overrun_ms": 1_000,
    "range_ticks": 2,
    "jump_mc": 12_500,
    "jump_ticks": 2,
    "stale_ms": 1_000,
    "frozen_ms": 2_000,
    "mismatch_ms": 1_000,
    "weld_sense_ms": 1_000,
    "supply_ms": 1_000,
    "unsteady_ms": 3_000,
    "range_count": 3,
    "range_window_ms": 4_000,
    "proofs_session": 2,
    "brake_count": 2,
    "brake_ms": 3_000,
    "brake_treated_ms": 1_000,
    "clear_ticks": 2,
    "clear_sense_ms": 1_000,
    "proof_settle_ms": 1_000,
    "proof_gap_ms": 1_000,
    "pack_alarm_ms": 2_000,
}
# Smaller still: most times are one tick or two, so that a search can come to its end.
SMALL = TOY | {
    "heat_session_s": 2,
    "cold_phase_s": 1,
    "cold_session_s": 2,
    "session_s": 5,
    "pause_max_s": 2,
    "heat_day_s": 3,
    "cold_day_s": 3,
    "dose_session_m": 18,
    "sensitive_dose_session_m": 9,
    "sessions_day": 1,
    "dose_day_m": 18,
    "rest_after_heat_s": 2,
    "rest_cold_to_heat_s": 1,
    "rest_cold_to_cold_s": 2,
    "rest_asked_from_s": 1,
    "phases_max": 2,
    "dwell_min_ms": 1_000,
    "closing_min_ms": 2_000,
    "watch_after_ms": 1_000,
    "frozen_ms": 1_000,
    "clear_ticks": 1,
    "proof_gap_ms": 1_000,
    "range_count": 2,
    "range_window_ms": 2_000,
    "brake_count": 1,
    "brake_ms": 1_000,
    "pack_alarm_ms": 1_000,
}
# A heat budget that is not met before a session's other bounds are.
AMPLE = {"budget_capacity_uj_cm2": 400_000}
DENSITY_MW_CM2 = 100

CALM_MC = 33_000
# Just out of and just in each limit that a reading is compared with.
READINGS_MC = (
    *(CALM_MC, 42_000, 42_001, 42_999, 43_000, 44_000, 44_001, 44_999, 45_000),
    *(10_501, 10_500, 10_001, 10_000, 8_000, 7_999, 7_001, 7_000, 5_000, 4_999),
)
OPEN_X8, SHORT_X8 = 3_496 * 8 + 1, 462 * 8 - 1
# Two entries of a thermistor's table, one after the other.
FIRST_X8 = 448 * 8
GOOD_A_X8, GOOD_B_X8 = FIRST_X8 + 64 * 256, FIRST_X8 + 65 * 256
LOW, HIGH, BROKEN, FOLLOWS = 0, 1, 2, 3
UNKNOWN_MC = 1_000_000

# Phase, mode, target, heat, cool, done.
Ask = tuple[int, int, int, bool, bool, bool]
NOTHING: Ask = (-1, states.NO_MODE, 0, False, False, False)
HEAT: Ask = (0, states.HEAT, 40_000, True, False, False)
HOLD: Ask = (0, states.HEAT, 40_000, False, False, False)
HOT: Ask = (0, states.HEAT, 41_500, True, False, False)
SPLIT: Ask = (1, states.HEAT, 40_000, True, False, False)
TOO_HOT: Ask = (0, states.HEAT, 42_001, True, False, False)
COLD: Ask = (2, states.COLD, 12_000, False, True, False)
TOO_COLD: Ask = (2, states.COLD, 10_999, False, True, False)
BOTH: Ask = (0, states.HEAT, 40_000, True, True, False)
REST: Ask = (3, states.REST, 0, False, False, False)
ODD: Ask = (0, 7, 40_000, True, True, False)
DONE: Ask = (-1, states.NO_MODE, 0, True, True, True)

ASKS = {
    "nothing": NOTHING, "heat": HEAT, "hold": HOLD, "hot": HOT, "split": SPLIT,
    "too hot": TOO_HOT, "cold": COLD, "too cold": TOO_COLD, "heat and cool": BOTH,
    "rest": REST, "an odd mode": ODD, "done": DONE,
}  # fmt: skip


@dataclass(frozen=True)
class Letter:
    """What happens in one tick. `name` is its word in a story."""

    name: str
    command: str = ""
    mc: int = CALM_MC
    apart_mc: int = 0
    code_a: int = GOOD_A_X8
    code_b: int = GOOD_B_X8
    dt_ms: int = TICK_MS
    sense: int = FOLLOWS
    estop: bool = False
    button: bool = False
    fresh: bool = True
    frozen: bool = False
    heard: bool = True
    ask: Ask = HEAT
    ahead_mc: int = 0
    heating: int = faults.NONE
    weld: int = faults.NONE
    spread: int = 0
    written: bool = True
    failed: bool = False
    saved_ms: int = 0


@cache
def table(a_mc: int, b_mc: int) -> bytes:
    """A thermistor's whose codes mean one of these, to the milli-degree: below `GOOD_B_X8`, and
    from there on. Where the sensors are not apart, every code means the same."""
    low, high = ((mc + 32_768).to_bytes(3, "big") for mc in (a_mc, b_mc))
    whole = len(B3950) // 3
    below = (GOOD_B_X8 - FIRST_X8) // 256
    return low * below + high * (whole - below)


class AnyTrend(Trend):
    """Nobody asks it here: those who would answer by the letter."""

    def look(self, now: Interval) -> int:
        return 0


class AnySlope(Predictive):
    """Whatever the letter says of where the reading is going."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.limits, parts.reading)
        self.ahead_mc = 0

    def look(self, now: Interval) -> int:
        return 0

    def inhibits(self) -> bool:
        return self._reading.control_mc + self.ahead_mc >= self._limits.predictive_mc


class AnyHeating(HeatingProof):
    """The heating proof, with the letter's answer in a heat phase."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.limits, parts.settings, parts.reading, parts.trend)
        self.answer = faults.NONE

    def begin_phase(self, target_mc: int) -> None:
        pass

    def restart(self) -> None:
        pass

    def look(self, now: Interval) -> int:
        judged = now.heating and not now.stalled and self._reading.readable
        return 1 << self.answer if self.answer and judged else 0


class AnyCooling(CoolingWatch):
    """The weld check without SENSE, with the letter's answer."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts.limits, parts.settings, parts.reading, parts.trend)
        self.answer = faults.NONE

    def heat_phase_ended(self) -> None:
        pass

    def look(self, now: Interval) -> int:
        judged = not self._settings.sense and self._reading.readable
        return 1 << self.answer if self.answer and judged else 0


class AnyTreatment(Treatment):
    """Trips nothing, and counts nothing."""

    def begin(self) -> None:
        pass

    def begin_phase(self) -> None:
        pass

    def look(self, now: Interval) -> int:
        return 0

    def judge(self, now: Interval, asked: bool, cause: int, heats: bool) -> None:
        pass

    def end_phase(self, phase: int, mode: int, target_mc: int) -> None:
        pass


def answer_by_letter(guard: Any) -> None:
    """Put those above in the place of the checks with a long memory."""
    parts = guard._parts
    told = {
        "trend": AnyTrend(parts.reading),
        "predictive": AnySlope(parts),
        "heating": AnyHeating(parts),
        "cooling": AnyCooling(parts),
        "treatment": AnyTreatment(parts.limits, parts.reading),
    }
    instead = {id(getattr(parts, name)): oracle for name, oracle in told.items()}
    guard._judges = tuple([instead.get(id(judge), judge) for judge in guard._judges])
    for name, oracle in told.items():
        setattr(parts, name, oracle)
    guard.heating, guard.treatment = parts.heating, parts.treatment


def order(heat_s: int, cold_s: int, attended_s: int = 0, sensitive: bool = False) -> Order:
    made = Order()
    made.heat_s = heat_s
    made.cold_s = cold_s
    made.heat_phases = 1 if heat_s else 0
    made.attended_s = attended_s
    made.sensitive = sensitive
    made.dose_m = 1 if heat_s else 0
    made.total_s = heat_s + cold_s
    return made


ORDERS = {
    "heat": order(3, 0),
    "attended": order(3, 0, attended_s=2),
    "sensitive": order(2, 0, sensitive=True),
    "cold": order(0, 2),
    "both": order(2, 2),
}
# The same as a host says it.
PLANS = {
    name: {
        "profile": "sensitive" if made.sensitive else "normal",
        "attended_s": made.attended_s,
        "phases": [
            {"mode": mode, "target_mc": target_mc, "duration_s": seconds}
            for mode, target_mc, seconds in (
                ("heat", 40_000, made.heat_s), ("cold", 12_000, made.cold_s),
            )
            if seconds
        ],
    }
    for name, made in ORDERS.items()
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Scenario:
    """One build of the device, the plans that are armed on it, and its alphabet."""

    name: str
    plans: tuple[str, ...]
    cooler: bool = False
    sensor_b: bool = True
    sense: bool = True
    letters: tuple[Letter, ...] = ()
    toy: Mapping[str, int] = field(default_factory=lambda: TOY)


COMMANDS = {
    "arm": tick.ARM,
    "start": tick.START,
    "stop": tick.STOP,
    "pause": tick.PAUSE,
    "resume": tick.RESUME,
    "confirm": tick.CONFIRM,
    "clear": tick.CLEAR,
}


class World:
    """The guard of a scenario, and one tick of it for each letter."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.settings = Settings(
            config.default()
            | {"two_point": True, "fold_safe": True, "density_mw_cm2": DENSITY_MW_CM2}
            | {name: getattr(scenario, name) for name in ("cooler", "sensor_b", "sense")}
        )
        self.limits = Limits().under(self.settings)
        for name, value in scenario.toy.items():
            setattr(self.limits, name, value)
        self.inputs = Tick()
        self.asks = Asks()
        self.orders = [Order(), *ORDERS.values()]
        self.nonsense = order(99, 99, attended_s=99, sensitive=True)
        ledger = Ledger(self.limits)
        ledger.now_s = NOW_S
        self.guard = self._power_up(ledger, 1 << 29)
        self.fields = fields.compiled(self.guard)
        limits = self.limits
        self._age_s = max(limits.rest_after_heat_s, limits.rest_cold_to_cold_s) + 1

    def _power_up(self, ledger: Ledger, budget_uj: int, *kept: Any) -> Guard:
        guard = Guard(self.limits, self.settings, ledger, B3950, budget_uj, *kept)
        answer_by_letter(guard)
        guard.admission.order = self.orders[0]
        self.first = True
        return guard

    # --- the state ----------------------------------------------------------------------

    def read(self) -> fields.State:
        """The state, the same for guards that cannot be told apart from now on.

        Times of the ledger are ages. A record counts as long as it is younger than a day, which
        only the letter `a day` makes it: its age is no part of the state.
        """
        guard = self.guard
        ledger = guard.ledger
        now_s = ledger.now_s
        limits = self.limits
        age_s = self._age_s
        young = tuple(
            (
                min(heat_s, limits.heat_day_s),
                min(cold_s, max(limits.cold_day_s, limits.cold_session_s)),
                min(dose_m, limits.dose_day_m),
            )
            for end_s, heat_s, cold_s, dose_m in ledger.records
            if now_s - end_s < DAY_S
        )
        end_s, heat_s, cold_s = ledger.short
        most_s = limits.rest_asked_from_s
        short = (min(now_s - end_s, age_s), min(heat_s, most_s), min(cold_s, most_s))
        planned = guard.live or guard.state == states.ARMED
        return (
            self.first,
            min(now_s - ledger.heat_end_s, age_s),
            min(now_s - ledger.cold_end_s, age_s),
            short if heat_s + cold_s else (0, 0, 0),
            young,
            self.orders.index(guard.course.order) if planned else 0,
            *self.fields.read(guard),
        )

    def write(self, state: fields.State) -> None:
        """Go on from this state."""
        self.first, heat_age_s, cold_age_s, short, young, plan, *flat = state
        guard = self.guard
        ledger = guard.ledger
        ledger.now_s = NOW_S
        ledger._part_ms = 0
        ledger.heat_end_s = NOW_S - heat_age_s
        ledger.cold_end_s = NOW_S - cold_age_s
        ledger.short = [NOW_S - short[0], short[1], short[2]]
        ledger.records = [[NOW_S, *record] for record in young]
        guard.admission.order = guard.phases._order = self.orders[plan]
        self.fields.write(guard, flat)
        self._seal()

    def spoil(self, junk: int) -> None:
        """Nonsense wherever the state claims that nobody looks. After `write`."""
        guard = self.guard
        self.fields.spoil(guard, junk)
        if not (guard.live or guard.state == states.ARMED):
            guard.admission.order = guard.phases._order = self.nonsense
        self._seal()

    def _seal(self) -> None:
        """What was put there is no flipped bit."""
        self.guard._parts.integrity.seal(self.guard._words())

    # --- a tick -------------------------------------------------------------------------

    def before(self, letter: Letter) -> None:
        """What a command does that is none of the guard's: time without power."""
        word, _, rest = letter.command.partition(" ")
        if word == "day":
            self.guard.ledger.credit(DAY_S)
        elif word == "restart":
            self._restart(rest)

    def tick(self, letter: Letter) -> Seen:
        """The tick, the letter's command in it; what a bystander saw of it."""
        guard: Any = self.guard
        phases = guard.phases
        was = guard.state, phases.mode, guard.course.prompt
        parts = guard._parts
        inputs = self.inputs
        a, b = guard.reading.a, guard.reading.b
        dt_ms = 0 if self.first else letter.dt_ms
        for ring in (a._bad_at_ms, b._bad_at_ms):
            for index in range(self.limits.range_count):
                ring[index] -= dt_ms
        inputs.now_ms, inputs.dt_ms = 0, dt_ms
        inputs.fresh = letter.fresh
        inputs.code_x8_a = letter.code_a
        inputs.code_x8_b = letter.code_b
        guard.reading._table = table(letter.mc, letter.mc - letter.apart_mc)
        inputs.raw_a = a._raw_sum if letter.frozen else a._raw_sum + 1
        inputs.raw_b = b._raw_sum if letter.frozen else b._raw_sum + 1
        inputs.spread_a = inputs.spread_b = letter.spread
        inputs.sense = letter.sense
        if letter.sense == FOLLOWS:
            inputs.sense = HIGH if guard.outputs & PAD == PAD else LOW
        inputs.button, inputs.estop, inputs.heard = letter.button, letter.estop, letter.heard
        inputs.written, inputs.failed, inputs.saved_ms = (
            letter.written, letter.failed, letter.saved_ms,
        )  # fmt: skip
        asks = self.asks
        asks.phase, asks.mode, asks.target_mc, asks.heat, asks.cool, asks.done = letter.ask
        parts.predictive.ahead_mc = letter.ahead_mc
        parts.heating.answer = letter.heating
        parts.cooling.answer = letter.weld
        word, _, rest = letter.command.partition(" ")
        inputs.command = COMMANDS.get(word, tick.NO_COMMAND)
        inputs.order = ORDERS[rest] if word == "arm" else None
        inputs.token = TOKEN ^ 1 if rest == "wrong" else TOKEN
        inputs.fault = guard.latch.fault + (rest == "another")
        guard.step(inputs, asks)
        self.first = False
        seen = Seen(
            dt_ms, inputs.code_x8_a, inputs.code_x8_b, inputs.raw_a, inputs.raw_b, letter.spread,
            letter.spread, letter.saved_ms, letter.fresh, inputs.sense, letter.button,
            letter.estop, letter.heard, letter.ask, *was, guard.outputs, guard.state,
            guard.latch.fault, guard.latch.followers.bit_count(), phases.mode, phases.phase,
            phases.target_mc, guard.course.prompt, guard.dose.milli(), guard.budget.level_uj, 0,
            [TUNE_REMOVE_PACK] * guard.pack.alarm, 0, 0, False,
        )  # fmt: skip
        # Only whether the next is the same matters.
        a._raw_sum = min(0, a._raw_sum)
        b._raw_sum = min(0, b._raw_sum)
        return seen

    def _restart(self, cause: str) -> None:
        """Power gone and back, or the watchdog; with what the journal would have kept."""
        old = self.guard
        ledger = old.ledger
        lowest_mc = old.pack.lowest_mc if old.pack.on else None
        left_uj = 0 if old.live or cause == "watchdog" else old.budget.level_uj
        if old.live:
            plan = old.course.order
            cold_s = plan.cold_s
            if cold_s and not self.scenario.cooler:
                cold_s += self.limits.prompt_max_s
                lowest_mc = self.limits.pack_unknown_mc if lowest_mc is None else lowest_mc
            ledger.add(plan.heat_s, cold_s, plan.dose_m, True)
        fault = old.latch.fault
        if fault == faults.NONE and cause == "watchdog":
            fault = faults.WATCHDOG_RESET
        self.guard = self._power_up(ledger, left_uj, fault, lowest_mc)


# --- the alphabet ------------------------------------------------------------------------


def alphabet(scenario: Scenario) -> tuple[Letter, ...]:
    """Every reading, every ask, every command, every mishap, and the pairs that matter."""
    return tuple(_letters(scenario))


def _letters(scenario: Scenario) -> Iterator[Letter]:
    heats = any(plan != "cold" for plan in scenario.plans)
    ask = HEAT if heats else COLD
    yield Letter("a second", ask=ask)
    for mc in READINGS_MC[1:]:
        yield Letter(f"{mc} m°C", mc=mc, ask=ask)
    for name, wanted in ASKS.items():
        if wanted is not ask:
            yield Letter(f"ask {name}", ask=wanted)
            yield Letter(f"ask {name} at 43 °C", ask=wanted, mc=43_000)
            yield Letter(f"ask {name} at 7 °C", ask=wanted, mc=7_000)
    for command in _commands(scenario):
        for mishap in _beside(ask):
            yield replace(mishap, name=f"{command}{mishap.name}", command=command)
    if "both" in scenario.plans:
        for command in ("start", "confirm"):
            yield Letter(f"{command}, ask cold", command=command, ask=COLD)
    yield from _mishaps(scenario, ask)


def _commands(scenario: Scenario) -> Iterator[str]:
    for plan in scenario.plans:
        yield f"arm {plan}"
    yield from ("start", "start wrong", "stop", "pause", "resume", "confirm")
    yield from ("clear", "clear another", "day", "restart power", "restart watchdog")


def _beside(ask: Ask) -> tuple[Letter, ...]:
    """What may come together with a command."""
    return (
        Letter("", ask=ask),
        Letter(" at 43 °C", ask=ask, mc=43_000),
        Letter(" with the emergency stop", ask=ask, estop=True),
        Letter(" and a stall", ask=ask, dt_ms=2 * TICK_MS),
        Letter(" with the button", ask=ask, button=True),
    )


def _mishaps(scenario: Scenario, ask: Ask) -> Iterator[Letter]:
    calm = Letter("", ask=ask)
    told: list[tuple[str, dict[str, Any]]] = [
        ("emergency stop", {"estop": True}),
        ("stall", {"dt_ms": 2 * TICK_MS}),
        ("stall at 43 °C", {"dt_ms": 2 * TICK_MS, "mc": 43_000}),
        ("stall, done", {"dt_ms": 2 * TICK_MS, "ask": DONE}),
        ("late", {"dt_ms": 3 * TICK_MS}),
        ("time runs back", {"dt_ms": -TICK_MS}),
        ("button", {"button": True}),
        ("button at 42001 m°C", {"button": True, "mc": 42_001}),
        ("button at 45000 m°C", {"button": True, "mc": 45_000}),
        ("nobody", {"heard": False}),
        ("stale", {"fresh": False}),
        ("frozen", {"frozen": True}),
        ("open", {"code_a": OPEN_X8, "code_b": OPEN_X8}),
        ("short", {"code_a": SHORT_X8}),
        ("just not open", {"code_a": OPEN_X8 - 1}),
        ("open and stop", {"code_a": OPEN_X8, "estop": True}),
        ("too fast", {"ahead_mc": UNKNOWN_MC}),
        ("not yet too fast", {"ahead_mc": 43_500 - CALM_MC - 1}),
        ("broken within the burst", {"spread": 65}),
        ("the intent is not on flash", {"written": False}),
        ("something outside raised", {"failed": True}),
        ("a long save", {"dt_ms": 2 * TICK_MS, "saved_ms": TICK_MS}),
        ("heating stalled", {"heating": faults.HEATING_STALLED}),
    ]
    if scenario.sensor_b:
        told += [
            ("B open", {"code_b": OPEN_X8}),
            ("apart", {"apart_mc": 8_001}),
            ("nearly apart", {"apart_mc": 8_000}),
            ("A open, B at 45 °C", {"code_a": OPEN_X8, "mc": 45_000}),
        ]
    if scenario.sense:
        told += [
            ("SENSE high", {"sense": HIGH}),
            ("SENSE low", {"sense": LOW}),
            ("SENSE broken", {"sense": BROKEN}),
            ("SENSE high, done", {"sense": HIGH, "ask": DONE}),
        ]
    else:
        told.append(("warm by itself", {"weld": faults.HEAT_WELDED}))
    for name, values in told:
        yield replace(calm, name=name, **values)


def scenario(name: str, plans: tuple[str, ...], **build: Any) -> Scenario:
    made = Scenario(name, plans, **build)
    return replace(made, letters=alphabet(made))


# One letter of each kind that matters to heat, and to cold. The others differ from one of these in
# a number on the same side of every limit but one, or put two of them into the same tick.
_FEW = (
    *("a second", "43000 m°C", "45000 m°C", "ask nothing", "ask done", "start", "start wrong"),
    *("stop", "pause", "resume", "clear", "day", "restart power", "restart watchdog"),
    *(
        "emergency stop",
        "stall",
        "late",
        "time runs back",
        "button",
        "open",
        "SENSE high",
        "SENSE low",
    ),
)
FEW_HEAT = (
    *_FEW,
    "ask hold",
    "ask hot",
    "arm heat",
    "too fast",
    "heating stalled",
    "warm by itself",
)
FEW_COLD = (*_FEW, "7000 m°C", "10000 m°C", "ask rest", "arm cold", "confirm")


def to_the_end(name: str, plan: str, few: tuple[str, ...], **build: Any) -> Scenario:
    """Small enough for a search that sees everything; one sensor, since two would square it."""
    whole = scenario(f"{name}, to the end", (plan,), sensor_b=False, **build)
    letters = tuple(letter for letter in whole.letters if letter.name in few)
    return replace(whole, letters=letters, toy=SMALL)


SCENARIOS = {
    made.name: made
    for made in (
        scenario("heat", ("heat",)),
        scenario("heat without SENSE", ("heat",), sense=False, toy=TOY | AMPLE),
        scenario("heat with one sensor", ("heat",), sense=False, sensor_b=False),
        scenario("attended", ("attended", "sensitive")),
        scenario(
            "sensitive, less than two in a day", ("sensitive",), toy=TOY | AMPLE | {"heat_day_s": 5}
        ),
        scenario("cold by hand", ("cold",)),
        scenario("cold with a cooler", ("cold",), cooler=True),
        scenario("cold by hand, then heat", ("both",)),
        scenario("heat and cold with a cooler", ("both",), cooler=True),
    )
}
SMALL_SCENARIOS = {
    made.name: made
    for made in (
        to_the_end("heat", "heat", FEW_HEAT, sense=False),
        to_the_end("heat and SENSE", "heat", FEW_HEAT),
        to_the_end("cold with a cooler", "cold", FEW_COLD, cooler=True, sense=False),
        to_the_end("cold by hand", "cold", FEW_COLD, sense=False),
    )
}
ALL_SCENARIOS = SCENARIOS | SMALL_SCENARIOS
