"""Marlin's bed rules, each from both sides of its boundary."""

from __future__ import annotations

import pytest

from poultice.virtual.plant import Plant
from tests.rivals.bench import RivalBoard
from tests.rivals.marlin import Marlin, Runaway, Watch


def make(target_c: float = 42.0) -> Marlin:
    one = Marlin(RivalBoard(Plant()))
    one.begin(target_c)
    return one


@pytest.mark.parametrize(("temp_c", "ended"), [(51.9, None), (52.0, "MAXTEMP")])
def test_maxtemp(temp_c: float, ended: str | None) -> None:
    one = make()
    one.judge(temp_c, 0.0)
    assert one.ended == ended


@pytest.mark.parametrize(("temp_c", "ended"), [(5.1, None), (5.0, "MINTEMP")])
def test_mintemp(temp_c: float, ended: str | None) -> None:
    one = make()
    one.judge(temp_c, 0.0)
    assert one.ended == ended


@pytest.mark.parametrize(("asked_c", "kept_c"), [(42.0, 42.0), (42.1, 42.0), (48.0, 42.0)])
def test_ten_degrees_of_headroom(asked_c: float, kept_c: float) -> None:
    assert make(asked_c).target_c == kept_c


def runaway_at(temps_c: list[float]) -> list[int]:
    runaway = Runaway()
    return [at for at, temp_c in enumerate(temps_c) if runaway.failed(temp_c, 42.0, float(at))]


@pytest.mark.parametrize(("temp_c", "fails"), [(40.0, False), (39.9, True)])
def test_runaway_is_two_degrees_below(temp_c: float, fails: bool) -> None:
    assert bool(runaway_at([42.0] + [temp_c] * 40)) is fails


def test_runaway_takes_twenty_seconds() -> None:
    assert runaway_at([42.0] + [39.0] * 19) == []
    assert runaway_at([42.0] + [39.0] * 20) == [20]


def test_runaway_waits_until_the_target_was_reached_and_never_looks_up() -> None:
    assert runaway_at([30.0] * 500) == []
    assert runaway_at([42.0] + [50.0] * 500) == []


def watch_at(temps_c: list[float]) -> list[int]:
    watch = Watch()
    watch.start(temps_c[0], 42.0, 0.0)
    return [at for at, temp_c in enumerate(temps_c) if watch.failed(temp_c, 42.0, float(at))][:1]


def test_the_watch_wants_two_degrees_in_sixty_seconds() -> None:
    assert watch_at([30.0] * 60 + [31.9]) == [60]
    assert watch_at([30.0] * 60 + [32.0]) == []
    assert watch_at([30.0] * 60) == []


def test_the_watch_starts_anew_at_each_goal() -> None:
    assert watch_at([30.0] * 60 + [32.0] * 61) == [120]


@pytest.mark.parametrize(("temp_c", "fails"), [(37.0, False), (36.9, True)])
def test_the_watch_ends_within_five_degrees(temp_c: float, fails: bool) -> None:
    assert bool(watch_at([temp_c] * 100)) is fails


def test_on_below_off_at_the_target_every_five_seconds() -> None:
    one = make()
    seen = []
    for now_s, temp_c in ((0.0, 41.9), (4.9, 42.0), (5.0, 42.0), (9.9, 41.0), (10.0, 41.9)):
        one.judge(temp_c, now_s)
        seen.append(one._on)
    assert seen == [True, True, False, False, True]


@pytest.mark.parametrize(("ticks", "ended"), [(39, None), (40, "watchdog")])
def test_the_watchdog_bites_after_four_seconds(ticks: int, ended: str | None) -> None:
    one = make()
    one.advance()
    one.hang()
    for _ in range(ticks):
        one.advance()
    assert one.ended == ended


def test_a_stop_from_a_computer_that_is_gone_never_comes() -> None:
    one = make()
    one.lose_host()
    one.stop()
    assert one.ended is None
    another = make()
    another.stop()
    assert another.ended == "stopped"
