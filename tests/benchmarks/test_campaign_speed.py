"""How many sessions a fault campaign does: `make bench`. Reported, not judged by a clock.

The aim: 5000 in 15 minutes on two cores, 0.36 s of one core each.
"""

from __future__ import annotations

from pytest_benchmark.fixture import BenchmarkFixture

from poultice.campaign.classes import FAULT_CLASSES
from poultice.campaign.scenario import numbers
from poultice.campaign.trial import run_all

ROUND = len(FAULT_CLASSES) + 3  # every class once, and three healthy runs


def test_a_round_of_the_classes(benchmark: BenchmarkFixture) -> None:
    rows = benchmark.pedantic(run_all, args=(numbers(ROUND, 1),), rounds=3)
    assert len(rows) == ROUND
    if benchmark.stats is not None:
        session_s = benchmark.stats.stats.min / ROUND
        benchmark.extra_info["s_per_session"] = round(session_s, 3)
        benchmark.extra_info["sessions_in_15_min_on_two_cores"] = round(2 * 900 / session_s)
