"""Arithmetic on the ring of 2^30 milliseconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core.ticks import PERIOD, add_ms, diff_ms

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
