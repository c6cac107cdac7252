"""What the link contract says of a stream of bytes, read from `link.md` and not from the code."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

MAX_LINE = 2048
ETX = b"\x03"

VALID = "valid"
GARBLED = "garbled"  # checksum, or no JSON: -32700 where an id can be read
SHAPELESS = "shapeless"  # sound, and no request: -32600 where an id can be read


@dataclass(frozen=True)
class Line:
    """One line as the contract has it judged."""

    verdict: str
    message: Any = None
    why: str = ""

    @property
    def request_id(self) -> Any:
        return readable_id(self.message.get("id")) if isinstance(self.message, dict) else None


def sealed(text: bytes) -> bytes:
    """A line with its checksum, without line end."""
    return text + b"*" + f"{zlib.crc32(text):08x}".encode()


def split(data: bytes) -> tuple[list[bytes], int, bytes]:
    """The lines of a stream, how many more were too long, and what is left unfinished."""
    *ended, rest = data.replace(ETX, b"").split(b"\n")
    lines, long = [], 0
    for line in ended:
        if len(line) + 1 > MAX_LINE:
            long += 1
        else:
            line = line.removesuffix(b"\r")
            lines += [line] if line else []
    return lines, long, rest


def judge(line: bytes) -> Line:
    """What a device makes of a line."""
    text, star, digits = line[:-9], line[-9:-8], line[-8:]
    right = f"{zlib.crc32(text):08x}".encode()
    if star != b"*" or digits != right:
        near = star == b"*" and digits.lower() == right
        return Line(GARBLED, why="in capitals" if near else "checksum")
    try:
        message = json.loads(
            text.decode("ascii"), parse_constant=_none, parse_int=_whole, parse_float=_broken
        )
        _levels(message)
    except (ValueError, RecursionError) as error:
        return Line(GARBLED, why=type(error).__name__)
    whole = (
        isinstance(message, dict)
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("method"), str)
        and readable_id(message.get("id")) is not None
    )
    return Line(VALID if whole else SHAPELESS, message, _kind(message))


def _none(word: str) -> None:
    """Infinity and NaN are no JSON."""
    raise ValueError(word)


def _whole(digits: str) -> int:
    return int(_bounded(digits))


def _broken(digits: str) -> float:
    return float(_bounded(digits))


def _bounded(digits: str) -> str:
    if len(digits) > 40:
        raise ValueError("a number too long")
    return digits


def _levels(value: Any, left: int = 11) -> None:
    if left == 0:
        raise ValueError("too deep")
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            if isinstance(one, dict | list):
                _levels(one, left - 1)


def readable_id(value: Any) -> Any:
    """0 to 2^31-1, or a string of at most 32 characters; None for all else."""
    if type(value) is int and 0 <= value < 1 << 31:
        return value
    return value if isinstance(value, str) and len(value) <= 32 else None


def _kind(message: Any) -> str:
    """In a word, for whoever collects what there is: the types of the members that matter."""
    if not isinstance(message, dict):
        return type(message).__name__
    return " ".join(type(message.get(name)).__name__ for name in ("jsonrpc", "method", "id"))
