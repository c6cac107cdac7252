"""What the keys do: the same in every view. Each leaves an order, or a word on why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poultice.cli.feed import Feed

HELP = "keys: s stops, p pauses, r goes on, Enter answers a prompt, q quits"
_STEPS = {"up": -1, "k": -1, "down": 1, "j": 1}


class Keys:
    """The keys on `feeds`; they mean the `chosen` one. `stop_all` is what Ctrl-C does.

    `asking`: whether to stop and leave is asked, and `y` or `n` expected. `left`: a view that
    only watches (`watching`) was left.
    """

    def __init__(
        self, feeds: Sequence[Feed], *, stop_all: Callable[[], None], watching: bool = False
    ) -> None:
        self.chosen = 0
        self.asking = False
        self.left = False
        self._feeds = feeds
        self._stop_all = stop_all
        self.watching = watching

    @property
    def feed(self) -> Feed:
        """The one that is meant."""
        return self._feeds[self.chosen]

    @property
    def question(self) -> str:
        """What is asked."""
        what = "session" if len(self._feeds) == 1 else "sessions, all of them,"
        return f"Stop the {what} and leave? y yes, n no"

    def press(self, key: str) -> str | None:
        """One key, by its character or its name; what there is to say about it."""
        if self.asking and key in ("y", "q", "n", "escape"):
            self.asking = False
            if key in ("y", "q"):
                self.interrupt()
            return None
        if key == "q":
            self.asking = not self.watching
            self.left = self.watching
            return None
        if key == "s":
            self.feed.orders.stop()
            return "you asked for a stop"
        if key in ("p", "r"):
            return self._want(*(("pause", "running") if key == "p" else ("resume", "paused")))
        if key == "enter":
            return self._confirm()
        if key in _STEPS and len(self._feeds) > 1:
            self.chosen = min(max(self.chosen + _STEPS[key], 0), len(self._feeds) - 1)
            return f"the keys mean {self.feed.name}"
        return HELP if len(self._feeds) == 1 else f"{HELP}; j and k choose the device"

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.left = self.watching
        self._stop_all()

    def _want(self, what: str, state: str) -> str:
        wrong = self._wrong(what, state)
        if wrong is None:
            self.feed.orders.want(what)
        return wrong or ("you asked for a pause" if what == "pause" else "you asked to go on")

    def _confirm(self) -> str:
        wrong = self._wrong("confirm", "waiting")
        if self.feed.by_button and wrong is None:
            return "this prompt is left to the device's button"
        seen = self.feed.seen
        if wrong is None and seen is not None and seen.prompt:
            self.feed.orders.confirm(seen.prompt)
        return wrong or "you answered the prompt"

    def _wrong(self, what: str, state: str) -> str | None:
        seen = self.feed.seen
        now = "over" if self.feed.over else seen.state if seen is not None else "starting"
        return None if now == state else f"{what}: not possible while {now}"
