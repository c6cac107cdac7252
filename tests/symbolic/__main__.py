"""`python -m tests.symbolic`: every claim asked of CrossHair, and what can be tried, tried."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests import evidence
from tests.symbolic import enumerated
from tests.symbolic.properties import CLAIMS
from tests.symbolic.prover import CONFIRMED, REFUTED, Verdict, ask


def main(arguments: list[str] | None = None) -> int:
    """Ask, print, and write the evidence; 1 where something is refuted."""
    parser = argparse.ArgumentParser(prog="python -m tests.symbolic", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="a claim, at most")
    parser.add_argument("--evidence", type=Path, metavar="FILE")
    chosen = parser.parse_args(arguments)
    verdicts: dict[str, Verdict] = {}
    for claim in CLAIMS:
        name = claim.__name__.replace("_", " ")
        told = verdicts[name] = ask(claim, chosen.seconds)
        print(f"{name:52} {told.outcome:14} {told.seconds:5.1f} s  {told.example}", flush=True)
    cases = {name.replace("_", " "): count() for name, count in enumerated.ALL.items()}
    for name, number in cases.items():
        print(f"{name:52} all {number:,} cases")
    outcomes = Counter(told.outcome for told in verdicts.values())
    print(f"{dict(outcomes)} of {len(verdicts)}")
    if chosen.evidence:
        _write(chosen.evidence, verdicts, cases)
    return 1 if outcomes[REFUTED] else 0


def _write(path: Path, verdicts: dict[str, Verdict], cases: dict[str, int]) -> None:
    confirmed = sum(told.outcome == CONFIRMED for told in verdicts.values())
    evidence.keep(
        path,
        title="Symbolic check of the integer functions",
        command="make symbolic",
        requirements={*CLAIMS.values(), "SR-07"},
        figures=[
            ["properties asked of CrossHair", f"{len(verdicts)}"],
            ["confirmed over all paths", f"{confirmed}"],
            ["processor time", f"{sum(told.seconds for told in verdicts.values()):.0f} s"],
            *([name, f"all {number:,} cases"] for name, number in cases.items()),
            *([name, told.outcome] for name, told in verdicts.items()),
        ],
        notes=[
            "Every intermediate result is checked to lie within 31 bits, not only the last.",
            "The core's arithmetic, from any state within the bounds that each property states;"
            " what the checks decide is judged by the shadow, and their tests by mutation.",
            "The sum over the limits table leaves 31 bits on the way. It is no part of a tick.",
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
