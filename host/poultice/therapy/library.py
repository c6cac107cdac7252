"""Therapy protocols: the shipped ones, and a person's own TOML files read the same way.

A protocol is a short text file that a person can read. `load` checks its shape and turns it
into whole milli-degrees and seconds; whether a device allows it is for `therapy.plan`. A file
may be anything at all: it is bounded before it is parsed, and whatever is wrong with it comes
back as a ProtocolFileError that names the file, the line and what was expected there.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from poultice import temperature
from poultice.errors import ProtocolFileError, UnknownProtocolError
from poultice.language import joined, later, tr
from poultice.settings import expanded
from poultice.therapy import tables
from poultice.therapy.phase import MODES, REST, Phase, Protocol
from poultice.therapy.tables import TEXT_MAX_CHARS, Table
from poultice.words import nearest

SHIPPED = Path(__file__).parent / "protocols"

ACUTE = ("only", "no", "any")
PHASES_MAX = 64
TITLE_MAX_CHARS = 120

NAME = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_TOKEN = re.compile(r"[^\W_]+")
_SMALL = frozenset({"a", "an", "and", "for", "in", "my", "of", "on", "or", "the", "with"})
_PROTOCOL_KEYS = ("name", "title", "summary", "keywords", "evidence", "acute", "units", "phase")
_PHASE_KEYS = ("mode", "target", "minutes", "seconds", "say")
_WHERE = {key: f"{key} belongs to a phase: under [[phase]]" for key in _PHASE_KEYS} | {
    key: f"{key} belongs to the whole: above the first [[phase]]" for key in _PROTOCOL_KEYS
}
_FORM = tables.Form(
    "protocol", ProtocolFileError, "docs/how-to/write-a-protocol.md", "poultice protocols", "phase"
)


def names() -> list[str]:
    """The names of the shipped protocols, sorted."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def all_protocols() -> list[Protocol]:
    """Every shipped protocol, by name."""
    return [load_file(SHIPPED / f"{name}.toml") for name in names()]


def load(name_or_path: str) -> Protocol:
    """A shipped protocol by its name, any case, or a file by its path.

    What holds a path separator or ends in `.toml` is a path. Raises ProtocolFileError, and
    UnknownProtocolError with the nearest names, or those made for such an ailment or part of the
    body: which treatment it is to be is not guessed.
    """
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.lower().endswith(".toml"):
        return load_file(Path(expanded(name_or_path)))
    name = "-".join(_TOKEN.findall(name_or_path[:64].lower()))
    if name in names():
        return load_file(SHIPPED / f"{name}.toml")
    if os.path.isfile(name_or_path):  # noqa: PTH113 - False for a path no system takes
        says = later("a protocol is a .toml file; if this is one, write ./{path}")
        hint = tr(says, path=name_or_path)
        raise UnknownProtocolError(name_or_path, hint=hint)
    found = [one.name for one in find(name_or_path)]
    if found:
        most = [", ".join(found[:-1]), found[-1]] if found[1:] else found
        listed = joined(tr(" or "), most)
        words = " ".join(_TOKEN.findall(name_or_path))
        says = later("for that there is {names}; `poultice protocols {words}` tells what each does")
        hint = tr(says, names=listed, words=words)
        raise UnknownProtocolError(name_or_path, found, hint=hint)
    raise UnknownProtocolError(name_or_path, nearest(name, names()))


def find(wanted: str) -> list[Protocol]:
    """The shipped protocols for an ailment, a part of the body or a word of their text, any case.

    Every word has to be there, each as the beginning of one, or as its plural; those made for it
    by name or title come first.
    """
    asked = [word for word in _TOKEN.findall(wanted[:200].lower()) if word not in _SMALL]
    if not asked:
        return []

    def has(text: str) -> bool:
        words = _TOKEN.findall(text.lower())
        return all(any(_like(word, one) for one in words) for word in asked)

    found = [(has(f"{one.name} {one.title}"), one) for one in all_protocols()
             if has(" ".join((one.name, one.title, one.summary, *one.keywords)))]  # fmt: skip
    return [one for _, one in sorted(found, key=lambda pair: not pair[0])]


def _like(asked: str, word: str) -> bool:
    if len(asked) < 3:
        return asked == word
    return word.startswith(asked) or asked in (f"{word}s", f"{word}es")


def load_file(path: Path) -> Protocol:
    """Read and check one protocol file. Raises ProtocolFileError whatever is wrong with it."""
    return parse(tables.read(path, _FORM), str(path))


def parse(data: bytes, file: str) -> Protocol:
    """A protocol from the bytes of a TOML file; `file` is how errors name it.

    Raises ProtocolFileError and nothing else, whatever the bytes.
    """
    return _protocol(tables.parse(data, file, _FORM))


def _protocol(table: Table) -> Protocol:
    table.only(_PROTOCOL_KEYS, _WHERE)
    name = table.text("name", 32)
    if NAME.fullmatch(name) is None:
        raise table.error(f"name {name!r}", "name", "1 to 32 characters of a-z, 0-9 and -")
    title = table.text("title", TITLE_MAX_CHARS)
    summary = table.text("summary", TEXT_MAX_CHARS, default="")
    acute = table.choice("acute", ACUTE)
    units = table.choice("units", temperature.UNITS) if "units" in table.values else ""
    phases = table.values.get("phase")
    if isinstance(phases, dict):
        raise table.error("a phase in one pair of brackets", "phase", tables.TWO_BRACKETS)
    if not isinstance(phases, list) or not phases:
        raise table.error("no phases", "phase", "at least one [[phase]] table")
    each = [replace(table, values=one, index=index) for index, one in enumerate(phases)]
    if len(phases) > PHASES_MAX:
        raise each[PHASES_MAX].error(f"{len(phases)} phases", None, f"at most {PHASES_MAX}")
    return Protocol(
        name=name,
        title=title,
        summary=summary,
        evidence=table.texts("evidence", "a list of lines of text, one source each"),
        keywords=table.texts("keywords", "a list of words in quotes"),
        acute=acute,
        phases=tuple(_phase(one, fahrenheit=units == temperature.FAHRENHEIT) for one in each),
        source=table.file,
    )


def _phase(table: Table, *, fahrenheit: bool) -> Phase:
    if not isinstance(table.values, dict):
        raise table.error("phase is not a table", None, "[[phase]] and its keys")
    table.only(_PHASE_KEYS, _WHERE)
    mode = table.choice("mode", MODES)
    target_mc = None
    if mode != REST:
        unit, example = ("Fahrenheit", "104") if fahrenheit else ("Celsius", "40.5")
        expected = f"degrees {unit}, three decimals at most, e.g. {example}"
        target_mc = table.whole("target", 1000, expected)
        if fahrenheit:
            target_mc = temperature.from_fahrenheit(target_mc)
    elif "target" in table.values:
        raise table.error("a rest with a target", "target", "no target for a rest")
    say = table.text("say", TEXT_MAX_CHARS, default="")
    given = [key for key in ("minutes", "seconds") if key in table.values]
    if len(given) != 1:
        problem = "both minutes and seconds" if given else "no duration"
        raise table.error(problem, "minutes", "minutes = … or seconds = …, one of them")
    key = given[0]
    expected = f"{key}, above 0, giving whole seconds"
    seconds = table.whole(key, 60 if key == "minutes" else 1, expected)
    if seconds <= 0:
        raise table.error(f"{key} = {Decimal(table.values[key])}", key, expected)
    return Phase(mode, target_mc, seconds, say or None)
