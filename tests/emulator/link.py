"""Talking to an emulated device over its link, a millisecond at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.options import parse_options
from poultice_core import codec

Message = dict[str, Any]
HEAT: Message = {"mode": "heat", "target_mc": 40_500, "duration_s": 60}
REST: Message = {"mode": "rest", "duration_s": 30}


class Link:
    """One device and everything it has said. `restored` goes on with a device of before."""

    def __init__(self, query: str = "", restored: EmulatedDevice | None = None) -> None:
        self.device = restored or EmulatedDevice(parse_options(query, "emulator"))
        self.heard: list[Message] = []
        self.torn = 0
        self._held = b""
        self._id = 0
        self._pinged_s = self.device.now_s
        self.pinging = False

    @property
    def now_s(self) -> float:
        return self.device.now_s

    def until(self, done: Callable[[], object], limit_s: float = 60.0) -> bool:
        """Let time pass, with a ping every two seconds once `pinging`, until `done()`."""
        end_s = self.now_s + limit_s
        while not done():
            # A step is a millisecond: no more of them for the last bit of a sum.
            if self.now_s >= end_s - 1e-6:
                return False
            self.device.step_ms()
            self._listen()
            if self.pinging and self.now_s - self._pinged_s >= 2.0:
                self._pinged_s = self.now_s
                self.send({"jsonrpc": "2.0", "id": "p", "method": "ping"})
        return True

    def wait(self, seconds: float) -> None:
        self.until(lambda: False, seconds)

    def send(self, message: Message) -> None:
        self.device.host_bytes_in(codec.encode(message))

    def ask(self, method: str, **params: Any) -> int:
        """Send a request; its id."""
        self._id += 1
        self.pinging = True
        self.send({"jsonrpc": "2.0", "id": self._id, "method": method, "params": params})
        return self._id

    def answer(self, asked: int) -> Message | None:
        return next((m for m in self.heard if m.get("id") == asked), None)

    def call(self, method: str, limit_s: float = 3.0, **params: Any) -> Message:
        """The answer."""
        asked = self.ask(method, **params)
        assert self.until(lambda: self.answer(asked), limit_s), f"no answer to {method}"
        return self.answer(asked) or {}

    def status(self) -> Message:
        told: Message = self.call("status")["result"]
        return told

    def boot(self) -> None:
        """Until it is ready, asking like a host does."""
        end_s = self.now_s + 10.0  # a stock image takes 3 s to read its files
        while self.now_s < end_s:
            asked = self.ask("status")
            if self.until(lambda asked=asked: self.answer(asked), 0.5):  # type: ignore[misc]
                told = (self.answer(asked) or {})["result"]
                if told["state"] not in ("boot", "self_test"):
                    return
                self.wait(0.1)
        raise AssertionError("it does not come up")

    def start(self, *phases: Message, attended_s: int = 0, profile: str = "normal") -> None:
        """Arm and start."""
        plan = {
            "name": "test",
            "profile": profile,
            "phases": list(phases),
            "attended_s": attended_s,
        }
        armed = self.call("arm", plan=plan)
        assert "result" in armed, armed
        started = self.call("start", token=armed["result"]["token"])
        assert "result" in started, started

    def heat(self, *phases: Message, attended_s: int = 0) -> None:
        """Start, and go on until the relay proof is over and the pad is heating."""
        self.start(*(phases or (HEAT,)), attended_s=attended_s)
        assert self.until(lambda: self.device.board.energised, 5.0)
        self.wait(1.0)

    @property
    def state(self) -> str | None:
        return self.device.overheard.telemetry.get("state")

    def events(self, kind: str) -> list[Message]:
        return [
            message["params"]
            for message in self.heard
            if message.get("method") == "event" and message["params"]["kind"] == kind
        ]

    def _listen(self) -> None:
        data = self.device.host_bytes_out()
        if not data:
            return
        *lines, self._held = (self._held + data).split(b"\n")
        for line in lines:
            if line:
                text = codec.unseal(line)
                if text is None:
                    self.torn += 1
                else:
                    self.heard.append(json.loads(text))
