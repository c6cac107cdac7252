"""What is on flash: JSON in lines, each sealed with a checksum.

An object is written from pairs of name and value, in their order: the same bytes whatever the
interpreter (MicroPython's dict has no order). A value that is a tuple is again such pairs.
"""

import json

from .codec import seal, unseal


def text(value: object) -> str:
    """A value as JSON, without spaces."""
    if isinstance(value, tuple):
        return "{" + ",".join(['"%s":%s' % (name, text(member)) for name, member in value]) + "}"
    return json.dumps(value, separators=(",", ":"))


def line(members: tuple[tuple[str, object], ...]) -> bytes:
    """An object as a sealed line, without a line end."""
    return seal(text(members).encode())


def read(data: bytes) -> dict[str, object]:
    """The object in a sealed line. Raises ValueError where there is none."""
    content = unseal(data)
    value = json.loads(content) if content is not None else None
    if not isinstance(value, dict):
        raise ValueError
    return value


def number(value: object) -> int:
    """The value, where it is a whole number. Raises ValueError."""
    if not isinstance(value, int):
        raise ValueError
    return value
