"""How seldom K2 could close within ±0.6 °C of 40.5: `python -m tests.benchmarks.fewest_closings`.

On and off on the true bead without noise; for 66 min, both levels move until the bead just touches
both edges of the band. No thermostat that switches full power and stays inside closes less often.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from statistics import fmean

from tests.properties.thermostat_loop import FAMILY, Case

TARGET_C, BAND_C = 40.5, 0.6
TICKS, SETTLED = 40_000, 20_000


def fewest(case: Case) -> float | None:
    """Closings a minute; None for a pad that is too weak."""
    plant = case.plant()
    open_at_c, close_at_c = 40.0, TARGET_C
    on, changed, extreme_c = True, 0, plant.sensor_a_c
    closings: list[int] = []
    for tick in range(TICKS):
        plant.step(0.1, on, False)
        bead_c = plant.sensor_a_c
        extreme_c = min(extreme_c, bead_c) if on else max(extreme_c, bead_c)
        if tick - changed < 20:
            continue
        if on and bead_c >= open_at_c:
            if len(closings) > 1:
                close_at_c += 0.3 * (TARGET_C - BAND_C - extreme_c)
        elif not on and bead_c <= close_at_c and bead_c < extreme_c - 0.002:
            open_at_c += 0.3 * (TARGET_C + BAND_C - extreme_c)
            closings.append(tick)
        else:
            continue
        on, changed, extreme_c = not on, tick, bead_c
    settled = [tick for tick in closings if tick > SETTLED]
    return 600 * (len(settled) - 1) / (settled[-1] - settled[0]) if len(settled) > 2 else None


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        known = [often for often in pool.map(fewest, FAMILY, chunksize=4) if often is not None]
    print(f"{fmean(known):.2f} closings a minute on {len(known)} plants")
