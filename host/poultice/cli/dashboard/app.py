"""The dashboard: a full screen for one session or several.

It draws, and leaves wishes; it never calls a device. Whatever becomes of it, the sessions are in
threads of their own and end as they would without it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.filter import Monochrome, NoColor
from textual.theme import Theme
from textual.widgets import Footer

from poultice import words
from poultice.cli.dashboard import chart, panels
from poultice.cli.dashboard.course import Course
from poultice.cli.dashboard.drawn import ASCII, GROUNDS, UNICODE, Line, plain
from poultice.cli.dashboard.driver import Driver
from poultice.cli.dashboard.panel import Panel
from poultice.cli.feed import Feed

LEAST = (80, 24)
"""The smallest terminal that the whole view fits into, cells."""

LOOK_S = 0.25
"""How often it looks for what is new; drawn only where there is."""

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


class Dashboard(App[None]):
    """Draws `feeds`; ends by itself once every one of them is over.

    `watching` is the view of `watch`: it may be left without stopping anything. `stop_all` is
    what Ctrl-C does. `failure` is the exception that ended it, None where none did.
    """

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    AUTO_FOCUS = None
    TITLE = "poultice"
    CSS = """
    Panel { height: 1; }
    #curve { height: 1fr; }
    #message { height: 2; }
    #facts { height: 4; }
    #log { height: 3; }
    #list { display: none; }
    #small { display: none; height: 1fr; }
    Screen.several #list { display: block; }
    Screen.several #log { height: 1; }
    Screen.tiny Panel, Screen.tiny Footer { display: none; }
    Screen.tiny #small { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause"),
        Binding("r", "resume", "Resume"),
        Binding("s", "stop", "Stop"),
        Binding("enter", "confirm", "Confirm", key_display="Enter", priority=True),
        Binding("up,k", "choose(-1)", "Device", key_display="Up/Down"),
        Binding("down,j", "choose(1)", show=False),
        Binding("t", "theme", "Light/dark"),
        Binding("q", "leave", "Quit"),
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("y", "yes", show=False),
        Binding("n,escape", "no", show=False),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
    ]

    def __init__(
        self,
        feeds: Sequence[Feed],
        *,
        stop_all: Callable[[], None],
        watching: bool = False,
        unicode: bool = True,
        light: bool = False,
        look_s: float | None = LOOK_S,
    ) -> None:
        super().__init__(driver_class=Driver)
        self.failure: BaseException | None = None
        if self.no_color:
            # Textual's own answer to NO_COLOR is greys, which are colours too.
            self._filters = [
                NoColor() if isinstance(one, Monochrome) else one for one in self._filters
            ]
        self.courses = [
            Course(feed.name, feed.title, feed.phases, feed.says, feed.limits) for feed in feeds
        ]
        self.chosen = 0
        self._feeds = list(feeds)
        self._stop_all = stop_all
        self._watching = watching
        self._marks = UNICODE if unicode else ASCII
        self._light = light
        self._look_s = look_s
        self._asking = False
        for one in (False, True):
            self.register_theme(_theme(one))
        self.theme = "light" if light else "dark"

    @property
    def course(self) -> Course:
        """The one that is shown in full, and that the keys act on."""
        return self.courses[self.chosen]

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
                if isinstance(one, str):
                    course.note(one)
                else:
                    course.take(one)
            fresh = fresh or course.over != feed.over
            course.over = feed.over
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
            first = min(max(0, self.chosen - _LIST_LINES + 1), len(self.courses))
            rows = [
                panels.row(one, width, marks, chosen=one is course)
                for one in self.courses[first : first + _LIST_LINES]
            ]
            self._show("list", rows)

    def text(self) -> str:
        """What can be read on it now."""
        shown = [one for one in self.query(Panel) if one.display]
        return "\n".join(one.text() for one in shown)

    def _message(self, width: int) -> list[Line]:
        stopping = self._feeds[self.chosen].wishes.stopping()
        text, style = panels.message(self.course, watching=self._watching, stopping=stopping)
        if self._asking:
            what = "session" if len(self.courses) == 1 else "sessions, all of them,"
            text, style = f" Stop the {what} and leave? y yes, n no", "ask"
        lines = textwrap.wrap(plain(text.strip(), self._marks), width - 2, max_lines=2)
        return [[(f" {line}".ljust(width), style)] for line in lines]

    def _show(self, name: str, lines: list[Line]) -> None:
        self.query_one(f"#{name}", Panel).show(lines, light=self._light)

    # The keys: each a wish, or a word on why not.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key for choosing where there is nothing to choose."""
        return action != "choose" or len(self.courses) > 1

    def action_pause(self) -> None:
        """Key p."""
        self._want("pause", "running")

    def action_resume(self) -> None:
        """Key r."""
        self._want("resume", "paused")

    def action_confirm(self) -> None:
        """Key Enter."""
        if self._wrong("confirm", "waiting"):
            return
        self._feeds[self.chosen].wishes.confirm()
        self._note("you answered the prompt")

    def action_stop(self) -> None:
        """Key s: at once, since stopping is always safe."""
        self._feeds[self.chosen].wishes.stop()
        self._note("you asked for a stop")

    def action_leave(self) -> None:
        """Key q: asks first where leaving means stopping."""
        if self._watching:
            self.exit()
        elif self._asking:
            self.action_yes()
        else:
            self._asking = True
            self.draw()

    def action_yes(self) -> None:
        """Key y: the answer to q."""
        if self._asking:
            self._asking = False
            self.action_interrupt()

    def action_no(self) -> None:
        """Key n or Escape: the other answer."""
        self._asking = False
        self.draw()

    def action_interrupt(self) -> None:
        """Ctrl-C, which in a raw terminal is a key."""
        self._stop_all()
        if self._watching:
            self.exit()
            return
        for feed in self._feeds:
            feed.wishes.stop()
        self.draw()

    def action_choose(self, by: int) -> None:
        """Keys up and down."""
        self.chosen = min(max(self.chosen + by, 0), len(self.courses) - 1)
        self.draw()

    def action_theme(self) -> None:
        """Key t."""
        self._light = not self._light
        self.theme = "light" if self._light else "dark"
        self.draw()

    def _want(self, what: str, state: str) -> None:
        if not self._wrong(what, state):
            self._feeds[self.chosen].wishes.want(what)
            self._note(f"you asked for a {what}" if what == "pause" else "you asked to go on")

    def _wrong(self, what: str, state: str) -> bool:
        course = self.course
        if course.state == state and not course.over:
            return False
        is_now = "over" if course.over else course.state
        self._note(f"{what}: not possible while {is_now}")
        return True

    def _note(self, text: str) -> None:
        now = self.course.now
        stamp = f"{words.clock(self.course.elapsed_s)}  " if now is not None else ""
        self.course.note(f"{stamp}{text}")
        self.draw()

    # A view that fails says so in a line, and is not worth a session.

    def _handle_exception(self, error: Exception) -> None:
        self.failure = self.failure or error
        super()._handle_exception(error)

    def panic(self, *renderables: Any) -> None:
        """Textual's, without its pages of traceback."""
        self.failure = self.failure or RuntimeError("the terminal cannot be used")
        self._close_messages_no_wait()

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()
