"""`python -m tests.explore`: every state of the guard, as far as the time goes."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

from tests.explore.bugs import BUGS, hunt
from tests.explore.search import Limits, Report, explore
from tests.explore.world import SCENARIOS


def main(arguments: list[str] | None = None) -> int:
    """Explore, and print what was seen; 1 where a rule was broken or a bug was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.explore", description=__doc__)
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS))
    parser.add_argument("--near", action="store_true", help="from the states of a calm session")
    parser.add_argument("--depth", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="a scenario")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--bugs", action="store_true", help="hunt the deliberate bugs instead")
    chosen = parser.parse_args(arguments)
    if chosen.bugs:
        return _bugs()
    limits = Limits(depth=chosen.depth, seconds=chosen.seconds)
    reports = []
    for name in chosen.scenario or SCENARIOS:
        report = explore(SCENARIOS[name], limits, near=chosen.near, jobs=chosen.jobs)
        reports.append(report)
        print(json.dumps(dataclasses.asdict(report)) if chosen.json else report, flush=True)
    if not chosen.json:
        print(_sum(reports))
    return 1 if any(report.broken for report in reports) else 0


def _sum(reports: list[Report]) -> str:
    states = sum(report.states for report in reports)
    transitions = sum(report.transitions for report in reports)
    seconds = sum(report.seconds for report in reports)
    letters = max(len(SCENARIOS[report.scenario].letters) for report in reports)
    return (
        f"{states:,} states, {transitions:,} transitions, at most {letters} letters,"
        f" {seconds:.0f} s; {sum(bool(report.broken) for report in reports)} rules broken"
    )


def _bugs() -> int:
    missed = 0
    for bug in BUGS:
        with tempfile.TemporaryDirectory() as folder:
            told = hunt(bug, Path(folder), bug.depth)
        story = told["story"]
        assert isinstance(story, list)
        missed += not told["broken"]
        found = f"{len(story):>3} letters  {told['broken']}" if told["broken"] else "NOT FOUND"
        print(f"{bug.name:56} {found}", flush=True)
    print(f"{len(BUGS) - missed} of {len(BUGS)} deliberate bugs found")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
