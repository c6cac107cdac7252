"""Therapy protocols: the shipped ones, and a person's own TOML files read the same way.

A protocol is a short text file that a person can read. `load` checks its shape and turns it
into whole milli-degrees and seconds; whether a device allows it is for `therapy.plan`. A file
may be anything at all: it is bounded before it is parsed, and whatever is wrong with it comes
back as a ProtocolFileError that names the file, the line and what was expected there.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
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
EVIDENCE_MAX = 64
KEYWORDS_MAX = 64
TITLE_MAX_CHARS = 120
TEXT_MAX_CHARS = 600

_NAME = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_NAME_RULE = "1 to 32 characters of a-z, 0-9 and -"
_TOKEN = re.compile(r"[^\W_]+")
_SMALL = frozenset({"a", "an", "and", "for", "in", "my", "of", "on", "or", "the", "with"})
_HEADER = re.compile(r"\s*\[\[\s*[\"']?phase[\"']?\s*\]\]")
_PROTOCOL_KEYS = (
    "name",
    "title",
    "summary",
    "keywords",
    "evidence",
    "acute",
    "units",
    "phase",
)
_PHASE_KEYS = ("mode", "target", "minutes", "seconds", "say")
_DECODER_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_ONE_EACH = "a list of lines of text, one source each"
_WORDS = "a list of words in quotes"
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
    if _is_file(name_or_path):
        hint = f"a protocol is a .toml file; if this is one, write ./{name_or_path}"
        raise UnknownProtocolError(name_or_path, hint=hint)
    found = find(name_or_path)
    if found:
        hint = f"for that there is {_listed([one.name for one in found])}; "
        hint += (
            f"`poultice protocols {' '.join(_TOKEN.findall(name_or_path))}` tells what each does"
        )
        raise UnknownProtocolError(name_or_path, [one.name for one in found], hint=hint)
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


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def _listed(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def load_file(path: Path) -> Protocol:
    """Read and check one protocol file. Raises ProtocolFileError whatever is wrong with it."""
    file = str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ProtocolFileError(
                "is not a file", file=file, hint="give the path of one protocol (.toml)"
            )
        with path.open("rb") as stream:
            data = stream.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        raise ProtocolFileError(
            "no such file",
            file=file,
            hint="check the path; `poultice protocols` lists the names",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ProtocolFileError(
            f"cannot be read ({reason})",
            file=file,
            hint="check the path and its permissions",
        ) from None
    return parse(data, file)


def parse(data: bytes, file: str) -> Protocol:
    """A protocol from the bytes of a TOML file; `file` is how errors name it.

    Raises ProtocolFileError and nothing else, whatever the bytes.
    """
    if len(data) > FILE_MAX_BYTES:
        raise ProtocolFileError(
            "is too large", file=file, expected=f"at most {FILE_MAX_BYTES // 1024} KiB"
        )
    if data.startswith(b"%PDF") or b"\0" in data[:1024]:
        raise ProtocolFileError("is not a text file", file=file, expected="a protocol (.toml)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ProtocolFileError(
            "is not text in UTF-8", file=file, line=line, hint="save it again as UTF-8"
        ) from None
    try:
        table = tomllib.loads(text, parse_float=_decimal)
    except ValueError as error:
        raise _syntax_error(text, file, error) from None
    except RecursionError:
        raise ProtocolFileError("is nested too deeply", file=file) from None
    return _Reader(text, file).protocol(table)


def _syntax_error(text: str, file: str, error: ValueError) -> ProtocolFileError:
    message = str(error)
    found = _DECODER_LINE.search(message)
    if found is not None:
        line: int | None = int(found[1])
    else:
        line = text.count("\n") + 1 if "end of document" in message else None
    plain = re.sub(r"\s*\(at [^)]*\)$", "", message)
    lines = text.splitlines()
    slip = _slip(lines[line - 1] if line and line <= len(lines) else "", plain)
    return ProtocolFileError(
        f"is not valid TOML: {slip[0]}" if slip else f"is not valid TOML ({plain})",
        file=file,
        line=line,
        expected=slip[1] if slip else None,
        hint="docs/how-to/write-a-protocol.md shows a whole one",
    )


_TWO_BRACKETS = "[[phase]], two brackets on each side, above the keys of each phase"
_SLIPS = tuple(
    (re.compile(pattern), problem, expected)
    for pattern, problem, expected in (
        (r"=\s*-?\d+,\d", "a number with a comma", "a decimal point, e.g. 40.5"),
        (
            r"=\s*-?\d+(\.\d+)?\s*[A-Za-z°º%]",
            "something behind a number",
            "the number alone: °C, and the minutes of `minutes`",
        ),
        (r"=\s*[“”„‘’«»]", "typographic quotes", 'straight ones, e.g. mode = "heat"'),
        (r"=\s*(#.*)?$", "nothing behind the =", "a value"),
        (r"^\s*\[.*phase", "brackets that do not match", _TWO_BRACKETS),
        (r"^\s*[\w-]+\s*:", "a colon", 'an equals sign, e.g. mode = "heat"'),
        (r"=\s*[A-Za-z]", "text without quotes", 'quotes around it, e.g. mode = "heat"'),
        (r"^\s*[\w-]+\s+[^=\s]", "no equals sign", 'one, e.g. mode = "heat"'),
        (r"""^[^"]*("[^"]*"[^"]*)*"[^"]*$""", "text that is not closed", "a quote at its end"),
    )
)
"""What people write for TOML: looked for on the line where the parser stopped."""


def _slip(line: str, message: str) -> tuple[str, str] | None:
    """What is wrong there in words of its own, and what was expected."""
    if "overwrite a value" in message:
        key = line.partition("=")[0].strip()[:40]
        return f"{key or 'a key'} is given twice", "each key once"
    for pattern, problem, expected in _SLIPS:
        if pattern.search(line[:TEXT_MAX_CHARS]):
            return problem, expected
    return None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


class _Reader:
    """Takes a parsed table apart; knows the text only to say on which line a thing stands."""

    def __init__(self, text: str, file: str) -> None:
        self._lines = text.splitlines()
        self._file = file
        self._units = temperature.CELSIUS

    def protocol(self, table: Mapping[str, Any]) -> Protocol:
        self._known(table, _PROTOCOL_KEYS, None)
        name = self._text(table, "name", None, 32)
        if _NAME.fullmatch(name) is None:
            raise self._error(f"name {name!r}", "name", None, _NAME_RULE)
        title = self._text(table, "title", None, TITLE_MAX_CHARS)
        summary = self._text(table, "summary", None, TEXT_MAX_CHARS, default="")
        acute = self._choice(table, "acute", None, ACUTE)
        if "units" in table:
            self._units = self._choice(table, "units", None, temperature.UNITS)
        phases = table.get("phase")
        if isinstance(phases, dict):
            raise self._error("a phase in one pair of brackets", "phase", None, _TWO_BRACKETS)
        if not isinstance(phases, list) or not phases:
            raise self._error("no phases", "phase", None, "at least one [[phase]] table")
        if len(phases) > PHASES_MAX:
            raise self._error(f"{len(phases)} phases", None, PHASES_MAX, f"at most {PHASES_MAX}")
        return Protocol(
            name=name,
            title=title,
            summary=summary,
            evidence=self._lines_of(table, "evidence", EVIDENCE_MAX, _ONE_EACH),
            keywords=self._lines_of(table, "keywords", KEYWORDS_MAX, _WORDS),
            acute=acute,
            phases=tuple(self._phase(phase, index) for index, phase in enumerate(phases)),
            source=self._file,
        )

    def _phase(self, table: Any, index: int) -> Phase:
        if not isinstance(table, dict):
            raise self._error("phase is not a table", None, index, "[[phase]] and its keys")
        self._known(table, _PHASE_KEYS, index)
        mode = self._choice(table, "mode", index, MODES)
        if mode == REST:
            if "target" in table:
                raise self._error("a rest with a target", "target", index, "no target for a rest")
            target_mc = None
        else:
            target_mc = self._milli(table, index)
        say = self._text(table, "say", index, TEXT_MAX_CHARS, default="")
        return Phase(mode, target_mc, self._seconds(table, index), say or None)

    def _lines_of(
        self, table: Mapping[str, Any], key: str, most: int, expected: str
    ) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or len(value) > most:
            raise self._error(f"{key} is {_kind(value)}", key, None, expected)
        for line in value:
            if not isinstance(line, str) or not line.isprintable() or len(line) > TEXT_MAX_CHARS:
                raise self._error(f"{key} holds {_kind(line)}", key, None, expected)
        return tuple(value)

    def _milli(self, table: Mapping[str, Any], index: int) -> int:
        fahrenheit = self._units == temperature.FAHRENHEIT
        example = (
            "degrees Fahrenheit, {}, e.g. 104" if fahrenheit else "degrees Celsius, {}, e.g. 40.5"
        )
        expected = example.format("three decimals at most")
        value = self._number(table, "target", index, expected)
        thousandths = self._whole(value, 1000, "target", index, expected)
        return temperature.from_fahrenheit(thousandths) if fahrenheit else thousandths

    def _seconds(self, table: Mapping[str, Any], index: int) -> int:
        given = [key for key in ("minutes", "seconds") if key in table]
        if len(given) != 1:
            problem = "both minutes and seconds" if given else "no duration"
            key = given[0] if given else None
            raise self._error(problem, key, index, "minutes = … or seconds = …, one of them")
        key = given[0]
        expected = f"{key}, above 0, giving whole seconds"
        value = self._number(table, key, index, expected)
        seconds = self._whole(value, 60 if key == "minutes" else 1, key, index, expected)
        if seconds <= 0:
            raise self._error(f"{key} = {value}", key, index, expected)
        return seconds

    def _number(self, table: Mapping[str, Any], key: str, index: int, expected: str) -> Decimal:
        if key not in table:
            raise self._error(f"{key} is missing", None, index, expected)
        value = table[key]
        # A bool is an int to Python, but `target = true` is a slip of the pen.
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            hint = "take the quotes away" if isinstance(value, str) else None
            raise self._error(f"{key} is {_kind(value)}", key, index, expected, hint)
        number = Decimal(value)
        if not number.is_finite() or number.copy_abs() > 100_000:
            raise self._error(f"{key} is out of all range", key, index, expected)
        return number

    def _whole(self, value: Decimal, factor: int, key: str, index: int, expected: str) -> int:
        try:
            scaled = _EXACT.multiply(value, Decimal(factor))
            exact = scaled == scaled.to_integral_value()
        except (Inexact, InvalidOperation):
            exact = False
        if not exact:
            raise self._error(f"{key} = {str(value)[:40]} is too fine", key, index, expected)
        return int(scaled)

    def _text(
        self,
        table: Mapping[str, Any],
        key: str,
        index: int | None,
        most_chars: int,
        default: str | None = None,
    ) -> str:
        value = table.get(key, default)
        expected = f"one line of text, at most {most_chars} characters"
        if value is None or (default is None and value == ""):
            raise self._error(f"{key} is missing", key, index, expected)
        if not isinstance(value, str):
            raise self._error(f"{key} is {_kind(value)}", key, index, expected)
        # An escape sequence in a title would be obeyed by the terminal that shows it.
        if len(value) > most_chars or not value.isprintable():
            raise self._error(f"{key} is too long or not plain", key, index, expected)
        return value

    def _choice(
        self,
        table: Mapping[str, Any],
        key: str,
        index: int | None,
        choices: Sequence[str],
    ) -> str:
        expected = "one of " + ", ".join(f'"{choice}"' for choice in choices)
        if key not in table:
            raise self._error(f"{key} is missing", None, index, expected)
        value = table[key]
        if not isinstance(value, str) or value not in choices:
            shown, near = _kind(value), list[str]()
            if isinstance(value, str):
                shown, near = repr(value[:40]), nearest(value, choices)
            hint = f"did you mean {near[0]}?" if near else None
            raise self._error(f"{key} is {shown}", key, index, expected, hint)
        return value

    def _known(self, table: Mapping[str, Any], known: Sequence[str], index: int | None) -> None:
        for key in table:
            if key in known:
                continue
            hint = meant(key, known)
            if key in _PHASE_KEYS:
                hint = f"{key} belongs to a phase: under [[phase]]"
            elif key in _PROTOCOL_KEYS:
                hint = f"{key} belongs to the whole: above the first [[phase]]"
            raise self._error(
                f"unknown key {key[:40]!r}",
                key,
                index,
                "one of " + ", ".join(known),
                hint,
            )

    def _error(
        self,
        problem: str,
        key: str | None,
        index: int | None,
        expected: str,
        hint: str | None = None,
    ) -> ProtocolFileError:
        where = "" if index is None else f"phase {index + 1}: "
        return ProtocolFileError(
            where + problem,
            file=self._file,
            line=self._line(key, index),
            expected=expected,
            hint=hint,
        )

    def _line(self, key: str | None, index: int | None) -> int | None:
        """The line of a key within its table, else that of the table, else None."""
        headers = [n for n, line in enumerate(self._lines) if _HEADER.match(line)]
        first, last = 0, headers[0] if headers else len(self._lines)
        if index is not None:
            if index >= len(headers):
                return None
            first = headers[index]
            last = headers[index + 1] if index + 1 < len(headers) else len(self._lines)
        if key is not None:
            pattern = re.compile(rf"\s*\[*[\"']?{re.escape(key)}[\"']?\s*[]=.]")
            for number in range(first, last):
                if pattern.match(self._lines[number]):
                    return number + 1
        return first + 1 if index is not None else None


def _kind(value: object) -> str:
    """What a TOML value is, in words."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | Decimal):
        return "a number"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    return "a date or time"
