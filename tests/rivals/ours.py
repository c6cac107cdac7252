"""Ours among the others: the real firmware core on the virtual board, over its link."""

from __future__ import annotations

import json
from typing import Any

from poultice.virtual.options import SimOptions
from poultice.virtual.virtual_board import VirtualBoard
from poultice.virtual.virtual_device import VirtualDevice
from poultice_core import codec, faults, states
from tests.rivals.contender import TICK_S
from tests.rivals.rules import CHOSEN, Rule

SESSION_S = 1200
ATTENDED_S = 10  # as `poultice run` asks for
_PING_TICKS = 20
_ANSWER_TICKS = 50


class Ours:
    """One device, armed and started by a host that pings it as `poultice run` does."""

    name = "poultice"
    title = "poultice"
    rules = (
        Rule("every requirement SR-01 to SR-24, as the firmware has it", "docs/design/safety.md"),
        Rule("two sensors, SENSE, two relays: the reference build", "docs/design/hardware.md"),
        Rule(
            "a session of 20 min with an attended timer of 10 s, as `poultice run` asks", "", CHOSEN
        ),
        Rule("42 °C in every row: its two-point check passes even a wrong part", "", CHOSEN),
    )

    def __init__(
        self,
        density_w_cm2: float,
        *,
        seed: int = 1,
        session_s: int = SESSION_S,
        options: SimOptions | None = None,
    ) -> None:
        told = (options or SimOptions())._replace(pad_w_cm2=density_w_cm2, seed=seed)
        self.device = VirtualDevice(told._replace(user_present=False))
        self.ended: str | None = None
        self.heard = b""
        """What the device said to the ping of this tick, and before it, if there was one."""
        self._session_s = session_s
        self._requests = 0
        self._ping_ticks = 0

    @property
    def board(self) -> VirtualBoard:
        """What it is wired to."""
        return self.device.board

    @property
    def energised(self) -> bool:
        """Did the pad get power in the last tick?"""
        return self.device.board.energised

    def begin(self, target_c: float) -> None:
        """Arm and start. What is refused is the end of it, with the reason."""
        if not self._requests:
            self._wait_until_ready()
        self.ended = None
        phase = {"mode": "heat", "target_mc": round(target_c * 1000), "duration_s": self._session_s}
        plan = {"name": "comparison", "attended_s": ATTENDED_S, "phases": [phase]}
        armed = self._call("arm", {"plan": plan})
        if "error" in armed:
            self.ended = f"refused: {armed['error']['message']}"
            return
        started = self._call("start", {"token": armed["result"]["token"]})
        if "error" in started:
            self.ended = f"refused: {started['error']['message']}"

    def advance(self) -> None:
        """One tick, with a ping every two seconds while there is a host."""
        device = self.device
        device.step()
        self.heard = b""
        self._ping_ticks += 1
        if self._ping_ticks >= _PING_TICKS:
            self._ping_ticks = 0
            device.host_bytes_in(codec.encode({"jsonrpc": "2.0", "id": 0, "method": "ping"}))
            self.heard = device.host_bytes_out()
        if self.ended is None and not device.in_session:
            self.ended = self._reason()

    def stop(self) -> None:
        """Nobody has to: the device ends its session by itself."""

    def hang(self) -> None:
        """The processor stops; the chip's watchdog restarts it."""
        self.device.hang()

    def brown_out(self) -> None:
        """The controller starts again."""
        self.device.brown_out()

    def lose_host(self) -> None:
        """The cable is pulled."""
        self.device.lose_host()

    def _reason(self) -> str:
        guard = self.device.loop.guard
        if guard.latch.fault != faults.NONE:
            return str(faults.NAMES[guard.latch.fault])
        return "session over" if guard.course.outcome == states.COMPLETE else "stopped"

    def _wait_until_ready(self) -> None:
        guard = self.device.loop.guard
        self.device.run_until(lambda: guard.state in (states.IDLE, states.FAULT), 10.0)
        # The first second of readings is what `arm` judges.
        self.device.run_until(lambda: False, 1.0 - TICK_S)

    def _send(self, method: str, params: dict[str, object]) -> None:
        self._requests += 1
        request: dict[str, object] = {
            "jsonrpc": "2.0",
            "id": self._requests,
            "method": method,
            "params": params,
        }
        self.device.host_bytes_in(codec.encode(request))

    def _call(self, method: str, params: dict[str, object]) -> dict[str, Any]:
        self._send(method, params)
        heard = b""
        for _ in range(_ANSWER_TICKS):
            heard += self.device.host_bytes_out()
            for line in heard.split(b"\n")[:-1]:
                text = codec.unseal(line)
                answer: dict[str, Any] = json.loads(text) if text is not None else {}
                if answer.get("id") == self._requests:
                    return answer
            self.device.step()
        return {"error": {"message": "no answer"}}
