"""The one oracle in the small world: the shadow of `tests.properties`, shown one letter at a time.

What a letter answers for a check with a long memory (slope, heating proof, weld without SENSE), the
shadow takes from the letter as the guard does; everything else it judges as it judges a device.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from poultice_core.tick import OK
from tests.explore.world import DENSITY_MW_CM2, PLANS, Letter, Scenario
from tests.properties.backend import Seen
from tests.properties.shadow import FAULTS, Shadow

_METHODS = {"clear": "clear_fault"}
_REFUSED = {3: 5}  # a wrong token is told apart on the wire
_RIGHT, _WRONG = "right", "wrong"
_DAY_MS = 86_400_000
_NAMES = {number: name for name, number in FAULTS.items()}


class Watcher(Shadow):
    """The shadow of one scenario's guard."""

    LEDGER_MS = 0  # a tick is a whole second here
    ALONE_MS = 1_000

    def __init__(self, scenario: Scenario) -> None:
        build = {name: getattr(scenario, name) for name in ("cooler", "sensor_b", "sense")}
        build |= {"two_point": True, "fold_safe": True, "density_mw_cm2": DENSITY_MW_CM2}
        super().__init__(build, dict(scenario.toy))

    def before(self, letter: Letter) -> None:
        """Time without power, which is none of a tick's."""
        word, _, rest = letter.command.partition(" ")
        if word == "restart":
            self.power_cut("power_on" if rest == "power" else "watchdog", 0)
        elif word == "day":
            self._credit(_DAY_MS)

    def _credit(self, ms: int) -> None:
        """A true clock has shown that so much has passed: only the history gets older."""
        self.past.clear()
        self.short = [(end - ms, heat, cold) for end, heat, cold in self.short]
        if self.heat_until_ms is not None:
            self.heat_until_ms -= ms
        if self.cold_until_ms is not None:
            self.cold_until_ms -= ms

    def judge(self, letter: Letter, s: Seen, answer: int) -> str:
        """The rule that this tick broke, or nothing."""
        self.letter = letter
        elapsed_ms = 0 if self.p is None else max(0, letter.dt_ms)
        s = s._replace(uptime_ms=self.up_ms + elapsed_ms)
        try:
            self.tick(s, self._command(letter, answer), letter.failed)
            assert letter.written or not s.outputs, "SR-05: energised, its intent not on flash"
        except AssertionError as broken:
            return str(broken).partition("\n")[0] or "a rule without a name"
        self.p = s._replace(now_ms=0)
        self.latched.clear()
        for sensor in (self.a, self.b):
            sensor.raw = min(0, sensor.raw)  # only whether the next is the same matters
        return ""

    def again(self) -> Watcher:
        """Another one that remembers the same; what every tick makes anew may be shared."""
        made = object.__new__(Watcher)
        mine = made.__dict__
        mine.update(self.__dict__)
        for name in ("past", "short", "braked", "proof"):
            mine[name] = mine[name].copy()
        for name in "ab":
            sensor = mine[name] = copy(mine[name])
            sensor.bad_at = sensor.bad_at.copy()
        return made

    def _command(self, letter: Letter, answer: int) -> Any:
        word, _, rest = letter.command.partition(" ")
        if word in ("", "day", "restart"):
            return None
        params: dict[str, Any] = {}
        if word == "arm":
            params = {"plan": PLANS[rest]}
        elif word == "start":
            params = {"token": _WRONG if rest else _RIGHT}
        elif word == "clear":
            was = self.fault_was
            params = {"fault": _NAMES.get(was + (rest == "another"), "internal")}
        code = 0 if answer == OK else _REFUSED.get(answer, 3)
        return _METHODS.get(word, word), params, code, {"token": _RIGHT}

    def mc_of(self, code_x8: int) -> int:
        letter = self.letter
        return letter.mc if code_x8 == letter.code_a else letter.mc - letter.apart_mc

    def _rises(self) -> bool:
        return self.hot_mc + self.letter.ahead_mc >= self.x["predictive_mc"]

    def sr_09_heating_proof(self, s: Seen) -> None:
        if self.letter.heating and self.in_heat and not self.stall and self.readable:
            self.due.append(self.letter.heating)

    def _warm_weld(self, s: Seen) -> None:
        if self.letter.weld and self.readable:
            self.due.append(self.letter.weld)

    def sr_26_told(self, s: Seen) -> None:
        """Nothing here treats a body."""
