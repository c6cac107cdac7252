"""The client against a device that its test makes behave, and against garbage."""

from __future__ import annotations

import json
import zlib
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.errors import (
    BusyError,
    DeviceLostError,
    DeviceTimeoutError,
    LinkError,
    RestError,
    VersionMismatchError,
    WrongStateError,
)
from poultice.link import messages, wire
from poultice.link.messages import Event
from poultice_core import codec
from tests.core.read import parse
from tests.host.faulty import PATH, UID, Faulty, but, error, says


def test_hello_says_who_answers() -> None:
    hello = Faulty().client().hello()
    assert (hello.uid, hello.firmware, hello.limits["token_s"]) == (UID, "0.1.0", 60)


@pytest.mark.parametrize(
    ("protocol", "mends"),
    [
        (2, "python -m pip install --upgrade poultice"),
        (0, f"poultice firmware flash --device {PATH}"),
        (None, f"poultice firmware flash --device {PATH}"),
    ],
)
def test_another_version_names_the_command_that_mends_it(protocol: Any, mends: str) -> None:
    device = Faulty(answers={"hello": but(protocol=protocol)})
    with pytest.raises(VersionMismatchError) as caught:
        device.client().hello()
    assert mends in (caught.value.hint or "")


def test_answers_are_matched_by_id_past_late_and_foreign_ones() -> None:
    device = Faulty()
    for foreign in ({"id": 999, "result": {"uptime_ms": 1}}, {"id": None, "result": 7}):
        device.inject(wire.encode({"jsonrpc": "2.0", **foreign})[:-1])
    assert device.client().ping() > 1


def test_a_device_error_carries_code_message_and_data() -> None:
    answer = error(4, "rest_required", rest_s=600, after="heat", clock=True)
    with pytest.raises(RestError) as caught:
        Faulty(answers={"arm": says(answer)}).client().arm({})
    assert (caught.value.code, caught.value.message) == (4, "rest_required")
    assert caught.value.data["rest_s"] == 600


def test_a_torn_answer_is_counted_and_the_question_asked_again() -> None:
    torn = iter([True, False, False])
    device = Faulty(mangle=lambda line: line[:-3] if b'"result"' in line and next(torn) else line)
    client = device.client()
    assert client.status().state == "idle"
    assert (client.garbled, device.asked) == (1, ["status", "status"])


@pytest.mark.parametrize(
    ("method", "answers", "asked", "took_s"),
    [
        ("arm", [None], 1, 3.0),
        ("confirm", [None], 1, 3.0),
        ("arm", [error(-32700), {"token": "c0ffee"}], 2, 0.0),
        ("confirm", [error(6, "busy", retry_ms=400), {}], 2, 0.4),
        ("ping", [None], 3, 9.0),
    ],
    ids=["lost arm", "lost confirm", "garbled on its way", "busy", "silence"],
)
def test_what_is_asked_again_and_when(
    method: str, answers: list[Any], asked: int, took_s: float
) -> None:
    device = Faulty(answers={method: says(*answers)})
    client = device.client()
    call = partial(client.arm, {}) if method == "arm" else getattr(client, method)
    with pytest.raises(DeviceTimeoutError) if answers == [None] else nullcontext():
        call()
    assert device.asked == [method] * asked
    assert device.clock_s == pytest.approx(took_s, abs=0.11)


@pytest.mark.parametrize("retry_ms", ["soon", None, -5, 10**600, True, 1e300])
def test_a_busy_device_that_names_no_time_is_asked_again_soon(retry_ms: Any) -> None:
    device = Faulty(answers={"status": says(error(6, "busy", retry_ms=retry_ms))})
    with pytest.raises(BusyError):
        device.client().status()
    assert device.clock_s <= 1.0


@pytest.mark.parametrize("states", [5, None, "idle", {"idle": 1}, [None, 1]])
def test_a_refusal_with_states_of_another_type_is_still_a_refusal(states: Any) -> None:
    refused = error(1, "wrong_state", state="running", states=states)
    with pytest.raises(WrongStateError):
        Faulty(answers={"confirm": says(refused)}).client().confirm()


@pytest.mark.parametrize("number", ["repl", None, 1.5, [], True])
@pytest.mark.parametrize(
    ("method", "member", "call"),
    [
        ("start", "session", lambda client: client.start("0")),
        ("ping", "uptime_ms", lambda client: client.ping()),
        ("set_clock", "credited_s", lambda client: client.set_clock(0)),
    ],
)
def test_an_answer_with_no_number_where_one_belongs_is_a_link_error(
    method: str, member: str, call: Any, number: Any
) -> None:
    with pytest.raises(LinkError):
        call(Faulty(answers={method: says({member: number})}).client())


@pytest.mark.parametrize("line", [b">>> ", b"a" * 65_536, b"{}", b"\xff\xfe"])
def test_what_speaks_something_else_is_told_from_silence(line: bytes) -> None:
    device = Faulty(silent_at_s=0.0)
    device.inject(line)
    client = device.client()
    with pytest.raises(LinkError):
        client.hello()
    assert client.garbled == 1


def test_a_port_that_echoes_is_not_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    device = Faulty()
    monkeypatch.setattr(device, "send", lambda line: device.inject(line.rstrip(b"\n")))
    with pytest.raises(LinkError):
        device.client().hello()


def test_poll_pings_every_two_seconds_and_hands_over_what_comes() -> None:
    device = Faulty()
    client = device.client()
    while device.clock_s < 18.5:
        assert client.poll(5.0) is not None
    assert device.asked in (["ping"] * 9, ["ping"] * 10)


def test_poll_returns_in_its_time_where_nothing_comes() -> None:
    device = Faulty(reword=lambda text: None)
    assert device.client().poll(0.5) is None
    assert device.clock_s == pytest.approx(0.5, abs=0.01)


def test_unanswered_pings_mean_lost() -> None:
    device = Faulty(silent_at_s=3.0)
    client = device.client()
    with pytest.raises(DeviceLostError):
        [client.poll(1.0) for _ in range(60)]
    assert device.clock_s < 15


def notice(method: str, params: Any) -> bytes:
    return wire.encode({"jsonrpc": "2.0", "method": method, "params": params})[:-1]


def test_notifications_that_came_during_a_call_are_not_lost() -> None:
    device = Faulty()
    client = device.client()
    device.inject(notice("event", {"kind": "prompt", "t_ms": 1, "prompt": "lay_pack"}))
    client.ping()
    update = client.poll(0.0)
    assert isinstance(update, Event) and update.kind == "prompt"


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_bytes_of_a_device_raise_or_are_acted_upon(lines: list[bytes]) -> None:
    device = Faulty()
    for line in lines:
        device.inject(line)
    client = device.client()
    for _ in lines:
        assert client.poll(0.0) is None
    assert client.ping() > 1


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from(["telemetry", "event", "x"]), _json)
def test_sound_lines_with_any_content_never_raise(method: str, params: Any) -> None:
    device = Faulty()
    device.inject(notice(method, params))
    device.client().poll(0.0)


@given(_json.filter(lambda answer: answer is not None))
def test_any_answer_to_hello_is_a_hello_or_a_link_error(answer: Any) -> None:
    with pytest.raises(LinkError):
        Faulty(answers={"hello": says(answer)}).client().hello()


@given(_json)
def test_a_line_reads_back_as_it_was_written(params: Any) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "x", "params": params}
    assert wire.decode(wire.encode(message)[:-1]) == message


@given(st.data())
def test_a_line_with_one_byte_changed_is_never_accepted(data: Any) -> None:
    line = bytearray(wire.encode({"jsonrpc": "2.0", "id": 1, "method": "ping"})[:-1])
    index = data.draw(st.integers(0, len(line) - 1))
    line[index] ^= data.draw(st.integers(1, 255))
    with pytest.raises(wire.GarbledLine):
        wire.decode(bytes(line))


@pytest.mark.parametrize(("more", "whole"), [(0, True), (1, False)])
def test_a_line_has_2048_bytes_at_most_its_line_feed_among_them(more: int, whole: bool) -> None:
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": "x", "params": ""}
    message["params"] = "x" * (wire.MAX_LINE_BYTES - len(wire.encode(message)) + more)
    if whole:
        line = wire.encode(message)
        assert len(line) == 2048 and wire.decode(line[:-1]) == message
        return
    with pytest.raises(ValueError, match="over 2048"):
        wire.encode(message)
    body = json.dumps(message, separators=(",", ":")).encode()
    with pytest.raises(wire.GarbledLine, match="too long"):
        wire.decode(b"%s*%08x" % (body, zlib.crc32(body)))


def test_host_and_device_agree_on_the_line() -> None:
    message = {"jsonrpc": "2.0", "id": 7, "method": "arm", "params": {"a": [1, None, True]}}
    line = wire.encode(message)
    assert codec.encode(message) == line
    read = parse(line[:-1])
    assert (read.code, read.request_id, read.method) == (0, 7, "arm")
    assert read.params == {"a": [1, None, True]}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused_at_the_wire(number: str) -> None:
    body = b'{"jsonrpc":"2.0","method":"event","params":{"kind":"x","t_ms":1,"y":%s}}'
    for text, heard in ((b"1.5", True), (number.encode(), False)):
        line = body % text
        line += b"*%08x" % zlib.crc32(line)
        if heard:
            assert wire.decode(line)["params"]["y"] == 1.5
        else:
            with pytest.raises(wire.GarbledLine):
                wire.decode(line)


@pytest.mark.parametrize(
    ("member", "value", "sound"),
    [("temp_mc", 40_000, True), ("temp_mc", None, True), ("temp_mc", 40.0, False),
     ("temp_mc", True, False), ("master", None, False), ("master", 1, False),
     ("sense", None, True), ("sense", 0, False), ("fault", "x", True), ("fault", 1, False),
     ("t_ms", None, False), ("state", None, False), ("something_new", 1.5, True)],
)  # fmt: skip
def test_telemetry_is_judged_once_and_cannot_be_changed(
    member: str, value: object, sound: bool
) -> None:
    now = messages.telemetry({"t_ms": 1, "state": "idle", "master": False, member: value})
    assert (now is not None) == sound
    if now is not None:
        assert now.to_json()[member] == value and now.to_json()["dose_m"] is None
        with pytest.raises(AttributeError):
            now.state = "running"  # type: ignore[misc]
