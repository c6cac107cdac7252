"""`poultice campaign`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from poultice.cli import output
from poultice.cli.base import (
    Command,
    Result,
    asked_for_json,
    json_option,
    option,
)
from poultice.errors import Interrupted, PoulticeError, UsageError
from poultice.words import meant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poultice.campaign.summary import Rows

_SEED_MAX, _RUNS_MAX = 999_999_999, 1_000_000  # as in poultice.campaign.scenario, not loaded here
_SAY_EVERY_S = 10.0


@click.command(cls=Command)
@option(
    "--runs",
    type=click.IntRange(1, _RUNS_MAX),
    default=500,
    show_default=True,
    metavar="N",
    help="How many sessions.",
)
@option(
    "--seed",
    type=click.IntRange(0, _SEED_MAX),
    default=1,
    show_default=True,
    metavar="S",
    help="The same seed gives the same sessions.",
)
@option("--pairs", is_flag=True, help="Two faults a run instead of one.")
@option("--fault", multiple=True, metavar="NAME", help="Only this class; repeatable.")
@option(
    "--replay",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    help="One run again, by its number, with what happened when.",
)
@option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Processes; default: one for each processor.",
)
@option("--cluster", metavar="ADDRESS", help="A Dask cluster's scheduler, in place of processes.")
@option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="One row a run: FILE.jsonl or FILE.parquet.",
)
@option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The dose at the skin by fault: FILE.svg, .png or .pdf.",
)
@json_option
def campaign(
    runs: int,
    seed: int,
    pairs: bool,
    fault: tuple[str, ...],
    replay: int | None,
    jobs: int | None,
    cluster: str | None,
    path: Path | None,
    plot: Path | None,
) -> Result:
    """Simulate many sessions, each with a fault, and tell what the skin got.

    Protocol, body, pad, tolerances and the moment of the fault are drawn from the run's number;
    the device's logic is the real one. Simulated on an unvalidated plant: docs/safety says what
    that is worth.
    """
    from poultice.campaign import files, scenario

    if replay is not None:
        return _replay(replay)
    if jobs is not None and cluster is not None:
        raise UsageError("--jobs is for processes, --cluster for a cluster", hint="give one")
    _known(fault)
    for one, suffixes in ((path, files.TABLES), (plot, files.PICTURES)):
        if one is not None:
            files.require(one, suffixes)
    faults = scenario.PAIRS if pairs else scenario.SINGLE
    numbers = scenario.numbers(runs, seed, faults, fault)
    rows, error = _collect(numbers, jobs, cluster, quiet=asked_for_json())
    data = _report(rows, path, plot)
    told = {"seed": seed, "faults_a_run": faults, "only": list(fault), "asked": runs}
    return Result({**told, **data}, "campaign", error)


def _replay(number: int) -> Result:
    from poultice.campaign.scenario import draw
    from poultice.campaign.trial import Trial

    trial = Trial(draw(number))
    trial.run()
    plan = trial.scenario.plan.to_wire()
    return Result({"run": trial.row(), "plan": plan, "log": trial.log}, "trial")


def _known(only: Sequence[str]) -> None:
    from poultice.campaign.classes import FAULT_CLASSES, HEALTHY

    known = (HEALTHY, *FAULT_CLASSES)
    for name in only:
        if name not in known:
            hint = meant(name, known) or f"one of {', '.join(known)}"
            raise UsageError(f"there is no fault class {name!r}", hint=hint)


def _collect(
    numbers: Sequence[int], jobs: int | None, cluster: str | None, *, quiet: bool
) -> tuple[Rows, PoulticeError | None]:
    """The rows of these runs; with Ctrl-C or a dead worker those there are."""
    from poultice.campaign import executors
    from poultice.campaign.spread import rows_of
    from poultice.campaign.summary import Rows

    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    jobs = min(jobs or cores or 1, len(numbers))
    where = executors.cluster(cluster) if cluster else executors.processes(jobs)
    rows = Rows()
    error: PoulticeError | None = None
    try:
        with where as executor, _progress(len(numbers), quiet) as told:
            for done, row in enumerate(rows_of(numbers, executor), start=1):
                rows.add(row)
                told(done)
    except KeyboardInterrupt:
        error = Interrupted(f"stopped after {len(rows)} of {len(numbers)} runs")
    except PoulticeError as failed:
        error = failed
    if error is not None and not rows:
        raise error
    return rows, error


def _report(rows: Rows, output: Path | None, plot: Path | None) -> dict[str, Any]:
    """Everything that was asked for, written and summed up."""
    from poultice.campaign import files
    from poultice.campaign.summary import summarise

    path = output
    try:
        if output is not None:
            files.write(rows, output)
        if plot is not None:
            from poultice.campaign import picture

            path = plot
            picture.draw(rows, plot)
    except OSError as error:
        raise PoulticeError(
            f"{path} cannot be written: {error.strerror}", hint="free some space there"
        ) from None
    return {
        **summarise(rows),
        "output": None if output is None else str(output),
        "plot": None if plot is None else str(plot),
    }


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, else a line now and then; on stderr, and nothing with --json."""
    if quiet:
        yield lambda done: None
        return
    started_s = time.monotonic()
    if output.coloured(sys.stderr):
        from rich import progress
        from rich.console import Console

        with progress.Progress(
            progress.TextColumn("{task.completed} of {task.total} runs"),
            progress.BarColumn(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
        ) as bar:
            task = bar.add_task("", total=total)
            yield lambda done: bar.update(task, completed=done)
    else:
        said_s = started_s

        def told(done: int) -> None:
            nonlocal said_s
            now_s = time.monotonic()
            if now_s - said_s >= _SAY_EVERY_S:
                said_s = now_s
                left_s = (now_s - started_s) * (total - done) / done
                output.say(f"{done} of {total} runs, about {left_s:.0f} s to go")

        yield told
    output.say(f"{total} runs in {time.monotonic() - started_s:.1f} s")
