"""Beads in water: what `bath` and `offset` of `sim:` do, and that nothing else changes."""

from __future__ import annotations

import pytest

from poultice.virtual.bath import BATH_S, BathedPlant, make_plant
from poultice.virtual.options import parse_options
from poultice.virtual.plant import Plant


def test_without_baths_it_is_the_plain_plant() -> None:
    assert type(make_plant(parse_options(""))) is Plant


def test_each_bath_has_its_two_minutes_and_the_last_stays() -> None:
    plant = make_plant(parse_options("bath=25,40,30"))
    assert isinstance(plant, BathedPlant)
    seen = []
    for _ in range(4):
        plant.step(BATH_S - 0.1, 0.0, 0.0)
        seen.append((round(plant.sensor_a_c, 2), round(plant.sensor_b_c, 2)))
        plant.step(0.1, 0.0, 0.0)
    assert seen == [(25, 25), (40, 40), (30, 30), (30, 30)]


@pytest.mark.parametrize("query", ["offset=-0.8", "offset=-0.8&bath=25"])
def test_an_offset_is_the_error_of_both_beads(query: str) -> None:
    plant = make_plant(parse_options(query))
    plant.step(120.0, 0.0, 0.0)
    true_c = 25.0 if "bath" in query else plant.pad_c
    assert plant.sensor_a_c == pytest.approx(true_c - 0.8, abs=0.05)
    assert plant.sensor_b_c == pytest.approx(true_c - 0.8, abs=0.05)


def test_a_long_step_is_many_short_ones() -> None:
    long, short = make_plant(parse_options("bath=40")), make_plant(parse_options("bath=40"))
    long.step(10.0, 1.0, 0.0)
    for _ in range(100):
        short.step(0.1, 1.0, 0.0)
    assert long.sensor_a_c == pytest.approx(short.sensor_a_c, abs=1e-9)
    assert long.pad_c == pytest.approx(short.pad_c, abs=1e-9)


def test_the_pad_beside_the_water_is_as_ever() -> None:
    bathed, plain = make_plant(parse_options("bath=40")), make_plant(parse_options(""))
    for plant in (bathed, plain):
        plant.step(60.0, 1.0, 0.0)
    assert (bathed.pad_c, bathed.skin_c) == (plain.pad_c, plain.skin_c)
