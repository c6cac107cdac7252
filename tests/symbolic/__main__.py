"""`python -m tests.symbolic`: every property asked of CrossHair, and of the core with its bug."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from datetime import date
from pathlib import Path

from tests.symbolic import enumerated
from tests.symbolic.properties import PROPERTIES
from tests.symbolic.prover import CONFIRMED, REFUTED, Verdict, ask, ask_of_the_broken


def main(arguments: list[str] | None = None) -> int:
    """Ask, print, and write the evidence; 1 where something is refuted or a bug is not found."""
    parser = argparse.ArgumentParser(prog="python -m tests.symbolic", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="a property, at most")
    parser.add_argument("--evidence", type=Path, metavar="FILE")
    chosen = parser.parse_args(arguments)
    verdicts: dict[str, tuple[Verdict, Verdict]] = {}
    for claim in PROPERTIES:
        right, wrong = ask(claim, chosen.seconds), ask_of_the_broken(claim, chosen.seconds)
        verdicts[claim.name] = right, wrong
        found = f"bug found: {wrong.example}" if wrong.outcome == REFUTED else "BUG NOT FOUND"
        print(f"{claim.name:52} {right.outcome:14} {right.seconds:5.1f} s  {found}", flush=True)
        if right.outcome == REFUTED:
            print(f"  REFUTED: {right.example}")
    enumerations = [(name, count()) for name, count in enumerated.ALL.items()]
    for name, cases in enumerations:
        print(f"{name:52} all {cases:,} cases")
    outcomes = Counter(right.outcome for right, _ in verdicts.values())
    bugs = sum(wrong.outcome == REFUTED for _, wrong in verdicts.values())
    print(f"{dict(outcomes)} of {len(verdicts)}; {bugs} of {len(verdicts)} deliberate bugs found")
    if chosen.evidence:
        _write(chosen.evidence, verdicts, enumerations)
    return 1 if outcomes[REFUTED] or bugs < len(verdicts) else 0


def _write(
    path: Path, verdicts: dict[str, tuple[Verdict, Verdict]], enumerations: list[tuple[str, int]]
) -> None:
    confirmed = sum(right.outcome == CONFIRMED for right, _ in verdicts.values())
    bugs = sum(wrong.outcome == REFUTED for _, wrong in verdicts.values())
    spent_s = sum(right.seconds for right, _ in verdicts.values())
    figures = [
        ["properties asked of CrossHair", f"{len(verdicts)}"],
        ["confirmed over all paths", f"{confirmed}"],
        ["deliberate bugs found, one a property", f"{bugs} of {len(verdicts)}"],
        ["processor time for all properties", f"{spent_s:.0f} s"],
        *([name.replace("_", " "), f"all {cases:,} cases"] for name, cases in enumerations),
        *([n.replace("_", " "), right.outcome] for n, (right, _) in verdicts.items()),
    ]
    requirements = {name for claim in PROPERTIES for name in claim.requirements}
    evidence = {
        "title": "Symbolic check of the integer functions",
        "command": "make symbolic",
        "date": date.today().isoformat(),
        "requirements": sorted(requirements | {"SR-07", "SR-06"}),
        "figures": figures,
        "notes": [
            "Every intermediate result is checked to lie within 31 bits, not only the last.",
            "Functions and checks one at a time, from any state within the bounds that each"
            " property states; how they work together is what the exploration is for.",
            "The sum over the limits table leaves 31 bits on the way. It is no part of a tick.",
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(evidence, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
