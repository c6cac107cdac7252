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
        "permit",
        "if reading.inhibit or reading.hot_mc >= parts.limits.heat_cutoff_mc:",
        "if reading.inhibit or reading.hot_mc > parts.limits.heat_cutoff_mc:",
    ),
    Bug(
        "two readings over the cutoff are forgotten",
        "judges/cutoffs",
        "if ticks & (ticks - 1):",
        "if ticks == 7:",
    ),
    Bug(
        "the absolute cutoff is judged in a session only",
        "judges/cutoffs",
        "if reading.hot_mc >= limits.absolute_cutoff_mc:",
        "if reading.hot_mc >= limits.absolute_cutoff_mc and now.live:",
    ),
    Bug(
        "nothing watches after a session",
        "judges/cutoffs",
        "if now.live or self._clocks.since_session_ms <= limits.watch_after_ms:",
        "if now.live:",
    ),
    Bug(
        "nothing watches after start-up",
        "clocks",
        "        self.since_session_ms = 0\n        self.begin()",
        "        self.since_session_ms = LONG_MS\n        self.begin()",
    ),
    Bug(
        "a stalled tick keeps its outputs",
        "permit",
        "if state != states.RUNNING or now.stalled or not now.tick.written:",
        "if state != states.RUNNING or not now.tick.written:",
    ),
    Bug(
        "heat before the intent is on flash",
        "permit",
        "if state != states.RUNNING or now.stalled or not now.tick.written:",
        "if state != states.RUNNING or now.stalled:",
    ),
    Bug(
        "the relays follow the state of the tick before",
        "guard",
        "outputs = self.permit.outputs(now, ask, course.state)",
        "outputs = self.permit.outputs(now, ask, now.state)",
    ),
    Bug(
        "a command is judged by the state of the tick before",
        "course",
        "        state = self.state\n        if command == ARM and",
        "        state = self._parts.now.state\n        if command == ARM and",
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
        "a press begins what is armed in its own tick",
        "course",
        "elif press == PRESS and now.state == state and",
        "elif press == PRESS and",
    ),
    Bug(
        "time may run back",
        "judges/lateness",
        "late = now.tick.dt_ms < 0 or now.dt_ms > limits.late_trip_ms",
        "late = now.dt_ms > limits.late_trip_ms",
    ),
    Bug(
        "a late loop is only a stall",
        "judges/lateness",
        "late = now.tick.dt_ms < 0 or now.dt_ms > limits.late_trip_ms",
        "late = now.tick.dt_ms < 0",
    ),
    Bug(
        "stalls are never too many",
        "judges/lateness",
        "late = late or self._stalls >= limits.late_count",
        "late = late or self._stalls > limits.late_count",
    ),
    Bug(
        "a save excuses a stall with MASTER closed",
        "interval",
        "saved_ms = 0 if self.outputs & MASTER else tick.saved_ms",
        "saved_ms = tick.saved_ms",
        "heat without SENSE",
    ),
    Bug(
        "the emergency stop is seen in a session only",
        "guard",
        "        if tick.estop:\n",
        "        if tick.estop and now.live:\n",
    ),
    Bug(
        "what raised outside is forgotten",
        "guard",
        "        if tick.failed:\n            trips |= 1 << faults.INTERNAL\n",
        "",
    ),
    Bug(
        "the last fault is kept, not the first",
        "latch",
        "        if self.fault == faults.NONE:\n",
        "        if trips:\n",
    ),
    Bug(
        "a host clears what only the button may",
        "guard",
        "by_host = not self.latch.severe()",
        "by_host = True",
    ),
    Bug(
        "a fault is cleared with its cause still there",
        "guard",
        "if not may or fault != self.latch.fault or not self.cause_gone():",
        "if not may or fault != self.latch.fault:",
    ),
    Bug(
        "any token starts",
        "admission",
        "return token == self._token and token >= 0",
        "return token >= 0",
    ),
    Bug(
        "a token never ages",
        "course",
        "if self._parts.clocks.state_ms >= self._parts.limits.token_s * 1000:",
        "if self._parts.clocks.state_ms >= self._parts.limits.token_s * 9000:",
    ),
    Bug(
        "`resume` does not look at the sensor",
        "course",
        "        if parts.admission.not_ready(self.order.heat_s > 0) != faults.NONE:\n"
        "            return NOT_READY\n",
        "",
    ),
    Bug(
        "`start` looks at nothing again",
        "admission",
        "        answer = self._allowed(self.order)\n",
        "        answer = OK\n",
    ),
    Bug(
        "a pause lasts as long as one likes",
        "course",
        "elif clocks.pause_ms >= limits.pause_max_s * 1000:",
        "elif clocks.pause_ms >= limits.pause_max_s * 9000:",
    ),
    Bug(
        "a prompt waits as long as one likes",
        "course",
        ">= self._parts.limits.prompt_max_s * 1000:",
        ">= self._parts.limits.prompt_max_s * 9000:",
        "cold by hand",
    ),
    Bug(
        "the second half of the proof is left out",
        "relays",
        "            if self._step == 3:",
        "            if self._step == 1:",
    ),
    Bug(
        "a proof that ended with its session is good for the next",
        "phases",
        "        self._proven = False\n",
        "        self._proven = getattr(self, '_proven', False)\n",
    ),
    Bug(
        "one relay proof more in a session",
        "phases",
        "self._proofs >= self._parts.limits.proofs_session",
        "self._proofs > self._parts.limits.proofs_session",
    ),
    Bug(
        "heat closes again without its dwell",
        "permit",
        "(now.outputs & PAD == PAD or parts.dwell.may_close())",
        "True",
    ),
    Bug(
        "the budget is never debited",
        "budget",
        "level_uj -= self._settings.density_mw_cm2 * dt_ms",
        "level_uj -= 0",
    ),
    Bug(
        "rest after heat is not asked",
        "admission",
        "return REST if self._ledger.rest_s(heat, order.cold_s > 0) > 0 else OK",
        "return REST if self._ledger.rest_after_cold_s(heat, order.cold_s > 0) > 0 else OK",
        "heat without SENSE",
    ),
    Bug(
        "rest after cold is not asked",
        "admission",
        "return REST if self._ledger.rest_s(heat, order.cold_s > 0) > 0 else OK",
        "return REST if self._ledger.rest_after_heat_s(heat, order.cold_s > 0) > 0 else OK",
        "cold with a cooler",
    ),
    Bug(
        "the pad is live with a relay open, and that is all right",
        "judges/welds",
        "            if self._wrong_ms < limits.weld_sense_ms:\n                return 0\n",
        "            return 0\n",
    ),
    Bug(
        "SENSE need never say anything",
        "judges/welds",
        "return self._unsteady_ms >= limits.unsteady_ms",
        "return False",
        "cold with a cooler",
    ),
    Bug(
        "a dead supply is all right",
        "judges/welds",
        "return 1 << faults.SUPPLY_LOST if self._wrong_ms >= limits.supply_ms else 0",
        "return 0",
    ),
    Bug(
        "nobody need attend",
        "course",
        "elif 0 < bounds.attended_ms <= clocks.silent_ms:",
        "elif 0 < bounds.attended_ms < clocks.silent_ms - 8000:",
        "attended",
    ),
    Bug(
        "the target is only looked at from below",
        "phases",
        "return limits.heat_target_min_mc <= target_mc <= self._parts.bounds.target_max_mc",
        "return limits.heat_target_min_mc <= target_mc",
    ),
    Bug(
        "heat begins with the pack still on",
        "phases",
        "            if parts.pack.on:\n                return REMOVE\n",
        "",
        "cold by hand, then heat",
    ),
    Bug(
        "the cooler runs on below 10.5 °C",
        "permit",
        "return MASTER | COOL if wanted and not cold else MASTER",
        "return MASTER | COOL if wanted else MASTER",
        "cold with a cooler",
    ),
    Bug(
        "7 °C is not looked at in a cold phase",
        "judges/cold",
        "return now.mode == states.COLD\n",
        "return False\n",
        "cold with a cooler",
    ),
    Bug(
        "7 °C is not looked at while a pack is on in a pause",
        "judges/cold",
        "return self._pack.on and (now.state == states.WAITING or now.state == states.PAUSED)",
        "return self._pack.on and now.state == states.WAITING",
        "cold by hand",
    ),
    Bug(
        "10 °C ends no cold phase",
        "judges/cold",
        "            self.ended = True",
        "            pass",
        "cold with a cooler",
    ),
    Bug(
        "one session more in a day",
        "admission",
        "if ledger.sessions() >= limits.sessions_day:",
        "if ledger.sessions() > limits.sessions_day:",
        "heat without SENSE",
    ),
    Bug(
        "earlier heat of the day is forgotten",
        "clocks",
        "min(limits.heat_session_s, limits.heat_day_s - used(HEAT_S))",
        "limits.heat_session_s",
        "sensitive, less than two in a day",
    ),
    Bug(
        "heat has no end in a session",
        "judges/durations",
        "if clocks.heat_ms >= self._bounds.heat_ms:",
        "if clocks.heat_ms >= 9 * self._bounds.heat_ms:",
    ),
    Bug(
        "hot counts like warm",
        "judges/durations",
        "return hot and clocks.hot_ms >= limits.heat_hot_session_s * 1000",
        "return False",
        "heat without SENSE",
    ),
    Bug(
        "the dose has no end",
        "judges/cutoffs",
        "if self._dose.total_u > self._bounds.dose_u:",
        "if self._dose.total_u > 9 * self._bounds.dose_u:",
    ),
    Bug(
        "the dose of a sensitive person is anybody's",
        "clocks",
        "dose_m = min(dose_m, limits.sensitive_dose_session_m)",
        "pass",
        "sensitive, less than two in a day",
    ),
    Bug(
        "a session begins with the clocks of the last",
        "parts",
        "        self.clocks.begin()\n",
        "",
    ),
    Bug(
        "a session begins with the dose of the last",
        "parts",
        "        self.dose.reset()\n",
        "",
    ),
    Bug(
        "a missing sensor is a fault in idle too",
        "reading",
        "return trips if now.live else 0",
        "return trips",
    ),
    Bug(
        "a sensor lost again and again is never too often",
        "reading",
        "return 1 << reason if often or self._out_ticks >= limits.range_ticks else 0",
        "return 1 << reason if self._out_ticks >= limits.range_ticks else 0",
    ),
    Bug(
        "a session goes on without a sensor",
        "reading",
        "return 1 << reason if often or self._out_ticks >= limits.range_ticks else 0",
        "return 1 << reason if often else 0",
    ),
    Bug(
        "a sensor that breaks within the burst is a temperature",
        "reading",
        "if spread > limits.spread_codes:",
        "if spread > 9 * limits.spread_codes:",
    ),
    Bug(
        "one reading that jumps is as good as any",
        "reading",
        "        if jumped:\n            self.inhibit = True\n",
        "        if jumped:\n",
        "heat with one sensor",
    ),
    Bug(
        "readings that jump are never too many",
        "reading",
        "if self._note_bad(now) or self._rejected >= limits.jump_ticks:",
        "if False:",
    ),
    Bug(
        "a frozen sensor trips nothing",
        "reading",
        "if self._same_ms >= limits.frozen_ms:",
        "if self._same_ms >= 9 * limits.frozen_ms:",
    ),
    Bug(
        "sensors may be apart",
        "reading",
        "return 1 << faults.SENSOR_MISMATCH if self._apart_ms >= limits.mismatch_ms else 0",
        "return 0",
    ),
    Bug(
        "a stale sensor trips nothing",
        "reading",
        "return 1 << faults.SENSOR_STALE if self._stale_ms > limits.stale_ms else 0",
        "return 0",
    ),
    Bug(
        "a judge is not asked",
        "guard",
        "            parts.cold,\n",
        "",
        "cold with a cooler",
    ),
    Bug(
        "heat that does not arrive is all right",
        "guard",
        "            parts.heating,\n            parts.treatment,\n",
        "            parts.treatment,\n            parts.treatment,\n",
    ),
    Bug(
        "warm by itself without SENSE is all right",
        "guard",
        "            parts.cooling,\n            parts.heating,\n",
        "            parts.heating,\n            parts.heating,\n",
        "heat without SENSE",
    ),
    Bug(
        "the pack's alarm is silent",
        "pack",
        "            self.alarm = True",
        "            self.alarm = False",
        "cold by hand",
    ),
    Bug(
        "a pack is off when somebody says so",
        "pack",
        "if risen and (self.removed or not now.live):",
        "if self.removed or risen and not now.live:",
        "cold by hand, then heat",
    ),
    Bug(
        "a pack that is laid is not on",
        "pack",
        "        self.on = True\n        self.laid = True\n",
        "        self.laid = True\n",
        "cold by hand, then heat",
    ),
    Bug(
        "a pack that was on is forgotten over a restart",
        "guard",
        "            parts.pack.restore(pack_lowest_mc)\n",
        "",
        "cold by hand",
    ),
    Bug(
        "the latched fault is forgotten over a restart",
        "latch",
        "        self.fault = fault\n\n    def trip",
        "        pass\n\n    def trip",
    ),
    Bug(
        "nobody looks where the reading is going",
        "permit",
        "if parts.predictive.inhibits():",
        "if False:",
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
