"""Any yes refuses, the injury's age is judged, and what was not asked is no permission."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from poultice.therapy import library, screening
from poultice.therapy.phase import Protocol
from poultice.therapy.screening import Answers

PROTOCOLS = library.all_protocols()
ALL_NO = {question.key: False for question in screening.QUESTIONS}
CONTRACT = {
    "reduced_feeling",
    "diabetes_neuropathy",
    "raynaud",
    "open_or_infected_skin",
    "recent_surgery",
    "pregnancy",
    "child",
    "asleep_or_sedated",
    "topical_rub",
    "implanted_device",
}


def test_the_contract_s_questions_are_asked_of_everybody() -> None:
    asked = {q.key for q in screening.QUESTIONS if q.applies_to == screening.BOTH}
    assert asked == CONTRACT
    assert len(ALL_NO) == len(screening.QUESTIONS)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.name)
def test_what_yes_assumes_refuses_nothing(protocol: Protocol) -> None:
    answers = screening.assumed(protocol)
    assert answers.assumed
    assert answers.answers == ALL_NO
    assert screening.judge(protocol, answers) == screening.Verdict([], [], None)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda p: p.name)
@pytest.mark.parametrize("question", screening.QUESTIONS, ids=lambda q: q.key)
def test_any_yes_refuses_with_its_reason(protocol: Protocol, question: screening.Question) -> None:
    answers = replace(screening.assumed(protocol), answers={**ALL_NO, question.key: True})
    assert screening.judge(protocol, answers).refusals == [question.reason]


@pytest.mark.parametrize("question", screening.QUESTIONS, ids=lambda q: q.key)
def test_a_question_left_out_refuses_where_it_applies(question: screening.Question) -> None:
    some = {key: value for key, value in ALL_NO.items() if key != question.key}
    for name, mode in (("arthritis", "heat"), ("tendinitis", "cold")):
        protocol = library.load(name)
        answers = replace(screening.assumed(protocol), answers=some)
        refused = bool(screening.judge(protocol, answers).refusals)
        assert refused == (question.applies_to in ("both", mode))


@pytest.mark.parametrize(
    ("name", "age", "refused", "warned", "instead"),
    [
        ("muscle-strain-acute", "lt72h", False, False, None),
        ("muscle-strain-acute", "lt6w", True, False, None),
        ("muscle-strain-acute", "older", True, False, None),
        ("muscle-strain-acute", "none", False, True, None),
        ("muscle-strain", "lt72h", True, False, "muscle-strain-acute"),
        ("sprain", "lt72h", True, False, "muscle-strain-acute"),
        ("arthritis", "lt72h", True, False, None),
        ("muscle-strain", "lt6w", False, True, None),
        ("muscle-strain", "older", False, False, None),
        ("arthritis", "none", False, False, None),
        ("tendinitis", "lt72h", False, False, None),
        ("tendinitis", "older", False, False, None),
        ("arthritis", "yesterday", True, False, None),
    ],
)
def test_the_age_of_an_injury(
    name: str, age: str, refused: bool, warned: bool, instead: str | None
) -> None:
    verdict = screening.judge(library.load(name), Answers(ALL_NO, age))
    assert (bool(verdict.refusals), bool(verdict.warnings)) == (refused, warned)
    assert verdict.instead == instead


def test_no_other_protocol_is_named_where_more_than_the_age_refuses() -> None:
    answers = Answers({**ALL_NO, "raynaud": True}, "lt72h")
    verdict = screening.judge(library.load("sprain"), answers)
    assert len(verdict.refusals) == 2
    assert verdict.instead is None


def test_a_swollen_joint_is_sent_to_the_cold() -> None:
    answers = Answers({**ALL_NO, "hot_swollen": True}, "none")
    assert screening.judge(library.load("arthritis"), answers).instead == "arthritis-flare"


def test_what_is_named_instead_exists_and_is_cold() -> None:
    for name, instead in itertools.chain(
        screening.INSTEAD_WHEN_ACUTE.items(), screening.INSTEAD_WHEN_SWOLLEN.items()
    ):
        assert name in library.names()
        assert "heat" not in library.load(instead).modes
