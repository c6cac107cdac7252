"""CEM43 by integer table, against the formula in exact decimals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core.dose import CAP_U, Dose, of_hold_m, rate_u
from poultice_core.dose_table import PER_TICK_U
from tests.core import tables


@pytest.mark.requirement("SR-06")
def test_each_entry_is_the_formula() -> None:
    assert tables.entries(PER_TICK_U) == tables.rates_u()


def test_the_table_is_what_stays_in_flash() -> None:
    assert type(PER_TICK_U) is bytes


@pytest.mark.requirement("SR-06")
@pytest.mark.parametrize(
    ("reading_mc", "tenths"),
    [
        *[(38_901, 390), (39_000, 390), (39_001, 391), (40_500, 405), (42_999, 430)],
        *[(43_001, 431), (50_000, 500), (49_900, 499)],
    ],
)
def test_a_reading_is_rounded_up_to_its_step(reading_mc: int, tenths: int) -> None:
    assert rate_u(reading_mc) == tables.rate_u(tenths)


@pytest.mark.parametrize("reading_mc", [-40_000, 0, 32_000, 38_900])
def test_below_39_nothing_counts(reading_mc: int) -> None:
    dose = Dose()
    dose.add(reading_mc, 1_000_000)
    assert (rate_u(reading_mc), dose.total_u) == (0, 0)


def test_above_the_table_its_end_counts() -> None:
    assert rate_u(80_000) == rate_u(50_000) == tables.rates_u()[-1]


def test_the_examples_of_the_contract() -> None:
    assert 600 <= of_hold_m(40_500, 1200) <= 650
    dose = Dose()
    for _ in range(12_000):
        dose.add(40_500, 100)
    assert dose.milli() == of_hold_m(40_500, 1200)
    # At 43 °C a minute is a minute, but for the rounding up of each tick.
    assert 1000 <= of_hold_m(43_000, 60) <= 1001


@given(st.integers(38_901, 52_000), st.lists(st.integers(1, 1500), min_size=1, max_size=30))
def test_the_elapsed_time_counts_whole_however_it_is_cut(reading_mc: int, parts: list[int]) -> None:
    cut, whole = Dose(), Dose()
    for part in parts:
        cut.add(reading_mc, part)
    whole.add(reading_mc, sum(parts))
    assert cut.total_u == whole.total_u == rate_u(reading_mc) * sum(parts) // 100


@pytest.mark.parametrize(("total_u", "milli"), [(0, 0), (1, 1), (1000, 1), (1001, 2)])
def test_thousandths_are_rounded_up(total_u: int, milli: int) -> None:
    dose = Dose()
    dose.total_u = total_u
    assert dose.milli() == milli


@given(st.integers(39_000, 90_000), st.integers(0, 1 << 30))
def test_the_sum_stays_a_small_integer(reading_mc: int, elapsed_ms: int) -> None:
    dose = Dose()
    dose.add(reading_mc, elapsed_ms)
    dose.add(reading_mc, elapsed_ms)
    assert 0 <= dose.total_u <= CAP_U < 1 << 30


class Small(int):
    """An integer that notices where arithmetic with it leaves the chip's 31 bits."""

    def _kept(self, value: int) -> Small:
        assert -(1 << 30) <= value < 1 << 30, value
        return Small(value)

    def __add__(self, other: int) -> Small:
        return self._kept(int(self) + other)

    def __mul__(self, other: int) -> Small:
        return self._kept(int(self) * other)

    __radd__, __rmul__ = __add__, __mul__

    def __floordiv__(self, other: int) -> Small:
        return self._kept(int(self) // other)

    def __mod__(self, other: int) -> Small:
        return self._kept(int(self) % other)


@pytest.mark.requirement("SR-06")
@pytest.mark.parametrize("reading_mc", [40_500, 41_000, 43_000, 46_500, 50_000])
def test_no_product_leaves_31_bits_however_late_the_tick(reading_mc: int) -> None:
    most_ms = CAP_U // rate_u(reading_mc) * 100 + 99
    for elapsed_ms in (most_ms, most_ms + 1, 2 * most_ms, (1 << 30) - 1):
        dose = Dose()
        for _ in range(2):
            dose.add(reading_mc, Small(elapsed_ms))
        assert dose.total_u == 500_000_000


@pytest.mark.requirement("SR-06")
@pytest.mark.parametrize("reading_mc", [40_500, 41_000, 43_000, 46_500, 50_000])
def test_the_longest_interval_that_fits_counts_exactly(reading_mc: int) -> None:
    ticks = CAP_U // rate_u(reading_mc)
    dose = Dose()
    dose.add(reading_mc, ticks * 100)
    assert dose.total_u == rate_u(reading_mc) * ticks
    dose.add(reading_mc, 100)
    assert dose.total_u == 500_000_000


def test_the_sum_stops_at_500_minutes() -> None:
    dose = Dose()
    dose.total_u = 500_000_000 - rate_u(43_000) - 1
    dose.add(43_000, 100)
    assert dose.total_u == 499_999_999
    dose.add(43_000, 100)
    assert dose.total_u == 500_000_000


@pytest.mark.parametrize("used", [False, True])
def test_a_fraction_is_carried_from_nothing(used: bool) -> None:
    dose = Dose()
    if used:
        dose.add(43_000, 51)
        dose.reset()
    # 97 ms at 1667 a tick are 1616.99: one unit of the rest more would round up.
    dose.add(43_000, 97)
    assert dose.total_u == 1616


@pytest.mark.parametrize("duration_s", [0, 1, 2, 30, 59, 300, 1199, 1200, 1800])
def test_the_dose_of_a_hold_is_rounded_up_once(duration_s: int) -> None:
    for target_mc in range(38_900, 45_001, 100):
        exact_u = rate_u(target_mc) * duration_s * 10
        assert of_hold_m(target_mc, duration_s) == -(-exact_u // 1000)


def test_a_new_session_starts_from_nothing() -> None:
    dose = Dose()
    dose.add(45_000, 155)
    dose.reset()
    dose.add(45_000, 100)
    assert dose.total_u == rate_u(45_000)
