"""ADC code to milli-degrees, against the beta equation."""

from __future__ import annotations

import math

import pytest

from poultice_core.thermistor import B3435, B3950, B3980, temp_mc

TABLES = [(3950, B3950), (3435, B3435), (3980, B3980)]


def _code(beta_k: float, temp_c: float) -> float:
    resistance = 10_000 * math.exp(beta_k * (1 / (temp_c + 273.15) - 1 / 298.15))
    return 4095 * resistance / (resistance + 10_000)


def _temp_mc(beta_k: float, code: float) -> float:
    ratio = code / 4095
    resistance = 10_000 * ratio / (1 - ratio)
    return 1000 * (1 / (1 / 298.15 + math.log(resistance / 10_000) / beta_k) - 273.15)


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize(("beta_k", "table"), TABLES)
def test_an_ideal_adc_reads_within_a_fifth_of_a_degree(
    beta_k: float, table: tuple[int, ...]
) -> None:
    for tenths in range(50, 501):
        code = round(_code(beta_k, tenths / 10))
        assert abs(temp_mc(table, code * 8) - tenths * 100) <= 200


@pytest.mark.parametrize(("beta_k", "table"), TABLES)
def test_the_table_is_the_equation(beta_k: float, table: tuple[int, ...]) -> None:
    for index, entry in enumerate(table):
        assert abs(entry - _temp_mc(beta_k, 448 + 32 * index)) <= 0.5


@pytest.mark.parametrize(("beta_k", "table"), TABLES)
def test_between_the_entries_it_stays_close_to_the_equation(
    beta_k: float, table: tuple[int, ...]
) -> None:
    for code_x8 in range(462 * 8, 3496 * 8, 13):
        assert abs(temp_mc(table, code_x8) - _temp_mc(beta_k, code_x8 / 8)) <= 60


@pytest.mark.parametrize("table", [B3950, B3435, B3980])
def test_hotter_is_never_a_higher_code(table: tuple[int, ...]) -> None:
    readings = [temp_mc(table, code_x8) for code_x8 in range(4096 * 8)]
    assert all(readings[i] >= readings[i + 1] for i in range(len(readings) - 1))


def test_the_range_of_a_thermistor_is_inside_the_table() -> None:
    # SR-07's codes are -10 and 80 °C of the standard part.
    assert abs(temp_mc(B3950, 3496 * 8) + 10_000) < 300
    assert abs(temp_mc(B3950, 462 * 8) - 80_000) < 300


@pytest.mark.parametrize("table", [B3950, B3435, B3980])
def test_the_last_eighth_of_the_table_is_its_own_reading(table: tuple[int, ...]) -> None:
    last_x8 = 3520 * 8 - 1
    assert temp_mc(table, last_x8) < temp_mc(table, last_x8 - 1)
    assert temp_mc(table, last_x8 + 1) == temp_mc(table, last_x8)
