"""Therapy protocols: the shipped ones, and a person's own TOML files read the same way.

A protocol is a short text file that a person can read. `load` checks its shape and turns it
into whole milli-degrees and seconds; whether a device allows it is for `poultice.plan`. A file
may be anything at all: it is bounded before it is parsed, and whatever is wrong with it comes
back as a ProtocolFileError that names the file, the line and what was expected there.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from pathlib import Path
from typing import Any

from poultice.errors import ProtocolFileError, UnknownProtocolError
from poultice.plan import MODES, REST, Phase

SHIPPED = Path(__file__).parent / "protocols"

ACUTE = ("only", "no", "any")
FILE_MAX_BYTES = 65_536
PHASES_MAX = 64
EVIDENCE_MAX = 64
TITLE_MAX_CHARS = 120
TEXT_MAX_CHARS = 600

_NAME = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_NAME_RULE = "1 to 32 characters of a-z, 0-9 and -"
_HEADER = re.compile(r"\s*\[\[\s*[\"']?phase[\"']?\s*\]\]")
_PROTOCOL_KEYS = ("name", "title", "summary", "evidence", "acute", "phase")
_PHASE_KEYS = ("mode", "target", "minutes", "seconds", "say")
_DECODER_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_EXACT = Context(prec=28, traps=[Inexact, InvalidOperation])


@dataclass(frozen=True)
class Protocol:
    """A treatment as it was written down.

    `acute` says how the age of an injury is judged: "only" in its first 72 hours, "no" not in
    them, "any". `evidence` holds one source a line. `source` is the file it came from.
    """

    name: str
    title: str
    summary: str
    evidence: tuple[str, ...]
    acute: str
    phases: tuple[Phase, ...]
    source: str

    @property
    def modes(self) -> frozenset[str]:
        """The modes it uses."""
        return frozenset(phase.mode for phase in self.phases)


def names() -> list[str]:
    """The names of the shipped protocols, sorted."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def all_protocols() -> list[Protocol]:
    """Every shipped protocol, by name."""
    return [load_file(SHIPPED / f"{name}.toml") for name in names()]


def load(name_or_path: str) -> Protocol:
    """A shipped protocol by its name, or a file by its path.

    What holds a path separator or ends in `.toml` is a path. Raises UnknownProtocolError
    (with the nearest names) and ProtocolFileError.
    """
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith(".toml"):
        return load_file(Path(name_or_path))
    if name_or_path in names():
        return load_file(SHIPPED / f"{name_or_path}.toml")
    raise UnknownProtocolError(name_or_path, _nearest(name_or_path, names()))


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
    return ProtocolFileError(
        f"is not valid TOML ({plain})",
        file=file,
        line=line,
        hint="docs/how-to/write-a-protocol.md shows a whole one",
    )


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _nearest(word: str, known: Sequence[str]) -> list[str]:
    from rapidfuzz import process

    # What is typed may be megabytes long; nothing near it is.
    found = process.extract(word[:64].lower(), known, limit=3, score_cutoff=60)
    return [name for name, _score, _index in found]


class _Reader:
    """Takes a parsed table apart; knows the text only to say on which line a thing stands."""

    def __init__(self, text: str, file: str) -> None:
        self._lines = text.splitlines()
        self._file = file

    def protocol(self, table: Mapping[str, Any]) -> Protocol:
        self._known(table, _PROTOCOL_KEYS, None)
        name = self._text(table, "name", None, 32)
        if _NAME.fullmatch(name) is None:
            raise self._error(f"name {name!r}", "name", None, _NAME_RULE)
        title = self._text(table, "title", None, TITLE_MAX_CHARS)
        summary = self._text(table, "summary", None, TEXT_MAX_CHARS, default="")
        acute = self._choice(table, "acute", None, ACUTE)
        phases = table.get("phase")
        if not isinstance(phases, list) or not phases:
            raise self._error("no phases", "phase", None, "at least one [[phase]] table")
        if len(phases) > PHASES_MAX:
            raise self._error(f"{len(phases)} phases", None, PHASES_MAX, f"at most {PHASES_MAX}")
        return Protocol(
            name=name,
            title=title,
            summary=summary,
            evidence=self._evidence(table),
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

    def _evidence(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        value = table.get("evidence", [])
        expected = "a list of lines of text, one source each"
        if not isinstance(value, list) or len(value) > EVIDENCE_MAX:
            raise self._error(f"evidence is {_kind(value)}", "evidence", None, expected)
        for line in value:
            if not isinstance(line, str) or not line.isprintable() or len(line) > TEXT_MAX_CHARS:
                raise self._error(f"evidence holds {_kind(line)}", "evidence", None, expected)
        return tuple(value)

    def _milli(self, table: Mapping[str, Any], index: int) -> int:
        expected = "degrees Celsius, three decimals at most, e.g. 40.5"
        value = self._number(table, "target", index, expected)
        return self._whole(value, 1000, "target", index, expected)

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
            raise self._error(f"{key} is {_kind(value)}", key, index, expected)
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
            shown = repr(value[:40]) if isinstance(value, str) else _kind(value)
            raise self._error(f"{key} is {shown}", key, index, expected)
        return value

    def _known(self, table: Mapping[str, Any], known: Sequence[str], index: int | None) -> None:
        for key in table:
            if key in known:
                continue
            nearest = _nearest(key, known)
            hint = f"did you mean {' or '.join(nearest)}?" if nearest else None
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
            pattern = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
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
