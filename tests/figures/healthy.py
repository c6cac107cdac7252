"""`python -m tests.figures.healthy`: what a healthy device does on the family of healthy plants.

6480 sessions of 20 minutes of heat: six pads of 0.03 to 0.10 W/cm², three heat capacities, three
blood flows, four rooms of 18 to 35 °C, three contacts, five targets, the reference device and the
least one (no sensor B, no SENSE). Nothing is wrong with any of them, so every trip and every
warning is a false one (that of the heat budget, SR-24, is its own matter).
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean, median

import click

from poultice.virtual.options import SimOptions
from poultice.virtual.told import limits
from poultice_core import codec
from tests import evidence
from tests.rivals.ours import Ours

DENSITIES_W_CM2 = (0.03, 0.04, 0.05, 0.06, 0.08, 0.10)
MASSES_J_M2K = (700.0, 1400.0, 2400.0)
PERFUSIONS = (0.5, 1.0, 1.5)
AMBIENTS_C = (18.0, 23.0, 29.0, 35.0)
CONTACTS_M2K_W = (0.005, 0.01, 0.03)
TARGETS_C = (38.0, 39.5, 40.5, 41.0, 42.0)
SESSION_S = 1200
SETTLE_S = 120.0  # after the target is first reached
BAND_C = 0.6
WATCHED_S = 150.0  # the device's own watch after a session, 120 s, and what it says then


@dataclass(frozen=True)
class Session:
    """One of them."""

    number: int
    seed: int
    options: SimOptions
    contact_m2k_w: float
    target_c: float


@dataclass(frozen=True)
class Held:
    """What it did. The band is of bead A against the target, from `SETTLE_S` after it got there;
    None where it never did."""

    number: int
    density_w_cm2: float
    target_c: float
    ended: str
    trip: bool
    warnings: dict[str, int] = field(default_factory=dict)
    closings_a_minute: float = 0.0
    reached_s: float | None = None
    peak_over_c: float = 0.0
    lowest_c: float | None = None
    highest_c: float | None = None

    @property
    def out_of_band(self) -> bool:
        """Beyond ±0.6 °C at set-point?"""
        if self.lowest_c is None or self.highest_c is None:
            return False
        return self.lowest_c < -BAND_C or self.highest_c > BAND_C


def family(seed: int) -> Iterator[Session]:
    """All of them, in an order of which any part taken at equal distances is like the whole."""
    configurations = (True, False)
    every = itertools.product(
        DENSITIES_W_CM2,
        MASSES_J_M2K,
        PERFUSIONS,
        AMBIENTS_C,
        CONTACTS_M2K_W,
        TARGETS_C,
        configurations,
    )
    for number, (density, mass, perfusion, ambient_c, contact, target_c, full) in enumerate(every):
        options = SimOptions(
            ambient_c=ambient_c,
            pad_w_cm2=density,
            mass_j_m2k=mass,
            perfusion=perfusion,
            sensor_b=full,
            sense=full,
        )
        yield Session(number, seed + number % 8, options, contact, target_c)


def hold(session: Session) -> Held:
    """The whole session, and what the device says after it."""
    allowed = limits(session.options)
    target_c = min(session.target_c, allowed["heat_target_max_mc"] / 1000)
    seconds = min(SESSION_S, allowed["heat_session_s"])
    ours = Ours(
        session.options.pad_w_cm2, seed=session.seed, session_s=seconds, options=session.options
    )
    device, plant = ours.device, ours.board.plant
    plant.change(pad=plant.pad._replace(contact_m2k_w=session.contact_m2k_w))
    plant.lay_down_again()
    ours.begin(target_c)
    warnings: Counter[str] = Counter()
    above: list[float] = []
    closings, was_on, reached_at = 0, False, None
    over_s: float | None = None
    while over_s is None or device.now_s < over_s + WATCHED_S:
        ours.advance()
        warnings.update(_warnings(ours.heard + device.host_bytes_out()))
        if over_s is None and ours.ended:
            over_s = device.now_s
        if over_s is not None:
            continue
        on = ours.energised
        closings += on and not was_on
        was_on = on
        above.append(plant.sensor_a_c - target_c)
        if reached_at is None and above[-1] >= 0.0:
            reached_at = len(above)
    settled = [] if reached_at is None else above[reached_at + round(SETTLE_S * 10) :]
    ended = ours.ended or ""
    return Held(
        session.number,
        session.options.pad_w_cm2,
        target_c,
        ended,
        ended not in ("session over", "stopped"),
        dict(warnings),
        closings / (seconds / 60),
        None if reached_at is None else reached_at / 10,
        max(above, default=0.0),
        min(settled, default=None),
        max(settled, default=None),
    )


def _warnings(heard: bytes) -> Iterator[str]:
    """The `what` of each warning, and its cause where it has one."""
    for line in heard.split(b"\n"):
        if b'"warning"' in line:
            event = json.loads(codec.unseal(line) or "{}").get("params", {})
            if event.get("kind") == "warning":
                yield " ".join(filter(None, (event.get("what"), event.get("cause"))))


def summary(held: list[Held]) -> list[str]:
    """All that is counted, a line each."""
    trips = Counter(one.ended for one in held if one.trip)
    tripped = [str(one.number) for one in held if one.trip]
    which = f"(numbers {', '.join(tripped)})" if tripped else ""
    refused = sum(one.ended.startswith("refused") for one in held)
    told: Counter[str] = Counter()
    for one in held:
        told.update(one.warnings.keys())
    closings = [one.closings_a_minute for one in held]
    at_target = [one for one in held if one.lowest_c is not None and one.highest_c is not None]
    out = [one for one in at_target if one.out_of_band]
    lowest = min((one.lowest_c or 0.0 for one in at_target), default=0.0)
    highest = max((one.highest_c or 0.0 for one in at_target), default=0.0)
    reached = sum(one.reached_s is not None for one in held)
    held_closings = [one.closings_a_minute for one in at_target] or [0.0]
    return [
        f"{len(held)} sessions, {reached} reached their target, {refused} refused",
        f"trips: {sum(trips.values())} {dict(trips) or ''} {which}".rstrip(),
        f"sessions with a warning, by what: {dict(told) or 'none'}",
        f"closings a minute of heat: mean {mean(closings):.3f}, median {median(closings):.3f}, "
        f"most {max(closings):.3f}; of those that held a target: {mean(held_closings):.3f}",
        f"over the target at the bead, at most: {max(one.peak_over_c for one in held):+.2f} °C",
        f"at set-point ({len(at_target)} sessions): {lowest:+.2f} to {highest:+.2f} °C, "
        f"{len(out)} beyond ±{BAND_C:g} °C "
        f"({sum((one.highest_c or 0.0) > BAND_C for one in out)} above)",
    ]


def keep(path: Path, told: list[str], command: str) -> None:
    """What `summary` told, as a file of evidence."""
    # The safety case shows the first four.
    first, trips, warned, closings, over, band = told
    others = (trips, over, band, warned, closings)
    evidence.keep(
        path,
        title="False trips",
        command=command,
        requirements=["SR-07", "SR-08", "SR-09", "SR-10", "SR-26"],
        figures=[["healthy", first], *(line.split(": ", 1) for line in others)],
        notes=["Simulated, on a plant that is not validated."],
    )


@click.command()
@click.option("--runs", default=6480, show_default=True, help="As many, at equal distances.")
@click.option("--seed", default=1, show_default=True, help="Of the sensors' noise.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option(
    "--evidence", "kept", type=click.Path(path_type=Path), help="Write the figures (JSON)."
)
@click.option("--output", type=click.Path(path_type=Path), help="Write every run (JSON Lines).")
def main(runs: int, seed: int, jobs: int, kept: Path | None, output: Path | None) -> None:
    """What a healthy device does on the family of healthy plants."""
    every = list(family(seed))
    count = min(runs, len(every))
    wanted = [every[i * len(every) // count] for i in range(count)]
    if jobs == 1:
        held = list(map(hold, wanted))
    else:
        with ProcessPoolExecutor(jobs) as pool:
            held = list(pool.map(hold, wanted, chunksize=8))
    if output is not None:
        output.write_text("".join(json.dumps(asdict(one)) + "\n" for one in held), "utf-8")
    told = summary(held)
    click.echo("\n".join(told))
    if kept is not None:
        keep(kept, told, f"python -m tests.figures.healthy --runs {count} --seed {seed}")


if __name__ == "__main__":
    main()
