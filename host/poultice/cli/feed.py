"""From the thread of a session to whoever draws it: one way, and never waited for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from poultice.cli.plain import PlainView
from poultice.cli.wishes import Wishes
from poultice.messages import Event, Telemetry

_KEPT = 20_000


class Feed:
    """A view, to the session; to the dashboard what it has not drawn yet.

    `phases` is the plan in its wire form with what each phase says (empty where none is known),
    `limits` the device's. A dashboard that is gone leaves a deque with a bound; `to_lines` gives
    the rest to plain lines.
    """

    def __init__(
        self,
        name: str,
        wishes: Wishes,
        *,
        title: str = "",
        phases: Sequence[Mapping[str, Any]] = (),
        says: Sequence[str | None] = (),
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self.name = name
        self.wishes = wishes
        self.title = title
        self.phases = phases
        self.says = says
        self.limits: Mapping[str, int] = limits or {}
        self.over = False
        self._held: deque[Telemetry | Event | str] = deque(maxlen=_KEPT)
        self._lines: PlainView | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, update: Telemetry | Event) -> None:
        """Take what the device said."""
        if self._lines is not None:
            self._lines.show(update)
        else:
            self._held.append(update)

    def note(self, text: str) -> None:
        """Something from this side."""
        if self._lines is not None:
            self._lines.note(text)
        else:
            self._held.append(text)

    def drain(self) -> list[Telemetry | Event | str]:
        """What came since the last time, oldest first; notes are plain text."""
        taken = []
        while self._held:
            taken.append(self._held.popleft())
        return taken

    @property
    def in_lines(self) -> bool:
        """Whether it has come to plain lines."""
        return self._lines is not None

    def to_lines(self, say: Callable[[str], None]) -> None:
        """From here on, and for what is held, plain lines through `say`."""
        self._lines = PlainView(say)
        for one in self.drain():
            if isinstance(one, str):
                self._lines.note(one)
            else:
                self._lines.show(one)
