"""What the release image does on the emulated chip, as one table: the end of `make bench`.

All times are the emulated chip's own, at 125 MHz, and do not depend on the machine that this
runs on; but for one row, which is processor time here.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from poultice.device.uf2 import TREE, image_path, read
from poultice.errors import NoDeviceError
from tests.emulator.copies import heating
from tests.emulator.link import Link
from tests.emulator.measure import LATENCIES, Figure, Loop, memory, power_up, reports
from tests.emulator.requests import every_method_in_every_state

_WIDTH = 110
_MINUTE = {"mode": "heat", "target_mc": 40_500, "duration_s": 60}


def main(arguments: list[str] | None = None) -> int:
    """Print the table; 1 where a limit is missed, 2 where what to compare with does not build, 3
    where there is no image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--against", metavar="IMAGE|REVISION", help="the same of this .uf2, or of this commit's"
    )
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    try:
        image_path()
    except NoDeviceError as error:
        print(f"no table of the chip's figures: {error}; {error.hint}", file=sys.stderr)
        return 3
    if asked.json:
        print(json.dumps({figure.name: _value(figure) for figure in _figures()}))
        return 0
    before: dict[str, list[str]] | None = None
    if asked.against:
        try:
            before = _of(_image(asked.against))
        except subprocess.CalledProcessError as error:
            print(f"no figures of {asked.against}: {error}\n{error.stderr}", file=sys.stderr)
            return 2
    table = Table(title="The release image on the emulated chip, 125 MHz", title_justify="left")
    for name in ("quantity", "limit", "mean", "worst", "of", ""):
        table.add_column(name, justify="left" if name == "quantity" else "right")
    if before is not None:
        for name in ("mean before", "worst before"):
            table.add_column(name, justify="right")
    kept = True
    for figure in _figures():
        kept = kept and figure.kept
        then = [] if before is None else before.get(figure.name, ["", ""])
        table.add_row(*_row(figure), *then)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    Console(width=_WIDTH + (0 if before is None else 28)).print(table)
    return 0 if kept else 1


def _image(against: str) -> Path:
    """The image that is named, or that of a commit, built in a folder of its own under build/."""
    named = Path(against)
    if named.is_file():
        return named.resolve()
    build = TREE / "build"
    commit = _run("git", "rev-parse", "--verify", f"{against}^{{commit}}").strip()
    folder = build / "against" / commit
    image = folder / "build" / "poultice-pico.uf2"
    if not image.is_file():
        (folder / "build").mkdir(parents=True, exist_ok=True)
        cache = folder / "build" / "cache"
        if not cache.exists():
            (build / "cache").mkdir(exist_ok=True)
            cache.symlink_to(build / "cache")
        archive = folder / "tree.tar"
        _run("git", "archive", f"--output={archive}", commit, "firmware", "host")
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        archive.unlink()
        _run(sys.executable, str(folder / "firmware" / "build.py"), "pico")
    return image


def _of(image: Path) -> dict[str, list[str]]:
    """Mean and worst of each quantity, of another image."""
    env = {**os.environ, "POULTICE_IMAGE": str(image)}
    told = _run(sys.executable, "-m", "tests.benchmarks.chip", "--json", env=env)
    figures: dict[str, list[str]] = json.loads(told.splitlines()[-1])
    return figures


def _run(*command: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=TREE, env=env, capture_output=True, text=True, check=True)
    return done.stdout


def _row(figure: Figure) -> tuple[str, ...]:
    sign = "≥" if figure.at_least else "≤"
    limit = "" if figure.limit is None else f"{sign} {figure.limit:g} {figure.unit}"
    verdict = "" if figure.limit is None else "ok" if figure.kept else "MISSED"
    return (figure.name, limit, *_value(figure), str(len(figure.values)), verdict)


def _value(figure: Figure) -> list[str]:
    """Mean, where there is one, and worst."""
    unit = figure.unit
    mean = f"{figure.mean:.2f} {unit}" if len(figure.values) > 1 else ""
    return [mean, f"{figure.worst:.2f} {unit}"]


def _size() -> Figure:
    size_kb = len(read(image_path()).content) / 1024
    return Figure("the image's bytes in flash", "KB", 500, (size_kb,))


def _figures() -> Iterator[Figure]:
    yield from power_up()
    yield from _session()
    yield from memory()
    yield from reports()
    yield _size()
    yield from every_method_in_every_state().figures()
    link = heating()
    for latency in LATENCIES.values():
        yield from latency.figures(link)


def _session() -> Iterator[Figure]:
    """A whole session of a minute with its host: every tick and period, and the wall's clock."""
    began_s = time.process_time()
    link = Link()
    link.boot()
    loop = Loop(link.device)
    link.wait(5.0)
    idle = loop.ticks_ms()
    link.start(_MINUTE)
    assert link.until(lambda: link.device.in_session, 3.0)
    assert link.until(lambda: not link.device.in_session, 90.0)
    took_s = time.process_time() - began_s
    session = loop.ticks_ms()[len(idle) :]
    behind = loop.served_ms[len(idle) :]
    yield from (
        Figure("a tick's processor time, idle", "ms", 2, idle),
        Figure("a tick's processor time, in a session", "ms", 3.5, session),
        Figure("its mean", "ms", 2.1, (sum(session) / len(session),)),
        Figure("behind it: what is reported, LED, collection", "ms", None, behind),
        Figure("a tick that saves, relays open, flash included", "ms", None, loop.ticks_ms(True)),
        Figure("the loop's period, away from 100 ms", "ms", 5, loop.strays_ms()),
        Figure("a session of one minute, in seconds of this processor", "s", 120, (took_s,)),
    )


if __name__ == "__main__":
    sys.exit(main())
