"""Why not: the refusals of the link contract, from what the guard answered."""

from . import faults, states, tick
from .admission import SENSOR_COLD, SENSOR_HOT
from .codec import (
    BAD_TOKEN,
    BUSY,
    FAULT_ACTIVE,
    LIMIT_EXCEEDED,
    NOT_READY,
    REST_REQUIRED,
    WRONG_STATE,
    Refusal,
)
from .guard import Guard
from .ledger import COLD_S, DOSE_M, END_S, HEAT_S
from .tick import Order

_REASONS = {
    faults.SENSOR_OPEN: "sensor_open",
    faults.SENSOR_SHORT: "sensor_short",
    SENSOR_COLD: "sensor_cold",
    SENSOR_HOT: "sensor_hot",
}
_SOON_MS = 200


def refusal(guard: Guard, answer: int, order: Order, clock: bool, *allowed: int) -> Refusal:
    """What `answer` (of `tick`) says of this order; `allowed`: the states that it is for; `clock`:
    was time proven by one?"""
    heat = order.heat_s > 0
    if answer == tick.BAD_TOKEN:
        return Refusal(BAD_TOKEN, {})
    if answer == tick.TOTALS:
        return _totals(guard, order)
    if answer == tick.NOT_READY:
        return Refusal(NOT_READY, {"reason": _REASONS.get(guard.admission.not_ready(heat))})
    if answer == tick.REST:
        return _rest(guard, heat, order.cold_s > 0, clock)
    if answer == tick.BRAKED:
        return Refusal(BUSY, {"retry_ms": guard.brake.held_ms() or _SOON_MS})
    return wrong_state(guard, *allowed)


def wrong_state(guard: Guard, *allowed: int) -> Refusal:
    """Not in this state: in `fault` the fault is told, unless it is for that."""
    if guard.course.state == states.FAULT:
        return fault_active(guard)
    if guard.course.state in allowed:
        # It has become so in the very tick that judged the command by the state before.
        return Refusal(BUSY, {"retry_ms": _SOON_MS})
    names = [states.NAMES[state] for state in allowed]
    state = states.NAMES[guard.course.state]
    return Refusal(WRONG_STATE, {"state": state, "states": names})


def fault_active(guard: Guard) -> Refusal:
    """The latched fault, who may clear it, and whether its cause has gone."""
    fault = guard.latch.fault
    by = "button" if guard.latch.severe() else "host"
    name = faults.NAMES[fault]
    return Refusal(FAULT_ACTIVE, {"fault": name, "clear": by, "cause_gone": guard.cause_gone()})


def _totals(guard: Guard, order: Order) -> Refusal:
    ledger = guard.ledger
    limits = guard.limits
    asked = ledger.sessions() + 1
    name, field, allowed = "sessions_day", END_S, limits.sessions_day
    if asked <= allowed:
        asked = ledger.used(HEAT_S) + order.heat_s
        name, field, allowed = "heat_day_s", HEAT_S, limits.heat_day_s
        if not order.heat_s or asked <= allowed:
            asked = ledger.used(COLD_S) + order.cold_s
            name, field, allowed = "cold_day_s", COLD_S, limits.cold_day_s
            if not order.cold_s or asked <= allowed:
                asked = ledger.used(DOSE_M) + order.dose_m
                name, field, allowed = "dose_day_m", DOSE_M, limits.dose_day_m
    wait_s = ledger.wait_s(field, asked - allowed)
    data: dict[str, object] = {"limit": name, "asked": asked, "allowed": allowed, "wait_s": wait_s}
    return Refusal(LIMIT_EXCEEDED, data)


def _rest(guard: Guard, heat: bool, cold: bool, clock: bool) -> Refusal:
    after_heat_s = guard.ledger.rest_after_heat_s(heat, cold)
    after_cold_s = guard.ledger.rest_after_cold_s(heat, cold)
    data: dict[str, object] = {
        "rest_s": max(after_heat_s, after_cold_s),
        "after": "cold" if after_cold_s > after_heat_s else "heat",
        "clock": clock,
    }
    return Refusal(REST_REQUIRED, data)
