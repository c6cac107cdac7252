"""What the full-screen view costs: `make bench`, or

    python -m pytest --benchmark-only -o addopts=--import-mode=importlib \\
        tests/benchmarks/test_dashboard.py

The aim: at most 5 % of one core at one telemetry object a second, which is 50 ms of processor time
for each. Counted is the process's own time, so that a busy machine does not count. The view is
given a minute late in a session of forty minutes, drawn through a real driver's whole output but
for the terminal itself.
"""

from __future__ import annotations

import asyncio
import time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from poultice.cli.dashboard import LEAST, Dashboard
from poultice.cli.dashboard.app import LOOK_S
from poultice.cli.feed import Feed
from poultice.cli.keys import Keys
from poultice.link.messages import telemetry
from poultice.session.orders import Orders
from tests.host.faulty import LIMITS

PHASES = [{"mode": "heat", "target_mc": 40_500, "duration_s": 2_400}]
BEFORE_S = 2_300
UPDATES = 60


def given(feed: Feed, at_s: int) -> None:
    now = telemetry(
        {
            "t_ms": at_s * 1000,
            "state": "running",
            "phase": 0,
            "mode": "heat",
            "phase_left_s": 2_400 - at_s,
            "left_s": 2_400 - at_s,
            "temp_mc": 40_000 + at_s * 37 % 900,
            "temp_b_mc": 39_500 + at_s * 29 % 900,
            "target_mc": 40_500,
            "master": True,
            "heat": at_s % 7 < 4,
            "duty_pct": at_s % 100,
            "dose_m": at_s,
            "budget_pct": 100 - at_s // 30,
        }
    )
    assert now is not None
    feed.show(now)


async def seconds(pads: int) -> float:
    """Processor seconds for a minute of the view."""
    feeds = [
        Feed(f"usb:{n}", Orders(), title="long", phases=PHASES, limits=LIMITS) for n in range(pads)
    ]
    app = Dashboard(feeds, Keys(feeds, stop_all=lambda: None), look_s=None)
    for feed in feeds:
        for at_s in range(BEFORE_S):
            given(feed, at_s)
    async with app.run_test(size=LEAST) as pilot:
        app.look()
        await pilot.pause()
        began = time.process_time()
        for at_s in range(BEFORE_S, BEFORE_S + UPDATES):
            for feed in feeds:
                given(feed, at_s)
            for _ in range(round(1 / LOOK_S)):
                app.look()
                # Until what this look changed is on the screen.
                await pilot.pause(0)
                await asyncio.sleep(0)
            app.screen._on_timer_update()
        return time.process_time() - began


@pytest.mark.parametrize("pads", [1, 3])
def test_a_minute_of_the_view(benchmark: BenchmarkFixture, pads: int) -> None:
    spent = [asyncio.run(seconds(pads)) for _ in range(3)]
    benchmark.pedantic(lambda: asyncio.run(seconds(pads)), rounds=1)
    share = min(spent) / UPDATES
    benchmark.extra_info["percent_of_a_core"] = round(100 * share, 2)
    assert share < 0.05
