"""The safety case as pages: `case.md` to be read in ten minutes, `requirements.md` to look up."""

from __future__ import annotations

from collections.abc import Sequence

from docs.site.trace import Evidence, Requirement, Run, Test, Trace

_TIERS = {
    "core": "boundary pairs and stories",
    "explore": "every state near ordinary sessions",
    "properties": "anything at any time (Hypothesis)",
    "parity": "the same on CPython and MicroPython",
    "simulator": "whole device on a simulated body",
    "firmware": "the chip's own parts",
    "emulator": "the release image on an emulated chip",
    "host": "the computer's side",
    "hardware": "a board on a bench",
}

_TOP = """\
# Safety case

Why poultice's heat should not burn and its cold not injure: the claim, how it is argued, what was
measured, and what has not been shown. Ten minutes to read. `make docs` makes this page from the
code, the tests and the last run; nobody keeps it by hand.

!!! danger "Not a certified medical device"

    Nobody outside the project has assessed any of this, and no standard is claimed. Everything
    was shown **in simulation and on an emulated chip only**. The model of skin and pad is not
    validated against people. **No board has been run, and no pad has been built.** Who must not use it
    is on [the safety page](README.md#who-must-not-use-it).

## The claim

On a device built as [the contract for the hardware](../design/hardware.md) asks, with healthy skin
that feels:

1. No message, protocol, file or computer can make the device heat or cool beyond its
   [limits](../reference/limits.md).
2. No single fault of a sensor, a relay, the processor, the supply or the computer makes it burn,
   with the exceptions under *What has not been shown*.
3. Whatever stopped it can be learnt afterwards, and what is dangerous to clear is cleared at the device
   only.

## How it is argued

- **The limits are below what burns.** Each has its reason and its source:
  [why these limits](../explanation/why-these-limits.md).
- **Each hazard has requirements against it** (SR-01 to SR-24, [the contract](../design/safety.md)): the
  table of hazards below.
- **One small part keeps them.** The [guard](../explanation/how-the-guard-works.md) permits; everything
  else only asks. It is integer Python without input or output, and the very same source runs on the chip
  and in the tests.
- **Each requirement is argued by tests that name it**, and named where the code keeps it: the second
  table. A test fails where a requirement lacks either.
- **The tests are held to account** by tools that are not tests: exploration of every state, mutants,
  fault campaigns, comparison. Their figures follow.
- **What software cannot do is left to hardware**, and said so for each hazard.

## What has not been shown

- **Nothing was measured on a body, a pad or a board.** Simulated skin has one dimension and textbook
  values; real skin differs from person to person. Figures are given in CEM43, minutes at 43 °C; 9 is
  the limit of a session, 20 the mildest deliberate burn.
- **A fold that neither sensor sees**, pressing on skin without blood flow: 150 to 220 CEM43 in a
  simulated session of 20 minutes. Sensor B, bimetals and a weak pad are the only answer.
- **Both relays welded.** Only bimetal and fuse can open the circuit.
- **A wrong thermistor, or both sensors 2 °C low**: up to 17.6 and 10.6 CEM43, simulated
  ([contract](../design/safety.md)). Hence parts of 1 % and the two-point check.
- **Two faults at once**, except where a requirement says so.
- **The true answers to the screening**, and whether anybody is awake.
- **Fire, electrical safety, electromagnetic immunity, materials on skin**: not assessed.
- **The tools themselves.** MicroPython, its compiler and the chip are trusted; the emulator models
  neither misses of the flash cache nor analogue parts.
"""

_HAZARDS = """\
## From hazard to requirement

What software does is in the second column; the third is what has to be built, the fourth what is left.

| hazard | in software | in hardware | what remains |
| --- | --- | --- | --- |
"""

_TRACES = """\
## From requirement to evidence

Each leads to [its text, its places in the code and its tests](requirements.md).

| requirement | hazards | code | tests | tools |
| --- | --- | --- | --- | --- |
"""


def case_page(case: Trace) -> str:
    """The page itself."""
    parts = [_TOP, _measured(case), _HAZARDS + _hazard_rows(case), _TRACES + _trace_rows(case)]
    return "\n".join(parts)


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
    lines = ["## What was measured", "", _last_run(case.run)]
    lines += ["| by | figures | from |", "| --- | --- | --- |"]
    lines += [_tests_row(case)]
    found = {one.name: one for one in case.evidence}
    for expected in case.expected:
        one = found.pop(expected.name, None)
        if one is None:
            lines.append(f"| {expected.title} | **not run** | `{expected.command}` |")
        else:
            lines.append(_evidence_row(one))
    lines += [_evidence_row(one) for one in found.values()]
    notes = [f"- *{one.title}:* {note}" for one in case.evidence for note in one.notes]
    return "\n".join([*lines, "", *notes, ""])


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
    figures = "<br>".join(f"{label}: {value}" for label, value in one.figures)
    return f"| {one.title} | {figures} | `{one.command}`<br>{one.date} |"


def _hazard_rows(case: Trace) -> str:
    rows = []
    for one in case.hazards:
        ids = ", ".join(_link(id_) for id_ in one.requirements)
        what = f'<span id="{one.id.lower()}"></span>**{one.id} {one.title}**: {one.harm}. {one.cause}'
        rows.append(f"| {what} | {ids} | {one.hardware} | {one.remains} |\n")
    return "".join(rows)


def _link(id_: str) -> str:
    return f"[{id_}](requirements.md#{id_.lower()})"


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
    hazards = "; ".join(f"[{h.id}](case.md#{h.id.lower()}) {h.title}" for h in case.hazards_of(one.id))
    places = [f"- [`{place.short}`][{place.name}] ({place.path}, line {place.line})"
              for place in case.places.get(one.id, ())]
    lines = [f"## {one.id} {one.title} {{ #{one.id.lower()} }}", "", one.text, "",
             f"**Against** {hazards}.", "", "**In the code**", "", *places, ""]
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
    return f"`{file.removeprefix('tests/')}` {name.removeprefix('test_').replace('_', ' ')}: {_became(test)}"


def _became(test: Test) -> str:
    counts = [
        (test.count("failed"), "**failed**"),
        (test.count("passed"), "passed"),
        (test.count("skipped"), "skipped"),
        (test.count(None), "not run"),
    ]
    whole = len(test.outcomes)
    said = [word if number == whole == 1 else f"{number} {word}" for number, word in counts if number]
    return ", ".join(said)


POINTER = """\
Each hazard, what stands against it, where in the code, which tests show it and what remains:
[the safety case](case.md), ten minutes to read. What it rests on, one requirement at a time:
[requirements](requirements.md).
"""
