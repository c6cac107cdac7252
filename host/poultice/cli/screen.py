"""The screening before a session: asks, judges, and refuses where an answer says so."""

from __future__ import annotations

from typing import Any

import click

from poultice.cli import output

AGES = (
    ("none", "there is no injury"),
    ("lt72h", "less than 72 hours ago"),
    ("lt6w", "less than 6 weeks ago"),
    ("older", "longer ago"),
)


def screen(protocol: Any, *, assume: bool, who: str | None = None) -> Any:
    """The answers for this session; `who` names the device where there are several.

    Raises ScreeningError with the reasons where one of them speaks against it.
    """
    from poultice import screening, session

    answers = screening.assumed(protocol) if assume else _ask(protocol, who)
    for warning in session.judged(protocol, answers).warnings:
        output.say(f"warning: {f'{who}: ' if who else ''}{warning}")
    return answers


def _ask(protocol: Any, who: str | None) -> Any:
    from poultice import screening

    modes = {phase.mode for phase in protocol.phases}
    where = f" on {who}" if who else ""
    output.say(
        f"Before {protocol.title}{where}: this is not a medical device; answer for this session."
    )
    answers: dict[str, bool] = {}
    for question in screening.QUESTIONS:
        if question.applies_to == "both" or question.applies_to in modes:
            answers[question.key] = click.confirm(
                f"{who}: {question.text}" if who else question.text, default=None, err=True
            )
    output.say("How old is the injury?")
    for number, (_, text) in enumerate(AGES, 1):
        output.say(f"  {number}  {text}")
    chosen = click.prompt("Number", type=click.IntRange(1, len(AGES)), err=True)
    return screening.Answers(answers=answers, injury_age=AGES[chosen - 1][0], assumed=False)
