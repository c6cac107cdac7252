"""The safety case as pages: `case.md` to be read in ten minutes, `requirements.md` to look up.

The argument of `case.md` is written, in docs/safety; its tables are filled in here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from docs.site.measured import Evidence
from docs.site.trace import Requirement, Run, Test, Trace

_TIERS = {
    "core": "boundary pairs and stories",
    "explore": "every state near ordinary sessions",
    "properties": "anything at any time (Hypothesis)",
    "parity": "the same on CPython and MicroPython",
    "symbolic": "integer functions over all paths",
    "fuzz": "the link's saved corpus, replayed",
    "flash": "power cut at every write, on littlefs",
    "soak": "days in virtual time",
    "simulator": "whole device on a simulated body",
    "figures": "what the hazards and the healthy family come to",
    "flips": "one flipped bit in mid-session",
    "rivals": "the same faults with other controllers",
    "firmware": "the chip's own parts",
    "emulator": "the release image on an emulated chip",
    "host": "the computer's side",
    "hardware": "a board on a bench",
}

# Figures of each tool on the page that is read in ten minutes: it tells the most important first.
_TOLD = 4

_SLOT = re.compile(r"<!-- site: (\w+) -->.*?<!-- /site -->", re.DOTALL)


def case_page(written: str, case: Trace) -> str:
    """The written page with its slots filled. Raises KeyError for a slot that is not known."""
    slots = {
        "made": "`make docs` made this page from the code, the tests and their last run; nobody"
        " keeps its tables by hand.",
        "measured": _measured(case),
        "hazards": "| hazard | in software | in hardware | what remains |\n"
        f"| --- | --- | --- | --- |\n{_hazard_rows(case)}",
        "traces": "| requirement | hazards | code | tests | tools |\n"
        f"| --- | --- | --- | --- | --- |\n{_trace_rows(case)}",
    }
    return _SLOT.sub(lambda slot: slots[slot.group(1)], written)


def _last_run(run: Run | None) -> str:
    """What the tests' columns rest on, in a box of its own."""
    if run is None:
        return _box(
            "warning",
            "No last run",
            "No run of the tests is recorded: the tables say which tests there are, not that they"
            " passed. `make test`, then `make docs` again.",
        )
    where = f"version {run.version}" + (f", commit `{run.commit}`" if run.commit else "")
    if not run.current:
        return _box(
            "warning",
            "The last run is of other sources",
            f"It was of {where}; the sources have changed since. Its outcomes are not shown."
            " `make test`, then `make docs` again.",
        )
    if not run.whole:
        return _box(
            "warning",
            "The last run was of a part of the tests",
            f"{where}: {len(run.outcomes)} cases that argue a requirement were run; the others are"
            " shown as not run. `make test`, then `make docs` again.",
        )
    return _box(
        "info",
        "The last run",
        f"{where}, of these very sources, everything that the machine could run:"
        f" {len(run.outcomes)} cases that argue a requirement.",
    )


def _box(kind: str, title: str, text: str) -> str:
    return f'!!! {kind} "{title}"\n\n    {text}\n'


def _measured(case: Trace) -> str:
    lines = [_last_run(case.run)]
    lines += ["| by | figures | from |", "| --- | --- | --- |"]
    lines += [_tests_row(case)]
    found = {one.name: one for one in case.evidence}
    for expected in case.expected:
        one = found.pop(expected.name, None)
        if one is None:
            lines.append(f"| {expected.title} | **not run** | – |")
        else:
            lines.append(_evidence_row(one))
    lines += [_evidence_row(one) for one in found.values()]
    more = (
        "Each tool's figures in full, and what it does not show: [what was measured](measured.md)."
    )
    return "\n".join([*lines, "", more, ""])


def _tests_row(case: Trace) -> str:
    """The tests as one line of the table of tools, tier by tier."""
    tiers: dict[str, dict[str, str | None]] = {}
    for tests in case.tests.values():
        for test in tests:
            tiers.setdefault(test.tier, {}).update(test.outcomes)
    said = []
    for tier, what in _TIERS.items():
        if tier not in tiers:
            continue
        outcomes = list(tiers[tier].values())
        passed = outcomes.count("passed")
        count = f"{passed} of {len(outcomes)} passed" if any(outcomes) else "**not run**"
        said.append(f"{tier} ({what}): {count}")
    return f"| Tests that name a requirement | {'<br>'.join(said)} | `make test` |"


def _evidence_row(one: Evidence) -> str:
    figures = "<br>".join(f"{label}: {value}" for label, value in one.figures[:_TOLD])
    link = f"[all {len(one.figures)}](measured.md#{one.name})"
    return f"| {one.title} | {figures}<br>{link} | `{one.command}`<br>{one.date} |"


def measured_page(case: Trace) -> str:
    """Every figure and every note of every tool."""
    parts = [
        "# What was measured\n\nThe tools behind the [safety case](case.md), each with the command"
        " that measures it again. `make docs` made this page from `docs/safety/evidence`.\n"
    ]
    for one in case.evidence:
        ids = ", ".join(_link(id_) for id_ in one.requirements)
        parts += [
            f"## {one.title} {{ #{one.name} }}\n",
            f"`{one.command}`, {one.date}. Requirements: {ids}.\n",
            "| | |\n| --- | --- |",
            *(f"| {_cell(label)} | {_cell(value)} |" for label, value in one.figures),
            "",
            *(f"- {note}" for note in one.notes),
            "",
        ]
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _hazard_rows(case: Trace) -> str:
    rows = []
    for one in case.hazards:
        ids = ", ".join(_link(id_) for id_ in one.requirements)
        what = (
            f'<span id="{one.id.lower()}"></span>**{one.id} {one.title}**: {one.harm}. {one.cause}'
        )
        rows.append(f"| {what} | {ids} | {one.hardware} | {one.remains} |\n")
    return "".join(rows)


def _link(id_: str) -> str:
    return f"[{id_}](requirements.md#{id_.lower()}){{ .id }}"


def _trace_rows(case: Trace) -> str:
    rows = []
    for one in case.requirements:
        hazards = ", ".join(hazard.id for hazard in case.hazards_of(one.id))
        tools = ", ".join(found.name for found in case.evidence_of(one.id)) or "–"
        places = len(case.places.get(one.id, ()))
        tests = case.tests.get(one.id, ())
        rows.append(
            f"| {_link(one.id)} {one.title} | {hazards} | {places} | {_sum(tests)} | {tools} |\n"
        )
    return "".join(rows)


def _sum(tests: Sequence[Test]) -> str:
    """Tests in one cell: functions, cases, and what became of them."""
    cases = sum(len(one.outcomes) for one in tests)
    passed = sum(one.count("passed") for one in tests)
    failed = sum(one.count("failed") for one in tests)
    text = f"{passed} of {cases}" if passed else f"{cases}, not run"
    return f"{text}, **{failed} failed**" if failed else text


def requirements_page(case: Trace) -> str:
    """Each requirement with its text, hazards, places, tests and evidence."""
    parts = [
        "# Requirements, one by one\n\nWhat the [safety case](case.md) rests on, in full: made by"
        " `make docs`.\n",
        _last_run(case.run),
    ]
    parts += [_requirement(case, one) for one in case.requirements]
    return "\n".join(parts)


def _requirement(case: Trace, one: Requirement) -> str:
    hazards = "; ".join(
        f"[{h.id}](case.md#{h.id.lower()}) {h.title}" for h in case.hazards_of(one.id)
    )
    places = [
        f"- [`{place.short}`][{place.name}] ({place.path}, line {place.line})"
        for place in case.places.get(one.id, ())
    ]
    lines = [
        f"## {one.id} {one.title} {{ #{one.id.lower()} }}",
        "",
        one.text,
        "",
        f"**Against** {hazards}.",
        "",
        "**In the code**",
        "",
        *places,
        "",
    ]
    for found in case.evidence_of(one.id):
        figures = "; ".join(f"{label}: {value}" for label, value in found.figures)
        lines += [f"**{found.title}** ({found.date}, `{found.command}`): {figures}.", ""]
    tests = case.tests.get(one.id, ())
    for tier, what in _TIERS.items():
        mine = [test for test in tests if test.tier == tier]
        if mine:
            lines += [f'??? note "Tests, {tier}: {what}: {_sum(mine)}"', ""]
            lines += [f"    - {_test(test)}" for test in mine]
            lines += [""]
    return "\n".join(lines)


def _test(test: Test) -> str:
    file, _, name = test.name.partition("::")
    words = name.removeprefix("test_").replace("_", " ")
    return f"`{file.removeprefix('tests/')}` {words}: {_became(test)}"


def _became(test: Test) -> str:
    counts = [
        (test.count("failed"), "**failed**"),
        (test.count("passed"), "passed"),
        (test.count("skipped"), "skipped"),
        (test.count(None), "not run"),
    ]
    whole = len(test.outcomes)
    said = [
        word if number == whole == 1 else f"{number} {word}" for number, word in counts if number
    ]
    return ", ".join(said)
