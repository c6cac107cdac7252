"""Talking to a virtual device over its link, without the host package's client."""

from __future__ import annotations

import json
from typing import Any

from poultice.virtual.options import parse_options
from poultice.virtual.virtual_device import VirtualDevice
from poultice_core import codec, faults
from poultice_core.board import Store

Message = dict[str, Any]
HEAT: Message = {"mode": "heat", "target_mc": 40_500, "duration_s": 300}
COLD: Message = {"mode": "cold", "target_mc": 12_000, "duration_s": 120}


class Link:
    """One device and everything it has said."""

    def __init__(self, query: str = "", store: Store | None = None) -> None:
        self.device = VirtualDevice(parse_options(query), store)
        self.heard: list[Message] = []
        self.raw = b""
        self._id = 0
        self.wait(1.0)

    def call(self, method: str, **params: Any) -> Message:
        """The answer, within three virtual seconds."""
        self._id += 1
        request: dict[str, object] = {
            "jsonrpc": "2.0",
            "id": self._id,
            "method": method,
            "params": params,
        }
        self.device.host_bytes_in(codec.encode(request))
        for _ in range(30):
            self._listen()
            for message in self.heard:
                if message.get("id") == self._id:
                    return message
            self.device.step()
        raise AssertionError(f"no answer to {method}")

    def wait(self, seconds: float) -> None:
        """Let virtual time pass, with a ping every two seconds once something was asked."""
        for tick in range(round(seconds * 10)):
            self.device.step()
            if self._id and tick % 20 == 0:
                ping: dict[str, object] = {"jsonrpc": "2.0", "id": "p", "method": "ping"}
                self.device.host_bytes_in(codec.encode(ping))
            self._listen()

    def arm(self, *phases: Message, attended_s: int = 0) -> str:
        plan = {"name": "test", "phases": list(phases), "attended_s": attended_s}
        token: str = self.call("arm", plan=plan)["result"]["token"]
        return token

    def start(self, *phases: Message, attended_s: int = 0) -> None:
        """Arm and start; after it the device is in the session."""
        assert "result" in self.call("start", token=self.arm(*phases, attended_s=attended_s))
        assert self.device.in_session

    def until_over(self, limit_s: float = 2500) -> None:
        """To the end of the session."""
        end_s = self.device.now_s + limit_s
        while self.device.in_session and self.device.now_s < end_s:
            self.wait(0.1)
        self.wait(0.5)

    def events(self, kind: str) -> list[Message]:
        return [
            message["params"]
            for message in self.heard
            if message.get("method") == "event" and message["params"]["kind"] == kind
        ]

    @property
    def fault(self) -> str | None:
        return faults.NAMES[self.device.loop.guard.latch.fault]

    def _listen(self) -> None:
        data = self.device.host_bytes_out()
        self.raw += data
        for line in data.split(b"\n"):
            if line:
                text = codec.unseal(line)
                assert text is not None
                self.heard.append(json.loads(text))
