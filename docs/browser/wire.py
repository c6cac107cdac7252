"""One line of the link, in a page: by the device's own codec, which is strict where MicroPython's
reader of JSON is not."""

import json

from poultice_core import codec
from poultice_core.grammar import Shape


class GarbledLine(ValueError):
    """A line that cannot be trusted."""


def encode(message):
    """The whole line, line feed included. Raises ValueError where it would be too long."""
    line = codec.encode(message)
    if len(line) > codec.MAX_LINE:
        raise ValueError(f"a line of {len(line)} bytes")
    return line


def decode(line):
    """The message of a line without its line feed. Raises GarbledLine."""
    line = line.rstrip(b"\r")
    text = codec.unseal(line) if len(line) < codec.MAX_LINE else None
    if text is None:
        raise GarbledLine("checksum")
    shape = Shape(text)
    while not shape.go_on(len(text)):
        pass
    try:
        message = json.loads(text.decode()) if shape.sound else None
    except Exception:  # whatever a reader raises on what it does not like
        message = None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not _finite(message):
        raise GarbledLine("not a message of this link")
    return message


def _finite(value):
    """Is none of its numbers beyond what a float can hold?"""
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return True
    return all(_finite(one) for one in value)
