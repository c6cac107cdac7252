"""Files that people write, in TOML: bounded before they are parsed, and whatever is wrong with one
comes back as an error that names the file, the line and what was expected there."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

from poultice.errors import InputFileError
from poultice.words import meant, nearest

FILE_MAX_BYTES = 65_536
LINES_MAX = 64
TEXT_MAX_CHARS = 600

_DECODER_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_EXACT = Context(prec=28, traps=[Inexact, InvalidOperation])


@dataclass(frozen=True)
class Form:
    """A kind of file: what it is called, the error about it, the page that shows a whole one, the
    command that lists those there are (None: none), and the name of its repeated table."""

    name: str
    error: type[InputFileError]
    page: str
    listed_by: str | None = None
    repeated: str = ""


def read(path: Path, form: Form) -> bytes:
    """What is in the file, one byte more than it may have at most. Raises the form's error."""
    wrong = partial(form.error, file=str(path))
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise wrong("is not a file", hint=f"give the path of one {form.name} (.toml)")
        with path.open("rb") as stream:
            return stream.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        more = f"; `{form.listed_by}` lists the names" if form.listed_by else ""
        hint = f"check the path{more}"
        raise wrong("no such file", hint=hint) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "check the path and its permissions"
        raise wrong(f"cannot be read ({reason})", hint=hint) from None


def parse(data: bytes, file: str, form: Form) -> Table:
    """The whole of a file; `file` is how errors name it. Raises the form's error and nothing else,
    whatever the bytes."""
    wrong = partial(form.error, file=file)
    if len(data) > FILE_MAX_BYTES:
        raise wrong("is too large", expected=f"at most {FILE_MAX_BYTES // 1024} KiB")
    if data.startswith(b"%PDF") or b"\0" in data[:1024]:
        raise wrong("is not a text file", expected=f"a {form.name} (.toml)")
    try:
        text = data.decode("utf-8-sig")
        table = tomllib.loads(text, parse_float=_decimal)
    except UnicodeDecodeError as error:
        at = data.count(b"\n", 0, error.start) + 1
        raise wrong("is not text in UTF-8", line=at, hint="save it again as UTF-8") from None
    except ValueError as error:
        line, problem, expected = _syntax_error(text, str(error))
        hint = f"{form.page} shows a whole one"
        raise wrong(problem, line=line, expected=expected, hint=hint) from None
    except RecursionError:
        raise wrong("is nested too deeply") from None
    return Table(table, None, text.splitlines(), file, form)


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


TWO_BRACKETS = "[[phase]], two brackets on each side, above the keys of each phase"
_THE_NUMBER = "the number alone: °C, and the minutes of `minutes`"
_SLIPS = (
    (r"=\s*-?\d+,\d", "a number with a comma", "a decimal point, e.g. 40.5"),
    (r"=\s*-?\d+(\.\d+)?\s*[A-Za-z°º%]", "something behind a number", _THE_NUMBER),
    (r"=\s*[“”„‘’«»]", "typographic quotes", 'straight ones, e.g. mode = "heat"'),
    (r"=\s*(#.*)?$", "nothing behind the =", "a value"),
    (r"^\s*\[.*phase", "brackets that do not match", TWO_BRACKETS),
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
class Table:
    """A table of the file: the repeated one of that `index`, or the whole; the `lines` only tell
    where. Each method raises the form's error."""

    values: Mapping[str, Any]
    index: int | None
    lines: Sequence[str]
    file: str
    form: Form

    def only(self, keys: Sequence[str], hints: Mapping[str, str] | None = None) -> None:
        """No other key than these; `hints` say where some others belong."""
        for key in self.values:
            if key not in keys:
                hint = (hints or {}).get(key) or meant(key, keys)
                raise self.error(
                    f"unknown key {key[:40]!r}", key, "one of " + ", ".join(keys), hint
                )

    def text(self, key: str, most_chars: int, default: str | None = None) -> str:
        """One line of text; never empty where it has no default."""
        value = self.values.get(key, default)
        expected = f"one line of text, at most {most_chars} characters"
        if value is None or (default is None and value == ""):
            raise self.error(f"{key} is missing", key, expected)
        if not isinstance(value, str):
            raise self.error(f"{key} is {kind(value)}", key, expected)
        # An escape sequence in a title would be obeyed by the terminal that shows it.
        if len(value) > most_chars or not value.isprintable():
            raise self.error(f"{key} is too long or not plain", key, expected)
        return value

    def texts(self, key: str, expected: str) -> tuple[str, ...]:
        """A list of lines, which may be missing."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or len(value) > LINES_MAX:
            raise self.error(f"{key} is {kind(value)}", key, expected)
        for line in value:
            if not isinstance(line, str) or not line.isprintable() or len(line) > TEXT_MAX_CHARS:
                raise self.error(f"{key} holds {kind(line)}", key, expected)
        return tuple(value)

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """One of the `choices`."""
        expected = "one of " + ", ".join(f'"{choice}"' for choice in choices)
        value = self.given(key, expected)
        if not isinstance(value, str) or value not in choices:
            shown, near = kind(value), list[str]()
            if isinstance(value, str):
                shown, near = repr(value[:40]), nearest(value, choices)
            hint = f"did you mean {near[0]}?" if near else None
            raise self.error(f"{key} is {shown}", key, expected, hint)
        return value

    def whole(self, key: str, factor: int, expected: str) -> int:
        """A number that times `factor` is a whole one: that."""
        value = self.given(key, expected)
        # A bool is an int to Python, but `target = true` is a slip of the pen.
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            hint = "take the quotes away" if isinstance(value, str) else None
            raise self.error(f"{key} is {kind(value)}", key, expected, hint)
        number = Decimal(value)
        if not number.is_finite() or number.copy_abs() > 100_000:
            raise self.error(f"{key} is out of all range", key, expected)
        try:
            return int(_EXACT.to_integral_exact(_EXACT.multiply(number, factor)))
        except (Inexact, InvalidOperation):
            problem = f"{key} = {str(number)[:40]} is too fine"
            raise self.error(problem, key, expected) from None

    def given(self, key: str, expected: str) -> Any:
        """Its value, which may not be missing."""
        if key not in self.values:
            raise self.error(f"{key} is missing", key, expected)
        return self.values[key]

    def error(
        self, problem: str, key: str | None, expected: str, hint: str | None = None
    ) -> InputFileError:
        """The error about a key, at its line within the table, else at that of the table."""
        where = "" if self.index is None else f"{self.form.repeated} {self.index + 1}: "
        return self.form.error(
            where + problem, file=self.file, line=self._line(key), expected=expected, hint=hint
        )

    def _line(self, key: str | None) -> int | None:
        header = re.compile(rf"\s*\[\[\s*[\"']?{self.form.repeated}[\"']?\s*\]\]")
        headers = [n for n, line in enumerate(self.lines) if header.match(line)]
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


_KINDS = {
    bool: "true or false",
    str: "text",
    int: "a number",
    Decimal: "a number",
    list: "a list",
    dict: "a table",
}


def kind(value: object) -> str:
    """What a TOML value is, in words."""
    return _KINDS.get(type(value), "a date or time")
