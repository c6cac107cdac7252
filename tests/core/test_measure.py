"""From sixteen conversions to a tick."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core import signals, states
from poultice_core.board import SENSE_BROKEN, condense
from poultice_core.measure import Measure
from poultice_core.signals import LED_BY_STATE, led
from poultice_core.tick import Tick
from tests.core.rig import RigBoard

CODES = st.lists(st.integers(0, 4095), min_size=16, max_size=16)


class Burst(RigBoard):
    """What is converted, sample by sample."""

    def __init__(self, a: list[int], b: list[int]) -> None:
        super().__init__()
        self.a, self.b = a, b

    def sample(self, burst_a: list[int], burst_b: list[int]) -> bool:
        if self.fresh:
            condense(list(self.a), burst_a)
            condense(list(self.b), burst_b)
        return self.fresh


@given(CODES, CODES)
def test_the_reading_is_of_the_middle_eight_the_sum_of_all(a: list[int], b: list[int]) -> None:
    tick = Tick()
    Measure(Burst(list(a), list(b))).look(tick, True)
    for codes, code_x8, raw, spread in (
        (a, tick.code_x8_a, tick.raw_a, tick.spread_a),
        (b, tick.code_x8_b, tick.raw_b, tick.spread_b),
    ):
        middle = sorted(codes)[4:12]
        assert code_x8 == sum(middle)
        assert raw == sum(codes)
        assert spread == max(middle) - min(middle)


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize(("hit", "moved"), [(4, False), (5, True)])
def test_four_wild_samples_of_sixteen_change_nothing(hit: int, moved: bool) -> None:
    calm = Tick()
    Measure(Burst([2000] * 16, [2000] * 16)).look(calm, True)
    wild = Tick()
    Measure(Burst([4095] * hit + [2000] * (16 - hit), [2000] * 16)).look(wild, True)
    assert (wild.code_x8_a != calm.code_x8_a) == moved
    assert (wild.spread_a > 0) == moved


def test_a_sensor_that_is_not_fitted_is_left_as_it_was() -> None:
    tick = Tick()
    tick.code_x8_b, tick.raw_b, tick.spread_b = 1, 2, 3
    Measure(Burst([100] * 16, [200] * 16)).look(tick, False)
    assert (tick.code_x8_a, tick.code_x8_b, tick.raw_b, tick.spread_b) == (800, 1, 2, 3)


def test_without_a_new_burst_the_last_one_stays() -> None:
    board = Burst([100] * 16, [200] * 16)
    tick = Tick()
    measure = Measure(board)
    measure.look(tick, True)
    assert tick.fresh
    board.fresh = False
    measure.look(tick, True)
    assert not tick.fresh
    assert (tick.code_x8_a, tick.code_x8_b) == (800, 1600)


def test_every_level_is_looked_at() -> None:
    board = Burst([100] * 16, [100] * 16)
    board.sense_forced, board.button_down, board.estop_open = SENSE_BROKEN, True, True
    tick = Tick()
    measure = Measure(board)
    measure.look(tick, True)
    assert (tick.sense, tick.button, tick.estop) == (SENSE_BROKEN, True, True)
    assert (tick.now_ms, tick.dt_ms) == (board.now_ms, 0)
    board.now_ms += 130
    measure.look(tick, True)
    assert tick.dt_ms == 130


def test_each_state_has_its_blink_code_and_each_tune_the_number_that_boards_know_it_by() -> None:
    codes = {name: led(state) for state, name in enumerate(states.NAMES)}
    assert codes == {
        "boot": 1, "self_test": 1, "idle": 0, "armed": 2, "running": 3, "paused": 4, "waiting": 5,
        "fault": 6,
    }  # fmt: skip
    tunes = ("PHASE", "LAY_PACK", "REMOVE_PACK", "COMPLETE", "STOPPED", "FAULT")
    assert [getattr(signals, f"TUNE_{name}") for name in tunes] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("state", [-1, states.FAULT + 1])
def test_no_state_at_all_blinks_as_a_fault(state: int) -> None:
    assert led(state) == LED_BY_STATE[states.FAULT]
