"""Bytes to lines: however they are cut, in bounded memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core.codec import MAX_LINE
from poultice_core.lines import LineReader


def _fed(reader: LineReader, data: bytes) -> list[bytes]:
    """The lines that are whole after these bytes."""
    reader.feed(data)
    found: list[bytes] = []
    while (line := reader.take()) is not None:
        found.append(line)
    return found


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
        found += _fed(reader, data[start : start + step])
    assert found == [line for line in wanted if line]
    assert reader.overlong == 0


@pytest.mark.parametrize(("size", "kept"), [(2048, True), (2049, False)])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("step", [1, 255, 5000])
def test_a_line_is_2048_bytes_with_its_end(size: int, kept: bool, ending: bytes, step: int) -> None:
    data = b"a" * (size - len(ending)) + ending + b"next\n"
    reader = LineReader()
    found: list[bytes] = []
    for start in range(0, len(data), step):
        found += _fed(reader, data[start : start + step])
    assert found[-1] == b"next"
    assert len(found) == (2 if kept else 1)
    assert reader.overlong == (0 if kept else 1)


def test_a_megabyte_without_a_line_end_counts_once_and_is_not_kept() -> None:
    reader = LineReader()
    for _ in range(4096):
        assert _fed(reader, b"a" * 256) == []
        assert len(reader._line) < MAX_LINE
    assert reader.overlong == 1
    assert _fed(reader, b"\nping\n") == [b"ping"]
    assert reader.overlong == 1


@pytest.mark.parametrize("data", [b"\n\n\r\n\n", b"\x03", b"\x03\x03\n", b""])
def test_empty_lines_and_ctrl_c_are_nothing(data: bytes) -> None:
    reader = LineReader()
    assert _fed(reader, data) == []
    assert reader.overlong == 0


def test_ctrl_c_in_a_line_does_nothing() -> None:
    assert _fed(LineReader(), b"pi\x03ng\n") == [b"ping"]


def test_what_was_kept_of_a_dropped_line_is_gone() -> None:
    reader = LineReader()
    assert _fed(reader, b"a" * 2000) == []
    assert _fed(reader, b"b" * 100 + b"\nnext\n" + b"c" * 2048) == [b"next"]
    assert reader.overlong == 2
    assert _fed(reader, b"d\r\n\nlast\r\n") == [b"last"]
    assert reader.overlong == 2
