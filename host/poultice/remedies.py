"""What a person can do about each thing the device reports: the firmware only has the names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poultice import errors, temperature
from poultice.errors import DeviceFaultError, LinkError, PoulticeError, RefusedError
from poultice.language import english, later, put, spoken, tr
from poultice.texts import texts, told

if TYPE_CHECKING:
    from poultice.link.messages import Telemetry

BUTTON_ONLY = frozenset(texts()["button_only"])
"""The faults that only a 3 s hold of the button clears (SR-20)."""

FAULTS: Mapping[str, str] = texts()["faults"]
NOT_READY: Mapping[str, str] = texts()["not_ready"]
STOPS: Mapping[str, str] = texts()["stops"]

_HELD: Mapping[int, str] = {
    39_000: later(
        "the device holds {most} until its pad is known not to fold unfelt: try it by hand "
        "(docs/tutorials/build-one.md), then `poultice config set fold_safe=true` and a hold of "
        "its button for 3 s"
    ),
    41_000: later("the device holds {most} until its thermistor was checked: `poultice calibrate`"),
}
"""What holds the highest target down, where a person can do something about it, by what is left."""

_HIGHEST_MC = 42_000


def named(fault: object) -> str:
    """A fault by its name; in another language by what it is called there, and its name."""
    called = tr(str(fault).replace("_", " "))
    if english(called) == called:
        return str(fault)
    return spoken(f"{called} ({fault})", str(fault))


def fault_hint(fault: str | None) -> str:
    """What mends `fault`, and how it is cleared."""
    if fault is None:
        return tr("see `poultice status`")
    first = told("faults", fault)
    if fault not in FAULTS:
        first = tr("see the list of faults in the documentation")
    if fault in BUTTON_ONLY:
        return tr("{first}; then hold the device's button for 3 s", first=first)
    return tr("{first}; then `poultice clear {fault}`", first=first, fault=fault)


def limit_hint(limit: object, allowed: object, asked: object, *, fit: bool = False) -> str | None:
    """What helps where a plan is over `limit`; `fit`: was it lowered already?"""
    ever = isinstance(asked, int) and asked <= _HIGHEST_MC
    held = _HELD.get(allowed) if isinstance(allowed, int) and ever else None
    if held is not None and isinstance(allowed, int):
        held = tr(held, most=temperature.exact(allowed))
    lowers = tr("--fit lowers targets and times to the device's limits")
    if limit != "heat_target_max_mc" or held is None:
        return None if fit else lowers
    return held if fit else put("{held}; {lowers}", held=held, lowers=lowers)


def require_free(now: Telemetry, modes: Collection[str]) -> None:
    """Raises what stands in the way of a session with these modes, before anything is asked.

    DeviceFaultError, WrongStateError or RestError; `now` is what the device says of itself. It
    judges again when it is armed, and its word counts.
    """
    if now.fault is not None:
        raise fault_error(now.fault, state=now.state)
    if now.state != "idle":
        raise from_answer(1, "wrong_state", {"state": now.state, "states": ["idle"]})
    rests = [getattr(now, name) or 0 for mode, name in _RESTS.items() if mode in modes]
    rest_s = max(rests, default=0)
    if rest_s > 0:
        clock = clock_after(rest_s)
        raise errors.RestError(
            tr("rest first: {wait}, until {clock}", wait=duration(rest_s), clock=clock),
            hint=tr(
                "come back after {clock}; the device keeps count while it is powered", clock=clock
            ),
            data={"rest_s": rest_s},
        )


_RESTS = {"heat": "rest_heat_s", "cold": "rest_cold_s"}


def clock_after(wait_s: int) -> str:
    """The time by this computer's clock when so many seconds are over: `18:27`, `Tue 00:12`."""
    import time
    from datetime import datetime

    now_s = time.time()
    # A minute that has begun is over only with its last second.
    at = datetime.fromtimestamp(-(-(now_s + wait_s) // 60) * 60)
    other_day = at.date() != datetime.fromtimestamp(now_s).date()
    clock = at.strftime("%H:%M")
    return put("{day} {clock}", day=tr(at.strftime("%a")), clock=clock) if other_day else clock


def state_hint(state: str, allowed: Sequence[str]) -> str:
    """What to do where something is possible only in the states `allowed`."""
    if state in ("boot", "self_test"):
        return tr("it is testing itself: try again in a few seconds")
    if "fault" in allowed and "idle" not in allowed:
        return tr("there is no fault to clear; `poultice status` shows how it is")
    if state == "idle":
        return tr("nothing runs: `poultice run PROTOCOL` starts a session")
    if state == "armed":
        return tr("it waits for its button to start a session; `poultice stop` takes that back")
    if (wanted := " ".join((state, *allowed))) in texts()["instead"]:
        return told("instead", wanted)
    return tr("a session is under way: `poultice watch` shows it, `poultice stop` ends it")


def fault_error(fault: str | None, *, state: str | None = None) -> DeviceFaultError:
    """The error for a device that tripped with `fault`."""
    name = fault or "unknown"
    return DeviceFaultError(
        tr("the device is in fault: {fault}", fault=named(name)),
        hint=fault_hint(fault),
        data={"fault": fault, "state": state},
    )


def from_answer(code: int, message: str, data: Mapping[str, Any]) -> PoulticeError:
    """The error of the tree that a device's error answer stands for."""
    kind, text, hint = _answered(code, message, data)
    return kind(text, hint=hint, code=code, data=data, device_message=message)


def error_of(answer: Mapping[str, Any]) -> PoulticeError:
    """The error of the tree that the answer `answer` stands for."""
    error = answer.get("error")
    if isinstance(error, dict) and type(error.get("code")) is int:
        data = error.get("data")
        data = data if isinstance(data, dict) else {}
        return from_answer(error["code"], str(error.get("message")), data)
    return LinkError(tr("the device gave an answer that is neither a result nor an error"))


def _answered(
    code: int, message: str, data: Mapping[str, Any]
) -> tuple[type[PoulticeError], str, str | None]:
    """Kind, message and hint."""
    if code == 1:
        allowed, state = data.get("states"), str(data.get("state"))
        states = [str(one) for one in allowed] if isinstance(allowed, list) else []
        text = tr("not possible while the device is {state}", state=tr(state))
        return errors.WrongStateError, text, state_hint(state, states)
    if code == 2:
        where = data.get("limit")
        if data.get("phase") is not None:
            where = tr("{limit} (phase {phase})", limit=where, phase=data["phase"])
        wait = data.get("wait_s")
        hint = limit_hint(data.get("limit"), data.get("allowed"), data.get("asked"))
        if isinstance(wait, int):
            after = clock_after(wait)
            hint = tr("possible again in {wait}, after {clock}", wait=duration(wait), clock=after)
        over = later("over the limit {where}: asked {asked}, allowed {allowed}")
        figures = {name: data.get(name) for name in ("asked", "allowed")}
        return errors.LimitError, tr(over, where=where, **figures), hint
    if code == 3:
        fault = data.get("fault")
        text = later("the device is in fault: {fault} and its cause is still there")
        if data.get("cause_gone"):
            text = later("the device is in fault: {fault}")
        hint = fault_hint(fault if isinstance(fault, str) else None)
        return DeviceFaultError, tr(text, fault=named(fault)), hint
    if code == 4:
        rest = data.get("rest_s")
        wait_text = tr("some time")
        hint = tr("come back later; the device keeps count while it is powered")
        if isinstance(rest, int):
            wait_text = duration(rest)
            says = later("come back after {clock}; the device keeps count while it is powered")
            hint = tr(says, clock=clock_after(rest))
        text = tr(
            "rest first: {wait} after {mode}", wait=wait_text, mode=tr(str(data.get("after")))
        )
        if not data.get("clock"):
            text = tr("{rest} (it has no clock: only powered time counts)", rest=text)
        return errors.RestError, text, hint
    if code == 5:
        return errors.BadTokenError, tr("the device refused the token"), tr("arm again")
    if code == 6:
        wait_ms = data.get("retry_ms")
        hint = tr("try again in a moment")
        if type(wait_ms) is int and 0 < wait_ms < 86_400_000:
            says = later("try again in {wait}")
            if wait_ms > 10_000:
                says = later(
                    "try again in {wait}: the device limits how often its relays are proven"
                )
            hint = tr(says, wait=duration(-(-wait_ms // 1000)))
        return errors.BusyError, tr("the device is busy"), hint
    if code == 7:
        reason = str(data.get("reason"))
        hint = told("not_ready", reason) if reason in NOT_READY else None
        text = tr("the device is not ready: {reason}", reason=named(reason))
        return errors.NotReadyError, text, hint
    if code == -32602:
        wrong = later("the device does not accept {param}: expected {expected}")
        told_of = {name: data.get(name) for name in ("param", "expected")}
        return RefusedError, tr(wrong, **told_of), None
    text = tr("the device answered with an error: {message} ({code})", message=message, code=code)
    return LinkError, text, tr("are both of one version?")


def duration(seconds: int) -> str:
    """`seconds` for a person, rounded up to what matters: `45 s`, `18 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds} s"
    minutes = -(-seconds // 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


@dataclass(frozen=True)
class Explanation:
    """A fault for a person: `seen` is what the device saw, `did` what it did besides opening
    MASTER, `gone` when its cause counts as gone, `example` a simulated device on which it comes
    (None: none does)."""

    title: str
    seen: str
    requirements: tuple[str, ...]
    did: str
    gone: str
    causes: tuple[str, ...]
    steps: tuple[str, ...]
    example: str | None


def explanation(fault: str) -> Explanation:
    """Why `fault` came, what the device did, and what to do. Raises KeyError for no fault."""
    import tomllib
    from pathlib import Path

    text = Path(__file__).with_name("faults.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)[fault]
    told: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in found.items()
    }
    return Explanation(example=told.pop("try", None), **told)
