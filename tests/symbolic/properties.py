"""What has to hold of the core's integer functions, for CrossHair to look for a way round.

Assert-style contracts: the asserts a function begins with say which arguments are meant, the ones
at its end what is claimed. Objects are looked at from any state, not from those that a run from
power-up comes to. Every claim includes that no intermediate result leaves 31 bits
(`instrumented`). `shown` gives each a deliberate bug that it has to find.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from poultice_core import faults, states
from poultice_core.board import SENSE_HIGH, SENSE_LOW
from poultice_core.interval import Interval
from poultice_core.limits import Limits
from tests.symbolic.instrumented import SMALL, core

# The longest interval that `diff_ms` can give, and any reading a table or an offset can.
DT_MAX_MS = 1 << 29
READ_MIN_MC, READ_MAX_MC = -60_000, 120_000
RING = 1 << 30
LIMITS = Limits()


@dataclass(frozen=True)
class Property:
    """A claim, the requirements it argues, and a bug of the module that breaks it."""

    claim: Callable[..., None]
    requirements: tuple[str, ...]
    module: str
    old: str
    new: str

    @property
    def name(self) -> str:
        return self.claim.__name__


PROPERTIES: list[Property] = []


def interval(dt_ms: int, **stood: Any) -> Any:
    """A tick's facts, no stall."""
    now = Interval()
    now.dt_ms = now.seen_ms = dt_ms
    for name, value in stood.items():
        setattr(now, name, value)
    return now


def shown(
    *requirements: str, module: str, old: str, new: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def enter(claim: Callable[..., None]) -> Callable[..., None]:
        PROPERTIES.append(Property(claim, requirements, module, old, new))
        return claim

    return enter


# --- ticks -------------------------------------------------------------------------------


@shown("SR-18", module="ticks", old="delta_ms < _HALF", new="delta_ms <= _HALF")
def a_difference_lies_within_half_the_ring(later: int, earlier: int) -> None:
    assert 0 <= later < RING
    assert 0 <= earlier < RING
    delta_ms = core.ticks.diff_ms(later, earlier)
    assert -(RING >> 1) <= delta_ms < RING >> 1


@shown("SR-18", module="ticks", old="- _HALF - _HALF", new="- _HALF")
def a_difference_is_what_was_added(start: int, delta_ms: int) -> None:
    assert 0 <= start < RING
    assert -(RING >> 1) <= delta_ms < RING >> 1
    assert core.ticks.diff_ms((start + delta_ms) % RING, start) == delta_ms


@shown("SR-18", module="interval", old="dt_ms - saved_ms > late_ms", new="dt_ms > late_ms")
def only_a_save_with_master_open_excuses_a_stall(dt_ms: int, saved_ms: int, outputs: int) -> None:
    assert -DT_MAX_MS <= dt_ms < DT_MAX_MS
    assert 0 <= saved_ms < DT_MAX_MS
    assert 0 <= outputs <= 7
    now = core.interval.Interval()
    now.outputs = outputs
    now.measure(SimpleNamespace(dt_ms=dt_ms, saved_ms=saved_ms), 300)
    excused_ms = saved_ms if outputs & 1 == 0 else 0
    assert now.stalled == (dt_ms < 0 or dt_ms - excused_ms > 300)
    assert 0 <= now.seen_ms <= now.dt_ms
    assert now.dt_ms == (dt_ms if dt_ms > 0 else 0)


# --- dose --------------------------------------------------------------------------------


@shown("SR-06", module="dose", old="if total < CAP_U else CAP_U", new="")
def a_dose_only_grows_and_ends_at_its_cap(
    total_u: int, rest: int, temp_mc: int, elapsed_ms: int
) -> None:
    assert 0 <= total_u <= 500_000_000
    assert 0 <= rest < 100
    assert READ_MIN_MC <= temp_mc <= READ_MAX_MC
    assert 0 <= elapsed_ms < DT_MAX_MS
    dose = core.dose.Dose()
    dose.total_u, dose._rest = total_u, rest
    dose.add(temp_mc, elapsed_ms)
    assert total_u <= dose.total_u <= 500_000_000
    assert 0 <= dose._rest < 100


@shown("SR-06", module="dose", old="self._rest = part % 100", new="self._rest = 0")
def a_dose_loses_nothing_however_the_time_is_cut(temp_mc: int, rest: int, elapsed_ms: int) -> None:
    assert 38_901 <= temp_mc <= READ_MAX_MC
    assert 0 <= rest < 100
    assert 0 <= elapsed_ms <= 100_000
    dose = core.dose.Dose()
    dose._rest = rest
    rate_u = core.dose.rate_u(temp_mc)
    dose.add(temp_mc, elapsed_ms)
    assert dose.total_u * 100 + dose._rest == rest + rate_u * elapsed_ms


@shown("SR-06", module="dose", old="* duration_s * 10 + 999", new="* (duration_s & 255) * 10 + 999")
def a_longer_hold_is_no_smaller_dose(target_mc: int, duration_s: int, more_s: int) -> None:
    assert 30_000 <= target_mc <= 42_000
    assert 0 <= duration_s <= 2_400
    assert 0 <= more_s <= 2_400 - duration_s
    shorter_m = core.dose.of_hold_m(target_mc, duration_s)
    longer_m = core.dose.of_hold_m(target_mc, duration_s + more_s)
    assert 0 <= shorter_m <= longer_m < SMALL


# --- reading ----------------------------------------------------------------------------


def _looks(
    code_x8: int, temp_mc: int, fresh: bool, dt_ms: int, **kept: int
) -> tuple[Any, int]:
    """A sensor of any past in a heat phase, the first bad tick of the session; what it trips."""
    sensor = core.reading.Sensor(LIMITS)
    for name, value in kept.items():
        setattr(sensor, name, value)
    now = interval(dt_ms, live=True)
    now.tick.fresh = fresh
    return sensor, sensor.look(now, code_x8, 7, 0, temp_mc, True)


@shown("SR-07", module="reading", old="code_x8 < limits.code_min * 8:", new="code_x8 < 3600:")
def no_code_out_of_range_is_a_temperature(code_x8: int, out: int, fresh: bool) -> None:
    assert 0 <= code_x8 <= 4095 * 8
    assert 0 <= out <= 3
    sensor, trips = _looks(code_x8, 33_000, fresh, 100, accepted_mc=33_000, _out_ticks=out)
    inside = 462 * 8 <= code_x8 <= 3_496 * 8
    assert inside == sensor.ok
    assert inside or sensor.inhibit
    wanted = faults.SENSOR_OPEN if code_x8 > 3_496 * 8 else faults.SENSOR_SHORT
    assert inside or trips == (1 << wanted if out >= 2 else 0)


@shown("SR-08", module="reading", old="or -step_mc > limits.jump_mc", new="")
def a_reading_that_jumps_is_no_basis_for_heat(
    accepted_mc: int, temp_mc: int, rejected: int, fresh: bool, same_ms: int
) -> None:
    assert READ_MIN_MC <= accepted_mc <= READ_MAX_MC
    assert READ_MIN_MC <= temp_mc <= READ_MAX_MC
    assert 0 <= rejected <= 3
    assert 0 <= same_ms < DT_MAX_MS
    sensor, trips = _looks(
        20_000, temp_mc, fresh, 100, accepted_mc=accepted_mc, _rejected=rejected, _same_ms=same_ms
    )
    apart_mc = temp_mc - accepted_mc if temp_mc > accepted_mc else accepted_mc - temp_mc
    jumped = apart_mc > 2_000
    assert sensor.inhibit == jumped
    assert sensor.accepted_mc == (accepted_mc if jumped else temp_mc)
    assert not (jumped and rejected >= 2) or trips == 1 << faults.SENSOR_JUMP


@shown("SR-08", module="reading", old="self._stale_ms > limits.stale_ms", new="False")
def a_stale_reading_trips(stale_ms: int, dt_ms: int, rejected: int) -> None:
    assert 0 <= stale_ms < DT_MAX_MS
    assert 0 <= dt_ms <= 1_500
    assert 0 <= rejected <= 3
    _, trips = _looks(
        20_000, 33_000, False, dt_ms, accepted_mc=33_000, _stale_ms=stale_ms, _rejected=rejected
    )
    assert (trips == 1 << faults.SENSOR_STALE) == (stale_ms + dt_ms > 2_000)


@shown("SR-08", module="reading", old="self.hot_mc - self.cold_mc <= limits", new="0 <= limits")
def sensors_apart_for_a_minute_trip(cold_mc: int, hot_mc: int, for_ms: int, dt_ms: int) -> None:
    assert READ_MIN_MC <= cold_mc <= hot_mc <= READ_MAX_MC
    assert -1 <= for_ms < DT_MAX_MS
    assert 0 <= dt_ms < DT_MAX_MS
    reading = core.reading.Reading(LIMITS, None, b"")
    reading.cold_mc, reading.hot_mc, reading._apart_ms = cold_mc, hot_mc, for_ms
    trips = reading._apart(interval(dt_ms), True)
    long = for_ms >= 0 and for_ms + dt_ms >= 60_000
    assert (trips == 1 << faults.SENSOR_MISMATCH) == (hot_mc - cold_mc > 8_000 and long)


# --- predictive -------------------------------------------------------------------------


@shown("SR-02", module="judges/predictive", old="+ 199) // 200", new="- 199) // 200")
def the_slope_is_rounded_up(earlier_mc: int, later_mc: int, control_mc: int) -> None:
    assert READ_MIN_MC * 10 <= earlier_mc <= READ_MAX_MC * 10
    assert READ_MIN_MC * 10 <= later_mc <= READ_MAX_MC * 10
    assert READ_MIN_MC <= control_mc <= READ_MAX_MC
    slope = core.predictive.Predictive(LIMITS, SimpleNamespace(control_mc=control_mc))
    slope._count, slope._recent, slope._earlier = 30, later_mc, earlier_mc
    # Sums of ten readings, 2 s apart: ten seconds add five times the difference of the means.
    assert slope.inhibits() == (2 * control_mc + later_mc - earlier_mc > 2 * 43_500 - 2)


@shown("SR-02", module="judges/predictive", old="control_mc - ring[i - 10]", new="ring[i - 9]")
def a_reading_moves_through_the_slopes_sums(
    temp_mc: int, ten_mc: int, twenty_mc: int, oldest_mc: int, place: int, sums: tuple[int, int]
) -> None:
    assert all(READ_MIN_MC <= mc <= READ_MAX_MC for mc in (temp_mc, ten_mc, twenty_mc, oldest_mc))
    assert all(10 * READ_MIN_MC <= total <= 10 * READ_MAX_MC for total in sums)
    assert 0 <= place < 30
    reading = SimpleNamespace(whole=True, inhibit=False, control_mc=temp_mc)
    slope = core.predictive.Predictive(LIMITS, reading)
    slope._next = place
    slope._recent, slope._earlier = sums
    slope._ring[(place - 10) % 30] = ten_mc
    slope._ring[(place - 20) % 30] = twenty_mc
    slope._ring[place] = oldest_mc
    slope.look(None)
    moved = (slope._recent - sums[0], slope._earlier - sums[1])
    assert moved == (temp_mc - ten_mc, twenty_mc - oldest_mc)
    assert slope._ring[place] == temp_mc
    assert slope._next == (place + 1) % 30


# --- budget -----------------------------------------------------------------------------


@shown("SR-24", module="budget", old="if level_uj < 0:", new="if False:")
def the_budget_stays_within_its_account(
    level_uj: int, density_mw_cm2: int, heating: bool, dt_ms: int
) -> None:
    assert 0 <= level_uj <= 12_000_000
    assert 30 <= density_mw_cm2 <= 100
    assert 0 <= dt_ms < DT_MAX_MS
    pad = SimpleNamespace(density_mw_cm2=density_mw_cm2)
    budget = core.budget.Budget(LIMITS, pad, level_uj)
    budget.advance(heating, dt_ms)
    assert 0 <= budget.level_uj <= 12_000_000


@shown("SR-24", module="budget", old="self._settings.density_mw_cm2 * dt_ms", new="34 * dt_ms")
def heating_never_leaves_more_than_was_there(level_uj: int, density: int, dt_ms: int) -> None:
    assert 0 <= level_uj <= 12_000_000
    assert 35 <= density <= 100
    assert 0 <= dt_ms < DT_MAX_MS
    budget = core.budget.Budget(LIMITS, SimpleNamespace(density_mw_cm2=density), level_uj)
    budget.advance(True, dt_ms)
    assert budget.level_uj <= level_uj


# --- heating, cold ----------------------------------------------------------------------


def _proof(target_mc: int, temp_mc: int, now_mc: int) -> Any:
    reading = SimpleNamespace(readable=True, control_mc=temp_mc)
    trend = SimpleNamespace(pushed=False)
    proof = core.heating.HeatingProof(LIMITS, SimpleNamespace(sensor_b=True), reading, trend)
    proof.begin_phase(target_mc)
    reading.control_mc = now_mc
    return proof


@shown("SR-09", module="judges/heating", old="< self._limits.climb_gain_mc", new="< 0")
def two_minutes_of_heat_without_a_gain_trip(
    lowest_mc: int, temp_mc: int, on_ms: int, dt_ms: int
) -> None:
    assert READ_MIN_MC <= lowest_mc <= READ_MAX_MC
    assert READ_MIN_MC <= temp_mc <= READ_MAX_MC
    assert 0 <= on_ms < 120_000
    assert 0 < dt_ms <= 1_500
    proof = _proof(40_000, 20_000, temp_mc)
    proof._lowest_mc, proof._climb_on_ms = lowest_mc, on_ms
    trips = proof.look(interval(dt_ms, heating=True, heated=True, target_mc=40_000))
    gained_mc = temp_mc - (lowest_mc if lowest_mc < temp_mc else temp_mc)
    stalled = on_ms + dt_ms >= 120_000 and gained_mc < 2_000
    assert (trips == 1 << faults.HEATING_STALLED) == stalled


@shown("SR-09", module="judges/heating", old="self._lost_ms >= limits.hold_ms", new="False")
def ground_lost_for_a_minute_trips(temp_mc: int, lowest_mc: int, lost_ms: int, dt_ms: int) -> None:
    assert READ_MIN_MC <= temp_mc < 38_000
    assert READ_MIN_MC <= lowest_mc <= READ_MAX_MC
    assert -1 <= lost_ms < DT_MAX_MS
    assert 0 <= dt_ms <= 1_500
    proof = _proof(40_000, 39_000, temp_mc)
    proof._reached = True
    proof._lost_ms, proof._lost_lowest_mc = lost_ms, lowest_mc
    trips = proof.look(interval(dt_ms, heating=True, target_mc=40_000))
    rose = temp_mc >= lowest_mc + 500
    long = lost_ms >= 0 and lost_ms + dt_ms >= 60_000
    assert (trips == 1 << faults.HEATING_STALLED) == (long and not rose)


@shown("SR-03", module="judges/cold", old="if cold_mc > limits.cold_cutoff_mc", new="if False")
def two_seconds_at_7_degrees_trip(cold_mc: int, cutoff_ms: int, end_ms: int, dt_ms: int) -> None:
    assert READ_MIN_MC <= cold_mc <= READ_MAX_MC
    assert -1 <= cutoff_ms < DT_MAX_MS
    assert -1 <= end_ms < DT_MAX_MS
    assert 0 <= dt_ms < DT_MAX_MS
    reading = SimpleNamespace(readable=True, cold_mc=cold_mc)
    cold = core.cold.Cold(LIMITS, reading, None)
    cold._cutoff_ms, cold._end_ms = cutoff_ms, end_ms
    trips = cold.look(interval(dt_ms, state=states.RUNNING, mode=states.COLD))
    long = cutoff_ms >= 0 and cutoff_ms + dt_ms >= 2_000
    assert (trips == 1 << faults.UNDER_TEMPERATURE) == (cold_mc <= 7_000 and long)
    assert cold.ended == (cold_mc <= 10_000 and end_ms >= 0 and end_ms + dt_ms >= 10_000)


# --- relays -----------------------------------------------------------------------------


@shown("SR-10", "SR-11", module="judges/welds", old="self._wrong_ms < limits", new="True or limits")
def sense_trips_after_its_unbroken_time_and_not_before(
    wrong_ms: int, sense: int, last: int, heated: bool, dt_ms: int
) -> None:
    assert 0 <= wrong_ms < RING >> 2
    assert 0 <= sense <= 2
    assert 0 <= last <= 2
    assert 0 <= dt_ms < DT_MAX_MS
    proof = SimpleNamespace(active=False)
    watch = core.welds.SenseWatch(LIMITS, SimpleNamespace(sense=True), proof)
    watch._last, watch._wrong_ms, watch._steady_ms = last, wrong_ms, 300
    now = interval(dt_ms, heated=heated, outputs=3 if heated else 1)
    now.tick.sense = sense
    trips = watch.look(now)
    steady = sense == last
    live = steady and sense == SENSE_HIGH and not heated and wrong_ms + dt_ms >= 300
    dead = steady and sense == SENSE_LOW and heated and wrong_ms + dt_ms >= 500
    assert (trips == 1 << faults.HEAT_WELDED) == live
    assert (trips == 1 << faults.SUPPLY_LOST) == dead


@shown("SR-10", module="judges/welds", old="self._unsteady_ms >= limits", new="False and limits")
def sense_that_says_nothing_for_two_seconds_trips(
    unsteady_ms: int, steady_ms: int, sense: int, last: int, dt_ms: int
) -> None:
    assert 0 <= unsteady_ms < RING >> 2
    assert 0 <= steady_ms < RING >> 2
    assert 0 <= sense <= 2
    assert 0 <= last <= 2
    assert 0 <= dt_ms < DT_MAX_MS
    proof = SimpleNamespace(active=False)
    watch = core.welds.SenseWatch(LIMITS, SimpleNamespace(sense=True), proof)
    watch._last, watch._steady_ms, watch._unsteady_ms = last, steady_ms, unsteady_ms
    now = interval(dt_ms, outputs=1, state=states.RUNNING)
    now.tick.sense = sense
    trips = watch.look(now)
    known = sense == last and sense != 2 and steady_ms + dt_ms >= 300
    assert (trips == 1 << faults.SUPPLY_LOST) == (not known and unsteady_ms + dt_ms >= 2_000)


@shown("SR-02", module="relays", old="self._since_closing_ms >= limits.closing_min_ms", new="True")
def the_dwell_holds_from_any_state(off_ms: int, closing_ms: int, heat: bool, dt_ms: int) -> None:
    assert 0 <= off_ms < (1 << 28) + DT_MAX_MS
    assert 0 <= closing_ms < (1 << 28) + DT_MAX_MS
    assert 0 <= dt_ms < DT_MAX_MS
    dwell = core.relays.Dwell(LIMITS)
    dwell._off_ms, dwell._since_closing_ms = off_ms, closing_ms
    dwell.advance(heat, dt_ms)
    off_ms = 0 if heat else off_ms + dt_ms
    assert dwell.may_close() == (off_ms >= 2_000 and closing_ms + dt_ms >= 20_000)


@shown("SR-22", module="relays", old="brake_ms - self._ages_ms[-1])", new="brake_ms - 600_000)")
def the_third_proof_in_ten_minutes_waits(first: int, second: int, third: int, dt_ms: int) -> None:
    assert 0 <= first <= second <= third < RING >> 2
    assert 0 <= dt_ms < DT_MAX_MS
    brake = core.relays.Brake(LIMITS)
    brake._ages_ms = [first, second, third]
    brake.active = True
    brake.advance(False, dt_ms)
    # With none for ten minutes there is nothing to wait for.
    waits = first < 600_000 and third + dt_ms < 600_000
    assert (brake.held_ms() > 0) == waits


# --- ledger ------------------------------------------------------------------------------


@shown("SR-05", module="ledger", old="rest_after_heat_s - self.now_s)", new="rest_after_heat_s)")
def rest_after_heat_runs_down_to_nothing(end_s: int, now_s: int, later_s: int) -> None:
    assert -86_400 <= end_s <= now_s
    assert 0 <= now_s <= later_s
    assert later_s < 1 << 29
    ledger = core.ledger.Ledger(LIMITS)
    ledger.heat_end_s, ledger.now_s = end_s, now_s
    wait_s = ledger.rest_after_heat_s(True, False)
    ledger.now_s = later_s
    then_s = ledger.rest_after_heat_s(True, False)
    assert 0 <= then_s <= wait_s <= 1_200
    assert then_s == 0 or later_s - end_s < 1_200


@shown("SR-05", module="ledger", old="self._part_ms %= 1000", new="self._part_ms = 0")
def the_ledgers_time_loses_nothing(now_s: int, part_ms: int, dt_ms: int) -> None:
    assert 0 <= now_s < 1 << 29
    assert 0 <= part_ms < 1_000
    assert 0 <= dt_ms < DT_MAX_MS
    ledger = core.ledger.Ledger(LIMITS)
    ledger.now_s, ledger._part_ms = now_s, part_ms
    ledger.advance(dt_ms)
    assert 0 <= ledger._part_ms < 1_000
    passed_s = ledger.now_s - now_s
    assert passed_s * 1_000 + ledger._part_ms == part_ms + dt_ms


# --- limits ------------------------------------------------------------------------------


@shown("SR-15", module="limits", old="min(self.heat_session_s, 900)", new="900")
def a_configuration_only_narrows(
    sensor_b: bool, two_point: bool, fold_safe: bool, target_mc: int, heat_s: int, refill: int
) -> None:
    assert 0 <= target_mc < SMALL
    assert 0 <= heat_s < SMALL
    assert 0 <= refill < SMALL
    limits = core.limits.Limits()
    limits.heat_target_max_mc = target_mc
    limits.heat_session_s = heat_s
    limits.budget_refill_uw_cm2 = refill
    build = SimpleNamespace(sensor_b=sensor_b, two_point=two_point, fold_safe=fold_safe)
    under = limits.under(build)
    assert under.heat_target_max_mc <= target_mc
    assert under.heat_session_s <= heat_s
    assert under.budget_refill_uw_cm2 <= refill
