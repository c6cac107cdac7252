"""A session as plain lines on stderr, where there is no terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from poultice import words
from poultice.cli import output
from poultice.messages import Event, Telemetry

EVERY_S = 60


class PlainView:
    """A line for each event, and one a minute of the device's clock."""

    def __init__(self, say: Callable[[str], None] = output.say) -> None:
        self._say = say
        self._start_ms: int | None = None
        self._next_ms = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, update: Telemetry | Event) -> None:
        """Take what the device said."""
        if isinstance(update, Event):
            if self._start_ms is None and update.kind == "boot":
                return
            self._say(f"{self._stamp(update.t_ms)}  {words.event(update)}")
            return
        if update.state not in ("running", "waiting", "paused"):
            return
        if update.t_ms >= self._next_ms:
            stamp = self._stamp(update.t_ms)
            self._next_ms = update.t_ms + EVERY_S * 1000
            self._say(f"{stamp}  {words.line(update).partition('  ')[2]}")

    def note(self, text: str) -> None:
        """Something from this side."""
        self._say(text)

    def _stamp(self, t_ms: int) -> str:
        if self._start_ms is None:
            self._start_ms = t_ms
        return words.clock((t_ms - self._start_ms) // 1000)
