"""One line of the link, host side: JSON, `*`, CRC-32, line feed.

Written against ``link.md`` and not against the device's own codec, so that the two check
each other.
"""

from __future__ import annotations

import json
import math
import zlib
from typing import Any

MAX_LINE_BYTES = 2048
"""Longest line the contract allows, checksum and line end included."""

_TAIL_BYTES = 9


class GarbledLine(ValueError):
    """A line that cannot be trusted: torn, changed on the way, or not of this link."""


def encode(message: dict[str, Any]) -> bytes:
    """`message` as a whole line, line feed included.

    Raises ValueError where it would be longer than the contract allows.
    """
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    line = b"%s*%08x\n" % (body, zlib.crc32(body))
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"a line of {len(line)} bytes is over {MAX_LINE_BYTES}")
    return line


def decode(line: bytes) -> dict[str, Any]:
    """The message of a line without its line feed (a carriage return is let pass).

    Raises GarbledLine for anything else; never another exception.
    """
    line = line.rstrip(b"\r")
    if len(line) >= MAX_LINE_BYTES:
        raise GarbledLine("too long")
    body, tail = line[:-_TAIL_BYTES], line[-_TAIL_BYTES:]
    if not body or tail != b"*%08x" % zlib.crc32(body):
        raise GarbledLine("checksum")
    try:
        message = json.loads(body.decode("ascii"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise GarbledLine("not JSON") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise GarbledLine("not a message of this link")
    return message


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)
