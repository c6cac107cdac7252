"""Does the case hold? What is missing in it, and what the last run speaks against."""

from __future__ import annotations

from collections.abc import Iterable

from docs.site.trace import Trace
from tests import evidence


def gaps(case: Trace) -> list[str]:
    """What is missing in the argument itself, whatever was run: each a sentence."""
    known = {one.id for one in case.requirements}
    said = []
    for id_ in sorted(known):
        if not case.places.get(id_):
            said.append(f"{id_}: no place in the code names it")
        if not case.tests.get(id_):
            said.append(f"{id_}: no test argues it")
        if not case.hazards_of(id_):
            said.append(f"{id_}: it stands against no hazard")
    named: list[tuple[str, Iterable[str]]] = [(one.id, one.requirements) for one in case.hazards]
    named += [(f"evidence/{one.name}.json", one.requirements) for one in case.evidence]
    named += [("the code", case.places), ("a test", case.tests)]
    for who, ids in named:
        said += [f"{who}: there is no {id_}" for id_ in ids if id_ not in known]
    return said


def failures(case: Trace) -> list[str]:
    """What the last run of these sources speaks against: each a sentence.

    A test that failed, always. Where nothing was left out by choice also a test that was not run
    or was skipped, unless its tier needs what not every machine has, and a requirement for which
    nothing passed.
    """
    run = case.run
    if run is None or not run.current:
        return []
    said = []
    for id_, tests in sorted(case.tests.items()):
        said += [f"{id_}: {one.name} failed" for one in tests if one.count("failed")]
        if not run.whole:
            continue
        due = [one for one in tests if one.tier not in evidence.OPTIONAL_TIERS]
        said += [f"{id_}: {one.name} was not run" for one in due if one.count(None)]
        said += [f"{id_}: {one.name} was skipped" for one in due if one.count("skipped")]
        if not any(one.count("passed") for one in tests):
            said.append(f"{id_}: no test of it passed")
    return said
