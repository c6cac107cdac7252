"""The keys of a terminal, one by one, and what they do: the same in every view. Each leaves an
order, or a word on why not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

from poultice.cli import ask, attend, terminal
from poultice.language import later, tr

if TYPE_CHECKING:
    from poultice.cli.feed import Feed

HELP = later("keys: s stops, p pauses, r goes on, Enter answers a prompt, q quits")
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
        if len(self._feeds) == 1:
            return tr("Stop the session and leave? y yes, n no")
        return tr("Stop the sessions, all of them, and leave? y yes, n no")

    def press(self, key: str) -> str | None:
        """One key, by its character or its name; what there is to say about it."""
        answer = letters().get(key, {"q": ask.YES, "escape": ask.NO}.get(key))
        if self.asking and answer is not None:
            self.asking = False
            if answer == ask.YES:
                self.interrupt()
            return None
        if key == "q":
            self.asking = not self.watching
            self.left = self.watching
            return None
        if key == "s":
            self.feed.orders.stop()
            return tr("you asked for a stop")
        if key in ("p", "r"):
            return self._want(*(("pause", "running") if key == "p" else ("resume", "paused")))
        if key == "enter":
            return self._confirm()
        if key in _STEPS and len(self._feeds) > 1:
            self.chosen = min(max(self.chosen + _STEPS[key], 0), len(self._feeds) - 1)
            return tr("the keys mean {name}", name=self.feed.name)
        if len(self._feeds) == 1:
            return tr(HELP)
        return tr("{keys}; j and k choose the device", keys=tr(HELP))

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.left = self.watching
        self._stop_all()

    def _want(self, what: str, state: str) -> str:
        wrong = self._wrong(what, state)
        if wrong is None:
            self.feed.orders.want(what)
        return wrong or (
            tr("you asked for a pause") if what == "pause" else tr("you asked to go on")
        )

    def _confirm(self) -> str:
        wrong = self._wrong("confirm", "waiting")
        if self.feed.by_button and wrong is None:
            return tr("this prompt is left to the device's button")
        seen = self.feed.seen
        if wrong is None and seen is not None and seen.prompt:
            self.feed.orders.confirm(seen.prompt)
        return wrong or tr("you answered the prompt")

    def _wrong(self, what: str, state: str) -> str | None:
        seen = self.feed.seen
        now = "over" if self.feed.over else seen.state if seen is not None else "starting"
        if now == state:
            return None
        return tr("{what}: not possible while {state}", what=tr(what), state=tr(now))


_WORD_S = 1.0
_WITHOUT_ENTER = "sprqynjk"
_NAMES = {"\x1b": "escape", "\x1b[A": "up", "\x1b[B": "down"}


def letters() -> dict[str, str]:
    """The keys that answer a question, to YES or NO."""
    return {key: one for key, one in ask.understood().items() if len(key) == 1 and one != ask.BACK}


class Keyboard:
    """`read` gives the keys. In the background, and without a terminal, there are none.

    They act without Enter, and with it: one that ends a word belongs to that word. Only an empty
    line, with nothing typed since `forget`, is the key `enter`.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._terminal: terminal.Terminal | None = None
        self._typed = False
        self._word_until_s = -1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._terminal is not None and attend.at_terminal():
            self._terminal.give_back()

    def read(self, timeout_s: float) -> list[str] | None:
        """What was pressed within that time; None, at once, where there is no keyboard."""
        if not attend.at_terminal() or not self._here().take():
            return None
        text = self._here().read(timeout_s)
        if text is None or not attend.at_terminal():
            return []
        # Nothing to read where something was: the terminal is gone.
        return self.keys(text) if text else None

    def keys(self, text: str) -> list[str]:
        """The keys in what was typed.

        A key acts where it begins a word or follows another that acted: a word that is no key is
        one key that is none.
        """
        if text.startswith("\x1b"):
            return [_NAMES.get(text, "?")]
        found: list[str] = []
        in_word = self._clock_s() < self._word_until_s
        for char in text:
            if char in "\r\n":
                if not self._typed:
                    found.append("enter")
                self._typed = in_word = False
            elif not in_word:
                self._typed = True
                found.append(char.lower())
                in_word = found[-1] not in _WITHOUT_ENTER and found[-1] not in letters()
        self._word_until_s = self._clock_s() + _WORD_S if in_word else -1.0
        return found

    def forget(self) -> None:
        """What was typed until now is none of what comes next."""
        self._typed, self._word_until_s = False, -1.0
        if attend.at_terminal():
            self._here().flush()

    def _here(self) -> terminal.Terminal:
        if self._terminal is None:
            self._terminal = terminal.here()
        return self._terminal
