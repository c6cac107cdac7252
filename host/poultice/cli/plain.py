"""A session, or several, as lines: on any terminal, in a pipe, in a log."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Sequence

from poultice import words
from poultice.cli import attend, output
from poultice.cli.feed import FRESH, Feed
from poultice.cli.keys import Keyboard, Keys
from poultice.language import both, put, tr
from poultice.link.messages import Event, Telemetry
from poultice.session.tally import ACTIVE

EVERY_S = 60
LOOK_S = 0.1
"""How often it looks for what is new, where it waits for keys too."""

Say = Callable[[str], None]
Show = Callable[[Telemetry | Event], None]


class Told:
    """One session in words: a line for each event, and one a minute of the device's clock."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._start_ms: int | None = None
        self._next_ms = 0

    def show(self, update: Telemetry | Event) -> None:
        """Take what the device said."""
        if isinstance(update, Event):
            if self._start_ms is None and update.kind == "boot":
                return
            event = words.event(update)
            self._say(put("{stamp}  {event}", stamp=self._stamp(update.t_ms), event=event))
        elif update.state in ACTIVE and update.t_ms >= self._next_ms:
            stamp = self._stamp(update.t_ms)
            self._next_ms = update.t_ms + EVERY_S * 1000
            self._say(put("{stamp}  {now}", stamp=stamp, now=_untimed(update)))

    def _stamp(self, t_ms: int) -> str:
        if self._start_ms is None:
            self._start_ms = t_ms
        return words.clock((t_ms - self._start_ms) // 1000)


def _untimed(now: Telemetry) -> str:
    """The device now, without its clock."""
    return both(lambda line: line.partition("  ")[2], words.line(now))


class Lines:
    """The view of `feeds` as lines; `says` has what writes a line for each.

    `shows` takes what the device said; without, it is told in words. With `status` the last line
    is the state now, written over itself. `with_keys`: keys are read, where there is a keyboard.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        keys: Keys,
        says: Sequence[Say],
        *,
        shows: Sequence[Show] = (),
        status: bool = False,
        with_keys: bool = True,
    ) -> None:
        self._feeds = feeds
        self._keys = keys
        self._says = says
        self._shows = shows or [Told(say).show for say in says]
        self._status = status
        self._keyboard = Keyboard() if with_keys else None

    def run(self) -> None:
        """Until all is over, or left."""
        with self._keyboard or contextlib.nullcontext() as keyboard:
            while not self._keys.left:
                FRESH.clear()
                over = all(feed.over for feed in self._feeds)
                self._draw()
                if over:
                    break
                pressed = keyboard.read(LOOK_S) if keyboard is not None else None
                if pressed is None:
                    FRESH.wait(LOOK_S)
                for key in pressed or []:
                    self._press(key)
        if self._status:
            output.status("")

    def _draw(self) -> None:
        for feed, say, show in zip(self._feeds, self._says, self._shows, strict=True):
            for one in feed.drain():
                say(one) if isinstance(one, str) else show(one)
            if feed.prompted:
                self._prompted(feed, say)
        if sum(feed.rang() for feed in self._feeds):
            output.ring()
        if self._status:
            output.status(self._now()[: shutil.get_terminal_size().columns - 1])

    def _prompted(self, feed: Feed, say: Say) -> None:
        """Only what is typed after a prompt was seen to stand answers it."""
        if self._keyboard is None or not attend.at_terminal():
            return
        self._keyboard.forget()
        if not feed.by_button:
            chosen = feed is self._keys.feed
            if chosen:
                say(tr("Enter here answers it too"))
            else:
                say(tr("Enter here answers it too, once k or j has chosen it"))

    def _press(self, key: str) -> None:
        word = self._keys.press(key)
        if self._keys.asking and word is None:
            word = self._keys.question
        if word is not None:
            self._says[self._keys.chosen](word)

    def _now(self) -> str:
        """The chosen one now: what a small terminal has room for."""
        feed = self._keys.feed
        if feed.seen is None:
            return tr("starting")
        name = f"{feed.name}: " if len(self._feeds) > 1 else ""
        return f"{name}{_untimed(feed.seen)}"
