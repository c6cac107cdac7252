"""An image is taken only where every block of it is in its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.device import uf2
from poultice.errors import ImageError
from tests.host.boards import RP2350, blocks

PATH = Path("image.uf2")
WHOLE = blocks(count=12)
# What of a block is not looked at: the padding behind its 256 bytes of payload.
LOOKED_AT = [*range(32), *range(508, 512)]


def test_a_whole_image_tells_what_it_is() -> None:
    image = uf2.parse(PATH, WHOLE)
    assert (image.board, image.version, image.protocol) == ("pico", "0.1.0", 1)
    assert uf2.parse(PATH, blocks(family=RP2350)).board == "pico2"


def test_a_name_across_two_blocks_is_found() -> None:
    content = b"x" * 250 + b"poultice firmware 12.3.4 link 7 end"
    image = uf2.parse(PATH, blocks(content))
    assert (image.version, image.protocol) == ("12.3.4", 7)


def test_somebody_elses_image_has_no_version() -> None:
    assert uf2.parse(PATH, blocks(b"MicroPython")).version is None


@given(st.integers(0, 11), st.sampled_from(LOOKED_AT), st.integers(1, 255))
def test_a_change_of_any_byte_of_a_header_or_an_end_is_refused(
    block: int, place: int, change: int
) -> None:
    damaged = bytearray(WHOLE)
    damaged[block * 512 + place] ^= change
    with pytest.raises(uf2.ImageError):
        uf2.parse(PATH, bytes(damaged))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_that_was_cut_short_is_refused(length: int) -> None:
    with pytest.raises(uf2.ImageError):
        uf2.parse(PATH, WHOLE[:length])


@given(st.permutations(range(12)))
def test_blocks_out_of_order_are_refused(order: list[int]) -> None:
    mixed = b"".join(WHOLE[number * 512 : (number + 1) * 512] for number in order)
    if order == sorted(order):
        assert uf2.parse(PATH, mixed).data == WHOLE
        return
    with pytest.raises(uf2.ImageError):
        uf2.parse(PATH, mixed)


@given(st.binary(max_size=3000))
def test_any_other_file_is_refused(data: bytes) -> None:
    with pytest.raises(uf2.ImageError):
        uf2.parse(PATH, data)


def test_what_does_not_fit_the_flash_is_refused() -> None:
    fits = 2 * 1024 * 1024 // 256
    assert uf2.parse(PATH, blocks(count=fits)).board == "pico"
    with pytest.raises(uf2.ImageError, match="do not fit"):
        uf2.parse(PATH, blocks(count=fits + 1))
    assert uf2.parse(PATH, blocks(family=RP2350, count=fits + 1)).board == "pico2"


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(uf2.ImageError) as caught:
        uf2.read(tmp_path / "none.uf2")
    assert "firmware build" in (caught.value.hint or "")


def test_what_is_no_file_is_not_read_to_an_end_that_never_comes(tmp_path: Path) -> None:
    pipe = tmp_path / "image.uf2"
    os.mkfifo(pipe)
    with pytest.raises(ImageError, match="it is not a file"):
        uf2.read(pipe)
