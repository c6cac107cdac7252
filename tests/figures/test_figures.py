"""The commands of this directory: what they ask for, and that they count right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poultice.virtual.options import SimOptions
from poultice.virtual.told import configuration
from tests.figures import hazards, healthy
from tests.figures.healthy import Held, Session


def test_the_family_has_6480_members() -> None:
    every = list(healthy.family(1))
    assert [one.number for one in every] == list(range(6480))
    assert len({replace(one, number=0, seed=0) for one in every}) == 6480
    assert {one.options.pad_w_cm2 for one in every} == set(healthy.DENSITIES_W_CM2)


def test_a_healthy_session_is_one() -> None:
    held = healthy.hold(Session(0, 1, SimOptions(mass_j_m2k=1400.0), 0.01, 40.5))
    assert (held.ended, held.trip, held.warnings) == ("session over", False, {})
    assert held.reached_s is not None and 60.0 < held.reached_s < 400.0
    assert held.lowest_c is not None and held.highest_c is not None
    assert -0.6 <= held.lowest_c < held.highest_c <= 0.6
    assert 0.5 < held.closings_a_minute <= 3.0


def test_a_session_that_is_told_of() -> None:
    """Cold room, wet skin, strong blood flow: the weakest pad cannot."""
    options = SimOptions(pad_w_cm2=0.03, perfusion=1.5, ambient_c=18.0)
    held = healthy.hold(Session(0, 1, options, 0.005, 42.0))
    assert held.reached_s is None and held.lowest_c is None
    assert "target_unreachable" in held.warnings


def test_what_is_counted() -> None:
    good = Held(1, 0.05, 40.5, "session over", False, {}, 2.0, 100.0, 0.4, -0.6, 0.6)
    low = replace(good, lowest_c=-0.61, warnings={"budget": 2})
    high = replace(good, highest_c=0.61, closings_a_minute=1.0)
    never = replace(good, reached_s=None, lowest_c=None, highest_c=None)
    trip = replace(good, trip=True, ended="sensor_jump")
    assert [one.out_of_band for one in (good, low, high, never)] == [False, True, True, False]
    text = "\n".join(healthy.summary([good, low, high, never, trip]))
    assert "5 sessions, 4 reached their target, 0 refused" in text
    assert "trips: 1 {'sensor_jump': 1} (numbers 1)\n" in text
    assert "{'budget': 1}" in text
    assert "mean 1.800" in text
    assert "2 beyond ±0.6 °C (1 above)" in text


# --- every hazard in every configuration ----------------------------------------------------


def test_each_configuration_once() -> None:
    every = hazards.configurations(1.0, 23.0)
    told = [tuple(configuration(options).values()) for options in every]
    assert len(set(told)) == len(every) == 2 ** (len(told[0]) - 2)


@pytest.mark.parametrize(
    ("options", "target_c", "seconds"),
    [
        (SimOptions(), 42.0, 1200),
        (SimOptions(two_point=False), 41.0, 1800),
        (SimOptions(sensor_b=False), 40.0, 900),
    ],
)
def test_the_most_that_is_allowed(options: SimOptions, target_c: float, seconds: int) -> None:
    run = hazards.Run(None, options, 0.05, None, None, True)
    assert hazards.ask(run) == (target_c, seconds)
    assert hazards.ask(replace(run, target_c=39.0))[0] == 39.0


def test_a_pad_that_cannot_fold_does_not() -> None:
    assert hazards.possible("fold_at_sensor", SimOptions(), True)
    assert not hazards.possible("fold_at_sensor", SimOptions(sensor_b=False), True)
    assert hazards.possible("fold_away", SimOptions(fold_safe=False), True)
    assert hazards.possible("hot_spot_2", SimOptions(sensor_b=False), True)
    knows = "fold_safe" in configuration(SimOptions())
    assert hazards.possible("fold_away", SimOptions(), True) is not knows
    assert hazards.possible("fold_mid", SimOptions(), True)
    assert hazards.possible("fold_mid", SimOptions(), False) is not knows


def test_the_place_of_sensor_a_decides() -> None:
    doses = []
    for a_in_middle in (True, False):
        run = hazards.Run("bony", SimOptions(), 0.05, None, 40.5, a_in_middle)
        doses.append(hazards.simulate(run).skin_cem43)
    assert doses[0] < 1.0
    assert doses[1] > 20.0


def test_the_table_counts_what_firmware_can_hold() -> None:
    one = hazards.Result("bony", "BS2", 0.05, None, 42.0, 9.0, 41.0, 1.0, None)
    more = replace(one, skin_cem43=9.01, density_w_cm2=0.10)
    beyond = replace(one, hazard="hot_spot_2", skin_cem43=50.0)
    assert "beyond 9: 0, and 1 that" in "\n".join(hazards.table([one, beyond]))
    lines = hazards.table([one, more, beyond])
    assert "beyond 9: 1, and 1 that no firmware can hold" in lines
    assert lines[-1].split()[:3] == ["bony", "BS2", "9.0"]
