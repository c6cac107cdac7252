"""Every method in every state, and what each refusal says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poultice_core import codec, states
from poultice_core.limits import Limits
from poultice_core.requests import HANDLERS
from tests.core.rig import Rig, plan

L = Limits()
HEAT = plan(("heat", 40_000, 60))
ALL = set(states.NAMES) - {"boot", "self_test"}
BETWEEN = {"idle", "armed", "fault"}


def _at(state: str) -> Rig:
    rig = Rig(idle=state != "boot")
    if state == "armed":
        rig.result("arm", {"plan": HEAT})
    elif state == "waiting":
        rig.start(plan(("cold", 12_000, 60)))
        rig.until("waiting")
    elif state in ("running", "paused"):
        rig.start(HEAT)
        rig.ticks(30)
        if state == "paused":
            rig.result("pause")
            rig.tick()
    elif state == "fault":
        rig.tick(2000)
        assert rig.fault == "loop_late"
    assert rig.state == state
    rig.seen.clear()
    return rig


# method -> (params that fit, the states that allow it)
METHODS: dict[str, tuple[Any, set[str]]] = {
    "hello": (None, ALL),
    "status": (None, ALL),
    "arm": ({"plan": HEAT}, {"idle"}),
    "start": ({"token": "0000000"}, {"armed"}),
    "confirm": (None, {"waiting"}),
    "pause": (None, {"running"}),
    "resume": (None, {"paused"}),
    "stop": (None, ALL),
    "ping": (None, ALL),
    "clear_fault": ({"fault": "loop_late"}, {"fault"}),
    "journal": ({"after": 0, "limit": 3}, ALL),
    "set_clock": ({"unix_s": 1_700_000_000}, BETWEEN),
    "get_config": (None, ALL),
    "set_config": ({"two_point": False}, {"idle"}),
    "self_test": (None, {"idle"}),
    "reboot": ({"into": "app"}, {"idle", "fault"}),
}


def test_the_methods_are_the_contracts() -> None:
    assert set(HANDLERS) == set(METHODS)


@pytest.mark.parametrize("state", sorted(ALL | {"boot"}))
@pytest.mark.parametrize("method", METHODS)
def test_each_method_in_each_state(method: str, state: str) -> None:
    params, allowed = METHODS[method]
    rig = _at(state)
    answer = rig.ask(method, params)
    allowed = allowed | ({"boot"} if "running" in allowed and "idle" in allowed else set())
    if method == "set_clock":
        allowed = allowed | {"boot"}
    if state in allowed:
        if method == "start":
            assert answer["error"] == {"code": 5, "message": "bad_token", "data": {}}
        else:
            assert "result" in answer, answer
        return
    error = answer["error"]
    if state == "fault":
        assert (error["code"], error["message"]) == (3, "fault_active")
        assert error["data"] == {"fault": "loop_late", "clear": "host", "cause_gone": True}
        return
    assert (error["code"], error["message"]) == (1, "wrong_state")
    assert set(error["data"]) == {"state", "states"}
    # A fresh rig's first tick is taken while it waits for the answer of `stop` only.
    assert error["data"]["state"] == state
    assert allowed <= set(error["data"]["states"])
    assert not set(error["data"]["states"]) & (ALL - allowed)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("params", [[], [1], "x", 5, True, {"surplus": 1}])
def test_params_of_a_wrong_type_are_named_first(method: str, params: object) -> None:
    rig = _at("fault")
    if isinstance(params, dict):
        params = {**(METHODS[method][0] or {}), **params}
    error = rig.error(method, params)
    assert (error["code"], error["message"]) == (codec.INVALID_PARAMS, "Invalid params")
    assert set(error["data"]) == {"param", "expected"}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("arm", {}),
        ("arm", {"plan": 5}),
        ("start", {}),
        ("start", {"token": 5}),
        ("clear_fault", {}),
        ("clear_fault", {"fault": 3}),
        ("journal", {"after": -1}),
        ("journal", {"after": "0"}),
        ("journal", {"limit": 0}),
        ("journal", {"limit": 1.5}),
        ("set_clock", {}),
        ("set_clock", {"unix_s": -1}),
        ("set_clock", {"unix_s": 1 << 32}),
        ("set_clock", {"unix_s": 1.5}),
        ("set_config", {"cooler": 3}),
        ("reboot", {"into": "space"}),
        ("reboot", {"into": 1}),
    ],
)
@pytest.mark.parametrize("state", ["idle", "running", "fault"])
def test_wrong_params_are_refused_in_any_state(
    method: str, params: dict[str, Any], state: str
) -> None:
    assert _at(state).error(method, params)["code"] == codec.INVALID_PARAMS


def test_an_unknown_method() -> None:
    error = Rig().error("heat_up", {"now": True})
    assert (error["code"], error["message"]) == (codec.METHOD_NOT_FOUND, "Method not found")


# --- what each method answers -------------------------------------------------------------


def test_hello() -> None:
    rig = Rig()
    assert rig.result("hello") == {
        "protocol": 1,
        "firmware": "0.1.0",
        "board": "rig",
        "uid": "00000000000000aa",
        "reset_cause": "power_on",
        "limits": L.reported() | {"heat_target_max_mc": 39_000},
        "features": {"cooler": False, "sensor_b": True, "sense": True},
    }


def test_ping_tells_the_time_since_start() -> None:
    rig = Rig()
    before = rig.result("ping")
    assert set(before) == {"uptime_ms"}
    rig.ticks(25)
    assert rig.result("ping")["uptime_ms"] == before["uptime_ms"] + 2500


def test_status_is_the_telemetry() -> None:
    rig = Rig()
    status = rig.result("status")
    rig.ticks(12)
    telemetry = [m["params"] for m in rig.seen if m.get("method") == "telemetry"]
    assert set(telemetry[-1]) == set(status)


@pytest.mark.requirement("SR-15")
def test_self_test_energises_nothing() -> None:
    rig = Rig()
    good = {
        "sensor_a": "ok", "sensor_b": "ok", "sense": "ok",
        "estop": "ok", "journal": "ok", "limits": "ok",
    }  # fmt: skip
    assert rig.result("self_test") == {"checks": good}
    rig.board.code_b_x8 = 4095 * 8
    rig.tick()
    assert rig.result("self_test")["checks"] == good | {"sensor_b": "fail"}
    del rig.board.store.files["journal"]
    assert rig.result("self_test")["checks"]["journal"] == "fail"
    assert not any(any(outputs) for outputs in rig.board.writes)
    rig = Rig()
    rig.configure(sensor_b=False, sense=False)
    assert rig.result("self_test")["checks"] == good | {"sensor_b": "absent", "sense": "absent"}


@pytest.mark.parametrize("into", ["app", "repl", "bootloader"])
def test_reboot_is_answered_first(into: str) -> None:
    rig = Rig()
    assert rig.result("reboot", {"into": into}) == {}
    assert rig.board.rebooted is None
    rig.tick()
    assert rig.board.rebooted == into
    assert rig.board.outputs == (False, False, False)


# --- arm and start ------------------------------------------------------------------------


@pytest.mark.requirement("SR-17")
def test_arm_gives_a_token_for_this_very_plan() -> None:
    rig = Rig()
    seen = set()
    for number in range(1, 6):
        answer = rig.result("arm", {"plan": HEAT})
        assert set(answer) == {"token", "total_s", "plan_id"}
        assert int(answer["token"], 16) >= 0
        assert answer["token"] == answer["token"].lower()
        assert (answer["total_s"], answer["plan_id"]) == (60, number)
        seen.add(answer["token"])
        rig.result("stop")
        assert rig.error("start", {"token": answer["token"]})["code"] == 1
    assert len(seen) == 5


@pytest.mark.requirement("SR-17")
def test_the_token_of_an_earlier_arm_is_a_wrong_one() -> None:
    rig = Rig()
    old = rig.result("arm", {"plan": HEAT})["token"]
    rig.result("stop")
    new = rig.result("arm", {"plan": HEAT})["token"]
    assert rig.error("start", {"token": old})["code"] == 5
    assert rig.result("start", {"token": new}) == {"session": 1}
    assert rig.error("start", {"token": new})["code"] == 1


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize("count", [2, 3])
def test_three_wrong_tokens_disarm_and_two_do_not(count: int) -> None:
    rig = Rig()
    token = rig.result("arm", {"plan": HEAT})["token"]
    for wrong in ("", token.upper() + "0", "f" * 64)[:count]:
        assert rig.error("start", {"token": wrong})["code"] == 5
    answer = rig.ask("start", {"token": token})
    assert ("result" in answer) == (count == 2)


@pytest.mark.requirement("SR-17")
def test_no_single_frame_repeated_energises_anything() -> None:
    rig = Rig()
    frame = codec.encode({"jsonrpc": "2.0", "id": 1, "method": "arm", "params": {"plan": HEAT}})
    for _ in range(30):
        rig.raw(frame)
        rig.ticks(30)
    assert not any(any(outputs) for outputs in rig.board.writes)


@pytest.mark.requirement("SR-05", "SR-17")
def test_the_intent_is_on_flash_when_start_is_answered() -> None:
    rig = Rig()
    token = rig.result("arm", {"plan": HEAT})["token"]
    saves = rig.board.store.saves
    rig.raw(
        codec.encode({"jsonrpc": "2.0", "id": 99, "method": "start", "params": {"token": token}})
    )
    assert rig.board.store.saves == saves + 1
    assert rig.seen[-1]["result"] == {"session": 1}
    assert rig.board.outputs == (False, False, False)


@pytest.mark.requirement("SR-17", "SR-07", "SR-03")
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda board: setattr(board, "code_x8", 4095 * 8), "sensor_open"),
        (lambda board: setattr(board, "code_b_x8", 4095 * 8), "sensor_open"),
        (lambda board: setattr(board, "code_x8", 10), "sensor_short"),
        (lambda board: board.set_mc(4_900), "sensor_cold"),
        (lambda board: board.set_mc(43_100), "sensor_hot"),
    ],
)
@pytest.mark.parametrize("method", ["arm", "start", "resume"])
def test_not_ready_says_why(spoil: Callable[[Any], None], reason: str, method: str) -> None:
    rig = Rig()
    params: dict[str, Any] | None = {"plan": HEAT}
    if method == "start":
        params = rig.result("arm", {"plan": HEAT})
        params = {"token": params["token"]}
    elif method == "resume":
        rig.start(HEAT)
        rig.ticks(30)
        rig.result("pause")
        params = None
        rig.tick()
    spoil(rig.board)
    rig.tick()
    error = rig.error(method, params)
    assert error == {"code": 7, "message": "not_ready", "data": {"reason": reason}}


def test_limit_exceeded() -> None:
    rig = Rig()
    error = rig.error("arm", {"plan": plan(("heat", 40_000, 60), ("heat", 41_001, 60))})
    assert (error["code"], error["message"]) == (2, "limit_exceeded")
    assert error["data"] == {
        "limit": "heat_target_max_mc", "asked": 41_001, "allowed": 41_000, "phase": 1,
    }  # fmt: skip


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(
    ("record", "phase", "limit", "asked"),
    [
        ((L.heat_day_s - 59, 0, 0), ("heat", 40_000, 60), "heat_day_s", L.heat_day_s + 1),
        ((0, L.cold_day_s - 59, 0), ("cold", 12_000, 60), "cold_day_s", L.cold_day_s + 1),
        ((0, 0, L.dose_day_m), ("heat", 40_000, 60), "dose_day_m", None),
    ],
)
def test_a_total_of_the_day_says_how_long_to_wait(
    record: tuple[int, int, int], phase: tuple[str, int, int], limit: str, asked: int | None
) -> None:
    rig = Rig()
    rig.guard.ledger.add(*record, False)
    rig.guard.ledger.credit(1000)
    error = rig.error("arm", {"plan": plan(phase)})
    data = error["data"]
    assert (error["code"], data["limit"], data["allowed"]) == (2, limit, getattr(L, limit))
    assert data["asked"] == asked or (asked is None and data["asked"] > data["allowed"])
    assert 86_400 - 1000 - 10 <= data["wait_s"] <= 86_400 - 1000
    assert set(data) == {"limit", "asked", "allowed", "wait_s"}


@pytest.mark.requirement("SR-05")
def test_the_ninth_session_of_a_day_is_refused() -> None:
    rig = Rig()
    for _ in range(L.sessions_day):
        rig.guard.ledger.add(1, 0, 0, False)
    data = rig.error("arm", {"plan": HEAT})["data"]
    assert (data["limit"], data["asked"], data["allowed"]) == ("sessions_day", 9, 8)


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(
    ("heat_s", "cold_s", "phase", "rest_s", "after"),
    [
        (100, 0, ("heat", 40_000, 60), L.rest_after_heat_s, "heat"),
        (0, 100, ("heat", 40_000, 60), L.rest_cold_to_heat_s, "cold"),
        (0, 100, ("cold", 12_000, 60), L.rest_cold_to_cold_s, "cold"),
        (100, 100, ("cold", 12_000, 60), L.rest_cold_to_cold_s, "cold"),
    ],
)
def test_rest_required_is_for_this_very_plan(
    heat_s: int, cold_s: int, phase: tuple[str, int, int], rest_s: int, after: str
) -> None:
    rig = Rig()
    rig.guard.ledger.add(heat_s, cold_s, 0, True)
    error = rig.error("arm", {"plan": plan(phase)})
    assert (error["code"], error["message"]) == (4, "rest_required")
    assert error["data"] == {"rest_s": rest_s, "after": after, "clock": False}


def test_the_order_of_judging() -> None:
    """Fault, state, limits, readiness, rest: each hides the ones after it."""
    bad = {"plan": plan(("heat", 42_000, 5))}
    rig = Rig()
    rig.guard.ledger.add(100, 0, 0, True)
    rig.board.set_mc(4_000)
    rig.tick()
    assert rig.error("arm", bad)["code"] == 2
    assert rig.error("arm", {"plan": HEAT})["code"] == 7
    rig.board.set_mc(32_000)
    rig.tick()
    assert rig.error("arm", {"plan": HEAT})["code"] == 4
    rig = _at("armed")
    assert rig.error("arm", bad)["code"] == 1
    rig = _at("fault")
    assert rig.error("arm", bad)["code"] == 3
    # A wrong token is named before a sensor that is not ready.
    rig = _at("armed")
    rig.board.code_x8 = 4095 * 8
    rig.tick()
    assert rig.error("start", {"token": "0000000"})["code"] == 5


# --- clear_fault, stop --------------------------------------------------------------------


@pytest.mark.requirement("SR-20")
def test_clear_fault_by_its_name_once_the_cause_is_gone() -> None:
    rig = Rig()
    rig.start(HEAT)
    rig.ticks(30)
    rig.board.code_x8 = 4095 * 8
    rig.ticks(4)
    error = rig.error("clear_fault", {"fault": "sensor_open"})
    assert error["code"] == 3
    assert error["data"] == {"fault": "sensor_open", "clear": "host", "cause_gone": False}
    rig.board.set_mc(32_000)
    rig.ticks(10)
    for name in ("sensor_jump", "emergency_stop", "", "no_such_fault"):
        error = rig.error("clear_fault", {"fault": name})
        assert error["code"] == 3
        assert error["data"]["cause_gone"] is True
    assert rig.result("clear_fault", {"fault": "sensor_open"}) == {}
    assert rig.result("status")["state"] == "idle"


@pytest.mark.requirement("SR-20")
def test_a_script_cannot_clear_a_severe_fault() -> None:
    rig = Rig()
    rig.board.estop_open = True
    rig.tick()
    rig.board.estop_open = False
    rig.tick()
    error = rig.error("clear_fault", {"fault": "emergency_stop"})
    assert error["data"] == {"fault": "emergency_stop", "clear": "button", "cause_gone": True}


@pytest.mark.parametrize("state", sorted(ALL))
def test_stop_is_answered_when_the_outputs_are_low(state: str) -> None:
    rig = _at(state)
    rig.board.incoming += codec.encode({"jsonrpc": "2.0", "id": "s", "method": "stop"})
    rig.loop.serve()
    answered = b'"id":"s"' in rig.board.outgoing
    assert not answered or rig.board.outputs == (False, False, False)
    rig.tick()
    assert any(m.get("id") == "s" and m["result"] == {} for m in rig.seen)
    assert rig.board.outputs == (False, False, False)
    assert rig.state == ("fault" if state == "fault" else "idle")


def test_idle_is_reported_only_when_the_pins_are_low() -> None:
    rig = _at("running")
    assert rig.board.outputs[0]
    request = [
        codec.encode({"jsonrpc": "2.0", "id": n, "method": method})
        for n, method in ((901, "stop"), (902, "status"))
    ]
    status = next(m for m in rig.raw(b"".join(request)) if m.get("id") == 902)["result"]
    assert status["state"] == "running"
    rig.tick()
    assert rig.result("status")["state"] == "idle"


def test_between_the_stop_and_the_closing_entry_the_device_is_busy() -> None:
    for method, params in (("arm", {"plan": HEAT}), ("set_config", {}), ("self_test", None)):
        rig = _at("running")
        body = {"jsonrpc": "2.0", "id": "b", "method": method}
        if params is not None:
            body["params"] = params
        stop = codec.encode({"jsonrpc": "2.0", "id": "s", "method": "stop"})
        rig.raw(stop + codec.encode(body))
        error = next(m for m in rig.seen if m.get("id") == "b")["error"]
        assert (error["code"], error["message"]) == (6, "busy")
        assert error["data"]["retry_ms"] > 0
        rig.ticks(-(-error["data"]["retry_ms"] // 100))
        assert error != rig.ask(method, params).get("error")


# --- fuzz ---------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["plan", "token", "fault", "after", "limit", "unix_s", "into", "cooler"]
            )
            | st.text(max_size=5),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
REQUESTS = st.lists(
    st.tuples(st.sampled_from([*METHODS, "none", "__class__"]), JSON), min_size=1, max_size=10
)


@pytest.mark.requirement("SR-17", "SR-19")
@settings(max_examples=25)
@given(REQUESTS)
def test_whatever_is_asked_is_answered_and_energises_nothing(
    requests: list[tuple[str, Any]],
) -> None:
    rig = Rig()
    for number, (method, params) in enumerate(requests):
        message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        line = codec.encode(message)
        if len(line) > codec.MAX_LINE:
            continue
        rig.raw(line)
        rig.tick()
        answers = [m for m in rig.seen if m.get("id") == number]
        assert len(answers) == 1
        assert ("result" in answers[0]) != ("error" in answers[0])
    assert rig.fault != "internal"
    assert not any(any(outputs) for outputs in rig.board.writes)


@pytest.mark.requirement("SR-19")
@settings(max_examples=25)
@given(st.lists(st.binary(max_size=120), max_size=20))
def test_no_bytes_raise_energise_or_block(chunks: list[bytes]) -> None:
    rig = Rig()
    for chunk in chunks:
        rig.raw(chunk)
        rig.raw(chunk + b"\n")
        rig.raw(codec.seal(chunk) + b"\n")
        rig.tick()
    assert rig.fault is None
    assert not any(any(outputs) for outputs in rig.board.writes)
    rig.raw(b"\n")
    assert "uptime_ms" in rig.result("ping")
