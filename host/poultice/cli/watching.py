"""`poultice watch`: one device or several, as lines or drawn; never a session's owner."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from poultice import words
from poultice.cli import attend, fleet, output, views
from poultice.cli.base import asked_for_json
from poultice.cli.feed import Feed
from poultice.errors import PoulticeError
from poultice.language import later, put, tr
from poultice.link.messages import Event, Telemetry
from poultice.session.orders import Orders
from poultice.session.takeover import take_over

if TYPE_CHECKING:
    from poultice.link.client import Client

# So many readings long is a closing entry waited for: it is saved first.
_LOOKS = 5


def watch(paths: Sequence[str], for_s: float | None, *, view: str, theme: str) -> None:
    """Until Ctrl-C, the end of `for_s` seconds of the device's clock, or `q`.

    One device that is lost raises its error; of several the others are watched on, and the
    process ends with the worst exit code.
    """
    as_json = asked_for_json()
    full = not as_json and _drawable(view) and views.chosen(view) == "full"
    fleet.distinct(paths)
    several = len(paths) > 1
    watched = [_Watched(path, for_s, several=several) for path in paths or (None,)]
    if not several:
        # Found out before the screen is taken.
        watched[0].open()

    def leave() -> None:
        for one in watched:
            one.feed.orders.abandon()

    # Not KeyboardInterrupt: the screen has to be given back, also where the terminal ends.
    with attend.Interrupts(later("leaving; the devices go on"), leave) as interrupts:
        views.show(
            [one.feed for one in watched],
            [one.watch for one in watched],
            view="full" if full else "plain",
            stop_all=interrupts.press,
            watching=True,
            theme=theme,
            shows=[_printer(one.path if several else None, as_json=as_json) for one in watched],
        )
    for one in watched:
        if one.error is not None and not several:
            raise one.error
        if one.error is not None:
            views.told(one.path, one.error)
    if several:
        raise click.exceptions.Exit(fleet.worst(watched))


class _Watched:
    """One device, and what came of watching it."""

    def __init__(self, path: str | None, for_s: float | None, *, several: bool) -> None:
        self.path = path
        self.several = several
        self.error: BaseException | None = None
        self.feed = Feed(path or "the device", Orders())
        self._for_s = for_s
        self._client: Client | None = None
        self._late = True
        self._looks = 0
        self._session: int | None = None
        self._warned: list[str] = []

    def open(self) -> Client:
        """Get hold of the device."""
        from poultice.device import discovery

        self._client = client = discovery.open_device(self.path)
        try:
            hello = client.hello()
        except BaseException:
            client.close()
            raise
        self.feed.name = self.path or client.path
        self.feed.limits = hello.limits
        for note in take_over(client, hello, awaited=True):
            self.feed.note(note)
        return client

    def watch(self) -> None:
        """Until it is left or lost."""
        from poultice.session import engine

        feed = self.feed
        try:
            with self._client or self.open() as client:
                tell = partial(self._tell, client)
                engine.follow(client, feed.orders, tell, feed.note, for_s=self._for_s)
        except Exception as error:
            self.error = error
            if self.several:
                feed.note(error)

    def _tell(self, client: Client, update: Telemetry | Event) -> None:
        """Show it. Of a session that began before this was watching, its closing entry tells
        whether it had warned of little treatment (SR-26)."""
        self.feed.show(update)
        if isinstance(update, Telemetry):
            self._session = update.session or self._session
            if self._looks:
                self._looks -= 1
                self._look(client)
        elif self._late:
            over = update.kind in ("complete", "stopped")
            self._late = not (over or (update.kind == "phase" and not update.data.get("phase")))
            if words.little_at_end(update, self._warned) is None and over:
                self._looks = _LOOKS

    def _look(self, client: Client) -> None:
        with contextlib.suppress(PoulticeError):
            for entry in client.entries():
                if entry.get("session") == self._session:
                    self._looks = 0
                    if words.treated_little(entry.get("warnings")):
                        self.feed.note(tr("warning: little was treated in this session"))


def _drawable(view: str) -> bool:
    """Data goes to stdout: only where that is the terminal too is it drawn instead."""
    return view in ("auto", "full") and sys.stdout.isatty() and sys.stderr.isatty()


def _printer(path: str | None, *, as_json: bool) -> Callable[[Telemetry | Event], None]:
    warned: list[str] = []

    def show(update: Telemetry | Event) -> None:
        output.stream("watch", update, as_json=as_json, device=path)
        little = words.little_at_end(update, warned)
        if little is not None and not as_json:
            output.say(put("{path}: {what}", path=path, what=little) if path else little)

    return show
