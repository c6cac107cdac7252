"""The telemetry object of the link contract, from the device's state."""

from . import board, faults, states
from .relays import COOL, HEAT, MASTER

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .loop import Loop


def build(loop: "Loop") -> dict[str, object]:
    """Every member, null where there is none. Integers in milli-degrees, seconds, thousandths."""
    guard = loop.guard
    reading = guard.reading
    ledger = guard.ledger
    settings = guard.settings
    outputs = guard.outputs
    result: dict[str, object] = {
        "t_ms": loop.uptime_ms(),
        "state": states.NAMES[guard.course.state],
        "temp_mc": None if reading.a.inhibit else reading.a.temp_mc,
        "temp_b_mc": None if reading.b.inhibit or not settings.sensor_b else reading.b.temp_mc,
        "master": outputs & MASTER != 0,
        "heat": outputs & HEAT != 0,
        "cool": outputs & COOL != 0,
        "sense": loop.inputs.sense == board.SENSE_HIGH if settings.sense else None,
        "duty_pct": loop.tally.duty_pct(),
        "dose_m": guard.dose.milli(),
        "budget_pct": guard.budget.percent(),
        "fault": faults.NAMES[guard.latch.fault],
        "faults_more": _faults(guard.latch.followers),
        "rest_heat_s": ledger.rest_s(True, False),
        "rest_cold_s": ledger.rest_s(False, True),
        "rx_errors": loop.link.rx_errors,
        "tx_dropped": loop.link.tx_dropped,
    }
    result.update(_session(loop))
    return result


def _session(loop: "Loop") -> dict[str, object]:
    guard = loop.guard
    sequencer = loop.sequencer
    live = guard.course.live
    plan = sequencer.plan
    if not (live or guard.course.state == states.ARMED):
        plan = None
    prompt = guard.course.prompt
    if guard.pack.on and not live:
        prompt = states.REMOVE_PACK
    result: dict[str, object] = {
        "session": loop.memory.session_n if live else None,
        "plan": plan.name if plan else None,
        "profile": ("sensitive" if plan.sensitive else "normal") if plan else None,
        "phase": None,
        "mode": None,
        "target_mc": None,
        "phase_left_s": 0,
        "left_s": plan.total_s() if plan else 0,
        "prompt": states.PROMPTS[prompt],
    }
    if live:
        phase = sequencer.phase()
        result["phase"] = min(sequencer.index, sequencer.count() - 1)
        result["mode"] = states.MODES[phase.mode]
        result["target_mc"] = phase.target_mc if phase.mode != states.REST else None
        result["phase_left_s"] = sequencer.phase_left_s()
        result["left_s"] = sequencer.left_s()
    return result


def _faults(bits: int) -> int:
    count = 0
    for fault in range(1, len(faults.NAMES)):
        count += bits >> fault & 1
    return count
