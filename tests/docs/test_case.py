"""The safety case: what it finds, what it refuses, and what its page says."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from docs.site import case, judged, measured, trace
from docs.site.measured import Evidence
from docs.site.trace import Expected, Hazard, Place, Requirement, Run, Trace

WHOLE = Run("0.1.0", "abc1234", current=True, whole=True, outcomes={})
WRITTEN = (trace.ROOT / "docs" / "safety" / "case.md").read_text(encoding="utf-8")
GOOD = {
    "title": "Exploration",
    "command": "make explore",
    "date": "2026-03-02",
    "requirements": ["SR-01"],
    "figures": [["states", "120,000"]],
    "notes": ["toy limits"],
}


def argued(outcome: str | None = "passed", tier: str = "core", run: Run | None = WHOLE) -> Trace:
    """A case of one hazard, one requirement and one test."""
    nodeid = f"tests/{tier}/test_a.py::test_it"
    outcomes = {} if outcome is None else {nodeid: outcome}
    return Trace(
        requirements=[Requirement("SR-01", "Over-temperature", "It opens.")],
        hazards=[Hazard("H-01", "Hot", "burn", "A pad.", ("SR-01",), "A fuse.", "Fire.")],
        expected=[Expected("exploration", "Exploration")],
        places={"SR-01": [Place("firmware/core/p/guard.py", 7, "p.guard.Guard.step")]},
        tests=trace.tests_of({nodeid: ["SR-01"]}, outcomes),
        evidence=[],
        run=run,
    )


def page_of(found: Trace) -> str:
    return case.case_page(WRITTEN, found)


def test_a_case_that_lacks_nothing() -> None:
    assert judged.gaps(argued()) == []
    assert judged.failures(argued()) == []


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        ({"places": {}}, "SR-01: no place in the code names it"),
        ({"tests": {}}, "SR-01: no test argues it"),
        ({"hazards": []}, "SR-01: it stands against no hazard"),
        ({"requirements": []}, "H-01: there is no SR-01"),
    ],
)
def test_what_is_missing_is_said(lost: dict[str, object], said: str) -> None:
    assert said in judged.gaps(dataclasses.replace(argued(), **lost))


def test_evidence_for_a_requirement_that_is_not_there_is_said() -> None:
    told = json.dumps({**GOOD, "requirements": ["SR-77"]})
    found = dataclasses.replace(argued(), evidence=[measured.measured("exploration", told)])
    assert judged.gaps(found) == ["evidence/exploration.json: there is no SR-77"]


def test_a_test_that_failed_is_a_failure_however_little_was_run() -> None:
    part = dataclasses.replace(WHOLE, whole=False)
    for run in (WHOLE, part):
        said = judged.failures(argued("failed", run=run))
        assert "SR-01: tests/core/test_a.py::test_it failed" in said


@pytest.mark.parametrize("outcome", [None, "skipped"])
def test_a_test_that_a_whole_run_left_out_is_a_failure(outcome: str | None) -> None:
    said = judged.failures(argued(outcome))
    what = "was not run" if outcome is None else "was skipped"
    assert said == [
        f"SR-01: tests/core/test_a.py::test_it {what}",
        "SR-01: no test of it passed",
    ]


def test_a_tier_that_not_every_machine_has_may_be_left_out() -> None:
    # But a requirement for which nothing else passed has no evidence.
    assert judged.failures(argued(None, "emulator")) == ["SR-01: no test of it passed"]
    both = trace.tests_of(
        {"tests/core/test_a.py::test_it": ["SR-01"], "tests/emulator/test_b.py::t": ["SR-01"]},
        {"tests/core/test_a.py::test_it": "passed"},
    )
    assert judged.failures(dataclasses.replace(argued(), tests=both)) == []


@pytest.mark.parametrize(
    "run",
    [
        None,
        dataclasses.replace(WHOLE, current=False),
        dataclasses.replace(WHOLE, whole=False),
    ],
    ids=["none", "of other sources", "of a part"],
)
def test_without_a_whole_run_nothing_is_claimed_and_the_page_says_so(run: Run | None) -> None:
    found = argued(None, run=run)
    assert judged.failures(found) == []
    page = page_of(found)
    assert '!!! warning "' in page.partition("## What was measured")[2]
    assert "1, not run" in page


def test_the_page_counts_what_passed_and_marks_what_failed() -> None:
    assert "| 1 of 1 |" in page_of(argued())
    assert "**1 failed**" in page_of(argued("failed"))


def test_a_tool_that_was_not_run_is_said_not_left_out() -> None:
    without = page_of(argued())
    assert "| Exploration | **not run** | – |" in without
    found = measured.measured("exploration", json.dumps(GOOD))
    page = page_of(dataclasses.replace(argued(), evidence=[found]))
    assert (
        "| Exploration | states: 120,000<br>[all 1](measured.md#exploration) | `make explore`"
        in page
    )
    assert "toy limits" not in page
    assert "not run" not in page


def test_every_slot_of_the_page_is_filled() -> None:
    assert "<!--" not in page_of(argued())
    with pytest.raises(KeyError):
        case.case_page("<!-- site: another -->x<!-- /site -->", argued())


def test_evidence_that_nobody_expected_is_shown_too() -> None:
    told = json.dumps({**GOOD, "title": "Another"})
    page = page_of(dataclasses.replace(argued(), evidence=[measured.measured("another", told)]))
    assert "| Another | states: 120,000<br>" in page
    assert "| Exploration | **not run** |" in page


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("title", ""),
        ("title", None),
        ("command", 3),
        ("date", "yesterday"),
        ("requirements", []),
        ("requirements", ["SR-1"]),
        ("figures", []),
        ("figures", [["states", 120_000]]),
        ("figures", [["states"]]),
        ("notes", "toy limits"),
        ("notes", None),
    ],
)
def test_evidence_that_is_not_in_the_format_is_refused(member: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"exploration|isoformat"):
        measured.measured("exploration", json.dumps({**GOOD, member: value}))


def test_evidence_that_is_not_an_object_is_refused() -> None:
    with pytest.raises(ValueError, match="not an object"):
        measured.measured("exploration", "[]")


def test_the_projects_own_evidence_is_in_the_format() -> None:
    known = {one.id for one in trace.requirements(trace.CONTRACT.read_text("utf-8"), {})}
    for one in measured.measured_in():
        assert isinstance(one, Evidence)
        assert set(one.requirements) <= known


def test_places_are_what_prose_names_within_its_innermost_scope() -> None:
    source = '''"""A module (SR-01)."""

MARK = "SR-02"


class Guard:
    """One (SR-03)."""

    def step(self):
        """A tick."""
        # SR-04, and SR-05.
        return "SR-06"  # SR-04
'''
    found = [(id_, place.line, place.name) for id_, place in trace.places(source, "g.py", "p.g")]
    assert sorted(found) == [
        ("SR-01", 1, "p.g"),
        ("SR-03", 7, "p.g.Guard"),
        ("SR-04", 11, "p.g.Guard.step"),
        ("SR-05", 11, "p.g.Guard.step"),
    ]


def test_every_figure_and_note_is_on_the_page_of_what_was_measured() -> None:
    found = measured.measured("exploration", json.dumps({**GOOD, "notes": ["a toy"]}))
    page = case.measured_page(dataclasses.replace(argued(), evidence=[found]))
    for label, value in found.figures:
        assert f"| {label} | {value} |" in page
    assert "- a toy" in page
    assert f"`{found.command}`, {found.date}" in page


def test_cases_of_one_function_are_one_test() -> None:
    cases = {"tests/core/test_a.py::t[1]": ["SR-01"], "tests/core/test_a.py::t[2]": ["SR-01"]}
    [test] = trace.tests_of(cases, {"tests/core/test_a.py::t[1]": "passed"})["SR-01"]
    assert (test.name, test.tier) == ("tests/core/test_a.py::t", "core")
    assert (test.count("passed"), test.count(None)) == (1, 1)


def test_every_requirement_has_a_title() -> None:
    toml = trace.HAZARDS.read_text(encoding="utf-8")
    named = trace.requirements(trace.CONTRACT.read_text(encoding="utf-8"), {})
    assert list(trace.titles(toml)) == [one.id for one in named]


def test_hazards_are_numbered_in_order() -> None:
    named, _ = trace.hazards(trace.HAZARDS.read_text(encoding="utf-8"))
    assert [one.id for one in named] == [f"H-{n:02}" for n in range(1, len(named) + 1)]


def test_the_page_is_read_in_ten_minutes() -> None:
    toml = trace.HAZARDS.read_text(encoding="utf-8")
    named, expected = trace.hazards(toml)
    rows = trace.requirements(trace.CONTRACT.read_text(encoding="utf-8"), trace.titles(toml))
    whole = dataclasses.replace(
        argued(),
        requirements=rows,
        hazards=named,
        expected=expected,
        evidence=measured.measured_in(),
    )
    words = [word for word in page_of(whole).split() if re.search(r"[^\W\d_]{2}", word)]
    # 240 words a minute is how fast a text of this kind is read.
    assert len(words) <= 2_400, len(words)
