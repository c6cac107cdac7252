"""A plan as it comes over the link: its shape, and the first limit it breaks (SR-04)."""

from . import states
from .codec import LIMIT_EXCEEDED, Refusal, invalid, whole
from .dose import of_hold_m
from .limits import Limits
from .tick import Order

# Of more phases than that no plan is accepted, whatever they hold.
_READ = 17

_NAME = "abcdefghijklmnopqrstuvwxyz0123456789-"


class Phase:
    """One phase; `target_mc` is 0 for a rest."""

    def __init__(self, mode: int, target_mc: int, duration_s: int) -> None:
        self.mode = mode
        self.target_mc = target_mc
        self.duration_s = duration_s


class Plan:
    """What a session follows. `asked`: how many phases there were, of which so many are read that
    one is too many."""

    def __init__(
        self, name: str, sensitive: bool, attended_s: int, phases: list[Phase], asked: int = 0
    ) -> None:
        self.name = name
        self.asked = asked or len(phases)
        self.sensitive = sensitive
        self.attended_s = attended_s
        self.phases = phases

    def total_s(self) -> int:
        """All phases together."""
        return sum([phase.duration_s for phase in self.phases])

    def order(self, limits: Limits) -> Order:
        """The bounds that the guard is given."""
        order = Order()
        order.sensitive = self.sensitive
        order.attended_s = self.attended_s
        order.total_s = self.total_s()
        for phase in self.phases:
            if phase.mode == states.HEAT:
                order.heat_phases += 1
                order.heat_s += phase.duration_s
                order.dose_m += of_hold_m(phase.target_mc, phase.duration_s)
                if phase.target_mc > limits.heat_hot_mc:
                    order.hot_s += phase.duration_s
            elif phase.mode == states.COLD:
                order.cold_s += phase.duration_s
        return order


def read(value: object) -> Plan:
    """The plan in `value`. Raises Refusal (-32602) where its shape is wrong."""
    if not isinstance(value, dict):
        raise invalid("plan", "an object")
    _only(value, ("name", "profile", "attended_s", "phases"), "")
    name = value.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= 32 or not _named(name):
        raise invalid("name", "1 to 32 characters of a-z, 0-9 and -")
    profile = value.get("profile", "normal")
    if profile != "normal" and profile != "sensitive":
        raise invalid("profile", "normal or sensitive")
    attended_s = whole(value.get("attended_s", 0))
    if attended_s is None:
        raise invalid("attended_s", "a whole number of seconds")
    phases = value.get("phases")
    if not isinstance(phases, list) or not phases:
        raise invalid("phases", "a list of at least one phase")
    read_phases = []
    for index in range(min(len(phases), _READ)):
        read_phases.append(_phase(phases[index], "phases[%d]" % index))
    return Plan(name, profile == "sensitive", attended_s, read_phases, len(phases))


def _phase(value: object, where: str) -> Phase:
    if not isinstance(value, dict):
        raise invalid(where, "an object")
    mode = value.get("mode")
    number = 0
    if isinstance(mode, str) and mode in states.MODES:
        number = states.MODES.index(mode)
    if number == 0:
        raise invalid(where + ".mode", "heat, cold or rest")
    target_mc = 0
    if number == states.REST:
        _only(value, ("mode", "duration_s"), where + ".")
    else:
        _only(value, ("mode", "target_mc", "duration_s"), where + ".")
        target_mc = _whole(value, where, "target_mc", "a whole number of milli-degrees Celsius")
    duration_s = _whole(value, where, "duration_s", "a whole number of seconds")
    return Phase(number, target_mc, duration_s)


def _whole(value: dict[str, object], where: str, name: str, expected: str) -> int:
    number = whole(value.get(name))
    if number is None:
        raise invalid(where + "." + name, expected)
    return number


def _only(value: dict[str, object], names: tuple[str, ...], where: str) -> None:
    for name in value:
        if name not in names:
            raise invalid(where + str(name)[:32], "no such member")


def _named(name: str) -> bool:
    for char in name:
        if char not in _NAME:
            return False
    return True


def judge(plan: Plan, limits: Limits) -> None:
    """Raises Refusal (`limit_exceeded`) for the first violation in document order."""
    if plan.attended_s != 0:
        if plan.attended_s < limits.attended_min_s:
            raise _over("attended_min_s", plan.attended_s, limits.attended_min_s, -1)
        if plan.attended_s > limits.attended_max_s:
            raise _over("attended_max_s", plan.attended_s, limits.attended_max_s, -1)
    heat_s = hot_s = cold_s = total_s = 0
    for index in range(len(plan.phases)):
        phase = plan.phases[index]
        if index >= limits.phases_max:
            raise _over("phases_max", plan.asked, limits.phases_max, index)
        _judge_target(plan, phase, limits, index)
        if phase.duration_s < limits.phase_min_s:
            raise _over("phase_min_s", phase.duration_s, limits.phase_min_s, index)
        total_s += phase.duration_s
        if phase.mode == states.HEAT:
            heat_s += phase.duration_s
            if heat_s > limits.heat_session_s:
                raise _over("heat_session_s", heat_s, limits.heat_session_s, index)
            if phase.target_mc > limits.heat_hot_mc:
                hot_s += phase.duration_s
                if hot_s > limits.heat_hot_session_s:
                    raise _over("heat_hot_session_s", hot_s, limits.heat_hot_session_s, index)
        elif phase.mode == states.COLD:
            cold_s += phase.duration_s
            if phase.duration_s > limits.cold_phase_s:
                raise _over("cold_phase_s", phase.duration_s, limits.cold_phase_s, index)
            if cold_s > limits.cold_session_s:
                raise _over("cold_session_s", cold_s, limits.cold_session_s, index)
        if total_s > limits.session_s:
            raise _over("session_s", total_s, limits.session_s, index)


def _judge_target(plan: Plan, phase: Phase, limits: Limits, index: int) -> None:
    target_mc = phase.target_mc
    if phase.mode == states.HEAT:
        if target_mc < limits.heat_target_min_mc:
            raise _over("heat_target_min_mc", target_mc, limits.heat_target_min_mc, index)
        if target_mc > limits.heat_target_max_mc:
            raise _over("heat_target_max_mc", target_mc, limits.heat_target_max_mc, index)
        if plan.sensitive and target_mc > limits.sensitive_target_max_mc:
            raise _over("sensitive_target_max_mc", target_mc, limits.sensitive_target_max_mc, index)
    elif phase.mode == states.COLD:
        if target_mc < limits.cold_target_min_mc:
            raise _over("cold_target_min_mc", target_mc, limits.cold_target_min_mc, index)
        if target_mc > limits.cold_target_max_mc:
            raise _over("cold_target_max_mc", target_mc, limits.cold_target_max_mc, index)


def _over(limit: str, asked: int, allowed: int, phase: int) -> Refusal:
    data: dict[str, object] = {"limit": limit, "asked": asked, "allowed": allowed}
    if phase >= 0:
        data["phase"] = phase
    return Refusal(LIMIT_EXCEEDED, data)
