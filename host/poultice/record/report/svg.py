"""Drawing: lines and bars as the data of an SVG path, in few bytes, and axes.

A point is in units of the picture; lines are drawn in whole tenths of them, each point relative
to the one before it: three or four bytes a sample, and no error adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from operator import itemgetter

Point = tuple[float, float]


def line(points: Iterable[Point | None]) -> str:
    """A line through the points, ten times as large as they are; None breaks it."""
    d = ""
    for there, run in groupby(points, key=lambda point: point is not None):
        if there:
            tenths = [(round(10 * x), round(10 * y)) for x, y in filter(None, run)]
            steps = " ".join(f"{x - a} {y - b}" for (a, b), (x, y) in pairwise(tenths))
            # A lone point is seen too: the round end of a line of no length.
            d += f"M{tenths[0][0]} {tenths[0][1]}{f'l{steps}' if steps else 'h0'}"
    return d.replace(" -", "-")


def bars(spans: Iterable[tuple[float, float]], y: float, height: float) -> str:
    """Filled bars from x to x, all in one row."""
    return "".join(f"M{plain(a)} {plain(y)}h{plain(b - a)}v{plain(height)}H{plain(a)}z"
                   for a, b in spans)  # fmt: skip


def thinned(points: Sequence[Point | None], columns: int) -> Sequence[Point | None]:
    """At most some four points a column: the first, lowest, highest and last of each.

    Drawn at `columns` columns the line looks the same; a gap stays a gap.
    """
    seen = [point for point in points if point is not None]
    if len(points) <= 4 * columns or not seen:
        return points
    left = seen[0][0]
    width = (seen[-1][0] - left) / columns or 1.0
    found: list[Point | None] = []
    for column, run in groupby(points, key=lambda one: one and int((one[0] - left) / width)):
        some = [point for point in run if point is not None]
        if column is None:
            found.append(None)
        else:
            extremes = min(some, key=itemgetter(1)), max(some, key=itemgetter(1))
            found += sorted({some[0], *extremes, some[-1]})
    return found


def ticks(low: float, high: float, steps: Sequence[float], most: int) -> list[float]:
    """The multiples of a step within `low` to `high`: of the first step that gives few enough."""
    for step in steps:
        first = -(-low // step)
        count = int(high // step - first) + 1
        if count <= most:
            return [(first + n) * step for n in range(count)]
    return []


def plain(value: object) -> object:
    """A number as a picture has it, to a tenth; anything else as it is."""
    return f"{round(value, 1):g}" if isinstance(value, float) else value
