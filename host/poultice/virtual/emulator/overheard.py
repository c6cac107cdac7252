"""What the device says of itself on the wire, in the shape that the simulated user looks at."""

from __future__ import annotations

from typing import Any

from poultice.link import wire
from poultice.link.transport import LineBuffer
from poultice.virtual.simulated_device import IN_SESSION, Seen
from poultice_core import states

_NOTHING = Seen(state=states.BOOT, prompt=states.NO_PROMPT, phase=-1, pending=False)


class Overheard:
    """Listens to the device's lines. Where nobody pings, it hears nothing new.

    Read `guard` (state, phase and prompt, as last told), `left_s` (of the
    session), `started` (has a session started since power-up), `telemetry` (the last).
    """

    def __init__(self) -> None:
        self.guard = _NOTHING
        self.left_s = 0
        self.started = False
        self.telemetry: dict[str, Any] = {}
        self._lines = LineBuffer()

    def listen(self, data: bytes) -> None:
        """Take what the device sent."""
        self._lines.feed(data)
        while (line := self._lines.pop()) is not None:
            try:
                self._hear(wire.decode(line))
            except (wire.GarbledLine, ValueError, TypeError, KeyError):
                # Not for us, or torn.
                continue

    def restarted(self) -> None:
        """The device has forgotten; so do we, until it speaks."""
        self.guard = _NOTHING._replace(pending=self.guard.pending)

    def _hear(self, message: dict[str, Any]) -> None:
        told = message.get("params") if message.get("method") == "telemetry" else None
        result = message.get("result")
        if isinstance(result, dict):
            if "state" in result:
                told = result
            if "session" in result and len(result) == 1:
                self.started = True
                self.guard = self.guard._replace(state=states.RUNNING)
            if result.get("pending") is True:
                self.guard = self.guard._replace(pending=True)
        if isinstance(told, dict):
            self.telemetry = told
            self.guard = self.guard._replace(
                state=states.NAMES.index(told["state"]),
                phase=-1 if told["phase"] is None else int(told["phase"]),
                prompt=states.PROMPTS.index(told["prompt"]),
            )
            self.left_s = int(told["left_s"])
            self.started = self.started or self.guard.state in IN_SESSION
