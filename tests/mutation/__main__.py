"""`python -m tests.mutation`: every mutant of the modules that decide, against their tests."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tests import evidence
from tests.mutation.equivalents import listed, table
from tests.mutation.modules import MODULES
from tests.mutation.mutants import mutants
from tests.mutation.runner import KILLED, SURVIVED, TIMEOUT, Result, chosen, run, tests_of

EVIDENCE = Path(__file__).parents[2] / "docs" / "safety" / "evidence" / "mutation.json"


class Score:
    """One module: how many mutants, what became of them, and what is wrong with that."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.counts = {KILLED: 0, TIMEOUT: 0, SURVIVED: 0}
        self.equivalent = 0
        self.wrong: list[str] = []
        self._reasons = {
            name: one.reason for one in listed() if one.module == module for name in one.names()
        }
        self._unseen = set(self._reasons)

    def told(self, result: Result) -> None:
        mutant = result.mutant
        if mutant is None:
            if result.verdict != SURVIVED:
                raise RuntimeError(f"the tests fail without a mutation: {result.by}")
            return
        self._unseen.discard(mutant.name)
        if result.verdict == SURVIVED:
            if mutant.name in self._reasons:
                self.equivalent += 1
                return
            self._found(f"survived: {mutant}")
        elif mutant.name in self._reasons:
            self._found(f"listed as equivalent, {result.verdict} by {result.by}: {mutant}")
        self.counts[result.verdict] += 1

    def end(self, whole: bool) -> None:
        """Every mutant has been judged (`whole`): what is listed and was not among them is
        stale."""
        if not whole:
            return
        for name in sorted(self._unseen):
            self._found(f"listed, and no mutant any more: {name}")

    def _found(self, wrong: str) -> None:
        self.wrong.append(wrong)
        print(wrong, flush=True)

    @property
    def all(self) -> int:
        return sum(self.counts.values()) + self.equivalent

    def __str__(self) -> str:
        dead = self.counts[KILLED] + self.counts[TIMEOUT]
        judged = sum(self.counts.values())
        return (
            f"{self.module:<17} {self.all:>5} mutants: {dead} killed"
            f" ({self.counts[TIMEOUT]} by time), {self.equivalent} equivalent,"
            f" {self.counts[SURVIVED]} survived: {100 * dead / judged if judged else 100:.1f} %"
        )


def main(arguments: list[str] | None = None) -> int:
    """Judge all mutants; 1 where one survived that is not listed, or the list is stale."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(MODULES))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="the equivalents, for the docs")
    parser.add_argument("--evidence", action="store_true", help=f"write {EVIDENCE.name}")
    parser.add_argument(
        "--most", type=int, default=1 << 30, help="of each module so many, a seeded sample"
    )
    parser.add_argument("--list", action="store_true", help="the modules and their tests, no run")
    options = parser.parse_args(arguments)
    for name in options.modules:
        if name not in MODULES:
            parser.error(f"no module {name}: {', '.join(MODULES)}")
    if options.table:
        print(table())
        return 0
    if options.list:
        _list(options.modules or MODULES)
        return 0
    began = time.monotonic()
    scores: list[Score] = []
    of = 0
    for module in options.modules or MODULES:
        score = Score(module)
        every = list(mutants(module))
        # That all tests pass on what is not mutated is seen once.
        run(module, chosen(every, options.most), options.jobs, score.told, whole=not scores)
        score.end(len(every) <= options.most)
        of += len(every)
        scores.append(score)
        print(score, flush=True)
    seconds = time.monotonic() - began
    wrong = any(score.wrong for score in scores)
    busy = sum(os.times()[:4])
    print(
        f"{sum(score.all for score in scores)} of {of} mutants in {seconds / 60:.0f} min,"
        f" {busy / 60:.1f} min of the processor"
    )
    if options.evidence and not wrong:
        time_taken = (
            f"{seconds / 60:.0f} min with {options.jobs} jobs, {busy / 60:.0f} min of the processor"
        )
        command = " ".join(["python -m tests.mutation", *options.modules])
        _keep(scores, of, command if options.modules else "make mutation", time_taken)
    return 1 if wrong else 0


def _list(modules: Iterable[str]) -> None:
    """Which modules, and the tests that come first."""
    for module in modules:
        print(f"{module:<17} {' '.join(tests_of(module))}")


def _keep(scores: list[Score], of: int, command: str, time_taken: str) -> None:
    dead = sum(score.counts[KILLED] + score.counts[TIMEOUT] for score in scores)
    equivalent = sum(score.equivalent for score in scores)
    evidence.keep(
        EVIDENCE,
        title="Mutation testing of the modules that decide",
        command=command,
        requirements=[f"SR-{number:02}" for number in (1, 2, 3, 5, 6, 7, 8, 15, 16, 18, 19)],
        figures=[
            ["mutants", f"{dead + equivalent} of {of}: a seeded sample of each module"]
            if dead + equivalent < of
            else ["mutants", f"{of}"],
            ["killed", f"{dead}"],
            ["equivalent, each listed with its reason", f"{equivalent}"],
            ["survived", "0"],
            *([score.module, str(score).split(None, 1)[1]] for score in scores),
            ["time", time_taken],
        ],
        notes=[
            "Killed by a test of tests/core, for the host's of tests/host, or by one that used five"
            " seconds of the processor.",
            "The list of equivalents is tests/mutation/equivalent.toml.",
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
