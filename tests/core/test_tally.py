"""A session's summary: extremes, warnings, and the share of HEAT in the last minute."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poultice_core import states
from poultice_core.limits import Limits
from poultice_core.tally import Tally

L = Limits()
RELAY_LIFE = 80_000


def _guard(**changes: Any) -> Any:
    guard = SimpleNamespace(
        limits=L,
        course=SimpleNamespace(begun=0, live=False),
        reading=SimpleNamespace(readable=True, hot_mc=33_000, cold_mc=32_000),
        treatment=SimpleNamespace(inhibited=0, undertreated=0),
        dose=SimpleNamespace(total_u=0),
        permit=SimpleNamespace(budget_met=False),
        heating=SimpleNamespace(weak=False),
        dwell=SimpleNamespace(operations=0),
        heated_now=lambda: guard.heated,
        heated=False,
    )
    for name, value in changes.items():
        *path, last = name.split("__")
        target = guard
        for part in path:
            target = getattr(target, part)
        setattr(target, last, value)
    return guard


def test_before_any_session_there_is_nothing_to_tell() -> None:
    tally = Tally()
    tally.follow(_guard(), 0, False, 100)
    assert (tally.peak_mc(), tally.min_mc(), tally.warnings) == (None, None, 0)


@pytest.mark.parametrize(("live", "after"), [(True, False), (False, True), (True, True)])
def test_the_extremes_are_those_of_every_tick_of_a_session(live: bool, after: bool) -> None:
    tally = Tally()
    guard = _guard(course__live=after)
    for hot_mc, cold_mc in ((33_000, 32_000), (41_000, 40_000), (-5, -6), (33_000, 32_000)):
        guard.reading.hot_mc, guard.reading.cold_mc = hot_mc, cold_mc
        tally.follow(guard, 0, live, 100)
    assert (tally.peak_mc(), tally.min_mc()) == (41_000, -6)


def test_what_cannot_be_read_is_no_extreme() -> None:
    tally = Tally()
    tally.follow(_guard(course__live=True, reading__readable=False), 0, True, 100)
    assert (tally.peak_mc(), tally.min_mc()) == (None, None)


def test_a_new_session_starts_anew() -> None:
    tally = Tally()
    guard = _guard(course__live=True, heating__weak=True)
    tally.follow(guard, 0, True, 100)
    assert tally.warnings == states.TARGET_UNREACHABLE
    guard.course.begun += 1
    guard.heating.weak = False
    guard.reading.hot_mc = guard.reading.cold_mc = 30_000
    tally.follow(guard, 0, True, 100)
    assert (tally.peak_mc(), tally.min_mc(), tally.warnings) == (30_000, 30_000, 0)


@pytest.mark.parametrize(
    ("name", "value", "operations", "warning"),
    [
        ("dose__total_u", L.dose_warn_m * 1000 - 999, 0, states.DOSE),
        ("dose__total_u", L.dose_warn_m * 1000 - 1000, 0, 0),
        ("permit__budget_met", True, 0, states.BUDGET),
        ("heating__weak", True, 0, states.TARGET_UNREACHABLE),
        ("treatment__inhibited", 1, 0, states.INHIBITED),
        ("treatment__undertreated", 2, 0, states.UNDERTREATED),
        ("dwell__operations", 1, RELAY_LIFE - 1, states.RELAY_LIFE),
        ("dwell__operations", 0, RELAY_LIFE - 1, 0),
        ("dwell__operations", RELAY_LIFE, 0, states.RELAY_LIFE),
    ],
)
def test_each_warning_is_kept_to_the_end_of_its_session(
    name: str, value: object, operations: int, warning: int
) -> None:
    tally = Tally()
    tally.follow(_guard(course__live=True, **{name: value}), operations, True, 100)
    assert tally.warnings == warning
    tally.follow(_guard(course__live=True), 0, True, 100)
    assert tally.warnings == warning


def test_nothing_is_warned_of_between_sessions() -> None:
    tally = Tally()
    tally.follow(_guard(heating__weak=True), RELAY_LIFE, False, 100)
    assert tally.warnings == 0


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([100, 100, 300, 1600])), max_size=1500))
@example([(True, 1600)] * 40 + [(False, 1600)] * 20)
def test_the_duty_is_the_share_of_the_last_sixty_whole_seconds(
    ticks: list[tuple[bool, int]],
) -> None:
    """A tick's time is told where it ends: a long one counts in its last second."""
    tally = Tally()
    heated_ms = [0] * 60
    part = elapsed = 0
    for heated, dt_ms in ticks:
        tally.follow(_guard(heated=heated), 0, False, dt_ms)
        part += dt_ms if heated else 0
        elapsed += dt_ms
        while elapsed >= 1000:
            elapsed -= 1000
            heated_ms.append(part)
            part = 0
    assert tally.duty_pct() == min(100, sum(heated_ms[-60:]) // 600)
    assert 0 <= tally.duty_pct() <= 100
