"""A longer soak: `python -m tests.soak --hours 720`, in parallel stretches of three days at most.

Each stretch is days of another seed; one of them runs on MicroPython where it is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.properties.backend import ROOT, micropython
from tests.soak.world import play

STRETCH_H = 72


def main() -> int:
    """The exit code; whatever is wrong is raised."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=int, default=720)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    count = -(-options.hours // STRETCH_H)
    seeds = range(options.seed, options.seed + count)
    began = time.monotonic()
    ticks, happened = 0, Counter[str]()
    with ProcessPoolExecutor(os.cpu_count() or 1) as pool:
        for seed, (in_use, played, what) in zip(seeds, pool.map(_stretch, seeds), strict=True):
            more = max(in_use[-10:]) - min(in_use[2:12])
            print(f"seed {seed}: {STRETCH_H} h, {played} ticks, {more:+d} objects from hour 2 on")
            ticks += played
            happened.update(what)
    print(
        f"{ticks} ticks, {count * STRETCH_H} h of virtual time in {time.monotonic() - began:.0f} s"
    )
    print(", ".join(f"{number} {what}" for what, number in sorted(happened.items())))
    if interpreter := micropython():
        script = Path(__file__).with_name("world.py")
        run = subprocess.run(
            [interpreter, str(script), str(options.seed), str(STRETCH_H)],
            env={"MICROPYPATH": str(ROOT / "firmware" / "core")},
            stdout=subprocess.PIPE,
            check=True,
        )
        in_use = json.loads(run.stdout)[0]
        print(
            f"MicroPython: {STRETCH_H} h, {in_use[2]} bytes in use after hour 3, "
            f"{in_use[-1]} at the end"
        )
    return 0


def _stretch(seed: int) -> tuple[list[int], int, dict[str, int]]:
    world, in_use, _ = play(seed, STRETCH_H, sys.getallocatedblocks)  # type: ignore[no-untyped-call]
    return in_use, world.ticks, world.happened


if __name__ == "__main__":
    sys.exit(main())
