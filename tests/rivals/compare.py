"""All of it: every row, controller, density, with and without barriers, in parallel processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, replace
from math import inf

from tests.rivals.rows import DENSITIES_W_CM2, ROWS, Row
from tests.rivals.trial import TITLES, Case, Outcome, run

CONTENDERS = tuple(TITLES)
LIMIT_CEM43 = 9.0
"""The goal for every single fault: what a session may count (SR-06) and no more."""
HARMLESS_CEM43 = 2.0
"""Doses below this count as equal: the strictest dose limit proposed (facts.md 1b)."""
ALIKE = 0.13
"""Above it, doses within this part of each other count as equal: 0.2 °C, which is what the best
conversion of a reading is good for (`safety.md`), changes a dose by a factor of 2^0.2."""
SOONER = 0.8
"""Another is quicker that takes less than this part of our time to off."""
WARM_ENOUGH_S = 600.0
"""A controller whose healthy session keeps the skin warm for less gives no session: no rank."""


@dataclass(frozen=True)
class Cell:
    """One controller in one row of one table: the worst of its moments, dose and time each."""

    row: str
    contender: str
    density_w_cm2: float
    barriers: bool
    worst: Outcome


def cases(
    rows: Iterable[Row] = ROWS,
    *,
    contenders: Sequence[str] = CONTENDERS,
    densities: Sequence[float] = DENSITIES_W_CM2,
    seed: int = 1,
) -> list[Case]:
    """Every run there is to do."""
    return [
        Case(contender, row.name, density, barriers, at_s, seed)
        for row in rows
        for density in densities
        for barriers in (False, True)
        for contender in contenders
        if contender in row.for_whom
        for at_s in row.moments
    ]


def run_all(
    wanted: Sequence[Case],
    *,
    jobs: int = 1,
    executor: Executor | None = None,
    done: Callable[[int], None] = lambda count: None,
) -> list[Outcome]:
    """The outcomes in the order of the cases, whatever runs them."""
    if executor is None and jobs <= 1:
        outcomes = map(run, wanted)
        return _collect(outcomes, done)
    with executor or ProcessPoolExecutor(jobs) as pool:
        return _collect(pool.map(run, wanted, chunksize=4), done)


def _collect(outcomes: Iterable[Outcome], done: Callable[[int], None]) -> list[Outcome]:
    collected = []
    for outcome in outcomes:
        collected.append(outcome)
        done(len(collected))
    return collected


def cells(outcomes: Iterable[Outcome]) -> list[Cell]:
    """For each controller in each row the greatest dose and the longest time of its moments."""
    of: dict[tuple[str, str, float, bool], list[Outcome]] = {}
    for outcome in outcomes:
        case = outcome.case
        key = (case.row, case.contender, case.density_w_cm2, case.barriers)
        of.setdefault(key, []).append(outcome)
    return [Cell(*key, _worst(found)) for key, found in of.items()]


def _worst(found: list[Outcome]) -> Outcome:
    hottest = max(found, key=lambda one: one.skin_cem43)
    slowest = max(found, key=lambda one: inf if one.off_s is None else one.off_s)
    return replace(hottest, off_s=slowest.off_s, ended=slowest.ended)


@dataclass(frozen=True)
class Standing:
    """How ours does in one row of one table, against those that give a session there at all."""

    row: str
    density_w_cm2: float
    barriers: bool
    ours: Outcome
    beaten_by: tuple[str, ...]
    """Those with less dose, beyond what counts as equal."""
    sooner: tuple[tuple[str, float], ...]
    """Those that took less than four fifths of the time to off, and a second less: how long."""
    alone: bool
    """Has everybody else a greater dose, beyond what counts as equal?"""

    @property
    def over(self) -> bool:
        """Is the skin dose beyond the limit?"""
        return self.ours.skin_cem43 >= LIMIT_CEM43


def less(one: float, other: float) -> bool:
    """Is dose `one` below dose `other` in a way that matters?"""
    return other >= HARMLESS_CEM43 and one < other * (1.0 - ALIKE)


def gives_sessions(table: Iterable[Cell]) -> set[tuple[str, float, bool]]:
    """(contender, density, barriers) of those whose healthy session warms."""
    return {
        (cell.contender, cell.density_w_cm2, cell.barriers)
        for cell in table
        if cell.row == "healthy" and cell.worst.warm_s >= WARM_ENOUGH_S
    }


def standings(table: Sequence[Cell], ours: str = "poultice") -> list[Standing]:
    """Ours against each other controller, row by row. The table has to have the healthy row."""
    ranked = gives_sessions(table)
    lines: dict[tuple[str, float, bool], dict[str, Outcome]] = {}
    for cell in table:
        line = lines.setdefault((cell.row, cell.density_w_cm2, cell.barriers), {})
        if (cell.contender, cell.density_w_cm2, cell.barriers) in ranked:
            line[cell.contender] = cell.worst
    found = []
    for (row, density, barriers), line in lines.items():
        mine = line.pop(ours)
        dose, off_s = mine.skin_cem43, mine.off_s
        beaten_by = tuple(name for name, other in line.items() if less(other.skin_cem43, dose))
        sooner = tuple(
            (name, other.off_s)
            for name, other in line.items()
            if other.off_s is not None
            and (off_s is None or other.off_s < min(off_s - 1.0, SOONER * off_s))
        )
        alone = all(less(dose, other.skin_cem43) for other in line.values())
        found.append(
            Standing(row, density, barriers, mine, beaten_by, sooner, alone and bool(line))
        )
    return found
