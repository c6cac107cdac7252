"""The one oracle in the small world: the shadow of `tests.properties`, shown one letter at a time.

What a letter answers for a check with a long memory (slope, heating proof, weld without SENSE), the
shadow takes from the letter as the guard does; everything else it judges as it judges a device.
What it remembers is put down and picked up again, as the guard's state is.
"""

from __future__ import annotations

from typing import Any

from poultice_core.tick import BAD_TOKEN, OK
from tests.explore import fields
from tests.explore.world import DENSITY_MW_CM2, ORDERS, PLANS, TICK_MS, Letter, Scenario
from tests.properties.backend import Seen
from tests.properties.shadow import (
    ARMED,
    FAULTS,
    REQUIREMENTS,
    Last,
    Shadow,
)

# SR-14, SR-15, SR-25 are the board's, the start-up's and the campaign of flipped bits'; SR-19 only
# as far as every check must run; SR-26 is about a body, and there is none here.
NOT_JUDGED = ("SR-14", "SR-15", "SR-19", "SR-25", "SR-26")
JUDGED = tuple(f"SR-{number}" for number, _ in REQUIREMENTS if f"SR-{number}" not in NOT_JUDGED)

_RIGHT, _WRONG = "right", "wrong"
_DAY_MS = 86_400_000
_NAMES = {number: name for name, number in FAULTS.items()}
_PLANS: list[dict[str, Any]] = [{}, *PLANS.values()]

# The device's build, and the clocks, which stand at 0 between two letters.
_CONSTANT = {
    *("config", "overrides", "x", "requirements", "letter"),
    *("true_ms", "now_ms", "up_ms", "session_ms"),
}
# Made anew in every tick before anything looks at it.
_ANEW = {
    *("was", "dt", "stall", "elapsed", "seen", "due", "may", "ran", "begins", "heating", "in_heat"),
    *("in_cold", "inhibit", "sensors", "readable", "command", "ctl_mc", "cause"),
}
# Of the slope, the heating proof, the weld without SENSE and of what treats a body.
_ELSEWHERE = {
    *("ring", "unsure", "trace", "denied", "little", "off_ms", "ended_ms", "ended_mark_mc"),
    *("entry_mc", "lowest_mc", "climb_ms", "reached", "run_ms", "run_mark_mc", "falls"),
    *("lost_ms", "lost_lowest_mc"),
}
# For what is read back over the link.
_READ_BACK = {"latched", "unwritten_ms", "counted_as_planned"}
# Put down by `Watcher.read` itself.
_APART = {"p", "plan", "past", "braked", "proof", "behind", "a", "b"}
_SENSOR_ANEW = {"ok", "temp_mc", "short", "rejected", "noisy", "bad_at"}


class Watcher(Shadow):
    """The shadow of one scenario's guard."""

    LEDGER_MS = 0  # a tick is a whole second here
    ALONE_MS = TICK_MS

    def __init__(self, scenario: Scenario) -> None:
        build = {name: getattr(scenario, name) for name in ("cooler", "sensor_b", "sense")}
        build |= {"two_point": True, "fold_safe": True, "density_mw_cm2": DENSITY_MW_CM2}
        super().__init__(build, dict(scenario.toy))
        self.letter = Letter("")
        self.fields = self._flat()

    # --- what it remembers ----------------------------------------------------------------

    def _flat(self) -> fields.Fields:
        """Whatever is a field of the shadow and not named above. Counts end, and times are as long
        ago as any rule can tell; what is a session's is nothing outside of one."""
        x = self.x
        kept = _CONSTANT | _ANEW | _ELSEWHERE | _READ_BACK | _APART
        every = [name for name in vars(self) if name not in kept]
        for sensor in "ab":
            every += [f"{sensor}.{n}" for n in vars(getattr(self, sensor)) if n not in _SENSOR_ANEW]
        rest_ms = 1000 * max(
            x[f"rest_{which}_s"] for which in ("after_heat", "cold_to_heat", "cold_to_cold")
        )
        ages = dict.fromkeys(
            ("heat_until_ms", "cold_until_ms", "last_heat_ms", "last_cold_ms", "short_end_ms"),
            rest_ms,
        )
        ages |= {"opened_ms": x["dwell_min_ms"], "closed_ms": x["closing_min_ms"]}
        how = {name: f"max(g.{name} - g.true_ms, {-most})" for name, most in ages.items()}
        how |= {"over": "g.over & 3", "token": "g.token"}
        how |= {f"{sensor}.raw": f"min(0, g.{sensor}.raw)" for sensor in "ab"}
        session = object.__new__(Shadow)
        session.x = x
        session._begin_session()
        matters = {name: "g.in_session" for name in vars(session) if name in every}
        matters |= dict.fromkeys(("confirmed", "pack_lowest_mc", "pack_alarm_ms"), "g.pack")
        matters |= dict.fromkeys(("reset_cause", "expected_fault"), "g.p is None")
        matters["brake_treated_ms"] = "g.braked"
        matters |= dict.fromkeys(("armed_ms", "tries"), "g.token is not None")
        return fields.flat(every, (), self._caps(), matters, how)

    def _caps(self) -> dict[str, int]:
        x = self.x
        caps = {
            "armed_ms": 1000 * x["token_s"] + 1,
            "state_ms": 1000 * x["prompt_max_s"],
            "pause_ms": 1000 * x["pause_max_s"],
            "since_session_ms": x["watch_after_ms"] + 1,
            "silent_ms": 1000 * max(made.attended_s for made in ORDERS.values()),
            "strict_ms": 1000 * x["session_s"],
            "heat_ms": 1000 * x["heat_day_s"],
            "hot_ms": 1000 * x["heat_hot_session_s"],
            "cold_ms": 1000 * x["cold_day_s"],
            "phase_ms": 1000 * x["cold_phase_s"],
            "proofs": x["proofs_session"] + 1,
            "brake_treated_ms": x["brake_treated_ms"],
            "quiet_ms": x["clear_sense_ms"],
            "steady_ms": x["weld_sense_ms"],
            "high_ms": x["weld_sense_ms"],
            "low_ms": x["supply_ms"],
            "alone_ms": x["proof_settle_ms"],
            "press_ms": 3_000,
            "short_heat_ms": 1000 * x["rest_asked_from_s"],
            "short_cold_ms": 1000 * x["rest_asked_from_s"],
        }
        for sensor in "ab":
            caps |= {
                f"{sensor}.bad_ticks": x["range_ticks"],
                f"{sensor}.good_ticks": x["clear_ticks"],
                f"{sensor}.rejects": x["jump_ticks"],
            }
        return caps

    def read(self) -> fields.State:
        """What it remembers, the same where no rule can tell from now on."""
        x = self.x
        now_ms = self.true_ms
        heat_ms, cold_ms = 1000 * x["heat_day_s"], 1000 * x["cold_day_s"]
        p = self.p
        live = p is not None and (self.in_session or p.state == ARMED)
        young_ms = now_ms - x["brake_ms"]
        return (
            None if p is None else tuple(p),
            _PLANS.index(self.plan) if live else 0,
            tuple([(min(t[1], heat_ms), min(t[2], cold_ms)) for t in self.past]),
            tuple([at - now_ms for at in self.braked[-x["brake_count"] :] if at > young_ms]),
            tuple([(alone, min(ms, TICK_MS)) for alone, ms in self.proof]),
            tuple(sorted(self.behind)),
            self._bad_at(self.a),
            self._bad_at(self.b),
            *self.fields.read(self),
        )

    @property
    def names(self) -> list[str]:
        """Of what `read` gives."""
        apart = ("p", "plan", "past", "braked", "proof", "behind", "a.bad_at", "b.bad_at")
        return [f"shadow's {name}" for name in (*apart, *self.fields.names)]

    def spoil(self, junk: int) -> None:
        """Nonsense wherever the state claims that nobody looks. After `write`."""
        self.fields.spoil(self, junk)

    def _bad_at(self, sensor: Any) -> tuple[int, ...]:
        far_ms = self.true_ms - self.x["range_window_ms"] - TICK_MS
        return tuple([at - self.true_ms for at in sensor.bad_at if at > far_ms])

    def write(self, state: fields.State) -> None:
        """Go on from what it remembered."""
        p, plan, past, braked, proof, behind, bad_a, bad_b, *flat = state
        self.true_ms = self.session_ms = 0
        self.fields.write(self, flat)
        self.p = None if p is None else Last(*p)
        self.plan = _PLANS[plan]
        self.past = [(0, heat_ms, cold_ms, 0.0) for heat_ms, cold_ms in past]
        self.braked = list(braked)
        self.proof = list(proof)
        self.behind = set(behind)
        for sensor, bad_at in ((self.a, bad_a), (self.b, bad_b)):
            sensor.bad_at.clear()
            sensor.bad_at.extend(bad_at)

    # --- a letter -------------------------------------------------------------------------

    def before(self, letter: Letter) -> None:
        """Time without power, which is none of a tick's."""
        word, _, rest = letter.command.partition(" ")
        if word == "restart":
            self.power_cut("power_on" if rest == "power" else "watchdog", 0)
        elif word == "day":
            # A true clock has shown it: only the history gets older.
            self.past.clear()
            self.short_end_ms -= _DAY_MS
            self.heat_until_ms -= _DAY_MS
            self.cold_until_ms -= _DAY_MS

    def judge(self, letter: Letter, s: Seen, answer: int) -> str:
        """The rule that this tick broke, or nothing."""
        self.letter = letter
        self.now_ms = 0
        self.up_ms = 0 if self.p is None else -max(0, s.now_ms)  # nobody asks a guard for it
        try:
            self.tick(s, self._command(letter, answer), letter.failed)
            assert letter.written or not s.outputs, "SR-05: energised, its intent not on flash"
        except AssertionError as broken:
            return str(broken).partition("\n")[0] or "a rule without a name"
        return ""

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
            word = "clear_fault"
            params = {"fault": _NAMES.get(self.fault_was + (rest == "another"), "internal")}
        code = {OK: 0, BAD_TOKEN: 5}.get(answer, 3)
        return word, params, code, {"token": _RIGHT}

    # --- what the letter says -------------------------------------------------------------

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

    def _heat_begins(self, s: Seen) -> None:
        self.over_ms = -1

    def sr_26_told(self, s: Seen) -> None:
        """Nothing here treats a body."""
