"""Arithmetic on the ring of 2^30 milliseconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core.tick import Tick
from poultice_core.ticks import PERIOD, diff_ms

HALF = PERIOD // 2


@pytest.mark.requirement("SR-18")
@given(st.integers(0, PERIOD - 1), st.integers(-HALF, HALF - 1))
def test_a_difference_is_found_wherever_on_the_ring(start: int, delta_ms: int) -> None:
    later = add_ms(start, delta_ms)
    assert 0 <= later < PERIOD
    assert diff_ms(later, start) == delta_ms


@pytest.mark.requirement("SR-18")
def test_across_the_wrap() -> None:
    assert add_ms(PERIOD - 1, 1) == 0
    assert diff_ms(0, PERIOD - 1) == 1
    assert diff_ms(PERIOD - 1, 0) == -1
    assert diff_ms(HALF - 1, 0) == HALF - 1
    assert diff_ms(HALF, 0) == -HALF


@pytest.mark.requirement("SR-18")
def test_the_ring_is_micropythons() -> None:
    assert PERIOD == 1 << 30


class _Small(int):
    """An integer that stays within the 31 bits that MicroPython keeps off the heap."""

    def __new__(cls, value: int) -> _Small:
        assert -PERIOD <= value < PERIOD, f"{value} is made on the heap"
        return super().__new__(cls, value)

    def __add__(self, other: int) -> _Small:
        return _Small(int(self) + other)

    def __sub__(self, other: int) -> _Small:
        return _Small(int(self) - other)

    def __and__(self, other: int) -> _Small:
        return _Small(int(self) & other)


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("ticks", [0, 1, HALF - 1, HALF, HALF + 1, PERIOD - 1])
@pytest.mark.parametrize("delta_ms", [-HALF, -1, 0, 1, HALF - 1, HALF])
def test_no_result_on_the_way_is_made_on_the_heap(ticks: int, delta_ms: int) -> None:
    later = add_ms(_Small(ticks), _Small(delta_ms))
    assert later == (ticks + delta_ms) % PERIOD
    assert diff_ms(_Small(later), _Small(ticks)) == (-HALF if delta_ms == HALF else delta_ms)
