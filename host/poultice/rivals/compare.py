"""All of it: every row, controller, density, with and without barriers, in parallel processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass

from poultice.rivals.rows import DENSITIES_W_CM2, ROWS, Row
from poultice.rivals.trial import TITLES, Case, Outcome, run

CONTENDERS = tuple(TITLES)
LIMIT_CEM43 = 9.0
TIE_CEM43 = 0.5
"""Doses that differ by less count as equal: a twentieth of the limit, a fortieth of a mild burn."""


@dataclass(frozen=True)
class Cell:
    """One controller in one row of one table: the worst of its moments."""

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
    """Every run there is to do, the longest first within a row."""
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
    """For each controller in each row the run with the greatest dose, the slowest of equals."""
    worst: dict[tuple[str, str, float, bool], Outcome] = {}
    for outcome in outcomes:
        case = outcome.case
        key = (case.row, case.contender, case.density_w_cm2, case.barriers)
        if key not in worst or _badness(outcome) > _badness(worst[key]):
            worst[key] = outcome
    return [Cell(*key, outcome) for key, outcome in worst.items()]


def _badness(outcome: Outcome) -> tuple[float, float]:
    return (outcome.skin_cem43, float("inf") if outcome.off_s is None else outcome.off_s)


@dataclass(frozen=True)
class Standing:
    """How ours does in one row of one table. `beaten_by` had less dose, beyond a tie."""

    row: str
    density_w_cm2: float
    barriers: bool
    ours: Cell
    beaten_by: tuple[str, ...]
    tied_with: tuple[str, ...]

    @property
    def over(self) -> bool:
        """Is the skin dose beyond the limit?"""
        return self.ours.worst.skin_cem43 >= LIMIT_CEM43


def standings(table: Iterable[Cell], ours: str = "poultice") -> list[Standing]:
    """Ours against each other controller, row by row."""
    lines: dict[tuple[str, float, bool], dict[str, Cell]] = {}
    for cell in table:
        line = lines.setdefault((cell.row, cell.density_w_cm2, cell.barriers), {})
        line[cell.contender] = cell
    found = []
    for (row, density, barriers), line in lines.items():
        dose = line[ours].worst.skin_cem43
        others = {name: cell.worst.skin_cem43 for name, cell in line.items() if name != ours}
        beaten_by = tuple(name for name, other in others.items() if other <= dose - TIE_CEM43)
        tied = tuple(name for name, other in others.items() if abs(other - dose) < TIE_CEM43)
        found.append(Standing(row, density, barriers, line[ours], beaten_by, tied))
    return found
