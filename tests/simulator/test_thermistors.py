"""The beads' curves, against the points that were published of them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.virtual.thermistors import B3950, B3980, CURVES, Curve, code_of

EACH = pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)


@EACH
def test_it_goes_through_every_published_point(curve: Curve) -> None:
    ohms = [curve.ohms(temp_c) for temp_c in range(-40, 126, 5)]
    assert ohms == pytest.approx(curve.published)
    assert curve.ohms(25) == pytest.approx(10_000)


@EACH
def test_hotter_is_always_less(curve: Curve) -> None:
    ohms = [curve.ohms(tenths / 10) for tenths in range(-400, 1251)]
    assert all(b < a for a, b in itertools.pairwise(ohms))


@EACH
def test_it_meets_the_points_that_are_left_out(curve: Curve) -> None:
    """From 5 to 50 °C with steps of 10 °C only."""
    worst_c = 0.0
    for start in (0, 1):
        thin = Curve("", curve.published[start::2], first_c=-40 + 5 * start, step_c=10)
        for temp_c in range(5, 51, 5):
            true = curve.ohms(temp_c)
            percent_per_c = 1 - curve.ohms(temp_c + 1) / true
            worst_c = max(worst_c, abs(thin.ohms(temp_c) / true - 1) / percent_per_c)
    assert 0.001 < worst_c <= 0.05


def test_another_maker_publishes_the_same_of_the_same_material() -> None:
    # Amphenol Thermometrics, sensor temperature resistance curves, rev. C, material type 1,
    # R/R25 at 5 to 50 °C; dtsheet.com/doc/1784717.
    ratios = (2.539, 1.990, 1.571, 1.249, 1.0, 0.8056, 0.6530, 0.5325, 0.4367, 0.3601)
    for temp_c, ratio in zip(range(5, 51, 5), ratios, strict=True):
        assert B3980.celsius(code_of(10_000 * ratio)) == pytest.approx(temp_c, abs=0.02)


@given(temp_c=st.floats(-40, 125), name=st.sampled_from(sorted(CURVES)))
def test_the_divider_is_read_backwards(temp_c: float, name: str) -> None:
    curve = CURVES[name]
    assert curve.code(temp_c) == pytest.approx(code_of(curve.ohms(temp_c)), abs=0.002)
    assert curve.celsius(curve.code(temp_c)) == pytest.approx(temp_c, abs=1e-6)


@pytest.mark.parametrize(
    ("temp_c", "end_c"), [(-300, -40), (-40.01, -40), (125.01, 125), (400, 125)]
)
def test_beyond_what_was_published_it_is_the_end(temp_c: float, end_c: float) -> None:
    assert B3950.code(temp_c) == pytest.approx(B3950.code(end_c), abs=0.5)
    assert B3950.ohms(temp_c) == B3950.ohms(end_c)
