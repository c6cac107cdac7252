"""A session on a terminal: one frame, redrawn in place on stderr."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from poultice import remedies, words
from poultice.messages import Event, Telemetry

_EVENTS_SHOWN = 5
_REDRAW_S = 0.1
_HEAT_SCALE_MC = (25_000, 45_000)
_COLD_SCALE_MC = (5_000, 35_000)
_SCALE_CELLS = 50
_STYLES = {"heat": "bold red", "cold": "bold cyan", "rest": "bold"}


class LiveView:
    """Phase, time left, temperature between target and cutoff, relays, dose.

    `phases` is the plan in its wire form with what each phase says, `limits` the device's.
    """

    def __init__(
        self,
        title: str,
        phases: Sequence[Mapping[str, Any]],
        limits: Mapping[str, int],
        says: Sequence[str | None],
        console: Console | None = None,
    ) -> None:
        self._title = title
        self._phases = phases
        self._limits = limits
        self._says = says
        self._console = console or Console(stderr=True)
        self._total_s = sum(int(phase["duration_s"]) for phase in phases)
        self._now: Telemetry | None = None
        self._log: list[str] = []
        self._start_ms: int | None = None
        self._drawn_s = 0.0
        self._live = Live(console=self._console, auto_refresh=False, transient=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._draw()
        self._live.__exit__(kind, error, trace)

    def show(self, update: Telemetry | Event) -> None:
        """Take what the device said; redraws at most ten times a second."""
        if isinstance(update, Event):
            if self._start_ms is None and update.kind == "boot":
                return
            self._note(f"{self._stamp(update.t_ms)}  {words.event(update)}")
        else:
            if self._start_ms is None and update.state in ("running", "waiting"):
                self._start_ms = update.t_ms
            # The last frame stays on the screen: it shows the session, not the idle after it.
            if update.state != "idle" or self._start_ms is None:
                self._now = update
        # Looks only: how often a frame is drawn has no say in the session.
        now_s = time.monotonic()
        if now_s - self._drawn_s >= _REDRAW_S:
            self._drawn_s = now_s
            self._draw()

    def note(self, text: str) -> None:
        """Something from this side."""
        self._note(text)
        self._draw()

    def _note(self, text: str) -> None:
        self._log = [*self._log, text][-_EVENTS_SHOWN:]

    def _draw(self) -> None:
        self._live.update(self.frame(), refresh=True)

    def frame(self) -> RenderableType:
        """The frame as it stands."""
        log = Text("\n".join(self._log), style="dim", no_wrap=True, overflow="ellipsis")
        if self._now is None:
            return Panel(Group(Text("starting"), log), title=self._title, title_align="left")
        rows = Table.grid(padding=(0, 2))
        rows.add_column(style="dim", no_wrap=True)
        rows.add_column(ratio=1)
        for label, value in self._rows(self._now):
            rows.add_row(label, value)
        parts: list[RenderableType] = [rows]
        said = self._said(self._now)
        if said is not None:
            parts.append(said)
        if self._log:
            parts += [Text(""), log]
        return Panel(Group(*parts), title=self._title, title_align="left", expand=True)

    def _rows(self, now: Telemetry) -> list[tuple[str, RenderableType]]:
        index = now.phase
        mode = now.mode or ""
        state = now.state
        phase = Text()
        if index is not None:
            phase.append(f"{index + 1} of {len(self._phases)}  ")
            phase.append(mode, style=_STYLES.get(mode, ""))
            phase.append(f"  {words.clock(now.phase_left_s)} left")
        if state != "running":
            phase.append(f"  {state}", style="bold yellow" if state != "fault" else "bold red")
        left_s = now.left_s or 0
        bar = ProgressBar(total=self._total_s, completed=self._total_s - left_s)
        progress = Table.grid(padding=(0, 1))
        progress.add_column(ratio=1)
        progress.add_column(no_wrap=True)
        progress.add_row(bar, f"{words.clock(left_s)} left")
        rows: list[tuple[str, RenderableType]] = [
            ("phase", phase),
            ("session", progress),
            ("skin", self._temperature(now)),
            ("", self._gauge(now)),
            ("relays", self._relays(now)),
            (
                "dose",
                f"{words.cem43(now.dose_m)} of {words.cem43(self._dose_limit(now))}",
            ),
        ]
        if now.fault:
            rows.append(("fault", Text(f"{now.fault}: {remedies.fault_hint(now.fault)}")))
        return rows

    def _dose_limit(self, now: Telemetry) -> int | None:
        sensitive = now.profile == "sensitive"
        return self._limits.get("sensitive_dose_session_m" if sensitive else "dose_session_m")

    def _temperature(self, now: Telemetry) -> RenderableType:
        cold = now.mode == "cold"
        cutoff_mc = self._limits.get("cold_cutoff_mc" if cold else "heat_cutoff_mc")
        value = Text(words.celsius(now.temp_mc), style="bold")
        if now.target_mc is not None:
            value.append(f"  target {words.celsius(now.target_mc)}", style="default")
        if cutoff_mc is not None:
            value.append(f"  cutoff {words.celsius(cutoff_mc)}", style="default")
        if now.temp_b_mc is not None:
            value.append(f"  far end {words.celsius(now.temp_b_mc)}", style="dim")
        return value

    def _gauge(self, now: Telemetry) -> RenderableType:
        """The reading on a scale, with `|` at the target and `!` at the cutoff."""
        cold = now.mode == "cold"
        low_mc, high_mc = _COLD_SCALE_MC if cold else _HEAT_SCALE_MC
        cutoff_mc = self._limits.get("cold_cutoff_mc" if cold else "heat_cutoff_mc")
        cells = ["·"] * _SCALE_CELLS

        def put(value_mc: int | None, mark: str) -> None:
            if value_mc is not None:
                share = (value_mc - low_mc) / (high_mc - low_mc)
                cells[min(max(int(share * _SCALE_CELLS), 0), _SCALE_CELLS - 1)] = mark

        put(now.target_mc, "|")
        put(cutoff_mc, "!")
        put(now.temp_mc, "●")
        styles = {"·": "dim", "|": "green", "!": "red", "●": "bold"}
        gauge = Text(f"{low_mc // 1000} ", style="dim")
        for cell in cells:
            gauge.append(cell, style=styles[cell])
        return gauge.append(f" {high_mc // 1000} °C", style="dim")

    def _relays(self, now: Telemetry) -> RenderableType:
        text = Text()
        for name in ("master", "heat", "cool"):
            closed = bool(getattr(now, name))
            text.append("● " if closed else "○ ", style="green" if closed else "dim")
            text.append(f"{name}  ", style="" if closed else "dim")
        if now.duty_pct is not None:
            text.append(f"heat on {now.duty_pct} % of the last minute", style="dim")
        return text

    def _said(self, now: Telemetry) -> RenderableType | None:
        if now.state == "waiting" and now.prompt:
            asked = remedies.PROMPTS.get(now.prompt, now.prompt)
            text = f"{asked}, then press Enter here or the button on the device."
            return Text(text, style="bold yellow")
        index = now.phase
        if now.state == "running" and index is not None and index < len(self._says):
            said = self._says[index]
            return Text(said, style="italic") if said else None
        return None

    def _stamp(self, t_ms: int) -> str:
        start_ms = self._start_ms if self._start_ms is not None else t_ms
        return words.clock((t_ms - start_ms) // 1000)
