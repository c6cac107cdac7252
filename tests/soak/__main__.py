"""A longer soak: `python -m tests.soak --hours 240`, in parallel stretches of hours of ticks.

Each stretch is another seed; the first is played on MicroPython too, where that is installed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.properties.backend import CPythonBackend, MicroPythonBackend, micropython
from tests.soak.days import Days

STRETCH_H = 24


def main() -> int:
    """The exit code; whatever is wrong is raised."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    count = -(-options.hours // STRETCH_H)
    seeds = [*range(options.seed, options.seed + count), *[-1] * (micropython() is not None)]
    began = time.monotonic()
    happened = Counter[str]()
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        for seed, (used, true_s, what) in zip(seeds, pool.map(_stretch, seeds), strict=True):
            kind = "blocks" if seed >= 0 else "bytes on MicroPython"
            more = max(used[-6:]) - min(used[1:7])
            print(
                f"seed {seed}: {true_s / 86_400:.1f} days, {len(used)} h of ticks, {more:+d} {kind}"
            )
            happened.update(what)
    print(f"{time.monotonic() - began:.0f} s")
    print(", ".join(f"{number} {what}" for what, number in sorted(happened.items())))
    return 0


def _stretch(seed: int) -> tuple[list[int], int, Counter[str]]:
    days = Days(CPythonBackend() if seed >= 0 else MicroPythonBackend(), abs(seed))
    used = [days.hour()[0] for _ in range(STRETCH_H if seed >= 0 else 8)]
    days.teardown()
    return used, days.shadow.true_ms // 1000, days.happened


if __name__ == "__main__":
    sys.exit(main())
