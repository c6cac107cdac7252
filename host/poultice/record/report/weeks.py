"""The pictures over weeks: minutes, dose, sessions. `pictures.html` draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from poultice import words
from poultice.record.report import svg
from poultice.record.trends import Week

RIGHT = 306
LEFT = 34
TOP = 22
BASE = 148
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_MOST_NAMES = 4

Series = dict[str, list[float]]
"""A value a week, by what it is."""


@dataclass(frozen=True)
class Columns:
    """One picture: a column a week; `bars` are class and path, `names` with their places."""

    name: str
    heading: str
    legend: Sequence[tuple[str, str]]
    told: str
    scale: Sequence[tuple[float, float]]
    bars: Sequence[tuple[str, str]]
    names: Sequence[tuple[str, float]]


def figures(weeks: Sequence[Week]) -> list[Columns]:
    """Three of them; none where there is only one week to show."""
    if len(weeks) < 2:
        return []
    minutes: Series = {"heat": [week.heat_s / 60 for week in weeks],
                       "cold": [week.cold_s / 60 for week in weeks]}  # fmt: skip
    dose: Series = {"dose-bar": [week.dose_m / 1000 for week in weeks]}
    sessions: Series = {"complete": [week.complete for week in weeks],
                        "ended": [week.sessions - week.complete for week in weeks]}  # fmt: skip
    legend = [("heat", "heat"), ("cold", "cold"), ("outline", "planned")]
    planned = [week.planned_s / 60 for week in weeks]
    ends = [("complete", "complete"), ("ended", "ended before")]
    return [
        _columns("week-minutes", "Minutes a week", legend, weeks, minutes, planned),
        _columns("week-dose", "Dose a week, CEM43", [], weeks, dose),
        _columns("week-sessions", "Sessions a week", ends, weeks, sessions),
    ]


def _columns(
    name: str,
    heading: str,
    legend: Sequence[tuple[str, str]],
    weeks: Sequence[Week],
    series: Series,
    outline: Sequence[float] = (),
) -> Columns:
    totals = [sum(values) for values in zip(*series.values(), strict=True)]
    high = max(*totals, *outline, 0.1)
    pitch, scale = (RIGHT - LEFT) / len(weeks), (BASE - TOP) / high
    middles = [LEFT + pitch * (n + 0.5) for n in range(len(weeks))]
    half = min(pitch * 0.7, 36) / 2
    bars = []

    def bar(kind: str, n: int, value: float, below: float) -> None:
        if value > 0:
            spans = [(middles[n] - half, middles[n] + half)]
            bars.append((kind, svg.bars(spans, BASE - (below + value) * scale, value * scale)))

    below = [0.0] * len(weeks)
    for kind, values in series.items():
        for n, value in enumerate(values):
            bar(kind, n, value, below[n])
            below[n] += value
    for n, value in enumerate(outline):
        bar("outline", n, value, 0.0)
    every = -(-len(weeks) // _MOST_NAMES)
    named = [n for n in range(len(weeks)) if (len(weeks) - 1 - n) % every == 0]
    told = "; ".join(
        f"{week.monday.isoformat()}: {total:.1f}".removesuffix(".0")
        for week, total in zip(weeks, totals, strict=True)
    )
    return Columns(
        name,
        heading,
        legend,
        f"Weeks from their Monday. {told}.",
        [(tick, BASE - tick * scale) for tick in svg.ticks(0, high, _STEPS, 5)],
        bars,
        [(f"{weeks[n].monday.day} {weeks[n].monday:%b}", middles[n]) for n in named],
    )


def table(weeks: Sequence[Week]) -> list[list[str]]:
    """The figures behind the pictures, a row a week."""
    return [
        [
            week.monday.isoformat(),
            str(week.sessions),
            str(week.complete),
            str(len(week.on)),
            words.minutes(week.heat_s),
            words.minutes(week.cold_s),
            words.minutes(week.planned_s),
            "-" if week.done_pct is None else f"{week.done_pct} %",
            words.cem43(week.dose_m),
        ]
        for week in weeks
    ]
