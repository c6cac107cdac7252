"""A phase: what protocols and plans are made of. Apart from both, so that a protocol is read
without what judges a plan."""

from __future__ import annotations

from dataclasses import dataclass

HEAT = "heat"
COLD = "cold"
REST = "rest"
MODES = (HEAT, COLD, REST)


@dataclass(frozen=True)
class Phase:
    """One stretch of a plan.

    `target_mc` is what the thermostat holds (heat), or where the cooler is switched off
    (cold), in milli-°C; None for rest. `say` is for the person and never goes to the device.
    """

    mode: str
    target_mc: int | None
    duration_s: int
    say: str | None = None
