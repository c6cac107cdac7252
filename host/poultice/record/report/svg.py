"""Drawing: elements whose text is always escaped, lines of few bytes, and axes.

A point is in units of the picture; lines are drawn in whole tenths of them, each point relative
to the one before it: three or four bytes a sample, and no error adds up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

Point = tuple[float, float]

LINE_SCALE = 10


def tag(name: str, /, *children: str | Markup, **attributes: object) -> Markup:
    """One element. An underscore in an attribute's name stands for a hyphen; None leaves it out."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(escape(child) for child in children)
    return Markup(f"<{name}{told}>{inside}</{name}>" if inside else f"<{name}{told}/>")


def picture(name: str, width: int, height: int, title: str, text: str, *parts: Markup) -> Markup:
    """A whole picture, which says to those who do not see it what it shows."""
    return tag(
        "svg",
        tag("title", title, id=f"{name}-title"),
        tag("desc", text, id=f"{name}-text"),
        *parts,
        id=name,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_labelledby=f"{name}-title {name}-text",
        xmlns="http://www.w3.org/2000/svg",
    )


def line(points: Iterable[Point | None], kind: str) -> Markup:
    """A line through the points; None breaks it. `kind` is its class."""
    d: list[str] = []
    at = (0, 0)
    command = "M"
    for point in points:
        if point is None:
            command = "M"
            continue
        here = (round(point[0] * LINE_SCALE), round(point[1] * LINE_SCALE))
        if command == "M":
            d.append(f"M{here[0]} {here[1]}")
            command = "l"
        else:
            dx, dy = here[0] - at[0], here[1] - at[1]
            d.append(f"{command}{dx}{dy if dy < 0 else f' {dy}'}")
            command = " "
        at = here
    # A lone point between two gaps is seen too: the round end of a line of no length.
    return tag(
        "path",
        class_=f"line {kind}",
        d="".join(d).replace(" -", "-") + ("h0" if len(d) == 1 else ""),
        transform=f"scale({1 / LINE_SCALE:g})",
        vector_effect="non-scaling-stroke",
    )


def bars(spans: Iterable[tuple[float, float]], y: float, height: float, kind: str) -> Markup:
    """Filled bars from x to x, all in one row."""
    d = "".join(f"M{_plain(a)} {_plain(y)}h{_plain(b - a)}v{_plain(height)}H{_plain(a)}z"
                for a, b in spans)  # fmt: skip
    return tag("path", class_=kind, d=d)


def thinned(points: Sequence[Point | None], columns: int) -> Sequence[Point | None]:
    """At most some four points a column: the first, lowest, highest and last of each.

    Drawn at `columns` columns the line looks the same; a gap stays a gap.
    """
    if len(points) <= 4 * columns:
        return points
    seen = [point for point in points if point is not None]
    if not seen:
        return []
    left, right = seen[0][0], seen[-1][0]
    width = (right - left) / columns or 1.0
    found: list[Point | None] = []
    bucket: list[Point] = []

    def flush() -> None:
        if bucket:
            low, high = min(bucket, key=_height), max(bucket, key=_height)
            keep = {bucket[0], low, high, bucket[-1]}
            found.extend(sorted(keep))
            bucket.clear()

    column = 0
    for point in points:
        if point is None:
            flush()
            if found and found[-1] is not None:
                found.append(None)
            continue
        here = int((point[0] - left) / width)
        if here != column:
            flush()
            column = here
        bucket.append(point)
    flush()
    return found


def ticks(low: float, high: float, steps: Sequence[float], most: int) -> list[float]:
    """The multiples of a step within `low` to `high`: of the first step that gives few enough."""
    for step in steps:
        first = -(-low // step)
        count = int(high // step - first) + 1
        if count <= most:
            return [(first + n) * step for n in range(count)]
    return []


def _height(point: Point) -> float:
    return point[1]


def _plain(value: object) -> str:
    return f"{round(value, 1):g}" if isinstance(value, float) else str(value)
