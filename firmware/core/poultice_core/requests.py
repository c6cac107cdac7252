"""One handler a method of the link contract.

Each judges in the contract's order: types of params, fault, state, token, limits, readiness,
rest. A handler returns the result or raises `Refusal`; none of them closes a relay.
"""

from . import PROTOCOL, VERSION, faults, lifecycle, states
from . import config as configuration
from .board import SENSE_LOW
from .device import Device
from .ledger import COLD_S, DOSE_M, END_S, HEAT_S
from .limits import CHECKSUM, Limits, checksum
from .messages import (
    BAD_TOKEN,
    BUSY,
    FAULT_ACTIVE,
    LIMIT_EXCEEDED,
    MAX_LINE,
    METHOD_NOT_FOUND,
    NOT_READY,
    REST_REQUIRED,
    WRONG_STATE,
    Refusal,
    answer,
    invalid,
    whole,
)
from .plan import judge
from .plan import read as read_plan
from .telemetry import build

_REASONS = {
    faults.SENSOR_OPEN: "sensor_open",
    faults.SENSOR_SHORT: "sensor_short",
    lifecycle.SENSOR_COLD: "sensor_cold",
    lifecycle.SENSOR_HOT: "sensor_hot",
}
_REBOOTS = ("app", "repl", "bootloader")
_BEFORE_SESSION = (states.BOOT, states.SELF_TEST, states.IDLE, states.ARMED, states.FAULT)


def handle(device: Device, method: str, params: object) -> dict[str, object]:
    """The result of a request. Raises Refusal."""
    handler = HANDLERS.get(method)
    if handler is None:
        raise Refusal(METHOD_NOT_FOUND, {"method": method[:32]})
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise invalid("params", "an object")
    return handler(device, params)


def _only(params: dict[str, object], *names: str) -> None:
    for name in params:
        if name not in names:
            raise invalid(str(name)[:32], "no such parameter")


def _allow(device: Device, *allowed: int) -> None:
    """The state is one of these, or the refusal that the contract asks for."""
    guard = device.guard
    if guard.unbooked:
        # ended since the last tick: the pins are still to go low, the journal to be closed
        raise Refusal(BUSY, {"retry_ms": 200})
    if guard.state in allowed:
        return
    if guard.state == states.FAULT:
        raise _fault_active(device)
    names = [states.NAMES[state] for state in allowed]
    raise Refusal(WRONG_STATE, {"state": states.NAMES[guard.state], "states": names})


def _fault_active(device: Device) -> Refusal:
    guard = device.guard
    by = "button" if guard.fault in faults.BUTTON_ONLY else "host"
    name = faults.NAMES[guard.fault]
    return Refusal(FAULT_ACTIVE, {"fault": name, "clear": by, "cause_gone": guard.cause_gone()})


def _not_ready(device: Device, heat: bool) -> Refusal:
    return Refusal(NOT_READY, {"reason": _REASONS.get(device.guard.not_ready(heat))})


def hello(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Who this is, and the limits in force."""
    _only(params)
    guard = device.guard
    return {
        "protocol": PROTOCOL,
        "firmware": VERSION,
        "board": device.board.name,
        "uid": device.board.uid,
        "reset_cause": device.board.reset_cause,
        "limits": device.limits.reported(),
        "features": {
            "cooler": guard.cooler,
            "sensor_b": guard.sensor_b,
            "sense": guard.sense_fitted,
        },
    }


def status(device: Device, params: dict[str, object]) -> dict[str, object]:
    """The telemetry object."""
    _only(params)
    return build(device)


def ping(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Still there."""
    _only(params)
    return {"uptime_ms": device.uptime_ms()}


def arm(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Take a plan; a token that starts this very plan once."""
    _only(params, "plan")
    plan = read_plan(params.get("plan"))
    _allow(device, states.IDLE)
    guard = device.guard
    if checksum(Limits()) != CHECKSUM:
        guard.limits_ok = False
        guard.latch(faults.LIMITS_CORRUPT)
        raise _fault_active(device)
    judge(plan, device.limits)
    order = plan.order(device.limits)
    heat = order.heat_s > 0
    token = device.board.entropy()
    refused = guard.arm(order, token)
    if refused == lifecycle.TOTALS:
        raise _totals(device, order.heat_s, order.cold_s, order.dose_m)
    if refused == lifecycle.NOT_READY:
        raise _not_ready(device, heat)
    if refused == lifecycle.REST:
        raise _rest(device, heat, order.cold_s > 0)
    if refused != lifecycle.OK:
        raise Refusal(BUSY, {"retry_ms": 200})
    device.plan = plan
    plan_id = device.next_plan_id()
    return {"token": "%07x" % token, "total_s": plan.total_s(), "plan_id": plan_id}


def _totals(device: Device, heat_s: int, cold_s: int, dose_m: int) -> Refusal:
    ledger = device.ledger
    limits = device.limits
    asked = ledger.sessions() + 1
    name, field, allowed = "sessions_day", END_S, limits.sessions_day
    if asked <= allowed:
        asked = ledger.used(HEAT_S) + heat_s
        name, field, allowed = "heat_day_s", HEAT_S, limits.heat_day_s
        if not heat_s or asked <= allowed:
            asked = ledger.used(COLD_S) + cold_s
            name, field, allowed = "cold_day_s", COLD_S, limits.cold_day_s
            if not cold_s or asked <= allowed:
                asked = ledger.used(DOSE_M) + dose_m
                name, field, allowed = "dose_day_m", DOSE_M, limits.dose_day_m
    wait_s = ledger.wait_s(field, asked - allowed)
    data: dict[str, object] = {"limit": name, "asked": asked, "allowed": allowed, "wait_s": wait_s}
    return Refusal(LIMIT_EXCEEDED, data)


def _rest(device: Device, heat: bool, cold: bool) -> Refusal:
    ledger = device.ledger
    after_heat_s = ledger.rest_after_heat_s(heat, cold)
    after_cold_s = ledger.rest_after_cold_s(heat, cold)
    data: dict[str, object] = {
        "rest_s": max(after_heat_s, after_cold_s),
        "after": "cold" if after_cold_s > after_heat_s else "heat",
        "clock": device.journal.clock_proven(),
    }
    return Refusal(REST_REQUIRED, data)


def start(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Start what was armed; answered when the intent is on flash."""
    _only(params, "token")
    text = params.get("token")
    if not isinstance(text, str):
        raise invalid("token", "the hex digits that arm gave")
    _allow(device, states.ARMED)
    guard = device.guard
    refused = guard.may_start(_token(text))
    if refused == lifecycle.BAD_TOKEN:
        raise Refusal(BAD_TOKEN, {})
    if refused != lifecycle.OK:
        raise _not_ready(device, guard.order.heat_s > 0)
    if not device.begin():
        raise _fault_active(device)
    return {"session": device.session_n}


def _token(text: str) -> int:
    if len(text) != 7:
        return -1
    for char in text:
        if char not in "0123456789abcdef":
            return -1
    return int(text, 16)


def confirm(device: Device, params: dict[str, object]) -> dict[str, object]:
    """The prompt is answered."""
    _only(params)
    _allow(device, states.WAITING)
    device.guard.confirm()
    return {}


def pause(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Relays off, the phase clock stands."""
    _only(params)
    _allow(device, states.RUNNING)
    device.guard.pause()
    return {}


def resume(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Go on, after the checks of a start."""
    _only(params)
    _allow(device, states.PAUSED)
    if device.guard.resume() != lifecycle.OK:
        raise _not_ready(device, device.guard.order.heat_s > 0)
    return {}


def stop(device: Device, params: dict[str, object]) -> dict[str, object]:
    """End what runs; the loop answers when the outputs are low."""
    _only(params)
    device.guard.stop(states.HOST)
    return {}


def clear_fault(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Acknowledge the latched fault by its name."""
    _only(params, "fault")
    name = params.get("fault")
    if not isinstance(name, str):
        raise invalid("fault", "a fault's name")
    guard = device.guard
    if guard.state != states.FAULT:
        _allow(device, states.FAULT)
    if guard.clear(faults.number(name), False) != lifecycle.OK:
        raise _fault_active(device)
    device.journal.fault = None
    if not device.save():
        raise _fault_active(device)
    return {}


def journal(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Entries after a number, as many as fit a line."""
    _only(params, "after", "limit")
    after = whole(params.get("after", 0))
    limit = whole(params.get("limit", 8))
    if after is None or after < 0:
        raise invalid("after", "a whole number, 0 or more")
    if limit is None or limit < 1:
        raise invalid("limit", "a whole number, 1 or more")
    entries = device.journal.entries(after, min(limit, 64))
    while True:
        last = entries[-1]["n"] if entries else None
        more = last is not None and last != device.journal.next_n - 1
        result: dict[str, object] = {"entries": entries, "next": last if more else None}
        # an id of 32 characters, each of which may be escaped to a pair of six
        if len(answer("x" * 384, result)) <= MAX_LINE or not entries:
            return result
        entries = entries[:-1]


def set_clock(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Take the wall clock, once a boot."""
    _only(params, "unix_s")
    unix_s = whole(params.get("unix_s"))
    if unix_s is None or not 0 <= unix_s < 1 << 32:
        raise invalid("unix_s", "seconds since 1970, below 2^32")
    _allow(device, *_BEFORE_SESSION)
    device.journal.budget_uj = device.guard.budget.level_uj
    after_power = device.board.reset_cause == "power_on"
    try:
        return {"credited_s": device.journal.set_clock(unix_s, after_power)}
    except OSError as refusal:
        device.guard.latch(faults.JOURNAL_LOST)
        raise _fault_active(device) from refusal


def get_config(device: Device, params: dict[str, object]) -> dict[str, object]:
    """What is in force; `pending` where another waits."""
    _only(params)
    result = dict(device.config)
    if device.pending is not None:
        result["pending"] = True
    return result


def set_config(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Store a configuration; in force after the button was held."""
    wanted = configuration.merged(device.pending or device.config, params)
    _allow(device, states.IDLE)
    try:
        configuration.save(device.board.store, configuration.PENDING_FILE, wanted)
    except OSError as refusal:
        device.guard.latch(faults.CONFIG_LOST)
        raise _fault_active(device) from refusal
    device.pending = wanted
    result = dict(wanted)
    result["pending"] = True
    return result


def self_test(device: Device, params: dict[str, object]) -> dict[str, object]:
    """What the device can check without energising anything."""
    _only(params)
    _allow(device, states.IDLE)
    guard = device.guard
    try:
        journal_ok = device.board.store.load("journal") is not None
    except Exception:  # whatever the file system raises
        journal_ok = False
    sense_ok = device.inputs.sense == SENSE_LOW
    checks: dict[str, object] = {
        "sensor_a": _verdict(guard.a.ok),
        "sensor_b": _verdict(guard.b.ok) if guard.sensor_b else "absent",
        "sense": _verdict(sense_ok) if guard.sense_fitted else "absent",
        "estop": _verdict(not guard.estop),
        "journal": _verdict(journal_ok),
        "limits": _verdict(checksum(Limits()) == CHECKSUM),
    }
    return {"checks": checks}


def _verdict(good: bool) -> str:
    return "ok" if good else "fail"


def reboot(device: Device, params: dict[str, object]) -> dict[str, object]:
    """Restart on purpose, once this is answered."""
    _only(params, "into")
    into = params.get("into")
    if into not in _REBOOTS:
        raise invalid("into", "app, repl or bootloader")
    _allow(device, states.IDLE, states.FAULT)
    device.reboot_into = str(into)
    return {}


HANDLERS = {
    "hello": hello,
    "status": status,
    "arm": arm,
    "start": start,
    "confirm": confirm,
    "pause": pause,
    "resume": resume,
    "stop": stop,
    "ping": ping,
    "clear_fault": clear_fault,
    "journal": journal,
    "set_clock": set_clock,
    "get_config": get_config,
    "set_config": set_config,
    "self_test": self_test,
    "reboot": reboot,
}
