"""The temperature curve over the phases, in cells of a terminal.

Two by four dots a cell where braille can be shown, else a mark a cell. The time axis is the plan's,
so that the curve stands under the timeline; where no plan is known it is the last minutes.
"""

from __future__ import annotations

import math

from poultice.cli.dashboard.course import Course
from poultice.cli.dashboard.drawn import Line, Marks, merged
from poultice.language import tr

LABEL_CELLS = 5
_LEAST_SPAN_MC = 8_000
_ROOM_MC = 1_000
_DOT = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def curve(course: Course, width: int, height: int, marks: Marks) -> list[Line]:
    """`height` lines of `width` cells: labels, grounds, target, cutoff, sensor B, sensor A."""
    columns = width - LABEL_CELLS
    if columns < 2 or height < 2:
        return []
    low_mc, high_mc = scale(course)
    inked: list[list[tuple[str, str]]] = [[(" ", "")] * columns for _ in range(height)]

    def row_of(value_mc: int) -> int:
        return round((high_mc - value_mc) / (high_mc - low_mc) * (height - 1))

    modes, targets = _columns(course, columns)
    for column in range(columns):
        cutoff_mc = course.cutoff_mc(modes[column])
        for value_mc, mark, ink in (
            (targets[column], marks.target, "target"),
            (cutoff_mc, marks.cutoff, "cutoff"),
        ):
            if value_mc is not None and low_mc <= value_mc <= high_mc:
                inked[row_of(value_mc)][column] = (mark, ink)
    per_cell = (2, 4) if marks.dots else (1, 1)
    # B first: where both are in one cell, A is what is seen.
    for sensor, ink, mark in (("b", "b", "+"), ("a", "a", "*")):
        dots = _dots(course, sensor, columns, height, per_cell, (low_mc, high_mc))
        for (column, row), mask in dots.items():
            inked[row][column] = (chr(0x2800 + mask) if marks.dots else mark, ink)
    labels = {row_of(value_mc): value_mc for value_mc in _labelled(low_mc, high_mc, height)}
    lines = []
    for row in range(height):
        label = f"{labels[row] // 1000:4} " if row in labels else " " * LABEL_CELLS
        cells: list[tuple[str, str]] = [(label, "dim")]
        for column, (text, ink) in enumerate(inked[row]):
            cells.append((text, f"{ink or 'dim'}/{modes[column] or ''}"))
        lines.append(merged(cells))
    return lines


def axis(course: Course, width: int) -> Line:
    """Minutes below the curve."""
    columns = width - LABEL_CELLS
    start_s, end_s = course.span_s
    span_min = (end_s - start_s) / 60
    step = next((one for one in (1, 2, 5, 10, 15, 30, 60) if span_min / one <= columns / 8), 120)
    cells = [" "] * (columns + LABEL_CELLS)
    # Without a plan it is the past: minutes before now.
    first, last = (start_s / 60, int(span_min)) if course.plan else (-math.floor(span_min), 0)
    for minute in range(math.ceil(first / step) * step, last + 1, step):
        at = minute if course.plan else minute + span_min
        place = round(at / (span_min or 1) * (columns - 1)) + LABEL_CELLS
        label = str(minute) if minute else "0 min" if course.plan else tr("now")
        place = max(0, min(place, len(cells) - len(label)))
        cells[place : place + len(label)] = label
    return [("".join(cells), "dim")]


def scale(course: Course) -> tuple[int, int]:
    """The lowest and highest temperature of the picture, whole degrees in milli-°C."""
    values = [
        value
        for one in course.samples
        for value in (one.a_mc, one.b_mc, one.target_mc)
        if value is not None
    ]
    modes = {one.mode for one in course.plan} | {one.mode for one in course.samples}
    values += [one.target_mc for one in course.plan if one.target_mc is not None]
    values += [value for mode in modes if (value := course.cutoff_mc(mode)) is not None]
    if not values:
        return 20_000, 45_000
    low_mc = math.floor((min(values) - _ROOM_MC) / 1000) * 1000
    high_mc = math.ceil((max(values) + _ROOM_MC) / 1000) * 1000
    return min(low_mc, high_mc - _LEAST_SPAN_MC), high_mc


def _labelled(low_mc: int, high_mc: int, height: int) -> range:
    """Round temperatures with at least a line between their labels."""
    most = max(1, height // 2)
    step = next(
        (one for one in (1000, 2000, 5000, 10_000) if (high_mc - low_mc) / one <= most), 20_000
    )
    return range(math.ceil(low_mc / step) * step, high_mc + 1, step)


def _columns(course: Course, columns: int) -> tuple[list[str | None], list[int | None]]:
    """Mode and target of each column, from the plan or from what was seen."""
    start_s, end_s = course.span_s
    modes: list[str | None] = [None] * columns
    targets: list[int | None] = [None] * columns
    span_s = (end_s - start_s) or 1.0
    if course.plan:
        for column in range(columns):
            at_s = start_s + (column + 0.5) / columns * span_s
            for one in course.plan:
                if one.start_s <= at_s < one.end_s:
                    modes[column], targets[column] = one.mode, one.target_mc
        return modes, targets
    for sample in course.samples:
        column = int((sample.at_s - start_s) / span_s * (columns - 1))
        if 0 <= column < columns:
            modes[column], targets[column] = sample.mode, sample.target_mc
    return modes, targets


def _dots(
    course: Course,
    sensor: str,
    columns: int,
    rows: int,
    per_cell: tuple[int, int],
    scale_mc: tuple[int, int],
) -> dict[tuple[int, int], int]:
    """The cells that the curve of one sensor passes, with the dots in each."""
    across, down = columns * per_cell[0], rows * per_cell[1]
    low_mc, high_mc = scale_mc
    start_s, end_s = course.span_s
    span_s = (end_s - start_s) or 1.0
    stretches: dict[int, tuple[int, int]] = {}
    before: int | None = None
    for sample in course.samples:
        value_mc = sample.a_mc if sensor == "a" else sample.b_mc
        x = int((sample.at_s - start_s) / span_s * (across - 1))
        if value_mc is None or not 0 <= x < across:
            before = None
            continue
        y = round((high_mc - value_mc) / (high_mc - low_mc) * (down - 1))
        y = min(max(y, 0), down - 1)
        top, bottom = stretches.get(x, (y, y))
        if x not in stretches and before is not None:
            # A line without gaps: down or up to where the column before ended.
            top, bottom = min(y, before + (y > before)), max(y, before - (y < before))
        stretches[x] = (min(top, y), max(bottom, y))
        before = y
    found: dict[tuple[int, int], int] = {}
    for x, (top, bottom) in stretches.items():
        for y in range(top, bottom + 1):
            cell = (x // per_cell[0], y // per_cell[1])
            found[cell] = found.get(cell, 0) | _DOT[x % per_cell[0]][y % per_cell[1]]
    return found
