"""`python -m tests.rivals`: run the comparison, print or write what came of it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import click

from tests.rivals import compare, picture, report
from tests.rivals.rows import BY_NAME, ROWS
from tests.rivals.trial import Outcome


def _runs(jobs: int, seed: int, names: tuple[str, ...]) -> list[Outcome]:
    rows = [BY_NAME[name] for name in dict.fromkeys(("healthy", *names))] if names else ROWS
    wanted = compare.cases(rows, seed=seed)

    def tell(count: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if count == len(wanted) else ""
            print(f"\r{count} of {len(wanted)} runs", end=end, file=sys.stderr, flush=True)

    return compare.run_all(wanted, jobs=jobs, done=tell)


@click.command()
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes.")
@click.option("--seed", default=1, show_default=True, help="Of the sensors' noise.")
@click.option("--row", "rows", multiple=True, type=click.Choice(list(BY_NAME)), help="Only this.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Refill this page's blocks.")
@click.option("--plot", type=click.Path(path_type=Path), help="Write the picture (SVG).")
@click.option("--evidence", type=click.Path(path_type=Path), help="Write the figures (JSON).")
@click.option("--outcomes", type=click.Path(path_type=Path), help="Write every run (JSON Lines).")
def main(
    jobs: int,
    seed: int,
    rows: tuple[str, ...],
    markdown: Path | None,
    plot: Path | None,
    evidence: Path | None,
    outcomes: Path | None,
) -> None:
    """Compare poultice with controllers that follow others' published rules, in simulation.

    Prints the tables as Markdown where no file is asked for.
    """
    if rows and (markdown or plot or evidence):
        raise click.UsageError("files are written from all rows: leave out --row")
    ran = _runs(jobs, seed, rows)
    table = compare.cells(ran)
    if outcomes is not None:
        outcomes.write_text("".join(json.dumps(asdict(one)) + "\n" for one in ran), "utf-8")
    if markdown is not None:
        page = report.refill(markdown.read_text("utf-8"), report.blocks(table))
        markdown.write_text(page, "utf-8")
    if plot is not None:
        plot.write_text(picture.draw(table), "utf-8")
    if evidence is not None:
        report.keep(evidence, table, runs=len(ran), command="make compare")
    if not (markdown or plot or evidence):
        shown = [BY_NAME[name] for name in rows] if rows else ROWS
        for density, barriers in report.VARIANTS:
            click.echo(f"### {report.variant(density, barriers)}\n")
            click.echo("\n".join(report.one_table(table, density, barriers, shown)) + "\n")


if __name__ == "__main__":
    main()
