"""The screening before a session: asks, judges, and refuses where an answer says so."""

from __future__ import annotations

from typing import Any

import click

from poultice.cli import output
from poultice.errors import ScreeningError

AGES = (
    ("none", "there is no injury"),
    ("lt72h", "less than 72 hours ago"),
    ("lt6w", "less than 6 weeks ago"),
    ("older", "longer ago"),
)


def screen(protocol: Any, *, assume: bool) -> Any:
    """The answers for this session.

    Raises ScreeningError with the reasons where one of them speaks against it.
    """
    from poultice import screening

    answers = screening.assumed(protocol) if assume else _ask(protocol)
    verdict = screening.judge(protocol, answers)
    for warning in verdict.warnings:
        output.say(f"warning: {warning}")
    if verdict.refusals:
        instead = f"`poultice run {verdict.instead}` is made for this; " if verdict.instead else ""
        raise ScreeningError(
            "; ".join(verdict.refusals),
            hint=f"{instead}ask your doctor",
            data={"refusals": list(verdict.refusals), "instead": verdict.instead},
        )
    return answers


def _ask(protocol: Any) -> Any:
    from poultice import screening

    modes = {phase.mode for phase in protocol.phases}
    output.say(f"Before {protocol.title}: this is not a medical device; answer for this session.")
    answers: dict[str, bool] = {}
    for question in screening.QUESTIONS:
        if question.applies_to == "both" or question.applies_to in modes:
            answers[question.key] = click.confirm(question.text, default=None, err=True)
    output.say("How old is the injury?")
    for number, (_, text) in enumerate(AGES, 1):
        output.say(f"  {number}  {text}")
    chosen = click.prompt("Number", type=click.IntRange(1, len(AGES)), err=True)
    return screening.Answers(answers=answers, injury_age=AGES[chosen - 1][0], assumed=False)
