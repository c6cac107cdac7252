"""A guard in a small world: toy limits, a tick of a second, and an alphabet of what can happen.

One letter is one tick: a command before it (or none), what the sensors and pins say in it, and
what the session asks. What a check with a long memory would answer (slope, heating proof, the
weld check without SENSE) is part of the letter too, so every answer is tried in every state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from poultice_core import faults, states
from poultice_core.guard import OK, Guard
from poultice_core.ledger import DAY_S, Ledger
from poultice_core.limits import Limits
from poultice_core.order import Inputs, Order
from poultice_core.relays import PAD
from tests.explore import fields

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
    "pause_max_s": 2,
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
OPEN_X8, SHORT_X8, GOOD_X8 = 3_496 * 8 + 1, 462 * 8 - 1, 20_000
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
    code_a: int = GOOD_X8
    code_b: int = GOOD_X8
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

    @property
    def readable(self) -> bool:
        return self.code_a == GOOD_X8


class AnySlope:
    """Whatever the letter says of where the reading is going."""

    ahead = 0

    def push(self, temp_mc: int) -> None:
        pass

    def restart(self) -> None:
        pass

    def ahead_mc(self) -> int:
        return self.ahead


class AnyTrend:
    """Nothing looks at it here: those who would answer by the letter."""

    pushed = False

    def look(self, temp_mc: int, dt_ms: int) -> None:
        pass

    def restart(self) -> None:
        pass


class AnyHeating:
    """The heating proof, with the letter's answer."""

    weak = False
    answer = faults.NONE

    def begin(self, target_mc: int, temp_mc: int) -> None:
        pass

    def restart(self) -> None:
        pass

    def stalled(self) -> None:
        pass

    def look(self, heated: bool, temp_mc: int, trend: object, dt_ms: int) -> int:
        return self.answer


class AnyCooling:
    """The weld check without SENSE, with the letter's answer."""

    answer = faults.NONE

    def restart(self) -> None:
        pass

    def heat_phase_ended(self) -> None:
        pass

    def look(self, outputs: int, temp_mc: int, trend: object, dt_ms: int) -> int:
        return self.answer


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
    # Else it is a letter, and may come late.
    books_at_once: bool = False

    ORDERS: ClassVar[dict[str, Order]] = {
        "heat": order(3, 0),
        "attended": order(3, 0, attended_s=2),
        "sensitive": order(2, 0, sensitive=True),
        "cold": order(0, 2),
        "both": order(2, 2),
    }


class World:
    """The guard of a scenario, and one tick of it for each letter."""

    def __init__(self, scenario: Scenario, kind: type[Guard] = Guard) -> None:
        self.scenario = scenario
        self.kind = kind
        self.limits = Limits().under(scenario.sensor_b, True)
        for name, value in scenario.toy.items():
            setattr(self.limits, name, value)
        self.inputs = Inputs()
        self.orders = [Order(), *Scenario.ORDERS.values()]
        self.nonsense = order(99, 99, attended_s=99, sensitive=True)
        self.guard = self._power_up(self._empty_ledger(), 1 << 29)
        self.fields = fields.compiled(self.guard)
        limits = self.limits
        self._age_s = max(limits.rest_after_heat_s, limits.rest_cold_to_cold_s) + 1

    def _empty_ledger(self) -> Ledger:
        ledger = Ledger(self.limits)
        ledger.now_s = NOW_S
        return ledger

    def _power_up(self, ledger: Ledger, budget_uj: int) -> Guard:
        s = self.scenario
        guard = self.kind(
            self.limits, ledger, s.cooler, s.sensor_b, s.sense, DENSITY_MW_CM2, budget_uj
        )
        made: Any = guard
        made.slope, made.trend = AnySlope(), AnyTrend()
        made.heating, made.cooling_watch = AnyHeating(), AnyCooling()
        guard.order = self.orders[0]
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
        young = tuple(
            (
                min(heat_s, limits.heat_day_s),
                min(cold_s, limits.cold_day_s),
                min(dose_m, limits.dose_day_m),
            )
            for end_s, heat_s, cold_s, dose_m in ledger.records
            if now_s - end_s < DAY_S
        )
        planned = guard.live or guard.state == states.ARMED
        return (
            min(now_s - ledger.heat_end_s, self._age_s),
            min(now_s - ledger.cold_end_s, self._age_s),
            young,
            self.orders.index(guard.order) if planned else 0,
            *self.fields.read(guard),
        )

    def write(self, state: fields.State) -> None:
        """Go on from this state."""
        heat_age_s, cold_age_s, young, plan, *flat = state
        guard = self.guard
        ledger = guard.ledger
        ledger.now_s = NOW_S
        ledger._part_ms = 0
        ledger.heat_end_s = NOW_S - heat_age_s
        ledger.cold_end_s = NOW_S - cold_age_s
        ledger.records = [[NOW_S, *record] for record in young]
        guard.order = self.orders[plan]
        self.fields.write(guard, flat)

    def spoil(self, junk: int) -> None:
        """Nonsense wherever the state claims that nobody looks. After `write`."""
        guard = self.guard
        self.fields.spoil(guard, junk)
        if not (guard.live or guard.state == states.ARMED):
            guard.order = self.nonsense

    # --- a tick -------------------------------------------------------------------------

    def tick(self, letter: Letter) -> None:
        """The tick itself; the letter's command has been given (`command`)."""
        guard: Any = self.guard
        inputs = self.inputs
        guard._last_ms = 0 if guard._last_ms >= 0 else -1
        inputs.now_ms = letter.dt_ms
        inputs.fresh = letter.fresh
        inputs.code_x8_a, inputs.code_x8_b = letter.code_a, letter.code_b
        inputs.temp_a_mc = letter.mc
        inputs.temp_b_mc = letter.mc - letter.apart_mc
        inputs.raw_a = guard.a._raw_sum if letter.frozen else guard.a._raw_sum + 1
        inputs.raw_b = guard.b._raw_sum if letter.frozen else guard.b._raw_sum + 1
        inputs.sense = letter.sense
        if letter.sense == FOLLOWS:
            inputs.sense = HIGH if guard.outputs & PAD == PAD else LOW
        inputs.button, inputs.estop, inputs.heard = letter.button, letter.estop, letter.heard
        (
            inputs.ask_phase, inputs.ask_mode, inputs.ask_target_mc, inputs.ask_heat,
            inputs.ask_cool, inputs.ask_done,
        ) = letter.ask  # fmt: skip
        guard.slope.ahead = letter.ahead_mc
        guard.heating.answer = letter.heating
        guard.cooling_watch.answer = letter.weld
        guard.step(inputs)
        if guard.unbooked and self.scenario.books_at_once:
            guard.book()
        if guard.pack_owed and not (guard.live or guard.unbooked):
            guard.book_pack()  # as the controller does, once a second
        # Only whether the next is the same matters.
        guard._last_ms = 0
        guard.a._raw_sum = min(0, guard.a._raw_sum)
        guard.b._raw_sum = min(0, guard.b._raw_sum)

    def command(self, command: str) -> int:
        """Give it; what the guard answers, OK where it answers nothing."""
        guard = self.guard
        word, _, rest = command.partition(" ")
        if word == "arm":
            return guard.arm(Scenario.ORDERS[rest], TOKEN)
        if word == "start":
            answer = guard.may_start(TOKEN if rest != "wrong" else TOKEN ^ 1)
            if answer == OK:
                guard.start()
            return answer
        if word == "button":
            answer = guard.may_start_by_button() if guard.start_wanted else -1
            if answer == OK:
                guard.start()
            return answer
        if word == "stop":
            guard.stop(states.HOST)
        elif word in ("pause", "resume", "confirm"):
            answered: int = getattr(guard, word)()
            return answered
        elif word == "clear":
            return guard.clear(guard.fault if rest != "another" else guard.fault + 1, False)
        elif word == "book":
            if guard.unbooked:
                guard.book()
        elif word == "day":
            guard.ledger.credit(DAY_S)
        elif word == "restart":
            self._restart(rest)
        return OK

    def _restart(self, cause: str) -> None:
        """Power gone and back, or the watchdog; with what the journal would have kept."""
        old = self.guard
        ledger = old.ledger
        cut = old.live
        if cut:
            plan = old.order
            ledger.add(plan.heat_s, plan.cold_s, plan.dose_m, True)
        elif old.unbooked:
            old.book()
        left_uj = 0 if cut or cause == "watchdog" else old.budget.level_uj
        self.guard = self._power_up(ledger, left_uj)
        if old.pack_on:
            self.guard.restore_pack(self.limits.pack_unknown_mc)
        if old.state == states.FAULT:
            self.guard.latch(old.fault)
        elif cause == "watchdog":
            self.guard.latch(faults.WATCHDOG_RESET)


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
    yield from ("start", "start wrong", "button start", "stop", "pause", "resume", "confirm")
    yield from ("clear", "clear another", "book", "day", "restart power", "restart watchdog")


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
    return replace(whole, letters=letters, toy=SMALL, books_at_once=True)


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
