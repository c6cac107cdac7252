"""From the thread of a session to whoever draws it: one way, and never waited for."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from poultice.link.messages import Event, Telemetry
from poultice.session.orders import Orders

_KEPT = 20_000

FRESH = threading.Event()
"""Set whenever any feed has something new: a view without a keyboard waits for it."""


class Feed:
    """What one device says, until a view draws it; a view that is gone leaves a bounded deque.

    `phases` is the plan in its wire form with what each phase says (empty where none is known),
    `limits` the device's. `by_button`: its prompts are left to its button. `seen` is the last
    telemetry that a view took: what a person who presses a key looks at; `prompted`: a prompt was
    new in what it took. With `rings` a bell is due at each prompt and at the end.
    """

    def __init__(
        self,
        name: str,
        orders: Orders,
        *,
        title: str = "",
        phases: Sequence[Mapping[str, Any]] = (),
        says: Sequence[str | None] = (),
        limits: Mapping[str, int] | None = None,
        by_button: bool = False,
        rings: bool = False,
    ) -> None:
        self.name = name
        self.orders = orders
        self.title = title
        self.phases = phases
        self.says = says
        self.by_button = by_button
        self.limits: Mapping[str, int] = limits or {}
        self.seen: Telemetry | None = None
        self._over = False
        self._rings = rings
        self._due = False
        self.prompted = False
        self._prompt: str | None = None
        self._held: deque[Telemetry | Event | str] = deque(maxlen=_KEPT)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._over

    @over.setter
    def over(self, over: bool) -> None:
        self._due = self._due or (over and not self._over)
        self._over = over
        FRESH.set()

    def show(self, update: Telemetry | Event) -> None:
        """Take what the device said."""
        self._held.append(update)
        FRESH.set()

    def note(self, text: object) -> None:
        """Something from this side."""
        self._held.append(str(text))
        FRESH.set()

    def drain(self) -> list[Telemetry | Event | str]:
        """What came since the last time, oldest first; notes are plain text."""
        taken: list[Telemetry | Event | str] = []
        self.prompted = False
        while self._held:
            one = self._held.popleft()
            if isinstance(one, Telemetry):
                self.seen = one
                prompt = one.prompt if one.state == "waiting" else None
                self.prompted = self.prompted or prompt not in (None, self._prompt)
                self._prompt = prompt
            taken.append(one)
        self._due = self._due or self.prompted
        return taken

    def rang(self) -> bool:
        """Whether a bell is due; said once."""
        due, self._due = self._due and self._rings, False
        return due
