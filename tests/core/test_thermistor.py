"""ADC code to milli-degrees, against the published curves of the parts."""

from __future__ import annotations

import pytest

from poultice.virtual.thermistors import CURVES, Curve
from poultice_core import thermistor
from poultice_core.thermistor import B3950, temp_mc
from tests.core import tables

TABLES = [pytest.param(curve, getattr(thermistor, name), id=name) for name, curve in CURVES.items()]


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize(("curve", "table"), TABLES)
def test_a_perfect_part_reads_within_a_tenth_of_a_degree(curve: Curve, table: bytes) -> None:
    for hundredths in range(500, 5001):
        code_x8 = round(curve.code(hundredths / 100) * 8)
        assert abs(temp_mc(table, code_x8) - hundredths * 10) <= 100


@pytest.mark.parametrize(("curve", "table"), TABLES)
def test_it_reads_what_was_published_of_the_part(curve: Curve, table: bytes) -> None:
    for temp_c in range(5, 51, 5):
        ohms = curve.published[(temp_c + 40) // 5]
        code_x8 = round(4095 * 8 * ohms / (ohms + 10_000))
        assert abs(temp_mc(table, code_x8) - temp_c * 1000) <= 50


@pytest.mark.parametrize(("curve", "table"), TABLES)
def test_the_table_is_the_curve(curve: Curve, table: bytes) -> None:
    assert tables.entries(table, tables.COLDEST_MC) == tables.temps_mc(curve)


@pytest.mark.parametrize(("curve", "table"), TABLES)
def test_each_entry_is_the_reading_at_its_code(curve: Curve, table: bytes) -> None:
    codes = range(tables.FIRST_CODE, tables.LAST_CODE, tables.CODE_STEP)
    assert [temp_mc(table, code * 8) for code in codes] == tables.temps_mc(curve)[:-1]


@pytest.mark.parametrize(("curve", "table"), TABLES)
def test_between_the_entries_it_stays_close_to_the_curve(curve: Curve, table: bytes) -> None:
    for code_x8 in range(462 * 8, 3496 * 8, 13):
        assert abs(temp_mc(table, code_x8) - 1000 * curve.celsius(code_x8 / 8)) <= 70


@pytest.mark.parametrize(("curve", "table"), TABLES)
def test_between_the_entries_it_is_rounded_up(curve: Curve, table: bytes) -> None:
    temps = tables.temps_mc(curve)
    for index in (0, 40, 95):
        hot, cold = temps[index], temps[index + 1]
        for part in range(256):
            exact = hot - (hot - cold) * part / 256
            reading = temp_mc(table, (448 + 32 * index) * 8 + part)
            assert exact <= reading < exact + 1


@pytest.mark.parametrize(("curve", "table"), TABLES)
def test_hotter_is_never_a_higher_code(curve: Curve, table: bytes) -> None:
    readings = [temp_mc(table, code_x8) for code_x8 in range(4096 * 8)]
    assert all(readings[i] >= readings[i + 1] for i in range(len(readings) - 1))


@pytest.mark.parametrize(("curve", "table"), TABLES)
def test_a_table_is_what_stays_in_flash(curve: Curve, table: bytes) -> None:
    assert type(table) is bytes
    assert len(table) == 97 * 3


def test_the_range_of_a_thermistor_is_inside_the_table() -> None:
    # SR-07's codes: just below -10 and just above 80 °C of the standard part.
    assert temp_mc(B3950, 3496 * 8) == pytest.approx(-11_340, abs=50)
    assert temp_mc(B3950, 462 * 8) == pytest.approx(80_450, abs=50)


@pytest.mark.parametrize(("curve", "table"), TABLES)
def test_the_last_eighth_of_the_table_is_its_own_reading(curve: Curve, table: bytes) -> None:
    last_x8 = 3520 * 8 - 1
    assert temp_mc(table, last_x8) < temp_mc(table, last_x8 - 1)
    assert temp_mc(table, last_x8 + 1) == temp_mc(table, last_x8)
