"""What has to hold of the core's integer functions, for CrossHair to look for a way round.

Assert-style contracts: the asserts a function begins with say which arguments are meant, the ones
at its end what is claimed. Objects are looked at from any state, not from those that a run from
power-up comes to. Every claim includes that no intermediate result leaves 31 bits
(`instrumented`). `shown` gives each a deliberate bug that it has to find.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from poultice_core import faults
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


@shown("SR-18", module="ticks", old="- _HALF + delta_ms", new="- _HALF - delta_ms")
def a_difference_is_what_was_added(start: int, delta_ms: int) -> None:
    assert 0 <= start < RING
    assert -(RING >> 1) <= delta_ms < RING >> 1
    later = core.ticks.add_ms(start, delta_ms)
    back_ms = core.ticks.diff_ms(later, start)
    assert 0 <= later < RING
    assert back_ms == delta_ms


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


# --- checks ------------------------------------------------------------------------------


def _sensor(accepted_mc: int, bad: int, rejected: int, stale_ms: int, same_ms: int) -> object:
    sensor = core.checks.Sensor(LIMITS)
    sensor.accepted_mc = accepted_mc
    sensor._bad_ticks = bad
    sensor._rejected = rejected
    sensor._stale_ms = stale_ms
    sensor._same_ms = same_ms
    return sensor


@shown("SR-07", module="checks", old="code_x8 < self._short_x8:", new="code_x8 < 3600:")
def no_code_out_of_range_is_a_temperature(
    code_x8: int, bad: int, fresh: bool, judged: bool
) -> None:
    assert 0 <= code_x8 <= 4095 * 8
    assert 0 <= bad <= 3
    sensor = _sensor(33_000, bad, 0, 0, 0)
    fault = sensor.look(code_x8, 7, 33_000, fresh, judged, 100)  # type: ignore[attr-defined]
    inside = 462 * 8 <= code_x8 <= 3_496 * 8
    assert inside == sensor.ok  # type: ignore[attr-defined]
    assert inside or sensor.inhibit  # type: ignore[attr-defined]
    wanted = faults.SENSOR_OPEN if code_x8 > 3_496 * 8 else faults.SENSOR_SHORT
    assert inside or fault == (wanted if bad >= 2 else faults.NONE)


@shown("SR-08", module="checks", old="or -step_mc > self._jump_mc", new="")
def a_reading_that_jumps_is_no_basis_for_heat(
    accepted_mc: int, temp_mc: int, rejected: int, fresh: bool, same_ms: int
) -> None:
    assert READ_MIN_MC <= accepted_mc <= READ_MAX_MC
    assert READ_MIN_MC <= temp_mc <= READ_MAX_MC
    assert 0 <= rejected <= 3
    assert 0 <= same_ms < DT_MAX_MS
    sensor = _sensor(accepted_mc, 0, rejected, 0, same_ms)
    fault = sensor.look(20_000, 7, temp_mc, fresh, True, 100)  # type: ignore[attr-defined]
    apart_mc = temp_mc - accepted_mc if temp_mc > accepted_mc else accepted_mc - temp_mc
    jumped = apart_mc > 2_000
    kept_mc = sensor.accepted_mc  # type: ignore[attr-defined]
    assert sensor.inhibit == jumped  # type: ignore[attr-defined]
    assert kept_mc == (accepted_mc if jumped else temp_mc)
    assert not (jumped and rejected >= 2) or fault == faults.SENSOR_JUMP


@shown("SR-08", module="checks", old="self._stale_ms > self._stale_limit_ms", new="False")
def a_stale_reading_trips(stale_ms: int, dt_ms: int, rejected: int) -> None:
    assert 0 <= stale_ms < DT_MAX_MS
    assert 0 <= dt_ms <= 1_500
    assert 0 <= rejected <= 3
    sensor = _sensor(33_000, 0, rejected, stale_ms, 0)
    fault = sensor.look(20_000, 7, 33_000, False, True, dt_ms)  # type: ignore[attr-defined]
    assert (fault == faults.SENSOR_STALE) == (stale_ms + dt_ms > 2_000)


@shown("SR-08", module="checks", old="-self._apart_mc <= apart_mc <= self", new="apart_mc <= self")
def sensors_apart_for_a_minute_trip(a_mc: int, b_mc: int, for_ms: int, dt_ms: int) -> None:
    assert READ_MIN_MC <= a_mc <= READ_MAX_MC
    assert READ_MIN_MC <= b_mc <= READ_MAX_MC
    assert -1 <= for_ms < DT_MAX_MS
    assert 0 <= dt_ms < DT_MAX_MS
    mismatch = core.checks.Mismatch(LIMITS)
    mismatch._for_ms = for_ms
    fault = mismatch.look(a_mc, b_mc, True, dt_ms)
    apart = a_mc - b_mc > 8_000 or b_mc - a_mc > 8_000
    long = for_ms >= 0 and for_ms + dt_ms >= 60_000
    assert (fault == faults.SENSOR_MISMATCH) == (apart and long)


@shown("SR-02", module="checks", old="+ 199) // 200", new="- 199) // 200")
def the_slope_is_rounded_up_and_bounded(earlier_mc: int, later_mc: int) -> None:
    assert READ_MIN_MC * 10 <= earlier_mc <= READ_MAX_MC * 10
    assert READ_MIN_MC * 10 <= later_mc <= READ_MAX_MC * 10
    slope = core.checks.Slope(LIMITS)
    slope._count, slope._recent, slope._earlier = 30, later_mc, earlier_mc
    ahead_mc = slope.ahead_mc()
    # Sums of ten readings, 2 s apart: ten seconds add five times the difference of the means.
    assert 0 <= 2 * ahead_mc - (later_mc - earlier_mc) < 2
    assert -900_000 <= ahead_mc <= 900_000


@shown("SR-02", module="checks", old="temp_mc - ring[i - 10]", new="temp_mc - ring[i - 9]")
def a_reading_moves_through_the_slopes_sums(
    temp_mc: int, ten_mc: int, twenty_mc: int, oldest_mc: int, place: int, sums: tuple[int, int]
) -> None:
    assert all(READ_MIN_MC <= mc <= READ_MAX_MC for mc in (temp_mc, ten_mc, twenty_mc, oldest_mc))
    assert all(10 * READ_MIN_MC <= total <= 10 * READ_MAX_MC for total in sums)
    assert 0 <= place < 30
    slope = core.checks.Slope(LIMITS)
    slope._next = place
    slope._recent, slope._earlier = sums
    slope._ring[(place - 10) % 30] = ten_mc
    slope._ring[(place - 20) % 30] = twenty_mc
    slope._ring[place] = oldest_mc
    slope.push(temp_mc)
    moved = (slope._recent - sums[0], slope._earlier - sums[1])
    assert moved == (temp_mc - ten_mc, twenty_mc - oldest_mc)
    assert slope._ring[place] == temp_mc
    assert slope._next == (place + 1) % 30


# --- budget ------------------------------------------------------------------------------


@shown("SR-24", module="budget", old="if level_uj < 0:", new="if False:")
def the_budget_stays_within_its_account(
    level_uj: int, density_mw_cm2: int, heating: bool, dt_ms: int
) -> None:
    assert 0 <= level_uj <= 12_000_000
    assert 30 <= density_mw_cm2 <= 100
    assert 0 <= dt_ms < DT_MAX_MS
    budget = core.budget.Budget(LIMITS, density_mw_cm2, level_uj)
    budget.advance(heating, dt_ms)
    assert 0 <= budget.level_uj <= 12_000_000


@shown("SR-24", module="budget", old="level_uj -= self._debit_uj_ms", new="level_uj -= 34")
def heating_never_leaves_more_than_was_there(level_uj: int, density: int, dt_ms: int) -> None:
    assert 0 <= level_uj <= 12_000_000
    assert 35 <= density <= 100
    assert 0 <= dt_ms < DT_MAX_MS
    budget = core.budget.Budget(LIMITS, density, level_uj)
    budget.advance(True, dt_ms)
    assert budget.level_uj <= level_uj


# --- heating -----------------------------------------------------------------------------


@shown("SR-09", module="heating", old="< self._limits.climb_gain_mc", new="< 0")
def two_minutes_of_heat_without_a_gain_trip(
    lowest_mc: int, temp_mc: int, on_ms: int, dt_ms: int
) -> None:
    assert READ_MIN_MC <= lowest_mc <= READ_MAX_MC
    assert READ_MIN_MC <= temp_mc <= READ_MAX_MC
    assert 0 <= on_ms < 120_000
    assert 0 < dt_ms <= 1_500
    proof = core.heating.HeatingProof(LIMITS, False)
    proof.begin(40_000, 20_000)
    proof._lowest_mc, proof._climb_on_ms = lowest_mc, on_ms
    fault = proof.look(True, temp_mc, core.checks.Trend(), dt_ms)
    gained_mc = temp_mc - (lowest_mc if lowest_mc < temp_mc else temp_mc)
    stalled = on_ms + dt_ms >= 120_000 and gained_mc < 2_000
    assert (fault == faults.HEATING_STALLED) == stalled


@shown("SR-09", module="heating", old="return self._lost_ms >= limits.hold_ms", new="return False")
def ground_lost_for_a_minute_trips(temp_mc: int, lowest_mc: int, lost_ms: int, dt_ms: int) -> None:
    assert READ_MIN_MC <= temp_mc < 38_000
    assert READ_MIN_MC <= lowest_mc <= READ_MAX_MC
    assert -1 <= lost_ms < DT_MAX_MS
    assert 0 <= dt_ms <= 1_500
    proof = core.heating.HeatingProof(LIMITS, False)
    proof.begin(40_000, 39_000)
    proof._reached = True
    proof._lost_ms, proof._lost_lowest_mc = lost_ms, lowest_mc
    fault = proof.look(False, temp_mc, core.checks.Trend(), dt_ms)
    rose = temp_mc >= lowest_mc + 500
    long = lost_ms >= 0 and lost_ms + dt_ms >= 60_000
    assert (fault == faults.HEATING_STALLED) == (long and not rose)


# --- relays ------------------------------------------------------------------------------


@shown("SR-10", "SR-11", module="relays", old="self._high_ms >= self._weld_ms", new="False")
def sense_trips_after_its_unbroken_time_and_not_before(
    high_ms: int, low_ms: int, sense: int, last: int, closed: bool, dt_ms: int
) -> None:
    assert 0 <= high_ms < RING >> 2
    assert 0 <= low_ms < RING >> 2
    assert 0 <= sense <= 2
    assert 0 <= last <= 2
    assert 0 <= dt_ms < DT_MAX_MS
    watch = core.relays.SenseWatch(LIMITS)
    watch._last, watch._high_ms, watch._low_ms = last, high_ms, low_ms
    fault = watch.look(sense, 3 if closed else 1, dt_ms)
    steady = sense == last
    live = steady and sense == 1 and not closed and high_ms + dt_ms >= 300
    dead = steady and sense == 0 and closed and low_ms + dt_ms >= 500
    assert (fault == faults.HEAT_WELDED) == live
    assert (fault == faults.SUPPLY_LOST) == dead


@shown("SR-02", module="relays", old="and self.since_closing_ms >= self._closing_ms", new="")
def the_dwell_holds_from_any_state(off_ms: int, closing_ms: int, heat: bool, dt_ms: int) -> None:
    assert 0 <= off_ms < (1 << 28) + DT_MAX_MS
    assert 0 <= closing_ms < (1 << 28) + DT_MAX_MS
    assert 0 <= dt_ms < DT_MAX_MS
    dwell = core.relays.Dwell(LIMITS)
    dwell.off_ms, dwell.since_closing_ms = off_ms, closing_ms
    dwell.advance(heat, dt_ms)
    off_ms = 0 if heat else off_ms + dt_ms
    assert dwell.may_close() == (off_ms >= 2_000 and closing_ms + dt_ms >= 20_000)


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
    two_sensors: bool, two_point: bool, target_mc: int, heat_s: int, refill: int
) -> None:
    assert 0 <= target_mc < SMALL
    assert 0 <= heat_s < SMALL
    assert 0 <= refill < SMALL
    limits = core.limits.Limits()
    limits.heat_target_max_mc = target_mc
    limits.heat_session_s = heat_s
    limits.budget_refill_uw_cm2 = refill
    under = limits.under(two_sensors, two_point)
    assert under.heat_target_max_mc <= target_mc
    assert under.heat_session_s <= heat_s
    assert under.budget_refill_uw_cm2 <= refill
