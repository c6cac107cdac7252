"""What a person can do about each thing the device reports: the firmware only has the names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poultice import errors, temperature
from poultice.errors import DeviceFaultError, LinkError, PoulticeError, RefusedError
from poultice.texts import texts

if TYPE_CHECKING:
    from poultice.link.messages import Telemetry

BUTTON_ONLY = frozenset(texts()["button_only"])
"""The faults that only a 3 s hold of the button clears (SR-20)."""

FAULTS: Mapping[str, str] = texts()["faults"]
NOT_READY: Mapping[str, str] = texts()["not_ready"]
STOPS: Mapping[str, str] = texts()["stops"]
PROMPTS: Mapping[str, str] = texts()["prompts"]

_HELD: Mapping[int, str] = {
    39_000: "the device holds {most} until its pad is known not to fold unfelt: try it by hand "
    "(docs/tutorials/build-one.md), then `poultice config set fold_safe=true` and a hold of its "
    "button for 3 s",
    41_000: "the device holds {most} until its thermistor was checked: `poultice calibrate`",
}
"""What holds the highest target down, where a person can do something about it, by what is left."""

_HIGHEST_MC = 42_000


def fault_hint(fault: str | None) -> str:
    """What mends `fault`, and how it is cleared."""
    if fault is None:
        return "see `poultice status`"
    first = FAULTS.get(fault, "see the list of faults in the documentation")
    if fault in BUTTON_ONLY:
        return f"{first}; then hold the device's button for 3 s"
    return f"{first}; then `poultice clear {fault}`"


def limit_hint(limit: object, allowed: object, asked: object, *, fit: bool = False) -> str | None:
    """What helps where a plan is over `limit`; `fit`: was it lowered already?"""
    ever = isinstance(asked, int) and asked <= _HIGHEST_MC
    held = _HELD.get(allowed) if isinstance(allowed, int) and ever else None
    if held is not None and isinstance(allowed, int):
        held = held.format(most=temperature.exact(allowed))
    lowers = "--fit lowers targets and times to the device's limits"
    if limit != "heat_target_max_mc" or held is None:
        return None if fit else lowers
    return held if fit else f"{held}; {lowers}"


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
        raise errors.RestError(
            f"rest first: {duration(rest_s)}, until {clock_after(rest_s)}",
            hint=f"come back after {clock_after(rest_s)}; the device keeps count while it is "
            "powered",
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
    return at.strftime("%a %H:%M" if other_day else "%H:%M")


def state_hint(state: str, allowed: Sequence[str]) -> str:
    """What to do where something is possible only in the states `allowed`."""
    if state in ("boot", "self_test"):
        return "it is testing itself: try again in a few seconds"
    if "fault" in allowed and "idle" not in allowed:
        return "there is no fault to clear; `poultice status` shows how it is"
    if state == "idle":
        return "nothing runs: `poultice run PROTOCOL` starts a session"
    if state == "armed":
        return "it waits for its button to start a session; `poultice stop` takes that back"
    under_way = "a session is under way: `poultice watch` shows it, `poultice stop` ends it"
    return str(texts()["instead"].get(" ".join((state, *allowed)), under_way))


def fault_error(fault: str | None, *, state: str | None = None) -> DeviceFaultError:
    """The error for a device that tripped with `fault`."""
    name = fault or "unknown"
    return DeviceFaultError(
        f"the device is in fault: {name}",
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
    return LinkError("the device gave an answer that is neither a result nor an error")


def _answered(
    code: int, message: str, data: Mapping[str, Any]
) -> tuple[type[PoulticeError], str, str | None]:
    """Kind, message and hint."""
    if code == 1:
        allowed, state = data.get("states"), str(data.get("state"))
        states = [str(one) for one in allowed] if isinstance(allowed, list) else []
        text = f"not possible while the device is {state}"
        return errors.WrongStateError, text, state_hint(state, states)
    if code == 2:
        where = "" if data.get("phase") is None else f" (phase {data['phase']})"
        wait = data.get("wait_s")
        hint = limit_hint(data.get("limit"), data.get("allowed"), data.get("asked"))
        if isinstance(wait, int):
            hint = f"possible again in {duration(wait)}, after {clock_after(wait)}"
        figures = f"asked {data.get('asked')}, allowed {data.get('allowed')}"
        return errors.LimitError, f"over the limit {data.get('limit')}{where}: {figures}", hint
    if code == 3:
        fault = data.get("fault")
        gone = "" if data.get("cause_gone") else " and its cause is still there"
        hint = fault_hint(fault if isinstance(fault, str) else None)
        return DeviceFaultError, f"the device is in fault: {fault}{gone}", hint
    if code == 4:
        rest = data.get("rest_s")
        wait_text, when = "some time", "later"
        if isinstance(rest, int):
            wait_text, when = duration(rest), f"after {clock_after(rest)}"
        clock = "" if data.get("clock") else " (it has no clock: only powered time counts)"
        text = f"rest first: {wait_text} after {data.get('after')}{clock}"
        hint = f"come back {when}; the device keeps count while it is powered"
        return errors.RestError, text, hint
    if code == 5:
        return errors.BadTokenError, "the device refused the token", "arm again"
    if code == 6:
        return errors.BusyError, "the device is busy", f"try again in {data.get('retry_ms')} ms"
    if code == 7:
        reason = str(data.get("reason"))
        return errors.NotReadyError, f"the device is not ready: {reason}", NOT_READY.get(reason)
    if code == -32602:
        wrong = f"the device does not accept {data.get('param')}"
        return RefusedError, f"{wrong}: expected {data.get('expected')}", None
    text = f"the device answered with an error: {message} ({code})"
    return LinkError, text, "are both of one version?"


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
