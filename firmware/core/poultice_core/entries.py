"""Journal entries as they stand on flash and go over the link: JSON, members in the contract's
order. Each is made once and never read again by the device.
"""

from . import config as configuration
from . import faults, states

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .guard import Guard
    from .tally import Tally
    from .tick import Ask

    Members = tuple[tuple[str, object], ...]


def session(
    number: int, plan: str, guard: "Guard", tally: "Tally", t_ms: int, unix_s: int | None
) -> "Members":
    """The session that has ended in this tick."""
    course = guard.course
    reason = states.REASONS[course.reason]
    if course.outcome == states.FAULTED:
        reason = faults.NAMES[guard.latch.fault]
    return (
        ("kind", "session"),
        ("session", number),
        ("plan", plan),
        ("outcome", states.OUTCOMES[course.outcome]),
        ("reason", reason),
        ("heat_s", _told_s(guard.clocks.heat_ms)),
        ("cold_s", _told_s(guard.clocks.cold_ms)),
        ("dose_m", guard.dose.milli()),
        ("peak_mc", tally.peak_mc()),
        ("min_mc", tally.min_mc()),
        ("heat_operations", guard.heat_operations),
        ("warnings", states.told(tally.warnings)),
        ("t_ms", t_ms),
        ("unix_s", unix_s),
    )


def interrupted(
    number: object, plan: object, heat_s: int, cold_s: int, dose_m: int, unix_s: object
) -> "Members":
    """A session that was cut off by power: as planned; `unix_s` is of its begin."""
    return (
        ("kind", "session"),
        ("session", number),
        ("plan", plan),
        ("outcome", "power_lost"),
        ("reason", None),
        ("heat_s", heat_s),
        ("cold_s", cold_s),
        ("dose_m", dose_m),
        ("peak_mc", None),
        ("min_mc", None),
        ("heat_operations", 0),
        ("warnings", []),
        ("t_ms", 0),
        ("unix_s", unix_s),
    )


def fault(guard: "Guard", ask: "Ask", t_ms: int, unix_s: int | None) -> "Members":
    """The fault that was latched in this tick: what was read, and what was asked."""
    reading = guard.reading
    known = 0 <= ask.mode < len(states.MODES)
    mode = states.MODES[ask.mode] if known else None
    asked = (
        ("mode", mode),
        ("target_mc", ask.target_mc if mode else None),
        ("heat", ask.heat),
        ("cool", ask.cool),
    )
    return (
        ("kind", "fault"),
        ("fault", faults.NAMES[guard.latch.fault]),
        ("state", states.NAMES[guard.latch.state]),
        ("temp_mc", reading.hot_mc if reading.readable else None),
        ("asked", asked),
        ("t_ms", t_ms),
        ("unix_s", unix_s),
    )


def config(in_force: dict[str, object], t_ms: int, unix_s: int | None) -> "Members":
    """A configuration has come into force."""
    return (
        ("kind", "config"),
        ("config", configuration.members(in_force)),
        ("t_ms", t_ms),
        ("unix_s", unix_s),
    )


def _told_s(elapsed_ms: int) -> int:
    """Rounded up, but for the one tick by which a phase of whole seconds may end late."""
    return (elapsed_ms + 899) // 1000
