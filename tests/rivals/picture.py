"""The comparison as one SVG: four panels of doses on a logarithmic axis, drawn by hand."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10

from tests.rivals.compare import CONTENDERS, LIMIT_CEM43, Cell, gives_sessions
from tests.rivals.report import VARIANTS, variant
from tests.rivals.rows import ROWS
from tests.rivals.trial import TITLES

LEAST_CEM43, MOST_CEM43 = 0.01, 10_000.0
_LABELS_W, _PANEL_W, _GAP = 265, 330, 46
_ROW_H, _HEAD_H, _AXIS_H = 21, 30, 36
_TOP = 70
_COLOURS = {
    "poultice": "#0072b2",
    "klipper": "#e69f00",
    "marlin": "#d55e00",
    "hobby": "#009e73",
    "bimetal": "#777777",
}
_OFFSETS = dict(zip(CONTENDERS, (0.0, -6.0, -3.0, 3.0, 6.0), strict=True))
_LINES = ((LIMIT_CEM43, "9: our limit", "#0072b2"), (20.0, "20: mild burn", "#d55e00"))
_NECROSIS_CEM43 = 640.0


def _x(cem43: float) -> float:
    part = log10(min(MOST_CEM43, max(LEAST_CEM43, cem43)) / LEAST_CEM43)
    return part / log10(MOST_CEM43 / LEAST_CEM43) * _PANEL_W


def _mark(name: str, x: float, y: float) -> str:
    colour = _COLOURS[name]
    if name == "poultice":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
    if name == "klipper":
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="{colour}"/>'
    if name == "marlin":
        points = f"{x:.1f},{y - 4.5:.1f} {x + 4.5:.1f},{y + 3.5:.1f} {x - 4.5:.1f},{y + 3.5:.1f}"
        return f'<polygon points="{points}" fill="{colour}"/>'
    if name == "hobby":
        points = f"{x:.1f},{y - 5:.1f} {x + 5:.1f},{y:.1f} {x:.1f},{y + 5:.1f} {x - 5:.1f},{y:.1f}"
        return f'<polygon points="{points}" fill="{colour}"/>'
    cross = f"M{x - 4:.1f} {y - 4:.1f}l8 8M{x + 4:.1f} {y - 4:.1f}l-8 8"
    return f'<path d="{cross}" stroke="{colour}" stroke-width="2" fill="none"/>'


def _text(x: float, y: float, text: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(text)}</text>'


def _panel(table: Sequence[Cell], density_w_cm2: float, barriers: bool) -> list[str]:
    """One panel, its rows from 0 downwards."""
    height = len(ROWS) * _ROW_H
    lines = [_text(0, -10, variant(density_w_cm2, barriers), 'font-weight="bold"')]
    for index in range(0, len(ROWS), 2):
        y, size = index * _ROW_H, f'width="{_PANEL_W}" height="{_ROW_H}"'
        lines.append(f'<rect x="0" y="{y}" {size} fill="#f3f3f3"/>')
    for power in range(-2, 5):
        x = _x(10.0**power)
        lines.append(f'<path d="M{x:.1f} 0V{height}" stroke="#cccccc" stroke-width="1"/>')
        label = "≤0.01" if power == -2 else "10⁴" if power == 4 else f"{10.0**power:g}"
        lines.append(_text(x, height + 14, label, 'text-anchor="middle" fill="#555555"'))
    for cem43, _, colour in (*_LINES, (_NECROSIS_CEM43, "", "#000000")):
        x = _x(cem43)
        dash = 'stroke-width="1.5" stroke-dasharray="4 3"'
        lines.append(f'<path d="M{x:.1f} 0V{height}" stroke="{colour}" {dash}/>')
    lines.append(
        _text(_PANEL_W / 2, height + 29, "CEM43 at the skin, minutes", 'text-anchor="middle"')
    )
    places = {row.name: index for index, row in enumerate(ROWS)}
    found = {
        (cell.contender, cell.row): cell.worst.skin_cem43
        for cell in table
        if (cell.density_w_cm2, cell.barriers) == (density_w_cm2, barriers)
    }
    ranked = {name for name, *of in gives_sessions(table) if of == [density_w_cm2, barriers]}
    # Ours last, so that it lies on top.
    for name in reversed(CONTENDERS):
        lines.append("<g>" if name in ranked else '<g opacity="0.3">')
        for row, index in places.items():
            if (name, row) in found:
                middle = (index + 0.5) * _ROW_H + _OFFSETS[name]
                lines.append(_mark(name, _x(found[name, row]), middle))
        lines.append("</g>")
    return lines


def _legend() -> list[str]:
    lines = []
    x = 12.0
    for name in CONTENDERS:
        lines += [_mark(name, x, 40), _text(x + 10, 44, TITLES[name])]
        x += 28 + 6.6 * len(TITLES[name])
    for _, label, colour in (*_LINES, (_NECROSIS_CEM43, "640: necrosis", "#000000")):
        dash = 'stroke-width="1.5" stroke-dasharray="4 3"'
        lines.append(f'<path d="M{x:.1f} 33v14" stroke="{colour}" {dash}/>')
        lines.append(_text(x + 8, 44, label))
        x += 22 + 6.2 * len(label)
    return lines


def draw(table: Sequence[Cell]) -> str:
    """The whole picture."""
    height = _HEAD_H + len(ROWS) * _ROW_H + _AXIS_H
    full_w = _LABELS_W + 2 * (_PANEL_W + _GAP)
    full_h = _TOP + 2 * height + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full_w} {full_h}" '
        f'width="{full_w}" height="{full_h}" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="12">',
        "<title>Skin dose by fault and controller, simulated</title>",
        f'<rect width="{full_w}" height="{full_h}" fill="#ffffff"/>',
        _text(12, 20, "Skin dose within two hours, by fault and controller (simulated)",
              'font-size="15" font-weight="bold"'),
        _text(12, 62, "pale: gives no session on this pad, so nothing to be ranked",
              'fill="#555555"'),
        *_legend(),
    ]  # fmt: skip
    for number, (density, barriers) in enumerate(VARIANTS):
        x = _LABELS_W + number % 2 * (_PANEL_W + _GAP)
        y = _TOP + _HEAD_H + number // 2 * height
        lines.append(f'<g transform="translate({x} {y})">')
        lines += _panel(table, density, barriers)
        lines.append("</g>")
        if number % 2 == 0:
            for index, row in enumerate(ROWS):
                middle = y + (index + 0.5) * _ROW_H + 4
                lines.append(_text(_LABELS_W - 8, middle, row.says, 'text-anchor="end"'))
    return "\n".join([*lines, "</svg>", ""])
