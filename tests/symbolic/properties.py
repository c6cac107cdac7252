"""What has to hold of the core's arithmetic, for CrossHair to look for a way round.

Assert-style contracts: the asserts a function begins with say which arguments are meant, the ones
at its end what is claimed. Objects are looked at from any state, not from those that a run from
power-up comes to. Every claim includes that no intermediate result leaves 31 bits
(`instrumented`). What the checks decide is the shadow's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

from poultice_core.limits import Limits
from tests.symbolic.instrumented import SMALL, core

# The longest interval that `diff_ms` can give, and any reading a table or an offset can.
DT_MAX_MS = 1 << 29
READ_MIN_MC, READ_MAX_MC = -60_000, 120_000
RING = 1 << 30
LIMITS = Limits()


CLAIMS: dict[Callable[..., None], str] = {}


def shown(requirement: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A claim, and the requirement that it argues."""

    def enter(claim: Callable[..., None]) -> Callable[..., None]:
        CLAIMS[claim] = requirement
        return claim

    return enter


# --- ticks -------------------------------------------------------------------------------


@shown("SR-18")
def a_difference_lies_within_half_the_ring(later: int, earlier: int) -> None:
    assert 0 <= later < RING
    assert 0 <= earlier < RING
    delta_ms = core.ticks.diff_ms(later, earlier)
    assert -(RING >> 1) <= delta_ms < RING >> 1


@shown("SR-18")
def a_difference_is_what_was_added(start: int, delta_ms: int) -> None:
    assert 0 <= start < RING
    assert -(RING >> 1) <= delta_ms < RING >> 1
    assert core.ticks.diff_ms((start + delta_ms) % RING, start) == delta_ms


@shown("SR-18")
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


@shown("SR-06")
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


@shown("SR-06")
def a_dose_loses_nothing_however_the_time_is_cut(temp_mc: int, rest: int, elapsed_ms: int) -> None:
    assert 38_901 <= temp_mc <= READ_MAX_MC
    assert 0 <= rest < 100
    assert 0 <= elapsed_ms <= 100_000
    dose = core.dose.Dose()
    dose._rest = rest
    rate_u = core.dose.rate_u(temp_mc)
    dose.add(temp_mc, elapsed_ms)
    assert dose.total_u * 100 + dose._rest == rest + rate_u * elapsed_ms


@shown("SR-06")
def a_longer_hold_is_no_smaller_dose(target_mc: int, duration_s: int, more_s: int) -> None:
    assert 30_000 <= target_mc <= 42_000
    assert 0 <= duration_s <= 2_400
    assert 0 <= more_s <= 2_400 - duration_s
    shorter_m = core.dose.of_hold_m(target_mc, duration_s)
    longer_m = core.dose.of_hold_m(target_mc, duration_s + more_s)
    assert 0 <= shorter_m <= longer_m < SMALL


# --- predictive -------------------------------------------------------------------------


@shown("SR-02")
def the_slope_is_rounded_up(earlier_mc: int, later_mc: int, control_mc: int) -> None:
    assert READ_MIN_MC * 10 <= earlier_mc <= READ_MAX_MC * 10
    assert READ_MIN_MC * 10 <= later_mc <= READ_MAX_MC * 10
    assert READ_MIN_MC <= control_mc <= READ_MAX_MC
    slope = core.predictive.Predictive(LIMITS, SimpleNamespace(control_mc=control_mc))
    slope._count, slope._recent, slope._earlier = 30, later_mc, earlier_mc
    # Sums of ten readings, 2 s apart: ten seconds add five times the difference of the means.
    assert slope.inhibits() == (2 * control_mc + later_mc - earlier_mc > 2 * 43_500 - 2)


@shown("SR-02")
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


@shown("SR-24")
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


@shown("SR-24")
def heating_never_leaves_more_than_was_there(level_uj: int, density: int, dt_ms: int) -> None:
    assert 0 <= level_uj <= 12_000_000
    assert 35 <= density <= 100
    assert 0 <= dt_ms < DT_MAX_MS
    budget = core.budget.Budget(LIMITS, SimpleNamespace(density_mw_cm2=density), level_uj)
    budget.advance(True, dt_ms)
    assert budget.level_uj <= level_uj


# --- ledger ------------------------------------------------------------------------------


@shown("SR-05")
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


@shown("SR-05")
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


@shown("SR-15")
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
