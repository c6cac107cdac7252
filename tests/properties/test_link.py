"""Whatever comes over the link: nothing raises, nothing energises, every answer is a valid line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core import codec
from poultice_core.requests import HANDLERS
from tests.properties.driver import Driver
from tests.properties.test_guard_machine import PHASES, plan_of

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.sampled_from([10**600, -(10**1800), 2**31, -1, 0, 1])
    | st.floats()
    | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
METHODS = st.sampled_from([*sorted(HANDLERS), "nothing", "", "é" * 40])
MEMBERS = [
    "plan",
    "token",
    "fault",
    "after",
    "limit",
    "unix_s",
    "into",
    "offset_mc",
    "density_mw_cm2",
    "sense",
]
PARAMS = (
    st.none()
    | JSON
    | st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4)
    | st.fixed_dictionaries({"plan": st.lists(PHASES, max_size=18).map(
        lambda phases: plan_of(phases, "normal", 0, 30))})
)  # fmt: skip
IDS = st.integers(0, 2**31 - 1) | st.text(max_size=32) | JSON


def device() -> Driver:
    driver = Driver()
    driver.reset(None, {}, {}, "power_on", 0)
    driver.step(10, 100, 0, 0, (None, None))
    return driver


def latin(data: bytes) -> str:
    return data.decode("latin-1")


def lines_of(driver: Driver, text: str) -> list[str]:
    """What came back to these bytes, at once and in the ticks that it took."""
    lines = driver.raw(text)
    for _ in range(40):
        driver.board.outgoing = b""
        driver.step(1, 100, 0, 0, (None, None))
        lines += driver.raw_lines()
        if not driver.waits():
            break
    return lines


def check(driver: Driver, lines: list[str]) -> list[dict[str, Any]]:
    """Every line valid, nothing energised, no fault, and no more memory than before."""
    read = []
    for line in lines:
        assert len(line) + 1 <= 2048, f"{len(line)} bytes"
        text = codec.unseal(line.encode("latin-1"))
        assert text is not None, line
        assert max(text) < 127
        message = json.loads(text)
        assert message["jsonrpc"] == "2.0"
        assert ("id" in message) != ("method" in message)
        read.append(message)
    loop = driver.loop
    assert driver.board.outputs == 0
    assert loop.guard.outputs == 0
    assert loop.guard.latch.fault == 0, "something raised"
    assert len(loop.link._reader._line) <= 2048
    assert len(loop.link._queue) <= 16
    return read


def request(request_id: Any, method: str, params: Any) -> bytes:
    message = {"jsonrpc": "2.0", "id": request_id, "method": method}
    if params is not None:
        message["params"] = params
    return codec.seal(json.dumps(message).encode()) + b"\n"


@given(data=st.binary(max_size=5000))
@pytest.mark.requirement("SR-17", "SR-19")
def test_any_bytes(data: bytes) -> None:
    driver = device()
    for start in range(0, len(data), 700):
        check(driver, lines_of(driver, latin(data[start : start + 700])))
    driver.step(2, 100, 0, 0, (None, None))
    check(driver, [])
    assert_alive(driver)


def assert_alive(driver: Driver) -> None:
    lines = lines_of(driver, "\n" + latin(request(7, "ping", None)))
    answers = [m for m in check(driver, lines) if m.get("id") == 7]
    assert len(answers) == 1
    assert "uptime_ms" in answers[0]["result"]


@given(request_id=IDS, method=METHODS, params=PARAMS)
@pytest.mark.requirement("SR-17", "SR-19")
def test_any_json_as_params(request_id: Any, method: str, params: Any) -> None:
    driver = device()
    line = request(request_id, method, params)
    lines = check(driver, lines_of(driver, latin(line)))
    asked = [m for m in lines if "id" in m]
    assert len(asked) <= 1
    for answer in asked:
        assert answer["id"] == request_id
        assert ("result" in answer) != ("error" in answer)
        if "error" in answer:
            assert answer["error"]["code"] in {-32700, -32600, -32601, -32602, *range(1, 8)}
    if driver.board.rebooted == "":
        assert_alive(driver)


@given(
    method=METHODS,
    cut=st.integers(0, 60),
    bit=st.integers(0, 399),
    truncate=st.booleans(),
)
@pytest.mark.requirement("SR-17")
def test_a_damaged_line_does_nothing(method: str, cut: int, bit: int, truncate: bool) -> None:
    driver = device()
    plan = plan_of([("heat", 40_000, 60)], "normal", 0, 1)
    line = request(5, "arm" if method == "" else method, {"plan": plan})[:-1]
    if truncate:
        damaged = line[: max(0, len(line) - 1 - cut)]
    else:
        where = bit % (8 * len(line))
        damaged = bytearray(line)
        damaged[where // 8] ^= 1 << where % 8
    before = driver.loop.guard.course.state
    errors = driver.loop.link.rx_errors
    answers = check(driver, lines_of(driver, latin(bytes(damaged) + b"\n")))
    assert driver.loop.guard.course.state == before
    assert all("error" in answer for answer in answers if "id" in answer)
    swallowed = not bytes(damaged).strip(b"\r\x03") or b"\x03" in damaged
    if not swallowed and b"\n" not in bytes(damaged):
        assert driver.loop.link.rx_errors == errors + 1


@given(st.lists(st.sampled_from([b"x" * 300, b"\n", b"\x03", b"x" * 2047, b"{}"]), max_size=40))
def test_overlong_lines_count_once_and_are_forgotten(parts: list[bytes]) -> None:
    driver = device()
    sent = b"".join(parts)
    driver.raw(latin(sent))
    lines = sent.replace(b"\x03", b"").split(b"\n")
    whole = [line for line in lines[:-1] if line]
    begun = 1 if len(lines[-1]) > 2047 else 0
    assert driver.loop.link.rx_errors == len(whole) + begun
    assert len(driver.loop.link._reader._line) < 2048


@pytest.mark.parametrize(("digits", "code"), [(13, 2), (40, 2), (41, None), (1880, None)])
def test_a_long_number_is_over_the_limit_and_one_of_more_than_40_digits_is_no_json(
    digits: int, code: int | None
) -> None:
    driver = device()
    phase = {"mode": "heat", "target_mc": 38_000, "duration_s": 10 ** (digits - 1)}
    line = request(0, "arm", {"plan": {"name": "a", "phases": [phase]}})
    assert len(line) <= 2048
    answers = [m for m in check(driver, lines_of(driver, latin(line))) if "id" in m]
    assert [m["error"]["code"] for m in answers] == ([code] if code else [])
    assert driver.loop.link.rx_errors == (code is None)


@given(phases=st.lists(PHASES, min_size=1, max_size=20), profile=st.sampled_from(
    ["normal", "sensitive"]), attended_s=st.sampled_from([0, 3, 5, 60, 61]),
    factor=st.sampled_from([1, 30, 100, 400]))  # fmt: skip
@pytest.mark.requirement("SR-04")
def test_the_reader_refuses_what_breaks_a_limit_and_nothing_else(
    phases: Any, profile: str, attended_s: int, factor: int
) -> None:
    driver = device()
    plan = plan_of(phases, profile, attended_s, factor)
    code, body, _ = driver.command("arm", {"plan": plan})
    heat = [p for p in plan["phases"] if p["mode"] == "heat"]
    cold = [p for p in plan["phases"] if p["mode"] == "cold"]
    top_mc = 39_000  # of a pad that may fold, below every other bound
    breaks = (
        len(phases) > 16
        or attended_s in (3, 61)
        or any(p["duration_s"] < 30 for p in plan["phases"])
        or any(not 30_000 <= p["target_mc"] <= top_mc for p in heat)
        or any(not 11_000 <= p["target_mc"] <= 25_000 for p in cold)
        or sum(p["duration_s"] for p in heat) > 1800
        or sum(p["duration_s"] for p in cold) > 1200
        or sum(p["duration_s"] for p in plan["phases"]) > 2400
    )
    assert code == (2 if breaks else 0)
    if breaks:
        assert set(body) <= {"limit", "asked", "allowed", "phase"}
