"""What both whole devices are, simulated and emulated: a board with a person beside it, in time
that somebody else makes pass, and the faults that are due."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

from poultice.errors import UsageError
from poultice.virtual.bath import make_plant
from poultice.virtual.options import SimOptions
from poultice.virtual.plant import Plant
from poultice.virtual.stores import Hold
from poultice.virtual.virtual_board import RING_MS, VirtualBoard
from poultice_core import states

RUN_ON_MAX_S = 45 * 60
WRAP_AFTER_S = 5
REACTION_MS = 5_000
PRESS_MS = 250
HOLD_MS = 3_200
IN_SESSION = (states.RUNNING, states.PAUSED, states.WAITING)


class Seen(NamedTuple):
    """What a person can see of a device: its state, prompt and phase, and whether a configuration
    waits for the button."""

    state: int
    prompt: int
    phase: int
    pending: bool


class SimulatedDevice(ABC):
    """One device on one body, in virtual time.

    Read `alive` (False once power is cut, or it left for a boot loader), `host_lost`, `now_s`,
    `plant`, `board`.
    """

    board: VirtualBoard
    hold: Hold | None = None
    """Its flash's directory, where it has one."""

    def __init__(self, options: SimOptions | None) -> None:
        self.options = options or SimOptions()
        self.alive = True
        self.host_lost = False
        self.late_ms = 0
        self.plant = self._make_plant()
        self._user = User(self) if self.options.user_present else None
        self._started_ms: int | None = None
        self._pending = sorted(
            (round(fault.at_s * 1000), fault.name)
            for fault in self.options.faults
            if fault.at_s is not None
        )

    def _make_plant(self) -> Plant:
        return make_plant(self.options)

    def _start_ms(self) -> int:
        """The tick counter at power-up: 0, or with `tick_wrap@S` so that it wraps 5 s after S.

        S counts from power-up there, a few seconds before the session starts: to count from the
        start itself the counter would have to jump.
        """
        for fault in self.options.faults:
            if fault.name == "tick_wrap":
                return int(RING_MS - ((fault.at_s or 0.0) + WRAP_AFTER_S) * 1000) % RING_MS
        return 0

    def _no_flash(self, error: OSError) -> UsageError:
        return UsageError(
            f"state={self.options.state} cannot hold the device's flash: {error.strerror}",
            hint="give a directory that can be written, or one that does not exist yet",
        )

    # --- time ---------------------------------------------------------------------------

    @property
    def now_s(self) -> float:
        """Virtual seconds since power-up."""
        return self.board.now_ms / 1000

    @property
    def in_session(self) -> bool:
        """Is a session running, paused or waiting, as far as can be seen?"""
        return self.alive and self.seen().state in IN_SESSION

    @abstractmethod
    def seen(self) -> Seen:
        """What the person beside it can see."""

    @abstractmethod
    def step(self) -> None:
        """A tick of the control loop, 100 ms; nothing where the device has no power."""

    def pass_time(self) -> float:
        """The shortest step there is; how many virtual seconds passed."""
        before_s = self.now_s
        self.step()
        return self.now_s - before_s

    def run_until(self, done: Callable[[], bool], limit_s: float = math.inf) -> bool:
        """Step until `done()`, at most `limit_s` of virtual time; what `done` says then."""
        end_s = self.now_s + limit_s
        while not done():
            if not self.alive or self.now_s >= end_s:
                return done()
            self.step()
        return True

    @abstractmethod
    def run_on(self) -> None:
        """To the end of the session, with nobody at the link, at most 45 virtual minutes."""

    @abstractmethod
    def leave(self) -> None:
        """The host goes; what still runs is run to its end where anybody could ask for it."""

    def let_go(self) -> None:
        """Leave the directory of `state` to other processes; the device is used no more."""
        if self.hold is not None:
            self.hold.let_go()

    # --- the link -----------------------------------------------------------------------

    @abstractmethod
    def host_bytes_in(self, data: bytes) -> None:
        """Bytes from the host."""

    @abstractmethod
    def host_bytes_out(self) -> bytes:
        """Bytes for the host since the last call."""

    # --- what befalls it ----------------------------------------------------------------

    @abstractmethod
    def lose_host(self) -> None:
        """The cable is pulled: nothing passes in either direction any more."""

    @abstractmethod
    def cut_power(self) -> None:
        """Everything stops where it is; the flash keeps what was written."""

    @abstractmethod
    def hang(self) -> None:
        """The processor stops where it is, outputs as they are, until something restarts it."""

    def _inject(self, name: str) -> None:
        from poultice.virtual.faults import INJECT

        INJECT[name](self)

    def _boot_faults(self) -> None:
        for fault in self.options.faults:
            if fault.at_s is None:
                self._inject(fault.name)

    def _inject_due(self, started: bool) -> None:
        """What is due, counted from when first a session has `started`."""
        now_ms = self.board.now_ms
        if self._started_ms is None and started:
            self._started_ms = now_ms
        if self._started_ms is not None:
            while self._pending and now_ms - self._started_ms >= self._pending[0][0]:
                self._inject(self._pending.pop(0)[1])


class User:
    """Acts five seconds after a reason to: a prompt, a start left to the button, a configuration
    that waits for a hold, a pack still on when the session is over.

    A pack asked for is laid on, and taken off, even where somebody else answers the prompt.
    """

    def __init__(self, device: SimulatedDevice) -> None:
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
