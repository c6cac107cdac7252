"""The integer functions have no argument that breaks what is claimed of them."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable

import pytest

from poultice_core import ticks
from tests.symbolic import enumerated
from tests.symbolic.instrumented import MODULES, SMALL, TooLarge, broken, core, load, small
from tests.symbolic.properties import PROPERTIES, Property
from tests.symbolic.prover import CONFIRMED, REFUTED, ask, ask_of_the_broken

# Each takes less than two seconds of a processor of one's own.
SECONDS = 120

# Skipped only where there is none; a pipeline that has it asks for the tier by name.
proven = pytest.mark.skipif(
    importlib.util.find_spec("crosshair") is None
    and "symbolic" not in os.environ.get("POULTICE_REQUIRE_TIERS", "").split(),
    reason="CrossHair is not installed here: make evidence",
)

CLAIMS = [
    pytest.param(claim, marks=pytest.mark.requirement(*claim.requirements), id=claim.name)
    for claim in PROPERTIES
]


@proven
@pytest.mark.parametrize("claim", CLAIMS)
def test_every_path_is_followed_and_none_breaks_it(claim: Property) -> None:
    verdict = ask(claim, SECONDS)

    assert verdict.outcome == CONFIRMED, verdict


@proven
@pytest.mark.parametrize("claim", CLAIMS)
def test_its_deliberate_bug_is_found(claim: Property) -> None:
    verdict = ask_of_the_broken(claim, SECONDS)

    assert verdict.outcome == REFUTED, verdict


@pytest.mark.requirement("SR-06", "SR-07", "SR-09")
@pytest.mark.parametrize("count", enumerated.ALL.values(), ids=list(enumerated.ALL))
def test_all_arguments_are_tried(count: Callable[[], int]) -> None:
    assert count() > 900


@pytest.mark.parametrize(
    ("count", "module", "old", "new"),
    [
        ("every_code_of_every_thermistor", "thermistor", "(offset & 255)", "(offset & 511)"),
        ("every_code_of_every_thermistor", "thermistor", "(offset >> 8)", "(3 & 7)"),
        ("every_reading_has_its_dose_rate", "dose", "(temp_mc + 99) // 100", "temp_mc // 100"),
        (
            "every_target_and_duration_that_can_be_asked",
            "dose",
            "* duration_s * 10",
            "* (duration_s % 1800) * 10",
        ),
        ("every_second_of_the_trend", "trend", "self._newest - seconds]", "seconds]"),
    ],
)
def test_an_enumeration_finds_a_deliberate_bug(count: str, module: str, old: str, new: str) -> None:
    with broken(module, old, new), pytest.raises(AssertionError):
        enumerated.ALL[count]()


def test_an_intermediate_result_of_32_bits_is_seen() -> None:
    with broken("ticks", "(later - earlier) & _MASK", "(later - earlier + 2 * _HALF) & _MASK"):
        assert ticks.diff_ms(7, 3) == 4
        with pytest.raises(TooLarge):
            core.ticks.diff_ms(7, 3)
    assert core.ticks.diff_ms(7, 3) == 4


@pytest.mark.parametrize("value", [SMALL, -SMALL - 1])
def test_what_fits_31_bits(value: int) -> None:
    with pytest.raises(TooLarge):
        small(value)
    assert small(value - 1 if value > 0 else value + 1)


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize(
    ("later", "earlier", "delta_ms"),
    [(SMALL - 3, 5, -8), (SMALL - 1, 0, -1), (SMALL >> 1, 0, -SMALL >> 1), (2, SMALL - 3, 5)],
)
def test_time_that_runs_back_through_the_wrap_stays_small(
    later: int, earlier: int, delta_ms: int
) -> None:
    """Found by CrossHair: the difference was right, and an integer on the heap on the way."""
    assert core.ticks.diff_ms(later, earlier) == delta_ms


def test_a_copy_that_is_looked_at_is_the_module() -> None:
    for name in MODULES:
        copy = load(name)
        assert copy.__dict__.keys() >= {"__package__"}
    with pytest.raises(LookupError):
        load("ticks", "no such text", "")
