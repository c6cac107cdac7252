"""The device's numbers and names in words: pure functions, used by every view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from poultice.temperature import shown

if TYPE_CHECKING:
    from datetime import datetime

    from poultice.link.messages import Event, Telemetry


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The names like `word`, any case, best first, three at most."""
    from difflib import get_close_matches

    # What is typed may be megabytes long; nothing near it is.
    return get_close_matches(word[:64].lower(), list(known), n=3, cutoff=0.6)


def meant(word: str, known: Iterable[str]) -> str | None:
    """The hint that asks for the nearest of the `known`; None where nothing is near."""
    near = nearest(word, known)
    return f"did you mean {' or '.join(near)}?" if near else None


def clock(seconds: int | None) -> str:
    """Seconds as `mm:ss` or `h:mm:ss`."""
    if seconds is None:
        return "--:--"
    minutes, left = divmod(max(0, seconds), 60)
    if minutes < 60:
        return f"{minutes:02}:{left:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}"


def span(seconds: int | None) -> str:
    """Seconds as `20 min` or `4 min 30 s`."""
    if seconds is None:
        return "-"
    minutes, left = divmod(seconds, 60)
    if not minutes:
        return f"{left} s"
    return f"{minutes} min {left} s" if left else f"{minutes} min"


def minutes(seconds: int) -> str:
    """Seconds as whole minutes: `85 min`."""
    return f"{round(seconds / 60)} min"


def date(unix_s: float | None) -> str:
    """A moment in local time, to the minute."""
    when = local_time(unix_s)
    return "-" if when is None else when.strftime("%Y-%m-%d %H:%M")


def local_time(unix_s: object) -> datetime | None:
    """The local time of `unix_s`, seconds since 1970; None for what is no moment."""
    from datetime import datetime

    if not isinstance(unix_s, int | float):
        return None
    try:
        return datetime.fromtimestamp(unix_s).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def cem43(dose_m: int | None) -> str:
    """Thousandths of a CEM43 minute as `0.6 CEM43`."""
    return "-" if dose_m is None else f"{dose_m / 1000:.2f} CEM43"


def relays(now: Telemetry | Mapping[str, Any]) -> str:
    """Which relays are commanded closed."""
    of = now.get if isinstance(now, Mapping) else partial(getattr, now)
    return " + ".join(name.upper() for name in ("master", "heat", "cool") if of(name)) or "all open"


def phase(one: Mapping[str, Any]) -> str:
    """A phase of a plan."""
    target = "" if one.get("target_mc") is None else f" {shown(one['target_mc'])}"
    return f"{one['mode']}{target}, {span(one['duration_s'])}"


def event(one: Event) -> str:
    """An event, for a log; by its kind alone where the device words it in its own way."""
    try:
        return _event(one)
    except (KeyError, TypeError, ValueError, OverflowError):
        return one.kind


def _event(one: Event) -> str:
    from poultice import remedies, texts

    data = one.data
    if one.kind == "phase":
        return f"phase {int(data.get('phase') or 0) + 1}: {phase(data)}"
    if one.kind == "prompt":
        asked = str(data.get("prompt"))
        return f"{remedies.PROMPTS.get(asked, asked)}, then press the device's button"
    if one.kind == "warning":
        what = str(data.get("what"))
        why = texts.texts()["causes"].get(str(data.get("cause")))
        return f"warning: {warning(what)}" + (f" ({why})" if why else "")
    if one.kind == "stopped":
        reason = str(data.get("reason"))
        return f"stopped: {remedies.STOPS.get(reason, reason)}"
    if one.kind == "fault":
        return f"fault: {data.get('fault')} at {shown(data.get('temp_mc'))}"
    if one.kind == "boot":
        return f"the device started ({data.get('reset_cause')})"
    return one.kind


def warning(what: str) -> str:
    """A warning by its name on the wire; that name where it is not known here."""
    from poultice import texts

    return str(texts.texts()["warnings"].get(what, what))


LITTLE = "little was treated"
_LITTLE = frozenset({"inhibited", "undertreated"})


def treated_little(warnings: object) -> bool:
    """Whether one of a session's `warnings` says that it gave little (SR-26): never only
    `complete`."""
    return isinstance(warnings, list | tuple) and any(
        isinstance(one, str) and one in _LITTLE for one in warnings
    )


def little_at_end(update: Telemetry | Event, warned: list[str]) -> str | None:
    """For who only watches: what to say once a session that gave little is over; `warned` is
    kept here."""
    kind = getattr(update, "kind", None)
    data: Mapping[str, Any] = getattr(update, "data", {})
    if kind == "phase" and not data.get("phase"):
        warned.clear()
    elif kind == "warning":
        warned.append(str(data.get("what")))
    elif kind in ("complete", "stopped") and treated_little(warned):
        return f"warning: {LITTLE} in this session"
    return None


RELAY_LIFE = 100_000
"""Closings that K2 is rated for: docs/reference/parts.md."""


def relay_age(closings: int) -> str:
    """What the record knows of the pad relay's wear."""
    return f"K2 has closed {closings:,} of some {RELAY_LIFE:,} times in the sessions on record"


def line(now: Telemetry) -> str:
    """The device now, on one line of plain text."""
    target = f" of {shown(now.target_mc)}" if now.target_mc is not None else ""
    parts = [
        clock(now.t_ms // 1000),
        f"{now.mode or now.state:<5}",
        f"{shown(now.temp_mc)}{target}",
        relays(now),
    ]
    if now.left_s:
        parts.append(f"left {clock(now.left_s)}")
    if now.dose_m:
        parts.append(cem43(now.dose_m))
    if now.state not in ("running", "idle"):
        parts.append(f"({now.state}{': ' + now.fault if now.fault else ''})")
    return "  ".join(parts)


def facts(now: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The device now, as label and value."""
    from poultice import remedies

    rows = [("state", str(now["state"]))]
    if now["fault"]:
        more = f" (and {now['faults_more']} more)" if now["faults_more"] else ""
        rows += [
            ("fault", f"{now['fault']}{more}"),
            ("remedy", remedies.fault_hint(now["fault"])),
        ]
    if now["plan"]:
        rows.append(("plan", f"{now['plan']} ({now['profile']})"))
    if now["mode"]:
        left = f"{clock(now['phase_left_s'])} left of the phase, {clock(now['left_s'])} in all"
        rows.append((f"phase {(now['phase'] or 0) + 1}", f"{now['mode']}, {left}"))
    if now["prompt"]:
        rows.append(("asks", remedies.PROMPTS.get(now["prompt"], now["prompt"])))
    rows.append(("sensor A", shown(now["temp_mc"])))
    rows.append(("sensor B", shown(now["temp_b_mc"])))
    if now["target_mc"] is not None:
        rows.append(("target", shown(now["target_mc"])))
    rows.append(("relays", relays(now)))
    rows.append(("dose", cem43(now["dose_m"])))
    rows.append(("heat budget", "-" if now["budget_pct"] is None else f"{now['budget_pct']} %"))
    for label, name in (("heat", "rest_heat_s"), ("cold", "rest_cold_s")):
        if now[name]:
            after = remedies.clock_after(now[name])
            rows.append((f"next {label}", f"after {after}, in {remedies.duration(now[name])}"))
    return rows


def next_allowed(now: Telemetry) -> str | None:
    """From when on the device allows the next session, by the clock; None where it may be now."""
    from poultice import remedies

    rests = [("heat", now.rest_heat_s), ("cold", now.rest_cold_s)]
    if rests[0][1] and rests[0][1] == rests[1][1]:
        return f"next session after {remedies.clock_after(rests[0][1])}"
    told = [f"{mode} after {remedies.clock_after(rest_s)}" for mode, rest_s in rests if rest_s]
    return f"next session: {', '.join(told)}" if told else None


def course(told: Mapping[str, Any]) -> str:
    """How far a course was kept to: what ``record.adherence.to_json`` says, in one line."""
    if not told["due"]:
        return f"nothing was due yet: {told['sessions']} sessions from {told['from']} on"
    extra = f", and {told['extra']} that were not due" if told["extra"] else ""
    return f"{told['done']} of {told['due']} sessions that were due ({told['pct']} %){extra}"


def plan(data: Mapping[str, Any]) -> list[str]:
    """A plan as it would be sent."""
    wire = data["plan"]
    lines = [
        f"{wire['name']}, profile {wire['profile']}, would be sent to {data['device']['path']}"
    ]
    lines += [f"{number:3}. {phase(one)}" for number, one in enumerate(wire["phases"], 1)]
    return [*lines, "nothing was sent: this was a dry run"]


def summary(data: Mapping[str, Any]) -> list[str]:
    """How a session went."""
    from poultice import remedies

    if data.get("detached"):
        return [f"session {data['session']} runs by itself; `poultice status` shows it"]
    outcome = str(data["outcome"])
    if data["fault"]:
        outcome += f": {data['fault']}"
    elif data["reason"]:
        outcome += f": {remedies.STOPS.get(data['reason'], data['reason'])}"
    if treated_little(data.get("warnings")):
        outcome += f", but {LITTLE}"
    lines = [f"{data['protocol']}: {outcome}"]
    if data["session"] is None:
        return lines
    parts = f"heat {span(data['heat_s'])}, cold {span(data['cold_s'])}"
    lines += [
        f"  time         {span(data['duration_s'])} ({parts})",
        f"  temperature  {shown(data['min_mc'])} to {shown(data['peak_mc'])}",
        f"  dose         {cem43(data['dose_m'])}",
        f"  pad relay    {data['heat_operations']} closings",
    ]
    begun = max((n for n, one in enumerate(data["phases"], 1) if one["actual_s"]), default=0)
    for number, one in enumerate(data["phases"][:begun], 1):
        lines.append(
            f"  phase {number:<6} {one['mode']}, {span(one['actual_s'])} of "
            f"{span(one['planned_s'])}, mean {shown(one['mean_mc'])}, "
            f"peak {shown(one['peak_mc'])}"
        )
    never = len(data["phases"]) - begun
    if never:
        first = f"phase {begun + 1}" if never == 1 else f"phases {begun + 1}-{begun + never}"
        lines.append(f"  {first:<12} never began")
    lines += [f"  warning      {warning(what)}" for what in data.get("warnings") or []]
    lines.append(f"  record       {data['record'] or 'none'}")
    return lines
