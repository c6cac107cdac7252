"""Bits that flip in the newest block of the root: littlefs falls back to an older state of every
file in it, silently. What is kept in the directory of marks stays as new as it was.

A reader's fallback is littlefs's design for a torn commit (SPEC.md of littlefs 2, "metadata
pairs"); that it takes a damaged commit for a torn one is what these tests show.
"""

from __future__ import annotations

import random

import pytest

from poultice_core.board import Store
from tests.flash.chip import BLOCK_BYTES, TEARS, Chip, Disk, PowerCut, store_on

BLOCKS = 24
FLIPS = 5


def device(saves: int) -> tuple[Chip, Store]:
    """A new device after so many saves of a journal that is small enough to stand in the root's
    own block, and of a mark after each."""
    chip = Chip(BLOCKS)
    store = store_on(Disk(chip))
    for number in range(1, saves + 1):
        store.save("journal", content(number))
        store.save("mark", b"%d" % number)
    return chip, store


def content(number: int) -> bytes:
    return b"journal %6d " % number * 20


def newest_root(flash: bytearray) -> int:
    """Where the newer block of the root's pair begins: the first word counts its revisions."""
    revisions = [int.from_bytes(flash[at : at + 4], "little") for at in (0, BLOCK_BYTES)]
    return BLOCK_BYTES * revisions.index(max(revisions))


def damaged(chip: Chip, seed: int) -> Chip:
    """The same flash with bits flipped where the first commit of that block stands."""
    flash = bytearray(chip.buffer)
    start = newest_root(flash)
    for bit in random.Random(seed).sample(range(8 * 4, 8 * 24), FLIPS):
        flash[start + bit // 8] ^= 1 << bit % 8
    return Chip(BLOCKS, bytes(flash))


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize("saves", [1, 2, 5, 6, 7, 20, 60])
def test_a_fallback_of_the_root_is_seen_by_the_mark(saves: int) -> None:
    chip, store = device(saves)
    assert store.load("journal") == content(saves)
    assert store.load("mark") == b"%d" % saves

    for seed in range(10):
        after = store_on(Disk(damaged(chip, seed)))
        assert after.load("journal") in (None, *map(content, range(1, saves)))
        assert after.load("mark") == b"%d" % saves


def test_a_mark_in_the_same_directory_would_not_know() -> None:
    """Why the mark has a directory of its own: in the root it falls back with the journal."""
    chip = Chip(BLOCKS)
    store = store_on(Disk(chip))
    for number in range(1, 21):
        store.save("journal", content(number))
        store.save("beside", b"%d" % number)

    after = store_on(Disk(damaged(chip, 0)))

    found = after.load("beside")
    assert found is not None and int(found) < 20
    assert after.load("journal") in (content(int(found)), content(int(found) + 1))


@pytest.mark.requirement("SR-05")
def test_the_directory_survives_a_fallback_on_a_device_that_never_saved() -> None:
    chip, _ = device(0)

    for at in (0, BLOCK_BYTES):
        assert b"marks" in chip.buffer[at : at + BLOCK_BYTES]
    assert "marks" in Disk(damaged(chip, 3)).names()


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize("tear", TEARS)
def test_power_cut_at_every_write_while_the_directory_is_made(tear: str) -> None:
    whole = Chip(BLOCKS)
    store_on(Disk(whole)).save("journal", content(1))
    operations = whole.operations
    at = 0
    while True:
        at += 1
        chip = Chip(BLOCKS)
        disk = Disk(chip)
        chip.operations, chip.cut_at, chip.tear = 0, at, tear
        try:
            store_on(disk)
        except PowerCut:
            again = Chip(BLOCKS, bytes(chip.buffer))
            store = store_on(Disk(again))
            store.save("mark", b"2")
            assert store.load("mark") == b"2"
            for place in (0, BLOCK_BYTES):
                assert b"marks" in again.buffer[place : place + BLOCK_BYTES]
        else:
            break
    assert 10 < at < operations


def test_a_device_of_before_gets_the_directory_and_keeps_its_files() -> None:
    chip = Chip(BLOCKS)
    disk = Disk(chip)
    with disk.open("/journal", "wb") as file:
        file.write(content(7))

    store = store_on(disk)
    store.save("mark", b"7")

    assert store.load("journal") == content(7)
    assert store.load("mark") == b"7"
    assert sorted(disk.names()) == ["journal", "marks"]


def test_a_disk_that_is_full_has_no_mark_and_says_so() -> None:
    chip = Chip(BLOCKS)
    disk = Disk(chip)
    disk.mkdir("/rest")
    with pytest.raises(OSError, match="28"):
        for number in range(999):
            with disk.open(f"/rest/{number}", "wb") as file:
                file.write(bytes(2048))

    store = store_on(disk)

    assert store.load("mark") is None
    with pytest.raises(OSError, match="open"):
        store.save("mark", b"1")
