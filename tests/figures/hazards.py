"""`python -m tests.figures.hazards`: the skin's dose in every hazard, in every configuration.

Each configuration asks for the hottest and longest session that it allows, on perfused skin, on
both pads of the comparison and at the moments of its rows; the worst of them is shown. A fold that
nothing feels is no case of a pad that is `fold_safe`, no fold one of a device without sensor B,
whose pad must not be able to fold (`safety.md`).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from poultice.campaign.classes import UNFELT_FOLDS
from poultice.campaign.wording import tables
from poultice.virtual.hazards import HAZARDS
from poultice.virtual.options import SimOptions
from poultice.virtual.told import configuration, limits
from tests.rivals.ours import Ours
from tests.rivals.report import DOUBLE, dose
from tests.rivals.rows import DENSITIES_W_CM2, ROWS, Row
from tests.rivals.trial import Case, undergo

LIMIT_CEM43 = 9.0
# What firmware cannot hold: a row of the safety case each, with its answer in hardware. Nothing
# flows in, or nothing that measures or switches is where the heat is.
BEYOND_FIRMWARE = frozenset({"bony_0", "perfusion_lost", "hot_spot_2"}) | DOUBLE
FLAGS = {"sensor_b": "B", "sense": "S", "two_point": "2", "fold_safe": "F"}


@dataclass(frozen=True)
class Run:
    """One hazard in one configuration, on one pad, at one moment."""

    hazard: str | None
    options: SimOptions
    density_w_cm2: float
    at_s: float | None
    target_c: float | None
    a_in_middle: bool

    @property
    def configuration(self) -> str:
        """A letter for each that it has."""
        known = configuration(self.options)
        named = (letter for name, letter in FLAGS.items() if known.get(name))
        return "".join(named) or "-"


@dataclass(frozen=True)
class Result:
    """What came of it."""

    hazard: str
    configuration: str
    density_w_cm2: float
    at_s: float | None
    target_c: float
    skin_cem43: float
    peak_skin_c: float
    off_s: float | None
    ended: str | None


def ask(run: Run) -> tuple[float, int]:
    """Target and seconds: the most that this configuration allows."""
    allowed = limits(run.options)
    target_mc = allowed["heat_target_max_mc"]
    if run.target_c is not None:
        target_mc = min(target_mc, round(run.target_c * 1000))
    seconds = allowed["heat_session_s"]
    if target_mc > allowed["heat_hot_mc"]:
        seconds = min(seconds, allowed["heat_hot_session_s"])
    return target_mc / 1000, seconds


def simulate(run: Run) -> Result:
    """The worst two hours of it."""
    target_c, seconds = ask(run)
    ours = Ours(run.density_w_cm2, session_s=seconds, options=run.options)
    ours.board.plant.a_in_middle = run.a_in_middle
    name = run.hazard or "healthy"
    row = Row(name, name, run.hazard, (run.at_s,), target_c)
    found = undergo(ours, Case(ours.name, name, run.density_w_cm2, True, run.at_s), row)
    return Result(
        name,
        run.configuration,
        run.density_w_cm2,
        run.at_s,
        target_c,
        found.skin_cem43,
        found.peak_skin_c,
        found.off_s,
        found.ended,
    )


def configurations(perfusion: float, ambient_c: float) -> list[SimOptions]:
    """All of those that the firmware knows, once each."""
    found: dict[tuple[object, ...], SimOptions] = {}
    for flags in itertools.product((True, False), repeat=len(FLAGS)):
        given = dict(zip(FLAGS, flags, strict=True))
        options = SimOptions(perfusion=perfusion, ambient_c=ambient_c, **given)  # type: ignore[arg-type]
        found.setdefault(tuple(configuration(options).values()), options)
    return list(found.values())


def possible(hazard: str | None, options: SimOptions, a_in_middle: bool) -> bool:
    """Can it befall a device that says so of itself?"""
    if hazard is None or "fold" not in hazard:
        return True
    unfelt = hazard in UNFELT_FOLDS or (hazard == "fold_mid" and not a_in_middle)
    safe = options.fold_safe and "fold_safe" in configuration(options)
    return options.sensor_b and not (unfelt and safe)


def runs(
    names: tuple[str, ...],
    perfusion: float,
    ambient_c: float,
    target_c: float | None,
    a_in_middle: bool,
) -> Iterator[Run]:
    """Every one there is to do."""
    moments: dict[str | None, set[float | None]] = {}
    for row in ROWS:
        if not row.restarted and not row.left_on:
            moments.setdefault(row.hazard, set()).update(row.moments)
    for hazard, options in itertools.product(moments, configurations(perfusion, ambient_c)):
        if (names and hazard not in names) or not possible(hazard, options, a_in_middle):
            continue
        # What is built in wrong is there before; the rest in no order of importance.
        for at_s in sorted(moments[hazard], key=lambda at: -1.0 if at is None else at):
            for density in DENSITIES_W_CM2:
                yield Run(hazard, options, density, at_s, target_c, a_in_middle)


def table(results: list[Result]) -> list[str]:
    """Hazards down, configurations across; then what is beyond the limit."""
    columns = list(dict.fromkeys(one.configuration for one in results))
    worst: dict[tuple[str, str], Result] = {}
    for one in results:
        key = one.hazard, one.configuration
        if key not in worst or one.skin_cem43 > worst[key].skin_cem43:
            worst[key] = one
    targets = {one.configuration: f"{one.target_c:.1f}" for one in results}
    lines: list[tuple[str, ...] | str] = [
        ("HAZARD", *columns),
        ("asked °C", *(targets[column] for column in columns)),
    ]
    for name in dict.fromkeys(one.hazard for one in results):
        found = (worst.get((name, column)) for column in columns)
        lines.append((name, *("-" if one is None else dose(one.skin_cem43) for one in found)))
    over = [one for one in worst.values() if one.skin_cem43 > LIMIT_CEM43]
    held = [one for one in over if one.hazard not in BEYOND_FIRMWARE]
    letters = ", ".join(f"{letter} {name}" for name, letter in FLAGS.items())
    lines += ["", f"CEM43 at the skin, the worst of {len(results)} runs; {letters}"]
    known = len(over) - len(held)
    lines.append(f"beyond {LIMIT_CEM43:g}: {len(held)}, and {known} that no firmware can hold")
    lines += [
        (
            one.hazard,
            one.configuration,
            f"{one.skin_cem43:.1f}",
            f"{one.peak_skin_c:.1f} °C",
            f"{one.density_w_cm2:.2f} W/cm²",
            "before" if one.at_s is None else f"at {one.at_s:.0f} s",
            str(one.ended),
        )
        for one in held
    ]
    return tables(lines)


@click.command()
@click.option("--hazard", "names", multiple=True, type=click.Choice(list(HAZARDS)), help="Only it.")
@click.option("--configuration", "which", multiple=True, help="Only it: letters, such as BS2F.")
@click.option(
    "--target", "target_c", type=float, help="°C at most; as much as allowed if left out."
)
@click.option("--perfusion", default=1.0, show_default=True)
@click.option("--ambient", "ambient_c", default=23.0, show_default=True, help="°C.")
@click.option("--a-at-end", is_flag=True, help="Sensor A at a free end, not in the middle.")
@click.option("--jobs", default=1, show_default=True, help="Processes.")
@click.option("--output", type=click.Path(path_type=Path), help="Write every run (JSON Lines).")
def main(
    names: tuple[str, ...],
    which: tuple[str, ...],
    target_c: float | None,
    perfusion: float,
    ambient_c: float,
    a_at_end: bool,
    jobs: int,
    output: Path | None,
) -> None:
    """The skin's dose in every hazard, in every configuration. Ends with 1 where one that firmware
    can hold is beyond 9 CEM43.
    """
    wanted = list(runs(names, perfusion, ambient_c, target_c, not a_at_end))
    if which:
        wanted = [one for one in wanted if one.configuration in which]
    if jobs == 1:
        results = list(map(simulate, wanted))
    else:
        with ProcessPoolExecutor(jobs) as pool:
            results = list(pool.map(simulate, wanted, chunksize=4))
    if output is not None:
        output.write_text("".join(json.dumps(asdict(one)) + "\n" for one in results), "utf-8")
    click.echo("\n".join(table(results)))
    beyond = (one.skin_cem43 > LIMIT_CEM43 for one in results if one.hazard not in BEYOND_FIRMWARE)
    raise SystemExit(any(beyond))


if __name__ == "__main__":
    main()
