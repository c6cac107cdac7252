"""A bug of each kind: that the exploration finds what it is for. All mutants: `tests.mutation`.

Each is a text of the core that stands exactly once, and what replaces it. A copy of the core is
made with it, and explored by a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.explore.fields import CORE

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Bug:
    """`scenario` is where it shows, at the latest one letter from an ordinary session."""

    name: str
    module: str
    old: str
    new: str
    scenario: str = "heat"


BUGS = (
    Bug(
        "the cutoff is above 43 °C, not at it",
        "permit",
        "if reading.inhibit or reading.hot_mc >= parts.limits.heat_cutoff_mc:",
        "if reading.inhibit or reading.hot_mc > parts.limits.heat_cutoff_mc:",
    ),
    Bug(
        "a command is judged by the readings of the tick before",
        "guard",
        "        trips |= self._judge(now)\n        if trips:\n            self._trip(trips)\n"
        "        press = self._obey(tick, now, trips)\n",
        "        press = self._obey(tick, now, trips)\n        trips |= self._judge(now)\n"
        "        if trips:\n            self._trip(trips)\n",
    ),
    Bug(
        "time may run back",
        "judges/lateness",
        "late = now.tick.dt_ms < 0 or now.dt_ms > limits.late_trip_ms",
        "late = now.dt_ms > limits.late_trip_ms",
    ),
    Bug(
        "a host clears what only the button may",
        "guard",
        "by_host = not self.latch.severe()",
        "by_host = True",
    ),
    Bug(
        "a token never ages",
        "course",
        "if self._parts.clocks.state_ms >= self._parts.limits.token_s * 1000:",
        "if self._parts.clocks.state_ms >= self._parts.limits.token_s * 9000:",
    ),
    Bug(
        "heat before the intent is on flash",
        "permit",
        "if state != states.RUNNING or now.stalled or not now.tick.written:",
        "if state != states.RUNNING or now.stalled:",
    ),
    Bug(
        "rest after heat is not asked",
        "admission",
        "return REST if self._ledger.rest_s(heat, order.cold_s > 0) > 0 else OK",
        "return REST if self._ledger.rest_after_cold_s(heat, order.cold_s > 0) > 0 else OK",
        "heat without SENSE",
    ),
    Bug(
        "a pack that was on is forgotten over a restart",
        "guard",
        "            parts.pack.restore(pack_lowest_mc)\n",
        "",
        "cold by hand",
    ),
    Bug(
        "7 °C is not looked at in a cold phase",
        "judges/cold",
        "return now.mode == states.COLD\n",
        "return False\n",
        "cold with a cooler",
    ),
)


def copy_with(bug: Bug, folder: Path) -> None:
    """A copy of the core with the bug in it. Raises LookupError where its text is not there."""
    copy = folder / "poultice_core"
    shutil.copytree(CORE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / f"{bug.module}.py"
    text = path.read_text()
    if text.count(bug.old) != 1:
        raise LookupError(f"{bug.name}: its text stands {text.count(bug.old)} times in {path.name}")
    path.write_text(text.replace(bug.old, bug.new))


def hunt(bug: Bug, folder: Path) -> dict[str, object]:
    """What an exploration of the core with the bug says: `broken`, `story`, `states`."""
    copy_with(bug, folder)
    near = ["--near", "--json", "--depth", "1", "--scenario", bug.scenario]
    told: dict[str, object] = json.loads(_explore(folder, near))
    return told


def told_again(folder: Path, scenario: str, letters: list[str]) -> list[str]:
    """The rules that a story breaks with the core in `folder`."""
    story = json.dumps({"scenario": scenario, "story": letters})
    broken: list[str] = json.loads(_explore(folder, ["--replay", story]))
    return broken


def _explore(folder: Path, arguments: list[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.explore", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'host'}"},
    )
    if not done.stdout:
        raise RuntimeError(done.stderr)
    return done.stdout
