"""The fold that neither sensor nor switch feels: what asking for less would do about it."""

from __future__ import annotations

from poultice.rivals.contender import TICK_S
from poultice.rivals.ours import Ours
from poultice.rivals.rows import DENSITIES_W_CM2
from poultice.simulator.hazards import HAZARDS

TARGETS_C = (38.0, 39.0, 40.0, 41.0, 42.0)
MINUTES = (10, 20, 30)
_COOLING_S = 600.0


def dose_cem43(target_c: float, minutes: int, density_w_cm2: float) -> float | None:
    """At the skin under the fold, after a whole session of ours and ten minutes of cooling; None
    where the device refuses it."""
    ours = Ours(density_w_cm2, session_s=minutes * 60)
    HAZARDS["fold_away"].befall(ours)
    ours.begin(target_c)
    if ours.ended is not None:
        return None
    for _ in range(round((minutes * 60 + _COOLING_S) / TICK_S)):
        ours.advance()
    return ours.board.plant.worst_skin_cem43


def table() -> list[tuple[float, list[float | None]]]:
    """For each target the doses for each density and length."""
    return [
        (
            target_c,
            [
                dose_cem43(target_c, minutes, density)
                for density in DENSITIES_W_CM2
                for minutes in MINUTES
            ],
        )
        for target_c in TARGETS_C
    ]
