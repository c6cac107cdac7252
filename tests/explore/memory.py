"""What the contract has to remember of the past to judge the present."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from poultice_core import states
from poultice_core.guard import Guard
from poultice_core.tick import OK
from tests.explore.world import (
    BROKEN,
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
    """As telemetry shows it before the tick."""

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
    window_s: int
    bad: int
    dose_u: int
    pressed_s: int = 3
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
        window_s=toy["range_window_ms"] // 1000,
        bad=toy["range_count"] - 1,
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
    a_ok = in_range(letter.code_a) and letter.spread <= 64
    b_ok = (in_range(letter.code_b) and letter.spread <= 64) or not scenario.sensor_b
    return (0 if a_ok else min(3, m.bad_a + 1)), (0 if b_ok else min(3, m.bad_b + 1))


def blind(scenario: Scenario, letter: Letter) -> bool:
    """Is a fitted sensor out of its range?"""
    if not in_range(letter.code_a) or letter.spread > 64:
        return True
    return scenario.sensor_b and not in_range(letter.code_b)


def is_stall(m: Memory, letter: Letter) -> bool:
    """Too long since the last tick, a save of our own with MASTER open apart? (SR-18)"""
    if m.first:
        return False
    saved_ms = 0 if m.outputs & MASTER else letter.saved_ms
    return letter.dt_ms < 0 or letter.dt_ms - saved_ms > TICK_MS


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
    bad_s: tuple[int, ...] = ()  # how long ago A had none in this session, the newest first
    proofs: int = 0  # begun since the pad was last energised, in this session
    apart: int = 0
    frozen: int = 0  # ticks running
    stale: int = 0
    high: bool = False  # SENSE high at the last look, with a relay open
    low: int = 0  # ticks running of SENSE low with both closed
    sense: int = BROKEN  # at the last look
    unclear: int = 0  # ticks running with MASTER closed and no steady level
    hot_mc: int = 0  # the last tick's readings
    cold_mc: int = 0
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
    if letter.spread > 64:
        return False
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
    if state0 != states.RUNNING or mode0 != states.HEAT or blind(scenario, letter):
        return False
    return not is_stall(m, letter) and abs(letter.mc - m.accepted_mc) > scenario.toy["jump_mc"]


def same_phase(mid: Before, guard: Guard) -> bool:
    """Is it still the phase that it was before the tick?"""
    phases = guard.phases
    return (phases.mode, phases.phase, phases.target_mc) == (mid.mode, mid.phase, mid.target_mc)


def began(m: Memory, mid: Before, letter: Letter) -> bool:
    """May this tick begin what was armed: by its token, or by the button?"""
    pressed = letter.button and m.pressed_s == 0
    return mid.state == states.ARMED and (letter.command == "start" or pressed)


def level_of(m: Memory, letter: Letter) -> int:
    """What SENSE says in this tick."""
    if letter.sense == FOLLOWS:
        return HIGH if m.outputs & PAD == PAD else LOW
    return letter.sense


def unclear(m: Memory, mid: Before, letter: Letter) -> bool:
    """Is there no steady level with MASTER closed, outside the proof? (SR-10)"""
    needed = mid.state == states.RUNNING and m.outputs & MASTER and not mid.proving
    sense = level_of(m, letter)
    return bool(needed) and (sense == BROKEN or sense != m.sense) and not is_stall(m, letter)


def recently_bad(scenario: Scenario, m: Memory, letter: Letter) -> tuple[int, ...]:
    """How long ago A had no temperature in this session, as far as it counts, this tick apart."""
    aged = [age_s + elapsed_s(m, letter) for age_s in m.bad_s]
    return tuple(age_s for age_s in aged if 0 <= age_s <= caps(scenario).window_s)


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
    stalled = is_stall(m, letter)
    hot_mc, cold_mc = extremes(scenario, letter)
    is_blind = blind(scenario, letter)
    bad_a, bad_b = bad_ticks(scenario, m, letter)
    readable = is_readable(scenario, letter)
    pad0, pad = m.outputs & PAD == PAD, outputs & PAD == PAD
    live0, live = state0 in LIVE, state in LIVE
    cooled = bool(m.pack or m.outputs & COOL)
    treated_s = min(most.treated_s, m.treated_s + (dt_s if pad0 or cooled else 0))
    rests = treated_s >= most.treated_s and m.session
    heat_rest_s = 0 if pad0 and rests else min(most.heat_rest_s, m.heat_rest_s + dt_s)
    cold_rest_s = 0 if cooled and rests else min(most.cold_rest_s, m.cold_rest_s + dt_s)
    counts = m.session and not m.counted and dt_s > 0 and (pad0 or cooled)
    heated = heated_s(m, mid, letter)
    heat_s = m.heat_s + heated
    begins = state in LIVE and state0 not in LIVE
    ended = m.session and not live
    sense = level_of(m, letter)
    judged = state0 == states.RUNNING and mode0 == states.HEAT and not stalled
    cooling = is_cooled(m, mid)
    is_cold = cooling and cold_mc <= 7_000 and not is_blind
    chilled = mode0 == states.COLD and state0 == states.RUNNING == state
    chilled = chilled and cold_mc <= 10_000 and readable
    jump = jumped(scenario, m, mid, letter)
    ran_s = dt_s if state0 == states.RUNNING and mode0 != states.NO_MODE and not proving else 0
    timed = state in (states.ARMED, states.PAUSED, states.WAITING)
    same_s = 0 if asks(m, guard) else m.state_s + dt_s
    pack, lowest_mc = pack_lies(scenario, m, live0, letter)
    released = m.pressed_s > 0 and not letter.button and state0 == m.state == states.WAITING
    confirmed = letter.command == "confirm" and guard.answer == OK
    laid = (released and state == states.RUNNING) or confirmed
    laid = laid and m.prompt == states.LAY_PACK
    enters = pack and mid.mode != states.COLD and guard.phases.mode == states.COLD
    silence_s = 0 if guard.pack.alarm or not pack or enters else mute_s(m, state0, letter)
    bad_s = recently_bad(scenario, m, letter)
    if bad_a and live0:
        bad_s = (0, *bad_s)[: most.bad]
    proves = guard._parts.proof.active and not proving
    left_heat = mode0 == states.HEAT and not same_phase(mid, guard)
    apart = abs(letter.apart_mc) > 8_000 and not is_blind and not stalled
    after = Memory(
        first=False,
        state=state,
        outputs=outputs,
        prompt=guard.course.prompt if state == states.WAITING else states.NO_PROMPT,
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
        proofs=min(3, (0 if pad or left_heat else m.proofs) + proves) if live else 0,
        master_alone=live and (m.master_alone or (m.heat_alone and outputs == MASTER)),
        off_s=0 if pad else min(most.off_s, m.off_s + dt_s),
        closed_s=0 if pad and not pad0 else min(most.closed_s, m.closed_s + dt_s),
        level_uj=level_uj(scenario, m, letter),
        over=(m.over << 1 | (readable and hot_mc >= 43_000)) & 3,
        cold=min(2, m.cold + 1) if is_cold and live and same_phase(mid, guard) else 0,
        chill=min(3, m.chill + 1) if chilled and same_phase(mid, guard) else 0,
        accepted_mc=letter.mc if not bad_a and not jump else m.accepted_mc,
        jumps=min(3, m.jumps + 1) if jump and live else 0,
        bad_a=bad_a if live else 0,
        bad_b=bad_b if live else 0,
        bad_s=bad_s if live and not begins else (),
        # What is not judged in between neither counts nor begins anew (SR-08).
        apart=int(apart and live and (judged or m.apart > 0)),
        frozen=min(2, m.frozen + judged) if letter.frozen and live and not stalled else 0,
        stale=min(2, m.stale + 1) if judged and not letter.fresh else 0,
        high=sense == HIGH and not pad and not stalled and not guard._parts.proof.active,
        low=min(3, m.low + 1) if sense == LOW and pad0 and pad and not stalled else 0,
        sense=BROKEN if stalled else sense,
        unclear=min(3, m.unclear + 1) if unclear(m, mid, letter) else 0,
        hot_mc=hot_mc if readable else m.hot_mc,
        cold_mc=cold_mc if readable else m.cold_mc,
        pressed_s=min(most.pressed_s, m.pressed_s + max(1, dt_s)) if letter.button else 0,
        treated_s=treated_s if live else 0,
        heat_rest_s=heat_rest_s,
        cold_rest_s=cold_rest_s,
        after_s=0 if live else (0 if live0 else min(most.after_s, m.after_s + dt_s)),
        sessions=min(most.sessions, m.sessions + counts),
        counted=live and (m.counted or counts),
        day_heat_s=min(most.day_heat_s, m.day_heat_s + heat_s) if ended else m.day_heat_s,
        pack=pack or laid,
        pack_off=not asks(m, guard)
        and ((pack and m.pack_off) or (pack and (released or confirmed))),
        pack_lowest_mc=(cold_mc if readable else m.cold_mc) if laid or enters else lowest_mc * pack,
        mute_s=0 if laid else min(most.mute_s, silence_s),
    )
    if not begins:
        return after
    # What was counted before it is none of this session's.
    return after._replace(
        heat_s=0, hot_s=0, cold_s=0, run_s=0, dose_u=0, stalls=0, silent_s=0, treated_s=0,
        counted=False, pack_off=False, apart=0, frozen=0,
    )  # fmt: skip


def asks(m: Memory, guard: Guard) -> bool:
    """Has this tick asked for something?"""
    prompt = guard.course.prompt if guard.state == states.WAITING else states.NO_PROMPT
    return prompt not in (states.NO_PROMPT, m.prompt)


def is_cooled(m: Memory, mid: Before) -> bool:
    """In a cold phase, or in a session with a pack still on? (SR-03)"""
    if mid.state == states.RUNNING:
        return mid.mode == states.COLD
    return m.pack and mid.state in (states.WAITING, states.PAUSED)


def recall(scenario: Scenario, m: Memory, guard: Guard, letter: Letter) -> Memory:
    """The memory after what happened before the tick: time without power."""
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
        # Of a cold that was cut off nobody knows whether its pack is on: at 12 °C, if it is.
        by_hand = m.session and guard.pack.on and not m.pack
        lowest_mc = 12_000 if by_hand else m.pack_lowest_mc
        return start(scenario)._replace(
            level_uj=0 if m.session or rest == "watchdog" else m.level_uj,
            sessions=m.sessions,
            day_heat_s=min(most.day_heat_s, m.day_heat_s + m.heat_s),
            heat_rest_s=m.heat_rest_s,
            cold_rest_s=m.cold_rest_s,
            state=guard.state,
            pack=m.pack or by_hand,
            pack_lowest_mc=lowest_mc if m.pack or by_hand else 0,
        )
    return m
