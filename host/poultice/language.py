"""The language that a person reads: gettext's catalogues below `locale`, a folder a language.

What stands in the sources is English, and so is whatever a catalogue lacks. A text in another
language carries its English along, for what is always English: JSON and logs. No catalogue is
loaded before another language is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poultice.pofile import Catalogue

ENGLISH = "en"
_FOLDER = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120 - at every start
_there = os.listdir(_FOLDER) if os.path.isdir(_FOLDER) else []  # noqa: PTH112, PTH208
KNOWN = sorted({ENGLISH, *(one for one in _there if "." not in one)})
"""The languages there are."""

_catalogue: Catalogue | None = None
_name = ENGLISH


class Translated(str):
    """A text in the language in use, and its `english`."""

    english: str

    def __str__(self) -> str:
        """Itself: an exception's text keeps its English."""
        return self


def use(name: str) -> None:
    """One of KNOWN from now on; one person reads what one process says."""
    global _catalogue, _name
    _catalogue = None if name == ENGLISH else _loaded(name)
    _name = name


def used() -> str:
    """The name of the language in use."""
    return _name


def of_locale() -> str:
    """The one that the environment's locale asks for, as far as it is known; else English."""
    said = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "C")
    if said.partition(".")[0] in ("C", "POSIX"):
        return ENGLISH
    for one in (os.environ.get("LANGUAGE") or said).split(":"):
        name = one.partition(".")[0].partition("@")[0]
        for known in (name, name.partition("_")[0]):
            if known in KNOWN:
                return known
    return ENGLISH


def tr(text: str, **values: Any) -> str:
    """`text` in the language in use, with `values` for what stands in braces."""
    if _catalogue is None or not text:
        return text.format(**values) if values else text
    return _filled(_catalogue.gettext(text), text, values)


def trn(one: str, many: str, n: int, **values: Any) -> str:
    """The same of a text that depends on a number, `{n}`."""
    english = one if n == 1 else many
    if _catalogue is None:
        return english.format(n=n, **values)
    return _filled(_catalogue.ngettext(one, many, n), english, {"n": n, **values})


def later(text: str) -> str:
    """`text` as it stands, for the catalogues: `tr` gets it once it is shown."""
    return text


def both(make: Callable[..., str], *texts: str) -> str:
    """What `make` makes of texts, which may be in the language in use; and of their English."""
    if _catalogue is None:
        return make(*texts)
    return spoken(make(*texts), make(*map(english, texts)))


def put(pattern: str, **values: Any) -> str:
    """`values` in a pattern that has no words of its own."""
    return pattern.format(**values) if _catalogue is None else _filled(pattern, pattern, values)


def joined(between: str, texts: Iterable[str]) -> str:
    """Several as one."""
    return both(lambda mark, *them: mark.join(them), between, *texts)


def number(text: str) -> str:
    """A number as English writes it, with the marks of the language in use."""
    example = tr("1,234.5")
    if not isinstance(example, Translated):
        return text
    return spoken(text.translate({ord(","): example[1], ord("."): example[-2]}), text)


def english(text: str) -> str:
    """That of a text in any language."""
    return text.english if isinstance(text, Translated) else text


def in_english(data: Any) -> Any:
    """`data` for JSON, with every text in it in English."""
    if _catalogue is None:
        return data
    if isinstance(data, dict):
        return {name: in_english(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [in_english(one) for one in data]
    return english(data) if isinstance(data, str) else data


def _filled(text: str, source: str, values: dict[str, Any]) -> str:
    if not values:
        return spoken(text, source)
    plain = {name: english(one) if isinstance(one, str) else one for name, one in values.items()}
    return spoken(text.format(**values), source.format(**plain))


def spoken(text: str, source: str) -> str:
    """`text` as it is shown, `source` in logs and JSON."""
    told = Translated(text)
    told.english = source
    return told


def _loaded(name: str) -> Catalogue:
    from pathlib import Path

    from poultice.pofile import Catalogue

    return Catalogue(Path(_FOLDER, name, "LC_MESSAGES", "poultice.po"))
