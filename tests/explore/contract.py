"""The safety contract, judged after every tick from what went in and what came out.

Written from docs/design/safety.md and nothing else. What it has to remember it keeps itself, in
`Memory`; of the guard it reads outputs, state, latched fault, mode and target, as telemetry shows
them. Each rule names its requirement.
"""

from __future__ import annotations

from collections.abc import Iterator

from poultice_core import faults, states
from poultice_core.guard import Guard
from poultice_core.tick import OK
from tests.explore.memory import (
    COOL,
    HEAT,
    LIVE,
    MASTER,
    PAD,
    STALL_S,
    Before,
    Memory,
    asks,
    bad_ticks,
    began,
    blind,
    caps,
    elapsed_s,
    extremes,
    heated_s,
    is_cooled,
    is_readable,
    is_stall,
    jumped,
    level_of,
    level_uj,
    mute_s,
    pack_lies,
    recently_bad,
    same_phase,
    unclear,
)
from tests.explore.world import (
    DENSITY_MW_CM2,
    HIGH,
    LOW,
    TICK_MS,
    Letter,
    Scenario,
)

TICK_UJ = DENSITY_MW_CM2 * TICK_MS
# As SR-20's table has them.
HANDS_ONLY = tuple(
    faults.number(name)
    for name in (
        *("absolute_temperature", "heat_welded", "master_welded", "over_temperature"),
        *("emergency_stop", "sensor_short", "watchdog_reset", "limits_corrupt", "internal"),
    )
)
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
    scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter
) -> Iterator[str]:
    """What the tick's command may not have done. `mid`: before it."""
    word, _, _ = letter.command.partition(" ")
    state, state0, toy = guard.state, mid.state, scenario.toy
    dt_s = elapsed_s(m, letter)
    if word == "restart" and state in (*LIVE, states.ARMED):
        yield "SR-05: something goes on by itself after a restart"
    if word == "stop" and state in (*LIVE, states.ARMED):
        yield "SR-16: `stop` did not stop"
    hot_mc, cold_mc = extremes(scenario, letter)
    starts = state == states.RUNNING and state0 == states.ARMED
    if state == states.RUNNING and state0 != states.RUNNING:
        answered = letter.command == "confirm" or m.pressed_s > 0 or m.pack
        laid = state0 == states.WAITING and answered
        resumed = state0 == states.PAUSED and letter.command == "resume"
        if not (began(m, mid, letter) or resumed or laid):
            yield f"SR-17: running after {letter.command!r} in {states.NAMES[state0]}"
        if starts and m.state_s >= toy["token_s"]:
            yield "SR-17: a token was good for too long"
        if (starts or resumed) and blind(scenario, letter):
            yield "SR-17: started without a sensor"
        if (starts or resumed) and guard.course.order.heat_s and hot_mc >= 43_000:
            yield "SR-17: started at 43 °C"
        if (starts or resumed) and cold_mc < 5_000:
            yield "SR-03: started below 5 °C"
    arms = state == states.ARMED != state0
    if arms and (word != "arm" or guard.answer != OK or state0 != states.IDLE):
        yield f"SR-17: armed in {states.NAMES[state0]}"
    if arms or starts:
        plan = guard.course.order
        if plan.heat_s and m.heat_rest_s + dt_s < toy["rest_after_heat_s"]:
            yield "SR-05: armed or started without the rest after heat"
        asked_s = toy["rest_cold_to_cold_s" if plan.cold_s else "rest_cold_to_heat_s"]
        # A pack that is still on goes on counting as cold.
        if m.cold_rest_s + (0 if m.pack else dt_s) < asked_s:
            yield "SR-05: armed or started without the rest after cold"
        if m.sessions >= toy["sessions_day"]:
            yield "SR-05: one session too many in a day"
    if state0 == states.FAULT and state != states.FAULT:
        held = letter.button and m.pressed_s >= 3
        if letter.command != "clear" and not held:
            yield f"SR-20: a fault was cleared by {letter.command!r}"
        if letter.command == "clear" and not held:
            yield from cleared_by_host(mid.fault)
        yield from cleared(scenario, mid.fault, m, letter)


def cleared_by_host(fault: int) -> Iterator[str]:
    """A host has cleared this fault."""
    if fault in HANDS_ONLY:
        yield f"SR-20: {faults.NAMES[fault]} was cleared by the host"


def cleared(scenario: Scenario, fault: int, m: Memory, letter: Letter) -> Iterator[str]:
    """This fault was cleared, by whoever may: has its cause gone?"""
    hot_mc, cold_mc = extremes(scenario, letter)
    readable = is_readable(scenario, letter)
    if fault == faults.OVER_TEMPERATURE and not (readable and hot_mc <= 42_000):
        yield "SR-20: over_temperature cleared above 42 °C"
    if fault == faults.ABSOLUTE_TEMPERATURE and not (readable and hot_mc <= 44_000):
        yield "SR-20: absolute_temperature cleared above 44 °C"
    if fault == faults.UNDER_TEMPERATURE and not (readable and cold_mc >= 8_000):
        yield "SR-20: under_temperature cleared while still cold"
    if fault in (faults.SENSOR_OPEN, faults.SENSOR_SHORT) and blind(scenario, letter):
        yield f"SR-20: {faults.NAMES[fault]} cleared without a sensor"
    if fault in (faults.HEAT_WELDED, faults.MASTER_WELDED) and level_of(m, letter) != LOW:
        yield "SR-20: a weld was cleared with the pad live"
    if fault == faults.EMERGENCY_STOP and letter.estop:
        yield "SR-20: the emergency stop was cleared while it is pressed"


def ticked(
    scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter
) -> Iterator[str]:
    """What the tick may not have done. `mid`: before it."""
    state0, fault0 = mid.state, mid.fault
    state, outputs, fault = guard.state, guard.outputs, guard.latch.fault
    hot_mc, _ = extremes(scenario, letter)
    readable = is_readable(scenario, letter)
    stalled = is_stall(m, letter)
    session = state0 in LIVE
    if outputs and state != states.RUNNING:
        yield f"SR-16: a relay is closed in {states.NAMES[state]}"
    if outputs & HEAT and outputs & COOL:
        yield "SR-16: heat and cool together"
    if outputs and not letter.written:
        yield "SR-05: a relay is closed before the intent is on flash"
    if letter.failed and state != states.FAULT:
        yield "SR-19: something raised, and it goes on"
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
    after_ms = (m.after_s + elapsed_s(m, letter)) * 1000
    watched = session or after_ms <= scenario.toy["watch_after_ms"]
    if readable and hot_mc >= 43_000 and m.over and watched and state != states.FAULT:
        yield "SR-01: 43 °C twice in three readings does not trip"
    if stalled and letter.dt_ms < 0 and state != states.FAULT:
        yield "SR-18: time running back does not trip"
    if stalled and letter.dt_ms > scenario.toy["late_trip_ms"] and state != states.FAULT:
        yield "SR-18: a late loop does not trip"
    if stalled and session and m.stalls + 1 >= scenario.toy["late_count"] and state != states.FAULT:
        yield "SR-18: the last stall that is allowed was allowed once more"
    if state0 == states.FAULT == state and fault != fault0:
        yield "SR-20: the first fault was not kept"
    waits = state0 in (states.IDLE, states.ARMED)
    if waits and faults.SENSOR_SHORT <= fault <= faults.HEATING_STALLED:
        yield f"SR-21: {faults.NAMES[fault]} outside a session"
    yield from time_limits(scenario, m, mid, guard, letter)
    yield from relays(scenario, m, mid, guard, letter)
    yield from sensors(scenario, m, mid, guard, letter)
    if fault == faults.INTERNAL != fault0 and not letter.failed:
        yield "SR-19: `internal`"


def time_limits(
    scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter
) -> Iterator[str]:
    state0 = mid.state
    state = guard.state
    dt_s = elapsed_s(m, letter)
    in_state_s = m.state_s + dt_s
    if state == state0 == states.ARMED and in_state_s >= scenario.toy["token_s"]:
        yield "SR-17: armed for too long"
    if state == state0 == states.PAUSED and in_state_s >= scenario.toy["pause_max_s"]:
        yield "SR-04: paused for too long"
    answered = m.pack_off or letter.command == "confirm" or (m.pressed_s > 0 and not letter.button)
    waited = state == state0 == states.WAITING and in_state_s >= scenario.toy["prompt_max_s"]
    if waited and not answered and not asks(m, guard):
        yield "SR-23: waited for too long"
    attended_s = guard.course.order.attended_s
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
    cold = state == state0 == states.RUNNING and guard.phases.mode == states.COLD
    overrun_s = scenario.toy["overrun_ms"] // 1000
    if cold and m.cold_s > scenario.toy["cold_session_s"] + STALL_S + overrun_s:
        yield "SR-04: cold for too long in a session"
    pack, _ = pack_lies(scenario, m, state0 in LIVE, letter)
    late_ms = mute_s(m, state0, letter) * 1000
    if pack and not guard.pack.alarm and late_ms >= scenario.toy["pack_alarm_ms"] + STALL_S * 1000:
        yield "SR-23: a pack is on, and no alarm"
    # Not the relay proof, which is outside the session's clock.
    energised = guard.outputs & COOL or guard.outputs & PAD == PAD
    if energised and m.run_s >= toy["session_s"]:
        yield "SR-04: a session for too long"
    bound_m = toy["sensitive_dose_session_m" if guard.course.order.sensitive else "dose_session_m"]
    if state in LIVE and m.dose_u > bound_m * 1000:
        yield "SR-06: too much dose in a session"


def relays(
    scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter
) -> Iterator[str]:
    state0, proving = mid.state, mid.proving
    outputs, mode = guard.outputs, guard.phases.mode
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
        most_mc = 40_000 if guard.course.order.sensitive else 42_000
        if not 30_000 <= target_mc <= most_mc:
            yield f"SR-04: heat towards {target_mc}"
        if scenario.sense and not (m.heat_alone and m.master_alone):
            yield "SR-22: heat without a proof of both relays"
        if pack_lies(scenario, m, state0 in LIVE, letter)[0]:
            yield "SR-23: heat with a cold pack on"
        if level_uj(scenario, m, letter) < TICK_UJ:
            yield "SR-24: heat on an empty budget"
        if m.outputs & PAD != PAD and state0 == states.RUNNING:
            dt_s = elapsed_s(m, letter)
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
    proves = guard._parts.proof.active and not proving
    if proves and m.proofs >= scenario.toy["proofs_session"]:
        yield "SR-22: one relay proof too many"
    if not scenario.sense:
        if letter.weld and is_readable(scenario, letter) and guard.state != states.FAULT:
            yield "SR-10: warm with HEAT open, and it goes on"
        return
    sense = level_of(m, letter)
    closed = m.outputs & PAD == PAD
    steady = not is_stall(m, letter) and not m.first
    live = sense == HIGH and m.high and not closed and steady and not proving
    if live and guard.state != states.FAULT:
        yield "SR-10: a pad that is live with a relay open"
    dead = sense == LOW and closed and m.low >= 1 and steady
    if dead and guard.state in LIVE and guard.outputs:
        yield "SR-11: no supply, and it goes on"
    too_long = (m.unclear + 1) * TICK_MS >= scenario.toy["unsteady_ms"]
    if unclear(m, mid, letter) and too_long and guard.state in LIVE and guard.outputs:
        yield "SR-10: SENSE says nothing, and it goes on"


def sensors(
    scenario: Scenario, m: Memory, mid: Before, guard: Guard, letter: Letter
) -> Iterator[str]:
    state0, proving, mode0 = mid.state, mid.proving, mid.mode
    on = guard.state in LIVE
    bad_a, _ = bad_ticks(scenario, m, letter)
    often = len(recently_bad(scenario, m, letter)) >= caps(scenario).bad
    if bad_a and often and state0 in LIVE and on:
        yield "SR-07: a sensor that is lost again and again, and the session goes on"
    lost = max(bad_ticks(scenario, m, letter))
    if lost >= scenario.toy["range_ticks"] and state0 in LIVE and on:
        yield "SR-07: no sensor, and the session goes on"
    judged = state0 == states.RUNNING and mode0 == states.HEAT and not is_stall(m, letter)
    if judged and on and letter.heating and not proving and not blind(scenario, letter):
        yield "SR-09: heat does not arrive, and it goes on"
    apart = abs(letter.apart_mc) > 8_000 and not blind(scenario, letter)
    if judged and on and m.apart >= 1 and apart:
        yield "SR-08: the sensors are apart, and it goes on"
    if judged and on and letter.frozen and m.frozen >= 2:
        yield "SR-08: a frozen sensor, and it goes on"
    if judged and on and not letter.fresh and m.stale >= 2:
        yield "SR-08: a stale sensor, and it goes on"
    jump = jumped(scenario, m, mid, letter)
    if jump and m.jumps + 1 >= scenario.toy["jump_ticks"] and on:
        yield "SR-08: reading after reading jumps, and it goes on"
    cooling = is_cooled(m, mid)
    _, cold_mc = extremes(scenario, letter)
    if cooling and on and m.cold >= 1 and cold_mc <= 7_000 and not blind(scenario, letter):
        yield "SR-03: 7 °C, and the cold goes on"
    chilled = cold_mc <= 10_000 and is_readable(scenario, letter)
    goes_on = guard.state == states.RUNNING and same_phase(mid, guard)
    if mode0 == states.COLD and goes_on and m.chill >= 2 and chilled:
        yield "SR-03: 10 °C, and the cold phase goes on"
