"""The dashboard: a full screen for one session or several.

It draws, and leaves orders; it never calls a device. Whatever becomes of it, the sessions are in
threads of their own and end as they would without it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from queue import Full
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.drivers.linux_driver import LinuxDriver
from textual.filter import Monochrome, NoColor
from textual.strip import Strip
from textual.theme import Theme
from textual.widget import Widget
from textual.widgets import Footer

from poultice import words
from poultice.cli import output
from poultice.cli.attend import LEAST
from poultice.cli.dashboard import chart, panels
from poultice.cli.dashboard.course import Course
from poultice.cli.dashboard.drawn import ASCII, GROUNDS, UNICODE, Line, plain, style
from poultice.cli.feed import Feed
from poultice.cli.keys import Keys, letters
from poultice.language import later, tr

LOOK_S = 0.25
"""How often it looks for what is new; drawn only where there is."""

_WAIT_S = 0.5
_LOG_LINES = 3
_LIST_LINES = 6


def _theme(light: bool) -> Theme:
    ink = "#1d1f21" if light else "#e8e6e3"
    return Theme(
        name="light" if light else "dark",
        primary="#8f2e00" if light else "#ff9a70",
        foreground=ink,
        background=GROUNDS[""][light],
        surface=GROUNDS[""][light],
        panel="#e4e0d6" if light else "#2a3138",
        dark=not light,
        variables={"footer-key-foreground": "#8f2e00" if light else "#ff9a70"},
    )


def _in_words(one: Binding) -> Binding:
    """A key, with what the footer says of it in the language in use."""
    shown = tr(one.key_display) if one.key_display else None
    return replace(one, description=tr(one.description), key_display=shown)


class Panel(Widget, can_focus=False):
    """Shows `lines`; redraws only those that changed. No layout, no markup: a frame stays cheap."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.lines: list[Line] = []
        self._light = False

    def show(self, lines: list[Line], *, light: bool) -> None:
        """These from now on."""
        if lines != self.lines or light != self._light:
            self.lines = lines
            self._light = light
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, as wide as the widget."""
        width = self.size.width
        line = self.lines[y] if y < len(self.lines) else []
        light, coloured = self._light, not self.app.no_color
        styled = ((output.clean(text), _style(name, light, coloured)) for text, name in line)
        segments = [Segment(text, look) for text, look in styled]
        return Strip(segments).adjust_cell_length(width, _style("", light, coloured))


@cache
def _style(name: str, light: bool, coloured: bool) -> Style:
    return Style.parse(style(name, light=light, coloured=coloured))


class Driver(LinuxDriver):
    """Textual's, which waits for ever for a writer that has died of a terminal that is gone."""

    def write(self, data: str) -> None:
        """Write to the terminal, as long as there is one."""
        writer = self._writer_thread
        while writer is not None and writer.is_alive():
            try:
                writer._queue.put(data, timeout=_WAIT_S)
            except Full:
                continue
            return

    def close(self) -> None:
        """Let go of the terminal."""
        writer = self._writer_thread
        if writer is not None and writer.is_alive():
            super().close()


class Dashboard(App[None]):
    """Draws `feeds`; ends by itself once every one of them is over.

    `keys` are shared with the lines that may come after it. `failure` is the exception that
    ended it, None where none did.
    """

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    AUTO_FOCUS = None
    TITLE = "poultice"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "press('p')", later("Pause")),
        Binding("r", "press('r')", later("Resume")),
        Binding("s", "press('s')", later("Stop")),
        Binding("enter", "press('enter')", later("Confirm"), key_display="Enter", priority=True),
        Binding("up,k", "press('up')", later("Device"), key_display=later("Up/Down")),
        Binding("down", "press('down')", show=False),
        Binding("j", "press('j')", show=False),
        Binding("t", "theme", later("Light/dark")),
        Binding("q", "press('q')", later("Quit")),
        Binding("ctrl+q", "press('q')", show=False, priority=True),
        Binding("y", "press('y')", show=False),
        Binding("n,escape", "press('n')", show=False),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
    ]

    def __init__(
        self,
        feeds: Sequence[Feed],
        keys: Keys,
        *,
        unicode: bool = True,
        light: bool = False,
        look_s: float | None = LOOK_S,
    ) -> None:
        super().__init__(driver_class=Driver)
        bound = self._bindings.key_to_bindings
        for key, held in bound.items():
            bound[key] = [_in_words(one) for one in held]
        for letter in letters().keys() - bound.keys():
            self.bind(letter, f"press('{letter}')", show=False)
        self.failure: BaseException | None = None
        if self.no_color:
            # Textual's own answer to NO_COLOR is greys, which are colours too.
            self._filters = [
                NoColor() if isinstance(one, Monochrome) else one for one in self._filters
            ]
        self.courses = [
            Course(feed.name, feed.title, feed.phases, feed.says, feed.limits) for feed in feeds
        ]
        self._feeds = list(feeds)
        self._keys = keys
        self._marks = UNICODE if unicode else ASCII
        self._light = light
        self._look_s = look_s
        for one in (False, True):
            self.register_theme(_theme(one))
        self.theme = "light" if light else "dark"

    @property
    def course(self) -> Course:
        """The one that is shown in full, and that the keys act on."""
        return self.courses[self._keys.chosen]

    def compose(self) -> ComposeResult:
        """The panels, from the top."""
        for name in ("heading", "list", "timeline", "curve", "axis", "message", "facts", "log"):
            yield Panel(name)
        yield Panel("small")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin to look."""
        if len(self.courses) > 1:
            self.screen.add_class("several")
            self.query_one("#list").styles.height = min(len(self.courses), _LIST_LINES)
        if self._look_s is not None:
            self.set_interval(self._look_s, self.look)
        self.draw()

    def on_resize(self) -> None:
        """Lay out anew, or say that it is too small."""
        self.call_after_refresh(self.draw)

    def look(self) -> None:
        """Take what came in, draw it, and leave once all is over."""
        fresh = False
        for feed, course in zip(self._feeds, self.courses, strict=True):
            for one in feed.drain():
                fresh = True
                course.note(one) if isinstance(one, str) else course.take(one)
            fresh = fresh or course.over != feed.over
            course.over = feed.over
        if sum(feed.rang() for feed in self._feeds):
            self.bell()
        if fresh:
            self.draw()
        if all(feed.over for feed in self._feeds):
            self.exit()

    def draw(self) -> None:
        """Everything as it stands."""
        if not self.is_running or not self.screen.is_attached:
            return
        width, height = self.size
        tiny = width < LEAST[0] or height < LEAST[1]
        self.screen.set_class(tiny, "tiny")
        course, marks = self.course, self._marks
        if tiny:
            self._show("small", panels.small(course, width, height))
            return
        curve = self.query_one("#curve", Panel).size
        self._show("heading", [panels.heading(course, width, marks)])
        self._show("timeline", [panels.timeline(course, width, marks)])
        self._show("curve", chart.curve(course, curve.width, curve.height, marks))
        self._show("axis", [chart.axis(course, width)])
        self._show("message", self._message(width))
        self._show("facts", panels.facts(course, width, marks))
        log = list(course.log)[-_LOG_LINES if len(self.courses) == 1 else -1 :]
        self._show("log", [[(plain(f" {one}", marks), "dim")] for one in log])
        if len(self.courses) > 1:
            first = min(max(0, self._keys.chosen - _LIST_LINES + 1), len(self.courses))
            rows = [
                panels.row(one, width, marks, chosen=one is course)
                for one in self.courses[first : first + _LIST_LINES]
            ]
            self._show("list", rows)

    def _message(self, width: int) -> list[Line]:
        keys = self._keys
        stopping = keys.feed.orders.stopping()
        text, style = panels.message(self.course, watching=keys.watching, stopping=stopping)
        if keys.asking:
            text, style = keys.question, "ask"
        lines = textwrap.wrap(plain(text.strip(), self._marks), width - 2, max_lines=2)
        return [[(f" {line}".ljust(width), style)] for line in lines]

    def _show(self, name: str, lines: list[Line]) -> None:
        self.query_one(f"#{name}", Panel).show(lines, light=self._light)

    # The keys: as in every view, and one for the colours.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key for choosing where there is nothing to choose."""
        if parameters == ("j",) and self._keys.asking:
            return True
        return parameters not in (("up",), ("down",), ("j",)) or len(self.courses) > 1

    def action_press(self, key: str) -> None:
        """A key that every view has."""
        word = self._keys.press(key)
        if self._keys.left:
            self.exit()
        if word is not None and key not in ("up", "down", "j"):
            now = self.course.now
            stamp = f"{words.clock(self.course.elapsed_s)}  " if now is not None else ""
            self.course.note(f"{stamp}{word}")
        self.draw()

    def action_interrupt(self) -> None:
        """Ctrl-C, which in a raw terminal is a key."""
        self._keys.interrupt()
        if self._keys.left:
            self.exit()
        self.draw()

    def action_theme(self) -> None:
        """Key t."""
        self._light = not self._light
        self.theme = "light" if self._light else "dark"
        self.draw()

    # A view that fails says so in a line, and is not worth a session.

    def _handle_exception(self, error: Exception) -> None:
        self.failure = self.failure or error
        super()._handle_exception(error)

    def panic(self, *renderables: Any) -> None:
        """Textual's, without its pages of traceback."""
        self.failure = self.failure or RuntimeError(tr("the terminal cannot be used"))
        self._close_messages_no_wait()

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()
