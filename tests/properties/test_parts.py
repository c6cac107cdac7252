"""The small parts against models that are too slow, or too plain, to be wrong in the same way."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.virtual.thermistors import CURVES
from poultice_core import states, thermistor
from poultice_core.budget import Budget
from poultice_core.button import HOLD, NOTHING, PRESS, SHORT, Button
from poultice_core.config import default
from poultice_core.dose import CAP_U, Dose
from poultice_core.ledger import COLD_S, DOSE_M, HEAT_S, Ledger
from poultice_core.limits import Limits
from poultice_core.settings import Settings
from tests.properties.shadow import dose_rate_u


@given(code_x8=st.integers(462 * 8, 3496 * 8), part=st.sampled_from(sorted(CURVES)))
@pytest.mark.requirement("SR-07")
def test_a_reading_is_the_curve_and_never_falls_as_it_gets_hotter(code_x8: int, part: str) -> None:
    table = getattr(thermistor, part)
    true_mc = CURVES[part].celsius(code_x8 / 8) * 1000
    reading_mc = thermistor.temp_mc(table, code_x8)
    assert thermistor.temp_mc(table, code_x8 + 1) <= reading_mc
    if 5_000 <= true_mc <= 50_000:
        assert abs(reading_mc - true_mc) <= 100


@given(st.lists(st.tuples(st.integers(30_000, 50_000), st.integers(0, 5_000)), max_size=60))
@pytest.mark.requirement("SR-06")
def test_the_dose_is_never_below_the_formula_nor_far_above_it(
    stretches: list[tuple[int, int]],
) -> None:
    dose = Dose()
    true_u = 0.0
    worst_u = 0.0
    for temp_mc, elapsed_ms in stretches:
        dose.add(temp_mc, elapsed_ms)
        true_u += dose_rate_u(temp_mc) * elapsed_ms / 100
        worst_u += (dose_rate_u(temp_mc + 100) + 1) * elapsed_ms / 100 if temp_mc > 38_900 else 0
    assert true_u - 1 <= dose.total_u <= min(CAP_U, worst_u + 1)
    assert dose.milli() * 1000 >= dose.total_u > (dose.milli() - 1) * 1000


@given(
    density=st.integers(30, 100),
    two_sensors=st.booleans(),
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 300_000)), max_size=60),
)
@pytest.mark.requirement("SR-24")
def test_the_budget_against_exact_fractions(
    density: int, two_sensors: bool, steps: list[tuple[bool, int]]
) -> None:
    config = {"density_mw_cm2": density, "sensor_b": two_sensors}
    fitted = Settings({**default(), **config})
    limits = Limits().under(fitted)
    refill = Fraction(35 if two_sensors else 25)
    exact = Fraction(12_000_000)
    budget = Budget(limits, fitted, 1 << 29)
    for heating, dt_ms in steps:
        budget.advance(heating, dt_ms)
        exact += (refill - density * heating) * min(dt_ms, int(12_000_000 // refill))
        exact = max(Fraction(0), min(exact, Fraction(12_000_000)))
        assert budget.level_uj == exact
        assert budget.spent() == (exact < 100 * density)
        assert budget.percent() == exact // 120_000


SESSION = st.tuples(
    st.integers(0, 1_800), st.integers(0, 1_200), st.integers(0, 9_000), st.booleans()
)
EVENTS = st.one_of(
    st.tuples(st.just("pass"), st.integers(0, 200_000_000)),
    st.tuples(st.just("away"), st.integers(0, 100_000)),
    st.tuples(st.just("session"), SESSION),
    st.tuples(st.just("restart"), st.none()),
)


@given(st.lists(EVENTS, max_size=40))
@pytest.mark.requirement("SR-05")
def test_the_ledger_against_a_list_that_forgets_nothing(events: list[tuple[str, object]]) -> None:
    limits = Limits()
    ledger = Ledger(limits)
    now_ms = 0
    sessions: list[tuple[int, int, int, int]] = []
    rests: list[tuple[int, bool, bool]] = []  # ended, of heat, of cold
    short: list[tuple[int, int, int]] = []  # ended, heat, cold: too short by themselves
    for kind, value in events:
        if kind == "pass" and isinstance(value, int):
            ledger.advance(value)
            now_ms += value
        elif kind == "away" and isinstance(value, int):
            ledger.credit(value)
            now_ms += value * 1000
        elif kind == "session" and isinstance(value, tuple):
            heat_s, cold_s, dose_m, long = value
            if not long:
                heat_s, cold_s = heat_s % 40, min(19, cold_s)
            ledger.add(heat_s, cold_s, dose_m, long)
            end_s = now_ms // 1000
            sessions.append((end_s, heat_s, cold_s, dose_m))
            if long:
                rests.append((end_s, heat_s > 0, cold_s > 0))
                short.clear()
            else:
                if short and end_s - short[-1][0] >= 7_200:
                    short.clear()
                short.append((end_s, heat_s, cold_s))
                heats, colds = sum(t[1] for t in short), sum(t[2] for t in short)
                if heats + colds >= 60:
                    rests.append((end_s, heats > 0, colds > 0))
                    short.clear()
        elif kind == "restart":
            dumped = ledger.dump()
            ledger = Ledger(limits)
            ledger.load(dumped)
            now_ms = now_ms // 1000 * 1000  # a part of a second is not kept
        now_s = now_ms // 1000
        day = [s for s in sessions if now_s - s[0] < 86_400]
        assert ledger.sessions() == len(day)
        for field in (HEAT_S, COLD_S, DOSE_M):
            assert ledger.used(field) == sum(s[field] for s in day)
        for heat, cold in ((True, False), (False, True), (True, True), (False, False)):
            owed_s = 0
            for end_s, heated, cooled in rests:
                asked_s = 1_200 if heated and (heat or cold) else 0
                if cooled:
                    asked_s = max(asked_s, 1_200 if heat else 0, 7_200 if cold else 0)
                owed_s = max(owed_s, end_s + asked_s - now_s)
            assert ledger.rest_s(heat, cold) == owed_s


LEVELS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([2, 3, 4, 5, 6, 7]), st.integers(1, 40)), max_size=30
)


@given(LEVELS)
@pytest.mark.requirement("SR-17", "SR-20")
def test_the_button_does_one_thing_a_press(levels: list[tuple[bool, int, int]]) -> None:
    button = Button()
    since_up = True  # held since before start-up
    acted = True
    down_ms = 0
    began = states.BOOT
    for pressed, state, ticks in levels:
        for _ in range(ticks):
            did = button.look(pressed, state, 100)
            if pressed and since_up is False:
                since_up, acted, down_ms, began = True, False, 0, state
                at_once = state in (states.ARMED, states.RUNNING, states.PAUSED)
                assert did == (PRESS if at_once else NOTHING)
                acted = at_once
                continue
            if pressed:
                down_ms += 100
                assert did in (NOTHING, HOLD)
                if did == HOLD:
                    assert not acted
                    assert state == began
                    assert down_ms >= (1_000 if state == states.WAITING else 3_000)
                    acted = True
                elif not acted and state == began:
                    assert down_ms < (1_000 if state == states.WAITING else 3_000)
                else:
                    acted = True
            else:
                short = since_up and not acted and began == state == states.WAITING
                assert did == (SHORT if short else NOTHING)
                since_up = False
