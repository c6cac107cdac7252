"""The person at the simulated device: lays packs, takes them off, presses the one button."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from poultice.virtual.plant import Plant
from poultice.virtual.virtual_board import VirtualBoard
from poultice_core import states


class Seen(NamedTuple):
    """What a person can see of a device: its state, prompt and phase, and whether a configuration
    waits for the button."""

    state: int
    prompt: int
    phase: int
    pending: bool


class Attended(Protocol):
    """What of a device a person sees and touches."""

    @property
    def board(self) -> VirtualBoard:
        """With the button."""

    @property
    def plant(self) -> Plant:
        """The pad and the body."""

    def seen(self) -> Seen:
        """What it shows."""


REACTION_MS = 5_000
PRESS_MS = 250
HOLD_MS = 3_200


class User:
    """Acts five seconds after a reason to: a prompt, a start left to the button, a configuration
    that waits for a hold, a pack still on when the session is over.

    A pack asked for is laid on, and taken off, even where somebody else answers the prompt.
    """

    def __init__(self, device: Attended) -> None:
        self._device = device
        self._reason: object = None
        self._due_ms = 0
        self._release_ms: int | None = None

    def act(self) -> None:
        """One look, once a tick."""
        device = self._device
        if (
            device.seen().state == states.RUNNING
            and self._release_ms is None
            and self._reason is None
        ):
            return
        now_ms = device.board.now_ms
        if self._release_ms is not None and now_ms >= self._release_ms:
            self._release_ms = None
            device.board.button_down = False
        if self._reason is not None and now_ms >= self._due_ms:
            reason, self._reason = self._reason, None
            self._do(reason, now_ms)
        wanted = self._wanted()
        if wanted is not None and wanted != self._reason and self._release_ms is None:
            self._reason = wanted
            self._due_ms = now_ms + REACTION_MS

    def _wanted(self) -> object:
        """What there is to do now, None for nothing."""
        device = self._device
        seen = device.seen()
        state = seen.state
        if state == states.RUNNING:
            return None
        if state == states.WAITING:
            return (seen.prompt, seen.phase)
        if state == states.ARMED:
            return "start"
        if state == states.IDLE and seen.pending:
            return "confirm"
        if device.plant.pack_on and state in (states.IDLE, states.FAULT):
            return "off"
        return None

    def _do(self, reason: object, now_ms: int) -> None:
        device = self._device
        seen = device.seen()
        if isinstance(reason, tuple):
            if reason[0] == states.LAY_PACK:
                device.plant.lay_pack()
            elif reason[0] == states.REMOVE_PACK:
                device.plant.remove_pack()
            if seen.state == states.WAITING and (seen.prompt, seen.phase) == reason:
                self._press(now_ms, PRESS_MS)
        elif reason == "off":
            device.plant.remove_pack()
        elif reason == "start" and seen.state == states.ARMED:
            self._press(now_ms, PRESS_MS)
        elif reason == "confirm" and seen.state == states.IDLE:
            self._press(now_ms, HOLD_MS)

    def _press(self, now_ms: int, length_ms: int) -> None:
        self._device.board.button_down = True
        self._release_ms = now_ms + length_ms
