"""A mutator that knows what a line is: it changes the JSON and seals it again.

Blind bytes do not come past the checksum; these do. The same seed gives the same mutation.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from poultice_core import faults
from poultice_core.requests import HANDLERS
from tests.fuzz import contract
from tests.fuzz.script import escape

Blind = Callable[[bytes, int], bytes]

NUMBERS = (
    0, 1, -1, 5, 8, 29, 30, 31, 59, 60, 61, 64, 65, 100, 300, 900, 1200, 1800, 1801, 2400, 2000,
    7000, 11_000, 25_000, 30_000, 40_000, 40_500, 41_000, 41_001, 42_000, 2**31 - 1, 2**31,
    2**32 - 1, 2**32, -(2**31), -(2**31) - 1, 10**19, 10**600, -(10**1800), 1_700_000_000,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    *NUMBERS, True, False, None, 1.0, -0.0, 1e300, float("nan"), float("inf"), "", "a", "x" * 32,
    "x" * 33, "é", "\U0001f525" * 32, "\ud800", "\x00", "\x7f", "$TOKEN", "0000000", "heat",
    "cold", "rest", "app", "repl", "normal", "sensitive", "2.0", "hello", [], {}, [[]], [{}],
    {"": 0}, {"a": {"b": [1]}},
)  # fmt: skip
NAMES = (
    "id", "jsonrpc", "method", "params", "plan", "name", "profile", "attended_s", "phases", "mode",
    "target_mc", "duration_s", "token", "fault", "after", "limit", "unix_s", "into", "offset_mc",
    "density_mw_cm2", "cooler", "sensor_b", "sense", "two_point", "x", "é" * 40,
    "result", "error", "code", "message", "data", "t_ms", "state", "kind", "entries", "next",
    "retry_ms", "protocol", "firmware", "board", "uid", "reset_cause", "limits", "features",
    "session", "uptime_ms", "credited_s", "temp_mc",
)  # fmt: skip


def request(dice: random.Random) -> dict[str, Any]:
    """A request that makes sense, or nearly."""
    method = dice.choice([*HANDLERS, "nothing", "arm", "start", "stop"])
    params: dict[str, Any] | None = None
    if method == "arm":
        params = {"plan": plan(dice)}
    elif method == "start":
        params = {"token": dice.choice(["$TOKEN", "$TOKEN", "0000000", "00c0ffee"])}
    elif method == "clear_fault":
        params = {"fault": dice.choice([name for name in faults.NAMES if name])}
    elif method == "journal":
        params = {"after": dice.choice(NUMBERS), "limit": dice.choice(NUMBERS)}
    elif method == "set_clock":
        params = {"unix_s": dice.choice(NUMBERS)}
    elif method == "set_config":
        names = dice.sample(["cooler", "sensor_b", "sense", "two_point"], dice.randrange(4))
        params = {name: dice.random() < 0.5 for name in names}
        params.update(dice.choice([{}, {"offset_mc": dice.choice(NUMBERS)}]))
    elif method == "reboot":
        params = {"into": dice.choice(["app", "repl", "bootloader", "x"])}
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": dice.randrange(100), "method": method}
    if params is not None:
        message["params"] = params
    return message


def plan(dice: random.Random) -> dict[str, Any]:
    """A plan, mostly one that is accepted."""
    phases = []
    for _ in range(dice.choice([1, 1, 2, 3, 16, 17])):
        phase: dict[str, Any] = {"mode": dice.choice(["heat", "heat", "cold", "rest"])}
        phase["duration_s"] = dice.choice([30, 30, 60, 300])
        if phase["mode"] != "rest":
            phase["target_mc"] = 40_000 if phase["mode"] == "heat" else 12_000
        phases.append(phase)
    body: dict[str, Any] = {"name": "p", "phases": phases}
    if dice.random() < 0.3:
        body["profile"] = dice.choice(["normal", "sensitive"])
    if dice.random() < 0.3:
        body["attended_s"] = dice.choice([0, 4, 5, 60, 61])
    return body


def value(thing: Any, dice: random.Random) -> Any:
    """`thing` with one place of it changed; each place is as likely as any other."""
    top = [copy.deepcopy(thing)]
    inside, key = dice.choice(_places(top))
    what = dice.randrange(8)
    if isinstance(inside, dict) and what == 0:
        inside[dice.choice(NAMES)] = inside.pop(key)
    elif what == 1 and inside is not top:
        del inside[key]
    elif what == 2 and isinstance(inside[key], dict):
        inside[key][dice.choice(NAMES)] = dice.choice(VALUES)
    elif what == 2 and isinstance(inside[key], list):
        inside[key] += inside[key] * dice.choice([1, 3]) or [dice.choice(VALUES)]
    elif what == 3 and type(inside[key]) is int:
        inside[key] += dice.choice([-1, 1, -1000, 1000])
    else:
        inside[key] = dice.choice(VALUES)
    return top[0]


def _places(inside: Any) -> list[tuple[Any, Any]]:
    keys: Any = inside if isinstance(inside, dict) else range(len(inside))
    places = []
    for key in keys:
        places.append((inside, key))
        if isinstance(inside[key], dict | list):
            places += _places(inside[key])
    return places


def body(text: bytes, dice: random.Random, blind: Blind) -> bytes:
    """Changed JSON: by its structure where it has one, else byte by byte."""
    try:
        thing = value(json.loads(text.decode("latin-1")), dice)
    except (ValueError, RecursionError):
        return blind(text, 2048)
    if dice.random() < 0.1:
        return blind(text, 2048)
    plain = json.dumps(thing, separators=(",", ":"), ensure_ascii=dice.random() < 0.9)
    return plain.encode("utf-8", "surrogatepass")


def line(data: bytes, dice: random.Random, blind: Blind) -> bytes:
    """For `codec`: one line, mostly sealed again."""
    what = dice.randrange(8)
    if what == 0:
        return blind(data, 2048)
    if what == 1:
        return contract.sealed(json.dumps(request(dice)).encode())
    if what == 2:
        return contract.sealed(b"[" * dice.choice([1, 50, 2000]))
    if what == 3 and len(data) > 8:
        return data[:-8] + data[-8:].swapcase()
    text = data[:-9] if data[-9:-8] == b"*" else data
    return contract.sealed(body(text, dice, blind)) + dice.choice([b"", b"", b"\r", b"\r\r"])


def stream(data: bytes, dice: random.Random, blind: Blind) -> bytes:
    """For `reader`: line ends, over-long lines and 0x03 where they were not."""
    if dice.random() < 0.4:
        return blind(data, 8192)
    at = dice.randrange(len(data) + 1)
    piece = dice.choice(
        [b"\n", b"\r\n", b"\x03", b"\r", b"x" * 2046, b"x" * 2047, b"x" * 2048, b"y" * 300, b"\n\n"]
    )
    if dice.random() < 0.3:
        return data[:at] + data[at + dice.randrange(1, 400) :]
    return data[:at] + piece + data[at:]


def ops(data: bytes, dice: random.Random, blind: Blind) -> bytes:
    """For `device`: things that happen, and the requests among them."""
    lines = data.split(b"\n")
    at = dice.randrange(len(lines))
    what = dice.randrange(10)
    if what == 0:
        del lines[at]
    elif what == 1:
        lines.insert(at, lines[dice.randrange(len(lines))])
    elif what == 2:
        lines.insert(at, _mishap(dice))
    elif what == 3:
        lines.insert(at, b"=" + json.dumps(request(dice), separators=(",", ":")).encode())
    elif what == 4:
        lines[at:at] = _session(dice)
    elif what == 5:
        lines.insert(at, _noise(dice, blind))
    elif what == 6:
        lines[at] = blind(lines[at] or b"=", 2048)
    elif lines[at][:1] == b"=":
        lines[at] = b"=" + body(lines[at][1:], dice, blind).replace(b"\n", b"")
    else:
        lines.insert(at, b"t%d" % dice.choice([1, 2, 5, 30, 60, 150]))
    return b"\n".join(lines[:100])


def _mishap(dice: random.Random) -> bytes:
    letter = dice.choice("dbersfpm")
    if letter == "m":
        low, high = dice.choice([(3_000, 12_000), (25_000, 42_000), (41_000, 47_000)])
        a = dice.randrange(low, high, 500)
        return b"m%d %d" % (a, a + dice.choice([0, 0, 0, 9_000]))
    return f"{letter}{dice.randrange(4 if letter == 's' else 2)}".encode()


def _session(dice: random.Random) -> list[bytes]:
    armed = {"jsonrpc": "2.0", "id": 1, "method": "arm", "params": {"plan": plan(dice)}}
    started = {"jsonrpc": "2.0", "id": 2, "method": "start", "params": {"token": "$TOKEN"}}
    return [
        b"d1",
        *(b"=" + json.dumps(one, separators=(",", ":")).encode() for one in (armed, started)),
        b"t%d" % dice.choice([1, 20, 60, 150]),
    ]


def _noise(dice: random.Random, blind: Blind) -> bytes:
    text = json.dumps(request(dice)).encode()
    what = dice.randrange(4)
    if what == 0:
        return b"~%d " % dice.randrange(8 * len(text)) + text
    if what == 1:
        cut = contract.sealed(text)[: dice.randrange(len(text))]
        return b"!" + escape(cut + dice.choice([b"", b"\n"])).encode()
    if what == 2:
        return b"!" + escape(b"z" * dice.choice([300, 2047, 2048, 5000])).encode()
    return b"!" + escape(blind(b"*" + text[:20], 64)).encode()


def heard(data: bytes, dice: random.Random, blind: Blind) -> bytes:
    """For `host`: answers and notifications of a device that says anything."""
    first, lines = data[:1] or b"\0", data[1:].split(b"\n")
    at = dice.randrange(len(lines))
    what = dice.randrange(8)
    if what == 0:
        return bytes([dice.randrange(12)]) + data[1:]
    if what == 1:
        del lines[at]
    elif what == 2:
        lines.insert(at, lines[dice.randrange(len(lines))])
    elif what == 3:
        lines[at] = blind(lines[at] or b"=", 2048)
    elif what == 4:
        result = dice.choice([{}, {dice.choice(NAMES): dice.choice(VALUES)}])
        lines.insert(at, b'={"jsonrpc":"2.0","id":$ID,"result":%s}' % json.dumps(result).encode())
    elif lines[at][:1] == b"=":
        text = lines[at][1:].replace(b"$ID", b"987654")
        changed = body(text, dice, blind).replace(b"987654", b"$ID")
        lines[at] = b"=" + changed.replace(b"\n", b"")
    return first + b"\n".join(lines[:40])


MUTATORS: dict[str, Callable[[bytes, random.Random, Blind], bytes]] = {
    "codec": line,
    "reader": stream,
    "device": ops,
    "host": heard,
}
