"""Klipper's rules, each from both sides of its boundary."""

from __future__ import annotations

import pytest

from poultice.virtual.body import Pad
from poultice.virtual.plant import Plant
from tests.rivals import klipper
from tests.rivals.bench import RivalBoard, remove_barriers
from tests.rivals.klipper import Klipper, VerifyHeater


def make(target_c: float = 42.0) -> Klipper:
    one = Klipper(RivalBoard(Plant()))
    one.begin(target_c)
    return one


def reports(one: Klipper, *temps_c: float) -> Klipper:
    for count, temp_c in enumerate(temps_c):
        one.report(temp_c, count * klipper.REPORT_S)
    return one


@pytest.mark.parametrize(
    ("temps_c", "heating"),
    [
        ((40.0,), True),
        ((40.1,), False),
        ((40.0, 43.9), True),
        ((40.0, 44.0), False),
        ((40.0, 44.0, 40.1), False),
        ((40.0, 44.0, 40.0), True),
    ],
)
def test_bang_bang_two_degrees_either_side(temps_c: tuple[float, ...], heating: bool) -> None:
    assert reports(make(), *temps_c)._heating is heating


@pytest.mark.parametrize("bad_c", [46.1, 4.9])
def test_the_fourth_bad_report_shuts_down_the_third_does_not(bad_c: float) -> None:
    one = reports(make(), bad_c, bad_c, bad_c)
    assert one.ended is None
    one.report(bad_c, 1.0)
    assert one.ended == "min/max_temp"


def test_a_good_report_between_starts_the_count_anew() -> None:
    assert reports(make(), 46.1, 46.1, 46.1, 46.0, 46.1, 46.1, 46.1).ended is None


@pytest.mark.parametrize(("target_c", "ended"), [(46.0, None), (46.1, "refused"), (4.9, "refused")])
def test_a_target_out_of_range_is_refused(target_c: float, ended: str | None) -> None:
    assert make(target_c).ended == ended


def failures(temps_c: list[float], verify: VerifyHeater | None = None) -> list[int]:
    """The seconds at which a check failed."""
    verify = verify or VerifyHeater()
    return [at for at, temp_c in enumerate(temps_c) if verify.failed(temp_c, 42.0, float(at))]


def held() -> VerifyHeater:
    verify = VerifyHeater()
    assert failures([42.0] * 5, verify) == []
    return verify


def test_five_degrees_below_is_still_held() -> None:
    assert failures([37.0] * 500, held()) == []


def test_an_error_of_120_degree_seconds_shuts_down() -> None:
    # 12 °C·s beyond the hysteresis a check: the tenth makes 120.
    assert failures([25.0] * 9, held()) == []
    assert failures([25.0] * 10, held()) == [9]


def test_back_within_the_hysteresis_forgets_the_error() -> None:
    assert failures([25.0] * 9 + [37.0] + [25.0] * 9, held()) == []


@pytest.mark.parametrize(("gain_c", "fails"), [(2.0, False), (1.9, True)])
def test_heating_up_gains_two_degrees_in_sixty_seconds(gain_c: float, fails: bool) -> None:
    climb = [25.0] * 60 + [25.0 + gain_c] * 30
    assert bool(failures(climb)) is fails


def test_too_hot_is_not_looked_for() -> None:
    assert failures([80.0] * 500, held()) == []


@pytest.mark.parametrize(("silent_s", "ended"), [(2.9, None), (3.1, "host lease")])
def test_the_board_lets_go_three_seconds_after_the_host(silent_s: float, ended: str | None) -> None:
    one = make()
    one.advance()
    one.lose_host()
    for _ in range(round(silent_s * 10)):
        one.advance()
    assert one.ended == ended
    one.board.advance()
    assert one.board.energised is (ended is None)


@pytest.mark.parametrize(("age_s", "read_c"), [(7.0, 41.0), (7.1, 0.0)])
def test_a_stale_reading_counts_as_zero(age_s: float, read_c: float) -> None:
    one = make()
    one.report(41.0, 10.0)
    assert one.read_c(10.0 + age_s) == read_c


@pytest.mark.parametrize(("idle_s", "ended"), [(599.0, None), (600.0, "idle_timeout")])
def test_idle_ends_after_ten_minutes(idle_s: float, ended: str | None) -> None:
    one = make()
    one._reading = (42.0, 1200.0 + idle_s)
    one.check(1200.0 + idle_s)
    assert one.ended == ended


@pytest.mark.parametrize(("ticks", "ended"), [(3, None), (4, "watchdog")])
def test_the_watchdog_bites_after_350_ms(ticks: int, ended: str | None) -> None:
    one = make()
    for _ in range(5):
        one.advance()
    one.hang()
    for _ in range(ticks):
        one.advance()
    assert one.ended == ended


def test_a_shut_down_is_latched_and_keeps_its_first_reason() -> None:
    one = reports(make(), 50.0, 50.0, 50.0, 50.0)
    one.stop()
    reports(one, 25.0)
    assert one.ended == "min/max_temp"
    assert not one._heating


def test_its_own_swing_stays_below_the_max_temp_chosen_for_it() -> None:
    one = Klipper(RivalBoard(Plant(Pad(density_w_cm2=0.10))))
    remove_barriers(one.board)
    one.begin(42.0)
    peak_c = 0.0
    while one.board.now_s < 600.0:
        one.advance()
        peak_c = max(peak_c, one.board.plant.sensor_a_c)
    # What the rule's text says.
    assert peak_c == pytest.approx(44.6, abs=0.1)
    assert one.ended is None
