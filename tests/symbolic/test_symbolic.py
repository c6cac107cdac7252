"""The core's arithmetic has no argument that breaks what is claimed of it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from poultice_core import ticks
from tests.properties.backend import DRIVER, MicroPythonBackend
from tests.properties.shadow import IDLE
from tests.properties.test_guard_machine import CLIMB, Machine
from tests.symbolic import enumerated
from tests.symbolic.instrumented import SMALL, TooLarge, copy_to, core, small
from tests.symbolic.properties import CLAIMS
from tests.symbolic.prover import CONFIRMED, REFUTED, ask

# Each takes less than two seconds of a processor of one's own.
SECONDS = 120

# Skipped only where there is none; a pipeline that has it asks for the tier by name.
proven = pytest.mark.skipif(
    importlib.util.find_spec("crosshair") is None
    and "symbolic" not in os.environ.get("POULTICE_REQUIRE_TIERS", "").split(),
    reason="CrossHair is not installed here: make evidence",
)


@proven
@pytest.mark.parametrize(
    "claim",
    [
        pytest.param(claim, marks=pytest.mark.requirement(name), id=claim.__name__)
        for claim, name in CLAIMS.items()
    ],
)
def test_every_path_is_followed_and_none_breaks_it(claim: Callable[..., None]) -> None:
    verdict = ask(claim, SECONDS)

    assert verdict.outcome == CONFIRMED, verdict


def a_false_claim(later: int, earlier: int) -> None:
    assert 0 <= later < SMALL
    assert 0 <= earlier < SMALL
    assert core.ticks.diff_ms(later, earlier) < SMALL // 2 - 1


def a_large_result_on_the_way(value: int) -> None:
    assert 0 <= value < SMALL
    assert small(value + SMALL // 2) - SMALL // 2 == value


@proven
@pytest.mark.parametrize("claim", [a_false_claim, a_large_result_on_the_way])
def test_what_is_false_is_refuted(claim: Callable[..., None]) -> None:
    assert ask(claim, SECONDS).outcome == REFUTED


@pytest.mark.requirement("SR-06", "SR-07", "SR-09")
@pytest.mark.parametrize("count", enumerated.ALL.values(), ids=list(enumerated.ALL))
def test_all_arguments_are_tried(count: Callable[[], int]) -> None:
    assert count() > 900


@contextmanager
def powered(core: Path) -> Iterator[Machine]:
    """A device of this core, at its real limits."""
    machine = Machine(lambda: MicroPythonBackend(sys.executable, DRIVER, core))
    config = {"cooler": True, "sensor_b": True, "sense": True, "two_point": True, "fold_safe": True}
    with closing(machine.backend):
        machine.power_on(config, False, SMALL - 7_000)
        assert machine.state == IDLE, "it does not come up"
        yield machine


def test_an_operation_beyond_the_bits_is_seen(tmp_path: Path) -> None:
    copy_to(tmp_path, bits=23)  # less than a full heat budget
    with pytest.raises(AssertionError, match="does not come up"), powered(tmp_path):
        pass


@pytest.mark.requirement("SR-18", "SR-19")
def test_no_operation_of_a_tick_leaves_31_bits_in_sessions_of_full_length(tmp_path: Path) -> None:
    """It would be `internal`, and the shadow knows no cause for that."""
    copy_to(tmp_path)
    with powered(tmp_path) as machine:
        machine.whole_session(12, True, 0, CLIMB)
        machine.cook(42_900, "normal", 1_500)
        machine.calm()
        machine.power_goes("power_on", 5_000)
        machine.chill(40, 9_900)
        machine.late(True, 1_501)


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
    assert core.ticks.diff_ms(later, earlier) == ticks.diff_ms(later, earlier) == delta_ms
