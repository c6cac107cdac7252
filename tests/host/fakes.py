"""A device that speaks the link contract and does as its test says: no logic, no physics."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from poultice.device.fingerprint import core_fingerprint
from poultice.errors import DeviceLostError
from poultice.link import wire

LIMITS = {
    "heat_target_min_mc": 30_000,
    "heat_target_max_mc": 42_000,
    "heat_cutoff_mc": 43_000,
    "absolute_cutoff_mc": 45_000,
    "predictive_mc": 43_500,
    "cold_target_min_mc": 11_000,
    "cold_target_max_mc": 25_000,
    "cold_end_mc": 10_000,
    "cold_cutoff_mc": 7_000,
    "phase_min_s": 30,
    "phases_max": 16,
    "heat_session_s": 1_800,
    "heat_hot_mc": 41_000,
    "heat_hot_session_s": 1_200,
    "cold_phase_s": 1_200,
    "cold_session_s": 1_200,
    "session_s": 2_400,
    "heat_day_s": 5_400,
    "cold_day_s": 7_200,
    "sessions_day": 8,
    "dose_day_m": 20_000,
    "dose_session_m": 9_000,
    "dose_warn_m": 5_000,
    "sensitive_target_max_mc": 40_000,
    "sensitive_dose_session_m": 2_000,
    "rest_after_heat_s": 1_200,
    "rest_cold_to_heat_s": 1_200,
    "rest_cold_to_cold_s": 7_200,
    "budget_capacity_uj_cm2": 12_000_000,
    "budget_refill_uw_cm2": 35_000,
    "dwell_min_ms": 2_000,
    "closing_min_ms": 20_000,
    "attended_min_s": 5,
    "attended_max_s": 60,
    "token_s": 60,
    "pause_max_s": 300,
    "prompt_max_s": 180,
}
TICK_S = 0.1


@dataclass(frozen=True)
class FakePhase:
    mode: str
    duration_s: int
    target_mc: int | None = None
    say: str | None = None


@dataclass(frozen=True)
class FakePlan:
    phases: tuple[FakePhase, ...]
    name: str = "arthritis"
    attended_s: int = 10

    def to_wire(self) -> dict[str, Any]:
        phases = []
        for one in self.phases:
            phase: dict[str, Any] = {"mode": one.mode, "duration_s": one.duration_s}
            if one.target_mc is not None:
                phase["target_mc"] = one.target_mc
            phases.append(phase)
        return {
            "name": self.name,
            "profile": "normal",
            "attended_s": self.attended_s,
            "phases": phases,
        }


@dataclass
class FakeDevice:
    """A transport. Time passes only in `receive`; `at` holds what happens when, by its clock.

    `fault_at_s`, `lost_at_s`, `button_at_s` count from its start. `answer` may be replaced to
    answer a method otherwise: it is given method and params and returns a result, an `Error`
    or None for silence.
    """

    path: str = "fake:"
    virtual: bool = True
    protocol: int = 1
    clock_s: float = 0.0
    fault_at_s: float | None = None
    lost_at_s: float | None = None
    silent_at_s: float | None = None
    button_at_s: float | None = None
    restart_at_s: float | None = None
    stop_reason_at_s: tuple[float, str] | None = None
    journal: list[dict[str, Any]] = field(default_factory=list)
    override: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    mangle: Callable[[bytes], bytes | None] = lambda line: line
    asked: list[str] = field(default_factory=list)
    state: str = "idle"
    fault: str | None = None
    closed: bool = False
    telemetry_on: bool = True

    def __post_init__(self) -> None:
        self._out: deque[bytes] = deque()
        self._plan: dict[str, Any] | None = None
        self._started_s = 0.0
        self._armed_s = 0.0
        self._session = 0
        self._phase = 0
        self._next_second_s = 0.0
        self._offset_s = 0.0

    # The transport.

    def send(self, line: bytes) -> None:
        if self.lost_at_s is not None and self.clock_s >= self.lost_at_s:
            raise DeviceLostError("the fake port is gone")
        if not line.strip():
            return
        message = wire.decode(line.rstrip(b"\n"))
        self.asked.append(message["method"])
        if self.silent_at_s is not None and self.clock_s >= self.silent_at_s:
            return
        answer = self._answer(message["method"], message.get("params"))
        if answer is None:
            return
        kind = "error" if isinstance(answer, Error) else "result"
        body = answer.to_json() if isinstance(answer, Error) else answer
        self._put({"id": message["id"], kind: body})

    def receive(self, timeout_s: float) -> bytes | None:
        end_s = self.clock_s + timeout_s
        while not self._out:
            if self.lost_at_s is not None and self.clock_s >= self.lost_at_s:
                raise DeviceLostError("the fake port is gone")
            if self.clock_s >= end_s:
                return None
            self.clock_s += min(TICK_S, max(end_s - self.clock_s, 1e-9))
            self._tick()
        return self._out.popleft()

    def now_s(self) -> float:
        return self.clock_s

    def close(self) -> None:
        self.closed = True

    def inject(self, line: bytes) -> None:
        """Bytes as the host will see them next, without a line feed."""
        self._out.append(line)

    # The device.

    def notify(self, method: str, params: dict[str, Any]) -> None:
        if self.silent_at_s is None or self.clock_s < self.silent_at_s:
            self._put({"method": method, "params": params})

    def status(self) -> dict[str, Any]:
        running = self.state in ("running", "paused", "waiting") and self._plan is not None
        phase = self._plan["phases"][self._phase] if running and self._plan else None
        left_s = self._phase_end_s() - self.clock_s if running else 0.0
        heat = self.state == "running" and phase is not None and phase["mode"] == "heat"
        return {
            "t_ms": self._t_ms(),
            "state": self.state,
            "session": self._session if running else None,
            "plan": self._plan["name"] if running and self._plan else None,
            "profile": "normal" if running else None,
            "phase": self._phase if running else None,
            "mode": phase["mode"] if phase else None,
            "phase_left_s": max(0, int(left_s + 0.999)) if running else None,
            "left_s": max(0, int(left_s + 0.999)),
            "temp_mc": 40_000,
            "temp_b_mc": 39_500,
            "target_mc": phase.get("target_mc") if phase else None,
            "master": heat,
            "heat": heat,
            "cool": False,
            "sense": heat,
            "duty_pct": 30,
            "dose_m": 100,
            "budget_pct": 90,
            "prompt": "lay_pack" if self.state == "waiting" else None,
            "fault": self.fault,
            "faults_more": 0,
            "rest_heat_s": 0,
            "rest_cold_s": 0,
            "rx_errors": 0,
            "tx_dropped": 0,
        }

    def _answer(self, method: str, params: Any) -> Any:
        if method in self.override:
            return self.override[method](params)
        if method == "hello":
            return {
                "protocol": self.protocol,
                "firmware": "0.1.0",
                "board": "fake",
                "uid": "0123456789abcdef",
                "reset_cause": "power_on",
                "core": core_fingerprint(),
                "limits": dict(LIMITS),
                "features": {"cooler": False, "sensor_b": True, "sense": True},
            }
        if method == "status":
            return self.status()
        if method == "ping":
            return {"uptime_ms": self._t_ms()}
        if method == "set_clock":
            return {"credited_s": 0}
        if method == "journal":
            entries = [one for one in self.journal if one["n"] > params["after"]]
            page = entries[: params["limit"]]
            return {"entries": page, "next": page[-1]["n"] if len(entries) > len(page) else None}
        if method == "stop":
            if self.state in ("running", "paused", "waiting"):
                self._end("stopped", "host")
            elif self.state == "armed":
                self.state = "idle"
            return {}
        if self.state == "fault":
            return Error(3, "fault_active", {"fault": self.fault, "cause_gone": False})
        if method == "arm":
            if self.state != "idle":
                return Error(1, "wrong_state", {"state": self.state, "states": ["idle"]})
            self._plan = params["plan"]
            self._armed_s = self.clock_s
            self.state = "armed"
            self._say()
            return {"token": "c0ffee", "total_s": 1, "plan_id": 1}
        if method == "start":
            self._start()
            return {"session": self._session}
        return Error(-32601, "method not found", {})

    def _start(self) -> None:
        self._session += 1
        self.state = "running"
        self._started_s = self.clock_s
        self._phase = -1
        self._next_phase()

    def _tick(self) -> None:
        if self.restart_at_s is not None and self.clock_s >= self.restart_at_s:
            self.restart_at_s = None
            self.state, self._plan = "idle", None
            self._offset_s = self.clock_s
            self._say()
        if self.state == "armed":
            if self.button_at_s is not None and self.clock_s >= self.button_at_s:
                self._start()
            elif self.clock_s >= self._armed_s + 60:
                self.state = "idle"
                self._say()
        if self.state == "running":
            if self.fault_at_s is not None and self.clock_s >= self.fault_at_s:
                self.fault = "sensor_open"
                self._end("fault", "sensor_open")
            elif self.stop_reason_at_s and self.clock_s >= self.stop_reason_at_s[0]:
                self._end("stopped", self.stop_reason_at_s[1])
            elif self.clock_s >= self._phase_end_s() - 1e-6:
                self._next_phase()
        if self.clock_s >= self._next_second_s:
            self._next_second_s = max(self._next_second_s + 1.0, self.clock_s)
            self._say()

    def _next_phase(self) -> None:
        if self._plan is None:
            return
        self._phase += 1
        phases = self._plan["phases"]
        if self._phase >= len(phases):
            self._phase = len(phases) - 1
            self._end("complete", None)
            return
        phase = phases[self._phase]
        self._event("phase", phase=self._phase, target_mc=phase.get("target_mc"), **{
            name: phase[name] for name in ("mode", "duration_s")
        })  # fmt: skip
        self._say()

    def _end(self, outcome: str, reason: str | None) -> None:
        if outcome == "fault":
            self._event("fault", fault=reason, temp_mc=None, state=self.state)
        elif outcome == "stopped":
            self._event("stopped", reason=reason)
        else:
            self._event("complete")
        self.journal.append(
            {
                "n": len(self.journal) + 1,
                "kind": "session",
                "session": self._session,
                "outcome": outcome,
                "reason": reason,
                "heat_s": int(self.clock_s - self._started_s),
                "cold_s": 0,
                "dose_m": 123,
                "peak_mc": 40_777,
                "min_mc": 30_111,
                "heat_operations": 17,
            }
        )
        self.state = "fault" if outcome == "fault" else "idle"
        self._say()

    def _phase_end_s(self) -> float:
        phases = self._plan["phases"] if self._plan else []
        return self._started_s + sum(one["duration_s"] for one in phases[: self._phase + 1])

    def _event(self, kind: str, **data: Any) -> None:
        params = {"kind": kind, "t_ms": self._t_ms(), "session": self._session, **data}
        self.notify("event", params)

    def _say(self) -> None:
        if self.telemetry_on:
            self.notify("telemetry", self.status())

    def _t_ms(self) -> int:
        return round((self.clock_s - self._offset_s) * 1000)

    def _put(self, message: dict[str, Any]) -> None:
        line = self.mangle(wire.encode({"jsonrpc": "2.0", **message}).rstrip(b"\n"))
        if line is not None:
            self._out.append(line)


@dataclass(frozen=True)
class Error:
    """An error answer."""

    code: int
    message: str
    data: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "data": self.data}
