"""Too hot, too cold, soon too hot: SR-01, SR-02, SR-03 and the dose of SR-06."""

from __future__ import annotations

import pytest

from poultice_core import states
from poultice_core.dose import rate_u
from poultice_core.limits import Limits
from poultice_core.relays import COOL, HEAT, MASTER, PAD
from poultice_core.tick import NOT_READY, OK
from tests.core.guard_rig import OPEN_X8, GuardRig, at, boundary, order, toy

L = Limits()
ABSOLUTE_MC, CUTOFF_MC, INSIDE_MC = L.absolute_cutoff_mc, L.heat_cutoff_mc, L.clear_inside_mc
COLD_MC, END_MC = L.cold_cutoff_mc, L.cold_end_mc
ABSOLUTE, OVER, UNDER = "absolute_temperature", "over_temperature", "under_temperature"
WATCHED = ("running", "paused", "waiting", "ended")
ANYWHERE = (*WATCHED, "armed", "idle", "boot")
COLD_TICKS, END_TICKS = L.cold_cutoff_ms // 100 + 1, L.cold_end_ms // 100
AT_ABSOLUTE = {ABSOLUTE_MC - 1: None, ABSOLUTE_MC: ABSOLUTE}
AT_CUTOFF = {CUTOFF_MC - 1: None, CUTOFF_MC: OVER}


# --- SR-01 --------------------------------------------------------------------------------


@boundary("SR-01", ANYWHERE, AT_ABSOLUTE)
@pytest.mark.parametrize("cooler_mc", [(33_000, None), (None, 33_000), (None, None)])
def test_the_absolute_cutoff_trips_in_its_tick_everywhere(
    rig: GuardRig, mc: int, cooler_mc: tuple[int | None, int | None]
) -> object:
    a_mc, b_mc = (mc if one is None else one for one in cooler_mc)
    return rig.set(a_mc, b_mc).wait().fault


@boundary("SR-01 SR-07", "running", AT_ABSOLUTE)
def test_a_sensor_still_cuts_off_while_the_other_is_broken(rig: GuardRig, mc: int) -> object:
    return rig.code(OPEN_X8, "a").set(32_000, mc).wait().fault


@boundary("SR-01 SR-20", "running", {ABSOLUTE_MC: {ABSOLUTE}, ABSOLUTE_MC - 1: set()})
def test_the_absolute_cutoff_is_counted_where_another_fault_stands(
    rig: GuardRig, mc: int
) -> object:
    assert rig.code(OPEN_X8, "a").wait(3).fault == "sensor_open"
    return rig.code(None).set(mc).wait().behind


OVER_OF_TICKS = {"10": None, "100": None, "1001": None} | dict.fromkeys(
    ("11", "101", "0011", "100101"), OVER
)


@boundary("SR-01", WATCHED, OVER_OF_TICKS)
def test_two_of_three_ticks_at_the_heat_cutoff_trip(rig: GuardRig, over: str) -> object:
    rig.settle(41_500).step()
    for tick in over:
        assert rig.fault is None
        outputs = rig.set(CUTOFF_MC if tick == "1" else CUTOFF_MC - 1).step()
        assert not outputs & HEAT or tick == "0"
    return rig.fault


@boundary("SR-01", "running", {CUTOFF_MC - 1: 101, CUTOFF_MC: 2})
def test_one_unit_below_the_heat_cutoff_never_trips(rig: GuardRig, mc: int) -> object:
    return rig.settle(mc).ticks_to_fault(100)


@boundary("SR-01", "running", {-1: PAD, 0: MASTER, 1: MASTER, 400: MASTER})
def test_one_tick_at_the_heat_cutoff_opens_heat_and_no_more(rig: GuardRig, mc: int) -> object:
    assert rig.settle(CUTOFF_MC - 1).step() == PAD
    return rig.set(CUTOFF_MC + mc).no_slope(CUTOFF_MC - 1).step()


@boundary("SR-01", ("armed", "idle"), {L.watch_after_ms: None, L.watch_after_ms - 200: OVER})
def test_where_nothing_was_heated_the_heat_cutoff_is_no_fault(rig: GuardRig, ms: int) -> object:
    return rig.poke(rig.guard.clocks, since_session_ms=ms).set(CUTOFF_MC + 1000).wait(20).fault


@boundary("SR-01", "boot", {0: OVER, 100: None})
def test_the_heat_cutoff_stands_two_minutes_after_start_up(rig: GuardRig, after_ms: int) -> object:
    """Row 24: there may have been a session before the restart."""
    rig.wait((L.watch_after_ms + after_ms) // 100 - 1)
    return rig.set(CUTOFF_MC).wait(2).fault


@boundary("SR-01", "ended", {0: OVER, -200: OVER, 100: None})
def test_the_heat_cutoff_stands_two_minutes_after_a_session(rig: GuardRig, after_ms: int) -> object:
    rig.set(33_000).wait((L.watch_after_ms + after_ms) // 100 - 2)
    return rig.set(CUTOFF_MC).wait(2).fault


@boundary("SR-01 SR-08", "running", AT_CUTOFF)
def test_a_rejected_reading_still_cuts_off(rig: GuardRig, mc: int) -> object:
    assert rig.set(mc).wait().guard.reading.a.accepted_mc == 32_000
    return rig.wait().fault


@boundary("SR-01", "running", AT_CUTOFF)
def test_the_hotter_sensor_judges_heat(rig: GuardRig, mc: int) -> object:
    return rig.set(36_000, mc).wait(2).fault


@boundary("SR-01", "heat", {2: None, 3: "sensor_open"})
def test_a_reading_that_is_none_any_more_is_not_over_the_cutoff(
    rig: GuardRig, ticks: int
) -> object:
    rig.settle(41_500).set(CUTOFF_MC).wait().code(OPEN_X8).wait(ticks)
    assert (rig.guard.reading.hot_mc, rig.behind) == (CUTOFF_MC, set())
    return rig.fault


@boundary("SR-01 SR-20", "running", {1: False, 0: True})
@pytest.mark.parametrize(("trip_mc", "fault"), [(ABSOLUTE_MC, ABSOLUTE), (CUTOFF_MC, OVER)])
def test_heat_is_gone_one_degree_inside_its_cutoff(
    rig: GuardRig, mc: int, trip_mc: int, fault: str
) -> object:
    assert rig.set(trip_mc).wait(2).fault == fault
    return rig.set(trip_mc - INSIDE_MC + mc).wait().gone


# --- SR-02 --------------------------------------------------------------------------------


@boundary("SR-02", "boot", {40_000: MASTER, 39_999: PAD}, limits=toy(predictive_mc=40_000))
def test_a_steady_reading_inhibits_at_the_predictive_limit(rig: GuardRig, mc: int) -> object:
    return rig.set(mc).start().into(states.HEAT, heat=True).wait(5).outputs


@boundary("SR-02", "running", {350: True, 340: False})
def test_a_rising_reading_inhibits_early(rig: GuardRig, slope_mc_s: int) -> object:
    """To 40 °C at `slope_mc_s`: there the reading ten seconds on is 43.5 °C or just below."""
    rig.settle(40_000 - 4 * slope_mc_s).no_slope(0, 0)
    for mc in range(40_000 - 4 * slope_mc_s, 40_001, slope_mc_s // 10):
        rig.set(mc).step()
    assert rig.outputs & MASTER
    return rig.guard.permit.inhibited


@pytest.mark.requirement("SR-02")
@pytest.mark.parametrize(
    ("on", "off"),
    # The closing distance is the longer wait after a short burst, the dwell after a long one.
    [(2, L.closing_min_ms // 100 - 2), (L.closing_min_ms // 100 + 50, L.dwell_min_ms // 100)],
)
def test_an_inhibit_opens_heat_at_once_and_keeps_it_off_for_its_minimum(on: int, off: int) -> None:
    rig = at("running").wait(on - 1)
    assert rig.budget(0).step() == MASTER
    rig.budget(L.budget_capacity_uj_cm2)
    assert rig.trace(off) == "m" * (off - 1) + "P"


@boundary("SR-02", "heat", {29: "m" * 29, 30: "m" * 29 + "P"}, sense=False)
def test_with_fewer_than_thirty_ticks_heat_is_inhibited(rig: GuardRig, ticks: int) -> object:
    return rig.ask(0, states.HEAT, 40_000, heat=True).no_slope(0, 0).trace(ticks)


@boundary("SR-02 SR-07", "idle", {0: True, 1: True, 29: True, 30: False})
@pytest.mark.parametrize("sensor", ["a", "b"])
def test_a_broken_sensor_restarts_the_slope(rig: GuardRig, ticks: int, sensor: str) -> object:
    rig.code(OPEN_X8, sensor).wait().code(None).wait(ticks)
    return rig.part("predictive").inhibits()


@pytest.mark.requirement("SR-02", "SR-08")
@pytest.mark.parametrize("sensor_b", [True, False])
def test_a_rejected_reading_is_no_part_of_the_slope(sensor_b: bool) -> None:
    rig = at("heat", sensor_b=sensor_b).wait()
    predictive = rig.part("predictive")
    before = list(predictive._ring)
    rig.set(35_000).step()
    assert predictive._ring == before
    rig.set(32_001).step()
    assert sorted(predictive._ring) == [32_000] * 29 + [32_001]


# --- SR-03 --------------------------------------------------------------------------------

TOO_COLD = {1: (61, None)} | dict.fromkeys((0, -1, -2_000, -15_000), (COLD_TICKS, UNDER))


@boundary("SR-03", ("cold", "pack", "pack, paused", "pack, waiting"), TOO_COLD)
def test_the_cold_cutoff_trips_after_two_seconds(rig: GuardRig, mc: int) -> object:
    """Row 15: 3 °C for 290 s in `paused`, and no trip."""
    return rig.set(COLD_MC + mc).ticks_to_fault(60), rig.fault


@boundary("SR-03", "cold", TOO_COLD, cooler=True)
def test_the_cold_cutoff_of_a_cooler_trips_after_two_seconds(rig: GuardRig, mc: int) -> object:
    return rig.set(COLD_MC + mc).ticks_to_fault(60), rig.fault


@boundary("SR-03", "cold", dict.fromkeys((1, 10, COLD_TICKS - 1), (COLD_TICKS, UNDER)), cooler=True)
def test_another_cold_phase_does_not_begin_the_two_seconds_anew(
    rig: GuardRig, ticks: int
) -> object:
    rig.set(COLD_MC).wait(ticks).ask(2, states.COLD, L.cold_target_min_mc, cool=True)
    return ticks + rig.ticks_to_fault(60), rig.fault


@boundary("SR-03", "cold", {True: (2 * COLD_TICKS, UNDER), False: (COLD_TICKS, UNDER)}, cooler=True)
def test_a_rest_between_two_cold_phases_does(rig: GuardRig, rests: bool) -> object:
    rig.set(COLD_MC).wait(19)
    if rests:
        rig.ask(2, states.REST).wait()
    return 19 + rests + rig.ask(3, states.COLD, L.cold_target_min_mc, cool=True).ticks_to_fault(
        60
    ), rig.fault


@boundary(
    "SR-03",
    "cold",
    # The tick of `resume` is one of the pause.
    {(COLD_MC, 1): UNDER, (COLD_MC, 50): UNDER, (COLD_MC + 1, 1): None, (COLD_MC + 1, 50): None},
    cooler=True,
)
def test_a_pause_neither_counts_nor_begins_the_two_seconds_anew(
    rig: GuardRig, paused: tuple[int, int]
) -> object:
    mc, ticks = paused
    rig.set(COLD_MC).wait(19).do("pause").set(mc).wait(ticks)
    assert rig.fault is None
    return rig.do("resume").set(COLD_MC).wait(3).fault


@boundary("SR-03", "cold", {END_MC: True, END_MC + 1: False}, cooler=True)
def test_nor_the_ten_at_the_cold_end(rig: GuardRig, mc: int) -> object:
    rig.set(END_MC).wait(END_TICKS - 1).do("pause").set(mc).wait(200)
    assert rig.state == "paused"
    return rig.do("resume").set(END_MC).wait(3).guard.durations.over


@pytest.mark.requirement("SR-03")
def test_pauses_put_the_cutoff_off_by_no_more_than_they_take() -> None:
    rig = at("cold", cooler=True).set(COLD_MC)
    for _ in range(COLD_TICKS // 4):
        rig.wait(3).do("pause").wait(4).do("resume")
    assert rig.wait(2).fault == UNDER


@boundary("SR-03", "cold", {COLD_MC + 1: 61, COLD_MC: COLD_TICKS}, cooler=True)
def test_the_colder_sensor_judges_cold(rig: GuardRig, mc: int) -> object:
    return rig.set(13_000, mc).ticks_to_fault(60)


@boundary("SR-03", "cold", {COLD_MC + 1: None, COLD_MC: UNDER}, cooler=True)
def test_the_two_seconds_are_on_end(rig: GuardRig, mc: int) -> object:
    return rig.set(COLD_MC).wait(20).set(mc).wait().set(COLD_MC).wait(20).fault


@boundary(
    "SR-03", "cold", {(0, END_TICKS): MASTER, (0, END_TICKS + 1): 0, (1, 300): MASTER}, cooler=True
)
def test_a_cold_phase_ends_after_ten_seconds_at_the_cold_end(
    rig: GuardRig, to: tuple[int, int]
) -> object:
    mc, ticks = to
    outputs = rig.set(END_MC + mc).wait(ticks).outputs
    assert (rig.guard.durations.over, rig.fault) == (outputs == 0, None)
    return outputs


@boundary("SR-03", "cold", {(1, END_TICKS): False, (0, 1): True}, cooler=True)
def test_the_ten_seconds_are_on_end(rig: GuardRig, to: tuple[int, int]) -> object:
    mc, ticks = to
    rig.set(END_MC).wait(END_TICKS).set(END_MC + mc).wait().set(END_MC).wait(ticks)
    return rig.guard.durations.over


@boundary("SR-03", "cold", dict.fromkeys((100, 101, 299), (20, UNDER)), cooler=True)
def test_the_interval_before_the_first_cold_reading_does_not_count(
    rig: GuardRig, dt_ms: int
) -> object:
    return rig.set(COLD_MC).wait(1, dt_ms).ticks_to_fault(60), rig.fault


@boundary("SR-03", "cold", dict.fromkeys((100, 101, 299), (False, True)), cooler=True)
def test_nor_does_the_one_before_the_first_at_the_cold_end(rig: GuardRig, dt_ms: int) -> object:
    rig.set(END_MC).wait(1, dt_ms).wait(END_TICKS - 1)
    return rig.guard.durations.over, rig.wait().guard.durations.over


@boundary("SR-03", (*WATCHED, "armed"), {2_000: None})
def test_elsewhere_cold_is_no_fault(rig: GuardRig, mc: int) -> object:
    return rig.settle(mc).wait(60).fault


@boundary("SR-03 SR-17", "boot", {5_000: OK, 4_999: NOT_READY})
@pytest.mark.parametrize("sensors", ["both", "b"])
@pytest.mark.parametrize("asked", [{"heat_s": 60}, {"cold_s": 60}, {}])
def test_below_five_degrees_nothing_is_armed(
    rig: GuardRig, mc: int, sensors: str, asked: dict[str, int]
) -> object:
    return rig.set(20_000 if sensors == "b" else mc, mc).ready().arm(order(**asked))


@boundary("SR-03", "cold", {L.cool_inhibit_mc: "m", L.cool_inhibit_mc + 1: "C"}, cooler=True)
def test_cool_is_inhibited_at_ten_and_a_half(rig: GuardRig, mc: int) -> object:
    return rig.set(mc).trace(1)


@pytest.mark.requirement("SR-03")
@pytest.mark.parametrize("sensor_b", [True, False])
@pytest.mark.parametrize("broken", ["a", "b"])
def test_a_cooler_asks_for_every_sensor_that_is_fitted(sensor_b: bool, broken: str) -> None:
    rig = at("cold", cooler=True, sensor_b=sensor_b)
    assert rig.step() == MASTER | COOL
    asked = sensor_b or broken == "a"
    assert rig.code(OPEN_X8, broken).step() == (MASTER if asked else MASTER | COOL)


@boundary("SR-20", "cold", {INSIDE_MC - 1: False, INSIDE_MC: True}, cooler=True)
def test_cold_is_gone_one_degree_inside_its_cutoff(rig: GuardRig, mc: int) -> object:
    assert rig.set(COLD_MC).wait(30).fault == UNDER
    return rig.set(COLD_MC + mc).wait().gone


# --- SR-06 --------------------------------------------------------------------------------


def _one_below(rig: GuardRig, dose_m: int) -> GuardRig:
    """In a heat phase at 39.9 °C, a tick before the dose is one below."""
    rig.into(states.HEAT).settle(39_900)
    return rig.poke(rig.guard.dose, total_u=(dose_m - 1) * 1000 - rate_u(39_900)).wait()


@pytest.mark.requirement("SR-06")
@pytest.mark.parametrize(
    ("sensitive", "limit_m"), [(False, L.dose_session_m), (True, L.sensitive_dose_session_m)]
)
def test_the_dose_trips_in_the_tick_that_reaches_it(sensitive: bool, limit_m: int) -> None:
    rig = _one_below(GuardRig().start(order(heat_s=1200, sensitive=sensitive)), limit_m)
    assert (rig.guard.dose.milli(), rig.fault) == (limit_m - 1, None)
    assert (rig.wait().guard.dose.milli(), rig.fault) == (limit_m, "dose_limit")


@boundary("SR-06", "idle", {999: None, 1000: "dose_limit"})
def test_the_dose_of_a_day_bounds_the_session(rig: GuardRig, dose_m: int) -> object:
    rig.ledger.add(60, 0, L.dose_day_m - 1000, False)
    return _one_below(rig.start(order(heat_s=1200, dose_m=10)), dose_m).wait().fault


@boundary("SR-06", WATCHED[:3], {42_000: rate_u(42_000), 38_000: rate_u(41_000)})
def test_dose_is_counted_wherever_a_session_is(rig: GuardRig, mc: int) -> object:
    before_u = rig.wait().guard.dose.total_u
    return rig.set(41_000, mc).wait().guard.dose.total_u - before_u


@boundary("SR-06", ("boot", "armed"), {42_000: 0})
def test_before_a_session_nothing_counts_in_the_dose(rig: GuardRig, mc: int) -> object:
    return rig.set(mc).wait(40).guard.dose.total_u


@boundary("SR-06 SR-18", "running", {300: 3 * rate_u(42_000), 1000: 10 * rate_u(42_000)})
def test_a_late_tick_counts_whole_in_the_dose(rig: GuardRig, dt_ms: int) -> object:
    return rig.settle(42_000).wait(1, dt_ms).guard.dose.total_u


@pytest.mark.requirement("SR-06")
def test_the_interval_before_a_stop_counts_in_the_dose_and_the_clocks() -> None:
    rig = at("heat").settle(42_000).wait()
    dose, clocks = rig.guard.dose, rig.guard.clocks
    dose_u, heat_ms = dose.total_u, clocks.heat_ms
    rig.stop()
    assert clocks.heat_ms == heat_ms + 100
    assert dose.total_u > dose_u
    dose_u = dose.total_u
    rig.step()
    assert (dose.total_u, clocks.heat_ms) == (dose_u, heat_ms + 100)
