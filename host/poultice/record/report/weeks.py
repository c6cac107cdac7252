"""The pictures over weeks: minutes, dose, sessions. `pictures.html` draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from poultice import words
from poultice.language import later, number, tr
from poultice.record import ratings
from poultice.record.report import svg
from poultice.record.trends import Week

RIGHT = 306
LEFT = 34
TOP = 22
BASE = 148
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_MOST_NAMES = 4
_HALF_A_NAME = 24

_VALUES: Mapping[str, Callable[[Week], float]] = {
    "heat": lambda week: week.heat_s / 60,
    "cold": lambda week: week.cold_s / 60,
    "outline": lambda week: week.planned_s / 60,
    "dose-bar": lambda week: week.dose_m / 1000,
    "complete": lambda week: week.complete,
    "ended": lambda week: week.sessions - week.complete,
}


_WEEKS = later("Weeks from their Monday. {told}.")


def columns(weeks: Sequence[Week], kinds: Sequence[str], says: str = _WEEKS) -> dict[str, Any]:
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
    return {
        "told": tr(says, told=told),
        "scale": [(tick, BASE - tick * scale) for tick in svg.ticks(0, high, _STEPS, 5)],
        "bars": bars,
        "names": named(weeks),
    }


def named(weeks: Sequence[Week]) -> list[tuple[str, float]]:
    """The names below a picture, and where; the last one always."""
    every = -(-len(weeks) // _MOST_NAMES)
    pitch = (RIGHT - LEFT) / len(weeks)
    return [(_day(week), min(LEFT + pitch * (n + 0.5), RIGHT - _HALF_A_NAME))
            for n, week in enumerate(weeks) if (len(weeks) - 1 - n) % every == 0]  # fmt: skip


def changes(days: Sequence[Week], what: str) -> dict[str, Any]:
    """A picture of what was rated before and after each session, in the order of the days."""
    pitch, step = (RIGHT - LEFT) / len(days), (BASE - TOP) / ratings.MOST
    bars, told = [], []
    for place, day in enumerate(days):
        found = [(row[f"{what}_before"], row[f"{what}_after"]) for row in map(ratings.of, day.rows)]
        rated = [pair for pair in found if pair != (None, None)]
        for n, pair in enumerate(rated):
            x = LEFT + pitch * (place + (n + 1) / (len(rated) + 1))
            levels = [None if one is None else BASE - step * one for one in pair]
            if None not in levels:
                bars.append(("change", f"M{x:.1f} {levels[0]:.1f}V{levels[1]:.1f}"))
            for kind, level in zip(("before", "after"), levels, strict=True):
                if level is not None:
                    bars.append((kind, f"M{x - 2.5:.1f} {level:.1f}a2.5 2.5 0 1 0 5 0"
                                       "a2.5 2.5 0 1 0-5 0z"))  # fmt: skip
        told += [f"{words.day(day.monday.isoformat())}: {paired(pair)}" for pair in rated]
    return {
        "told": tr("Before and after each session. {told}.", told="; ".join(told) or "-"),
        "scale": [(one, BASE - step * one) for one in (0, 5, 10)],
        "bars": bars,
        "names": named(days),
    }


def paired(pair: Sequence[int | None]) -> str:
    """Before and after: `7 → 4`; a dash for what was not rated."""
    return " → ".join("–" if one is None else str(one) for one in pair)


def _day(week: Week) -> str:
    return tr("{day} {month}", day=week.monday.day, month=tr(f"{week.monday:%b}"))
