"""Every method in every state, and what each refusal says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poultice_core import codec, states
from poultice_core.limits import Limits
from poultice_core.requests import HANDLERS
from tests.core.rig import Rig, RigStore, plan

L = Limits()
HEAT = plan(("heat", 40_000, 60))
ALL = set(states.NAMES) - {"boot", "self_test"}
BETWEEN = {"idle", "armed", "fault"}


def _line(request_id: object, method: str, params: Any = None) -> bytes:
    body = {"jsonrpc": "2.0", "id": request_id, "method": method}
    if params is not None:
        body["params"] = params
    return codec.encode(body)


def _id(rig: Rig, request_id: object) -> dict[str, Any]:
    """The answer to it among what was seen."""
    return next(m for m in rig.seen if m.get("id") == request_id)


def _ids(rig: Rig) -> list[Any]:
    return [m["id"] for m in rig.seen if "id" in m]


def _silent(rig: Rig) -> bool:
    """Nothing was ever energised."""
    return not any(any(outputs) for outputs in rig.board.writes)


def _at(state: str) -> Rig:
    rig = Rig(idle=state != "boot")
    if state == "armed":
        rig.token = rig.result("arm", {"plan": HEAT})["token"]
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
    "start": ({"token": "00000000"}, {"armed"}),
    "confirm": (None, {"waiting"}),
    "pause": (None, {"running"}),
    "resume": (None, {"paused"}),
    "stop": (None, ALL),
    "ping": (None, ALL),
    "clear_fault": ({"fault": "loop_late"}, {"fault"}),
    "journal": ({"after": 0, "limit": 3}, ALL),
    "set_clock": ({"unix_s": (1 << 32) - 1}, BETWEEN),
    "get_config": (None, ALL),
    "set_config": ({"two_point": False}, {"idle"}),
    "drop_config": (None, {"idle"}),
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
    # A command takes a tick: a fresh device is one state further by then.
    at = "self_test" if state == "boot" and method != "self_test" else state
    assert error["data"]["state"] == at
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
    error = Rig().error("heat_up" * 5, {"now": True})
    assert (error["code"], error["message"]) == (codec.METHOD_NOT_FOUND, "Method not found")
    assert error["data"] == {"method": ("heat_up" * 5)[:32]}


@pytest.mark.parametrize(
    "method", ["hello", "status", "ping", "journal", "get_config", "self_test"]
)
def test_what_only_asks_is_answered_at_once(method: str) -> None:
    assert "result" in Rig().raw(_line(7, method))[-1]


# --- what each method answers -------------------------------------------------------------


@pytest.mark.parametrize(("new", "highest_mc"), [(False, 41_000), (True, 39_000)])
def test_hello_and_that_the_pad_of_a_new_device_may_fold(new: bool, highest_mc: int) -> None:
    assert Rig(RigStore() if new else None).result("hello") == {
        "protocol": 1,
        "firmware": "0.1.0",
        "core": "0123456789abcdef",
        "board": "rig",
        "uid": "00000000000000aa",
        "reset_cause": "power_on",
        "limits": L.reported() | {"heat_target_max_mc": highest_mc},
        "features": {"cooler": False, "sensor_b": True, "sense": True},
    }


def test_ping_tells_the_time_since_start() -> None:
    rig = Rig()
    before = rig.result("ping")
    assert before == {"uptime_ms": 39 * 100}  # between forty ticks
    rig.ticks(25)
    assert rig.result("ping")["uptime_ms"] == before["uptime_ms"] + 2500


def test_a_page_of_the_journal_is_eight_entries_where_nothing_is_said() -> None:
    rig = Rig()
    for _ in range(9):
        rig.loop.memory._journal.add((("kind", "fault"),))
    pages = [rig.result("journal", params)["entries"] for params in (None, {"limit": 9})]
    assert [len(page) for page in pages] == [8, 9]


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
    assert _silent(rig)
    rig = Rig()
    rig.configure(sensor_b=False, sense=False)
    assert rig.result("self_test")["checks"] == good | {"sensor_b": "absent", "sense": "absent"}


@pytest.mark.parametrize("into", ["app", "repl", "bootloader"])
def test_reboot_is_answered_first(into: str) -> None:
    rig = Rig()
    assert rig.result("reboot", {"into": into}) == {}
    assert rig.board.rebooted is None
    # Nobody is answered by a device that is about to go.
    assert rig.raw(_line("p", "ping")) == []
    rig.tick()
    assert rig.board.rebooted == into
    assert rig.board.outputs == (False, False, False)


# --- arm and start ------------------------------------------------------------------------


@pytest.mark.requirement("SR-17")
def test_arm_gives_a_token_for_this_very_plan_and_once() -> None:
    rig = Rig()
    seen: list[str] = []
    for number in range(1, 6):
        answer = rig.result("arm", {"plan": HEAT})
        token = answer["token"]
        assert re.fullmatch("[0-9a-f]{8}", token)
        assert answer == {"token": token, "total_s": 60, "plan_id": number}
        assert token not in seen
        for old in seen[-1:]:
            assert rig.error("start", {"token": old})["code"] == 5
        seen.append(token)
        rig.result("stop")
        assert rig.error("start", {"token": token})["code"] == 1
    token = rig.result("arm", {"plan": HEAT})["token"]
    assert rig.result("start", {"token": token}) == {"session": 1}
    assert rig.error("start", {"token": token})["code"] == 1


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize("count", [2, 3])
def test_three_wrong_tokens_disarm_and_two_do_not(count: int) -> None:
    rig = Rig()
    token = rig.result("arm", {"plan": HEAT})["token"]
    for wrong in ("X" * 8, token + "0", token[1:])[:count]:  # each begins with a 0
        assert rig.error("start", {"token": wrong})["code"] == 5
    assert ("result" in rig.ask("start", {"token": token})) == (count == 2)


@pytest.mark.requirement("SR-17")
def test_no_single_frame_repeated_energises_anything() -> None:
    rig = Rig()
    for _ in range(30):
        rig.raw(_line(1, "arm", {"plan": HEAT}))
        rig.ticks(30)
    assert _silent(rig)


@pytest.mark.requirement("SR-05", "SR-17")
def test_the_intent_is_on_flash_when_start_is_answered() -> None:
    rig = Rig()
    token = rig.result("arm", {"plan": HEAT})["token"]
    saves = rig.board.store.saves
    assert rig.raw(_line(99, "start", {"token": token})) == []
    assert rig.board.store.saves == saves
    rig.tick()
    assert rig.board.store.saves == saves + 1
    assert _id(rig, 99)["result"] == {"session": 1}
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
    rig = _at({"arm": "idle", "start": "armed", "resume": "paused"}[method])
    params = {"arm": {"plan": HEAT}, "start": {"token": rig.token}, "resume": None}[method]
    spoil(rig.board)
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
    ("records", "phases", "limit", "asked"),
    [
        ([(L.heat_day_s - 59, 0, 0)], [("heat", 40_000, 60)], "heat_day_s", L.heat_day_s + 1),
        ([(0, L.cold_day_s - 59, 0)], [("cold", 12_000, 60)], "cold_day_s", L.cold_day_s + 1),
        ([(0, 0, L.dose_day_m)], [("heat", 40_000, 60)], "dose_day_m", None),
        ([(1, 0, 0)] * L.sessions_day, [("heat", 40_000, 60)], "sessions_day", 9),
        ([(1, 0, 0)] * (L.sessions_day + 1), [("heat", 40_000, 60)], "sessions_day", 10),
        (
            [(0, L.cold_day_s - 60, L.dose_day_m)],
            [("heat", 40_000, 60), ("cold", 12_000, 60)],
            "dose_day_m",
            None,
        ),
    ],
)
def test_a_total_of_the_day_says_how_long_to_wait(
    records: list[tuple[int, int, int]],
    phases: list[tuple[str, int | None, int]],
    limit: str,
    asked: int | None,
) -> None:
    rig = Rig()
    for record in records:
        rig.guard.ledger.add(*record, False)
    rig.guard.ledger.credit(1000)
    error = rig.error("arm", {"plan": plan(*phases)})
    data = error["data"]
    assert (error["code"], data["limit"], data["allowed"]) == (2, limit, getattr(L, limit))
    assert data["asked"] == asked or (asked is None and data["asked"] > data["allowed"])
    assert 86_400 - 1000 - 10 <= data["wait_s"] <= 86_400 - 1000
    assert set(data) == {"limit", "asked", "allowed", "wait_s"}


@pytest.mark.requirement("SR-05")
def test_only_what_is_too_much_is_waited_for() -> None:
    rig = Rig()
    ledger = rig.guard.ledger
    ledger.add(100, 0, 0, False)
    ledger.credit(1000)
    ledger.add(L.heat_day_s - 100, 0, 0, False)
    data = rig.error("arm", {"plan": plan(("heat", 40_000, 60))})["data"]
    assert (data["limit"], data["asked"]) == ("heat_day_s", L.heat_day_s + 60)
    # Once the first of them has left the day.
    assert 86_400 - 1000 - 10 <= data["wait_s"] <= 86_400 - 1000


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
    # Of the second in which it ended, a part had passed.
    assert error["data"]["rest_s"] in (rest_s, rest_s - 1)
    assert (error["data"]["after"], error["data"]["clock"]) == (after, False)
    assert set(error["data"]) == {"rest_s", "after", "clock"}


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
def test_stop_is_answered_and_its_state_told_when_the_outputs_are_low(state: str) -> None:
    rig = _at(state)
    assert rig.board.outputs[0] == (state == "running")
    assert rig.raw(_line("s", "stop") + _line("q", "status")) == []
    rig.tick()
    assert _ids(rig) == ["s", "q"]
    assert _id(rig, "s")["result"] == {}
    assert rig.board.outputs == (False, False, False)
    assert rig.state == ("fault" if state == "fault" else "idle")
    status = _id(rig, "q")["result"]
    assert (status["state"], status["session"], status["plan"]) == (rig.state, None, None)
    assert (status["master"], status["heat"]) == (False, False)


@pytest.mark.requirement("SR-18")
def test_requests_are_answered_in_the_order_in_which_they_came() -> None:
    rig = _at("running")
    rig.raw(b"".join(_line(n, method) for n, method in enumerate(["pause", "ping", "resume"])))
    assert _ids(rig) == []
    rig.tick()
    assert (_ids(rig), rig.state) == ([0, 1], "paused")
    rig.tick()
    assert (_ids(rig), rig.state) == ([0, 1, 2], "running")


@pytest.mark.parametrize(
    ("method", "params"), [("arm", {"plan": HEAT}), ("set_config", {}), ("self_test", None)]
)
def test_what_follows_a_stop_is_judged_after_it(method: str, params: object) -> None:
    rig = _at("armed")
    rig.raw(_line("s", "stop") + _line("b", method, params))
    rig.ticks(3)
    assert _ids(rig) == ["s", "b"]
    assert "result" in _id(rig, "b")


@pytest.mark.requirement("SR-16", "SR-18")
def test_a_state_and_its_outputs_are_of_the_same_tick() -> None:
    rig = Rig()
    rig.start(HEAT)
    rig.board.set_mc(34_000)
    while rig.board.outputs != (True, True, False):
        rig.tick()
    closed = {"running": 0, "paused": 0}
    for number in range(60):
        if number % 20 in (3, 11):
            rig.raw(_line(f"c{number}", "pause" if number % 20 == 3 else "resume"))
        rig.raw(_line(f"s{number}", "status"))
        rig.tick()
        status = _id(rig, f"s{number}")["result"]
        relays = (status["master"], status["heat"], status["cool"])
        assert relays == rig.board.outputs
        assert status["state"] == rig.state
        assert not (status["state"] == "paused" and any(relays))
        closed[status["state"]] += relays == (True, True, False)
    telemetry = [m["params"] for m in rig.seen if m.get("method") == "telemetry"]
    assert not any(t["master"] or t["heat"] for t in telemetry if t["state"] == "paused")
    assert closed["running"] > 0


@pytest.mark.requirement("SR-17")
def test_a_command_that_became_allowed_in_its_own_tick_may_come_again() -> None:
    rig = Rig(idle=False)
    while rig.state != "self_test" or rig.guard.clocks.state_ms < 400:
        rig.tick()
    error = rig.error("arm", {"plan": HEAT})
    assert (error["code"], error["message"], rig.state) == (6, "busy", "idle")
    assert 0 < error["data"]["retry_ms"] <= 1000
    assert "token" in rig.result("arm", {"plan": HEAT})


@pytest.mark.requirement("SR-22")
def test_a_start_that_is_braked_says_how_long() -> None:
    rig = Rig()
    for _ in range(L.brake_count):
        rig.start(HEAT)
        rig.ticks(3)
        rig.result("stop")
    token = rig.result("arm", {"plan": HEAT})["token"]
    error = rig.error("start", {"token": token})
    assert (error["code"], error["message"], set(error["data"])) == (6, "busy", {"retry_ms"})
    assert 590_000 < error["data"]["retry_ms"] <= 600_000
    assert rig.state == "armed"


# --- one line a call, one write a tick ------------------------------------------------------


def test_a_call_serves_at_most_one_line() -> None:
    rig = Rig()
    rig.board.incoming += _line(1, "ping") * 500
    before = 0
    calls = 0
    while rig.loop.serve():
        calls += 1
        answers = bytes(rig.board.outgoing).count(b'"uptime_ms"')
        assert answers <= before + 1
        before = answers
    assert before == 500
    # A piece to read it, a piece to do it.
    assert calls <= 2 * 500 + len(_line(1, "ping") * 500) // 256 + 2


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("takes_ms", [45, 400, 450])
def test_a_tick_comes_between_two_requests_that_write(takes_ms: int) -> None:
    """The next session armed and started right after the stop of the last, on slow flash."""
    rig = Rig()
    rig.board.store.takes_ms = takes_ms

    def answered(request_id: str, data: bytes) -> Any:
        rig.seen.clear()
        rig.raw(data)
        for _ in range(20):
            before = (rig.board.store.saves, rig.board.now_ms)
            rig.tick()
            assert rig.board.store.saves <= before[0] + 1
            assert rig.board.now_ms <= before[1] + 100 + takes_ms
            for answer in rig.seen:
                if answer.get("id") == request_id:
                    return answer["result"]
        raise AssertionError(request_id)

    stop = b""
    for number in range(1, 4):
        token = answered("a", stop + _line("a", "arm", {"plan": HEAT}))["token"]
        assert answered("b", _line("b", "start", {"token": token})) == {"session": number}
        rig.until("running")
        while rig.board.outputs != (True, True, False):
            rig.tick()
        rig.ticks(10)
        assert rig.fault is None
        stop = _line("s", "stop")
    # Three intents, and two closing entries.
    assert rig.board.store.saves == 5


# --- a page of the journal --------------------------------------------------------------------


def _full(rig: Rig) -> None:
    """As many entries as are kept, each as long as an entry can be."""
    memory = rig.loop.memory
    for n in range(80):
        entry = (
            ("kind", "session"), ("session", (1 << 30) - 1 - n), ("plan", "a" * 32),
            ("outcome", "complete"), ("reason", "session_timeout"), ("heat_s", 1800),
            ("cold_s", 1200), ("dose_m", 9000), ("peak_mc", 42_999), ("min_mc", 10_000),
            ("heat_operations", 1000), ("warnings", list(states.WARNINGS)),
            ("t_ms", 1 << 52), ("unix_s", (1 << 32) - 1),
        )  # fmt: skip
        memory._journal.add(entry)
        rig.ticks(3)


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("request_id", ["p", "\U00010000" * 32], ids=["short", "long"])
@pytest.mark.parametrize("limit", [1, 8, 20, 64, 1 << 40])
def test_a_page_of_any_content_is_answered_in_parts(limit: int, request_id: str) -> None:
    rig = Rig()
    _full(rig)
    store = rig.board.store
    loads: list[str] = []
    real = store.load
    store.load = lambda name: loads.append(name) or real(name)  # type: ignore[method-assign,func-returns-value]
    after: int | None = 0
    found: list[int] = []
    while after is not None:
        rig.seen.clear()
        rig.board.incoming += _line(request_id, "journal", {"after": after, "limit": limit})
        for _ in range(40):
            loads.clear()
            rig.loop.serve()
            assert len(loads) <= 1
            if b'"next"' in rig.board.outgoing:
                break
        sent = bytes(rig.board.outgoing)
        rig._drain()
        assert len(sent.strip(b"\n")) + 1 <= codec.MAX_LINE
        page = _id(rig, request_id)["result"]
        assert len(page["entries"]) <= limit
        found += [entry["n"] for entry in page["entries"]]
        after = page["next"]
    assert found == list(range(found[0], 81))
    assert len(found) >= 64


def test_a_page_in_parts_lets_ticks_come_between() -> None:
    rig = Rig()
    _full(rig)
    rig.board.incoming += _line("j", "journal", {"limit": 64}) + _line("p", "ping")
    outputs = 0
    while not any(m.get("id") == "p" for m in rig.seen):
        rig.loop.serve()
        rig.board.now_ms += 100
        rig.loop.tick()
        rig._drain()
        outputs += 1
    assert _ids(rig) == ["j", "p"]
    assert outputs >= 3
    assert rig.fault is None


# --- the configuration that waits ---------------------------------------------------------


def test_what_waits_is_dropped_and_what_is_in_force_is_told() -> None:
    rig = Rig()
    before = rig.result("get_config")
    assert rig.result("drop_config") == before
    assert rig.result("set_config", {"two_point": True})["pending"] is True
    assert rig.result("get_config") == before | {"pending": True}
    assert rig.result("drop_config") == before
    assert rig.result("get_config") == before
    rig.hold(3000)
    assert rig.result("get_config") == before
    again = Rig(rig.board.store)
    again.hold(3000)
    assert again.result("get_config") == before


def test_what_cannot_be_dropped_from_flash_is_a_fault() -> None:
    rig = Rig()
    rig.result("set_config", {"two_point": True})
    rig.board.store.fail = True
    error = rig.error("drop_config")
    assert (error["code"], error["data"]["fault"]) == (3, "config_lost")


# --- faults that come back ------------------------------------------------------------------


@pytest.mark.requirement("SR-20")
def test_a_fault_that_returns_after_its_clearing_is_told_and_written_again() -> None:
    rig = _at("fault")
    assert rig.result("clear_fault", {"fault": "loop_late"}) == {}
    assert rig.state == "idle"
    rig.tick(1600)
    rig.ping()
    rig.tick()
    assert rig.fault == "loop_late"
    # The first came before a host was there to be told.
    assert [e["fault"] for e in rig.events("fault")] == ["loop_late"]
    assert [e["fault"] for e in rig.entries()] == ["loop_late", "loop_late"]
    assert Rig(rig.board.store).fault == "loop_late"


@pytest.mark.requirement("SR-20")
def test_a_fault_that_returns_in_the_tick_of_its_clearing_is_told_and_written_again() -> None:
    rig = _at("fault")
    rig.raw(_line("c", "clear_fault", {"fault": "loop_late"}))
    rig.tick(1600)
    error = _id(rig, "c")["error"]
    assert error["data"]["fault"] == "loop_late"
    rig.tick()
    assert rig.result("clear_fault", {"fault": "loop_late"}) == {}
    assert Rig(rig.board.store).fault is None


@pytest.mark.requirement("SR-20", "SR-05")
def test_a_flash_that_does_not_write_keeps_its_fault_with_true_words() -> None:
    rig = Rig()
    rig.board.store.fail = True
    rig.error("set_clock", {"unix_s": 1_700_000_000})
    rig.ticks(30)
    assert rig.fault == "journal_lost"
    for _ in range(3):
        error = rig.error("clear_fault", {"fault": "journal_lost"})
        assert error["data"] == {"fault": "journal_lost", "clear": "host", "cause_gone": False}
        rig.ticks(7)
    assert rig.ask("set_clock", {"unix_s": 1_700_000_000})
    assert rig.fault == "journal_lost"
    rig.board.store.fail = False
    rig.ticks(30)
    assert Rig(rig.board.store).fault == "journal_lost"
    assert rig.entries()[-1]["fault"] == "journal_lost"
    assert rig.result("clear_fault", {"fault": "journal_lost"}) == {}
    assert Rig(rig.board.store).fault is None


def test_a_press_in_the_tick_of_the_start_still_answers_with_its_number() -> None:
    rig = Rig()
    token = rig.result("arm", {"plan": HEAT})["token"]
    rig.raw(_line("s", "start", {"token": token}))
    rig.board.button_down = True
    rig.tick()
    rig.ticks(2)
    assert _id(rig, "s")["result"] == {"session": 1}
    assert rig.state == "idle"
    assert rig.events("stopped")[-1]["session"] == 1


# --- fuzz ---------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
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
        line = codec.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        if len(line) > codec.MAX_LINE:
            continue
        rig.raw(line)
        rig.ticks(3)
        answers = [m for m in rig.seen if m.get("id") == number]
        assert len(answers) == 1
        assert ("result" in answers[0]) != ("error" in answers[0])
    assert rig.fault != "internal"
    assert _silent(rig)


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
    assert _silent(rig)
    rig.raw(b"\n")
    assert "uptime_ms" in rig.result("ping")


# --- what a hold confirms -------------------------------------------------------------------


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize("waiting", [False, True])
def test_a_hold_that_has_begun_confirms_no_configuration_that_came_behind(waiting: bool) -> None:
    """It was begun for another one, or for none: who holds the button has not seen this one."""
    rig = Rig()
    if waiting:
        rig.result("set_config", {"density_mw_cm2": 50})
    rig.board.button_down = True
    rig.ticks(28)
    rig.result("set_config", {"density_mw_cm2": 30, "sense": False})
    rig.ticks(20)
    assert rig.loop.memory.pending is not None
    assert rig.loop.memory.config["density_mw_cm2"] == 100
    rig.board.button_down = False
    rig.ticks(2)
    rig.board.button_down = True
    rig.ticks(32)
    assert rig.loop.memory.pending is None
    assert rig.loop.memory.config["density_mw_cm2"] == 30


def test_a_button_that_is_down_from_the_start_confirms_nothing_that_waits() -> None:
    rig = Rig()
    rig.result("set_config", {"density_mw_cm2": 50})
    again = Rig(rig.board.store, idle=False)
    again.board.button_down = True
    again.ticks(60)
    assert again.loop.memory.pending is not None
