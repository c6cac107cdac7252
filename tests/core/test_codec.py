"""The line codec: checksums, ids, and whatever bytes a host may send."""

from __future__ import annotations

import json
from binascii import crc32

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poultice_core import codec
from tests.core.read import parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def _sealed(text: str) -> bytes:
    return codec.seal(text.encode())


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_a_message_is_ascii_json_star_checksum_line_feed(message: dict[str, object]) -> None:
    line = codec.encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert max(line) < 128
    text, star, digits = line[:-1].rpartition(b"*")
    assert star
    assert digits == b"%08x" % crc32(text)
    assert json.loads(text) == message


def test_the_checksum_is_the_common_crc_32() -> None:
    assert codec.seal(b"123456789") == b"123456789*cbf43926"
    assert codec.seal(b"\xff\xff\xff\xff") == b"\xff\xff\xff\xff*ffffffff"


@given(st.binary(max_size=60), st.integers(0, 10_000))
def test_a_changed_byte_is_noticed(text: bytes, where: int) -> None:
    line = bytearray(codec.seal(text))
    line[where % len(line)] ^= 1 + where % 255
    assert codec.unseal(bytes(line)) is None


@pytest.mark.parametrize("digits", [b"CBF43926", b"0cbf43926", b"cbf4392", b" cbf4392", b""])
def test_only_eight_lower_case_digits_are_a_checksum(digits: bytes) -> None:
    assert codec.unseal(b"123456789*" + digits) is None


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (0, True),
        ((1 << 31) - 1, True),
        (1 << 31, False),
        (-1, False),
        (1.0, False),
        (True, False),
        (None, False),
        ("", True),
        ("x" * 32, True),
        ("x" * 33, False),
        ([], False),
        ({}, False),
    ],
)
def test_an_id_is_31_bits_or_32_characters(value: object, good: bool) -> None:
    body = {"jsonrpc": "2.0", "id": value, "method": "ping"}
    request = parse(codec.encode(body)[:-1])
    assert request.request_id == (value if good else None)
    assert request.code == (0 if good else codec.INVALID_REQUEST)


@pytest.mark.parametrize(
    ("text", "code", "request_id"),
    [
        ('{"jsonrpc":"2.0","id":7,"method":"ping"}', 0, 7),
        ('{"jsonrpc":"2.0","id":7,"method":"ping","params":{}}', 0, 7),
        ('{"id":7,"method":"ping"}', -32600, 7),
        ('{"jsonrpc":"1.0","id":7,"method":"ping"}', -32600, 7),
        ('{"jsonrpc":2.0,"id":7,"method":"ping"}', -32600, 7),
        ('{"jsonrpc":"2.0","id":7}', -32600, 7),
        ('{"jsonrpc":"2.0","id":7,"method":4}', -32600, 7),
        ('{"jsonrpc":"2.0","method":"ping"}', -32600, None),
        ('[{"jsonrpc":"2.0","id":7,"method":"ping"}]', -32600, None),
        ("5", -32600, None),
        ("null", -32600, None),
        ('{"jsonrpc":"2.0","id":7,', -32700, None),
        ("", -32700, None),
    ],
)
def test_shapes(text: str, code: int, request_id: object) -> None:
    request = parse(_sealed(text))
    assert (request.code, request.request_id) == (code, request_id)


@pytest.mark.parametrize("tail", ["*00000000", "", "*", "*12"])
def test_a_wrong_checksum_is_answered_where_the_id_can_be_read(tail: str) -> None:
    request = parse(b'{"jsonrpc":"2.0","id":7,"method":"stop"}' + tail.encode())
    assert (request.code, request.request_id) == (codec.PARSE_ERROR, 7)


@given(st.binary(max_size=300))
@example(b"[" * 1500)
@example(_sealed("[" * 1900))
@example(_sealed('{"id":' + "9" * 1900 + "}"))
@example(_sealed('{"id":1e999,"jsonrpc":"2.0","method":"\\ud800"}'))
def test_no_bytes_raise(line: bytes) -> None:
    for candidate in (line, codec.seal(line)):
        request = parse(candidate)
        assert request.code in (0, codec.PARSE_ERROR, codec.INVALID_REQUEST)


@given(JSON)
def test_no_json_raises(value: object) -> None:
    request = parse(_sealed(json.dumps(value)))
    assert request.code in (codec.PARSE_ERROR, codec.INVALID_REQUEST)


# --- what another json module does, and the edges ---------------------------------------------

LETTERS = "a~\x80\xe9\xff\u0100\u20ac\ud7ff\ue000\uffff\U00010000\U0001f600\U0010ffff"


@pytest.mark.parametrize("text", [*LETTERS, LETTERS, "plain", "", "é" * 30])
def test_letters_that_a_json_module_leaves_as_they_are_become_ascii(text: str) -> None:
    """MicroPython's does not escape them, CPython's does: the line is the same."""
    assert codec._ascii(json.dumps(text, ensure_ascii=False)) == json.dumps(text).encode()


def test_only_what_is_not_ascii_is_escaped() -> None:
    assert codec._ascii('"\x7f\x80"') == b'"\x7f\\u0080"'


@pytest.mark.parametrize(
    ("code", "number", "word"),
    [
        (codec.PARSE_ERROR, -32700, "Parse error"),
        (codec.INVALID_REQUEST, -32600, "Invalid Request"),
        (codec.METHOD_NOT_FOUND, -32601, "Method not found"),
        (codec.INVALID_PARAMS, -32602, "Invalid params"),
        (codec.WRONG_STATE, 1, "wrong_state"),
        (codec.LIMIT_EXCEEDED, 2, "limit_exceeded"),
        (codec.FAULT_ACTIVE, 3, "fault_active"),
        (codec.REST_REQUIRED, 4, "rest_required"),
        (codec.BAD_TOKEN, 5, "bad_token"),
        (codec.BUSY, 6, "busy"),
        (codec.NOT_READY, 7, "not_ready"),
    ],
)
def test_a_refusal_has_the_number_and_the_word_of_the_contract(
    code: int, number: int, word: str
) -> None:
    line = codec.error("x", codec.Refusal(code, {"state": "idle"}))
    body = b'{"jsonrpc":"2.0","id":"x","error":{"code":%d,"message":"%b","data":{"state":"idle"}}}'
    assert line == codec.seal(body % (number, word.encode())) + b"\n"


def test_a_refusal_carries_its_code_as_an_exception() -> None:
    refusal = codec.invalid("after", "a whole number")
    assert (refusal.code, refusal.args) == (-32602, (-32602,))
    assert refusal.data == {"param": "after", "expected": "a whole number"}


def test_an_answer_and_a_notification_are_json_rpc() -> None:
    answer = b'{"jsonrpc":"2.0","id":7,"result":{}}'
    assert codec.answer(7, {}) == codec.seal(answer) + b"\n"
    event = b'{"jsonrpc":"2.0","method":"event","params":{"kind":"pause"}}'
    assert codec.notification("event", {"kind": "pause"}) == codec.seal(event) + b"\n"


@pytest.mark.parametrize(
    ("value", "is_whole"),
    [
        (-(1 << 31) - 1, True),
        (1 << 40, True),
        ((1 << 53) - 1, True),
        (1 - (1 << 53), True),
        (0, True),
        (1, True),
        (True, False),
        (False, False),
        (1.0, False),
        ("1", False),
        (None, False),
    ],
)
def test_a_whole_number_is_no_boolean(value: object, is_whole: bool) -> None:
    found = codec.whole(value)
    assert found == value if is_whole else found is None


@pytest.mark.parametrize("beyond", [0, 1, 1 << 60, 1 << 130])
def test_a_whole_number_is_kept_within_what_any_json_can_hold(beyond: int) -> None:
    most = (1 << 53) - 1
    assert codec.whole(most + beyond) == most
    assert codec.whole(-most - beyond) == -most


def test_a_checksum_alone_seals_nothing() -> None:
    assert codec.unseal(codec.seal(b"")) == b""
    assert codec.unseal(codec.seal(b"")[1:]) is None
    assert codec.unseal(b"12345678") is None
    assert codec.unseal(b"123456789+cbf43926") is None


def test_what_was_read_is_handed_on() -> None:
    request = parse(_sealed('{"jsonrpc":"2.0","id":7,"method":"arm","params":{"plan":1}}'))
    assert (request.method, request.params) == ("arm", {"plan": 1})
    request = parse(_sealed('{"jsonrpc":"2.0","id":7,"method":"arm"}'))
    assert (request.method, request.params) == ("arm", None)
    request = parse(_sealed('{"jsonrpc":"1.0","id":7,"method":"arm","params":{"plan":1}}'))
    assert (request.method, request.params) == ("", None)


@pytest.mark.parametrize(
    ("line", "request_id"),
    [
        (b'{"id":7}', 7),  # no star: the whole line is read
        (b'{"id":7}*1*2', None),  # the last star is the one
        (b'{"id":"*"}*1', "*"),
        (b'{"id":"*"}', "*"),  # read whole
        (b"[7]*1", None),
        (b"7*1", None),
        (b"*{", None),
        (b'{"id":-1}*1', None),
        ('{"id":"é"}'.encode(), None),
        ('{"id":7,"a":"é"}*1'.encode(), None),
    ],
)
def test_an_id_is_read_before_the_last_star_or_not_at_all(line: bytes, request_id: object) -> None:
    request = parse(line)
    assert (request.code, request.request_id) == (codec.PARSE_ERROR, request_id)


def test_a_sealed_line_that_is_no_json_has_no_id() -> None:
    request = parse(_sealed('{"id":7}*'))
    assert (request.code, request.request_id) == (codec.PARSE_ERROR, None)
    request = parse(_sealed('{"jsonrpc":"2.0","id":7,"method":"é"}'))
    assert (request.code, request.request_id) == (codec.PARSE_ERROR, None)


@pytest.mark.parametrize("error", [MemoryError, RuntimeError, ValueError])
def test_whatever_a_reader_raises_is_a_line_that_is_no_json(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> object:
        raise error

    monkeypatch.setattr(codec.json, "loads", fail)
    request = parse(_sealed('{"jsonrpc":"2.0","id":7,"method":"ping"}'))
    assert (request.code, request.request_id) == (codec.PARSE_ERROR, None)
