"""Rest and the totals of any 24 hours, on the device's own time: SR-05."""

from __future__ import annotations

import json

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


# --- sessions too short to ask rest, together ---------------------------------------------------


def _short(ledger: Ledger, heat_s: int, cold_s: int = 0, gap_s: int = 100) -> None:
    ledger.add(heat_s, cold_s, 0, False)
    ledger.credit(gap_s)


@pytest.mark.requirement("SR-05")
def test_a_session_stopped_at_59_s_seven_times_asks_rest_from_the_second_on() -> None:
    # Regression: 2158 s of heat in 2214 s.
    ledger = Ledger(L)
    _short(ledger, 59, gap_s=9)
    assert ledger.rest_s(True, False) == 0
    for _ in range(6):
        _short(ledger, 59, gap_s=9)
        assert ledger.rest_s(True, False) >= L.rest_after_heat_s - 9 - 59


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(("second_s", "rest_s"), [(29, 0), (30, L.rest_after_heat_s)])
def test_short_sessions_ask_the_rest_of_one_at_60_s_together(second_s: int, rest_s: int) -> None:
    ledger = Ledger(L)
    _short(ledger, 30)
    _short(ledger, second_s, gap_s=0)
    assert ledger.rest_s(True, False) == rest_s


@pytest.mark.requirement("SR-05")
def test_one_alone_asks_none_however_its_seconds_are_rounded() -> None:
    ledger = Ledger(L)
    _short(ledger, 60)  # 59.9 s
    assert ledger.rest_s(True, True) == 0
    _short(ledger, 1, gap_s=0)
    assert ledger.rest_s(True, True) == L.rest_after_heat_s


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(
    ("pairs", "heat_rest_s", "cold_rest_s"),
    [
        ([(40, 0), (40, 0)], L.rest_after_heat_s, L.rest_after_heat_s),
        ([(0, 40), (0, 40)], L.rest_cold_to_heat_s, L.rest_cold_to_cold_s),
        ([(40, 0), (0, 40)], L.rest_after_heat_s, L.rest_cold_to_cold_s),
        ([(20, 10), (20, 10)], L.rest_after_heat_s, L.rest_cold_to_cold_s),
    ],
)
def test_they_ask_it_for_the_modes_that_they_had(
    pairs: list[tuple[int, int]], heat_rest_s: int, cold_rest_s: int
) -> None:
    ledger = Ledger(L)
    for heat_s, cold_s in pairs:
        ledger.credit(100)
        ledger.add(heat_s, cold_s, 0, False)
    assert (ledger.rest_s(True, False), ledger.rest_s(False, True)) == (heat_rest_s, cold_rest_s)


@pytest.mark.requirement("SR-05")
def test_a_session_that_rested_forgets_them() -> None:
    ledger = Ledger(L)
    _short(ledger, 40)
    ledger.add(0, 60, 0, True)
    ledger.credit(L.rest_cold_to_cold_s - 101)
    ledger.add(40, 0, 0, False)
    assert ledger.rest_after_heat_s(True, False) == 0


@pytest.mark.requirement("SR-05")
def test_what_made_them_rest_is_forgotten_with_it() -> None:
    ledger = Ledger(L)
    _short(ledger, 40)
    _short(ledger, 40, gap_s=L.rest_after_heat_s)
    assert ledger.rest_s(True, False) == 0
    _short(ledger, 40, gap_s=0)
    assert ledger.rest_s(True, False) == 0


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(
    ("gap_s", "rest_s"),
    [(L.rest_cold_to_cold_s - 1, L.rest_after_heat_s), (L.rest_cold_to_cold_s, 0)],
)
def test_a_gap_as_long_as_the_longest_rest_forgets_them(gap_s: int, rest_s: int) -> None:
    ledger = Ledger(L)
    _short(ledger, 40, gap_s=gap_s)
    _short(ledger, 40, gap_s=0)
    assert ledger.rest_s(True, False) == rest_s


@pytest.mark.requirement("SR-05")
def test_the_gap_counts_between_treated_seconds() -> None:
    ledger = Ledger(L)
    _short(ledger, 40, gap_s=L.rest_cold_to_cold_s)
    ledger.add(40, 0, 0, False, 1)
    assert ledger.rest_after_heat_s(True, False) == L.rest_after_heat_s - 1


@pytest.mark.requirement("SR-05", "SR-23")
def test_a_pack_that_stays_on_makes_a_short_session_one_that_rests() -> None:
    ledger = Ledger(L)
    ledger.add(30, 20, 0, False)
    for cold_s in range(20, 30):
        ledger.credit(1)
        ledger.more_cold(cold_s)
        assert ledger.rest_s(True, True) == 0
    ledger.credit(1)
    ledger.more_cold(30)
    assert ledger.rest_s(False, True) == L.rest_cold_to_cold_s
    assert ledger.rest_after_heat_s(True, False) == L.rest_after_heat_s
    assert (ledger.used(HEAT_S), ledger.used(COLD_S), ledger.sessions()) == (30, 30, 1)
    # From now on it is its cold that goes on, second by second.
    ledger.credit(10)
    ledger.more_cold(40)
    assert ledger.rest_s(False, True) == L.rest_cold_to_cold_s
    assert ledger.rest_after_heat_s(True, False) == L.rest_after_heat_s - 10


@pytest.mark.requirement("SR-23")
def test_a_pack_without_a_session_that_is_known_asks_rest_too() -> None:
    ledger = Ledger(L)
    assert ledger.last_cold_s() == 0
    ledger.more_cold(1)
    assert ledger.rest_s(False, True) == L.rest_cold_to_cold_s
    ledger.add(0, 100, 0, True)
    assert ledger.last_cold_s() == 100


@pytest.mark.requirement("SR-05")
def test_the_rest_before_nothing_is_none_and_the_longest_end_counts() -> None:
    ledger = Ledger(L)
    ledger.credit(1_000)
    ledger.add(100, 100, 0, True)
    ledger.add(100, 100, 0, True, 500)  # an earlier end never takes rest away
    assert ledger.rest_after_heat_s(True, False) == L.rest_after_heat_s
    assert ledger.rest_after_cold_s(True, False) == L.rest_cold_to_heat_s
    assert (ledger.rest_after_heat_s(False, False), ledger.rest_after_cold_s(False, False)) == (
        0,
        0,
    )


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
    ledger.credit(DAY_S - 3000)
    # What has left the day already is no reason to wait.
    assert ledger.wait_s(HEAT_S, 200) == 1000
    assert ledger.wait_s(HEAT_S, 0) == 0


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
    again.load(json.loads(json.dumps(ledger.dump())))
    assert again.short == ledger.short
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
    "dumped",
    [
        [],
        [1, 2, 3],
        [0, 0, 0, []],
        ["1", 0, 0, [], [0, 0, 0]],
        [0, None, 0, [], [0, 0, 0]],
        [0, 0, "0", [], [0, 0, 0]],
        [0, 0, 0, [[1, 2, 3]], [0, 0, 0]],
        [0, 0, 0, [["1", 2, 3, 4]], [0, 0, 0]],
        [0, 0, 0, [[1, None, 3, 4]], [0, 0, 0]],
        [0, 0, 0, [[1, 2, [], 4]], [0, 0, 0]],
        [0, 0, 0, [[1, 2, 3, "4"]], [0, 0, 0]],
        [0, 0, 0, 5, [0, 0, 0]],
        [0, 0, 0, [], [0, 0]],
        [0, 0, 0, [], [None, 0, 0]],
        [0, 0, 0, [], [0, "0", 0]],
        [0, 0, 0, [], [0, 0, []]],
        5,
    ],
)
def test_what_is_no_dump_is_refused(dumped: list[object]) -> None:
    ledger = Ledger(L)
    with pytest.raises((TypeError, ValueError)):
        ledger.load(dumped)
    assert ledger.dump() == Ledger(L).dump()


@pytest.mark.requirement("SR-05")
@given(
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59), st.integers(0, 9_000)), max_size=8)
)
def test_short_sessions_owe_nothing_only_while_they_are_one_short_session(
    sessions: list[tuple[int, int, int]],
) -> None:
    """However many there are: a minute of them within two hours has asked its rest."""
    ledger = Ledger(L)
    ledger.credit(10_000)
    total_s = 0
    last_s: int | None = None
    for heat_s, cold_s, gap_s in sessions:
        if not 0 < heat_s + cold_s < 60:
            continue
        if last_s is not None and ledger.now_s - last_s >= L.rest_cold_to_cold_s:
            total_s = 0
        ledger.add(heat_s, cold_s, 0, False)
        last_s = ledger.now_s
        total_s += heat_s + cold_s
        asked = max(ledger.heat_end_s, ledger.cold_end_s) == ledger.now_s
        assert asked == (total_s >= 60)
        if asked:
            total_s = 0
        ledger.credit(gap_s)
