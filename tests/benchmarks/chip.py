"""What the release image does on the emulated chip, as one table: the end of `make bench`.

All times are the emulated chip's own, at 125 MHz, and do not depend on the machine that this
runs on; but for one row, which is processor time here.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from poultice.device.uf2 import image_path
from poultice.errors import NoDeviceError
from tests.emulator.copies import heating
from tests.emulator.link import Link
from tests.emulator.measure import LATENCIES, Figure, Loop, memory, power_up
from tests.emulator.requests import every_method_in_every_state

_WIDTH = 110
_MINUTE = {"mode": "heat", "target_mc": 40_500, "duration_s": 60}


def main() -> int:
    """Print the table; 1 where a limit is missed, 3 where there is no image."""
    try:
        image_path()
    except NoDeviceError as error:
        print(f"no table of the chip's figures: {error}; {error.hint}", file=sys.stderr)
        return 3
    table = Table(title="The release image on the emulated chip, 125 MHz", title_justify="left")
    for name in ("quantity", "limit", "mean", "worst", "of"):
        table.add_column(name, justify="left" if name == "quantity" else "right")
    table.add_column("")
    kept = True
    for figure in _figures():
        kept = kept and figure.kept
        table.add_row(*_row(figure))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    Console(width=_WIDTH).print(table)
    return 0 if kept else 1


def _row(figure: Figure) -> tuple[str, ...]:
    sign = "≥" if figure.at_least else "≤"
    limit = "" if figure.limit is None else f"{sign} {figure.limit:g} {figure.unit}"
    verdict = "" if figure.limit is None else "ok" if figure.kept else "MISSED"
    unit = figure.unit
    return (
        figure.name,
        limit,
        f"{figure.mean:.2f} {unit}" if len(figure.values) > 1 else "",
        f"{figure.worst:.2f} {unit}",
        str(len(figure.values)),
        verdict,
    )


def _figures() -> Iterator[Figure]:
    yield from power_up()
    yield from _session()
    yield from memory()
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
        Figure("a tick's processor time, idle", "ms", 10, idle),
        Figure("a tick's processor time, in a session", "ms", 10, session),
        Figure("its mean", "ms", 5, (sum(session) / len(session),)),
        Figure("behind it: what is reported, LED, collection", "ms", None, behind),
        Figure("a tick that saves, relays open, flash included", "ms", None, loop.ticks_ms(True)),
        Figure("the loop's period, away from 100 ms", "ms", 5, loop.strays_ms()),
        Figure("a session of one minute, in seconds of this processor", "s", 120, (took_s,)),
    )


if __name__ == "__main__":
    sys.exit(main())
