"""The device's numbers and names in words: pure functions, used by every view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from poultice.language import both, joined, later, number, put, tr, trn
from poultice.temperature import shown
from poultice.texts import texts
from poultice.texts import told as meaning

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
    return tr("did you mean {names}?", names=joined(tr(" or "), near)) if near else None


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
    return "-" if when is None else _dated(when, tr("%Y-%m-%d %H:%M"))


def day(iso: str) -> str:
    """A day out of JSON, as people write it."""
    from datetime import date

    return _dated(date.fromisoformat(iso), tr("%Y-%m-%d"))


def _dated(when: Any, pattern: str) -> str:
    return both(when.strftime, pattern)


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
    return "-" if dose_m is None else number(f"{dose_m / 1000:.2f} CEM43")


def relays(now: Telemetry | Mapping[str, Any]) -> str:
    """Which relays are commanded closed."""
    of = now.get if isinstance(now, Mapping) else partial(getattr, now)
    closed = " + ".join(name.upper() for name in ("master", "heat", "cool") if of(name))
    return closed or tr("all open")


def phase(one: Mapping[str, Any]) -> str:
    """A phase of a plan."""
    time, mode = span(one["duration_s"]), tr(str(one["mode"]))
    if one.get("target_mc") is None:
        return put("{mode}, {time}", mode=mode, time=time)
    return put("{mode} {target}, {time}", mode=mode, target=shown(one["target_mc"]), time=time)


def event(one: Event) -> str:
    """An event, for a log; by its kind alone where the device words it in its own way."""
    try:
        return _event(one)
    except (KeyError, TypeError, ValueError, OverflowError):
        return one.kind


def _event(one: Event) -> str:
    data = one.data
    if one.kind == "phase":
        place = int(data.get("phase") or 0) + 1
        return tr("phase {number}: {phase}", number=place, phase=phase(data))
    if one.kind == "prompt":
        asked = meaning("prompts", str(data.get("prompt")))
        return tr("{asked}, then press the device's button", asked=asked)
    if one.kind == "warning":
        what, why = warning(str(data.get("what"))), str(data.get("cause"))
        if why not in texts()["causes"]:
            return tr("warning: {what}", what=what)
        return tr("warning: {what} ({why})", what=what, why=meaning("causes", why))
    if one.kind == "stopped":
        return tr("stopped: {how}", how=meaning("stops", str(data.get("reason"))))
    if one.kind == "fault":
        from poultice.remedies import named

        reading = shown(data.get("temp_mc"))
        return tr("fault: {fault} at {reading}", fault=named(data.get("fault")), reading=reading)
    if one.kind == "boot":
        return tr("the device started ({cause})", cause=data.get("reset_cause"))
    return tr(one.kind)


def warning(what: str) -> str:
    """A warning by its name on the wire; that name where it is not known here."""
    return meaning("warnings", what)


def little() -> str:
    """What is said of a session that gave little."""
    return tr("little was treated")


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
        return tr("warning: little was treated in this session")
    return None


RELAY_LIFE = 100_000
"""Closings that K2 is rated for: docs/reference/parts.md."""


def relay_age(closings: int) -> str:
    """What the record knows of the pad relay's wear."""
    return tr(
        "K2 has closed {closings} of some {life} times in the sessions on record",
        closings=number(f"{closings:,}"),
        life=number(f"{RELAY_LIFE:,}"),
    )


def line(now: Telemetry) -> str:
    """The device now, on one line of plain text."""
    reading = shown(now.temp_mc)
    if now.target_mc is not None:
        reading = tr("{reading} of {target}", reading=reading, target=shown(now.target_mc))
    mode = put("{mode:<5}", mode=tr(now.mode or now.state))
    parts = [clock(now.t_ms // 1000), mode, reading, relays(now)]
    if now.left_s:
        parts.append(tr("left {clock}", clock=clock(now.left_s)))
    if now.dose_m:
        parts.append(cem43(now.dose_m))
    if now.fault and now.state not in ("running", "idle"):
        from poultice.remedies import named

        parts.append(put("({state}: {fault})", state=tr(now.state), fault=named(now.fault)))
    elif now.state not in ("running", "idle"):
        parts.append(put("({state})", state=tr(now.state)))
    return joined("  ", parts)


def facts(now: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The device now, as label and value."""
    from poultice import remedies

    rows = [(tr("state"), tr(str(now["state"])))]
    if now["fault"]:
        name, more = remedies.named(now["fault"]), now["faults_more"]
        rows += [
            (tr("fault"), tr("{name} (and {more} more)", name=name, more=more) if more else name),
            (tr("remedy"), remedies.fault_hint(now["fault"])),
        ]
    if now["plan"]:
        rows.append((tr("plan"), f"{now['plan']} ({tr(str(now['profile']))})"))
    if now["mode"]:
        left = tr(
            "{mode}, {phase} left of the phase, {all} in all",
            mode=tr(now["mode"]),
            phase=clock(now["phase_left_s"]),
            all=clock(now["left_s"]),
        )
        rows.append((tr("phase {number}", number=(now["phase"] or 0) + 1), left))
    if now["prompt"]:
        rows.append((tr("asks"), meaning("prompts", now["prompt"])))
    rows.append((tr("sensor A"), shown(now["temp_mc"])))
    rows.append((tr("sensor B"), shown(now["temp_b_mc"])))
    if now["target_mc"] is not None:
        rows.append((tr("target"), shown(now["target_mc"])))
    rows.append((tr("relays"), relays(now)))
    rows.append((tr("dose"), cem43(now["dose_m"])))
    budget = now["budget_pct"]
    rows.append((tr("heat budget"), "-" if budget is None else f"{budget} %"))
    for label, name in ((tr("next heat"), "rest_heat_s"), (tr("next cold"), "rest_cold_s")):
        if now[name]:
            when = remedies.clock_after(now[name]), remedies.duration(now[name])
            rows.append((label, tr("after {clock}, in {wait}", clock=when[0], wait=when[1])))
    return rows


def next_allowed(now: Telemetry) -> str | None:
    """From when on the device allows the next session, by the clock; None where it may be now."""
    from poultice import remedies

    rests = [("heat", now.rest_heat_s), ("cold", now.rest_cold_s)]
    if rests[0][1] and rests[0][1] == rests[1][1]:
        return tr("next session after {clock}", clock=remedies.clock_after(rests[0][1]))
    told = [
        tr("{mode} after {clock}", mode=tr(mode), clock=remedies.clock_after(rest_s))
        for mode, rest_s in rests
        if rest_s
    ]
    return tr("next session: {when}", when=joined(", ", told)) if told else None


def course(told: Mapping[str, Any]) -> str:
    """How far a course was kept to: what ``record.adherence.to_json`` says, in one line."""
    if not told["due"]:
        return trn(
            "nothing was due yet: {n} session from {first} on",
            "nothing was due yet: {n} sessions from {first} on",
            told["sessions"],
            first=day(told["from"]),
        )
    kept = trn(
        "{done} of {n} session that was due ({pct} %)",
        "{done} of {n} sessions that were due ({pct} %)",
        told["due"],
        done=told["done"],
        pct=told["pct"],
    )
    if not told["extra"]:
        return kept
    return tr("{kept}, and {extra} that were not due", kept=kept, extra=told["extra"])


def plan(data: Mapping[str, Any]) -> list[str]:
    """A plan as it would be sent."""
    wire = data["plan"]
    lines = [
        tr(
            "{name}, profile {profile}, would be sent to {path}",
            name=wire["name"],
            profile=tr(wire["profile"]),
            path=data["device"]["path"],
        )
    ]
    lines += [f"{place:3}. {phase(one)}" for place, one in enumerate(wire["phases"], 1)]
    return [*lines, tr("nothing was sent: this was a dry run")]


def at_most() -> str:
    """What the figures are of a session in which the device restarted (docs/decisions/0003)."""
    says = later("heat, cold and dose are as planned: the device restarted, and kept no more of it")
    return tr(says)


def at_most_of(n: int) -> str:
    """The same where `n` such sessions are in a sum."""
    return trn(
        "{n} session counts as it was planned: the device restarted, and kept no more of it",
        "{n} sessions count as they were planned: the device restarted, and kept no more of them",
        n,
    )


def summary(data: Mapping[str, Any]) -> list[str]:
    """How a session went."""
    if data.get("detached"):
        says = later("session {number} runs by itself; `poultice status` shows it")
        if str(data["device"]["path"]).startswith(("sim:", "emulator:")):
            # It ran to its end while this program left it.
            says = later("session {number} went on by itself and is over; `poultice status` tells")
        return [tr(says, number=data["session"])]
    outcome = tr(str(data["outcome"]))
    if data["fault"]:
        from poultice.remedies import named

        outcome += f": {named(data['fault'])}"
    elif data["reason"]:
        outcome += f": {meaning('stops', data['reason'])}"
    if treated_little(data.get("warnings")):
        outcome = tr("{outcome}, but {little}", outcome=outcome, little=little())
    lines = [f"{data['protocol']}: {outcome}"]
    if data["session"] is None:
        return lines
    time = tr(
        "{time} (heat {heat}, cold {cold})",
        time=span(data["duration_s"]),
        heat=span(data["heat_s"]),
        cold=span(data["cold_s"]),
    )
    closed = data["heat_operations"]
    reached = tr("{low} to {high}", low=shown(data["min_mc"]), high=shown(data["peak_mc"]))
    rows = [
        (tr("time"), time),
        (tr("temperature"), reached),
        (tr("dose"), cem43(data["dose_m"])),
        (tr("pad relay"), "-" if closed is None else trn("{n} closing", "{n} closings", closed)),
    ]
    if data.get("at_most"):
        rows.append((tr("at most"), at_most()))
    begun = max((n for n, one in enumerate(data["phases"], 1) if one["actual_s"]), default=0)
    for place, one in enumerate(data["phases"][:begun], 1):
        came = tr(
            "{mode}, {actual} of {planned}, mean {mean}, peak {peak}",
            mode=tr(one["mode"]),
            actual=span(one["actual_s"]),
            planned=span(one["planned_s"]),
            mean=shown(one["mean_mc"]),
            peak=shown(one["peak_mc"]),
        )
        rows.append((tr("phase {number}", number=place), came))
    never = len(data["phases"]) - begun
    if never:
        label = tr("phase {number}", number=begun + 1)
        if never > 1:
            label = tr("phases {first}-{last}", first=begun + 1, last=begun + never)
        rows.append((label, trn("never began", "never began", never)))
    rows += [(tr("warning"), warning(what)) for what in data.get("warnings") or []]
    rows.append((tr("record"), data["record"] or tr("none")))
    return [*lines, *(f"  {label:<12} {text}" for label, text in rows)]
