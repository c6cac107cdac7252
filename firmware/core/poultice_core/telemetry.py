"""The telemetry object of the link contract, from the device's state."""

from . import board, faults, states
from .device import Device
from .relays import COOL, HEAT, MASTER


def build(device: Device) -> dict[str, object]:
    """Every member, null where there is none. Integers in milli-degrees, seconds, thousandths."""
    guard = device.guard
    ledger = device.ledger
    result: dict[str, object] = {
        "t_ms": device.uptime_ms(),
        # a session that was stopped since the last tick: its pins are still to go low
        "state": states.NAMES[device.state_noted if guard.unbooked else guard.state],
        "temp_mc": None if guard.a.inhibit else guard.a.temp_mc,
        "temp_b_mc": None if guard.b.inhibit or not guard.sensor_b else guard.b.temp_mc,
        "master": guard.outputs & MASTER != 0,
        "heat": guard.outputs & HEAT != 0,
        "cool": guard.outputs & COOL != 0,
        "sense": device.inputs.sense == board.SENSE_HIGH if guard.sense_fitted else None,
        "duty_pct": device.tally.duty_pct(),
        "dose_m": guard.dose.milli(),
        "budget_pct": guard.budget.percent(),
        "fault": faults.NAMES[guard.fault],
        "faults_more": _bits(guard.followers),
        "rest_heat_s": ledger.rest_s(True, False),
        "rest_cold_s": ledger.rest_s(False, True),
        "rx_errors": device.rx_errors,
        "tx_dropped": device.tx_dropped,
    }
    result.update(_session(device))
    return result


def _session(device: Device) -> dict[str, object]:
    guard = device.guard
    session = device.session
    plan = device.plan
    active = guard.live or guard.unbooked
    if plan is None or not (active or guard.state == states.ARMED):
        plan = None
    result: dict[str, object] = {
        "session": device.session_n if active else None,
        "plan": plan.name if plan else None,
        "profile": ("sensitive" if plan.sensitive else "normal") if plan else None,
        "phase": None,
        "mode": None,
        "target_mc": None,
        "phase_left_s": 0,
        "left_s": plan.total_s() if plan else 0,
        "prompt": states.PROMPTS[states.REMOVE_PACK] if guard.pack_on and not active else None,
    }
    if active:
        phase = session.phase()
        result["phase"] = min(session.index, session.count() - 1)
        result["mode"] = states.MODES[phase.mode]
        result["target_mc"] = phase.target_mc if phase.mode != states.REST else None
        result["phase_left_s"] = session.phase_left_s()
        result["left_s"] = session.left_s()
        result["prompt"] = states.PROMPTS[guard.prompt]
    return result


def _bits(mask: int) -> int:
    count = 0
    while mask:
        count += mask & 1
        mask >>= 1
    return count
