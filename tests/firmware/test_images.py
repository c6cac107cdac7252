"""What the built images hold, block by block: as the boot ROMs read them.

`make images` builds them; the RP2350's blocks are those of its data sheet, 5.9 (picobin).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from poultice.device import uf2
from tests.firmware.sources import FIRMWARE

BUILD = FIRMWARE.parent / "build"
FAMILIES = {"pico": 0xE48BFF56, "pico2": 0xE48BFF59, "stock": 0xE48BFF56}
# Of erratum E10's remedy: on chips of the stepping A2 it erases the last sector of the flash, which
# is our file system's.
ABSOLUTE = 0xE48BFF57
MARKER_START, MARKER_END = 0xFFFFDED3, 0xAB123579
# One word: IMAGE_TYPE, an executable, secure, Arm, RP2350.
IMAGE_TYPE = 0x1021_01_42
ITEM_LAST = 0xFF
# The boot ROM looks for the first block in so much of the flash.
FIRST_WITHIN_BYTES = 4096
# Interface 0: communications, abstract control, no protocol; so ModemManager leaves it alone.
NO_MODEM = bytes([9, 4, 0, 0, 1, 2, 2, 0])


def built(board: str) -> bytes:
    path = BUILD / f"poultice-{board}.uf2"
    if not path.exists():
        pytest.skip(f"{path.name} is not built: `make images`")
    return path.read_bytes()


def blocks(data: bytes) -> Iterator[tuple[int, int]]:
    """Flags and family of each block."""
    for start in range(0, len(data), uf2.BLOCK_BYTES):
        head = struct.unpack_from("<8I", data, start)
        yield head[2], head[7]


def words(content: bytes, at: int, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f"<{count}I", content, at)


def block_at(content: bytes, at: int) -> tuple[list[int], int]:
    """The items' first words of the picobin block at `at`, and where it says the next one is."""
    assert words(content, at, 1) == (MARKER_START,)
    items: list[int] = []
    place = at + 4
    while not items or items[-1] & 0xFF != ITEM_LAST:
        [item] = words(content, place, 1)
        # Bit 7 of an item's type: its size has two bytes.
        size_words = item >> 8 & (0xFFFF if item & 0x80 else 0xFF)
        items.append(item)
        place += 4 * (1 if item & 0xFF == ITEM_LAST else size_words)
    offset, end = words(content, place, 2)
    assert end == MARKER_END
    assert items[-1] >> 8 & 0xFFFF == (place - at) // 4 - 2  # the words of all items before it
    return items, at + (offset - (1 << 32) if offset >> 31 else offset)


@pytest.mark.parametrize("board", FAMILIES)
def test_every_block_is_for_its_chip_and_none_is_absolute(board: str) -> None:
    found = list(blocks(built(board)))
    assert {family for _, family in found} == {FAMILIES[board]}
    assert ABSOLUTE not in {family for _, family in found}
    assert {flags for flags, _ in found} == {0x2000}


@pytest.mark.parametrize("board", ["pico", "pico2"])
def test_the_program_that_flashes_takes_it_for_what_it_is(board: str) -> None:
    image = uf2.parse(Path(f"poultice-{board}.uf2"), built(board))
    assert image.board == board
    assert image.version is not None


def test_the_boot_rom_of_a_pico_2_finds_what_to_start() -> None:
    content = uf2.parse(Path("poultice-pico2.uf2"), built("pico2")).content
    first = content.index(struct.pack("<I", MARKER_START))
    assert first < FIRST_WITHIN_BYTES and first % 4 == 0
    items, place = block_at(content, first)
    assert items[0] == IMAGE_TYPE
    # A loop, which ends where it began: without that the image is none.
    seen = {first}
    while place != first:
        assert place not in seen and place < len(content)
        seen.add(place)
        items, place = block_at(content, place)
        assert all(item & 0xFF != IMAGE_TYPE & 0xFF for item in items)


def test_a_pico_s_image_has_no_such_block() -> None:
    content = uf2.parse(Path("poultice-pico.uf2"), built("pico")).content
    assert struct.pack("<I", MARKER_START) not in content[:FIRST_WITHIN_BYTES]


@pytest.mark.parametrize("board", FAMILIES)
def test_its_port_does_not_say_that_it_speaks_at(board: str) -> None:
    assert built(board).count(NO_MODEM) == 1


@pytest.mark.parametrize("board", ["pico"])
def test_the_size_that_the_page_shows_is_about_what_it_is(board: str) -> None:
    page = (FIRMWARE.parent / "docs/how-to/flash-a-board.md").read_text(encoding="utf-8")
    [shown_kb] = re.findall(rf"^build/poultice-{board}\.uf2: (\d+) KB$", page, re.M)
    assert abs(int(shown_kb) - len(built(board)) // 1024) <= 20
