"""The questions before a session, and what their answers mean.

Software cannot see a skin that does not feel or a person who is about to fall asleep: these
questions are the only guard against that. They are about one person and one place on the body,
today. Any yes refuses, whatever the protocol; `applies_to` only says with which treatment a
question has to be asked. Nothing here is medical advice, and no answer lifts a limit.

Sources: the contraindications printed for powered hot and cold therapy devices (DeRoyal
Jetstream and Stryker TP600 manuals, ThermaCare warnings), the FDA heating pad advisory of 1995
and its cold therapy communication of 2020; for the age of an injury Cleveland Clinic and Mayo
Clinic. See docs/explanation/why-these-limits.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from poultice.language import later, tr
from poultice.therapy.phase import Protocol

BOTH = "both"

NONE = "none"
UNDER_72_H = "lt72h"
UNDER_6_WEEKS = "lt6w"
OLDER = "older"
INJURY_AGES = {
    NONE: later("there is no injury"),
    UNDER_72_H: later("less than 72 hours ago"),
    UNDER_6_WEEKS: later("less than 6 weeks ago"),
    OLDER: later("longer ago"),
}
"""The answers to how old the injury is, and what each says."""

INSTEAD_WHEN_ACUTE = {"muscle-strain": "muscle-strain-acute", "sprain": "muscle-strain-acute"}
INSTEAD_WHEN_SWOLLEN = {"arthritis": "arthritis-flare"}


@dataclass(frozen=True)
class Question:
    """One contraindication, as a yes-or-no question; `reason` is why a yes refuses."""

    key: str
    text: str
    applies_to: str
    reason: str


_FILE = Path(__file__).with_name("questions.toml")
QUESTIONS = tuple(
    Question(**one) for one in tomllib.loads(_FILE.read_text(encoding="utf-8"))["question"]
)


@dataclass(frozen=True)
class Answers:
    """What was answered: yes is True. `assumed` where nobody was asked (`--yes`)."""

    answers: Mapping[str, bool]
    injury_age: str
    assumed: bool = False


@dataclass(frozen=True)
class Verdict:
    """The reasons to refuse, the warnings, and the protocol to take instead where one fits."""

    refusals: list[str]
    warnings: list[str]
    instead: str | None = None


def assumed(protocol: Protocol) -> Answers:
    """The answers of `--yes`: no to every question, and the injury's age that is permitted."""
    age = {"only": UNDER_72_H, "no": OLDER}.get(protocol.acute, NONE)
    return Answers({question.key: False for question in QUESTIONS}, age, assumed=True)


def asked_before(protocol: Protocol) -> list[Question]:
    """The questions that have to be asked before this protocol."""
    return [one for one in QUESTIONS if one.applies_to in (BOTH, *protocol.modes)]


def judge(protocol: Protocol, answers: Answers) -> Verdict:
    """What the answers mean for this protocol. A question left out refuses like a yes."""
    needed = asked_before(protocol)
    refusals: list[str] = []
    for question in QUESTIONS:
        answer = answers.answers.get(question.key)
        if answer is None and question in needed:
            refusals.append(tr("not answered: {question}", question=tr(question.text)))
        elif answer:
            refusals.append(tr(question.reason))
    instead = None
    if answers.answers.get("hot_swollen"):
        instead = INSTEAD_WHEN_SWOLLEN.get(protocol.name)
    warnings: list[str] = []
    age = answers.injury_age
    if age not in INJURY_AGES:
        refusals.append(tr("the injury's age is unknown ({age})", age=repr(age)))
    elif protocol.acute == "only":
        if age in (UNDER_6_WEEKS, OLDER):
            refusals.append(tr("this is for the first 72 hours after an injury only"))
        elif age == NONE:
            warnings.append(tr("this is made for the first 72 hours after an injury"))
    elif protocol.acute == "no" and age == UNDER_72_H:
        says = tr("not in the first 72 hours after an injury: heat makes it swell and bleed")
        refusals.append(says)
        # What forbids one treatment may forbid the other: name it only where age alone refused.
        if len(refusals) == 1:
            instead = INSTEAD_WHEN_ACUTE.get(protocol.name)
    elif protocol.acute == "no" and age == UNDER_6_WEEKS:
        says = tr("heat in the first 6 weeks after an injury only once the swelling is gone")
        warnings.append(says)
    return Verdict(refusals, warnings, instead)
