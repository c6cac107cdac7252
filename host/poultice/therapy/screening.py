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

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poultice.therapy.phase import Protocol

HEAT = "heat"
COLD = "cold"
BOTH = "both"

NONE = "none"
UNDER_72_H = "lt72h"
UNDER_6_WEEKS = "lt6w"
OLDER = "older"
INJURY_AGES = (NONE, UNDER_72_H, UNDER_6_WEEKS, OLDER)

INSTEAD_WHEN_ACUTE = {"muscle-strain": "muscle-strain-acute", "sprain": "muscle-strain-acute"}
INSTEAD_WHEN_SWOLLEN = {"arthritis": "arthritis-flare"}


@dataclass(frozen=True)
class Question:
    """One contraindication, as a yes-or-no question; `reason` is why a yes refuses."""

    key: str
    text: str
    applies_to: str
    reason: str


QUESTIONS = (
    Question(
        "reduced_feeling",
        "Is feeling or blood flow reduced at the place (numbness, nerve damage, poor circulation)?",
        BOTH,
        "where feeling or blood flow is reduced, a burn or frostbite gives no warning",
    ),
    Question(
        "diabetes_neuropathy",
        "Do you have diabetes that has affected your nerves?",
        BOTH,
        "nerves damaged by diabetes may not feel heat or cold, and such skin heals badly",
    ),
    Question(
        "raynaud",
        "Do you have Raynaud's, or fingers or toes that turn white in the cold?",
        BOTH,
        "with Raynaud's cold can shut off the blood flow, and heat meets skin that cannot adapt",
    ),
    Question(
        "open_or_infected_skin",
        "Is the skin there open, infected, irritated or blistered?",
        BOTH,
        "open, infected or irritated skin is hurt more easily, and heat spreads an infection",
    ),
    Question(
        "recent_surgery",
        "Have you had surgery at this place recently?",
        BOTH,
        "after surgery the skin may feel nothing and bleed again: only your surgeon can say when",
    ),
    Question(
        "pregnancy",
        "Are you pregnant, and would the pad lie on the abdomen or the back?",
        BOTH,
        "in pregnancy the abdomen and the back are not to be treated without advice",
    ),
    Question(
        "child",
        "Is this for a child?",
        BOTH,
        "a child's skin burns and freezes sooner, and a child may not say so in time",
    ),
    Question(
        "asleep_or_sedated",
        "Might you fall asleep, or have you had alcohol, a sedative or strong painkillers?",
        BOTH,
        "somebody asleep or sedated does not take the pad off when it hurts",
    ),
    Question(
        "topical_rub",
        "Is there a menthol, capsaicin or other warming or cooling rub on the skin?",
        BOTH,
        "a rub hides what the skin feels, and heat drives it deeper",
    ),
    Question(
        "implanted_device",
        "Is there an implanted device under the place (pacemaker, pump, stimulator, metal)?",
        BOTH,
        "an implant may conduct heat into the tissue or be disturbed by it",
    ),
    Question(
        "hot_swollen",
        "Is the place hot, red or badly swollen right now?",
        HEAT,
        "heat makes an inflammation worse",
    ),
    Question(
        "tumour_or_bleeding",
        "Is there a tumour at the place, a fresh bruise, or do you bleed easily?",
        HEAT,
        "heat raises the blood flow, which feeds a tumour and a bleeding",
    ),
    Question(
        "cold_allergy",
        "Does cold give you hives, or do you have cryoglobulins or cold haemoglobinuria?",
        COLD,
        "with a reaction to cold, cold treatment can be dangerous at once",
    ),
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


def judge(protocol: Protocol, answers: Answers) -> Verdict:
    """What the answers mean for this protocol. A question left out refuses like a yes."""
    modes = protocol.modes
    refusals: list[str] = []
    for question in QUESTIONS:
        answer = answers.answers.get(question.key)
        if answer is None and (question.applies_to == BOTH or question.applies_to in modes):
            refusals.append(f"not answered: {question.text}")
        elif answer:
            refusals.append(question.reason)
    instead = None
    if answers.answers.get("hot_swollen"):
        instead = INSTEAD_WHEN_SWOLLEN.get(protocol.name)
    warnings: list[str] = []
    age = answers.injury_age
    if age not in INJURY_AGES:
        refusals.append(f"the injury's age is unknown ({age!r})")
    elif protocol.acute == "only":
        if age in (UNDER_6_WEEKS, OLDER):
            refusals.append("this is for the first 72 hours after an injury only")
        elif age == NONE:
            warnings.append("this is made for the first 72 hours after an injury")
    elif protocol.acute == "no" and age == UNDER_72_H:
        refusals.append("not in the first 72 hours after an injury: heat makes it swell and bleed")
        # What forbids one treatment may forbid the other: name it only where age alone refused.
        if len(refusals) == 1:
            instead = INSTEAD_WHEN_ACUTE.get(protocol.name)
    elif protocol.acute == "no" and age == UNDER_6_WEEKS:
        warnings.append("heat in the first 6 weeks after an injury only once the swelling is gone")
    return Verdict(refusals, warnings, instead)
