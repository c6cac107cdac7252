"""The hobby controller's rules, each from both sides of its boundary."""

from __future__ import annotations

import pytest

from poultice.virtual import adc
from poultice.virtual.body import Pad
from poultice.virtual.plant import Plant
from tests.rivals.bench import RivalBoard
from tests.rivals.hobby import HOLDING_W_CM2, Hobby


def make(target_c: float = 42.0, board: RivalBoard | None = None) -> Hobby:
    one = Hobby(board or RivalBoard(Plant()))
    one.begin(target_c)
    return one


@pytest.mark.parametrize(
    ("temp_c", "ended"),
    [(0.0, None), (-0.1, "sensor error"), (1000.0, None), (1000.1, "sensor error")],
)
def test_a_sensor_fault_is_below_0_or_above_1000(temp_c: float, ended: str | None) -> None:
    one = make()
    one.duty(temp_c)
    assert one.ended == ended


@pytest.mark.parametrize(("now_s", "ended"), [(1199.9, None), (1200.0, "session timer")])
def test_the_session_timer(now_s: float, ended: str | None) -> None:
    one = make()
    one.control(now_s)
    assert one.ended == ended


@pytest.mark.parametrize(("asked_c", "kept_c"), [(250.0, 250.0), (250.1, 250.0)])
def test_the_set_point_goes_up_to_250(asked_c: float, kept_c: float) -> None:
    assert make(asked_c).target_c == kept_c


@pytest.mark.parametrize(("ticks", "ended"), [(29, None), (30, "watchdog")])
def test_the_watchdog_bites_after_three_seconds(ticks: int, ended: str | None) -> None:
    one = make()
    one.advance()
    one.hang()
    for _ in range(ticks):
        one.advance()
    assert one.ended == ended


@pytest.mark.parametrize("density_w_cm2", [0.05, 0.10])
def test_without_a_sensor_it_goes_on_at_the_duty_that_holds(density_w_cm2: float) -> None:
    board = RivalBoard(Plant(Pad(density_w_cm2=density_w_cm2)))
    board.channel_a.fail(adc.OPEN)
    one = make(board=board)
    on = 0
    for _ in range(1000):
        one.advance()
        on += one.energised
    assert one.ended is None
    assert on / 1000 == pytest.approx(HOLDING_W_CM2 / density_w_cm2, abs=0.02)


@pytest.mark.parametrize("density_w_cm2", [0.05, 0.10])
def test_its_loop_is_well_tuned(density_w_cm2: float) -> None:
    one = make(board=RivalBoard(Plant(Pad(density_w_cm2=density_w_cm2))))
    seen = []
    while one.board.now_s < 900.0:
        one.advance()
        seen.append(one.board.plant.sensor_a_c)
    assert max(seen) < 42.5
    assert min(seen[6000:]) > 41.5
