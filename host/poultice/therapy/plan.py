"""A treatment plan as the device takes it, and what its limits say about one.

A plan is what `arm` sends (``link.md``, Plan): phases of heat, cold and rest. The limits are
never the host's own: `check` and `fit` judge against the mapping that the device reported in
`hello`, so that a device which is set up with less (no second sensor, no two-point check) is
asked for less. The device judges again, and its word counts; `check` only says it earlier and
in plainer words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from poultice import temperature
from poultice.errors import LimitError, LinkError
from poultice.therapy.phase import COLD as COLD
from poultice.therapy.phase import HEAT as HEAT
from poultice.therapy.phase import MODES as MODES
from poultice.therapy.phase import REST as REST
from poultice.therapy.phase import Phase as Phase
from poultice.therapy.phase import Protocol

NORMAL = "normal"
SENSITIVE = "sensitive"


@dataclass(frozen=True)
class Plan:
    """What one `arm` carries. `attended_s` 0 means stand-alone."""

    name: str
    profile: str
    attended_s: int
    phases: tuple[Phase, ...]

    def to_wire(self) -> dict[str, Any]:
        """The plan as the parameter of `arm`; `target_mc` only where there is one."""
        phases: list[dict[str, Any]] = []
        for phase in self.phases:
            entry: dict[str, Any] = {"mode": phase.mode}
            if phase.target_mc is not None:
                entry["target_mc"] = phase.target_mc
            entry["duration_s"] = phase.duration_s
            phases.append(entry)
        return {
            "name": self.name,
            "profile": self.profile,
            "attended_s": self.attended_s,
            "phases": phases,
        }

    def seconds(self, mode: str | None = None) -> int:
        """Planned seconds, of one mode or of all."""
        return sum(p.duration_s for p in self.phases if mode is None or p.mode == mode)


@dataclass(frozen=True)
class Violation:
    """One limit that a plan breaks: its name in `hello.limits`, what was asked, what is allowed.

    `phase` is the index of the phase at fault, None where no single one is. For totals
    `asked` is the sum up to and including that phase, as the device counts it.
    """

    limit: str
    asked: int
    allowed: int
    phase: int | None
    text: str


@dataclass(frozen=True)
class _Total:
    """A limit on the sum of the durations of some phases."""

    limit: str
    what: str
    counts: Callable[[Phase], bool]


def _totals(limits: Mapping[str, int]) -> tuple[_Total, ...]:
    """The session totals, in the order in which they are judged."""
    hot_mc = _limit(limits, "heat_hot_mc")
    return (
        _Total("heat_session_s", "heat in one session", lambda p: p.mode == HEAT),
        _Total(
            "heat_hot_session_s",
            f"heat above {temperature.exact(hot_mc)}",
            lambda p: p.mode == HEAT and (p.target_mc or 0) > hot_mc,
        ),
        _Total("cold_session_s", "cold in one session", lambda p: p.mode == COLD),
        _Total("session_s", "the whole session", lambda p: True),
    )


def minutes(seconds: int) -> str:
    """A duration for a person: 600 is '10 min', 90 is '1 min 30 s', 45 is '45 s'."""
    whole, rest = divmod(abs(seconds), 60)
    parts = [f"{whole} min"] if whole else []
    if rest or not whole:
        parts.append(f"{rest} s")
    return ("-" if seconds < 0 else "") + " ".join(parts)


def check(plan: Plan, limits: Mapping[str, int]) -> list[Violation]:
    """Every limit the plan breaks, in document order; empty where the device would arm it.

    The first one is the one that the device names. A total is listed once, at the phase that
    takes it over. Twenty-four-hour totals and rest are not judged here: only the device knows
    what it gave before. Raises LinkError where a limit it needs was not reported.
    """
    found = _attended(plan, limits)
    sums: dict[str, int] = {}
    for index, phase in enumerate(plan.phases):
        if index == _limit(limits, "phases_max"):
            found.append(
                Violation(
                    "phases_max",
                    len(plan.phases),
                    index,
                    index,
                    f"{len(plan.phases)} phases; at most {index} are allowed",
                )
            )
        found += _target(plan, phase, index, limits)
        found += _duration(phase, index, limits, sums)
    return found


def reference_limits() -> dict[str, int]:
    """Those of a fully equipped device of this version: the widest there are."""
    from poultice_core.limits import Limits

    return dict(Limits().reported())


def within_reference(protocol: Protocol, attended_s: int) -> None:
    """Raises LimitError where no device allows the protocol, with what may have been meant.

    To `fit` a sound plan to a lesser device is one thing; a slip of the pen (104 for 40 °C, 900
    minutes for 900 seconds) brought down to the limit would be a treatment that nobody meant.
    """
    limits = reference_limits()
    plan, _ = make_plan(protocol, sensitive=False, attended_s=attended_s, limits=limits)
    violations = check(plan, limits)
    if violations:
        raise over(violations, beyond_hint(plan, violations, limits))


def over(violations: Sequence[Violation], hint: str | None) -> LimitError:
    """The error for a plan that breaks limits: all of them named, the first one in `data`."""
    first = violations[0]
    return LimitError(
        "; ".join(one.text for one in violations),
        hint=hint,
        data={"limit": first.limit, "asked": first.asked, "allowed": first.allowed},
    )


def beyond_hint(plan: Plan, violations: Sequence[Violation], limits: Mapping[str, int]) -> str:
    """What may have been meant by a plan that no device allows, else what to do about it."""
    indices = sorted({one.phase for one in violations if one.phase is not None})
    slips = [_meant(plan.phases[index], limits) for index in indices]
    told = list(dict.fromkeys(slip for slip in slips if slip))[:3]
    return "; ".join(told) or "no device allows it, and --fit is for less: lower it in the protocol"


def _meant(phase: Phase, limits: Mapping[str, int]) -> str | None:
    """The slip of the pen that would explain a phase beyond all limits."""
    if phase.mode == HEAT:
        span_mc = limits["heat_target_min_mc"], limits["heat_target_max_mc"]
        most_s = limits["heat_session_s"]
    else:
        span_mc = limits["cold_target_min_mc"], limits["cold_target_max_mc"]
        most_s = limits["cold_phase_s" if phase.mode == COLD else "session_s"]
    asked_mc, asked_s = phase.target_mc, phase.duration_s
    if asked_mc is not None and not span_mc[0] <= asked_mc <= span_mc[1]:
        number = f"{asked_mc / 1000:.7g}"
        in_file = ', or units = "fahrenheit" above the first [[phase]],'
        readings = (
            (temperature.from_fahrenheit(asked_mc), f"{number} °F is", in_file),
            (asked_mc // 10, f"{number} is ten times", ""),
            (asked_mc // 1000, f"{number} m°C is", ""),
        )
        for read_mc, told, or_else in readings:
            if span_mc[0] <= read_mc <= span_mc[1]:
                tenths = f"{read_mc / 1000:.1f}"
                return f"{told} {tenths} °C: write target = {tenths}{or_else} if that is meant"
    least_s = limits["phase_min_s"]
    if asked_s > most_s and asked_s % 60 == 0 and least_s <= asked_s // 60 <= most_s:
        read_s = asked_s // 60
        return f"{read_s} s is {minutes(read_s)}: write seconds = {read_s} if that is meant"
    if asked_s < least_s <= asked_s * 60 <= most_s:
        return f"write minutes = {asked_s} if {asked_s} min is meant"
    return None


def fit(plan: Plan, limits: Mapping[str, int]) -> tuple[Plan, list[str]]:
    """The plan brought inside the limits by asking for less, and a note for each change.

    Heat targets and durations only ever go down. Too long a total is shared out over its
    phases in proportion, so that a contrast session keeps its rhythm and still ends warm.
    What cannot be mended by asking for less (a cold target out of range, a heat target or a
    phase below its minimum) is left as it is, for `check` to name. A phase is left out only
    where nothing else helps, and the note says which.
    """
    notes: list[str] = []
    phases = list(plan.phases)
    attended_s = plan.attended_s
    most = _limit(limits, "attended_max_s")
    if attended_s > most:
        notes.append(f"attended timer lowered from {attended_s} s to {most} s")
        attended_s = most
    phases = _lower_targets(phases, _heat_max(plan.profile, limits)[1], notes)
    cap = _limit(limits, "cold_phase_s")
    for index, phase in enumerate(phases):
        if phase.mode == COLD and phase.duration_s > cap:
            notes.append(_shortened(index, phase, cap))
            phases[index] = replace(phase, duration_s=cap)
    count = _limit(limits, "phases_max")
    for index in range(count, len(phases)):
        notes.append(f"phase {index + 1} ({phases[index].mode}) left out: at most {count} phases")
    phases = phases[:count]
    for total in _totals(limits):
        phases = _share_out(phases, total, limits, notes)
    return replace(plan, attended_s=attended_s, phases=tuple(phases)), notes


def make_plan(
    protocol: Protocol,
    *,
    sensitive: bool,
    attended_s: int,
    limits: Mapping[str, int],
) -> tuple[Plan, list[str]]:
    """The plan of a protocol, and a note for each target that `sensitive` lowered.

    Apart from the profile `sensitive` nothing is changed: a protocol over a limit stays over
    it, for `check` to name or `fit` to lower.
    """
    notes: list[str] = []
    phases = list(protocol.phases)
    if sensitive:
        phases = _lower_targets(phases, _limit(limits, "sensitive_target_max_mc"), notes)
    profile = SENSITIVE if sensitive else NORMAL
    return Plan(protocol.name, profile, attended_s, tuple(phases)), notes


def _limit(limits: Mapping[str, int], name: str) -> int:
    value = limits.get(name)
    if value is None:
        raise LinkError(
            f"the device does not report its limit {name}",
            hint="its firmware is incomplete or not poultice's: flash it again",
        )
    return value


def _heat_max(profile: str, limits: Mapping[str, int]) -> tuple[str, int]:
    """The name and the value of the limit on heat targets under a profile."""
    name = "heat_target_max_mc"
    if profile == SENSITIVE and _limit(limits, "sensitive_target_max_mc") < _limit(limits, name):
        name = "sensitive_target_max_mc"
    return name, _limit(limits, name)


def _attended(plan: Plan, limits: Mapping[str, int]) -> list[Violation]:
    asked = plan.attended_s
    least, most = _limit(limits, "attended_min_s"), _limit(limits, "attended_max_s")
    if asked == 0 or least <= asked <= most:
        return []
    name, allowed = ("attended_min_s", least) if asked < least else ("attended_max_s", most)
    text = f"attended timer {asked} s; allowed are 0 (stand-alone) and {least} to {most} s"
    return [Violation(name, asked, allowed, None, text)]


def _target(plan: Plan, phase: Phase, index: int, limits: Mapping[str, int]) -> list[Violation]:
    if phase.target_mc is None:
        return []
    if phase.mode == HEAT:
        least_name = "heat_target_min_mc"
        # Asked for more than anybody may have, the general limit is the one to name.
        most_name = "heat_target_max_mc"
        if phase.target_mc <= _limit(limits, most_name):
            most_name = _heat_max(plan.profile, limits)[0]
    else:
        least_name, most_name = "cold_target_min_mc", "cold_target_max_mc"
    head = f"phase {index + 1} ({phase.mode}): target {temperature.exact(phase.target_mc)}"
    least, most = _limit(limits, least_name), _limit(limits, most_name)
    if phase.target_mc > most:
        text = f"{head}; at most {temperature.exact(most)} is allowed"
        return [Violation(most_name, phase.target_mc, most, index, text)]
    if phase.target_mc < least:
        text = f"{head}; at least {temperature.exact(least)} is needed"
        return [Violation(least_name, phase.target_mc, least, index, text)]
    return []


def _duration(
    phase: Phase, index: int, limits: Mapping[str, int], sums: dict[str, int]
) -> list[Violation]:
    """Judge one phase's duration and the totals up to it; `sums` is carried from phase to phase."""
    found: list[Violation] = []
    asked = phase.duration_s
    head = f"phase {index + 1} ({phase.mode})"
    least = _limit(limits, "phase_min_s")
    if asked < least:
        text = f"{head}: {minutes(asked)}; at least {minutes(least)} is needed"
        found.append(Violation("phase_min_s", asked, least, index, text))
    most = _limit(limits, "cold_phase_s")
    if phase.mode == COLD and asked > most:
        text = f"{head}: {minutes(asked)}; at most {minutes(most)} of cold in one phase"
        found.append(Violation("cold_phase_s", asked, most, index, text))
    for total in _totals(limits):
        if not total.counts(phase):
            continue
        before = sums.get(total.limit, 0)
        sums[total.limit] = before + asked
        allowed = _limit(limits, total.limit)
        if before <= allowed < sums[total.limit]:
            text = (
                f"{head} brings {total.what} to {minutes(sums[total.limit])}; "
                f"at most {minutes(allowed)} is allowed"
            )
            found.append(Violation(total.limit, sums[total.limit], allowed, index, text))
    return found


def _lower_targets(phases: Sequence[Phase], most_mc: int, notes: list[str]) -> list[Phase]:
    lowered: list[Phase] = []
    for index, phase in enumerate(phases):
        if phase.mode == HEAT and phase.target_mc is not None and phase.target_mc > most_mc:
            notes.append(
                f"phase {index + 1} (heat): target lowered from "
                f"{temperature.exact(phase.target_mc)} to {temperature.exact(most_mc)}"
            )
            phase = replace(phase, target_mc=most_mc)
        lowered.append(phase)
    return lowered


def _shortened(index: int, phase: Phase, to_s: int) -> str:
    return (
        f"phase {index + 1} ({phase.mode}): shortened from "
        f"{minutes(phase.duration_s)} to {minutes(to_s)}"
    )


def _share_out(
    phases: list[Phase], total: _Total, limits: Mapping[str, int], notes: list[str]
) -> list[Phase]:
    """Bring one total inside its limit, each phase keeping its share and its minimum."""
    allowed = _limit(limits, total.limit)
    least = _limit(limits, "phase_min_s")
    while True:
        indices = [i for i, phase in enumerate(phases) if total.counts(phase)]
        asked = [phases[i].duration_s for i in indices]
        if sum(asked) <= allowed:
            return phases
        shares = _shares(asked, allowed, least)
        if shares is not None:
            break
        last = indices[-1]
        notes.append(
            f"phase {last + 1} ({phases[last].mode}) left out: "
            f"{total.what} is at most {minutes(allowed)}"
        )
        phases = phases[:last] + phases[last + 1 :]
    phases = list(phases)
    for i, share in zip(indices, shares, strict=True):
        if share < phases[i].duration_s:
            notes.append(_shortened(i, phases[i], share))
            phases[i] = replace(phases[i], duration_s=share)
    return phases


def _shares(asked: Sequence[int], allowed: int, least: int) -> list[int] | None:
    """`asked` scaled down to a sum of `allowed` at most, none lengthened, none below `least`.

    None where even the minimum of each is too much.
    """
    floors = [min(each, least) for each in asked]
    if sum(floors) > allowed:
        return None
    held = [False] * len(asked)
    while True:
        room = allowed - sum(f for f, h in zip(floors, held, strict=True) if h)
        wanted = sum(a for a, h in zip(asked, held, strict=True) if not h)
        shares = [
            f if h or wanted == 0 else a * room // wanted
            for a, f, h in zip(asked, floors, held, strict=True)
        ]
        below = [s < f for s, f in zip(shares, floors, strict=True)]
        if not any(below):
            return shares
        held = [h or b for h, b in zip(held, below, strict=True)]
