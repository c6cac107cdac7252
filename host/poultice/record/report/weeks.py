"""The pictures over weeks: minutes, dose, sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from poultice import words
from poultice.record.report.charts import Figure
from poultice.record.report.svg import bars, picture, tag, ticks
from poultice.record.trends import Week

WIDTH = 310
HEIGHT = 176
LEFT = 34
TOP = 22
BASE = 148
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)
_MOST_NAMES = 4

Part = tuple[str, Callable[[Week], float]]


def figures(weeks: Sequence[Week]) -> list[Figure]:
    """Three of them; none where there is only one week to show."""
    if len(weeks) < 2:
        return []
    heat: Part = ("heat", lambda week: week.heat_s / 60)
    cold: Part = ("cold", lambda week: week.cold_s / 60)
    complete: Part = ("complete", lambda week: week.complete)
    ended: Part = ("ended", lambda week: week.sessions - week.complete)
    dose: Part = ("dose-bar", lambda week: week.dose_m / 1000)
    planned = [week.planned_s / 60 for week in weeks]
    return [
        Figure(
            "Minutes a week",
            _picture("week-minutes", "Minutes a week", weeks, [heat, cold], outline=planned),
            [("heat", "heat"), ("cold", "cold"), ("outline", "planned")],
        ),
        Figure(
            "Dose a week, CEM43",
            _picture("week-dose", "Dose a week, CEM43", weeks, [dose]),
        ),
        Figure(
            "Sessions a week",
            _picture("week-sessions", "Sessions a week", weeks, [complete, ended]),
            [("complete", "complete"), ("ended", "ended before")],
        ),
    ]


def _picture(
    name: str,
    title: str,
    weeks: Sequence[Week],
    parts: Sequence[Part],
    outline: Sequence[float] = (),
) -> Markup:
    totals = [sum(value(week) for _, value in parts) for week in weeks]
    high = max(*totals, *outline, 0.1)
    pitch = (WIDTH - LEFT - 4) / len(weeks)
    scale = (BASE - TOP) / high
    drawn = []
    for tick in ticks(0, high, _STEPS, 5):
        y = BASE - tick * scale
        drawn.append(tag("path", d=f"M{LEFT} {y:.1f}H{WIDTH - 4}", class_="grid"))
        drawn.append(tag("text", f"{tick:g}", x=LEFT - 5, y=y + 4, class_="end"))
    width = min(pitch * 0.7, 36)
    lefts = [LEFT + pitch * (n + 0.5) - width / 2 for n in range(len(weeks))]
    bottoms = [float(BASE)] * len(weeks)
    for kind, value in parts:
        for n, week in enumerate(weeks):
            height = value(week) * scale
            if height > 0:
                bottoms[n] -= height
                drawn.append(bars([(lefts[n], lefts[n] + width)], bottoms[n], height, kind))
    for n, planned in enumerate(outline):
        if planned > 0:
            height = planned * scale
            drawn.append(bars([(lefts[n], lefts[n] + width)], BASE - height, height, "outline"))
    every = -(-len(weeks) // _MOST_NAMES)
    for n, week in enumerate(weeks):
        if (len(weeks) - 1 - n) % every == 0:
            middle = LEFT + pitch * (n + 0.5)
            drawn.append(tag("text", day(week), x=middle, y=BASE + 18, class_="middle"))
    drawn.append(tag("path", d=f"M{LEFT} {BASE}H{WIDTH - 4}", class_="axis"))
    told = "; ".join(
        f"{week.monday.isoformat()}: {total:.1f}".removesuffix(".0")
        for week, total in zip(weeks, totals, strict=True)
    )
    return picture(name, WIDTH, HEIGHT, title, f"Weeks from their Monday. {told}.", *drawn)


def day(week: Week) -> str:
    """The week's Monday: `16 Nov`."""
    return f"{week.monday.day} {week.monday.strftime('%b')}"


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
