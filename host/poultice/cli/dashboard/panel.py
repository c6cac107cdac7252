"""The one kind of widget that the dashboard is made of: lines, drawn as they are."""

from __future__ import annotations

from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from poultice.cli.dashboard.drawn import Line, style


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
        segments = [Segment(text, _style(name, light, coloured)) for text, name in line]
        return Strip(segments).adjust_cell_length(width, _style("", light, coloured))


@cache
def _style(name: str, light: bool, coloured: bool) -> Style:
    return Style.parse(style(name, light=light, coloured=coloured))
