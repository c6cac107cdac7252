"""A protocol and its phases, apart from what reads one and from what judges a plan."""

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


@dataclass(frozen=True)
class Protocol:
    """A treatment as it was written down.

    `acute` says how the age of an injury is judged: "only" in its first 72 hours, "no" not in
    them, "any". `evidence` holds one source a line. `source` is the file it came from. By its
    `keywords`, ailments and parts of the body, it is found.
    """

    name: str
    title: str
    summary: str
    evidence: tuple[str, ...]
    acute: str
    phases: tuple[Phase, ...]
    source: str
    keywords: tuple[str, ...] = ()

    @property
    def modes(self) -> frozenset[str]:
        """The modes it uses."""
        return frozenset(phase.mode for phase in self.phases)
