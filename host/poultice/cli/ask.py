"""Questions on the terminal: to stderr, in lines that break between words, with a way back."""

from __future__ import annotations

import math
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import click

from poultice.cli import output
from poultice.errors import UsageError
from poultice.language import both, put, tr

T = TypeVar("T")

YES: Final = "y"
NO: Final = "n"
BACK: Final = "b"
_COLUMNS_MAX = 100


def understood() -> dict[str, str]:
    """What may be typed, to YES, NO or BACK: in English, and in the language in use."""
    said = ((YES, "yes, y", tr("yes, y")), (NO, "no, n", tr("no, n")), (BACK, "back, b", _back()))
    return {word: key for key, *them in said for words in them for word in words.split(", ")}


def _back() -> str:
    return tr("back, b")


def back() -> str:
    """What to type for the question before."""
    return _back().rpartition(", ")[2]


def lines(text: str, indent: str = "") -> str:
    """`text` in lines that the terminal has room for: it would break them within a word."""
    columns = min(shutil.get_terminal_size().columns, _COLUMNS_MAX)
    wrapper = textwrap.TextWrapper(
        max(20, columns - 1),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return both(wrapper.fill, text)


def until_read(
    question: str, read: Callable[[str], T | None], expected: str, indent: str = ""
) -> T:
    """What `read` makes of the answer; asked again, with what is `expected`, where it is None, and
    with the reason where `read` raises UsageError.

    Raises Abort at the end of the input.
    """
    while True:
        click.echo(output.clean(lines(question, indent)) + " ", err=True, nl=False)
        try:
            answer = sys.stdin.readline()
            if not answer:
                click.echo(err=True)
                raise click.Abort
            value, why = read(answer.strip()), expected
        except UnicodeDecodeError:
            value, why = None, tr("That is not text in this terminal's encoding.")
        except UsageError as error:
            value, why = None, put("{error}: {hint}", error=str(error), hint=error.hint)
        if value is not None:
            return value
        output.say(lines(why))


def _of(known: Mapping[str, str], *wanted: str) -> Callable[[str], str | None]:
    """What an answer is among the `known`, where it is one of those `wanted`."""
    taken = {word: key for word, key in known.items() if key in wanted}
    return lambda answer: taken.get(answer.lower())


def yes(question: str) -> bool:
    """Whether it is answered with a yes."""
    read = _of(understood(), YES, NO)
    return until_read(f"{question} {tr('[y/n]')}", read, tr("Answer y or n.")) == YES


def yes_or_back(question: str, indent: str = "") -> str:
    """YES, NO, or BACK: to the question before."""
    expected = tr("Answer y, n, or {back} (back). If you are not sure, that is a yes.", back=back())
    read = _of(understood(), YES, NO, BACK)
    return until_read(f"{question} {tr('[y/n]')}", read, expected, indent)


def one_of(question: str, count: int) -> str:
    """A number from 1 to `count`, or BACK."""
    known = {str(one): str(one) for one in range(1, count + 1)}
    expected = tr(
        "Answer with one of the numbers 1 to {count}, or {back} (back).", count=count, back=back()
    )
    return until_read(question, _of(understood() | known, BACK, *known), expected)


def number(answer: str) -> float | None:
    """A number as people write it: with a decimal comma too, with or without its unit; or None."""
    try:
        value = float(answer.rstrip("cCfF° ").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
