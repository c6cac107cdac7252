"""Which view a terminal gets, and sessions in threads under the full-screen one."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from poultice.cli import attend, output
from poultice.cli.base import option
from poultice.errors import PoulticeError
from poultice.language import later, put, tr

if TYPE_CHECKING:
    from poultice.cli.feed import Feed
    from poultice.cli.keys import Keys
    from poultice.cli.plain import Show

_JOIN_S = 0.2
_TAKEN = attend.signals("SIGTSTP", "SIGCONT", "SIGWINCH", "SIGTTIN", "SIGTTOU")

view_option = option(
    "--view",
    type=click.Choice(["auto", "full", "plain"]),
    default="auto",
    show_default=True,
    help="auto: the full screen where the terminal is large enough for it. plain: lines only.",
)
theme_option = option(
    "--theme",
    type=click.Choice(["auto", "dark", "light"]),
    default="auto",
    show_default=True,
    help="Of the full screen; auto asks COLORFGBG.",
)


def chosen(asked: str, *, as_json: bool = False) -> str:
    """`full`, `status` (lines with a status line) or `plain`: as far as the terminal allows."""
    terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    if asked == "plain" or not terminal:
        if asked == "full":
            output.say(tr("note: no terminal to draw on: plain lines"))
        return "plain"
    why = tr("the log is on this terminal too") if output.is_loud() else _not_full()
    if why is None and not as_json:
        return "full"
    if not attend.at_terminal():
        # In the background the terminal is left alone but for a line now and then.
        return "plain"
    if not as_json:
        output.say(tr("note: {why}: lines instead", why=why))
    return "status"


def _not_full() -> str | None:
    """Why there can be no full screen here, None where there can."""
    if not attend.at_terminal():
        return tr("no keyboard")
    try:
        size = os.get_terminal_size(sys.stderr.fileno())
    except (OSError, ValueError):
        return tr("the terminal does not tell its size")
    # COLUMNS and LINES overrule, as they do for what draws.
    width, height = shutil.get_terminal_size((size.columns, size.lines))
    least = attend.LEAST
    if width < least[0] or height < least[1]:
        return tr(
            "the terminal is {size}, the full view needs {least}",
            size=f"{width}x{height}",
            least=f"{least[0]}x{least[1]}",
        )
    return None


def show(
    feeds: Sequence[Feed],
    works: Sequence[Callable[[], None]],
    *,
    view: str,
    stop_all: Callable[[], None],
    watching: bool = False,
    theme: str = "auto",
    shows: Sequence[Show] = (),
) -> None:
    """Do each of `works` in a thread of its own, shown on a `view`; return once all are done.

    A work keeps its exceptions to itself. Where a view fails, or is left, the rest comes as
    lines, and Ctrl-C still stops them. A watched device is let go of instead.
    """
    from poultice.cli.keys import Keys
    from poultice.cli.plain import Lines

    def work(do: Callable[[], None], feed: Feed) -> None:
        try:
            do()
        finally:
            feed.over = True

    threads = [
        # No daemons: the process stays until each device was told to stop.
        threading.Thread(target=work, args=(do, feed), name=feed.name)
        for do, feed in zip(works, feeds, strict=True)
    ]
    keys = Keys(feeds, stop_all=stop_all, watching=watching)
    says = [prefixed(feed.name) if len(feeds) > 1 else output.say for feed in feeds]
    lines = Lines(
        feeds,
        keys,
        says,
        shows=shows if view != "full" else (),
        status=view == "status",
        with_keys=sys.stderr.isatty() and (not watching or sys.stdout.isatty()),
    )
    try:
        for thread in threads:
            thread.start()
        if view == "full":
            _drawn(feeds, keys, theme=theme)
        with output.behind():
            try:
                lines.run()
            except Exception as error:
                if watching:
                    raise  # nobody is left who watches, and nothing needs anybody
                output.say(tr("note: the view failed ({why}); Ctrl-C stops", why=str(error)))
            if keys.left:
                stop_all()
            _joined(threads)
    except BaseException:
        stop_all()
        _joined(threads)
        raise


def _joined(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        # In short waits: a signal has to be seen in between.
        while thread.is_alive():
            thread.join(_JOIN_S)


def _drawn(feeds: Sequence[Feed], keys: Keys, *, theme: str) -> None:
    failure: BaseException | None = None
    handlers = {name: signal.getsignal(name) for name in _TAKEN}
    held: list[str] = []
    with output.held(held):
        try:
            from poultice.cli.dashboard import Dashboard

            encoding = getattr(sys.__stderr__, "encoding", None) or ""
            app = Dashboard(
                feeds,
                keys,
                unicode=encoding.lower().startswith("utf"),
                light=theme == "light" or (theme == "auto" and _light_terminal()),
            )
            app.run()
            failure = app.failure
        except Exception as error:
            failure = error
    # Textual takes them from whoever comes after it.
    for name, handler in handlers.items():
        signal.signal(name, handler)
    for text in held:
        output.say(text)
    over = all(feed.over for feed in feeds)
    if failure is not None and not over:
        says = later("note: the view failed ({why}): plain lines from here; Ctrl-C stops")
        output.say(tr(says, why=str(failure)))
    if over or keys.left:
        # It was all on the screen.
        for feed in feeds:
            feed.drain()


def prefixed(name: str) -> Callable[[str], None]:
    """Lines on stderr that begin with the device's name."""
    return lambda text: output.say(put("{name}: {text}", name=name, text=text))


def told(name: str | None, error: BaseException) -> None:
    """An error on stderr, with the device's name where there are several."""
    expected = isinstance(error, PoulticeError)
    text = str(error) if expected else tr("unexpected: {what}", what=repr(error))
    text = put("{name}: {text}", name=name, text=text) if name else text
    output.say_error(text, getattr(error, "hint", None))


def _light_terminal() -> bool:
    """What some terminals say of their ground: `15;0` is white on black."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in ("7", "15")
