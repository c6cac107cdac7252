"""The comparison as Markdown: blocks of a page whose other words are written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests import evidence
from tests.rivals.compare import (
    CONTENDERS,
    LIMIT_CEM43,
    Cell,
    Standing,
    gives_sessions,
    standings,
)
from tests.rivals.rows import BY_NAME, DENSITIES_W_CM2, ROWS, Row
from tests.rivals.rules import CHOSEN
from tests.rivals.trial import CLASSES, TITLES, Outcome
from tests.rivals.unseen import MENDS, SKINS, Mend, Skin, dose_cem43

VARIANTS = tuple((density, barriers) for barriers in (True, False) for density in DENSITIES_W_CM2)
# Not a single fault of ours: it has two relays.
DOUBLE = frozenset({"weld_all"})


def seconds(off_s: float | None) -> str:
    """A time for a person: 0.4 s, 66 s, 19 min."""
    if off_s is None:
        return "never"
    if off_s < 10.0:
        return f"{off_s:.1f} s"
    return f"{off_s:.0f} s" if off_s < 120.0 else f"{off_s / 60:.0f} min"


def dose(cem43: float) -> str:
    """Two figures that matter, bold from the limit on."""
    text = f"{cem43:.2f}" if cem43 < 10.0 else f"{cem43:.0f}"
    return f"**{text}**" if cem43 >= LIMIT_CEM43 else text


def entry(outcome: Outcome | None) -> str:
    """One cell: dose, time to off."""
    return "–" if outcome is None else f"{dose(outcome.skin_cem43)}, {seconds(outcome.off_s)}"


def variant(density_w_cm2: float, barriers: bool) -> str:
    """The heading of one table."""
    return f"{density_w_cm2:.2f} W/cm², {'with' if barriers else 'without'} bimetal and fuse"


def one_table(
    table: Iterable[Cell], density_w_cm2: float, barriers: bool, rows: Sequence[Row] = ROWS
) -> list[str]:
    """The lines of the table for one pad."""
    mine = [
        cell for cell in table if (cell.density_w_cm2, cell.barriers) == (density_w_cm2, barriers)
    ]
    found = {(cell.row, cell.contender): cell.worst for cell in mine}
    ranked = {name for name, _, _ in gives_sessions(mine)}
    heads = [TITLES[name] + ("" if name in ranked else " ¹") for name in CONTENDERS]
    lines = [f"| | {' | '.join(heads)} |", "| --- |" + " --- |" * len(CONTENDERS)]
    for row in rows:
        entries = [entry(found.get((row.name, name))) for name in CONTENDERS]
        lines.append(f"| {row.says} | {' | '.join(entries)} |")
    return lines


def tables(table: Sequence[Cell]) -> str:
    """All four."""
    lines: list[str] = []
    for density, barriers in VARIANTS:
        lines += [f"### {variant(density, barriers)}", "", *one_table(table, density, barriers), ""]
    lines.append(
        "¹ gives no session on this pad: less than ten of twenty minutes with the skin at 38 °C "
        "in the healthy row, ended by its own rules or kept cold by a switch. Shown, not ranked."
    )
    return "\n".join(lines)


def _where(found: Iterable[Standing]) -> str:
    """Rows by name, each with its pads."""
    pads: dict[str, list[str]] = {}
    for one in found:
        pads.setdefault(one.row, []).append(f"{one.density_w_cm2:.2f}")
    named = [f"*{BY_NAME[row].says}* ({' and '.join(each)} W/cm²)" for row, each in pads.items()]
    return "; ".join(named) or "none"


def _beyond(table: Sequence[Cell]) -> list[str]:
    """For each controller how many single faults end beyond the limit, and the worst of them."""
    ranked = gives_sessions(table)
    lines = [
        f"| single faults at or beyond {LIMIT_CEM43:g} CEM43 | with bimetal and fuse | worst "
        "| without | worst |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in CONTENDERS:
        entries = [TITLES[name]]
        for barriers in (True, False):
            doses = [
                cell.worst.skin_cem43
                for cell in table
                if (cell.contender, cell.barriers) == (name, barriers)
                and (name, cell.density_w_cm2, barriers) in ranked
                and cell.row not in DOUBLE
            ]
            beyond = sum(each >= LIMIT_CEM43 for each in doses)
            entries += [f"{beyond} of {len(doses)}", dose(max(doses, default=0.0))]
        lines.append(f"| {' | '.join(entries)} |")
    return lines


def summary(table: Sequence[Cell]) -> str:
    """What the tables come to, counted."""
    found = standings(table)
    ahead = [one for one in found if not one.beaten_by]
    lines = [*_beyond(table), ""]
    lines.append(
        "- Counted for each controller are the pads on which it gives a session at all (¹)."
    )
    alone = sum(one.alone for one in found)
    lines.append(
        f"- Beyond what counts as equal (below) nobody has less dose than poultice in {len(ahead)} "
        f"of {len(found)} lines of the tables; in {alone} of them everybody else has more."
    )
    for one in found:
        if one.beaten_by:
            lines.append(f"- Less dose elsewhere: {_where([one])}, {_names(one.beaten_by)}.")
    for barriers in (True, False):
        mine = [one for one in found if one.barriers is barriers and one.row not in DOUBLE]
        worst = max((one.ours.skin_cem43 for one in mine if not one.over), default=0.0)
        lines.append(
            f"- {'With' if barriers else 'Without'} the last barriers poultice holds every single "
            f"fault at or below {worst:.1f} CEM43, except: "
            f"{_where(one for one in mine if one.over)}."
        )
    return "\n".join(lines)


def _names(names: Iterable[str]) -> str:
    return ", ".join(TITLES[name] for name in names)


def sooner(table: Sequence[Cell]) -> str:
    """Where somebody else turned the pad off sooner, in the tables with barriers."""
    lines = ["| | pad | poultice | sooner |", "| --- | --- | --- | --- |"]
    for one in standings(table):
        if one.sooner and one.barriers:
            others = ", ".join(f"{TITLES[name]} {seconds(off_s)}" for name, off_s in one.sooner)
            ours = f"{seconds(one.ours.off_s)} ({one.ours.ended})"
            pad = f"{one.density_w_cm2:.2f}"
            lines.append(f"| {BY_NAME[one.row].says} | {pad} | {ours} | {others} |")
    return "\n".join(lines)


def rules() -> str:
    """Every rule with its source, every choice as such."""
    lines = ["| who | rule | from |", "| --- | --- | --- |"]
    for each in CLASSES:
        for rule in each.rules:
            source = f"{rule.source}, {rule.standing}" if rule.source else rule.standing
            text = f"*{rule.says}*" if rule.standing == CHOSEN else rule.says
            lines.append(f"| {each.title} | {text} | {source} |")
    return "\n".join(lines)


def rows() -> str:
    """When each hazard strikes."""
    lines = ["| row | strikes |", "| --- | --- |"]
    for row in ROWS:
        moments = ["before power-up" if at is None else f"at {at:.0f} s" for at in row.moments]
        lines.append(f"| {row.says} | {'–' if row.hazard is None else ', '.join(moments)} |")
    return "\n".join(lines)


def fold_line(mend: Mend, skins: Sequence[Skin] = SKINS) -> str:
    """One line of the table below."""
    doses = [dose_cem43(mend, skin) for skin in skins]
    entries = ["refused" if each is None else dose(each) for each in doses]
    return f"| {mend.says} | {' | '.join(entries)} |"


def fold() -> str:
    """A fold that nothing feels, and what asking for less, a sensor or a switch do about it."""
    heads = [f"| fold | {' | '.join(skin.says for skin in SKINS)} |"]
    return "\n".join([*heads, "| --- |" + " --- |" * len(SKINS), *map(fold_line, MENDS)])


def blocks(table: Sequence[Cell]) -> dict[str, str]:
    """Everything that is generated, by the name of its block."""
    return {
        "summary": summary(table),
        "tables": tables(table),
        "sooner": sooner(table),
        "fold": fold(),
        "rules": rules(),
        "rows": rows(),
    }


def refill(page: str, made: Mapping[str, str]) -> str:
    """The page with each `<!-- NAME -->` ... `<!-- end -->` filled anew."""
    for name, text in made.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        parts = pattern.split(page)
        if len(parts) != 4:
            raise ValueError(f"the page has {len(parts) // 3} blocks named {name}")
        page = "".join((parts[0], parts[1], f"{text}\n", parts[2], parts[3]))
    return page


def keep(path: Path, table: Sequence[Cell], *, runs: int, command: str) -> None:
    """The same as a file of evidence for the safety case."""
    found = standings(table)
    figures: list[list[str]] = [
        ["runs of two simulated hours", str(runs)],
        ["lines compared", str(len(found))],
        ["lines in which nobody has less dose", str(sum(not one.beaten_by for one in found))],
        ["lines in which everybody else has more", str(sum(one.alone for one in found))],
    ]
    for density, barriers in VARIANTS:
        mine = [one for one in found if (one.density_w_cm2, one.barriers) == (density, barriers)]
        single = [one for one in mine if one.row not in DOUBLE]
        worst = max((one for one in single if not one.over), key=lambda one: one.ours.skin_cem43)
        where = variant(density, barriers)
        text = f"{worst.ours.skin_cem43:.2f} CEM43 ({BY_NAME[worst.row].says})"
        figures.append([f"worst single fault within the limit, {where}", text])
        for one in mine:
            if one.over:
                text = f"{one.ours.skin_cem43:.1f} CEM43"
                figures.append([f"beyond the limit: {BY_NAME[one.row].says}, {where}", text])
    evidence.keep(
        path,
        title="Against other controllers, on the same plants and faults",
        command=command,
        requirements=["SR-01", "SR-07", "SR-08", "SR-09", "SR-10", "SR-13", "SR-14", "SR-24"],
        figures=figures,
        notes=[
            "Simulation only, on a plant that is not validated against people.",
            "The rivals are our own code after their published rules and default numbers.",
            "A fold that no sensor and no switch feels is not held: it needs the hardware's rule.",
        ],
    )
