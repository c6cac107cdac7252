"""Pain and stiffness, asked before and after a session: two short questions on one screen.

Only of a person at a terminal, before anything is armed and once the device has said how the
session ended; whatever becomes of the second asking changes nothing of the session.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from poultice.cli import ask, output
from poultice.errors import HistoryError, PoulticeError, UsageError
from poultice.language import put, tr
from poultice.record import ratings

_SKIP = ""
_NONE = "-"


def before(who: str | None) -> dict[str, int]:
    """What is rated now, by column; what was skipped is not in it. Raises Abort as ``ask``."""
    output.say(
        ask.lines(
            tr(
                "Before {session}, from 0 (none) to {most} (the worst there is); "
                "Enter skips. `--no-rate` does not ask.",
                session=_session(who),
                most=ratings.MOST,
            )
        )
    )
    return dict(_answers(ratings.BEFORE))


def after(n: int, who: str | None) -> bool:
    """Ask once session `n` is over, and put it into the record. False: no more is to be asked."""
    from poultice.cli.keys import Keyboard

    # What was typed while it ran is no answer to this.
    Keyboard().forget()
    output.say(
        ask.lines(
            tr(
                "After {session}, from 0 to {most}; Enter skips. "
                "`poultice note {n}` changes it later.",
                session=_session(who),
                most=ratings.MOST,
                n=n,
            )
        )
    )
    try:
        for name, answer in _answers(ratings.AFTER):
            # At once: what is answered is kept, however the next question is left.
            _keep(n, {name: answer})
    except PoulticeError as error:
        output.say(tr("warning: not in the history: {why}", why=str(error)))
        hint = tr("`poultice note {n}` adds it then", n=n)
        if error.hint:
            hint = put("{first}; {hint}", first=error.hint, hint=hint)
        output.say(tr("hint: {hint}", hint=hint))
        return False
    except (click.Abort, KeyboardInterrupt) as error:
        if isinstance(error, KeyboardInterrupt):
            click.echo(err=True)
        return False
    return True


def _session(who: str | None) -> str:
    return tr("the session on {who}", who=who) if who else tr("the session")


def _keep(n: int, found: Mapping[str, int]) -> None:
    """Put it into the record, which is waited for as long as the session's own is."""
    from poultice.record.store import History
    from poultice.session import recorder

    until_s = time.monotonic() + recorder.END_S
    told = False
    while True:
        try:
            History.open().rate(n, found)
            return
        except HistoryError as error:
            if not error.data.get("busy") or time.monotonic() >= until_s:
                raise
        if not told:
            output.say(tr("note: waiting for the history, which another program holds"))
            told = True


def edited(row: Mapping[str, Any]) -> dict[str, Any]:
    """All of it asked anew: Enter keeps what stands, `-` takes it away. Raises Abort."""
    output.say(
        tr(
            "From 0 (none) to {most} (the worst there is); Enter keeps, - removes.",
            most=ratings.MOST,
        )
    )
    changes: dict[str, Any] = {}
    for name in ratings.COLUMNS:
        note = name == ratings.NOTE
        stands = "" if row[name] in (None, "") else f" [{row[name]}]"
        question = f"{tr('Note, on one line') if note else _label(name)}{stands}:"

        answer = ask.until_read(question, _noted if note else _changed, _expected())
        if answer != _SKIP:
            changes[name] = None if answer == _NONE else answer
    return changes


def _noted(answer: str) -> str:
    return answer if answer in (_SKIP, _NONE) else text(answer)


def _changed(answer: str) -> int | str | None:
    return answer if answer == _NONE else _rated(answer)


def text(given: str) -> str:
    """A note, which is kept as it is given. Raises UsageError where it could not be."""
    found = given.strip()
    if not found:
        raise UsageError(tr("the note is empty"), hint=tr("- removes one"))
    if len(found) > ratings.NOTE_MAX:
        raise UsageError(
            tr("the note has {count} characters", count=len(found)),
            hint=tr("{most} at most are kept", most=ratings.NOTE_MAX),
        )
    strange = next((char for char in found if not char.isprintable()), None)
    if strange is not None:
        what = tr("the character {char}", char=ascii(strange))
        if strange in "\r\n":
            what = tr("a line break")
        elif "\ud800" <= strange <= "\udfff":
            what = tr("bytes that are no text")
        raise UsageError(
            tr("the note holds {what}", what=what),
            hint=tr("write it on one line, in characters that can be shown"),
        )
    return found


def rating(answer: str) -> int | None:
    """An answer as a whole number from 0 to 10; None for anything else."""
    return ratings.rating(int(answer)) if answer.isdecimal() and len(answer) < 3 else None


def _expected() -> str:
    return tr("Answer with a number from 0 to {most}, or just Enter.", most=ratings.MOST)


def _answers(names: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Each as it is given; what is skipped is left out."""
    for name in names:
        answer = ask.until_read(f"  {_what(name)}:", _rated, _expected())
        if isinstance(answer, int):
            yield name, answer


def _rated(answer: str) -> int | str | None:
    return rating(answer) if answer else _SKIP


def _what(name: str) -> str:
    what = tr(name.partition("_")[0])
    return what[:1].upper() + what[1:]


def _label(name: str) -> str:
    if name in ratings.BEFORE:
        return tr("{what} before", what=_what(name))
    return tr("{what} after", what=_what(name))
