"""What the device says, with types: the objects of ``link.md`` as the host sees them.

Units are in the names: `_mc` thousandths of a degree Celsius, `_s` seconds, `_ms`
milliseconds, `_m` thousandths of a CEM43 minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from poultice.errors import LinkError


class Telemetry(TypedDict):
    """The device now; null where there is none."""

    t_ms: int
    state: str
    session: int | None
    plan: str | None
    profile: str | None
    phase: int | None
    mode: str | None
    phase_left_s: int | None
    left_s: int | None
    temp_mc: int | None
    temp_b_mc: int | None
    target_mc: int | None
    master: bool
    heat: bool
    cool: bool
    sense: bool | None
    duty_pct: int | None
    dose_m: int | None
    budget_pct: int | None
    prompt: str | None
    fault: str | None
    faults_more: int | None
    rest_heat_s: int | None
    rest_cold_s: int | None
    rx_errors: int | None
    tx_dropped: int | None


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


_NUMBERS = (
    "session", "phase", "phase_left_s", "left_s", "temp_mc", "temp_b_mc", "target_mc",
    "duty_pct", "dose_m", "budget_pct", "faults_more", "rest_heat_s", "rest_cold_s",
    "rx_errors", "tx_dropped",
)  # fmt: skip
_TEXTS = ("plan", "profile", "mode", "prompt", "fault")


def telemetry(params: Any) -> Telemetry | None:
    """`params` as telemetry with every member present, or None where it is not telemetry."""
    if not isinstance(params, dict):
        return None
    if type(params.get("t_ms")) is not int or not isinstance(params.get("state"), str):
        return None
    whole: dict[str, Any] = dict.fromkeys((*_NUMBERS, *_TEXTS, "sense"))
    whole.update(master=False, heat=False, cool=False)
    whole.update(params)
    if any(whole[name] is not None and type(whole[name]) is not int for name in _NUMBERS):
        return None
    if any(whole[name] is not None and not isinstance(whole[name], str) for name in _TEXTS):
        return None
    return cast(Telemetry, whole)


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
