"""Presses and holds of the one button, told apart by the state they began in.

A press acts on its edge, but in `waiting` on its release, if that comes before 1.0 s. A hold
fires once. A press that has acted, or whose state has gone, is spent until the next one.
"""

from . import states

NOTHING = 0
PRESS = 1
SHORT = 2
HOLD = 3

_WAIT_HOLD_MS = 1_000
_HOLD_MS = 3_000


class Button:
    """One look a tick at the debounced level."""

    def __init__(self) -> None:
        self._down = True
        self._spent = True
        self._state = states.BOOT
        self._held_ms = 0

    def look(self, pressed: bool, state: int, dt_ms: int) -> int:
        """PRESS, SHORT or HOLD, at most one a press; `state` is the guard's."""
        if not pressed:
            short = self._down and not self._spent and self._state == state == states.WAITING
            self._down = False
            self._spent = False
            return SHORT if short else NOTHING
        if not self._down:
            self._down = True
            self._state = state
            self._held_ms = 0
            if state in (states.ARMED, states.RUNNING, states.PAUSED):
                self._spent = True
                return PRESS
            return NOTHING
        if self._spent:
            return NOTHING
        if state != self._state:
            self._spent = True
            return NOTHING
        self._held_ms += dt_ms
        if self._held_ms >= (_WAIT_HOLD_MS if state == states.WAITING else _HOLD_MS):
            self._spent = True
            return HOLD
        return NOTHING
