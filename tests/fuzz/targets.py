"""What is fuzzed, and what must hold of it: each takes bytes and raises AssertionError.

Each gives back what it saw, as a set of words, so that a corpus can be kept small without losing
behaviour. Nothing here needs a fuzzer.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable
from typing import Any

from poultice.errors import PoulticeError
from poultice.link import messages as host_messages
from poultice.link import wire
from poultice.link.client import Client
from poultice_core import codec as device_codec
from poultice_core.lines import LineReader
from tests.core.read import parse
from tests.fuzz import contract, script
from tests.fuzz.rig import Played

Target = Callable[[bytes], set[str]]


def codec(data: bytes) -> set[str]:
    """One line, as the device's codec and as the host's read it; and back again."""
    line = data.replace(b"\n", b"")[: contract.MAX_LINE - 1]
    said = contract.judge(line)
    request = parse(line)
    told = f"codec:{said.verdict}:{said.why}:{type(request.request_id).__name__}"
    if said.verdict == contract.VALID:
        assert request.code == 0, f"{line!r} is a request"
        assert _same(request.request_id, said.message["id"])
        assert request.method == said.message["method"]
        assert _same(request.params, said.message.get("params"))
    elif said.verdict == contract.SHAPELESS:
        assert request.code == device_codec.INVALID_REQUEST, f"{line!r} is no request"
        assert _same(request.request_id, said.request_id)
    else:
        assert request.code == device_codec.PARSE_ERROR, f"{line!r} cannot be trusted"
    if request.request_id is not None:
        assert contract.readable_id(request.request_id) is not None
        assert len(device_codec.error(request.request_id, device_codec.Refusal(-32700, {}))) <= 2048
    _differ(line, said)
    _round_trip(line[:-9] if device_codec.unseal(line) is not None else line)
    return {told}


def _differ(line: bytes, said: contract.Line) -> None:
    """The host's codec against the device's: neither trusts what the other does not."""
    sound = line.rstrip(b"\r") == line and device_codec.unseal(line) is not None
    try:
        heard = wire.decode(line)
    except wire.GarbledLine:
        if sound and said.verdict == contract.VALID and _in_json(line[:-9]):
            raise AssertionError(f"the host cannot read {line!r}") from None
        return
    line = line.rstrip(b"\r")
    assert device_codec.unseal(line) is not None, f"the host trusts {line!r}"
    # What is too deep or too long for the device, the host may read: it has the room.
    assert said.verdict == contract.GARBLED or _same(heard, device_codec._load(line[:-9]))


def _in_json(text: bytes) -> bool:
    """Whether all its numbers are numbers: Python's reader takes NaN and 1e999 too."""
    try:
        json.dumps(json.loads(text.decode("ascii")), allow_nan=False)
    except (ValueError, RecursionError):
        return False
    return True


def _round_trip(text: bytes) -> None:
    if not _in_json(text):
        return
    value = json.loads(text.decode("ascii"))
    message = {"jsonrpc": "2.0", "id": 1, "result": value}
    line = device_codec.encode(message)
    assert line[-1:] == b"\n" and line.count(b"\n") == 1 and max(line) < 128
    if len(line) > contract.MAX_LINE:
        return
    assert wire.encode(message) == line, "two codecs, two lines"
    assert _same(wire.decode(line[:-1]), message)
    plain = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
    try:
        plain.encode()
    except UnicodeEncodeError:  # half a pair: CPython cannot write it plainly
        return
    # MicroPython's `json` leaves characters beyond ASCII to the codec.
    told = device_codec._ascii(plain)
    assert max(told) < 128 and _same(json.loads(told), message)


def _same(one: Any, other: Any) -> bool:
    """Equal, with NaN equal to itself and True apart from 1."""
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    return type(one) is type(other) and one == other


def reader(data: bytes) -> set[str]:
    """A stream in pieces: the lines of the contract, however it is cut, in bounded memory."""
    sizes, stream = data[:1] or b"\0", data[1:]
    lines, long, rest = contract.split(stream)
    device = LineReader()
    found: list[bytes] = []
    start, size = 0, sizes[0]
    while start < len(stream):
        size = (size * 7 + 3) % 256
        found += _taken(device, stream[start : start + size + 1])
        start += size + 1
        assert len(device._line) < contract.MAX_LINE
    overlong = device.overlong
    begun = 1 if len(rest) + 1 > contract.MAX_LINE else 0
    assert found == lines, "other lines than were sent"
    assert overlong == long + begun, "a line too long is counted once"
    after = _taken(device, b"\n" + contract.sealed(b"{}") + b"\n")
    assert after[-1] == contract.sealed(b"{}"), "the line after garbage was lost"
    return {f"reader:{min(len(lines), 4)}:{min(overlong, 2)}:{len(rest) > 0}"}


def _taken(device: LineReader, data: bytes) -> list[bytes]:
    device.feed(data)
    lines = []
    while (line := device.take()) is not None:
        lines.append(line)
    return lines


def device(data: bytes) -> set[str]:
    """A whole device, a script of requests, noise and mishaps; and once more without the noise."""
    ops = script.read(data)
    played = Played(ops)
    played.run()
    quiet = [op for op in ops if op.kind not in "!~"]
    if len(quiet) < len(ops) and not played.noise_asked:
        again = Played(quiet)
        again.run()
        assert played.trace == again.trace, "noise changed what was energised"
    return played.seen


class _Replay:
    """A transport that plays lines; its clock moves only where there is nothing left to play."""

    path = "replay:"

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = deque(lines)
        self.asked = 0
        self.clock_s = 0.0

    def send(self, line: bytes) -> None:
        self.asked = wire.decode(line.rstrip(b"\n"))["id"]

    def receive(self, timeout_s: float) -> bytes | None:
        if not self.lines:
            self.clock_s += max(timeout_s, 0.001)
            return None
        self.clock_s += 0.01
        text = self.lines.popleft()
        if text[:1] == b"=":
            return contract.sealed(text[1:].replace(b"$ID", str(self.asked).encode()))
        return text

    def now_s(self) -> float:
        return self.clock_s

    def close(self) -> None:
        pass


_CALLS: tuple[Callable[[Client], Any], ...] = (
    lambda client: client.hello(),
    lambda client: client.status(),
    lambda client: client.poll(1.0),
    lambda client: client.arm({}),
    lambda client: client.start("0"),
    lambda client: client.journal(),
    lambda client: client.set_clock(0),
    lambda client: client.ping(),
    lambda client: client.get_config(),
    lambda client: client.self_test(),
    lambda client: client.stop(),
    lambda client: client.settle(),
)


def host(data: bytes) -> set[str]:
    """The host's client against a device that says anything: only errors with a name come of it."""
    first, lines = data[:1] or b"\0", data[1:].split(b"\n")[:40]
    client = Client(_Replay(lines))
    seen = set()
    for turn in range(4):
        call = _CALLS[(first[0] + turn) % len(_CALLS)]
        try:
            got = call(client)
            seen.add(f"host:{(first[0] + turn) % len(_CALLS)}:{type(got).__name__}")
        except PoulticeError as error:
            assert error.exit_code and str(error)
            seen.add(f"host:{(first[0] + turn) % len(_CALLS)}:{type(error).__name__}")
        assert len(client._held) <= 1024
    for line in lines:
        try:
            message = wire.decode(contract.sealed(line[1:]) if line[:1] == b"=" else line)
        except wire.GarbledLine:
            continue
        notice = host_messages.notification(message)
        assert notice is None or "id" not in message
    return seen


TARGETS: dict[str, Target] = {
    "codec": codec,
    "reader": reader,
    "device": device,
    "host": host,
}
