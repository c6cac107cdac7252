"""What the contract has to remember of the past to judge the present."""

from __future__ import annotations

from typing import NamedTuple

from poultice_core import states
from poultice_core.guard import Guard
from tests.explore.world import (
    DENSITY_MW_CM2,
    FOLLOWS,
    HIGH,
    LOW,
    TICK_MS,
    TOY,
    Letter,
    Scenario,
)

MASTER, HEAT, COOL, PAD = 1, 2, 4, 3
LIVE = (states.RUNNING, states.PAUSED, states.WAITING)
MANY_S = 9
FULL_UJ = TOY["budget_capacity_uj_cm2"]
REFILL_UJ_S = TOY["budget_refill_uw_cm2"]

Before = tuple[int, int, bool, int]
"""State, fault, whether in the proof, and mode, between a letter's command and its tick."""


def in_range(code_x8: int) -> bool:
    """Is this code a temperature? (SR-07)"""
    return 462 * 8 <= code_x8 <= 3_496 * 8


def capped(value: int) -> int:
    return value if value < MANY_S else MANY_S


def dose_u(mc: int) -> int:
    """Millionths of a CEM43 minute that a second gives at this reading (SR-06's formula)."""
    tenths = -(-mc // 100)
    if tenths < 390:
        return 0
    rate = 1_000_000 * (0.5 if tenths >= 430 else 0.25) ** ((430 - tenths) / 10) / 600
    return 10 * -int(-rate // 1)


def extremes(scenario: Scenario, letter: Letter) -> tuple[int, int]:
    """The hottest and the coldest reading among the sensors that can be read."""
    a_ok = in_range(letter.code_a)
    b_ok = scenario.sensor_b and in_range(letter.code_b)
    b_mc = letter.mc - letter.apart_mc
    if a_ok and b_ok:
        return max(letter.mc, b_mc), min(letter.mc, b_mc)
    return (letter.mc, letter.mc) if a_ok else (b_mc, b_mc)


def bad_ticks(scenario: Scenario, m: Memory, letter: Letter) -> tuple[int, int]:
    """How many ticks running each fitted sensor has been out of its range, this one included."""
    a_ok = in_range(letter.code_a)
    b_ok = in_range(letter.code_b) or not scenario.sensor_b
    return (0 if a_ok else min(3, m.bad_a + 1)), (0 if b_ok else min(3, m.bad_b + 1))


def blind(scenario: Scenario, letter: Letter) -> bool:
    """Is a fitted sensor out of its range?"""
    if not in_range(letter.code_a):
        return True
    return scenario.sensor_b and not in_range(letter.code_b)


class Memory(NamedTuple):
    """What the contract has to remember of the past."""

    first: bool = True  # no tick yet since power-up: nothing is late, nothing runs back
    state: int = states.BOOT
    outputs: int = 0
    state_s: int = 0  # in this state
    session: bool = False
    heat_s: int = 0  # energised in this session
    run_s: int = 0  # in phases of this session
    dose_u: int = 0
    stalls: int = 0
    silent_s: int = 0
    heat_alone: bool = False  # the proof's two halves, in this session
    master_alone: bool = False
    off_s: int = MANY_S  # since HEAT opened
    closed_s: int = MANY_S  # since HEAT closed for heating
    level_uj: int = FULL_UJ
    over: int = 0  # the last two readings at or over the cutoff, as bits
    cold: int = 0  # ticks running at or under the cold cutoff in a cold phase
    bad_a: int = 0  # ticks running without a temperature, by sensor
    bad_b: int = 0
    apart: int = 0
    odd: int = 0  # ticks running that are stale, or frozen
    high: bool = False  # SENSE high at the last look, with a relay open
    low: int = 0  # ticks running of SENSE low with both closed
    ready_hot_mc: int = 0  # the last tick's readings
    ready_cold_mc: int = 0
    ready: bool = False
    pressed_s: int = 0
    treated_s: int = 0
    heat_rest_s: int = MANY_S  # since the last heat of a session long enough to ask rest
    cold_rest_s: int = MANY_S
    after_s: int = MANY_S  # since a session ended
    sessions: int = 0


START = Memory()


def level_uj(m: Memory, letter: Letter) -> int:
    """SR-24's account at this tick."""
    dt_ms = 0 if m.first else max(0, letter.dt_ms)
    level = m.level_uj + REFILL_UJ_S * dt_ms // 1000
    if m.outputs & PAD == PAD:
        level = max(0, level - DENSITY_MW_CM2 * dt_ms)
    return min(FULL_UJ, level)


def remember(scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter) -> Memory:
    """The memory after this tick; `m` has seen the command already (`recall`)."""
    state0, _, proving, mode0 = mid
    outputs, state = guard.outputs, guard.state
    dt_s = 0 if m.first else max(0, letter.dt_ms) // 1000
    stalled = letter.dt_ms != TICK_MS and not m.first
    hot_mc, cold_mc = extremes(scenario, letter)
    is_blind = blind(scenario, letter)
    bad_a, bad_b = bad_ticks(scenario, m, letter)
    readable = not is_blind or (
        scenario.sensor_b and (in_range(letter.code_a) or in_range(letter.code_b))
    )
    pad0, pad = m.outputs & PAD == PAD, outputs & PAD == PAD
    live0, live = state0 in LIVE, state in LIVE
    charged = m.state == states.RUNNING and state0 in (*LIVE, states.IDLE, states.FAULT)
    treated_s = m.treated_s
    heat_rest_s, cold_rest_s = capped(m.heat_rest_s + dt_s), capped(m.cold_rest_s + dt_s)
    if pad0:
        treated_s = capped(treated_s + dt_s)
        if treated_s >= TOY["rest_asked_from_s"]:
            heat_rest_s = 0
    sense = letter.sense
    if sense == FOLLOWS:
        sense = HIGH if pad0 else LOW
    judged = state0 == states.RUNNING and mode0 == states.HEAT and not stalled
    cooling = state0 == states.RUNNING and mode0 == states.COLD
    is_cold = cooling and cold_mc <= 7_000 and not is_blind
    ran_s = dt_s if charged and mode0 != states.NO_MODE and not proving else 0
    still = state == state0 == m.state or (state == state0 and letter.command == "")
    same_s = (m.state_s if m.state == state0 else 0) + dt_s
    return Memory(
        first=False,
        state=state,
        outputs=outputs,
        state_s=capped(same_s) if state == state0 and still else (dt_s if state == state0 else 0),
        session=live,
        heat_s=capped(m.heat_s + (dt_s if pad0 else 0)) if live else 0,
        run_s=capped(m.run_s + ran_s) if live else 0,
        dose_u=min(99_999, m.dose_u + (dose_u(hot_mc) * dt_s if readable else 0)) if live else 0,
        stalls=min(3, m.stalls + (stalled and live0)) if live else 0,
        silent_s=capped(0 if letter.heard else m.silent_s + dt_s) if live else 0,
        heat_alone=live and (m.heat_alone or outputs == HEAT),
        master_alone=live and (m.master_alone or (m.heat_alone and outputs == MASTER)),
        off_s=0 if pad else capped(m.off_s + dt_s),
        closed_s=0 if pad and not pad0 else capped(m.closed_s + dt_s),
        level_uj=level_uj(m, letter),
        over=(m.over << 1 | (readable and hot_mc >= 43_000)) & 3,
        cold=min(2, m.cold + 1) if is_cold and state == states.RUNNING else 0,
        bad_a=bad_a if live else 0,
        bad_b=bad_b if live else 0,
        apart=1 if judged and abs(letter.apart_mc) > 8_000 and not is_blind else 0,
        odd=min(3, m.odd + 1) if judged and (letter.frozen or not letter.fresh) else 0,
        high=sense == HIGH and not pad and not stalled and not guard.proof.active,
        low=min(3, m.low + 1) if sense == LOW and pad0 and pad and not stalled else 0,
        ready_hot_mc=hot_mc if readable else m.ready_hot_mc,
        ready_cold_mc=cold_mc if readable else m.ready_cold_mc,
        ready=not is_blind,
        pressed_s=capped(m.pressed_s + max(1, dt_s)) if letter.button else 0,
        treated_s=treated_s if live else 0,
        heat_rest_s=heat_rest_s,
        cold_rest_s=cold_rest_s,
        after_s=0 if live0 and not live else capped(m.after_s + dt_s),
        sessions=m.sessions,
    )


def recall(m: Memory, guard: Guard, letter: Letter) -> Memory:
    """The memory after the command, before the tick."""
    word, _, rest = letter.command.partition(" ")
    if word == "day":
        return m._replace(heat_rest_s=MANY_S, cold_rest_s=MANY_S, sessions=0)
    if word == "restart":
        cut = m.session
        level = 0 if cut or rest == "watchdog" else m.level_uj
        return START._replace(
            level_uj=level,
            sessions=m.sessions,
            heat_rest_s=m.heat_rest_s,
            cold_rest_s=m.cold_rest_s,
            state=guard.state,
        )
    if guard.state == states.RUNNING and m.state == states.ARMED:
        return m._replace(
            session=True, heat_s=0, run_s=0, dose_u=0, stalls=0, silent_s=0, heat_alone=False,
            master_alone=False, treated_s=0, state=states.RUNNING, state_s=0,
            sessions=m.sessions,
        )  # fmt: skip
    if guard.state != m.state:
        return m._replace(
            state=guard.state,
            state_s=0,
            session=guard.state in LIVE,
            after_s=0 if m.session and guard.state not in LIVE else m.after_s,
            treated_s=m.treated_s if guard.state in LIVE else 0,
        )
    return m
