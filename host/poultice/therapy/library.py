"""Therapy protocols: the shipped ones, and a person's own TOML files read the same way.

A protocol is a short text file that a person can read. `load` checks its shape and turns it
into whole milli-degrees and seconds; whether a device allows it is for `therapy.plan`. A file
may be anything at all: it is bounded before it is parsed, and whatever is wrong with it comes
back as a ProtocolFileError that names the file, the line and what was expected there.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

from poultice import temperature
from poultice.errors import ProtocolFileError, UnknownProtocolError
from poultice.settings import expanded
from poultice.therapy.phase import MODES, REST, Phase, Protocol
from poultice.words import meant, nearest

SHIPPED = Path(__file__).parent / "protocols"

ACUTE = ("only", "no", "any")
FILE_MAX_BYTES = 65_536
PHASES_MAX = 64
LINES_MAX = 64
TITLE_MAX_CHARS = 120
TEXT_MAX_CHARS = 600

_NAME = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_TOKEN = re.compile(r"[^\W_]+")
_SMALL = frozenset({"a", "an", "and", "for", "in", "my", "of", "on", "or", "the", "with"})
_HEADER = re.compile(r"\s*\[\[\s*[\"']?phase[\"']?\s*\]\]")
_PROTOCOL_KEYS = ("name", "title", "summary", "keywords", "evidence", "acute", "units", "phase")
_PHASE_KEYS = ("mode", "target", "minutes", "seconds", "say")
_DECODER_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_EXACT = Context(prec=28, traps=[Inexact, InvalidOperation])


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
        hint = f"a protocol is a .toml file; if this is one, write ./{name_or_path}"
        raise UnknownProtocolError(name_or_path, hint=hint)
    found = [one.name for one in find(name_or_path)]
    if found:
        listed = " or ".join([", ".join(found[:-1]), found[-1]] if found[1:] else found)
        words = " ".join(_TOKEN.findall(name_or_path))
        hint = f"for that there is {listed}; `poultice protocols {words}` tells what each does"
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
    wrong = partial(ProtocolFileError, file=str(path))
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise wrong("is not a file", hint="give the path of one protocol (.toml)")
        with path.open("rb") as stream:
            data = stream.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        hint = "check the path; `poultice protocols` lists the names"
        raise wrong("no such file", hint=hint) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "check the path and its permissions"
        raise wrong(f"cannot be read ({reason})", hint=hint) from None
    return parse(data, str(path))


def parse(data: bytes, file: str) -> Protocol:
    """A protocol from the bytes of a TOML file; `file` is how errors name it.

    Raises ProtocolFileError and nothing else, whatever the bytes.
    """
    wrong = partial(ProtocolFileError, file=file)
    if len(data) > FILE_MAX_BYTES:
        raise wrong("is too large", expected=f"at most {FILE_MAX_BYTES // 1024} KiB")
    if data.startswith(b"%PDF") or b"\0" in data[:1024]:
        raise wrong("is not a text file", expected="a protocol (.toml)")
    try:
        text = data.decode("utf-8-sig")
        table = tomllib.loads(text, parse_float=_decimal)
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        raise wrong("is not text in UTF-8", line=at, hint="save it again as UTF-8") from None
    except ValueError as error:
        line, problem, expected = _syntax_error(text, str(error))
        hint = "docs/how-to/write-a-protocol.md shows a whole one"
        raise wrong(problem, line=line, expected=expected, hint=hint) from None
    except RecursionError:
        raise wrong("is nested too deeply") from None
    return _protocol(_Table(table, None, text.splitlines(), file))


def _syntax_error(text: str, message: str) -> tuple[int | None, str, str | None]:
    """Where the parser stopped, what is wrong there in words of our own, and what is expected."""
    if "\r" in text.replace("\r\n", ""):
        return None, "is not valid TOML: line ends of an old Mac (CR)", "those of today (LF)"
    found = _DECODER_LINE.search(message)
    end = text.count("\n") + 1 if "end of document" in message else None
    line = int(found[1]) if found is not None else end
    there = ["", *text.splitlines()]
    stopped = there[line] if line is not None and line < len(there) else ""
    if "overwrite a value" in message:
        key = stopped.partition("=")[0].strip()[:40]
        return line, f"is not valid TOML: {key or 'a key'} is given twice", "each key once"
    for pattern, problem, expected in _SLIPS:
        if re.search(pattern, stopped[:TEXT_MAX_CHARS]):
            return line, f"is not valid TOML: {problem}", expected
    for pattern, problem, expected in _SAID:
        if pattern in message:
            return line, f"is not valid TOML: {problem}", expected
    plain = re.sub(r"\s*\(at [^)]*\)$", "", message)
    return line, f"is not valid TOML ({plain})", None


_TWO_BRACKETS = "[[phase]], two brackets on each side, above the keys of each phase"
_THE_NUMBER = "the number alone: °C, and the minutes of `minutes`"
_SLIPS = (
    (r"=\s*-?\d+,\d", "a number with a comma", "a decimal point, e.g. 40.5"),
    (r"=\s*-?\d+(\.\d+)?\s*[A-Za-z°º%]", "something behind a number", _THE_NUMBER),
    (r"=\s*[“”„‘’«»]", "typographic quotes", 'straight ones, e.g. mode = "heat"'),
    (r"=\s*(#.*)?$", "nothing behind the =", "a value"),
    (r"^\s*\[.*phase", "brackets that do not match", _TWO_BRACKETS),
    (r"^\s*[\w-]+\s*:", "a colon", 'an equals sign, e.g. mode = "heat"'),
    (r"=\s*[A-Za-z]", "text without quotes", 'quotes around it, e.g. mode = "heat"'),
    (r"^\s*[\w-]+\s+[^=\s]", "no equals sign", 'one, e.g. mode = "heat"'),
    (r"""^[^"]*("[^"]*"[^"]*)*"[^"]*$""", "text that is not closed", "a quote at its end"),
)
"""What people write for TOML: looked for on the line where the parser stopped."""
_SAID = (
    ("integer string conversion", "a number of thousands of digits", "one that a device can keep"),
    (r"Found invalid character '\n'", "text that is not closed", "a quote at its end"),
)
"""What the parser says that is Python's and not the file's."""


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


@dataclass(frozen=True)
class _Table:
    """A table of the file: the phase of that `index`, or the whole; the `lines` only tell where."""

    values: Mapping[str, Any]
    index: int | None
    lines: Sequence[str]
    file: str

    def only(self, keys: Sequence[str]) -> None:
        """Raises ProtocolFileError for any other key."""
        for key in self.values:
            if key in keys:
                continue
            hint = meant(key, keys)
            if key in _PHASE_KEYS:
                hint = f"{key} belongs to a phase: under [[phase]]"
            elif key in _PROTOCOL_KEYS:
                hint = f"{key} belongs to the whole: above the first [[phase]]"
            raise self.error(f"unknown key {key[:40]!r}", key, "one of " + ", ".join(keys), hint)

    def text(self, key: str, most_chars: int, default: str | None = None) -> str:
        """One line of text; never empty where it has no default."""
        value = self.values.get(key, default)
        expected = f"one line of text, at most {most_chars} characters"
        if value is None or (default is None and value == ""):
            raise self.error(f"{key} is missing", key, expected)
        if not isinstance(value, str):
            raise self.error(f"{key} is {_kind(value)}", key, expected)
        # An escape sequence in a title would be obeyed by the terminal that shows it.
        if len(value) > most_chars or not value.isprintable():
            raise self.error(f"{key} is too long or not plain", key, expected)
        return value

    def texts(self, key: str, expected: str) -> tuple[str, ...]:
        """A list of lines, which may be missing."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or len(value) > LINES_MAX:
            raise self.error(f"{key} is {_kind(value)}", key, expected)
        for line in value:
            if not isinstance(line, str) or not line.isprintable() or len(line) > TEXT_MAX_CHARS:
                raise self.error(f"{key} holds {_kind(line)}", key, expected)
        return tuple(value)

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """One of the `choices`."""
        expected = "one of " + ", ".join(f'"{choice}"' for choice in choices)
        value = self._given(key, expected)
        if not isinstance(value, str) or value not in choices:
            shown, near = _kind(value), list[str]()
            if isinstance(value, str):
                shown, near = repr(value[:40]), nearest(value, choices)
            hint = f"did you mean {near[0]}?" if near else None
            raise self.error(f"{key} is {shown}", key, expected, hint)
        return value

    def whole(self, key: str, factor: int, expected: str) -> int:
        """A number that times `factor` is a whole one: that."""
        value = self._given(key, expected)
        # A bool is an int to Python, but `target = true` is a slip of the pen.
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            hint = "take the quotes away" if isinstance(value, str) else None
            raise self.error(f"{key} is {_kind(value)}", key, expected, hint)
        number = Decimal(value)
        if not number.is_finite() or number.copy_abs() > 100_000:
            raise self.error(f"{key} is out of all range", key, expected)
        try:
            return int(_EXACT.to_integral_exact(_EXACT.multiply(number, factor)))
        except (Inexact, InvalidOperation):
            problem = f"{key} = {str(number)[:40]} is too fine"
            raise self.error(problem, key, expected) from None

    def _given(self, key: str, expected: str) -> Any:
        if key not in self.values:
            raise self.error(f"{key} is missing", key, expected)
        return self.values[key]

    def error(
        self, problem: str, key: str | None, expected: str, hint: str | None = None
    ) -> ProtocolFileError:
        """The error about a key, at its line within the table, else at that of the table."""
        where = "" if self.index is None else f"phase {self.index + 1}: "
        return ProtocolFileError(
            where + problem, file=self.file, line=self._line(key), expected=expected, hint=hint
        )

    def _line(self, key: str | None) -> int | None:
        headers = [n for n, line in enumerate(self.lines) if _HEADER.match(line)]
        edges = [0, *headers, len(self.lines)]
        at = 0 if self.index is None else self.index + 1
        if at > len(headers):
            return None
        if key is not None and key in self.values:
            pattern = re.compile(rf"\s*\[*[\"']?{re.escape(key)}[\"']?\s*[]=.]")
            for number in range(edges[at], edges[at + 1]):
                if pattern.match(self.lines[number]):
                    return number + 1
        return edges[at] + 1 if at else None


def _protocol(table: _Table) -> Protocol:
    table.only(_PROTOCOL_KEYS)
    name = table.text("name", 32)
    if _NAME.fullmatch(name) is None:
        raise table.error(f"name {name!r}", "name", "1 to 32 characters of a-z, 0-9 and -")
    title = table.text("title", TITLE_MAX_CHARS)
    summary = table.text("summary", TEXT_MAX_CHARS, default="")
    acute = table.choice("acute", ACUTE)
    units = table.choice("units", temperature.UNITS) if "units" in table.values else ""
    phases = table.values.get("phase")
    if isinstance(phases, dict):
        raise table.error("a phase in one pair of brackets", "phase", _TWO_BRACKETS)
    if not isinstance(phases, list) or not phases:
        raise table.error("no phases", "phase", "at least one [[phase]] table")
    tables = [replace(table, values=one, index=index) for index, one in enumerate(phases)]
    if len(phases) > PHASES_MAX:
        raise tables[PHASES_MAX].error(f"{len(phases)} phases", None, f"at most {PHASES_MAX}")
    return Protocol(
        name=name,
        title=title,
        summary=summary,
        evidence=table.texts("evidence", "a list of lines of text, one source each"),
        keywords=table.texts("keywords", "a list of words in quotes"),
        acute=acute,
        phases=tuple(_phase(one, fahrenheit=units == temperature.FAHRENHEIT) for one in tables),
        source=table.file,
    )


def _phase(table: _Table, *, fahrenheit: bool) -> Phase:
    if not isinstance(table.values, dict):
        raise table.error("phase is not a table", None, "[[phase]] and its keys")
    table.only(_PHASE_KEYS)
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


_KINDS = {
    bool: "true or false",
    str: "text",
    int: "a number",
    Decimal: "a number",
    list: "a list",
    dict: "a table",
}


def _kind(value: object) -> str:
    """What a TOML value is, in words."""
    return _KINDS.get(type(value), "a date or time")
