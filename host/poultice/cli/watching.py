"""`poultice watch`: one device or several, as lines or drawn; never a session's owner."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from poultice.cli import attend, fleet, output, views
from poultice.cli.feed import Feed
from poultice.cli.wishes import Wishes
from poultice.errors import (
    DeviceFaultError,
    DeviceTimeoutError,
    ExitCode,
    RefusedError,
)

if TYPE_CHECKING:
    from poultice.client import Client
    from poultice.messages import Event, Telemetry

_POLL_S = 0.5


def watch(
    paths: Sequence[str], for_s: float | None, *, view: str, theme: str, as_json: bool
) -> None:
    """Until Ctrl-C, the end of `for_s` seconds of the device's clock, or `q`.

    One device that is lost raises its error; of several the others are watched on, and the
    process ends with the worst exit code.
    """
    full = not as_json and _drawable(view) and views.chosen(view) == "full"
    if len(paths) < 2 and not full:
        _in_this_thread(paths[0] if paths else None, for_s, as_json=as_json)
        return
    fleet.distinct(paths)
    watched = [_Watched(path, for_s) for path in (*paths, *([] if paths else [None]))]
    several = len(watched) > 1
    for one in watched:
        if not full:
            one.told = _printer(one.path, as_json=as_json)
        if not several:
            # Found out before the screen is taken.
            one.open()
    # Not KeyboardInterrupt: the screen has to be given back, also where the terminal ends.
    with attend.Interrupts("leaving; the devices go on") as interrupts:
        views.in_threads(
            [one.feed for one in watched],
            [lambda one=one: one.watch(interrupts.asked) for one in watched],  # type: ignore[misc]
            full=full,
            stop_all=interrupts.press,
            watching=True,
            theme=theme,
        )
    failed = [one for one in watched if one.failure is not None]
    if not several and failed and failed[0].failure is not None:
        raise failed[0].failure
    codes = [int(ExitCode.DONE)]
    for one in failed:
        if one.failure is not None:
            views.told(one.path, one.failure)
            codes.append(int(getattr(one.failure, "exit_code", ExitCode.UNEXPECTED)))
    if several:
        raise click.exceptions.Exit(min(codes, key=fleet.WORST_FIRST.index))


class _Watched:
    """One device, and what came of watching it."""

    def __init__(self, path: str | None, for_s: float | None) -> None:
        self.path = path
        self.failure: BaseException | None = None
        self.wishes = Wishes()
        self.feed = Feed(path or "the device", self.wishes)
        self.told: Callable[[Telemetry | Event], None] = self.feed.show
        self._for_s = for_s
        self._client: Client | None = None

    def open(self) -> None:
        """Get hold of the device."""
        from poultice import discovery

        self._client = discovery.open_device(self.path)
        try:
            hello = self._client.hello()
        except BaseException:
            self._client.close()
            raise
        self.feed.name = self.path or self._client.path
        self.feed.limits = hello.limits

    def watch(self, leaving: Callable[[], bool]) -> None:
        """Until it is left or lost."""
        try:
            if self._client is None:
                self.open()
            if self._client is not None:
                with self._client as client:
                    self._follow(client, leaving)
        except Exception as error:
            self.failure = error
            self.feed.note(str(error))

    def _follow(self, client: Client, leaving: Callable[[], bool]) -> None:
        end_s = None if self._for_s is None else client.now_s() + self._for_s
        self.told(client.status())
        while not leaving() and (end_s is None or client.now_s() < end_s):
            left_s = _POLL_S if end_s is None else min(_POLL_S, end_s - client.now_s())
            update = client.poll(max(0.0, left_s))
            if update is not None:
                self.wishes.heard(update)
                self.told(update)
            self._do(client)

    def _do(self, client: Client) -> None:
        """What a key asked for; the device may well decline."""
        wanted = self.wishes.wanted()
        calls: list[Callable[[], Any]] = []
        if self.wishes.took_stop():
            calls.append(client.stop)
        if self.wishes.answered():
            calls.append(client.confirm)
        if wanted is not None:
            calls.append(client.pause if wanted == "pause" else client.resume)
        for call in calls:
            try:
                call()
            except (RefusedError, DeviceFaultError, DeviceTimeoutError) as error:
                self.feed.note(str(error))


def _drawable(view: str) -> bool:
    """Data goes to stdout: only where that is the terminal too is it drawn instead."""
    return view in ("auto", "full") and sys.stdout.isatty() and sys.stderr.isatty()


def _printer(path: str | None, *, as_json: bool) -> Callable[[Telemetry | Event], None]:
    return lambda update: output.stream("watch", update, as_json=as_json, device=path)


def _in_this_thread(path: str | None, for_s: float | None, *, as_json: bool) -> None:
    from poultice import discovery

    with discovery.open_device(path) as client:
        client.hello()
        end_s = None if for_s is None else client.now_s() + for_s
        try:
            while end_s is None or client.now_s() < end_s:
                left_s = 1.0 if end_s is None else min(1.0, end_s - client.now_s())
                update = client.poll(max(0.0, left_s))
                if update is not None:
                    output.stream("watch", update, as_json=as_json)
        except KeyboardInterrupt:
            # Watching ends; what is watched goes on.
            return
