"""What the device says, with types: the objects of ``link.md`` as the host sees them.

Units are in the names: `_mc` thousandths of a degree Celsius, `_s` seconds, `_ms`
milliseconds, `_m` thousandths of a CEM43 minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, get_args, get_type_hints

from poultice.errors import LinkError


class Telemetry(NamedTuple):
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
    said: Mapping[str, Any] = MappingProxyType({})

    def to_json(self) -> dict[str, Any]:
        """Every member of ``link.md``, and whatever else the device said."""
        members = self._asdict()
        del members["said"]
        return {**members, **self.said}


class Hello(NamedTuple):
    """Who answers, and under which limits."""

    protocol: int
    firmware: str
    board: str
    uid: str
    reset_cause: str
    limits: Mapping[str, int]
    features: Mapping[str, bool]
    core: str
    """The fingerprint of its logic's sources."""

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
            members = {name: result[name] for name in cls._fields}
            members |= {name: dict(members[name]) for name in ("limits", "features")}
        except (KeyError, TypeError, ValueError) as error:
            raise LinkError(
                f"the device's hello is not that of the link contract ({error})"
            ) from None
        hello = cls(**members)
        texts = (hello.firmware, hello.board, hello.uid, hello.reset_cause, hello.core)
        if not all(isinstance(text, str) for text in texts) or not all(
            type(value) is int for value in hello.limits.values()
        ):
            raise LinkError("the device's hello has members of another type")
        return hello


class Event(NamedTuple):
    """Something that happened on the device; `data` is everything it said of it."""

    kind: str
    t_ms: int
    data: Mapping[str, Any]


Row = dict[str, Any]
"""The members of a telemetry object, as a record has them."""

# What stands in an annotation is what may come.
KINDS = {name: get_args(kind) or (kind,) for name, kind in get_type_hints(Telemetry).items()}
del KINDS["said"]
"""Of each member of telemetry."""


def telemetry(params: Any) -> Telemetry | None:
    """`params` as telemetry, or None where it is not telemetry: the one place that judges it."""
    if not isinstance(params, dict):
        return None
    known = {name: params[name] for name in KINDS if name in params}
    if any(type(value) not in KINDS[name] for name, value in known.items()):
        return None
    return Telemetry(**known, said=params) if "t_ms" in known and "state" in known else None


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
    judge = {"telemetry": telemetry, "event": event}.get(str(message.get("method")))
    return judge(message.get("params")) if judge is not None and "id" not in message else None
