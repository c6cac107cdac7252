"""The safety contract, judged after every tick from what went in and what came out.

Written from docs/design/safety.md and nothing else. What it has to remember it keeps itself, in
`Memory`; of the guard it reads outputs, state, latched fault, mode and target, as telemetry shows
them. Each rule names its requirement.
"""

from __future__ import annotations

from collections.abc import Iterator

from poultice_core import faults, states
from poultice_core.guard import OK, Guard
from tests.explore.memory import (
    COOL,
    HEAT,
    LIVE,
    MASTER,
    PAD,
    STALL_S,
    Before,
    Memory,
    bad_ticks,
    blind,
    extremes,
    heated_s,
    in_range,
    is_readable,
    jumped,
    level_uj,
    mute_s,
    pack_lies,
    same_phase,
)
from tests.explore.world import (
    BROKEN,
    DENSITY_MW_CM2,
    HIGH,
    LOW,
    TICK_MS,
    Letter,
    Scenario,
)

TICK_UJ = DENSITY_MW_CM2 * TICK_MS
ABOVE_ESTOP = (
    faults.ABSOLUTE_TEMPERATURE,
    faults.HEAT_WELDED,
    faults.MASTER_WELDED,
    faults.OVER_TEMPERATURE,
    faults.EMERGENCY_STOP,
)


# SR-19 only as far as every check must run. SR-14 and SR-15 are the board's and the start-up's.
JUDGED = tuple(f"SR-{number:02}" for number in range(1, 25) if number not in (14, 15, 19))


def commanded(
    scenario: Scenario, m: Memory, guard: Guard, letter: Letter, answer: int
) -> Iterator[str]:
    """What the command itself may not have done."""
    word, _, rest = letter.command.partition(" ")
    state = guard.state
    if word == "restart":
        if state in (*LIVE, states.ARMED):
            yield "SR-05: something goes on by itself after a restart"
        return
    if state == states.RUNNING and m.state != states.RUNNING:
        began = word in ("start", "button") and rest != "wrong" and m.state == states.ARMED
        resumed = word == "resume" and m.state == states.PAUSED
        laid = word == "confirm" and m.state == states.WAITING
        if not (began or resumed or laid):
            yield f"SR-17: running after {letter.command!r} in {states.NAMES[m.state]}"
        if began and m.state_s > scenario.toy["token_s"]:
            yield "SR-17: a token was good for too long"
        if word == "button" and not m.pressed_s > 0:
            yield "SR-17: started by a button that nobody pressed"
        if (began or resumed) and not m.ready:
            yield "SR-17: started without a sensor"
        heats = guard.order.heat_s > 0
        if (began or resumed) and heats and m.hot_mc >= 43_000:
            yield "SR-17: started at 43 °C"
        if (began or resumed) and m.cold_mc < 5_000:
            yield "SR-03: started below 5 °C"
    if word == "arm" and answer == OK and state == states.ARMED:
        plan, toy = Scenario.ORDERS[rest], scenario.toy
        if m.state != states.IDLE:
            yield f"SR-17: armed in {states.NAMES[m.state]}"
        if plan.heat_s and m.heat_rest_s < toy["rest_after_heat_s"]:
            yield "SR-05: armed without the rest after heat"
        asked_s = toy["rest_cold_to_cold_s" if plan.cold_s else "rest_cold_to_heat_s"]
        if m.cold_rest_s < asked_s:
            yield "SR-05: armed without the rest after cold"
        if m.sessions >= toy["sessions_day"]:
            yield "SR-05: one session too many in a day"
    if word == "stop" and state in (*LIVE, states.ARMED):
        yield "SR-16: `stop` did not stop"
    if m.state == states.FAULT and state != states.FAULT:
        if word != "clear" or rest:
            yield f"SR-20: a fault was cleared by {letter.command!r}"
        if m.outputs:
            yield "SR-20: a fault with a relay closed"


def cleared_by_host(fault: int, m: Memory) -> Iterator[str]:
    """A host has cleared this fault."""
    if fault in faults.BUTTON_ONLY:
        yield f"SR-20: {faults.NAMES[fault]} was cleared by the host"
    if fault == faults.UNDER_TEMPERATURE and m.cold_mc < 8_000:
        yield "SR-20: under_temperature cleared while still cold"
    if fault == faults.SENSOR_OPEN and not m.ready:
        yield "SR-20: sensor_open cleared without a sensor"


def ticked(
    scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter
) -> Iterator[str]:
    """What the tick may not have done. `mid`: before it, after the letter's command."""
    state0, fault0 = mid.state, mid.fault
    state, outputs, fault = guard.state, guard.outputs, guard.fault
    both = scenario.sensor_b
    a_ok = in_range(letter.code_a)
    b_ok = in_range(letter.code_b)
    hot_mc, _ = extremes(scenario, letter)
    readable = a_ok or (both and b_ok)
    stalled = letter.dt_ms != TICK_MS and not m.first
    session = state0 in LIVE
    if outputs and state != states.RUNNING:
        yield f"SR-16: a relay is closed in {states.NAMES[state]}"
    if outputs & HEAT and outputs & COOL:
        yield "SR-16: heat and cool together"
    if stalled and outputs:
        yield "SR-18: a relay is closed in a stalled tick"
    if letter.estop and (outputs or state != states.FAULT):
        yield "SR-12: the emergency stop does not stop"
    if letter.estop and state0 != states.FAULT and fault not in ABOVE_ESTOP:
        yield "SR-20: something less severe than the emergency stop was kept"
    if readable and hot_mc >= 45_000:
        if outputs or state != states.FAULT:
            yield "SR-01: 45 °C does not trip"
        elif state0 != states.FAULT and fault != faults.ABSOLUTE_TEMPERATURE:
            yield "SR-20: 45 °C is the most severe, and was not kept"
    after_ms = m.after_s * 1000 + max(0, letter.dt_ms)
    watched = session or after_ms <= scenario.toy["watch_after_ms"]
    if readable and hot_mc >= 43_000 and m.over and watched and state != states.FAULT:
        yield "SR-01: 43 °C twice in three readings does not trip"
    if stalled and letter.dt_ms < 0 and state != states.FAULT:
        yield "SR-18: time running back does not trip"
    if stalled and letter.dt_ms > scenario.toy["late_trip_ms"] and state != states.FAULT:
        yield "SR-18: a late loop does not trip"
    if stalled and session and m.stalls + 1 >= scenario.toy["late_count"] and state != states.FAULT:
        yield "SR-18: the last stall that is allowed was allowed once more"
    if state0 == states.FAULT:
        if state == states.FAULT and fault != fault0:
            yield "SR-20: the first fault was not kept"
        if state != states.FAULT:
            yield from cleared_by_button(fault0, m, letter, hot_mc, readable)
    elif state == states.RUNNING and state0 not in LIVE:
        yield "SR-17: a tick started something"
    waits = state0 in (states.IDLE, states.ARMED)
    if waits and faults.SENSOR_SHORT <= fault <= faults.HEATING_STALLED:
        yield f"SR-21: {faults.NAMES[fault]} outside a session"
    yield from time_limits(scenario, m, mid, guard, letter)
    yield from relays(scenario, m, mid, guard, letter)
    yield from sensors(scenario, m, mid, guard, letter)
    if fault == faults.INTERNAL:
        yield "SR-19: `internal`"


def cleared_by_button(
    fault: int, m: Memory, letter: Letter, hot_mc: int, readable: bool
) -> Iterator[str]:
    if not letter.button or m.pressed_s < 3:
        yield "SR-20: a fault went without a hold of three seconds"
    if fault == faults.OVER_TEMPERATURE and not (readable and hot_mc <= 42_000):
        yield "SR-20: over_temperature cleared above 42 °C"
    if fault == faults.ABSOLUTE_TEMPERATURE and not (readable and hot_mc <= 44_000):
        yield "SR-20: absolute_temperature cleared above 44 °C"
    if fault in (faults.HEAT_WELDED, faults.MASTER_WELDED) and letter.sense in (HIGH, BROKEN):
        yield "SR-20: a weld was cleared with the pad live"


def time_limits(
    scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter
) -> Iterator[str]:
    state0 = mid.state
    state = guard.state
    dt_s = max(0, letter.dt_ms) // 1000
    in_state_s = (m.state_s if m.state == state0 else 0) + dt_s
    if state == state0 == states.ARMED and in_state_s >= scenario.toy["token_s"]:
        yield "SR-17: armed for too long"
    if state == state0 == states.PAUSED and in_state_s >= scenario.toy["pause_max_s"]:
        yield "SR-04: paused for too long"
    answered = m.pack_off or (m.pressed_s > 0 and not letter.button)
    waited = state == state0 == states.WAITING and in_state_s >= scenario.toy["prompt_max_s"]
    if waited and not answered:
        yield "SR-23: waited for too long"
    attended_s = guard.order.attended_s
    silent_s = 0 if letter.heard else m.silent_s + dt_s
    if attended_s and state0 in LIVE and state in LIVE and silent_s >= attended_s:
        yield "SR-13: an unattended session goes on"
    toy = scenario.toy
    if guard.outputs & PAD == PAD:
        # Permission ends in the tick that reaches a duration.
        added_s = heated_s(m, mid, letter)
        if m.heat_s + added_s >= toy["heat_session_s"]:
            yield "SR-04: heat for too long in a session"
        hot_s = m.hot_s + added_s * (mid.target_mc > 41_000)
        if letter.ask[2] > 41_000 and hot_s >= toy["heat_hot_session_s"]:
            yield "SR-04: hot for too long in a session"
        if m.day_heat_s + m.heat_s + added_s >= toy["heat_day_s"]:
            yield "SR-05: heat for too long in a day"
    cold = state == state0 == states.RUNNING and guard.mode == states.COLD
    overrun_s = scenario.toy["overrun_ms"] // 1000
    if cold and m.cold_s > scenario.toy["cold_session_s"] + STALL_S + overrun_s:
        yield "SR-04: cold for too long in a session"
    pack, _ = pack_lies(scenario, m, state0 in LIVE, letter)
    late_ms = mute_s(m, state0, letter) * 1000
    if pack and not guard.pack_alarm and late_ms >= scenario.toy["pack_alarm_ms"] + STALL_S * 1000:
        yield "SR-23: a pack is on, and no alarm"
    # Not the relay proof, which is outside the session's clock.
    energised = guard.outputs & COOL or guard.outputs & PAD == PAD
    if energised and m.run_s >= toy["session_s"]:
        yield "SR-04: a session for too long"
    bound_m = toy["sensitive_dose_session_m" if guard.order.sensitive else "dose_session_m"]
    if state in LIVE and m.dose_u > bound_m * 1000:
        yield "SR-06: too much dose in a session"


def relays(
    scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter
) -> Iterator[str]:
    state0, proving = mid.state, mid.proving
    outputs, mode = guard.outputs, guard.mode
    hot_mc, cold_mc = extremes(scenario, letter)
    good = not blind(scenario, letter)
    _, asked_mode, target_mc, heat, cool, _ = letter.ask
    if outputs & PAD == PAD:
        if mode != states.HEAT or not heat or asked_mode != states.HEAT:
            yield "SR-16: heat that nobody asked for"
        if not good:
            yield "SR-07: heat without a sensor"
        if hot_mc >= 43_000:
            yield "SR-01: heat at 43 °C"
        if jumped(scenario, m, mid, letter):
            yield "SR-08: heat on a reading that jumped"
        if hot_mc + letter.ahead_mc >= 43_500:
            yield "SR-02: heat on the way to 43.5 °C"
        most_mc = 40_000 if guard.order.sensitive else 42_000
        if not 30_000 <= target_mc <= most_mc:
            yield f"SR-04: heat towards {target_mc}"
        if scenario.sense and not (m.heat_alone and m.master_alone):
            yield "SR-22: heat without a proof of both relays"
        if pack_lies(scenario, m, state0 in LIVE, letter)[0]:
            yield "SR-23: heat with a cold pack on"
        if level_uj(scenario, m, letter) < TICK_UJ:
            yield "SR-24: heat on an empty budget"
        if m.outputs & PAD != PAD and state0 == states.RUNNING:
            dt_s = letter.dt_ms // 1000
            if (m.off_s + dt_s) * 1000 < scenario.toy["dwell_min_ms"]:
                yield "SR-02: HEAT closed again too soon after it opened"
            if (m.closed_s + dt_s) * 1000 < scenario.toy["closing_min_ms"]:
                yield "SR-02: HEAT closed again too soon after it closed"
    elif outputs & HEAT and not (scenario.sense and mode == states.NO_MODE):
        yield "SR-22: HEAT alone outside the proof"
    elif outputs & MASTER:
        proof = scenario.sense and mode == states.NO_MODE and not outputs & COOL
        cooled = mode == states.COLD and scenario.cooler
        if not (proof or cooled or mode == states.HEAT):
            yield "SR-16: MASTER outside heat, cooled cold and the proof"
    if outputs & COOL:
        if mode != states.COLD or not scenario.cooler or not cool:
            yield "SR-16: COOL that nobody asked for"
        if not good or cold_mc <= 10_500:
            yield "SR-03: COOL at 10.5 °C or blind"
    if not scenario.sense:
        if letter.weld and is_readable(scenario, letter) and guard.state != states.FAULT:
            yield "SR-10: warm with HEAT open, and it goes on"
        return
    sense = letter.sense
    closed = m.outputs & PAD == PAD
    steady = letter.dt_ms == TICK_MS
    live = sense == HIGH and m.high and not closed and steady and not proving
    if live and guard.state != states.FAULT:
        yield "SR-10: a pad that is live with a relay open"
    dead = sense == LOW and closed and m.low >= 1 and steady
    if dead and guard.state in LIVE and guard.outputs:
        yield "SR-11: no supply, and it goes on"


def sensors(
    scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter
) -> Iterator[str]:
    state0, proving, mode0 = mid.state, mid.proving, mid.mode
    on = guard.state in LIVE
    lost = max(bad_ticks(scenario, m, letter))
    if lost >= scenario.toy["range_ticks"] and state0 in LIVE and on:
        yield "SR-07: no sensor, and the session goes on"
    judged = state0 == states.RUNNING and mode0 == states.HEAT and letter.dt_ms == TICK_MS
    if judged and on and letter.heating and not proving and not blind(scenario, letter):
        yield "SR-09: heat does not arrive, and it goes on"
    if judged and on and m.apart >= 1 and abs(letter.apart_mc) > 8_000:
        yield "SR-08: the sensors are apart, and it goes on"
    if judged and on and letter.frozen and m.frozen >= 2:
        yield "SR-08: a frozen sensor, and it goes on"
    if judged and on and not letter.fresh and m.stale >= 2:
        yield "SR-08: a stale sensor, and it goes on"
    jump = jumped(scenario, m, mid, letter)
    if jump and m.jumps + 1 >= scenario.toy["jump_ticks"] and on:
        yield "SR-08: reading after reading jumps, and it goes on"
    cooling = state0 == states.RUNNING and mode0 == states.COLD
    _, cold_mc = extremes(scenario, letter)
    if cooling and on and m.cold >= 1 and cold_mc <= 7_000 and not blind(scenario, letter):
        yield "SR-03: 7 °C, and the cold goes on"
    chilled = cold_mc <= 10_000 and is_readable(scenario, letter)
    goes_on = guard.state == states.RUNNING and same_phase(mid, guard)
    if cooling and goes_on and m.chill >= 2 and chilled:
        yield "SR-03: 10 °C, and the cold phase goes on"
