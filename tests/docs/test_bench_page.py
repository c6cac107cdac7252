"""The bench's page shows what the bench's tests ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from poultice.virtual.thermistors import B3950
from tests.hardware import resistors

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "test-on-a-bench.md"


def test_the_resistors_are_those_that_the_tests_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    resistors.main()
    assert capsys.readouterr().out in PAGE.read_text(encoding="utf-8")


def test_a_resistor_reads_what_it_stands_for_by_the_curve_of_the_part() -> None:
    for reading_c in resistors.USED_C:
        # 0.1 % of resistance is 0.025 °C here.
        assert resistors.ohms(reading_c) == pytest.approx(B3950.ohms(reading_c), rel=0.001)


def test_both_boxes_together_are_the_resistance_wanted() -> None:
    box1 = resistors.ohms(resistors.BELOW_C)
    for reading_c in (resistors.NEAR_C, *resistors.OVER_C, resistors.BEYOND_C):
        box2 = resistors.beside(reading_c, resistors.BELOW_C)
        assert 1 / (1 / box1 + 1 / box2) == pytest.approx(resistors.ohms(reading_c))


def test_the_files_named_are_the_files_there_are() -> None:
    named = re.findall(r"^\| `(test_\w+\.py)` \|", PAGE.read_text(encoding="utf-8"), re.M)
    there = sorted(path.name for path in (ROOT / "tests" / "hardware").glob("test_*.py"))
    assert sorted(named) == there
