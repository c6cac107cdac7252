"""One controller, one pad, one thing that goes wrong, two hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from poultice.virtual.body import Pad
from poultice.virtual.hazards import HAZARDS
from poultice.virtual.plant import Plant
from tests.rivals.bench import RivalBoard, remove_barriers
from tests.rivals.bimetal_pad import BimetalPad
from tests.rivals.contender import TICK_S, Contender
from tests.rivals.hobby import Hobby
from tests.rivals.klipper import Klipper
from tests.rivals.marlin import Marlin
from tests.rivals.ours import Ours
from tests.rivals.rows import BY_NAME, DAY_S, HORIZON_S, SESSION_S, Row

WARM_C = 38.0
AGAIN_S = 60.0
COOL_C = 39.0  # skin below it gathers no dose


def _plant(density_w_cm2: float) -> Plant:
    return Plant(Pad(density_w_cm2=density_w_cm2))


MAKERS: dict[str, Callable[[float, int], Contender]] = {
    "poultice": lambda density, seed: Ours(density, seed=seed),
    "klipper": lambda density, seed: Klipper(RivalBoard(_plant(density), seed=seed)),
    "marlin": lambda density, seed: Marlin(RivalBoard(_plant(density), seed=seed)),
    "hobby": lambda density, seed: Hobby(RivalBoard(_plant(density), seed=seed)),
    "bimetal": lambda density, seed: BimetalPad(_plant(density)),
}

CLASSES = (Ours, Klipper, Marlin, Hobby, BimetalPad)
TITLES = {each.name: each.title for each in CLASSES}


@dataclass(frozen=True)
class Case:
    """What is run. `at_s` is when the hazard strikes, None: before power-up."""

    contender: str
    row: str
    density_w_cm2: float
    barriers: bool
    at_s: float | None
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What came of it. `off_s` counts from the hazard (or the start) to the last power the pad
    got, None where it could still get some after two hours; `warm_s` is how long of the session
    the skin (the flat part) was at `WARM_C` or above: what the session is for."""

    case: Case
    off_s: float | None
    skin_cem43: float
    peak_skin_c: float
    warm_s: float
    ended: str | None


def run(case: Case) -> Outcome:
    """The whole of it, tick by tick; cut short once nothing can come of it any more."""
    row = BY_NAME[case.row]
    contender = MAKERS[case.contender](case.density_w_cm2, case.seed)
    if not case.barriers:
        remove_barriers(contender.board)
    return undergo(contender, case, row)


def undergo(contender: Contender, case: Case, row: Row) -> Outcome:
    """That row, with this contender."""
    board = contender.board
    hazard = None if row.hazard is None else HAZARDS[row.hazard]
    if hazard is not None and case.at_s is None:
        hazard.befall(contender)
        hazard = None
    contender.begin(row.target_c)
    at_s = case.at_s or 0.0
    struck_s = last_s = 0.0
    now_s = 0.0
    peak_c = warm_s = again_s = 0.0
    stopped = False
    horizon_s = DAY_S if row.restarted else HORIZON_S
    while now_s < horizon_s - 1e-9:
        # In the moment that is worst: with power on the pad, where it still gets any.
        due = hazard is not None and now_s >= at_s - 1e-9
        if hazard is not None and due and (contender.energised or contender.ended is not None):
            hazard.befall(contender)
            hazard, struck_s = None, now_s
        if not stopped and not row.left_on and now_s >= SESSION_S - 1e-9:
            stopped = True
            contender.stop()
        if row.restarted and contender.ended and now_s >= again_s:
            again_s = now_s + AGAIN_S
            contender.begin(row.target_c)
        contender.advance()
        now_s += TICK_S
        if contender.energised:
            last_s = now_s
        skin_c = board.plant.worst_skin_c
        peak_c = max(peak_c, skin_c)
        if now_s <= SESSION_S and board.plant.skin_c >= WARM_C:
            warm_s += TICK_S
        if row.restarted or not contender.ended or hazard is not None:
            continue
        if skin_c < COOL_C and not _could_heat(contender):
            break
    off_s = None if _could_heat(contender) else max(0.0, last_s - struck_s)
    return Outcome(case, off_s, board.plant.worst_skin_cem43, peak_c, warm_s, contender.ended)


def _could_heat(contender: Contender) -> bool:
    """Is every contact closed, whatever a bimetal says now? A blown fuse is for good."""
    board = contender.board
    return board.fuse.closed and all(relay.contact for relay in board.heat_path)
