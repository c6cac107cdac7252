"""The client against a device that its test makes behave, and against garbage."""

from __future__ import annotations

import zlib
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
from poultice.link.client import Client
from poultice.link.messages import Event
from poultice_core import codec
from tests.core.read import parse
from tests.host.fakes import Error, FakeDevice


def test_hello_says_who_answers() -> None:
    hello = Client(FakeDevice()).hello()
    assert (hello.uid, hello.firmware, hello.limits["token_s"]) == ("0123456789abcdef", "0.1.0", 60)


@pytest.mark.parametrize(
    ("protocol", "mends"),
    [
        (2, "python -m pip install --upgrade poultice"),
        (0, "poultice firmware flash --device fake:"),
        (None, "poultice firmware flash --device fake:"),
    ],
)
def test_another_version_names_the_command_that_mends_it(protocol: Any, mends: str) -> None:
    with pytest.raises(VersionMismatchError) as caught:
        Client(FakeDevice(protocol=protocol)).hello()
    assert mends in (caught.value.hint or "")


def test_answers_are_matched_by_id_past_late_and_foreign_ones() -> None:
    device = FakeDevice()
    device.inject(wire.encode({"jsonrpc": "2.0", "id": 999, "result": {"uptime_ms": 1}})[:-1])
    device.inject(wire.encode({"jsonrpc": "2.0", "id": None, "result": 7})[:-1])
    device.clock_s = 5.0
    assert Client(device).ping() == 5000


def test_a_device_error_carries_code_message_and_data() -> None:
    answer = Error(4, "rest_required", {"rest_s": 600, "after": "heat", "clock": True})
    device = FakeDevice(override={"arm": lambda _: answer})
    with pytest.raises(RestError) as caught:
        Client(device).arm({})
    assert (caught.value.code, caught.value.message) == (4, "rest_required")
    assert caught.value.data["rest_s"] == 600


def test_a_torn_answer_is_counted_and_the_question_asked_again() -> None:
    device = FakeDevice()
    torn = iter([True, False, False])
    device.mangle = lambda line: line[:-3] if b'"result"' in line and next(torn) else line
    client = Client(device)
    assert client.status().state == "idle"
    assert client.garbled == 1
    assert device.asked == ["status", "status"]


def test_a_torn_answer_to_arm_is_not_asked_again() -> None:
    device = FakeDevice(override={"arm": lambda _: None})
    with pytest.raises(DeviceTimeoutError):
        Client(device).arm({})
    assert device.asked == ["arm"]


def test_a_request_garbled_on_its_way_is_sent_again() -> None:
    answers = iter([Error(-32700, "parse error", {}), {"token": "c0ffee"}])
    device = FakeDevice(override={"arm": lambda _: next(answers)})
    assert Client(device).arm({})["token"] == "c0ffee"


def test_a_busy_device_is_asked_again_after_the_time_it_names() -> None:
    answers = iter([Error(6, "busy", {"retry_ms": 400}), {}])
    device = FakeDevice(override={"confirm": lambda _: next(answers)})
    Client(device).confirm()
    assert device.clock_s == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize("retry_ms", ["soon", None, -5, 10**600, True, 1e300])
def test_a_busy_device_that_names_no_time_is_asked_again_soon(retry_ms: Any) -> None:
    device = FakeDevice(override={"status": lambda _: Error(6, "busy", {"retry_ms": retry_ms})})
    with pytest.raises(BusyError):
        Client(device).status()
    assert device.clock_s <= 1.0


@pytest.mark.parametrize("states", [5, None, "idle", {"idle": 1}, [None, 1]])
def test_a_refusal_with_states_of_another_type_is_still_a_refusal(states: Any) -> None:
    refused = Error(1, "wrong_state", {"state": "running", "states": states})
    with pytest.raises(WrongStateError):
        Client(FakeDevice(override={"confirm": lambda _: refused})).confirm()


@pytest.mark.parametrize("number", ["repl", None, 1.5, [], True])
@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("start", lambda client: client.start("0")),
        ("ping", lambda client: client.ping()),
        ("set_clock", lambda client: client.set_clock(0)),
    ],
)
def test_an_answer_with_no_number_where_one_belongs_is_a_link_error(
    method: str, call: Any, number: Any
) -> None:
    name = {"start": "session", "ping": "uptime_ms", "set_clock": "credited_s"}[method]
    device = FakeDevice(override={method: lambda _: {name: number}})
    with pytest.raises(LinkError):
        call(Client(device))


def test_silence_is_a_timeout_and_takes_no_real_time() -> None:
    device = FakeDevice(silent_at_s=0.0)
    with pytest.raises(DeviceTimeoutError):
        Client(device).ping()
    assert device.clock_s < 10


@pytest.mark.parametrize("line", [b">>> ", b"a" * 65_536, b"{}", b"\xff\xfe"])
def test_what_speaks_something_else_is_told_from_silence(line: bytes) -> None:
    device = FakeDevice(silent_at_s=0.0)
    device.inject(line)
    client = Client(device)
    with pytest.raises(LinkError):
        client.hello()
    assert client.garbled == 1


def test_a_port_that_echoes_is_not_a_device() -> None:
    device = FakeDevice(silent_at_s=0.0)
    send = device.send

    def echo(line: bytes) -> None:
        send(line)
        device.inject(line.rstrip(b"\n"))

    device.send = echo  # type: ignore[method-assign]
    with pytest.raises(LinkError):
        Client(device).hello()


def test_poll_pings_every_two_seconds_and_hands_over_what_comes() -> None:
    device = FakeDevice()
    client = Client(device)
    while device.clock_s < 19:
        assert client.poll(5.0) is not None
    assert device.asked == ["ping"] * 9


def test_poll_returns_in_its_time_where_nothing_comes() -> None:
    device = FakeDevice(telemetry_on=False)
    assert Client(device).poll(0.5) is None
    assert device.clock_s == pytest.approx(0.5, abs=0.01)


def test_unanswered_pings_mean_lost() -> None:
    device = FakeDevice(silent_at_s=3.0)
    client = Client(device)
    with pytest.raises(DeviceLostError):
        [client.poll(1.0) for _ in range(60)]
    assert device.clock_s < 15


def test_notifications_that_came_during_a_call_are_not_lost() -> None:
    device = FakeDevice()
    client = Client(device)
    device.notify("event", {"kind": "prompt", "t_ms": 1, "prompt": "lay_pack"})
    client.ping()
    update = client.poll(0.0)
    assert isinstance(update, Event)
    assert update.kind == "prompt"


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_bytes_of_a_device_raise_or_are_acted_upon(lines: list[bytes]) -> None:
    device = FakeDevice(telemetry_on=False)
    for line in lines:
        device.inject(line)
    client = Client(device)
    for _ in lines:
        assert client.poll(0.0) is None
    assert client.ping() == 0


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from(["telemetry", "event", "x"]), _json)
def test_sound_lines_with_any_content_never_raise(method: str, params: Any) -> None:
    device = FakeDevice(telemetry_on=False)
    device.inject(wire.encode({"jsonrpc": "2.0", "method": method, "params": params})[:-1])
    Client(device).poll(0.0)


@given(_json)
def test_any_answer_to_hello_is_a_hello_or_a_link_error(answer: Any) -> None:
    if answer is None:
        return
    device = FakeDevice(override={"hello": lambda _: answer}, telemetry_on=False)
    with pytest.raises(LinkError):
        Client(device).hello()


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
