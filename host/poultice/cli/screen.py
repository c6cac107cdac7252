"""The screening before a session: asks, judges, and refuses where an answer says so."""

from __future__ import annotations

import dataclasses
from typing import Any

from poultice.cli import ask, output
from poultice.language import put, tr


def screen(protocol: Any, *, assume: bool, who: str | None = None) -> Any:
    """The answers for this session; `who` names the device where there are several.

    Raises ScreeningError with the reasons where one of them speaks against it.
    """
    from poultice import session
    from poultice.therapy import screening

    answers = screening.assumed(protocol) if assume else _ask(protocol, who)
    for warning in session.judged(protocol, answers).warnings:
        text = put("{who}: {warning}", who=who, warning=warning) if who else warning
        output.say(tr("warning: {what}", what=text))
    return answers


def _ask(protocol: Any, who: str | None) -> Any:
    from poultice.therapy import screening

    questions = screening.asked_before(protocol)
    what = tr(protocol.title)
    output.say(
        ask.lines(
            tr(
                "Before {what}: this is not a medical device; answer for this session "
                "({back}: back to the question before).",
                what=tr("{what} on {who}", what=what, who=who) if who else what,
                back=ask.back(),
            )
        )
    )
    answers: dict[str, bool] = {}
    at, count = 0, len(questions) + 1
    while True:
        place = tr("{at} of {count}", at=at + 1, count=count)
        head = put("{place}  {who}", place=place, who=f"{who}: " if who else "")
        answer = (
            ask.yes_or_back(head + tr(questions[at].text), indent=" " * 9)
            if at < len(questions)
            else _age(head)
        )
        if answer == ask.BACK:
            at = max(0, at - 1)
        elif at < len(questions):
            answers[questions[at].key] = answer == ask.YES
            at += 1
        else:
            return screening.Answers(answers, list(screening.INJURY_AGES)[int(answer) - 1])
        if answer == ask.YES:
            # One yes decides it: what else would be asked changes nothing.
            rest = screening.assumed(protocol)
            return dataclasses.replace(rest, answers={**rest.answers, **answers}, assumed=False)


def _age(head: str) -> str:
    from poultice.therapy.screening import INJURY_AGES

    output.say(put("{head}{question}", head=head, question=tr("How old is the injury?")))
    for number, text in enumerate(INJURY_AGES.values(), 1):
        output.say(put("  {number}  {text}", number=number, text=tr(text)))
    return ask.one_of(tr("Number:"), len(INJURY_AGES))
