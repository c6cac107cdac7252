"""The thermostat on all 160 plants of the family, and what a tick of it costs: `make bench`.

Prints a table and asserts the requirement on it: the figures are simulated, not timed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from statistics import fmean

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from poultice_core.limits import Limits
from poultice_core.thermostat import Thermostat
from tests.properties.thermostat_loop import (
    BANDS_C,
    DRAINED,
    FAMILY,
    PEAK_C,
    Case,
    Held,
    Outcome,
    hold,
)

TICKS = 1000
GROUPS: dict[str, Callable[[Case], bool]] = {
    "all": lambda case: True,
    "up to 0.05 W/cm²": lambda case: case.density_w_cm2 <= 0.05,
    "strong heavy": lambda case: case.density_w_cm2 > 0.05 and case.mass_j_m2k >= 2000.0,
    "strong light": lambda case: case.density_w_cm2 > 0.05 and case.mass_j_m2k < 2000.0,
}


def _hold(case: Case, target_mc: int) -> Outcome:
    return hold(case, target_mc, 1_200)


def _all(target_mc: int) -> list[Outcome]:
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(_hold, FAMILY, [target_mc] * len(FAMILY), chunksize=4))


def _mean_closings(helds: list[Held]) -> float:
    return fmean(often for h in helds if (often := h.closings_held_a_minute()) is not None)


def _table(target_mc: int, outcomes: list[Outcome]) -> str:
    head = (
        "W/cm²  J/m²K  perfused  ambient   peak   near  reached      low    high  closings  budget"
    )
    lines = [f"set-point {target_mc / 1000:.1f} °C, against the target", head]
    for case, outcome in zip(FAMILY, outcomes, strict=True):
        held = outcome.phases[0]
        low_c, high_c = held.band_c() or (float("nan"), float("nan"))
        often = held.closings_held_a_minute() or float("nan")
        near, reached = (
            "never" if at_s is None else f"{at_s:.0f} s" for at_s in (held.near_s, held.reached_s)
        )
        lines.append(
            f"{case.density_w_cm2:5.3f}  {case.mass_j_m2k:5.0f}  {case.perfusion:8.0f}"
            f"  {case.ambient_c:7.0f}  {held.peak_c:+5.2f}  {near:>5}  {reached:>7}  {low_c:+7.2f}"
            f" {high_c:+7.2f}  {often:8.2f}  {'met' if outcome.budget_met else ''}"
        )
    peak_c = max(outcome.phases[0].peak_c for outcome in outcomes)
    lines.append(f"worst peak {peak_c:+.2f} °C")
    for name, group in GROUPS.items():
        helds = [o.phases[0] for c, o in zip(FAMILY, outcomes, strict=True) if group(c)]
        bands = [band for held in helds if (band := held.band_c()) is not None]
        within = sum(low_c >= -0.6 and high_c <= 0.6 for low_c, high_c in bands)
        lines.append(
            f"{name}: {_mean_closings(helds):.2f} closings a minute, "
            f"{min(b[0] for b in bands):+.2f} to {max(b[1] for b in bands):+.2f} °C, "
            f"{within} of {len(bands)} within 0.6 °C"
        )
    return "\n".join(lines)


@pytest.mark.parametrize("target_mc", [40_500, 42_000, 36_000])
def test_family(
    benchmark: BenchmarkFixture, capsys: pytest.CaptureFixture[str], target_mc: int
) -> None:
    outcomes = benchmark.pedantic(_all, args=(target_mc,), rounds=1)
    with capsys.disabled():
        print("\n" + _table(target_mc, outcomes))
    for case, outcome in zip(FAMILY, outcomes, strict=True):
        held = outcome.phases[0]
        # 0.03 W/cm² in a room of 18 °C is too weak, and the guard says so.
        weak = case.density_w_cm2 == 0.03 and held.reached_s is None
        assert outcome.fault_name in ((None, "heating_stalled") if weak else (None,)), case
        assert held.closings_a_minute <= 3, case
        if target_mc != 40_500:
            continue
        assert held.peak_c <= PEAK_C, case
        band_c = held.band_c()
        if band_c is not None and case not in DRAINED:
            assert BANDS_C[case.tight][0] <= band_c[0], case
            assert band_c[1] <= BANDS_C[case.tight][1], case
    if target_mc == 40_500:
        assert _mean_closings([outcome.phases[0] for outcome in outcomes]) <= 1.9


def test_ask(benchmark: BenchmarkFixture) -> None:
    """A thousand ticks on a triangle about the target, 21 s long: pulses, coasting and plans."""
    thermostat = Thermostat(Limits())
    thermostat.begin(40_500, 40_000)
    trace = [40_500 + abs(tick % 210 - 105) * 8 - 420 for tick in range(TICKS)]

    def ask() -> None:
        heating = False
        for temp_mc in trace:
            heating = thermostat.ask(temp_mc, heating, False, 100)

    benchmark(ask)
