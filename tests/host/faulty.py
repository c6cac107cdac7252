"""The simulated device in this process, behind a link that drops, garbles and answers wrongly."""

from __future__ import annotations

import json
import math
import zlib
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from poultice.errors import DeviceLostError
from poultice.link import wire
from poultice.link.client import Client
from poultice.therapy.phase import Phase
from poultice.therapy.plan import Plan
from poultice.virtual.in_process import InProcessTransport
from poultice.virtual.options import parse_options
from poultice.virtual.told import limits
from poultice.virtual.virtual_device import VirtualDevice
from poultice_core import states

UID = "5100000000000001"
PATH = "serial:/dev/ttyACM9"
LIMITS = limits(parse_options(""))
PRESS_S = 0.3

Json = dict[str, Any]
Answer = Callable[[Any, Callable[[], Any]], Any]


def plan(*phases: tuple[Any, ...], attended_s: int = 10) -> Plan:
    """Each phase as (mode, target_mc, seconds)."""
    return Plan("arthritis", "normal", attended_s, tuple(Phase(*one) for one in phases))


class Refusal(dict[str, Any]):
    """An error answer."""


def error(code: int, message: str = "x", **data: Any) -> Refusal:
    return Refusal(error={"code": code, "message": message, "data": data})


def says(*told: Any) -> Answer:
    """One answer after the other, the last of them for ever; None is silence."""
    left = list(told)
    return lambda params, ask: left.pop(0) if len(left) > 1 else left[0]


def but(**members: Any) -> Answer:
    """The device's own answer, with these members instead."""
    return lambda params, ask: {**ask(), **members}


@dataclass
class Faulty:
    """A transport. Its time passes in `receive` alone, and is the device's.

    `answers` has what is done with a request instead of passing it on, by method: called with its
    params and with what asks the device after all, it gives the result, an `error`, or None for
    silence. `shows` changes what `status` and telemetry show, `reword` the text of any line and
    `mangle` the line as it arrives; None drops it. From `silent_at_s` nothing is heard, from
    `deaf_at_s` the device hears nothing, and at `lost_at_s` the port is gone.
    """

    options: str = ""
    path: str = PATH
    answers: dict[str, Answer] = field(default_factory=dict)
    shows: Callable[[Json], Json] = lambda now: now
    reword: Callable[[str], str | None] = lambda text: text
    mangle: Callable[[bytes], bytes | None] = lambda line: line
    silent_at_s: float = math.inf
    deaf_at_s: float = math.inf
    lost_at_s: float = math.inf
    virtual: bool = True
    asked: list[str] = field(default_factory=list)
    sent: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    closed: bool = False

    def __post_init__(self) -> None:
        self.device = VirtualDevice(parse_options(self.options))
        # What ran in a simulation is no treatment: this one passes for a board.
        self.device.board.name = "pico"
        self._link = InProcessTransport(self.path, self.device, math.inf)
        self._heard: deque[bytes] = deque()
        self._due: list[tuple[float, Callable[[], object]]] = []
        self.device.run_until(lambda: self.device.now_s >= 1)  # its self-test
        self.start_s = self.device.now_s

    # What befalls it.

    def at(self, second: float, do: Callable[[], object]) -> None:
        """Once so much of its time has passed since it was made."""
        self._due.append((self.start_s + second, do))

    def press(self, seconds: float = PRESS_S) -> None:
        """A finger on its button."""
        self.device.board.button_down = True
        self.at(self.clock_s + seconds, lambda: setattr(self.device.board, "button_down", False))

    def befalls(self, fault: str, at_s: float) -> Self:
        """One of the faults of `sim:`, by this clock and not the session's."""
        self.at(at_s, lambda: self.device._inject(fault))
        return self

    def stopped(self, at_s: float, reason: str = "button") -> Self:
        """A press ends it then, and for that reason as it tells it."""
        self.at(at_s, self.press)
        self.reword = lambda text: text.replace('"button"', f'"{reason}"')
        return self

    def running(self, seconds: int = 600) -> Self:
        """It runs somebody else's session."""
        client = Client(self)
        wire_plan = plan(("heat", 39_000, seconds), attended_s=0).to_wire()
        client.start(client.arm(wire_plan)["token"])
        self.asked.clear()
        return self

    def inject(self, line: bytes) -> None:
        """Bytes as the host will see them next, without a line feed."""
        self._heard.append(line)

    def passes(self, seconds: float) -> None:
        """Time, with nobody at the link."""
        end_s = self.clock_s + seconds
        while self.clock_s < end_s:
            self._pass(0.1)
        self._heard.clear()

    def config(self) -> Json:
        """What it holds in force, asked past all that befalls the link."""
        return Client(self._link).get_config()

    @property
    def clock_s(self) -> float:
        """Seconds since it was made."""
        return self.now_s() - self.start_s

    @property
    def state(self) -> str:
        return states.NAMES[self.device.loop.guard.course.state]

    # The transport.

    def send(self, line: bytes) -> None:
        self._require()
        message = wire.decode(line.rstrip(b"\n")) if line.strip() else {}
        method = str(message.get("method"))
        if message:
            self.asked.append(method)
            self.sent[method].append(message.get("params"))
        if self.clock_s >= min(self.deaf_at_s, self.silent_at_s):
            return
        if method not in self.answers:
            self._link.send(line)
            return
        told = self.answers[method](message.get("params"), lambda: self._ask(line, message["id"]))
        if told is not None:
            body = told if isinstance(told, Refusal) else {"result": told}
            self._take(wire.encode({"jsonrpc": "2.0", "id": message["id"], **body})[:-1])

    def receive(self, timeout_s: float) -> bytes | None:
        end_s = self.now_s() + timeout_s
        while not self._heard:
            self._require()
            left_s = end_s - self.now_s()
            if left_s <= 1e-9:
                return None
            self._pass(min(0.1, left_s))
        return self._heard.popleft()

    def now_s(self) -> float:
        return self._link.now_s()

    def close(self) -> None:
        self.closed = True

    def client(self) -> Client:
        return Client(self)

    def _require(self) -> None:
        if self.clock_s >= self.lost_at_s:
            raise DeviceLostError("the port is gone")

    def _ask(self, line: bytes, asked: int) -> Any:
        """The device's own answer; what it says besides is heard later."""
        self._link.send(line)
        while (heard := self._link.receive(1.0)) is not None:
            message = wire.decode(heard)
            if message.get("id") == asked:
                return message["result"] if "result" in message else Refusal(error=message["error"])
            self._take(heard)
        raise AssertionError("the device gave no answer")

    def _pass(self, seconds: float) -> None:
        for one in [one for one in self._due if one[0] <= self.now_s()]:
            self._due.remove(one)
            one[1]()
        line = self._link.receive(seconds)
        if line is not None:
            self._take(line)

    def _take(self, line: bytes) -> None:
        message = wire.decode(line)
        for name in ("result", "params"):
            now = message.get(name)
            if isinstance(now, dict) and "temp_mc" in now and "phase_left_s" in now:
                message[name] = self.shows(now)
        text = self.reword(json.dumps(message, separators=(",", ":")))
        if text is None or self.clock_s >= self.silent_at_s:
            return
        sealed = self.mangle(b"%s*%08x" % (text.encode(), zlib.crc32(text.encode())))
        if sealed is not None:
            self._heard.append(sealed)
