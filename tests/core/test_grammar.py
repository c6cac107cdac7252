"""Is a line JSON? The same verdict as a strict reader, whatever a lenient one would make of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poultice_core import codec
from poultice_core.grammar import Shape
from tests.core.read import parse

DEEPEST = 11
LONGEST_NUMBER = 40

VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
SIGNS = st.sampled_from([*'{}[]:,"\\ \t\r\n-+.eEu019x', "true", "null", "NaN", "Infinity", "\\u00"])


def sound(text: bytes) -> bool:
    """The verdict, come to in pieces of three."""
    shape = Shape(text)
    for _ in range(len(text) + 1):
        if shape.go_on(3):
            return shape.sound
    raise AssertionError("it never ends")


def _none(word: str) -> object:
    raise ValueError(word)


def _strict(text: bytes) -> bool:
    """What the module of CPython takes, within this reader's bounds."""
    if b"\n" in text or any(byte > 127 for byte in text):
        return False
    plain = re.sub(rb'"(\\.|[^"\\])*"', b'""', text)
    if any(len(number) > LONGEST_NUMBER for number in re.findall(rb"[-+.0-9eE]+", plain)):
        return False
    depth = deepest = 0
    for byte in plain:
        depth += (byte in b"[{") - (byte in b"]}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        return False
    try:
        json.loads(text.decode(), parse_constant=_none)
    except ValueError:
        return False
    return True


@given(VALUE, st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", "\r: ")]))
def test_json_is_taken(value: object, separators: tuple[str, str]) -> None:
    text = json.dumps(value, separators=separators).encode()
    assert sound(text) == _strict(text)
    assert sound(b" \t\r" + text + b"\r ") == _strict(text)


@given(VALUE, st.integers(0, 10_000), SIGNS, st.booleans())
@example([1], 1, "{", True)
@example({"a": 1}, 4, "", True)
def test_a_spoilt_line_is_judged_as_a_strict_reader_does(
    value: object, where: int, sign: str, instead: bool
) -> None:
    text = json.dumps(value, separators=(",", ":"))
    at = where % (len(text) + 1)
    spoilt = (text[:at] + sign + text[at + instead :]).encode()
    assert sound(spoilt) == _strict(spoilt)


@given(st.lists(SIGNS, max_size=12).map("".join))
def test_whatever_is_made_of_its_signs_is_judged_as_a_strict_reader_does(text: str) -> None:
    assert sound(text.encode()) == _strict(text.encode())


@given(st.binary(max_size=40))
def test_no_bytes_raise(text: bytes) -> None:
    assert sound(text) == _strict(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a" 1}', '{"a":1 "b":2}', '{"a":1,}', '{,"a":1}', '{"a":1]', "[1}", "[1 2]", "[1,]",
        "[,1]", "[1,,2]", '{"a"}', '{"a":}', '{1:2}', "{:1}", "[", "]", "{", "}", "", " ", "[]]",
        "[1]2", "1 2", '{"a":1', '"a', '"a\\"', '"\\x"', '"\\u12"', '"\\u12g4"', '"\\', '"a\tb"',
        '"\x1f"', "01", "-", "-01", "1.", ".5", "+1", "1e", "1e+", "1.e1", "0x1", "1_0", "tru",
        "TRUE",
        "nul", "nan", "NaN", "Infinity", "-Infinity", "'a'", "[1]\n", "\n[1]", "[\n1]",
        "\v1", "\xa01",
        "//1", '{"a":1}{"b":2}', "\x00", '"\\u"', '"\\u123',
    ],
)  # fmt: skip
def test_what_is_no_json_is_not_taken(text: str) -> None:
    assert not sound(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "0", "-0", "10", "-1.5e-10", "1E+5", "0.0", "true", "false", "null", '""', "[]", "{}",
        " [ ] ", '{"":0}', '{"a":[{"b":[]}],"c":{}}',
        '"\\u00e9\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t"',
        "[[],{}]", '"\x7f"', '"a\\\\"', '["\\\\","\\\\\\""]', '{"a":"}","b":"]"}',
    ],
)  # fmt: skip
def test_json_of_every_kind_is_taken(text: str) -> None:
    assert sound(text.encode())


@pytest.mark.parametrize("opens", ["[", '{"a":', '[{"a":'])
def test_eleven_deep_is_taken_and_twelve_is_not(opens: str) -> None:
    closes = {"[": "]", '{"a":': "}", '[{"a":': "}]"}[opens]
    each = 2 if len(closes) == 2 else 1

    def nested(deep: int) -> bytes:
        extra = "[" * (deep % each)
        return (
            extra + opens * (deep // each) + "1" + closes * (deep // each) + "]" * len(extra)
        ).encode()

    assert sound(nested(DEEPEST))
    assert not sound(nested(DEEPEST + 1))


@pytest.mark.parametrize("form", ["%s", "-%s", "0.%s", "1e%s", "[%s]"])
def test_a_number_of_forty_characters_is_taken_and_one_more_is_not(form: str) -> None:
    room = LONGEST_NUMBER - len(form.replace("%s", "").strip("[]"))
    assert sound((form % ("1" * room)).encode())
    assert not sound((form % ("1" * (room + 1))).encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"jsonrpc":"2.0","id":7 "method":"ping"}',
        '{"jsonrpc":"2.0","id" 7,"method":"ping"}',
        '{"jsonrpc":"2.0","id":7,"method":"ping"]',
        '{"jsonrpc":"2.0","id":7,"method":"set_config","params":{"two_point":true]}',
    ],
)
def test_a_sealed_line_of_wrong_shape_is_no_request(text: str) -> None:
    request = parse(codec.seal(text.encode()))
    assert (request.code, request.request_id) == (codec.PARSE_ERROR, None)


@pytest.mark.parametrize(
    ("request_id", "taken"),
    [
        ("\U00010000" * 17, True),
        ("\U0010ffff" * 32, True),
        ("\U00010000" * 33, False),
        ("\ud800\udc00" * 32, True),
        ("\udc00\ud800" * 31, True),
        ("\udc00\ud800" * 32, False),
        ("\ue000" * 33, False),
        ("\ud800\udc00\udc00" * 16, True),
    ],
)
def test_a_character_beyond_the_basic_plane_is_one(request_id: str, taken: bool) -> None:
    """However an interpreter keeps it: as one, or as the halves that it was escaped as."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": request_id, "method": "ping"}
    request = parse(codec.seal(json.dumps(message).encode()))
    assert (request.code == 0) == taken
    halves = request_id.encode("utf-16-le", "surrogatepass")
    split = "".join(chr(halves[i] | halves[i + 1] << 8) for i in range(0, len(halves), 2))
    assert (codec._readable_id(split) is not None) == taken


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (b"[1,1]", 5 + 1),
        (b'["a"]', 4 + 1),
        (b'"\\n\\u0041"', 4 + 1),
        (b" \t1\r", 4 + 1),
        (b"[" + b"1," * 900 + b"1]", 1_803 + 1),
        (b'"' + b"\\n" * 900 + b'"', 902 + 1),
    ],
)
def test_no_more_is_looked_at_in_a_piece_than_was_asked_for(text: bytes, pieces: int) -> None:
    shape = Shape(text)
    assert not shape.go_on(pieces - 1)
    assert shape.go_on(1)
    assert shape.sound
    assert shape.go_on(1) and shape.sound


@pytest.mark.requirement("SR-18")
def test_a_line_that_was_judged_is_looked_at_no_more() -> None:
    shape = Shape(b"[,]")
    assert shape.go_on(2) and not shape.sound
    assert shape.go_on(9) and not shape.sound
