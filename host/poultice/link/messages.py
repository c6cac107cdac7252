"""What the device says, with types: the objects of ``link.md`` as the host sees them.

Units are in the names: `_mc` thousandths of a degree Celsius, `_s` seconds, `_ms`
milliseconds, `_m` thousandths of a CEM43 minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypedDict

from poultice.errors import LinkError


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The device now; None where there is none. `said` is the object as it came."""

    t_ms: int
    state: str
    session: int | None = None
    plan: str | None = None
    profile: str | None = None
    phase: int | None = None
    mode: str | None = None
    phase_left_s: int | None = None
    left_s: int | None = None
    temp_mc: int | None = None
    temp_b_mc: int | None = None
    target_mc: int | None = None
    master: bool = False
    heat: bool = False
    cool: bool = False
    sense: bool | None = None
    duty_pct: int | None = None
    dose_m: int | None = None
    budget_pct: int | None = None
    prompt: str | None = None
    fault: str | None = None
    faults_more: int | None = None
    rest_heat_s: int | None = None
    rest_cold_s: int | None = None
    rx_errors: int | None = None
    tx_dropped: int | None = None
    said: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Every member of ``link.md``, and whatever else the device said."""
        return {**{name: getattr(self, name) for name in MEMBERS}, **self.said}


class Armed(TypedDict):
    """The answer to `arm`."""

    token: str
    total_s: int
    plan_id: Any


class JournalPage(TypedDict):
    """Some entries, and where the next ones start (None at the end)."""

    entries: list[dict[str, Any]]
    next: int | None


@dataclass(frozen=True)
class Hello:
    """Who answers, and under which limits."""

    protocol: int
    firmware: str
    board: str
    uid: str
    reset_cause: str
    limits: Mapping[str, int]
    features: Mapping[str, bool]

    def to_record(self) -> dict[str, Any]:
        """What the history keeps of it beside `device`."""
        return {
            "board": self.board,
            "reset_cause": self.reset_cause,
            "features": dict(self.features),
            "limits": dict(self.limits),
        }

    def device(self, path: str) -> dict[str, Any]:
        """The `device` member of `run --json` and others."""
        return {"path": path, "uid": self.uid, "firmware": self.firmware}

    @classmethod
    def from_wire(cls, result: Any) -> Hello:
        """Raises LinkError where members are missing or of another type."""
        try:
            hello = cls(
                protocol=result["protocol"],
                firmware=result["firmware"],
                board=result["board"],
                uid=result["uid"],
                reset_cause=result["reset_cause"],
                limits=dict(result["limits"]),
                features=dict(result["features"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise LinkError(
                f"the device's hello is not that of the link contract ({error})"
            ) from None
        texts = (hello.firmware, hello.board, hello.uid, hello.reset_cause)
        if not all(isinstance(text, str) for text in texts) or not all(
            type(value) is int for value in hello.limits.values()
        ):
            raise LinkError("the device's hello has members of another type")
        return hello


@dataclass(frozen=True)
class Event:
    """Something that happened on the device; `data` is everything it said of it."""

    kind: str
    t_ms: int
    data: Mapping[str, Any]


Row = dict[str, Any]
"""The members of a telemetry object, as a record has them."""

MEMBERS = tuple(one.name for one in fields(Telemetry) if one.name != "said")
# What stands in an annotation is what may come: this module's are texts.
_KINDS: Mapping[str, tuple[type, ...]] = {
    one.name: tuple(
        {"int": int, "str": str, "bool": bool, "None": type(None)}[kind]
        for kind in str(one.type).split(" | ")
    )
    for one in fields(Telemetry)
    if one.name != "said"
}


def telemetry(params: Any) -> Telemetry | None:
    """`params` as telemetry, or None where it is not telemetry: the one place that judges it."""
    if not isinstance(params, dict):
        return None
    known = {name: params[name] for name in MEMBERS if name in params}
    if any(type(value) not in _KINDS[name] for name, value in known.items()):
        return None
    return Telemetry(**known, said=params) if {"t_ms", "state"} <= known.keys() else None


def event(params: Any) -> Event | None:
    """`params` as an event, or None where it is not one."""
    if not isinstance(params, dict):
        return None
    kind, t_ms = params.get("kind"), params.get("t_ms")
    if not isinstance(kind, str) or type(t_ms) is not int:
        return None
    return Event(kind, t_ms, params)


def notification(message: Mapping[str, Any]) -> Telemetry | Event | None:
    """The notification that `message` is, or None where it is none or not sound."""
    if "id" in message:
        return None
    method = message.get("method")
    if method == "telemetry":
        return telemetry(message.get("params"))
    if method == "event":
        return event(message.get("params"))
    return None
