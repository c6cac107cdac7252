"""Rest and the totals of any 24 hours, on the device's own time: SR-05."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core.ledger import COLD_S, DAY_S, DOSE_M, END_S, HEAT_S, Ledger
from poultice_core.limits import Limits

L = Limits()


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(
    ("had", "wants", "rest_s"),
    [
        ((120, 0), (True, False), L.rest_after_heat_s),
        ((120, 0), (False, True), L.rest_after_heat_s),
        ((120, 0), (True, True), L.rest_after_heat_s),
        ((0, 120), (True, False), L.rest_cold_to_heat_s),
        ((0, 120), (False, True), L.rest_cold_to_cold_s),
        ((0, 120), (True, True), L.rest_cold_to_cold_s),
        ((120, 120), (True, False), max(L.rest_after_heat_s, L.rest_cold_to_heat_s)),
        ((120, 120), (False, True), L.rest_cold_to_cold_s),
        ((120, 120), (False, False), 0),
    ],
)
def test_each_pair_of_modes_has_its_rest(
    had: tuple[int, int], wants: tuple[bool, bool], rest_s: int
) -> None:
    ledger = Ledger(L)
    ledger.credit(1000)
    ledger.add(*had, 0, True)
    assert ledger.rest_s(*wants) == rest_s
    if rest_s:
        ledger.advance((rest_s - 1) * 1000)
        assert ledger.rest_s(*wants) == 1
        ledger.advance(1000)
        assert ledger.rest_s(*wants) == 0


@pytest.mark.requirement("SR-05")
def test_a_short_session_counts_and_asks_no_rest() -> None:
    ledger = Ledger(L)
    ledger.add(59, 0, 10, False)
    assert ledger.rest_s(True, True) == 0
    assert (ledger.used(HEAT_S), ledger.used(DOSE_M), ledger.sessions()) == (59, 10, 1)


@pytest.mark.requirement("SR-05")
def test_rest_counts_from_the_last_treated_second() -> None:
    ledger = Ledger(L)
    ledger.credit(10_000)
    ledger.add(120, 0, 0, True, 500)
    assert ledger.rest_s(True, False) == L.rest_after_heat_s - 500


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize("field", [HEAT_S, COLD_S, DOSE_M])
def test_a_session_counts_whole_until_a_day_after_its_end(field: int) -> None:
    ledger = Ledger(L)
    ledger.add(7, 7, 7, False)
    ledger.advance((DAY_S - 1) * 1000)
    assert (ledger.used(field), ledger.sessions()) == (7, 1)
    ledger.advance(999)
    assert ledger.used(field) == 7
    ledger.advance(1)
    assert (ledger.used(field), ledger.sessions()) == (0, 0)


@pytest.mark.requirement("SR-05")
def test_the_wait_is_until_enough_has_left_the_day() -> None:
    ledger = Ledger(L)
    for heat_s in (100, 200, 300):
        ledger.add(heat_s, 0, 0, False)
        ledger.credit(1000)
    assert ledger.wait_s(HEAT_S, 100) == DAY_S - 3000
    assert ledger.wait_s(HEAT_S, 101) == DAY_S - 2000
    assert ledger.wait_s(HEAT_S, 301) == DAY_S - 1000
    assert ledger.wait_s(END_S, 2) == DAY_S - 2000


SESSIONS = st.lists(
    st.tuples(st.integers(0, 1800), st.integers(0, 1200), st.booleans(), st.integers(0, 20_000)),
    max_size=12,
)


@pytest.mark.requirement("SR-05")
@given(SESSIONS, st.integers(0, 999))
def test_a_restart_changes_nothing(
    sessions: list[tuple[int, int, bool, int]], part_ms: int
) -> None:
    ledger = Ledger(L)
    for heat_s, cold_s, rests, gap_s in sessions:
        ledger.add(heat_s, cold_s, heat_s, rests)
        ledger.advance(gap_s * 1000 + part_ms)
    again = Ledger(L)
    again.load(ledger.dump())
    for one in (ledger, again):
        one.advance(1000 - one._part_ms)
        one.now_s = ledger.now_s
    fields = (HEAT_S, COLD_S, DOSE_M)
    assert [ledger.used(field) for field in fields] == [again.used(field) for field in fields]
    assert ledger.sessions() == again.sessions()
    for wants in ((True, False), (False, True), (True, True)):
        assert ledger.rest_s(*wants) == again.rest_s(*wants)


@pytest.mark.requirement("SR-05")
@given(SESSIONS)
def test_the_wait_is_the_shortest_that_is_long_enough(
    sessions: list[tuple[int, int, bool, int]],
) -> None:
    ledger = Ledger(L)
    for heat_s, cold_s, rests, gap_s in sessions:
        ledger.add(heat_s, cold_s, 0, rests)
        ledger.credit(gap_s)
    used_s = ledger.used(HEAT_S)
    if not used_s:
        return
    excess_s = (used_s + 1) // 2
    wait_s = ledger.wait_s(HEAT_S, excess_s)
    ledger.credit(wait_s - 1)
    assert ledger.used(HEAT_S) > used_s - excess_s
    ledger.credit(1)
    assert ledger.used(HEAT_S) <= used_s - excess_s


@pytest.mark.parametrize(
    "dumped", [[], [1, 2, 3], ["1", 0, 0, []], [0, 0, 0, [[1, 2, 3]]], [0, 0, 0, [["x"] * 4]], 5]
)
def test_what_is_no_dump_is_refused(dumped: list[object]) -> None:
    with pytest.raises((TypeError, ValueError)):
        Ledger(L).load(dumped)
