"""What the fuzzer starts from where nothing is saved yet: one of each thing, by hand."""

from __future__ import annotations

import json
from typing import Any

from poultice_core.requests import HANDLERS
from tests.fuzz import contract

HEAT = {"mode": "heat", "target_mc": 40_000, "duration_s": 30}
COLD = {"mode": "cold", "target_mc": 12_000, "duration_s": 30}
REST = {"mode": "rest", "duration_s": 30}


def _line(method: str, params: Any = None, request_id: Any = 1) -> bytes:
    message = {"jsonrpc": "2.0", "id": request_id, "method": method}
    if params is not None:
        message["params"] = params
    return b"=" + json.dumps(message, separators=(",", ":")).encode()


def _script(*parts: bytes | str) -> bytes:
    return b"\n".join(part.encode() if isinstance(part, str) else part for part in parts)


def _armed(*phases: dict[str, Any], **members: Any) -> bytes:
    return _line("arm", {"plan": {"name": "seed", "phases": list(phases), **members}})


START = _line("start", {"token": "$TOKEN"}, 2)
EVENT = b'={"jsonrpc":"2.0","method":"event","params":{"kind":"boot","t_ms":5}}'
TELEMETRY = b'={"jsonrpc":"2.0","method":"telemetry","params":{"t_ms":1,"state":"idle"}}'

REFUSALS: dict[int, dict[str, Any]] = {
    -32700: {},
    -32602: {"param": "plan", "expected": "an object"},
    1: {"state": "running", "states": ["idle"]},
    2: {"limit": "heat_day_s", "asked": 5401, "allowed": 5400, "wait_s": 60},
    3: {"fault": "sensor_open", "clear": "host", "cause_gone": True},
    4: {"rest_s": 1200, "after": "heat", "clock": False},
    5: {},
    6: {"retry_ms": 200},
    7: {"reason": "sensor_cold"},
}


def _told(result: bytes) -> bytes:
    return b'={"jsonrpc":"2.0","id":$ID,"result":%s}' % result


def _refused(code: int, data: dict[str, Any]) -> bytes:
    body = json.dumps({"code": code, "message": "x", "data": data})
    return b'={"jsonrpc":"2.0","id":$ID,"error":%s}' % body.encode()


SEEDS: dict[str, list[bytes]] = {
    "codec": [
        b"",
        b"{}*00000000",
        _line("stop")[1:] + b"*" + contract.sealed(_line("stop")[1:])[-8:].upper(),
        contract.sealed(_line("ping", request_id=True)[1:]),
        contract.sealed(b"[" * 2_000),
        contract.sealed('{"jsonrpc":"2.0","id":"é","method":"ping"}'.encode()),
        *(contract.sealed(_line(method)[1:]) for method in HANDLERS),
        contract.sealed(b"[]"),
        contract.sealed(b'{"jsonrpc":"2.0","method":"telemetry","params":{}}'),
    ],
    "reader": [b"\0", b"\7a\r\nb\n\n\x03c\n", b"\xff" + b"x" * 5000 + b"\nok\n"],
    "device": [
        _script(
            *["e1", "t1", "e0", "t2", "b1", "t32", "b0", "t1"] * 12,
            _line("journal", {"limit": 64}),
            _line("journal", {"after": 8, "limit": 64}),
        ),
        _script(_line("x" * 40, {"x": "y" * 1_900})),
        _script(
            "d1", _armed(HEAT), START, "t40", b"~3 " + _line("stop")[1:], "t5", "~40 stop", "t5"
        ),
        _script(*(_line(method) for method in HANDLERS)),
        _script(
            "d1", _armed(HEAT, REST), START, "t60", "!noise\\n", "t60", "~9 {}", _line("stop"), "t3"
        ),
        _script("s0", _armed(HEAT), START, "t40"),
        _script(
            _armed(COLD),
            START,
            "t5",
            _line("confirm"),
            "m11000",
            "t50",
            _line("pause"),
            "t5",
            _line("resume"),
            "t5",
            "b1",
            "t2",
            "b0",
            "t3",
            _line("journal"),
        ),
        _script(
            _line("set_config", {"cooler": True}),
            "b1",
            "t35",
            "b0",
            "t5",
            _line("get_config"),
            _armed(COLD, HEAT, attended_s=5),
            START,
            "t70",
        ),
        _script(
            _armed(HEAT), START, "t20", "p0", "t5", _line("journal"), "p1", "t5", _line("status")
        ),
        _script(
            "e1", "t2", "e0", "t2", _line("clear_fault", {"fault": "emergency_stop"}), "b1", "t40"
        ),
        _script(
            "f1", _armed(REST), START, "t3", "f0", _line("clear_fault", {"fault": "journal_lost"})
        ),
        _script("r0", *[_line("hello")] * 20, "r1", "t3", _line("ping")),
        _script(
            _line("set_clock", {"unix_s": 1_700_000_000}), _line("reboot", {"into": "app"}), "t2"
        ),
    ],
    "host": [
        b"\0"
        + _script(
            b'={"jsonrpc":"2.0","id":$ID,"result":{"protocol":1,"firmware":"1",'
            b'"board":"b","uid":"0","reset_cause":"power_on","limits":{"a":1},"features":{"cooler":true}}}'
        ),
        b"\1" + _script(_told(b'{"t_ms":1,"state":"idle"}'), TELEMETRY),
        b"\2" + _script(TELEMETRY, EVENT),
        b"\3"
        + _script(
            b'={"jsonrpc":"2.0","id":$ID,"error":{"code":2,"message":"limit_exceeded",'
            b'"data":{"limit":"heat_session_s","asked":1801,"allowed":1800,"phase":0}}}'
        ),
        b"\4" + _script(b'={"jsonrpc":"2.0","id":$ID,"result":{"session":1}}'),
        b"\5" + _script(b'={"jsonrpc":"2.0","id":$ID,"result":{"entries":[{"n":1}],"next":null}}'),
        b"\6" + _script(b'={"jsonrpc":"2.0","id":$ID,"result":{"credited_s":1}}'),
        b"\7" + _script(b'={"jsonrpc":"2.0","id":$ID,"result":{"uptime_ms":1}}'),
        *(b"\3" + _refused(code, data) for code, data in REFUSALS.items()),
    ],
}
