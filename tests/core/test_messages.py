"""The line codec: checksums, ids, and whatever bytes a host may send."""

from __future__ import annotations

import json
from binascii import crc32

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poultice_core import messages
from poultice_core.messages import MAX_LINE, LineReader, parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def _sealed(text: str) -> bytes:
    return messages.seal(text.encode())


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_a_message_is_ascii_json_star_checksum_line_feed(message: dict[str, object]) -> None:
    line = messages.encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert max(line) < 128
    text, star, digits = line[:-1].rpartition(b"*")
    assert star
    assert digits == b"%08x" % crc32(text)
    assert json.loads(text) == message


def test_the_checksum_is_the_common_crc_32() -> None:
    assert messages.seal(b"123456789") == b"123456789*cbf43926"


@given(st.binary(max_size=60), st.integers(0, 10_000))
def test_a_changed_byte_is_noticed(text: bytes, where: int) -> None:
    line = bytearray(messages.seal(text))
    line[where % len(line)] ^= 1 + where % 255
    assert messages.unseal(bytes(line)) is None


@pytest.mark.parametrize("digits", [b"CBF43926", b"0cbf43926", b"cbf4392", b" cbf4392", b""])
def test_only_eight_lower_case_digits_are_a_checksum(digits: bytes) -> None:
    assert messages.unseal(b"123456789*" + digits) is None


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
    request = parse(messages.encode(body)[:-1])
    assert request.request_id == (value if good else None)
    assert request.code == (0 if good else messages.INVALID_REQUEST)


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
    assert (request.code, request.request_id) == (messages.PARSE_ERROR, 7)


@given(st.binary(max_size=300))
@example(b"[" * 1500)
@example(_sealed("[" * 1900))
@example(_sealed('{"id":' + "9" * 1900 + "}"))
@example(_sealed('{"id":1e999,"jsonrpc":"2.0","method":"\\ud800"}'))
def test_no_bytes_raise(line: bytes) -> None:
    for candidate in (line, messages.seal(line)):
        request = parse(candidate)
        assert request.code in (0, messages.PARSE_ERROR, messages.INVALID_REQUEST)


@given(JSON)
def test_no_json_raises(value: object) -> None:
    request = parse(_sealed(json.dumps(value)))
    assert request.code in (messages.PARSE_ERROR, messages.INVALID_REQUEST)


# --- lines --------------------------------------------------------------------------------


@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=8),
    st.sampled_from([b"\n", b"\r\n"]),
    st.integers(1, 50),
)
def test_lines_come_out_however_the_bytes_are_cut(
    lines: list[bytes], ending: bytes, step: int
) -> None:
    wanted = [line.replace(b"\n", b"").replace(b"\r", b"").replace(b"\x03", b"") for line in lines]
    data = b"".join(line + ending for line in wanted)
    reader = LineReader()
    found: list[bytes] = []
    for start in range(0, len(data), step):
        found += reader.feed(data[start : start + step])
    assert found == [line for line in wanted if line]
    assert reader.overlong == 0


@pytest.mark.parametrize(("size", "kept"), [(MAX_LINE, True), (MAX_LINE + 1, False)])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("step", [1, 255, 5000])
def test_a_line_is_2048_bytes_with_its_end(size: int, kept: bool, ending: bytes, step: int) -> None:
    data = b"a" * (size - len(ending)) + ending + b"next\n"
    reader = LineReader()
    found: list[bytes] = []
    for start in range(0, len(data), step):
        found += reader.feed(data[start : start + step])
    assert found[-1] == b"next"
    assert len(found) == (2 if kept else 1)
    assert reader.overlong == (0 if kept else 1)


def test_a_megabyte_without_a_line_end_counts_once_and_is_not_kept() -> None:
    reader = LineReader()
    for _ in range(4096):
        assert reader.feed(b"a" * 256) == []
        assert len(reader._buffer) < MAX_LINE
    assert reader.overlong == 1
    assert reader.feed(b"\nping\n") == [b"ping"]
    assert reader.overlong == 1


@pytest.mark.parametrize("data", [b"\n\n\r\n\n", b"\x03", b"\x03\x03\n", b""])
def test_empty_lines_and_ctrl_c_are_nothing(data: bytes) -> None:
    reader = LineReader()
    assert reader.feed(data) == []
    assert reader.overlong == 0


def test_ctrl_c_in_a_line_does_nothing() -> None:
    assert LineReader().feed(b"pi\x03ng\n") == [b"ping"]
