"""The pictures over weeks: minutes, dose, sessions. `pictures.html` draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from poultice import words
from poultice.language import number, tr
from poultice.record.report import svg
from poultice.record.trends import Week

RIGHT = 306
LEFT = 34
TOP = 22
BASE = 148
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_MOST_NAMES = 4

_VALUES: Mapping[str, Callable[[Week], float]] = {
    "heat": lambda week: week.heat_s / 60,
    "cold": lambda week: week.cold_s / 60,
    "outline": lambda week: week.planned_s / 60,
    "dose-bar": lambda week: week.dose_m / 1000,
    "complete": lambda week: week.complete,
    "ended": lambda week: week.sessions - week.complete,
}


def columns(weeks: Sequence[Week], kinds: Sequence[str]) -> dict[str, Any]:
    """A picture of what is of these `kinds`, stacked; the outline, which comes last, around it."""
    values = {kind: [_VALUES[kind](week) for week in weeks] for kind in kinds}
    stacked = [heights for kind, heights in values.items() if kind != "outline"]
    totals = [sum(heights) for heights in zip(*stacked, strict=True)]
    pitch = (RIGHT - LEFT) / len(weeks)
    high = max(*totals, *values.get("outline", ()), 0.1)
    scale, half = (BASE - TOP) / high, min(pitch * 0.7, 36) / 2
    middles = [LEFT + pitch * (n + 0.5) for n in range(len(weeks))]
    bars, tops = [], [0.0] * len(weeks)
    for kind, heights in values.items():
        for n, value in enumerate(heights):
            tops[n] = value + (0 if kind == "outline" else tops[n])
            if value > 0:
                span = (middles[n] - half, middles[n] + half)
                bars.append((kind, svg.bars([span], BASE - tops[n] * scale, value * scale)))
    told = "; ".join(
        f"{words.day(week.monday.isoformat())}: {number(f'{total:.1f}'.removesuffix('.0'))}"
        for week, total in zip(weeks, totals, strict=True)
    )
    every = -(-len(weeks) // _MOST_NAMES)
    return {
        "told": tr("Weeks from their Monday. {told}.", told=told),
        "scale": [(tick, BASE - tick * scale) for tick in svg.ticks(0, high, _STEPS, 5)],
        "bars": bars,
        "names": [(_day(week), middles[n])
                  for n, week in enumerate(weeks) if (len(weeks) - 1 - n) % every == 0],
    }  # fmt: skip


def _day(week: Week) -> str:
    return tr("{day} {month}", day=week.monday.day, month=tr(f"{week.monday:%b}"))
