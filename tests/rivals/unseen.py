"""A fold that neither sensor nor switch feels, and what would do something about it."""

from __future__ import annotations

from dataclasses import dataclass

from poultice.virtual.hazards import HAZARDS
from tests.rivals.contender import TICK_S
from tests.rivals.ours import Ours

_COOLING_S = 600.0


@dataclass(frozen=True)
class Skin:
    """A column: the pad on it, its blood flow, the session's length."""

    density_w_cm2: float
    perfusion: float
    minutes: int

    @property
    def says(self) -> str:
        """For its heading."""
        flow = "" if self.perfusion else ", no blood flow"
        return f"{self.density_w_cm2:.2f} W/cm², {self.minutes} min{flow}"


@dataclass(frozen=True)
class Mend:
    """A line: the target asked for, and which hazard the fold is."""

    target_c: float
    hazard: str
    says: str


SKINS = tuple(
    Skin(density, perfusion, minutes)
    for perfusion, lengths in ((1.0, (20, 30)), (0.0, (20,)))
    for density in (0.05, 0.10)
    for minutes in lengths
)
MENDS = (
    *(Mend(float(c), "fold_away", f"{c} °C, felt by nothing") for c in (38, 39, 40, 41, 42)),
    Mend(42.0, "fold_at_far_end", "42 °C, sensor B in the fold"),
    Mend(42.0, "fold_at_switch", "42 °C, a bimetal in the fold"),
)


def dose_cem43(mend: Mend, skin: Skin) -> float | None:
    """At the skin under the fold, after a whole session of ours and ten minutes of cooling; None
    where the device refuses it."""
    ours = Ours(skin.density_w_cm2, session_s=skin.minutes * 60)
    ours.board.plant.change(perfusion=skin.perfusion)
    HAZARDS[mend.hazard].befall(ours)
    ours.begin(mend.target_c)
    if ours.ended is not None:
        return None
    for _ in range(round((skin.minutes * 60 + _COOLING_S) / TICK_S)):
        ours.advance()
    return ours.board.plant.worst_skin_cem43
