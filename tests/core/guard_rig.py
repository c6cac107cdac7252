"""A guard alone: readings in exact milli-degrees, commands and a session that asks by hand.

What sets something, waits or has to succeed gives the rig, so that a row of a table is one line;
what is measured, answered or latched ends it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from poultice_core import config, faults, states, tick
from poultice_core.board import SENSE_HIGH, SENSE_LOW
from poultice_core.guard import Guard
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.relays import COOL, HEAT, MASTER, PAD
from poultice_core.settings import Settings
from poultice_core.tick import Ask, Order, Tick
from poultice_core.ticks import PERIOD

# Where nothing else is said, each sensor's code stands at an entry of its own in the table.
_FIRST = 448
_CODE_A_X8 = 2048 * 8
_CODE_B_X8 = 2080 * 8
OPEN_X8 = 4095 * 8
LOW_MC = 12_000
"""What a pack laid by hand brings the reading to."""


def order(
    *,
    heat_s: int = 0,
    cold_s: int = 0,
    heat_phases: int | None = None,
    attended_s: int = 0,
    sensitive: bool = False,
    dose_m: int = 0,
) -> Order:
    """What an accepted plan asks of the guard."""
    body = Order()
    body.heat_s = heat_s
    body.cold_s = cold_s
    body.total_s = heat_s + cold_s
    body.heat_phases = (1 if heat_s else 0) if heat_phases is None else heat_phases
    body.attended_s = attended_s
    body.sensitive = sensitive
    body.dose_m = dose_m
    return body


def settings(**fitted: Any) -> Settings:
    """Everything fitted and proven, but for a cooler and what is said otherwise."""
    proven = config.default() | {"two_point": True, "fold_safe": True}
    return Settings(config.merged(proven, fitted))


class GuardRig:
    """Ticks of 100 ms, each with what `set`, `ask` and a command say of it. In each of them a
    latched fault has everything open.

    The table is one that this rig writes: whatever its code, a sensor reads what was set. SENSE is
    high where both relays were closed by the last tick, unless `sense` is set. A code of None is a
    good one.
    """

    TOKEN = 77

    def __init__(self, limits: Limits | None = None, now_ms: int = 5000, **fitted: Any) -> None:
        self.limits = limits or Limits()
        self.ledger = Ledger(self.limits)
        self._table = bytearray(3 * 97)
        kept = {name: fitted.pop(name) for name in ("budget_uj", "fault", "pack_lowest_mc")
                if name in fitted}  # fmt: skip
        self.guard = Guard(self.limits, settings(**fitted), self.ledger, self._table, **kept)
        self.tick = Tick()
        self.asks = Ask()
        self.now_ms = now_ms
        self.a_mc = 32_000
        self.b_mc: int | None = None
        self.codes: dict[str, int | None] = {"a": None, "b": None}
        self.frozen = False
        self.sense: int | None = None
        self.outputs = 0
        self._raw = 0

    # --- what is measured and asked for ---------------------------------------------------

    def set(self, temp_mc: int, temp_b_mc: int | None = None) -> GuardRig:
        self.a_mc = temp_mc
        self.b_mc = temp_b_mc
        return self

    def code(self, code_x8: int | None, *sensors: str) -> GuardRig:
        """What the sensors' converters give from now on; of both where none is named."""
        self.codes.update(dict.fromkeys(sensors or ("a", "b"), code_x8))
        return self

    def feels(self, sense: int | None) -> GuardRig:
        self.sense = sense
        return self

    def sees(self, **values: Any) -> GuardRig:
        """What else the next ticks say."""
        for name, value in values.items():
            setattr(self.tick, name, value)
        return self

    def settle(self, temp_mc: int, temp_b_mc: int | None = None) -> GuardRig:
        """As if the readings had long been there: no jump, no slope."""
        reading = self.guard.reading
        self.set(temp_mc, temp_b_mc)
        reading.a.accepted_mc = temp_mc
        reading.b.accepted_mc = temp_mc if temp_b_mc is None else temp_b_mc
        fitted = (reading.a, reading.b) if self.guard.settings.sensor_b else (reading.a,)
        reading.control_mc = max(sensor.accepted_mc for sensor in fitted)
        self.no_slope(reading.control_mc)
        return self

    def no_slope(self, temp_mc: int, ticks: int = 30) -> GuardRig:
        """So many ticks of one reading are all that the slope knows."""
        predictive = self.part("predictive")
        reading = self.guard.reading
        was = reading.whole, reading.inhibit, reading.control_mc
        reading.whole, reading.inhibit, reading.control_mc = True, False, temp_mc
        predictive._restart()
        for _ in range(ticks):
            predictive.look(self.part("now"))
        reading.whole, reading.inhibit, reading.control_mc = was
        return self

    def ask(
        self, phase: int, mode: int, target_mc: int = 0, heat: bool = False, cool: bool = False
    ) -> GuardRig:
        asks = self.asks
        asks.done = False
        asks.phase = phase
        asks.mode = mode
        asks.target_mc = target_mc
        asks.heat = heat
        asks.cool = cool
        return self

    def done(self) -> GuardRig:
        self.ask(-1, states.NO_MODE)
        self.asks.done = True
        return self

    # --- one tick -------------------------------------------------------------------------

    def step(self, dt_ms: int = 100) -> int:
        now = self.tick
        self.now_ms = (self.now_ms + dt_ms) % PERIOD
        now.at(self.now_ms)
        b_mc = self.a_mc if self.b_mc is None else self.b_mc
        a_x8, b_x8 = self.codes.values()
        now.code_x8_a = _CODE_A_X8 if a_x8 is None else a_x8
        now.code_x8_b = _CODE_B_X8 if b_x8 is None else b_x8
        for beside in (1, 0):
            self._write(now.code_x8_a, beside, self.a_mc)
            self._write(now.code_x8_b, beside, b_mc)
        if now.fresh and not self.frozen:
            self._raw = 1 - self._raw
        now.raw_a = now.raw_b = 1000 + self._raw
        closed = self.guard.outputs & PAD == PAD
        now.sense = (SENSE_HIGH if closed else SENSE_LOW) if self.sense is None else self.sense
        self.outputs = self.guard.step(now, self.asks)
        assert not (self.guard.latch.fault and self.outputs)
        now.heard = False
        now.command = tick.NO_COMMAND
        now.settings = now.limits = None
        return self.outputs

    def steps(self, count: int, dt_ms: int = 100) -> int:
        for _ in range(count):
            self.step(dt_ms)
        return self.outputs

    def wait(self, count: int = 1, dt_ms: int = 100) -> GuardRig:
        self.steps(count, dt_ms)
        return self

    def trace(self, count: int) -> str:
        """The outputs of so many ticks: a letter each."""
        return "".join(_LETTERS[self.step()] for _ in range(count))

    def until(self, outputs: int) -> GuardRig:
        """Until just these are closed, and nothing trips on the way."""
        for _ in range(300):
            if self.step() == outputs:
                return self
            assert self.fault is None
        raise AssertionError(f"{outputs} never closed")

    def _write(self, code_x8: int, beside: int, temp_mc: int) -> None:
        """The table's entry for a code, or the one beside it."""
        at = 3 * (max(0, min(95, (code_x8 // 8 - _FIRST) >> 5)) + beside)
        self._table[at : at + 3] = (temp_mc - self.guard.settings.offset_mc + 32768).to_bytes(3)

    # --- commands: each is one tick, and gives its answer ----------------------------------

    def command(
        self, command: int, token: int = -1, body: Order | None = None, fault: int = faults.NONE
    ) -> int:
        now = self.tick
        now.command, now.token, now.order, now.fault = command, token, body, fault
        self.step()
        return self.guard.answer

    def do(self, *commands: str) -> GuardRig:
        """Commands of these names, each of which succeeds."""
        for name in commands:
            assert getattr(self, name)() == tick.OK, name
        return self

    def arm(self, body: Order | None = None, token: int = TOKEN) -> int:
        return self.command(tick.ARM, token, order(heat_s=60) if body is None else body)

    def begin(self, token: int = TOKEN) -> int:
        """`start`, of what is armed."""
        return self.command(tick.START, token)

    def stop(self) -> int:
        return self.command(tick.STOP)

    def pause(self) -> int:
        return self.command(tick.PAUSE)

    def resume(self) -> int:
        return self.command(tick.RESUME)

    def confirm(self) -> int:
        return self.command(tick.CONFIRM)

    def clear(self, fault: int) -> int:
        return self.command(tick.CLEAR, fault=fault)

    def press(self) -> int:
        """A press of one tick, from released to released."""
        self.tick.button = True
        self.step()
        self.tick.button = False
        return self.step()

    def hold(self, ticks: int = 31) -> None:
        """The button down for so many ticks, and released."""
        self.tick.button = True
        self.steps(ticks)
        self.tick.button = False
        self.step()

    def configure(self, limits: Limits | None = None, **fitted: Any) -> int:
        """A configuration comes into force in the next tick."""
        self.tick.settings = settings(**fitted)
        self.tick.limits = limits or Limits().under(self.tick.settings)
        return self.step()

    # --- stories ---------------------------------------------------------------------------

    def ready(self) -> GuardRig:
        """Past start-up, with a slope to judge by."""
        self.steps(40)
        assert self.guard.state == states.IDLE, states.NAMES[self.guard.state]
        return self

    def start(self, body: Order | None = None) -> GuardRig:
        """Ready, armed and started."""
        if self.guard.state == states.BOOT:
            self.ready()
        body = order(heat_s=1200, cold_s=600, heat_phases=9) if body is None else body
        assert self.arm(body) == tick.OK
        assert self.begin() == tick.OK
        return self

    def into(self, mode: int, target_mc: int = 40_000, phase: int = 0, **asks: bool) -> GuardRig:
        """Ask for a phase until it runs; a pack asked for is laid."""
        self.ask(phase, mode, target_mc, **asks)
        phases = self.guard.phases
        for _ in range(60):
            if phases.mode == mode and phases.phase == phase and self.state == "running":
                return self
            if self.guard.course.prompt == states.LAY_PACK:
                assert self.confirm() == tick.OK
            else:
                self.step()
        raise AssertionError("the phase never began")

    def heating(self, target_mc: int = 40_000) -> GuardRig:
        """In a heat phase with HEAT closed."""
        self.into(states.HEAT, target_mc, heat=True)
        return self if self.outputs == PAD else self.until(PAD)

    # --- what is there ---------------------------------------------------------------------

    def part(self, name: str) -> Any:
        """A part that the guard shows to nobody."""
        return getattr(self.guard._parts, name)

    def poke(self, owner: Any, **values: int) -> GuardRig:
        """Another value between two ticks, sealed as if it had been there (SR-25)."""
        for name, value in values.items():
            setattr(owner, name, value)
        self.guard._parts.integrity.seal(self.guard._words())
        return self

    def budget(self, level_uj: int) -> GuardRig:
        return self.poke(self.guard.budget, level_uj=level_uj)

    @property
    def fault(self) -> str | None:
        return faults.NAMES[self.guard.latch.fault]

    @property
    def state(self) -> str:
        return str(states.NAMES[self.guard.state])

    @property
    def reason(self) -> str | None:
        return states.REASONS[self.guard.course.reason]

    def follow(self, levels: tuple[int, ...], most: int = 100) -> int:
        """SENSE goes through these again and again; the tick that trips, 0 where none did."""
        for count in range(1, most + 1):
            if self.feels(levels[(count - 1) % len(levels)]).wait().fault:
                return count
        return 0

    def ticks_to_fault(self, most: int) -> int:
        """Step until a fault is latched; how many steps it took, `most` + 1 where none was."""
        for count in range(1, most + 1):
            self.step()
            if self.guard.latch.fault:
                return count
        return most + 1

    @property
    def gone(self) -> bool:
        """The cause of the fault that is latched."""
        return bool(self.guard.cause_gone())

    @property
    def behind(self) -> set[str | None]:
        """The faults that followed the one that is latched."""
        followers = self.guard.latch.followers
        return {name for bit, name in enumerate(faults.NAMES) if followers >> bit & 1}


_LETTERS = {0: "-", HEAT: "h", MASTER: "m", PAD: "P", MASTER | COOL: "C"}

# How to get there: the states, and the places within a session that the tests start from. A cold
# phase is the cooler's where there is one, else of a pack laid by hand.
_THERE: dict[str, Callable[[GuardRig], GuardRig]] = {
    "boot": lambda rig: rig,
    "self_test": lambda rig: rig.wait(2),
    "idle": lambda rig: rig.ready(),
    "armed": lambda rig: rig.ready().do("arm"),
    "started": lambda rig: rig.start(),
    "proving": lambda rig: rig.start().ask(0, states.HEAT, 40_000, heat=True).until(HEAT),
    "heat": lambda rig: rig.start().into(states.HEAT),
    "running": lambda rig: rig.start().heating(),
    "paused": lambda rig: rig.start().heating().do("pause"),
    "rest": lambda rig: rig.start().into(states.REST, 0),
    "waiting": lambda rig: rig.start().ask(0, states.COLD, 12_000).wait(),
    "cold": lambda rig: rig.start().into(states.COLD, rig.limits.cold_target_min_mc, cool=True),
    "pack": lambda rig: _THERE["cold"](rig).set(LOW_MC).wait(20),
    "pack, paused": lambda rig: _THERE["pack"](rig).do("pause"),
    "pack, waiting": lambda rig: _THERE["pack"](rig).ask(1, states.HEAT, 40_000, heat=True).wait(),
    "ended": lambda rig: rig.start().heating().do("stop"),
    "fault": lambda rig: rig.start().heating().wait(1, rig.limits.late_trip_ms + 1),
}


def at(place: str, **fitted: Any) -> GuardRig:
    """A rig that is there."""
    rig = _THERE[place](GuardRig(**fitted))
    assert place not in states.NAMES or rig.state in (place, "fault"), rig.state
    return rig


def toy(**changes: int) -> Limits:
    """The limits but for some."""
    limits = Limits()
    for name, value in changes.items():
        setattr(limits, name, value)
    return limits


def boundary(
    requirements: str, places: str | tuple[str, ...], pairs: dict[Any, Any], **fitted: Any
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """A row of the boundary table: what it argues, how to get there, {a value just inside or just
    outside: what comes of it}, what is fitted. The function below it is what is done with a value
    there, and gives what comes of it; its name is the limit or rule in words."""
    each = [
        pytest.param(place, value, expected, id=f"{place}: {value}".replace("::", ":"))
        for place in ([places] if isinstance(places, str) else places)
        for value, expected in pairs.items()
    ]

    def row(story: Callable[..., Any]) -> Callable[..., None]:
        def test(place: str, value: Any, expected: Any, **more: Any) -> None:
            assert story(at(place, **fitted), value, **more) == expected

        own, others = inspect.signature(test), list(inspect.signature(story).parameters.values())
        named = [*list(own.parameters.values())[:3], *others[2:]]
        test.__signature__ = own.replace(parameters=named)  # type: ignore[attr-defined]
        for kept in ("__name__", "__module__", "__doc__", "pytestmark"):
            setattr(test, kept, getattr(story, kept, []))
        test = pytest.mark.parametrize(("place", "value", "expected"), each)(test)
        return pytest.mark.requirement(*requirements.split())(test) if requirements else test

    return row
