"""Deliberate bugs, one line each: the exploration has to find every one.

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
        "guard",
        "if self.sensor_inhibit or self.hot_mc >= limits.heat_cutoff_mc:",
        "if self.sensor_inhibit or self.hot_mc > limits.heat_cutoff_mc:",
    ),
    Bug(
        "two readings over the cutoff are forgotten",
        "guard",
        "if ticks & (ticks - 1) and",
        "if ticks == 7 and",
    ),
    Bug(
        "the absolute cutoff is judged in a session only",
        "guard",
        "if hot_mc >= limits.absolute_cutoff_mc:",
        "if hot_mc >= limits.absolute_cutoff_mc and self.live:",
    ),
    Bug(
        "nothing watches after a session",
        "guard",
        "(in_session or self.since_session_ms <= limits.watch_after_ms)",
        "in_session",
    ),
    Bug(
        "a stalled tick keeps its outputs",
        "guard",
        "if self.state != states.RUNNING or self._stall:",
        "if self.state != states.RUNNING:",
    ),
    Bug(
        "time may run back",
        "guard",
        "if dt_ms < 0 or dt_ms > self.limits.late_trip_ms:",
        "if dt_ms > self.limits.late_trip_ms:",
    ),
    Bug(
        "the emergency stop is seen in a session only",
        "guard",
        "        if inputs.estop:\n",
        "        if inputs.estop and self.live:\n",
    ),
    Bug(
        "the last fault is kept, not the first",
        "lifecycle",
        "                self.followers |= 1 << fault\n            return",
        "                self.fault = fault\n            return",
    ),
    Bug(
        "a host clears what only the button may",
        "lifecycle",
        "(fault != self.fault or fault in faults.BUTTON_ONLY)",
        "fault != self.fault",
    ),
    Bug(
        "a fault is cleared with its cause still there",
        "lifecycle",
        "return self.readable and self.hot_mc <= limits.heat_cutoff_mc - inside_mc",
        "return True",
    ),
    Bug(
        "any token starts",
        "lifecycle",
        "if token != self._token or token < 0:",
        "if token < 0:",
    ),
    Bug(
        "a token never ages",
        "guard",
        "if self.state_ms >= self.limits.token_s * 1000:",
        "if self.state_ms >= self.limits.token_s * 9000:",
    ),
    Bug(
        "`resume` does not look at the sensor",
        "lifecycle",
        "        if self.not_ready(self.order.heat_s > 0) != faults.NONE:\n"
        "            return NOT_READY\n        self.heating.restart()",
        "        self.heating.restart()",
    ),
    Bug(
        "a pause lasts as long as one likes",
        "guard",
        "if self.state_ms >= limits.pause_max_s * 1000:",
        "if self.state_ms >= limits.pause_max_s * 9000:",
    ),
    Bug(
        "the second half of the proof is left out",
        "relays",
        "if self._step == 3:",
        "if self._step == 1:",
    ),
    Bug(
        "heat closes again without its dwell",
        "guard",
        "(self.outputs & PAD == PAD or self.dwell.may_close())",
        "True",
    ),
    Bug(
        "the budget is never debited",
        "budget",
        "level_uj -= self._debit_uj_ms * dt_ms",
        "level_uj -= 0",
    ),
    Bug(
        "rest after heat is not asked",
        "lifecycle",
        "if self.ledger.rest_s(order.heat_s > 0, order.cold_s > 0) > 0:",
        "if self.ledger.rest_after_cold_s(order.heat_s > 0, order.cold_s > 0) > 0:",
        "heat without SENSE",
    ),
    Bug(
        "the pad is live with a relay open, and that is all right",
        "relays",
        "return faults.HEAT_WELDED if self._high_ms >= self._weld_ms else faults.NONE",
        "return faults.NONE",
    ),
    Bug(
        "nobody need attend",
        "guard",
        "if 0 < self.attended_ms <= self.silent_ms:",
        "if 0 < self.attended_ms < self.silent_ms - 8000:",
        "attended",
    ),
    Bug(
        "the target is only looked at from below",
        "phases",
        "return self.limits.heat_target_min_mc <= self.target_mc <= self.target_max_mc",
        "return self.limits.heat_target_min_mc <= self.target_mc",
    ),
    Bug(
        "heat begins with the pack still on",
        "phases",
        "            if self.pack_on:\n                self._ask(states.REMOVE_PACK)\n"
        "                return\n",
        "",
        "cold by hand, then heat",
    ),
    Bug(
        "the cooler runs on below 10.5 °C",
        "guard",
        "if wanted and self.cold_mc > self.limits.cool_inhibit_mc:",
        "if wanted:",
        "cold with a cooler",
    ),
    Bug(
        "7 °C is not looked at in a cold phase",
        "phases",
        "cold = self.state == states.RUNNING and self.mode == states.COLD",
        "cold = False",
        "cold with a cooler",
    ),
    Bug(
        "one session more in a day",
        "lifecycle",
        "if ledger.sessions() >= limits.sessions_day:",
        "if ledger.sessions() > limits.sessions_day:",
        "heat without SENSE",
    ),
    Bug(
        "earlier heat of the day is forgotten",
        "lifecycle",
        "min(limits.heat_session_s, limits.heat_day_s - ledger.used(HEAT_S))",
        "limits.heat_session_s",
        "sensitive, less than two in a day",
    ),
    Bug(
        "rest after cold is not asked",
        "lifecycle",
        "if self.ledger.rest_s(order.heat_s > 0, order.cold_s > 0) > 0:",
        "if self.ledger.rest_after_heat_s(order.heat_s > 0, order.cold_s > 0) > 0:",
        "cold with a cooler",
    ),
    Bug(
        "heat has no end in a session",
        "phases",
        "if self.heat_ms >= self.heat_bound_ms:",
        "if self.heat_ms >= 9 * self.heat_bound_ms:",
    ),
    Bug(
        "hot counts like warm",
        "phases",
        "return hot and self.hot_ms >= limits.heat_hot_session_s * 1000",
        "return False",
        "heat without SENSE",
    ),
    Bug(
        "the dose has no end",
        "guard",
        "if self.dose.total_u > self.dose_bound_u:",
        "if self.dose.total_u > 9 * self.dose_bound_u:",
    ),
    Bug(
        "the dose of a sensitive person is anybody's",
        "lifecycle",
        "dose_m = min(dose_m, limits.sensitive_dose_session_m)",
        "pass",
        "sensitive, less than two in a day",
    ),
    Bug(
        "a session begins with the counts of the last",
        "lifecycle",
        "        self._clear_counts()\n        self.dose.reset()",
        "        self.dose.reset()",
    ),
    Bug(
        "a missing sensor is a fault in idle too",
        "guard",
        "if trips > _NO_TRIP and self.live:",
        "if trips > _NO_TRIP:",
    ),
    Bug(
        "one reading that jumps is as good as any",
        "checks",
        "        if jumped:\n            self.inhibit = True\n",
        "        if jumped:\n",
        "heat with one sensor",
    ),
    Bug(
        "readings that jump are never too many",
        "checks",
        "if self._rejected >= self._jump_ticks:",
        "if self._rejected >= 9:",
    ),
    Bug(
        "a frozen sensor trips nothing",
        "checks",
        "if self._same_ms >= self._frozen_limit_ms:\n            return",
        "if self._same_ms >= 9 * self._frozen_limit_ms:\n            return",
    ),
    Bug(
        "sensors may be apart",
        "checks",
        "return faults.SENSOR_MISMATCH if self._for_ms >= self._limit_ms else faults.NONE",
        "return faults.NONE",
    ),
    Bug(
        "heat that does not arrive is all right",
        "phases",
        "            fault = self.heating.look(heated, self.control_mc, self.trend, seen_ms)",
        "            self.heating.look(heated, self.control_mc, self.trend, seen_ms)",
    ),
    Bug(
        "warm by itself without SENSE is all right",
        "guard",
        "            fault = self.cooling_watch.look(",
        "            self.cooling_watch.look(",
        "heat without SENSE",
    ),
    Bug(
        "a dead supply is all right",
        "relays",
        "return faults.SUPPLY_LOST if self._low_ms >= self._supply_ms else faults.NONE",
        "return faults.NONE",
    ),
    Bug(
        "10 °C ends no cold phase",
        "phases",
        "return self.cold_end_ms >= limits.cold_end_ms",
        "return False",
        "cold with a cooler",
    ),
    Bug(
        "the pack's alarm is silent",
        "phases",
        "self.pack_alarm = True",
        "self.pack_alarm = False",
        "cold by hand",
    ),
    Bug(
        "a pack is off when somebody says so",
        "phases",
        "if risen and (self.pack_removed or not self.live):",
        "if self.pack_removed or risen and not self.live:",
        "cold by hand, then heat",
    ),
    Bug(
        "a session goes on without a sensor",
        "checks",
        "return self.reason if self._bad_ticks >= self._range_ticks else faults.NONE",
        "return faults.NONE",
    ),
    Bug(
        "nobody looks where the reading is going",
        "guard",
        "if self.control_mc + self.slope.ahead_mc() >= limits.predictive_mc:",
        "if False:",
    ),
    Bug(
        "a late loop is only a stall",
        "guard",
        "if dt_ms < 0 or dt_ms > self.limits.late_trip_ms:",
        "if dt_ms < 0:",
    ),
    Bug(
        "a stale sensor trips nothing",
        "checks",
        "return faults.SENSOR_STALE if self._stale_ms > self._stale_limit_ms else faults.NONE",
        "return faults.NONE",
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
