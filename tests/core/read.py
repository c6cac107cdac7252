"""A line read at one go, as the loop reads it in pieces."""

from __future__ import annotations

from poultice_core.codec import Parser, Request


def parse(line: bytes) -> Request:
    """What the codec makes of a line without its line end."""
    parser = Parser(line)
    while not parser.over:
        parser.go_on()
    return parser.request
