"""The pictures over weeks: minutes, dose, sessions. `pictures.html` draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from poultice.record.report import svg
from poultice.record.trends import Week

RIGHT = 306
LEFT = 34
TOP = 22
BASE = 148
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_MOST_NAMES = 4

_OUTLINE = "outline"
Part = tuple[str, str, Callable[[Week], float]]
"""What is stacked, or outlined: its class, its name in the legend, its value in a week."""

_PICTURES: Sequence[tuple[str, str, Sequence[Part]]] = (
    (
        "week-minutes",
        "Minutes a week",
        (
            ("heat", "heat", lambda week: week.heat_s / 60),
            ("cold", "cold", lambda week: week.cold_s / 60),
            (_OUTLINE, "planned", lambda week: week.planned_s / 60),
        ),
    ),
    (
        "week-dose",
        "Dose a week, CEM43",
        (("dose-bar", "", lambda week: week.dose_m / 1000),),
    ),
    (
        "week-sessions",
        "Sessions a week",
        (
            ("complete", "complete", lambda week: week.complete),
            ("ended", "ended before", lambda week: week.sessions - week.complete),
        ),
    ),
)


def figures(weeks: Sequence[Week]) -> list[dict[str, Any]]:
    """All of them; none where there is only one week to show."""
    return [_picture(weeks, *one) for one in _PICTURES] if len(weeks) > 1 else []


def _picture(
    weeks: Sequence[Week], name: str, heading: str, parts: Sequence[Part]
) -> dict[str, Any]:
    values = {kind: [value(week) for week in weeks] for kind, _, value in parts}
    stacked = [heights for kind, heights in values.items() if kind != _OUTLINE]
    totals = [sum(heights) for heights in zip(*stacked, strict=True)]
    pitch = (RIGHT - LEFT) / len(weeks)
    high = max(*totals, *values.get(_OUTLINE, ()), 0.1)
    scale, half = (BASE - TOP) / high, min(pitch * 0.7, 36) / 2
    middles = [LEFT + pitch * (n + 0.5) for n in range(len(weeks))]
    bars, tops = [], [0.0] * len(weeks)
    for kind, heights in values.items():
        for n, value in enumerate(heights):
            tops[n] = value + (0 if kind == _OUTLINE else tops[n])
            if value > 0:
                span = (middles[n] - half, middles[n] + half)
                bars.append((kind, svg.bars([span], BASE - tops[n] * scale, value * scale)))
    told = "; ".join(
        f"{week.monday.isoformat()}: {total:.1f}".removesuffix(".0")
        for week, total in zip(weeks, totals, strict=True)
    )
    every = -(-len(weeks) // _MOST_NAMES)
    return {
        "name": name,
        "heading": heading,
        "legend": [(kind, word) for kind, word, _ in parts if word],
        "told": f"Weeks from their Monday. {told}.",
        "scale": [(tick, BASE - tick * scale) for tick in svg.ticks(0, high, _STEPS, 5)],
        "bars": bars,
        "names": [(f"{week.monday.day} {week.monday:%b}", middles[n])
                  for n, week in enumerate(weeks) if (len(weeks) - 1 - n) % every == 0],
    }  # fmt: skip
