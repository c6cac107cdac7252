"""What a person can do about each thing the device reports: the firmware only has the names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poultice import errors, temperature
from poultice.errors import DeviceFaultError, LinkError, PoulticeError, RefusedError

if TYPE_CHECKING:
    from poultice.link.messages import Telemetry

BUTTON_ONLY = frozenset(
    {
        "absolute_temperature",
        "heat_welded",
        "master_welded",
        "over_temperature",
        "emergency_stop",
        "sensor_short",
        "watchdog_reset",
        "limits_corrupt",
        "internal",
    }
)
"""The faults that only a 3 s hold of the button clears (SR-20)."""

FAULTS: Mapping[str, str] = {
    "absolute_temperature": "take the pad off and pull its plug; have the relays checked",
    "heat_welded": "pull the pad's plug: a relay is stuck closed and has to be replaced",
    "master_welded": "pull the pad's plug: the safety relay is stuck closed and has to be replaced",
    "over_temperature": "take the pad off and let it cool; look for a fold or a cover",
    "emergency_stop": "close the emergency stop again when it is safe",
    "sensor_short": "check the sensor's wires: they touch",
    "sensor_open": "check the sensor's plug and wires: one is broken",
    "sensor_jump": "check the sensor's plug: its reading jumps",
    "sensor_frozen": "check the sensor and its wiring: its reading never moves",
    "sensor_stale": "check the sensor's plug: readings stay away",
    "sensor_mismatch": "lay the pad flat: its two ends disagree",
    "sensor_detached": "lay the sensor on the skin again: it cools while the pad heats",
    "heating_stalled": "check the pad's plug and supply: it heats and nothing gets warmer",
    "supply_lost": "check the pad's supply and its thermal switch: the pad gets no power",
    "under_temperature": "take the cold pack off and let the skin warm up",
    "dose_limit": "enough heat for now: let the skin rest",
    "overrun": "start again; if it comes back, report it with the record of this session",
    "loop_late": "start again; if it comes back, report it with the record of this session",
    "watchdog_reset": "the device restarted by itself; report it with the record of this session",
    "journal_lost": "the device forgot the past sessions: it asks a rest as after a whole one",
    "config_lost": "set the configuration again: the device fell back to the careful one",
    "limits_corrupt": "flash the firmware again: its table of limits is damaged",
    "internal": "report it with the record of this session",
}

NOT_READY: Mapping[str, str] = {
    "sensor_open": "check the sensor's plug and wires: one is broken",
    "sensor_short": "check the sensor's wires: they touch",
    "sensor_cold": "let the pad and its sensor come to room temperature first",
    "sensor_hot": "let the pad cool down first",
}

STOPS: Mapping[str, str] = {
    "button": "ended with the device's button",
    "host": "ended by a stop from a computer",
    "attended": "ended by the device: the computer fell silent",
    "pause_timeout": "ended by the device: paused for too long",
    "prompt_timeout": "ended by the device: nobody answered its prompt",
    "session_timeout": "ended by the device: the session took its longest time with phases left",
    "proof_repeated": "ended by the device: paused in its relay proof again and again",
}

_HELD: Mapping[int, str] = {
    39_000: "the device holds {most} until its pad is known not to fold unfelt: try it by hand "
    "(docs/tutorials/build-one.md), then `poultice config set fold_safe=true` and a hold of its "
    "button for 3 s",
    41_000: "the device holds {most} until its thermistor was checked: `poultice calibrate`",
}
"""What holds the highest target down, where a person can do something about it, by what is left."""

_HIGHEST_MC = 42_000

PROMPTS: Mapping[str, str] = {
    "lay_pack": "Lay the cold pack on",
    "remove_pack": "Take the cold pack off",
}


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
    return _INSTEAD.get((state, *allowed), under_way)


_INSTEAD: Mapping[tuple[str, ...], str] = {
    ("running", "waiting"): "it asks nothing now; `poultice watch` shows when it does",
    ("running", "paused"): "it is not paused; `poultice watch` shows it",
    ("paused", "running"): "it is paused already: `poultice resume` goes on",
    ("paused", "waiting"): "it is paused: `poultice resume` goes on",
    ("waiting", "running"): "its relays are open, it waits for a hand: `poultice confirm` goes on",
    ("waiting", "paused"): "it is not paused, it waits for a hand: `poultice confirm` goes on",
}
"""State and what is possible in, and what to do instead."""


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
    text, hint = _words(code, message, data)
    kinds: dict[int, type[PoulticeError]] = {
        1: errors.WrongStateError,
        2: errors.LimitError,
        3: errors.DeviceFaultError,
        4: errors.RestError,
        5: errors.BadTokenError,
        6: errors.BusyError,
        7: errors.NotReadyError,
        -32602: RefusedError,
    }
    kind = kinds.get(code, LinkError)
    return kind(text, hint=hint, code=code, data=data, device_message=message)


def error_of(answer: Mapping[str, Any]) -> PoulticeError:
    """The error of the tree that the answer `answer` stands for."""
    error = answer.get("error")
    if isinstance(error, dict) and type(error.get("code")) is int:
        data = error.get("data")
        return from_answer(
            error["code"],
            str(error.get("message")),
            data if isinstance(data, dict) else {},
        )
    return LinkError("the device gave an answer that is neither a result nor an error")


def _words(code: int, message: str, data: Mapping[str, Any]) -> tuple[str, str | None]:
    if code == 1:
        allowed = data.get("states")
        states = [str(one) for one in allowed] if isinstance(allowed, list) else []
        state = str(data.get("state"))
        return f"not possible while the device is {state}", state_hint(state, states)
    if code == 2:
        where = "" if data.get("phase") is None else f" (phase {data['phase']})"
        wait = data.get("wait_s")
        hint = (
            f"possible again in {duration(wait)}, after {clock_after(wait)}"
            if isinstance(wait, int)
            else limit_hint(data.get("limit"), data.get("allowed"), data.get("asked"))
        )
        figures = f"asked {data.get('asked')}, allowed {data.get('allowed')}"
        return f"over the limit {data.get('limit')}{where}: {figures}", hint
    if code == 3:
        fault = data.get("fault")
        gone = "" if data.get("cause_gone") else " and its cause is still there"
        name = fault if isinstance(fault, str) else None
        return f"the device is in fault: {fault}{gone}", fault_hint(name)
    if code == 4:
        rest = data.get("rest_s")
        wait_text = duration(rest) if isinstance(rest, int) else "some time"
        clock = "" if data.get("clock") else " (it has no clock: only powered time counts)"
        when = f"after {clock_after(rest)}" if isinstance(rest, int) else "later"
        return (
            f"rest first: {wait_text} after {data.get('after')}{clock}",
            f"come back {when}; the device keeps count while it is powered",
        )
    if code == 5:
        return "the device refused the token", "arm again"
    if code == 6:
        return "the device is busy", f"try again in {data.get('retry_ms')} ms"
    if code == 7:
        reason = str(data.get("reason"))
        return f"the device is not ready: {reason}", NOT_READY.get(reason)
    if code == -32602:
        return (
            f"the device does not accept {data.get('param')}: expected {data.get('expected')}",
            None,
        )
    return (
        f"the device answered with an error: {message} ({code})",
        "are both of one version?",
    )


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
    """A fault for a person: `did` is what the device did besides opening MASTER, `gone` when its
    cause counts as gone, `example` a simulated device on which it comes (None: none does)."""

    title: str
    requirements: tuple[str, ...]
    did: str
    gone: str
    causes: tuple[str, ...]
    steps: tuple[str, ...]
    example: str | None


def explanation(fault: str) -> Explanation:
    """Why `fault` came, what the device did, and what to do. Raises KeyError for no fault."""
    import tomllib
    from importlib.resources import files

    text = files("poultice").joinpath("faults.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)[fault]
    return Explanation(
        title=found["title"],
        requirements=tuple(found["requirements"]),
        did=found["did"],
        gone=found["gone"],
        causes=tuple(found["causes"]),
        steps=tuple(found["steps"]),
        example=found.get("try"),
    )
