"""`python -m tests.explore`: every state of the guard, as far as the time goes."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import evidence
from tests.explore.bugs import BUGS, Bug, hunt
from tests.explore.search import Limits, Report, explore, replay
from tests.explore.stories import as_story
from tests.explore.watcher import JUDGED
from tests.explore.world import ALL_SCENARIOS, SCENARIOS, SMALL_SCENARIOS

CLOSING_STATES = 20_000
"""A small world that has not closed by then is left open."""


def main(arguments: list[str] | None = None) -> int:
    """Explore, and print what was seen; 1 where a rule was broken or a bug was not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.explore", description=__doc__)
    parser.add_argument("--scenario", action="append", choices=list(ALL_SCENARIOS))
    parser.add_argument("--near", action="store_true", help="from the states of a calm session")
    parser.add_argument("--depth", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="a scenario")
    parser.add_argument("--states", type=int, default=1 << 60, help="a scenario")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--story", action="store_true", help="a counter-example, for stories.py")
    parser.add_argument("--replay", metavar="JSON", help='{"scenario": …, "story": […]}')
    parser.add_argument("--bugs", action="store_true", help="hunt the deliberate bugs instead")
    parser.add_argument("--whole", action="store_true", help="all of it: what `make explore` does")
    parser.add_argument("--evidence", type=Path, metavar="FILE", help="with --whole")
    chosen = parser.parse_args(arguments)
    if chosen.whole:
        return _whole(chosen.states, chosen.jobs, chosen.evidence)
    if chosen.bugs:
        return 0 if _bugs(chosen.jobs) == len(BUGS) else 1
    if chosen.replay:
        told = json.loads(chosen.replay)
        print(json.dumps(replay(ALL_SCENARIOS[told["scenario"]], told["story"])))
        return 0
    reports = []
    for name in chosen.scenario or SCENARIOS:
        limits = Limits(depth=chosen.depth, seconds=chosen.seconds, states=chosen.states)
        report = explore(ALL_SCENARIOS[name], limits, near=chosen.near, jobs=chosen.jobs)
        reports.append(report)
        print(json.dumps(dataclasses.asdict(report)) if chosen.json else report, flush=True)
        if report.broken and chosen.story:
            print(as_story("name it", report.scenario, report.story, report.broken))
    if not chosen.json:
        print(_sum(reports))
    return 1 if any(report.broken for report in reports) else 0


def _whole(states: int, jobs: int, evidence: Path | None) -> int:
    """The small worlds to their end, the others as far as `states` each go, and the bugs.

    Counted in states and not in seconds: it sees the same on every machine.
    """
    began_s = time.monotonic()
    reports = []
    for name, scenario in ALL_SCENARIOS.items():
        small = name in SMALL_SCENARIOS
        limits = Limits(states=CLOSING_STATES if small else states)
        reports.append(explore(scenario, limits, near=not small, jobs=jobs))
        print(reports[-1], flush=True)
    found = _bugs(jobs)
    print(_sum(reports))
    print(f"{time.monotonic() - began_s:.0f} s in all")
    if evidence:
        _write(evidence, reports, found, time.monotonic() - began_s, states, jobs)
    return 1 if found < len(BUGS) or any(report.broken for report in reports) else 0


def _sum(reports: list[Report]) -> str:
    states = sum(report.states for report in reports)
    transitions = sum(report.transitions for report in reports)
    seconds = sum(report.seconds for report in reports)
    cpu_s = sum(report.cpu_s for report in reports)
    letters = max(report.letters for report in reports)
    closed = sum(report.closed for report in reports)
    return (
        f"{states:,} states, {transitions:,} transitions, at most {letters} letters,"
        f" {seconds:.0f} s ({cpu_s:.0f} s of processor); {closed} of {len(reports)} closed;"
        f" {sum(bool(report.broken) for report in reports)} rules broken"
    )


def _bugs(jobs: int) -> int:
    """How many were found."""
    with ThreadPoolExecutor(jobs) as pool:
        stories = []
        for bug, (broken, length) in zip(BUGS, pool.map(_hunted, BUGS), strict=True):
            found = f"{length:>3} letters  {broken}" if broken else "NOT FOUND"
            print(f"{bug.name:56} {found}", flush=True)
            stories.append(broken)
    found_n = sum(bool(broken) for broken in stories)
    print(f"{found_n} of {len(BUGS)} deliberate bugs found")
    return found_n


def _hunted(bug: Bug) -> tuple[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        told = hunt(bug, Path(folder))
    story = told["story"]
    assert isinstance(story, list)
    return str(told["broken"]), len(story)


def _write(
    path: Path, reports: list[Report], found: int, seconds: float, states: int, jobs: int
) -> None:
    closed = [report for report in reports if report.closed]
    cpu_s = sum(report.cpu_s for report in reports)
    figures = [
        ["distinct states", f"{sum(report.states for report in reports):,}"],
        ["transitions", f"{sum(report.transitions for report in reports):,}"],
        ["letters, at most", f"{max(report.letters for report in reports)}"],
        ["rules broken", f"{sum(bool(report.broken) for report in reports)}"],
        ["deliberate bugs found", f"{found} of {len(BUGS)}"],
        ["scenarios seen to their end", f"{len(closed)} of {len(reports)}"],
        ["time in all", f"{seconds:.0f} s, {jobs} processes"],
        ["processor time of the searches", f"{cpu_s:.0f} s"],
    ]
    for report in reports:
        end = "closed" if report.closed else "not closed"
        figures.append(
            [
                report.scenario,
                f"{report.letters} letters, {report.states:,} states,"
                f" {report.transitions:,} transitions, depth {report.depth} ({end}),"
                f" {report.seconds:.0f} s",
            ]
        )
    evidence.keep(
        path,
        title="Exhaustive exploration of the guard",
        command=f"make explore EXPLORE_STATES={states}",
        requirements=JUDGED,
        figures=figures,
        notes=[
            "The real guard with toy limits and a tick of a second; what checks with a long memory"
            " (slope, heating proof, weld without SENSE) answer is part of the input.",
            "Where a search is not closed, its depth is counted in letters from the states of"
            " ordinary sessions; deeper states may exist.",
            "Not judged here: SR-14 and SR-15 (the board's and the start-up's), what survives a"
            " power cut (SR-05, SR-24: the journal's), and that an exception latches (SR-19).",
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
