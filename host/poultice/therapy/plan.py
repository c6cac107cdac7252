"""A treatment plan as the device takes it, and what its limits say about one.

A plan is what `arm` sends (``link.md``, Plan): phases of heat, cold and rest. The limits are
never the host's own: `check` and `fit` judge against the mapping that the device reported in
`hello`, so that a device which is set up with less (no second sensor, no two-point check) is
asked for less. The device judges again, and its word counts; `check` only says it earlier and
in plainer words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from poultice import temperature
from poultice.errors import LimitError, LinkError
from poultice.language import joined, later, tr
from poultice.therapy.phase import COLD, HEAT, Phase, Protocol
from poultice.words import span

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
        phases = []
        for one in self.phases:
            target = {} if one.target_mc is None else {"target_mc": one.target_mc}
            phases.append({"mode": one.mode, **target, "duration_s": one.duration_s})
        return {**vars(self), "phases": phases}

    def seconds(self) -> int:
        """Planned seconds."""
        return sum(phase.duration_s for phase in self.phases)


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


class _Reported:
    """The limits that a device reports; one that it lacks is no permission."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits

    def __getitem__(self, name: str) -> int:
        if name not in self._limits:
            raise LinkError(
                tr("the device does not report its limit {name}", name=name),
                hint=tr("its firmware is incomplete or not poultice's: flash it again"),
            )
        return self._limits[name]


Total = tuple[str, str, Callable[[Phase], bool]]
"""A limit on the sum of the durations of some phases: its name, what it is on, and which."""


def _totals(limits: _Reported) -> tuple[Total, ...]:
    """In the order in which they are judged."""
    hot_mc = limits["heat_hot_mc"]
    return (
        ("heat_session_s", tr("heat in one session"), lambda p: p.mode == HEAT),
        (
            "heat_hot_session_s",
            tr("heat above {limit}", limit=temperature.exact(hot_mc)),
            lambda p: p.mode == HEAT and (p.target_mc or 0) > hot_mc,
        ),
        ("cold_session_s", tr("cold in one session"), lambda p: p.mode == COLD),
        ("session_s", tr("the whole session"), lambda p: True),
    )


def check(plan: Plan, limits: Mapping[str, int]) -> list[Violation]:
    """Every limit the plan breaks, in document order; empty where the device would arm it.

    The first one is the one that the device names. A total is listed once, at the phase that
    takes it over. Twenty-four-hour totals and rest are not judged here: only the device knows
    what it gave before. Raises LinkError where a limit it needs was not reported.
    """
    known = _Reported(limits)
    return [Violation(name, asked, known[name], index, text)
            for name, asked, index, text in _broken(plan, known)]  # fmt: skip


def _broken(plan: Plan, limits: _Reported) -> Iterator[tuple[str, int, int | None, str]]:
    """For each limit that is broken: its name, what was asked, the phase, the text."""
    asked, least, most = plan.attended_s, limits["attended_min_s"], limits["attended_max_s"]
    if asked and not least <= asked <= most:
        name = "attended_min_s" if asked < least else "attended_max_s"
        text = tr(
            "attended timer {asked} s; allowed are 0 (stand-alone) and {least} to {most} s",
            asked=asked,
            least=least,
            most=most,
        )
        yield name, asked, None, text
    sums = Counter[str]()
    for index, phase in enumerate(plan.phases):
        head = _named(index, phase)
        if index == limits["phases_max"]:
            count = len(plan.phases)
            text = tr("{count} phases; at most {most} are allowed", count=count, most=index)
            yield "phases_max", count, index, text
        if phase.target_mc is not None:
            asked, kind = phase.target_mc, HEAT if phase.mode == HEAT else COLD
            name, most_name = f"{kind}_target_min_mc", f"{kind}_target_max_mc"
            # Asked for more than anybody may have, the general limit is the one to name.
            if kind == HEAT and asked <= limits[most_name]:
                most_name = _heat_max(plan.profile, limits)
            least, most = limits[name], limits[most_name]
            wrong = ""
            if asked > most:
                name, limit = most_name, most
                wrong = later("{phase}: target {asked}; at most {limit} is allowed")
            elif asked < least:
                limit, wrong = least, later("{phase}: target {asked}; at least {limit} is needed")
            if wrong:
                degrees = {"asked": temperature.exact(asked), "limit": temperature.exact(limit)}
                yield name, asked, index, tr(wrong, phase=head, **degrees)
        asked, least, most = phase.duration_s, limits["phase_min_s"], limits["cold_phase_s"]
        if asked < least:
            wrong = later("{phase}: {asked}; at least {limit} is needed")
            text = tr(wrong, phase=head, asked=span(asked), limit=span(least))
            yield "phase_min_s", asked, index, text
        if phase.mode == COLD and asked > most:
            wrong = later("{phase}: {asked}; at most {limit} of cold in one phase")
            text = tr(wrong, phase=head, asked=span(asked), limit=span(most))
            yield "cold_phase_s", asked, index, text
        for name, what, counts in _totals(limits):
            if not counts(phase):
                continue
            before, most = sums[name], limits[name]
            sums[name] += asked
            if before <= most < sums[name]:
                text = tr(
                    "{phase} brings {what} to {time}; at most {limit} is allowed",
                    phase=head,
                    what=what,
                    time=span(sums[name]),
                    limit=span(most),
                )
                yield name, sums[name], index, text


def _named(index: int, phase: Phase) -> str:
    return tr("phase {number} ({mode})", number=index + 1, mode=tr(phase.mode))


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
        joined("; ", [one.text for one in violations]),
        hint=hint,
        data={"limit": first.limit, "asked": first.asked, "allowed": first.allowed},
    )


def beyond_hint(plan: Plan, violations: Sequence[Violation], limits: Mapping[str, int]) -> str:
    """What may have been meant by a plan that no device allows, else what to do about it."""
    indices = sorted({one.phase for one in violations if one.phase is not None})
    slips = [_meant(plan.phases[index], limits) for index in indices]
    told = list(dict.fromkeys(slip for slip in slips if slip))[:3]
    return joined("; ", told) or tr(
        "no device allows it, and --fit is for less: lower it in the protocol"
    )


def _meant(phase: Phase, limits: Mapping[str, int]) -> str | None:
    """The slip of the pen that would explain a phase beyond all limits."""
    kind = HEAT if phase.mode == HEAT else COLD
    low_mc, high_mc = limits[f"{kind}_target_min_mc"], limits[f"{kind}_target_max_mc"]
    most = {HEAT: "heat_session_s", COLD: "cold_phase_s"}.get(phase.mode, "session_s")
    asked_mc, asked_s = phase.target_mc, phase.duration_s
    if asked_mc is not None and not low_mc <= asked_mc <= high_mc:
        number = f"{asked_mc / 1000:.7g}"
        readings = (
            (
                temperature.from_fahrenheit(asked_mc),
                later(
                    "{number} °F is {read} °C: write target = {read}, "
                    'or units = "fahrenheit" above the first [[phase]], if that is meant'
                ),
            ),
            (
                asked_mc // 10,
                later("{number} is ten times {read} °C: write target = {read} if that is meant"),
            ),
            (
                asked_mc // 1000,
                later("{number} m°C is {read} °C: write target = {read} if that is meant"),
            ),
        )
        for read_mc, says in readings:
            if low_mc <= read_mc <= high_mc:
                return tr(says, number=number, read=f"{read_mc / 1000:.1f}")
    least_s, most_s, read_s = limits["phase_min_s"], limits[most], asked_s // 60
    if asked_s > most_s and asked_s % 60 == 0 and least_s <= read_s <= most_s:
        says = later("{read} s is {time}: write seconds = {read} if that is meant")
        return tr(says, read=read_s, time=span(read_s))
    if asked_s < least_s <= asked_s * 60 <= most_s:
        return tr("write minutes = {asked} if {asked} min is meant", asked=asked_s)
    return None


def fit(plan: Plan, limits: Mapping[str, int]) -> tuple[Plan, list[str]]:
    """The plan brought inside the limits by asking for less, and a note for each change.

    Heat targets and durations only ever go down. Too long a total is shared out over its
    phases in proportion, so that a contrast session keeps its rhythm and still ends warm.
    What cannot be mended by asking for less (a cold target out of range, a heat target or a
    phase below its minimum) is left as it is, for `check` to name. A phase is left out only
    where nothing else helps, and the note says which.
    """
    known, notes = _Reported(limits), list[str]()
    attended_s, most = plan.attended_s, known["attended_max_s"]
    if attended_s > most:
        says = tr("attended timer lowered from {asked} s to {most} s", asked=attended_s, most=most)
        notes.append(says)
        attended_s = most
    phases = _lower_targets(plan.phases, known[_heat_max(plan.profile, known)], notes)
    cap = known["cold_phase_s"]
    for index, phase in enumerate(phases):
        if phase.mode == COLD:
            phases = _shorten(phases, index, cap, notes)
    count = known["phases_max"]
    for index, phase in enumerate(phases[count:], count):
        says = later("{phase} left out: at most {count} phases")
        notes.append(tr(says, phase=_named(index, phase), count=count))
    phases = phases[:count]
    for total in _totals(known):
        phases = _share_out(phases, total, known, notes)
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
    phases: Sequence[Phase] = protocol.phases
    if sensitive:
        phases = _lower_targets(phases, _Reported(limits)["sensitive_target_max_mc"], notes)
    profile = SENSITIVE if sensitive else NORMAL
    return Plan(protocol.name, profile, attended_s, tuple(phases)), notes


def _heat_max(profile: str, limits: _Reported) -> str:
    """The name of the limit on heat targets under a profile."""
    names = ["heat_target_max_mc"] + ["sensitive_target_max_mc"] * (profile == SENSITIVE)
    return min(names, key=limits.__getitem__)


def _lower_targets(phases: Sequence[Phase], most_mc: int, notes: list[str]) -> list[Phase]:
    lowered: list[Phase] = []
    for index, phase in enumerate(phases):
        if phase.mode == HEAT and phase.target_mc is not None and phase.target_mc > most_mc:
            notes.append(
                tr(
                    "{phase}: target lowered from {asked} to {most}",
                    phase=_named(index, phase),
                    asked=temperature.exact(phase.target_mc),
                    most=temperature.exact(most_mc),
                )
            )
            phase = replace(phase, target_mc=most_mc)
        lowered.append(phase)
    return lowered


def _shorten(phases: list[Phase], index: int, most_s: int, notes: list[str]) -> list[Phase]:
    phase = phases[index]
    if phase.duration_s <= most_s:
        return phases
    asked, most = span(phase.duration_s), span(most_s)
    says = later("{phase}: shortened from {asked} to {most}")
    notes.append(tr(says, phase=_named(index, phase), asked=asked, most=most))
    return [*phases[:index], replace(phase, duration_s=most_s), *phases[index + 1 :]]


def _share_out(
    phases: list[Phase], total: Total, limits: _Reported, notes: list[str]
) -> list[Phase]:
    """Bring one total inside its limit, each phase keeping its share and its minimum."""
    name, what, counts = total
    allowed = limits[name]
    indices = [i for i, phase in enumerate(phases) if counts(phase)]
    shares = _shares([phases[i].duration_s for i in indices], allowed, limits["phase_min_s"])
    while shares is None:
        last = indices.pop()
        says = later("{phase} left out: {what} is at most {limit}")
        named = _named(last, phases[last])
        notes.append(tr(says, phase=named, what=what, limit=span(allowed)))
        phases = phases[:last] + phases[last + 1 :]
        shares = _shares([phases[i].duration_s for i in indices], allowed, limits["phase_min_s"])
    for i, share in zip(indices, shares, strict=True):
        phases = _shorten(phases, i, share, notes)
    return phases


def _shares(asked: Sequence[int], allowed: int, least: int) -> list[int] | None:
    """`asked` scaled down to a sum of `allowed` at most, none lengthened, none below `least`.

    None where even the minimum of each is too much.
    """
    floors = [min(each, least) for each in asked]
    if sum(floors) > allowed:
        return None
    if sum(asked) <= allowed:
        return list(asked)
    held: set[int] = set()
    while True:
        room = allowed - sum(floors[i] for i in held)
        wanted = sum(each for i, each in enumerate(asked) if i not in held)
        shares = [
            floors[i] if i in held else each * room // (wanted or 1) for i, each in enumerate(asked)
        ]
        below = {i for i, share in enumerate(shares) if share < floors[i]}
        if not below:
            return shares
        held |= below
