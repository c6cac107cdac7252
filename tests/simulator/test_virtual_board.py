"""The board contract on the simulated body."""

from __future__ import annotations

import pytest

from poultice.virtual.plant import Plant
from poultice.virtual.stores import MemoryStore
from poultice.virtual.virtual_board import RING_MS, TX_BUFFER_BYTES, VirtualBoard
from poultice_core.board import MIDDLE_X8, SENSE_BROKEN, SENSE_HIGH, SENSE_LOW, SPREAD


@pytest.fixture
def board() -> VirtualBoard:
    return VirtualBoard(Plant(), MemoryStore())


def tick(board: VirtualBoard, master: bool, heat: bool, cool: bool = False) -> int:
    board.write(master, heat, cool)
    board.advance(100)
    return board.sense()


def test_sense_shows_the_pad_energised_and_the_change_as_broken(board: VirtualBoard) -> None:
    assert tick(board, False, False) == SENSE_LOW
    assert tick(board, True, True) == SENSE_BROKEN
    assert tick(board, True, True) == SENSE_HIGH
    assert tick(board, True, False) == SENSE_BROKEN
    assert tick(board, True, False) == SENSE_LOW
    assert tick(board, False, True) == SENSE_LOW


@pytest.mark.parametrize("what", ["supply", "bimetal", "estop"])
def test_sense_and_heat_need_everything_in_series(board: VirtualBoard, what: str) -> None:
    tick(board, True, True)
    assert tick(board, True, True) == SENSE_HIGH
    if what == "supply":
        board.supply = False
        board.settle()
    elif what == "bimetal":
        board.plant.pad_c = board.plant.element_c = 46.0
    else:
        board.estop_open = True
    tick(board, True, True)
    assert tick(board, True, True) == SENSE_LOW
    element_c = board.plant.element_c
    tick(board, True, True)
    assert board.plant.element_c < element_c


def test_contacts_follow_their_coils_without_supply_too(board: VirtualBoard) -> None:
    tick(board, True, True)
    board.supply = False
    board.settle()
    tick(board, False, False)
    assert not (board.k1.contact or board.k2.contact)
    board.supply = True
    board.settle()
    tick(board, False, False)
    assert board.sense() == SENSE_LOW


def test_a_bimetal_recloses_when_cool(board: VirtualBoard) -> None:
    board.plant.pad_c = board.plant.element_c = 46.0
    for _ in range(3):
        tick(board, True, True)
    assert tick(board, True, True) == SENSE_LOW
    board.plant.pad_c = board.plant.element_c = 29.0
    tick(board, True, True)
    assert tick(board, True, True) == SENSE_HIGH


@pytest.mark.requirement("SR-14")
def test_the_dead_man_lets_go_250_ms_after_the_last_token(board: VirtualBoard) -> None:
    for _ in range(5):
        tick(board, True, True)
    board.advance(140)
    assert board.k1.contact
    board.advance(10 + 20)
    assert not board.k1.contact
    assert board.k2.contact


def test_tokens_do_not_add_up(board: VirtualBoard) -> None:
    for _ in range(10):
        board.write(True, True, False)
    board.advance(1000)
    assert not board.k1.contact


def test_heat_is_counted_to_the_millisecond(board: VirtualBoard) -> None:
    cold = Plant()
    board.write(True, True, False)
    board.advance(100)
    cold.step(0.1, 0.9, False)
    assert board.plant.element_c == pytest.approx(cold.element_c)


def test_the_cooler_hangs_behind_master_too(board: VirtualBoard) -> None:
    pad_c = Plant().pad_c
    for _ in range(100):
        tick(board, False, False, True)
    assert board.plant.pad_c > pad_c - 0.5
    for _ in range(100):
        tick(board, True, False, True)
    assert board.plant.pad_c < pad_c - 3


def test_without_sense_fitted_the_pin_reads_low() -> None:
    board = VirtualBoard(Plant(), MemoryStore(), sense=False)
    assert [tick(board, True, True) for _ in range(3)] == [SENSE_LOW] * 3


def test_sensor_b_not_fitted_is_left_alone() -> None:
    board = VirtualBoard(Plant(), MemoryStore(), sensor_b=False)
    a, b = [0] * 3, [7] * 3
    assert board.sample(a, b)
    assert b == [7] * 3
    assert 8 * 1000 < a[MIDDLE_X8] < 8 * 3000
    assert 0 < a[SPREAD] < 10


def test_the_tick_counter_is_on_the_ring() -> None:
    board = VirtualBoard(Plant(), MemoryStore(), start_ms=RING_MS - 50)
    board.advance(100)
    assert board.ticks_ms() == 50


def test_lines_are_sent_whole_or_not_at_all(board: VirtualBoard) -> None:
    line = b"x" * 999 + b"\n"
    assert board.send(line)
    assert board.send(line)
    assert not board.send(line)
    assert board.host_bytes_out() == line * 2
    assert TX_BUFFER_BYTES >= 2000
    board.link_up = False
    assert not board.send(line)


def test_received_bytes_come_in_pieces_and_in_order(board: VirtualBoard) -> None:
    board.host_bytes_in(bytes(range(200)))
    buffer, got = bytearray(64), b""
    while count := board.receive(buffer):
        got += bytes(buffer[:count])
    assert got == bytes(range(200))


def test_entropy_is_28_bits_and_seeded() -> None:
    twins = [VirtualBoard(Plant(), MemoryStore(), seed=5) for _ in range(2)]
    numbers = [[board.entropy() for _ in range(50)] for board in twins]
    assert numbers[0] == numbers[1]
    assert max(numbers[0]) < 1 << 28
    assert len(set(numbers[0])) == 50
