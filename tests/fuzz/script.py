"""What happens to a device, as text: one thing a line, so that an input can be read and mutated.

    =JSON       a line of the link with the right checksum; `$TOKEN` stands for the last token
    ~N JSON     the same, with bit N of it flipped on the way
    !bytes      noise, escaped (`\\n`, `\\x00`); no line feed of its own
    tN          N ticks
    mA B        both sensors read A and B, milli-degrees Celsius
    d0 d1       readings stand; both rise by 40 mC a tick while the pad heats
    b0 b1       the button            e0 e1   the emergency stop
    s0 s1 s2 s3 SENSE low, high, broken, as it is
    r0 r1       no room to send; room again
    f0 f1       the flash takes what is saved; fails
    p0 p1       power cut and return; a watchdog restart

Whatever is none of this is skipped, and numbers are brought into bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

OPS_MAX = 100
TICKS_MAX = 150
TICKS_IN_ALL = 600


@dataclass(frozen=True)
class Op:
    """One thing that happens: its letter, its numbers, its bytes."""

    kind: str
    a: int = 0
    b: int = 0
    data: bytes = b""


def escape(data: bytes) -> str:
    """Bytes as printable ASCII on one line."""
    return data.decode("latin-1").encode("unicode_escape").decode("ascii")


def unescape(text: str) -> bytes:
    """What `escape` made. Raises ValueError where it did not."""
    return text.encode("ascii").decode("unicode_escape").encode("latin-1")


def read(data: bytes) -> list[Op]:
    """The things that happen, at most OPS_MAX."""
    ops: list[Op] = []
    for line in data.decode("latin-1").split("\n"):
        op = _read(line)
        if op is not None and len(ops) < OPS_MAX:
            ops.append(op)
    return ops


def _read(line: str) -> Op | None:
    kind, rest = line[:1], line[1:]
    if kind == "=":
        return Op(kind, data=rest.encode("latin-1"))
    if kind == "!":
        try:
            return Op(kind, data=unescape(rest))
        except ValueError:
            return Op(kind, data=rest.encode("latin-1"))
    if kind == "~":
        bit, _, body = rest.partition(" ")
        return Op(kind, _number(bit, 0, 20_000), data=body.encode("latin-1"))
    if kind == "t":
        return Op(kind, _number(rest, 1, TICKS_MAX))
    if kind == "m":
        a, _, b = rest.partition(" ")
        return Op(kind, _number(a, -5_000, 60_000), _number(b or a, -5_000, 60_000))
    if kind and kind in "dbersfp":
        return Op(kind, _number(rest, 0, 3 if kind == "s" else 1))
    return None


def _number(text: str, low: int, high: int) -> int:
    try:
        return max(low, min(high, int(text[:9])))
    except ValueError:
        return low
