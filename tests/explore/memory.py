"""What the contract has to remember of the past to judge the present."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from poultice_core import states
from poultice_core.guard import Guard
from tests.explore.world import (
    DENSITY_MW_CM2,
    FOLLOWS,
    HIGH,
    LOW,
    TICK_MS,
    Letter,
    Scenario,
)

MASTER, HEAT, COOL, PAD = 1, 2, 4, 3
LIVE = (states.RUNNING, states.PAUSED, states.WAITING)
# Whatever a stall of less than `late_trip_ms` may add to what was running.
STALL_S = 2


class Before(NamedTuple):
    """As telemetry shows it between a letter's command and its tick."""

    state: int
    fault: int
    proving: bool
    mode: int
    phase: int
    target_mc: int


def in_range(code_x8: int) -> bool:
    """Is this code a temperature? (SR-07)"""
    return 462 * 8 <= code_x8 <= 3_496 * 8


class Caps(NamedTuple):
    """Beyond these no rule tells one count from another."""

    state_s: int
    heat_s: int
    run_s: int
    silent_s: int
    off_s: int
    closed_s: int
    treated_s: int
    heat_rest_s: int
    cold_rest_s: int
    after_s: int
    day_heat_s: int
    hot_s: int
    cold_s: int
    mute_s: int
    dose_u: int
    pressed_s: int = 3
    bad: int = 3
    sessions: int = 3


@cache
def caps(scenario: Scenario) -> Caps:
    """By the toy limits of this scenario."""
    toy = scenario.toy
    return Caps(
        state_s=max(toy["token_s"], toy["pause_max_s"], toy["prompt_max_s"]) + 1,
        heat_s=toy["heat_session_s"],
        run_s=toy["session_s"],
        silent_s=max(order.attended_s for order in scenario.ORDERS.values()),
        off_s=toy["dwell_min_ms"] // 1000,
        closed_s=toy["closing_min_ms"] // 1000,
        treated_s=toy["rest_asked_from_s"],
        heat_rest_s=toy["rest_after_heat_s"],
        cold_rest_s=max(toy["rest_cold_to_cold_s"], toy["rest_cold_to_heat_s"]),
        after_s=toy["watch_after_ms"] // 1000 + 1,
        day_heat_s=toy["heat_day_s"],
        hot_s=toy["heat_hot_session_s"],
        cold_s=toy["cold_session_s"] + STALL_S + 2,
        mute_s=toy["pack_alarm_ms"] // 1000 + STALL_S,
        dose_u=toy["dose_session_m"] * 1000 + 1,
    )


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
    """What the contract has to remember of the past. Counts end at `Caps`."""

    first: bool = True  # no tick yet since power-up: nothing is late, nothing runs back
    state: int = states.BOOT
    outputs: int = 0
    prompt: int = states.NO_PROMPT
    state_s: int = 0  # armed, paused or waiting
    session: bool = False
    heat_s: int = 0  # in heat phases of this session
    hot_s: int = 0  # of which towards more than 41 °C
    cold_s: int = 0  # in cold phases of this session
    run_s: int = 0  # in phases of this session
    dose_u: int = 0
    stalls: int = 0
    silent_s: int = 0
    heat_alone: bool = False  # the proof's two halves, in this session
    master_alone: bool = False
    off_s: int = 0  # since HEAT opened
    closed_s: int = 0  # since HEAT closed for heating
    level_uj: int = 0
    over: int = 0  # the last two readings at or over the cutoff, as bits
    cold: int = 0  # ticks running at or under the cold cutoff in a cold phase
    chill: int = 0  # the same at or under 10 °C
    accepted_mc: int = 0  # A's last reading that was no jump
    jumps: int = 0  # ticks running with one
    bad_a: int = 0  # ticks running without a temperature, by sensor
    bad_b: int = 0
    apart: int = 0
    frozen: int = 0  # ticks running
    stale: int = 0
    high: bool = False  # SENSE high at the last look, with a relay open
    low: int = 0  # ticks running of SENSE low with both closed
    hot_mc: int = 0  # the last tick's readings
    cold_mc: int = 0
    ready: bool = False
    pressed_s: int = 0
    treated_s: int = 0
    heat_rest_s: int = 0  # since the last heat of a session long enough to ask rest
    cold_rest_s: int = 0
    after_s: int = 0  # since a session ended
    sessions: int = 0  # of this day, from their first energised or cold second
    counted: bool = False  # this one among them
    day_heat_s: int = 0  # in heat phases of this day's earlier sessions
    pack: bool = False  # a cold pack lies on the skin, as far as anybody has said
    pack_off: bool = False  # and its removal was confirmed
    pack_lowest_mc: int = 0
    mute_s: int = 0  # since the pack's last alarm


@cache
def start(scenario: Scenario) -> Memory:
    """A new device: long since anything."""
    most = caps(scenario)
    return Memory(
        off_s=most.off_s,
        closed_s=most.closed_s,
        heat_rest_s=most.heat_rest_s,
        cold_rest_s=most.cold_rest_s,
        after_s=most.after_s,
        level_uj=scenario.toy["budget_capacity_uj_cm2"],
    )


def elapsed_s(m: Memory, letter: Letter) -> int:
    """What this tick adds to every count."""
    return 0 if m.first else max(0, letter.dt_ms) // 1000


def level_uj(scenario: Scenario, m: Memory, letter: Letter) -> int:
    """SR-24's account at this tick."""
    dt_ms = 0 if m.first else max(0, letter.dt_ms)
    level = m.level_uj + scenario.toy["budget_refill_uw_cm2"] * dt_ms // 1000
    if m.outputs & PAD == PAD:
        level = max(0, level - DENSITY_MW_CM2 * dt_ms)
    return min(scenario.toy["budget_capacity_uj_cm2"], level)


def is_readable(scenario: Scenario, letter: Letter) -> bool:
    """Has any fitted sensor a temperature?"""
    return in_range(letter.code_a) or (scenario.sensor_b and in_range(letter.code_b))


def pack_lies(scenario: Scenario, m: Memory, live0: bool, letter: Letter) -> tuple[bool, int]:
    """Is the pack still on in this tick, and the lowest reading since it was laid on (SR-23)?"""
    if not m.pack or not is_readable(scenario, letter):
        return m.pack, m.pack_lowest_mc
    _, cold_mc = extremes(scenario, letter)
    lowest_mc = min(cold_mc, m.pack_lowest_mc)
    risen = cold_mc >= lowest_mc + 3_000
    return not (risen and (m.pack_off or not live0)), lowest_mc


def jumped(scenario: Scenario, m: Memory, mid: Before, letter: Letter) -> bool:
    """Is A's reading, in a heat phase, too far from the last one that was accepted? (SR-08)"""
    state0, mode0 = mid.state, mid.mode
    if state0 != states.RUNNING or mode0 != states.HEAT or not in_range(letter.code_a):
        return False
    steady = letter.dt_ms == TICK_MS or m.first
    return steady and abs(letter.mc - m.accepted_mc) > scenario.toy["jump_mc"]


def same_phase(mid: Before, guard: Guard) -> bool:
    """Is it still the phase that it was before the tick?"""
    return (guard.mode, guard.phase, guard.target_mc) == (mid.mode, mid.phase, mid.target_mc)


def heated_s(m: Memory, mid: Before, letter: Letter) -> int:
    """What this tick adds to the time in heat phases."""
    heats = m.state == states.RUNNING and mid.mode == states.HEAT and not mid.proving
    return elapsed_s(m, letter) if heats else 0


def mute_s(m: Memory, state0: int, letter: Letter) -> int:
    """How long the pack's alarm has been due to sound, this tick included."""
    return m.mute_s + elapsed_s(m, letter) if m.pack and state0 != states.RUNNING else m.mute_s


def remember(scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter) -> Memory:
    """The memory after this tick; `m` has seen the command already (`recall`)."""
    state0, proving, mode0 = mid.state, mid.proving, mid.mode
    most = caps(scenario)
    outputs, state = guard.outputs, guard.state
    dt_s = elapsed_s(m, letter)
    stalled = letter.dt_ms != TICK_MS and not m.first
    hot_mc, cold_mc = extremes(scenario, letter)
    is_blind = blind(scenario, letter)
    bad_a, bad_b = bad_ticks(scenario, m, letter)
    readable = is_readable(scenario, letter)
    pad0, pad = m.outputs & PAD == PAD, outputs & PAD == PAD
    live0, live = state0 in LIVE, state in LIVE
    charged = m.state == states.RUNNING and state0 in (*LIVE, states.IDLE, states.FAULT)
    cooled = bool(m.pack or m.outputs & COOL)
    treated_s = min(most.treated_s, m.treated_s + (dt_s if pad0 or cooled else 0))
    rests = treated_s >= most.treated_s and m.session
    heat_rest_s = 0 if pad0 and rests else min(most.heat_rest_s, m.heat_rest_s + dt_s)
    cold_rest_s = 0 if cooled and rests else min(most.cold_rest_s, m.cold_rest_s + dt_s)
    counts = m.session and not m.counted and dt_s > 0 and (pad0 or cooled)
    heated = heated_s(m, mid, letter)
    heat_s = m.heat_s + heated
    ended = m.session and not live
    sense = letter.sense
    if sense == FOLLOWS:
        sense = HIGH if pad0 else LOW
    judged = state0 == states.RUNNING and mode0 == states.HEAT and not stalled
    cooling = state0 == states.RUNNING and mode0 == states.COLD
    is_cold = cooling and cold_mc <= 7_000 and not is_blind
    chilled = cooling and cold_mc <= 10_000 and readable and state == states.RUNNING
    jump = jumped(scenario, m, mid, letter)
    ran_s = dt_s if charged and mode0 != states.NO_MODE and not proving else 0
    timed = state in (states.ARMED, states.PAUSED, states.WAITING)
    same_s = (m.state_s if m.state == state0 else 0) + dt_s
    pack, lowest_mc = pack_lies(scenario, m, live0, letter)
    released = m.pressed_s > 0 and not letter.button and state0 == m.state == states.WAITING
    laid = released and m.prompt == states.LAY_PACK and state == states.RUNNING
    begins = pack and mid.mode != states.COLD and guard.mode == states.COLD
    silence_s = 0 if guard.pack_alarm or not pack else mute_s(m, state0, letter)
    return Memory(
        first=False,
        state=state,
        outputs=outputs,
        prompt=guard.prompt if state == states.WAITING else states.NO_PROMPT,
        state_s=min(most.state_s, same_s if state == state0 else 0) if timed else 0,
        session=live,
        heat_s=min(most.heat_s, heat_s) if live else 0,
        hot_s=min(most.hot_s, m.hot_s + heated * (mid.target_mc > 41_000)) if live else 0,
        cold_s=min(most.cold_s, m.cold_s + (ran_s if mode0 == states.COLD else 0)) if live else 0,
        run_s=min(most.run_s, m.run_s + ran_s) if live else 0,
        dose_u=min(most.dose_u, m.dose_u + (dose_u(hot_mc) * dt_s if readable else 0))
        if live
        else 0,
        stalls=min(3, m.stalls + (stalled and live0)) if live else 0,
        silent_s=min(most.silent_s, 0 if letter.heard else m.silent_s + dt_s) if live else 0,
        heat_alone=live and (m.heat_alone or outputs == HEAT),
        master_alone=live and (m.master_alone or (m.heat_alone and outputs == MASTER)),
        off_s=0 if pad else min(most.off_s, m.off_s + dt_s),
        closed_s=0 if pad and not pad0 else min(most.closed_s, m.closed_s + dt_s),
        level_uj=level_uj(scenario, m, letter),
        over=(m.over << 1 | (readable and hot_mc >= 43_000)) & 3,
        cold=min(2, m.cold + 1) if is_cold and state == states.RUNNING else 0,
        chill=min(3, m.chill + 1) if chilled and same_phase(mid, guard) else 0,
        accepted_mc=letter.mc if in_range(letter.code_a) and not jump else m.accepted_mc,
        jumps=min(3, m.jumps + 1) if jump and live else 0,
        bad_a=bad_a if live else 0,
        bad_b=bad_b if live else 0,
        apart=1 if judged and abs(letter.apart_mc) > 8_000 and not is_blind else 0,
        frozen=min(2, m.frozen + 1) if judged and letter.frozen else 0,
        stale=min(2, m.stale + 1) if judged and not letter.fresh else 0,
        high=sense == HIGH and not pad and not stalled and not guard.proof.active,
        low=min(3, m.low + 1) if sense == LOW and pad0 and pad and not stalled else 0,
        hot_mc=hot_mc if readable else m.hot_mc,
        cold_mc=cold_mc if readable else m.cold_mc,
        ready=not is_blind,
        pressed_s=min(most.pressed_s, m.pressed_s + max(1, dt_s)) if letter.button else 0,
        treated_s=treated_s if live else 0,
        heat_rest_s=heat_rest_s,
        cold_rest_s=cold_rest_s,
        after_s=0 if live else (0 if live0 else min(most.after_s, m.after_s + dt_s)),
        sessions=min(most.sessions, m.sessions + counts),
        counted=live and (m.counted or counts),
        day_heat_s=min(most.day_heat_s, m.day_heat_s + heat_s) if ended else m.day_heat_s,
        pack=pack or laid,
        pack_off=(pack and m.pack_off) or (released and pack),
        pack_lowest_mc=(cold_mc if readable else m.cold_mc) if laid or begins else lowest_mc * pack,
        mute_s=min(most.mute_s, silence_s),
    )


def recall(scenario: Scenario, m: Memory, guard: Guard, letter: Letter) -> Memory:
    """The memory after the command, before the tick."""
    word, _, rest = letter.command.partition(" ")
    most = caps(scenario)
    if word == "day":
        return m._replace(
            heat_rest_s=most.heat_rest_s,
            cold_rest_s=most.cold_rest_s,
            sessions=int(m.counted),
            day_heat_s=0,
        )
    if word == "restart":
        return start(scenario)._replace(
            level_uj=0 if m.session or rest == "watchdog" else m.level_uj,
            sessions=m.sessions,
            day_heat_s=min(most.day_heat_s, m.day_heat_s + m.heat_s),
            heat_rest_s=m.heat_rest_s,
            cold_rest_s=m.cold_rest_s,
            state=guard.state,
            pack=m.pack,
            pack_lowest_mc=12_000 if m.pack else 0,
        )
    if word == "confirm" and m.state == states.WAITING:
        if m.prompt == states.LAY_PACK:
            m = m._replace(pack=True, pack_off=False, pack_lowest_mc=m.cold_mc)
        elif m.pack:
            m = m._replace(pack_off=True)
    if guard.state == states.RUNNING and m.state == states.ARMED:
        return m._replace(
            session=True, heat_s=0, run_s=0, dose_u=0, stalls=0, silent_s=0, heat_alone=False,
            master_alone=False, treated_s=0, state=states.RUNNING, state_s=0, counted=False,
            pack_off=False, hot_s=0, cold_s=0,
        )  # fmt: skip
    if guard.state != m.state:
        live = guard.state in LIVE
        ended = m.session and not live
        return m._replace(
            state=guard.state,
            state_s=0,
            after_s=0 if ended else m.after_s,
        )
    return m
