"""What the safety contract says a device may do, tick by tick, written from the contract alone.

A shadow sees what a bystander with a stopwatch sees: readings, pins, requests and their answers,
the reported state. It keeps clocks, dose, budget and history of its own and never asks the device
for them. One method a requirement; each raises AssertionError where the tick broke it.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Any, NamedTuple

from poultice_core.thermistor import B3950, temp_mc  # proved against the formula elsewhere
from tests.properties.backend import Seen

BOOT, SELF_TEST, IDLE, ARMED, RUNNING, PAUSED, WAITING, FAULT = range(8)
NO_MODE, REST, HEAT, COLD = range(4)
LAY_PACK, REMOVE_PACK = 1, 2
MASTER_BIT, HEAT_BIT, COOL_BIT, PAD = 1, 2, 4, 3
TUNE_REMOVE_PACK = 3
LOW, HIGH, BROKEN = 0, 1, 2
INHIBITED, UNDERTREATED = 16, 32  # of the warnings that were told

NAMES = (
    "",
    "absolute_temperature heat_welded master_welded over_temperature emergency_stop sensor_short "
    "sensor_open sensor_jump sensor_frozen sensor_stale sensor_mismatch sensor_detached "
    "heating_stalled supply_lost under_temperature dose_limit overrun loop_late watchdog_reset "
    "journal_lost config_lost limits_corrupt internal",
)
FAULTS = {name: number for number, name in enumerate(NAMES[1].split(), start=1)}
BY_BUTTON = {
    FAULTS[name]
    for name in [
        "absolute_temperature",
        "heat_welded",
        "master_welded",
        "over_temperature",
        "emergency_stop",
        "sensor_short",
        "watchdog_reset",
        "limits_corrupt",
        "internal",
    ]
}
OF_SENSORS = range(FAULTS["sensor_short"], FAULTS["sensor_mismatch"] + 1)

# The numbers of the contract, again: a limit changed in the core has to be changed here too.
CONTRACT = {
    "heat_target_min_mc": 30_000,
    "heat_target_max_mc": 42_000,
    "heat_cutoff_mc": 43_000,
    "absolute_cutoff_mc": 45_000,
    "predictive_mc": 43_500,
    "cold_target_min_mc": 11_000,
    "cold_target_max_mc": 25_000,
    "cold_end_mc": 10_000,
    "cold_cutoff_mc": 7_000,
    "phase_min_s": 30,
    "phases_max": 16,
    "heat_session_s": 1_800,
    "heat_hot_mc": 41_000,
    "heat_hot_session_s": 1_200,
    "cold_phase_s": 1_200,
    "cold_session_s": 1_200,
    "session_s": 2_400,
    "heat_day_s": 5_400,
    "cold_day_s": 7_200,
    "sessions_day": 8,
    "dose_day_m": 20_000,
    "dose_session_m": 9_000,
    "dose_warn_m": 5_000,
    "sensitive_target_max_mc": 40_000,
    "sensitive_dose_session_m": 2_000,
    "rest_after_heat_s": 1_200,
    "rest_cold_to_heat_s": 1_200,
    "rest_cold_to_cold_s": 7_200,
    "budget_capacity_uj_cm2": 12_000_000,
    "budget_refill_uw_cm2": 35_000,
    "dwell_min_ms": 2_000,
    "closing_min_ms": 20_000,
    "attended_min_s": 5,
    "attended_max_s": 60,
    "token_s": 60,
    "pause_max_s": 300,
    "prompt_max_s": 180,
    "watch_after_ms": 120_000,
    "ready_min_mc": 5_000,
    "cool_inhibit_mc": 10_500,
    "cold_end_ms": 10_000,
    "cold_cutoff_ms": 2_000,
    "overrun_ms": 1_000,
    "rest_asked_from_s": 60,
    "code_max": 3_496,
    "code_min": 462,
    "range_ticks": 3,
    "range_count": 10,
    "range_window_ms": 60_000,
    "spread_codes": 64,
    "jump_mc": 2_000,
    "jump_ticks": 3,
    "stale_ms": 2_000,
    "frozen_ms": 60_000,
    "mismatch_mc": 8_000,
    "mismatch_ms": 60_000,
    "climb_from_mc": 5_000,
    "climb_ms": 120_000,
    "climb_gain_mc": 2_000,
    "stall_ms": 120_000,
    "stall_gain_mc": 1_000,
    "stall_below_mc": 3_000,
    "stall_weak_mc": 36_000,
    "hold_near_mc": 500,
    "hold_below_mc": 2_000,
    "hold_ms": 60_000,
    "hold_rise_mc": 500,
    "detached_fall_mc": 500,
    "weld_sense_ms": 300,
    "unsteady_ms": 2_000,
    "proof_settle_ms": 200,
    "proof_gap_ms": 200,
    "weld_from_mc": 38_500,
    "weld_rise_mc": 500,
    "weld_end_rise_mc": 300,
    "supply_ms": 500,
    "late_ms": 300,
    "late_trip_ms": 1_500,
    "late_count": 3,
    "clear_inside_mc": 1_000,
    "clear_ticks": 10,
    "clear_sense_ms": 1_000,
    "tick_ms": 100,
    "proofs_session": 3,
    "brake_count": 3,
    "brake_ms": 600_000,
    "brake_treated_ms": 60_000,
    "pack_rise_mc": 3_000,
    "pack_alarm_ms": 30_000,
    "inhibited_ms": 60_000,
    "undertreated_heat_mc": 2_000,
    "undertreated_cold_mc": 5_000,
}

NEW_BOARD = {
    "offset_mc": 0,
    "density_mw_cm2": 100,
    "cooler": False,
    "sensor_b": True,
    "sense": True,
    "two_point": False,
    "fold_safe": False,
}


def limits_under(config: dict[str, Any], overrides: dict[str, int]) -> dict[str, int]:
    """The contract's limits as a configuration narrows them, then `overrides`."""
    limits = dict(CONTRACT)
    if not config["two_point"]:
        limits["heat_target_max_mc"] = 41_000
    if not config["sensor_b"]:
        limits["heat_target_max_mc"] = 40_000
        limits["heat_session_s"] = 900
        limits["budget_refill_uw_cm2"] = 25_000
    if not config["fold_safe"]:
        limits["heat_target_max_mc"] = min(limits["heat_target_max_mc"], 39_000)
    limits.update(overrides)
    return limits


def dose_rate_u(reading_mc: float) -> float:
    """Millionths of a CEM43 minute a tick at this reading, by the formula, not rounded."""
    if reading_mc < 39_000:
        return 0.0
    reading_mc = min(reading_mc, 50_000)  # the tick that saw it was the session's last anyway
    base = 0.5 if reading_mc >= 43_000 else 0.25
    return 1e6 * math.pow(base, 43 - reading_mc / 1000) / 600


class Thermometer:
    """One sensor's range and plausibility (SR-07, SR-08)."""

    def __init__(self) -> None:
        self.ok = False
        self.temp_mc = 0
        self.accepted_mc = 0
        self.bad_ticks = 0
        self.good_ticks = 0
        self.short = False
        self.rejects = 0
        self.rejected = False
        self.noisy = False
        self.stale_ms = 0
        self.same_ms = 0
        self.raw = -1
        # When there was no temperature, or one that was rejected, in this session.
        self.bad_at: deque[int] = deque(maxlen=32)

    def look(
        self, x: dict[str, int], code_x8: int, temp_mc: int, raw: int, spread: int, fresh: bool,
        judged: bool, stall: bool, dt_ms: int,
    ) -> None:  # fmt: skip
        self.rejected = False
        self.short = code_x8 < 8 * x["code_min"]
        self.noisy = spread > x["spread_codes"]
        self.ok = not self.short and code_x8 <= 8 * x["code_max"]
        self.noisy = self.ok and self.noisy
        self.ok = self.ok and not self.noisy
        if stall or raw != self.raw:
            self.same_ms = 0
        elif judged and self.ok:
            self.same_ms += dt_ms
        self.raw = raw
        if not self.ok:
            self.bad_ticks += 1
            self.good_ticks = 0
            return
        self.bad_ticks = 0
        self.good_ticks += 1
        self.temp_mc = temp_mc
        if not judged:
            self.accepted_mc = self.temp_mc
            self.rejects = self.stale_ms = 0
            return
        self.stale_ms = 0 if fresh else self.stale_ms + dt_ms
        if abs(self.temp_mc - self.accepted_mc) > x["jump_mc"]:
            self.rejected = True
            self.rejects += 1
        else:
            self.rejects = 0
            self.accepted_mc = self.temp_mc

    def often(self, x: dict[str, int], now_ms: int) -> bool:
        """Were there so many bad ticks within a minute?"""
        count = x["range_count"]
        return len(self.bad_at) >= count and now_ms - self.bad_at[-count] <= x["range_window_ms"]


Command = tuple[str, Any, int | None, Any]
LONG_AGO_MS = -(1 << 60)


class Last(NamedTuple):
    """What the tick before left behind, as far as the next one is held against it."""

    button: bool
    outputs: int
    state: int
    fault: int
    more: int
    phase: int
    target_mc: int
    warnings: int


class Shadow:
    """One device, from its first power-up on."""

    LEDGER_MS = 1_000  # what whole seconds may hide of the history's times
    ALONE_MS = 500  # each relay in its half of the proof (SR-22)

    def mc_of(self, code_x8: int) -> int:
        """What a code means."""
        return temp_mc(B3950, code_x8) + int(self.config["offset_mc"])

    def __init__(self, config: dict[str, Any], overrides: dict[str, int]) -> None:
        self.config = {**NEW_BOARD, **config}
        self.overrides = overrides
        self.requirements = [getattr(self, method.__name__) for _, method in REQUIREMENTS]
        self.x = limits_under(self.config, overrides)
        self.true_ms = 0
        # (end, heat, cold, dose in millionths, how many ms before the end the last heat was)
        self.past: list[tuple[int, int, int, float]] = []
        self.heat_until_ms = self.cold_until_ms = LONG_AGO_MS
        self.budget_uj: float = self.x["budget_capacity_uj_cm2"]
        self.pack = self.confirmed = False
        self.pack_lowest_mc = 0
        self.fault_was = 0
        self.plan: dict[str, Any] = {}
        self.expected_fault: int | None = None
        # Sessions too short to ask rest, since the last rest: the last one's end, heat and cold.
        self.short_end_ms, self.short_heat_ms, self.short_cold_ms = LONG_AGO_MS, 0, 0
        self.latched: list[int] = []  # every fault there was
        self.behind: set[int] = set()  # what tripped while one is latched, that one with it
        self.unwritten_ms = LONG_AGO_MS
        self.counted_as_planned = False
        self._power_up("power_on")

    # --- power --------------------------------------------------------------------------

    def _power_up(self, reset_cause: str) -> None:
        self.reset_cause = reset_cause
        self.p: Last | None = None
        self.now_ms = 0
        self.a = Thermometer()
        self.b = Thermometer()
        self.hot_mc = self.cold_mc = self.ctl_mc = 0
        self.readable = False
        self.over = 0
        self.since_session_ms = 0  # after start-up it is watched as after a session
        self.up_ms = 0
        # Proofs, and sessions that gave nothing: when; and the treatment since the last of them.
        self.braked: list[int] = []
        self.brake_treated_ms = 0
        self.in_proof = False
        self.ring: deque[int] = deque(maxlen=30)
        self.unsure = 0
        self.trace: deque[int] = deque(maxlen=330)
        self.opened_ms = self.closed_ms = LONG_AGO_MS
        self.tested = False
        self.been_idle = False
        self.high_ms = self.low_ms = self.quiet_ms = self.steady_ms = self.unsteady_ms = 0
        self.last_sense = -1
        self.alone = 0
        self.alone_ms = 0
        self.off_ms = 0
        self.ended_ms = -1
        self.ended_mark_mc = 0
        self.press_ms = -1
        self.pack_alarm_ms = 0
        self.apart_ms = -1
        self.in_session = False
        self.token: str | None = None
        self.tries = 0
        self.armed_ms = 0
        self.command: Command | None = None
        self._begin_session()

    def _begin_session(self) -> None:
        self.session_ms = self.strict_ms = 0
        self.energised_ms = self.heat_ms = self.hot_ms = self.cold_ms = 0
        self.last_heat_ms = self.last_cold_ms = LONG_AGO_MS
        self.phase_ms = 0
        self.over_ms = -1
        self.dose_u = 0.0
        self.silent_ms = 0
        self.stalls = 0
        self.freeze_ms = -1
        self.cold_end_ms = -1
        self.cold_ended = False
        self.state_ms = 0
        self.proof: list[tuple[int, int]] = []
        self.proven = False
        self.proofs = 0
        self.heated_before = False
        self.pause_ms = -1
        self.denied: deque[tuple[int, int]] = deque()
        self.little: list[int] = []
        self.climb_ms = -1
        self.run_ms = 0
        self.lost_ms = -1
        self.falls = 0

    def power_cut(self, reset_cause: str, off_ms: int, renamed: int | None = None) -> None:
        """The power went, or the watchdog fired, and came back after `off_ms`. `renamed`: what a
        latched fault is by then (SR-20)."""
        p = self.p
        fault = p.fault if p is not None and p.state == FAULT else 0
        if self.in_session and (self.phases("heat") or self.phases("cold")):
            self._book_cut()
            self.budget_uj = 0
        elif self.true_ms - self.unwritten_ms < 15_000:
            self.counted_as_planned = True
        if reset_cause == "watchdog":
            self.budget_uj = 0
        self.true_ms += off_ms
        self.confirmed = False
        self.behind = set()
        self._power_up(reset_cause)
        self.expected_fault = fault if renamed is None else renamed

    def _book_cut(self) -> None:
        heat_ms = 1000 * sum(p["duration_s"] for p in self.phases("heat"))
        cold_ms = 1000 * sum(p["duration_s"] for p in self.phases("cold"))
        if cold_ms and not self.config["cooler"]:
            cold_ms += 1000 * self.x["prompt_max_s"]
        trip_u = 1000.0 * self.dose_bound_m()
        # At the planned minutes' own worth: what the contract says of a session nobody saw end.
        self.past.append((self.true_ms, heat_ms, cold_ms, min(trip_u, heat_ms / 60_000 * 1e6)))
        if heat_ms:
            self.heat_until_ms = self.true_ms
        if cold_ms:
            self.cold_until_ms = self.true_ms
        self._forget_short()

    def phases(self, mode: str) -> list[dict[str, Any]]:
        return [p for p in self.plan.get("phases", []) if p["mode"] == mode]

    def dose_bound_m(self) -> int:
        if self.plan.get("profile") == "sensitive":
            return min(self.x["dose_session_m"], self.x["sensitive_dose_session_m"])
        return self.x["dose_session_m"]

    # --- requests -----------------------------------------------------------------------

    def _obey(self, s: Seen, command: Command) -> None:
        """A request was judged in this tick, and this is what was answered."""
        method, params, code, body = command
        if method == "start":
            self._start(s, params["token"], code)
        if code != 0:
            return
        if method == "arm":
            self._arm(s, params["plan"], body)
        elif method == "clear_fault":
            number = FAULTS[params["fault"]]
            assert number not in BY_BUTTON, "SR-20: a script cleared a severe fault"
            assert number == self.fault_was, "SR-20: cleared by another fault's name"
            assert not self.due, "SR-20: cleared in a tick that trips"
            assert not self.behind & BY_BUTTON, "SR-20: a script cleared what came behind"
            self._cause_gone(number, s)
        elif method == "stop":
            assert s.state not in (ARMED, RUNNING, PAUSED, WAITING), "SR-16: `stop` did not stop"
        elif method == "resume":
            assert s.state_was == PAUSED
            self._ready("resume", bool(self.phases("heat")))
        elif method == "confirm" and s.prompt_was == REMOVE_PACK:
            self.confirmed = True

    def _arm(self, s: Seen, plan: dict[str, Any], body: dict[str, Any]) -> None:
        """SR-03, SR-05, SR-06, SR-17, SR-21."""
        assert s.state_was == IDLE, "SR-17: armed from another state"
        for phase in plan["phases"]:
            if phase["mode"] == "heat":
                assert phase["target_mc"] <= self.x["heat_target_max_mc"], "armed beyond a limit"
        self.plan = plan
        self._allowed("arm")
        self.token = body["token"]
        self.tries = 0
        self.armed_ms = 0

    def _start(self, s: Seen, token: str, code: int | None) -> None:
        """SR-17. Refused with the fault where it began and its intent could not be written."""
        if code == 0 or (self.begins and not s.button):
            assert self.token is not None, "SR-17: started without a token"
            assert token == self.token, "SR-17: a wrong token started"
            # It came at some moment since the tick before, late as this one may be.
            at_least_ms = self.armed_ms - self.elapsed
            assert at_least_ms < 1000 * self.x["token_s"], "SR-17: an old token started"
            self._allowed("start")
            self._not_braked()
            self.token = None
        elif code == 5:
            assert token != self.token, "SR-17: the right token was called wrong"
            self.tries += 1
            if self.tries >= 3:
                self.token = None

    def _allowed(self, what: str) -> None:
        """Readiness, rest and totals, now (SR-05, SR-17)."""
        x = self.x
        heat_ms = 1000 * sum(p["duration_s"] for p in self.phases("heat"))
        cold_ms = 1000 * sum(p["duration_s"] for p in self.phases("cold"))
        self._ready(what, heat_ms > 0)
        gone_ms = self.true_ms + self.LEDGER_MS
        if heat_ms or cold_ms:
            assert gone_ms >= self.heat_until_ms + 1000 * x["rest_after_heat_s"], (
                f"SR-05: {what} before the rest after heat"
            )
        asked_s = 0
        if heat_ms:
            asked_s = x["rest_cold_to_heat_s"]
        if cold_ms:
            asked_s = max(asked_s, x["rest_cold_to_cold_s"])
        if asked_s:
            assert gone_ms >= self.cold_until_ms + 1000 * asked_s, (
                f"SR-05: {what} before the rest after cold"
            )
        day = [s for s in self.past if s[0] + 86_400_000 > gone_ms]
        assert len(day) < x["sessions_day"], "SR-05: sessions a day"
        if heat_ms:
            assert heat_ms + sum(s[1] for s in day) <= 1000 * x["heat_day_s"], "SR-05: heat a day"
        if cold_ms:
            assert cold_ms + sum(s[2] for s in day) <= 1000 * x["cold_day_s"], "SR-05: cold a day"

    def _not_braked(self) -> None:
        """SR-22. What began up to a second before the shadow saw it is given that second."""
        x = self.x
        since_ms = self.true_ms - x["brake_ms"] + self.LEDGER_MS
        young = [at for at in self.braked if at > since_ms]
        assert len(young) < x["brake_count"], "SR-22: started against the brake"

    def _note_brake(self) -> None:
        self.braked.append(self.true_ms)
        self.brake_treated_ms = 0

    def _ready(self, what: str, heat: bool) -> None:
        sensors = [self.a, self.b] if self.config["sensor_b"] else [self.a]
        for sensor in sensors:
            assert sensor.ok, f"SR-21: {what} with a sensor out of range"
            assert sensor.temp_mc >= self.x["ready_min_mc"], f"SR-03: {what} below 5 °C"
            if heat:
                assert sensor.temp_mc < self.x["heat_cutoff_mc"], f"SR-17: {what} too hot"

    def reconfigured(self, config: dict[str, Any]) -> None:
        """A configuration comes into force with the next tick: what is counted goes on."""
        self.config = {**NEW_BOARD, **config}
        self.x = limits_under(self.config, self.overrides)
        self.token = None

    # --- one tick -----------------------------------------------------------------------

    def tick(self, s: Seen, command: Command | None = None, failed: bool = False) -> None:
        """Everything that the contract says of this tick. `command`: the request that was judged
        in it, with its answer; `failed`: the loop raised in it (SR-19)."""
        p = self.p
        self.dt = dt = 0 if p is None else s.now_ms - self.now_ms
        x = self.x
        self.was = p.outputs if p is not None else 0
        # The time of a save of our own, the relays open, is no stall (SR-18).
        saved_ms = 0 if self.was & MASTER_BIT else s.saved_ms
        self.stall = dt < 0 or dt - saved_ms > x["late_ms"]
        self.elapsed = max(0, dt)
        self.seen = 0 if self.stall else dt
        self.due: list[int] = []
        self.may: set[int] = {FAULTS["journal_lost"], FAULTS["config_lost"]}
        if failed:
            self.due.append(FAULTS["internal"])
        assert p is None or s.state_was == p.state, "a state that changed between ticks"
        self.ran = s.state_was in (RUNNING, PAUSED, WAITING)
        if not self.in_session and self.ran:
            raise AssertionError("SR-17: a session without a start")
        self.command = command
        self._clocks(s)
        self.begins = s.state_was == ARMED and s.state in (RUNNING, WAITING)
        if self.begins:
            self._begin_session()
        for requirement in self.requirements:
            requirement(s)
        if command is not None:
            self._obey(s, command)
        self._faults(s)
        self._after(s)

    def _clocks(self, s: Seen) -> None:
        elapsed = self.elapsed
        self.true_ms += elapsed
        self.armed_ms += elapsed
        self.since_session_ms += elapsed
        self.up_ms += elapsed
        assert s.uptime_ms == self.up_ms, f"uptime {s.uptime_ms} of {self.up_ms}"
        self.heating = self.was & PAD == PAD
        if self.heating:
            self.energised_ms += elapsed
            self.last_heat_ms = self.true_ms
        if self.pack:
            self.cold_ms += elapsed
            self.last_cold_ms = self.true_ms
        if self.ran:
            self.session_ms += elapsed
            # The clock stands in a relay proof, but not in a repeated one.
            repeated = self.proofs >= 2 and self.in_proof and not self.heated_before
            if s.state_was != RUNNING or s.mode_was != NO_MODE or repeated:
                self.strict_ms += elapsed
            self.state_ms += elapsed
            if self._accepted("resume"):
                self.pause_ms = -1
            elif self.pause_ms >= 0:
                self.pause_ms += elapsed
        self.in_heat = s.state_was == RUNNING and s.mode_was == HEAT
        self.in_cold = s.state_was == RUNNING and s.mode_was == COLD
        p = self.p
        if self.in_heat and p is not None:
            self.heat_ms += elapsed
            if p.target_mc > self.x["heat_hot_mc"]:
                self.hot_ms += elapsed
        if self.in_heat or self.in_cold:
            self.brake_treated_ms += elapsed
            if self.brake_treated_ms >= self.x["brake_treated_ms"]:
                self.braked.clear()
        if self.in_cold:
            self.phase_ms += elapsed
            self.last_cold_ms = self.true_ms
            if not self.pack:
                self.cold_ms += elapsed

    def _accepted(self, method: str) -> bool:
        """Was this asked for in this tick, and said yes to?"""
        return self.command is not None and self.command[::2] == (method, 0)

    def _faults(self, s: Seen) -> None:
        """A trip drops everything in its tick; the first is kept, in one tick the more severe."""
        self.behind = self.behind | set(self.due) if s.state == FAULT else set()
        if self.due:
            assert s.outputs == 0, f"{self._names(self.due)}: outputs {s.outputs}"
            assert s.state == FAULT, f"{self._names(self.due)}: no fault"
            if s.state_was != FAULT:
                assert s.fault <= min(self.due), f"SR-20: {s.fault} kept over {min(self.due)}"
        if s.state == FAULT and s.state_was != FAULT:
            self.latched.append(s.fault)
            allowed = self.may | set(self.due)
            assert s.fault in allowed, f"tripped {s.fault} without a cause"

    def _names(self, numbers: list[int]) -> str:
        return ", ".join(name for name, number in FAULTS.items() if number in numbers)

    def _after(self, s: Seen) -> None:
        """The tick is over: sessions begin and end, relays have moved."""
        if s.outputs & PAD == PAD and self.was & PAD != PAD:
            self.closed_ms = self.true_ms
        if s.outputs & PAD != PAD and self.was & PAD == PAD:
            self.opened_ms = self.true_ms
        if self.begins:
            self.in_session = True
            self.token = None
        elif self.in_session and s.state not in (RUNNING, PAUSED, WAITING):
            self._end_session(s)
        if s.state not in (ARMED, RUNNING):
            self.token = None
        if s.state != s.state_was or s.prompt != s.prompt_was:
            self.state_ms = 0
        if s.state == PAUSED and s.state_was != PAUSED:
            self.pause_ms = 0
        elif s.state == RUNNING or not self.in_session:
            self.pause_ms = -1
        if s.mode == HEAT and not self.in_heat:
            self._heat_begins(s)
        if s.mode != s.mode_was or not self._same_phase(s):
            self.little = []
        if s.mode == COLD and not (s.mode_was == COLD and self._same_phase(s)):
            self.phase_ms = 0
            self.cold_end_ms = -1
            self.cold_ended = False
            self.over_ms = -1
        if s.mode != s.mode_was:
            self.over_ms = -1
        if s.prompt_was == LAY_PACK and (s.state == RUNNING or self._accepted("confirm")):
            self.pack = True
            self.confirmed = False
            self.pack_lowest_mc = self.cold_mc
            self.pack_alarm_ms = 0
        elif self.pack and s.mode == COLD and s.mode_was != COLD:
            self.confirmed = False
            self.pack_lowest_mc = self.cold_mc
        if s.prompt == REMOVE_PACK and s.prompt_was != REMOVE_PACK:
            self.confirmed = False
        self.fault_was = s.fault
        self.now_ms = s.now_ms
        self.p = Last(
            s.button, s.outputs, s.state, s.fault, s.more, s.phase, s.target_mc, s.warnings
        )

    def _same_phase(self, s: Seen) -> bool:
        p = self.p
        return p is not None and (p.phase, p.target_mc) == (s.phase, s.target_mc)

    def history(self, told: list[int]) -> None:
        """Totals and rest as the device has them (SR-05): never less than what was given."""
        _, sessions, heat_s, cold_s, _, rest_heat_s, rest_cold_s = told
        day = self._day()
        given = [sum(-(-t[field] // 1000) for t in day) for field in (1, 2)]
        assert [sessions, heat_s, cold_s] >= [len(day), 0, 0]
        assert heat_s >= given[0] - len(day), f"SR-05: {heat_s} s of heat, of {given[0]}"
        assert cold_s >= given[1] - len(day), f"SR-05: {cold_s} s of cold, of {given[1]}"
        if self.true_ms < 86_400_000 and not self.counted_as_planned:
            assert sessions == len(day), f"SR-05: {sessions} sessions, of {len(day)}"
            assert heat_s <= given[0] + len(day)
            assert cold_s <= given[1] + len(day)
        x = self.x
        for before, left_s in (("cold_to_heat", rest_heat_s), ("cold_to_cold", rest_cold_s)):
            for until, name in (
                (self.heat_until_ms, "rest_after_heat_s"),
                (self.cold_until_ms, f"rest_{before}_s"),
            ):
                owed_s = x[name] - (self.true_ms - until) // 1000
                assert left_s >= owed_s - 1, f"SR-05: {left_s} s of rest left, of {owed_s}"

    def _end_session(self, s: Seen) -> None:
        """Into the totals, from the first treated millisecond on (SR-05)."""
        self.in_session = False
        self.since_session_ms = 0
        x = self.x
        treated_ms = self.heat_ms + self.cold_ms
        if treated_ms == 0:
            if not self.proofs:
                self._note_brake()
            # What it gave is written at leisure: a cut before that counts what it meant to give.
            self.unwritten_ms = self.true_ms
            return
        self.past.append((self.true_ms, self.heat_ms, self.cold_ms, self.dose_u))
        if treated_ms >= 1000 * x["rest_asked_from_s"]:
            self._rest(self.energised_ms > 0, self.cold_ms > 0)
        elif s.asks[5] and s.state == IDLE:
            self._forget_short()  # complete, or nearly: then it asks its rest like any other
        else:
            if self.true_ms - self.short_end_ms >= 1000 * x["rest_cold_to_cold_s"]:
                self._forget_short()
            self.short_end_ms = self.true_ms
            self.short_heat_ms += self.heat_ms
            self.short_cold_ms += self.cold_ms
            if self.short_heat_ms + self.short_cold_ms >= 1000 * x["rest_asked_from_s"]:
                self._rest(self.short_heat_ms > 0, self.short_cold_ms > 0)

    def _rest(self, heat: bool, cold: bool) -> None:
        if heat:
            self.heat_until_ms = self.last_heat_ms
        if cold:
            self.cold_until_ms = self.last_cold_ms
        self._forget_short()

    def _forget_short(self) -> None:
        self.short_heat_ms = self.short_cold_ms = 0

    # --- the requirements ---------------------------------------------------------------

    def sr_01_over_temperature(self, s: Seen) -> None:
        x = self.x
        judged = self.in_heat and not self.stall
        how = (s.fresh, judged, self.stall, self.seen)
        self.a.look(x, s.code_a, self.mc_of(s.code_a), s.raw_a, s.spread_a, *how)
        sensors = [self.a]
        if self.config["sensor_b"]:
            self.b.look(x, s.code_b, self.mc_of(s.code_b), s.raw_b, s.spread_b, *how)
            sensors.append(self.b)
        readings = [t.temp_mc for t in sensors if t.ok]
        self.readable = bool(readings)
        if readings:
            self.hot_mc, self.cold_mc = max(readings), min(readings)
        if len(readings) == len(sensors):
            self.ctl_mc = max(t.accepted_mc for t in sensors)
        self.sensors = sensors
        over = self.readable and self.hot_mc >= x["heat_cutoff_mc"]
        self.over = (self.over << 1 | over) & 7
        if self.readable and self.hot_mc >= x["absolute_cutoff_mc"]:
            self.due.append(FAULTS["absolute_temperature"])
        if self.over in (3, 5, 6, 7) and (self.ran or self.since_session_ms <= x["watch_after_ms"]):
            self.due.append(FAULTS["over_temperature"])

    def sr_02_predictive_inhibit(self, s: Seen) -> None:
        x = self.x
        self.inhibit = self._rises() or self.hot_mc >= x["heat_cutoff_mc"]
        if s.outputs & PAD == PAD:
            assert not self.inhibit, "SR-02: HEAT with the reading about to be too high"
            if not self.heating:
                off_ms = self.true_ms - self.opened_ms
                assert off_ms >= x["dwell_min_ms"], f"SR-02: HEAT back after {off_ms} ms"
                since_ms = self.true_ms - self.closed_ms
                assert since_ms >= x["closing_min_ms"], f"SR-02: closing to closing {since_ms} ms"

    def _rises(self) -> bool:
        """Is the reading about to be too high, 10 s on at this slope, or nobody can say?"""
        if not all(t.ok for t in self.sensors):
            self.ring.clear()
        elif any(t.rejected for t in self.sensors):
            self.unsure = 30
        else:
            self.ring.append(self.ctl_mc)
            self.unsure = max(0, self.unsure - 1)
        if len(self.ring) < 30 or self.unsure:
            return len(self.ring) < 30
        r = list(self.ring)
        return self.ctl_mc + (sum(r[20:]) - sum(r[:10])) / 2 >= self.x["predictive_mc"]

    def sr_03_under_temperature(self, s: Seen) -> None:
        x = self.x
        # In the phase, and in `waiting` and `paused` while a pack is on.
        judged = self.in_cold or (self.pack and s.state_was in (WAITING, PAUSED))
        frozen = self.readable and self.cold_mc <= x["cold_cutoff_mc"]
        # In a pause of a cooler's phase what has counted stands while the reading stays cold.
        stands = not judged and s.state_was == PAUSED and s.mode_was == COLD
        if stands and frozen:
            pass
        elif not judged or not frozen:
            self.freeze_ms = -1
        else:
            self.freeze_ms = 0 if self.freeze_ms < 0 else self.freeze_ms + self.elapsed
            if self.freeze_ms >= x["cold_cutoff_ms"]:
                self.due.append(FAULTS["under_temperature"])
        cold = self.readable and self.cold_mc <= x["cold_end_mc"]
        if stands and cold:
            pass
        elif judged and cold:
            self.cold_end_ms = 0 if self.cold_end_ms < 0 else self.cold_end_ms + self.elapsed
            self.cold_ended = self.cold_ended or self.cold_end_ms >= x["cold_end_ms"]
        else:
            self.cold_end_ms = -1
        paused = s.state == s.state_was == PAUSED
        if paused and self.pack and s.mode_was == COLD and self.command is None:
            assert not self.cold_ended, "SR-03: a phase too cold goes on while paused"
        if s.outputs & COOL_BIT:
            assert not (self.cold_ended and self._same_phase(s)), "SR-03: COOL after the cold end"
            assert self.cold_mc > x["cool_inhibit_mc"], "SR-03: COOL at or below 10.5 °C"

    def sr_04_durations(self, s: Seen) -> None:
        x = self.x
        p = self.p
        if s.outputs and s.mode == HEAT:
            assert self.heat_ms < 1000 * x["heat_session_s"], "SR-04: heat beyond the session's"
            day_ms = sum(t[1] for t in self._day()) + self.heat_ms
            assert day_ms < 1000 * x["heat_day_s"] + self.LEDGER_MS * len(self.past), (
                "SR-04: heat a day"
            )
            if s.target_mc > x["heat_hot_mc"]:
                assert self.hot_ms < 1000 * x["heat_hot_session_s"], "SR-04: hot heat"
        if self.ran:
            most_ms = 1000 * x["heat_session_s"] + x["late_trip_ms"]
            assert self.energised_ms <= most_ms, "SR-04: energised too long"
        if s.outputs and s.mode == COLD:
            assert self.cold_ms < 1000 * x["cold_session_s"], "SR-04: cold beyond the session's"
            if self.in_cold and self._same_phase(s):
                assert self.phase_ms < 1000 * x["cold_phase_s"], "SR-04: cold beyond the phase's"
        if s.state in (RUNNING, PAUSED, WAITING) and self.ran and not self.due and not s.asks[5]:
            assert self.strict_ms < 1000 * x["session_s"], "SR-04: the session beyond its time"
        self.may.add(FAULTS["overrun"])
        if s.mode == s.mode_was and s.state == s.state_was == RUNNING and self._same_phase(s):
            over = self.in_heat and self.heat_ms >= 1000 * x["heat_session_s"]
            if self.in_cold:
                over = self.cold_ended or self.phase_ms >= 1000 * x["cold_phase_s"]
                over = over or self.cold_ms >= 1000 * x["cold_session_s"]
            if over:
                self.over_ms = 0 if self.over_ms < 0 else self.over_ms + self.elapsed
            assert self.over_ms < x["overrun_ms"], "SR-04: a phase beyond its end goes on"
        if s.state in (PAUSED, WAITING) and self.pause_ms >= 0 and not self.due:
            assert self.pause_ms < 1000 * x["pause_max_s"], "SR-04: paused for longer than 5 min"
        answered = self._accepted("confirm") or (p is not None and p.button and not s.button)
        if s.state == s.state_was == WAITING and not (self.confirmed or answered):
            assert self.state_ms < 1000 * x["prompt_max_s"], "SR-23: waiting for longer than 180 s"

    def _day(self) -> list[tuple[int, int, int, float]]:
        return [t for t in self.past if t[0] + 86_400_000 > self.true_ms]

    def sr_05_history(self, s: Seen) -> None:
        assert s.saves_hot == 0, "SR-05: a save while MASTER was energised"
        if self.p is None:
            assert s.state_was in (BOOT, FAULT), "SR-05: it went on by itself"
            assert s.outputs == 0, "SR-05: energised at once"

    def sr_06_dose(self, s: Seen) -> None:
        if not self.ran:
            return
        self.dose_u += dose_rate_u(self.hot_mc) * self.elapsed / 100
        low_m = self.dose_u / 1000
        assert s.dose_m >= low_m - 1e-6, f"SR-06: {s.dose_m} of at least {low_m}"
        # a reading is rounded up by less than 0.1 °C: a factor of 4^0.1
        high_m = low_m * 1.1488 + self.session_ms / 100_000 + 2
        assert s.dose_m <= high_m, f"SR-06: {s.dose_m} of at most {high_m}"
        if s.dose_m > 0:
            self.may.add(FAULTS["dose_limit"])
        if low_m >= self.dose_bound_m():
            self.due.append(FAULTS["dose_limit"])

    def sr_07_sensor_range(self, s: Seen) -> None:
        for sensor in self.sensors:
            if not self.ran:
                sensor.bad_at.clear()
            elif not sensor.ok or sensor.rejected:
                sensor.bad_at.append(self.true_ms)
            if sensor.ok:
                continue
            assert s.outputs & PAD != PAD, "SR-07: HEAT without a temperature"
            assert not s.outputs & COOL_BIT, "SR-07: COOL without a temperature"
            # A noisy burst is one or the other, whichever way it went.
            fault = FAULTS["sensor_short" if sensor.short else "sensor_open"]
            if sensor.noisy and self.ran:
                self.may.add(FAULTS["sensor_short"])
            if self.ran and sensor.bad_ticks >= self.x["range_ticks"]:
                self.due.append(fault)
            self._often(sensor, fault)

    def _often(self, sensor: Thermometer, fault: int) -> None:
        """A connector that opens now and then."""
        if sensor.often(self.x, self.true_ms):
            self.due.append(fault)

    def sr_08_plausibility(self, s: Seen) -> None:
        x = self.x
        for sensor in self.sensors:
            if sensor.rejected:
                assert s.outputs & PAD != PAD, "SR-08: HEAT on a rejected reading"
                self._often(sensor, FAULTS["sensor_jump"])
            if not self.in_heat or not sensor.ok:
                continue
            if sensor.rejects >= x["jump_ticks"] and sensor.rejected:
                self.due.append(FAULTS["sensor_jump"])
            if sensor.stale_ms > x["stale_ms"]:
                self.due.append(FAULTS["sensor_stale"])
            if sensor.same_ms >= x["frozen_ms"]:
                self.due.append(FAULTS["sensor_frozen"])
            if sensor.raw == (s.raw_a if sensor is self.a else s.raw_b):
                self.may.add(FAULTS["sensor_frozen"])
        if not self.config["sensor_b"] or not (self.a.ok and self.b.ok):
            return
        if abs(self.a.temp_mc - self.b.temp_mc) <= x["mismatch_mc"] or self.stall:
            self.apart_ms = -1
        elif self.in_heat:
            self.apart_ms = 0 if self.apart_ms < 0 else self.apart_ms + self.seen
            if self.apart_ms >= x["mismatch_ms"]:
                self.due.append(FAULTS["sensor_mismatch"])

    def _heat_begins(self, s: Seen) -> None:
        self.entry_mc = self.lowest_mc = self.ctl_mc
        self.climb_ms = 0 if self.ctl_mc < s.target_mc - self.x["climb_from_mc"] else -1
        self.reached = False
        self._proof_restarts()
        self.over_ms = -1

    def _proof_restarts(self) -> None:
        self.run_ms = 0
        self.lost_ms = -1
        self.falls = 0

    def sr_09_heating_proof(self, s: Seen) -> None:
        x = self.x
        p = self.p
        if not self.in_heat or p is None:
            self._proof_restarts()
            return
        self.may.add(FAULTS["heating_stalled"])
        if not self.config["sensor_b"]:
            self.may.add(FAULTS["sensor_detached"])
        if self.stall:
            self._proof_restarts()
            self.climb_ms = min(self.climb_ms, 0)
            return
        if not self.readable:
            self._proof_restarts()
            return
        target_mc = p.target_mc
        self.lowest_mc = min(self.lowest_mc, self.ctl_mc)
        late = self._climb(x) or self._long_run(x, target_mc) or self._lost(x, target_mc)
        if late and not self.due:
            assert s.state != RUNNING, "SR-09: heat that does not arrive goes on"
        self._falls(s)
        if self.inhibit or self.budget_uj < 200 * self.config["density_mw_cm2"]:
            self._proof_restarts()
        if s.mode == HEAT and not self._same_phase(s):
            self._heat_begins(s)

    def _climb(self, x: dict[str, int]) -> bool:
        """(b)"""
        if self.climb_ms < 0 or not self.heating:
            return False
        self.climb_ms += self.seen
        if self.climb_ms < x["climb_ms"]:
            return False
        self.climb_ms = -1
        return self.ctl_mc - self.lowest_mc < x["climb_gain_mc"]

    def _long_run(self, x: dict[str, int], target_mc: int) -> bool:
        """(c)"""
        if not self.heating:
            self.run_ms = 0
            return False
        if self.run_ms == 0:
            self.run_mark_mc = self.ctl_mc
        self.run_ms += self.seen
        if not x["stall_ms"] <= self.run_ms < x["stall_ms"] + self.seen:
            return False
        weak = self.ctl_mc >= x["stall_weak_mc"] or self.ctl_mc >= target_mc - x["stall_below_mc"]
        return not weak and self.ctl_mc - self.run_mark_mc < x["stall_gain_mc"]

    def _lost(self, x: dict[str, int], target_mc: int) -> bool:
        """(d)"""
        if self.ctl_mc >= target_mc - x["hold_near_mc"]:
            self.reached = True
        if not self.reached or self.ctl_mc >= target_mc - x["hold_below_mc"]:
            self.lost_ms = -1
            return False
        if self.lost_ms < 0:
            self.lost_ms = 0
            self.lost_lowest_mc = self.ctl_mc
            return False
        self.lost_ms += self.seen
        self.lost_lowest_mc = min(self.lost_lowest_mc, self.ctl_mc)
        if self.ctl_mc >= self.lost_lowest_mc + x["hold_rise_mc"]:
            self.lost_ms = 0
            self.lost_lowest_mc = self.ctl_mc
            return False
        return self.lost_ms >= x["hold_ms"]

    def _falls(self, s: Seen) -> None:
        """(a): judged only where it held for longer than any second's grid could hide."""
        t = self.trace
        long = self.run_ms >= 30_000 and len(t) >= 301 and not self.config["sensor_b"]
        fall_mc = self.x["detached_fall_mc"]
        if long and all(t[-1 - i - 100] - t[-1 - i] > fall_mc for i in (0, 100, 200)):
            self.falls += 1
        else:
            self.falls = 0
        if self.falls > 12 and not self.due:
            assert s.state != RUNNING, "SR-09: a sensor that falls while heated"

    def sr_10_welded(self, s: Seen) -> None:
        if self.dt == 100 and self.readable:
            self.trace.append(self.hot_mc)
        else:
            self.trace.clear()
        self._unbroken(s)
        if not self.config["sense"]:
            self._warm_weld(s)
            return
        if self.high_ms >= self.x["weld_sense_ms"]:
            master = self.alone == HEAT_BIT
            self.due.append(FAULTS["master_welded" if master else "heat_welded"])

    def _unbroken(self, s: Seen) -> None:
        """SENSE against what was closed during the interval that ends now."""
        proving = s.state_was == RUNNING and s.mode_was == NO_MODE and self.config["sense"]
        alone = self.was if proving and self.was in (HEAT_BIT, MASTER_BIT) else 0
        self.alone_ms = self.alone_ms + self.elapsed if alone and alone == self.alone else 0
        if alone and self.alone_ms == 0:
            self.alone_ms = self.elapsed
        self.alone = alone
        settling = bool(alone) and self.alone_ms < self.x["proof_settle_ms"]
        self._unsteady(s, proving, settling)
        unbroken = s.sense == self.last_sense and not self.stall and s.sense != BROKEN
        self.quiet_ms = self.quiet_ms + self.elapsed if s.sense == LOW and not self.heating else 0
        if settling or not unbroken:
            self.high_ms = self.low_ms = 0
        elif s.sense == HIGH:
            self.low_ms = 0
            self.high_ms = 0 if self.heating else self.high_ms + self.seen
        else:
            self.high_ms = 0
            self.low_ms = self.low_ms + self.seen if self.heating else 0
        next_ms = self.alone_ms + self.x["tick_ms"]
        self.last_sense = -1 if settling and next_ms < self.x["proof_settle_ms"] else s.sense

    def _unsteady(self, s: Seen, proving: bool, settling: bool) -> None:
        """Neither high nor low for 300 ms on end, where it is needed: it cannot be judged."""
        if settling or self.stall or not self.config["sense"]:
            self.steady_ms = self.unsteady_ms = 0
            return
        steady = s.sense == self.last_sense and s.sense != BROKEN
        self.steady_ms = self.steady_ms + self.seen if steady else 0
        closed = s.state_was == RUNNING and self.was
        if not (closed or proving) or self.steady_ms >= self.x["weld_sense_ms"]:
            self.unsteady_ms = 0
            return
        if proving:
            # Where it begins, both open, nobody sees from outside.
            self.may.add(FAULTS["supply_lost"])
        if closed:
            self.unsteady_ms += self.seen
        if self.unsteady_ms >= self.x["unsteady_ms"]:
            self.due.append(FAULTS["supply_lost"])

    def _warm_weld(self, s: Seen) -> None:
        floor_mc = self.x["weld_from_mc"]
        if self.readable and self.hot_mc >= floor_mc:
            self.may.add(FAULTS["heat_welded"])
        if self.was & HEAT_BIT or self.stall or not self.readable:
            self.off_ms = 0
            self.ended_ms = -1
            return
        self.off_ms += self.seen
        t = self.trace
        if self.off_ms >= 32_000 and len(t) >= 320:
            rise = [(t[-1 - i], t[-301 - i]) for i in range(12)]
            if all(n >= floor_mc <= o and n - o > self.x["weld_rise_mc"] for n, o in rise):
                self.due.append(FAULTS["heat_welded"])

    def sr_11_supply(self, s: Seen) -> None:
        if self.config["sense"] and self.low_ms >= self.x["supply_ms"]:
            self.due.append(FAULTS["supply_lost"])

    def sr_12_emergency_stop(self, s: Seen) -> None:
        if s.estop:
            self.due.append(FAULTS["emergency_stop"])

    def sr_13_attended(self, s: Seen) -> None:
        if not self.ran:
            return
        self.silent_ms = 0 if s.heard else self.silent_ms + self.elapsed
        attended_ms = 1000 * self.plan.get("attended_s", 0)
        if 0 < attended_ms <= self.silent_ms:
            assert s.state in (IDLE, FAULT), "SR-13: unattended, and it goes on"
            assert s.outputs == 0

    def sr_14_watchdog(self, s: Seen) -> None:
        if self.p is None and self.reset_cause == "watchdog":
            self.may.add(FAULTS["watchdog_reset"])
            assert s.state == FAULT, "SR-14: a watchdog restart without a fault"
            assert s.fault in (self.expected_fault or FAULTS["watchdog_reset"], *self.due), (
                "SR-14: another fault"
            )
            assert s.budget_uj == 0, "SR-24: a budget after a watchdog restart"

    def sr_15_start_up(self, s: Seen) -> None:
        if s.state == SELF_TEST or s.state_was == SELF_TEST:
            self.tested = True
        if s.state in (IDLE, ARMED) and not self.been_idle and s.state_was != FAULT:
            assert self.tested, "SR-15: idle without a test"
        if s.state == IDLE:
            self.been_idle = True
        if not self.been_idle:
            assert s.outputs == 0, "SR-15: energised before idle"

    def sr_16_outputs(self, s: Seen) -> None:
        allowed: tuple[int, ...] = (0,)
        if s.state == RUNNING and not self.stall:
            if s.mode == HEAT:
                allowed = (0, MASTER_BIT, PAD)
            elif s.mode == COLD and self.config["cooler"]:
                allowed = (0, MASTER_BIT, MASTER_BIT | COOL_BIT)
            elif s.mode == NO_MODE and self.config["sense"]:
                allowed = (0, HEAT_BIT, MASTER_BIT)  # the proof of SR-22
        assert s.outputs in allowed, f"SR-16: {s.outputs} in state {s.state}, mode {s.mode}"
        if s.outputs & PAD == PAD:
            assert s.asks[3], "SR-16: HEAT that was not asked for"
            low, high = self.x["heat_target_min_mc"], self.x["heat_target_max_mc"]
            if self.plan.get("profile") == "sensitive":
                high = min(high, self.x["sensitive_target_max_mc"])
            assert low <= s.target_mc <= high, "SR-16: heat towards a target out of bounds"
        if s.outputs & COOL_BIT:
            assert s.asks[4], "SR-16: COOL that was not asked for"

    def sr_17_two_steps(self, s: Seen) -> None:
        if s.state_was == ARMED and s.state == ARMED:
            assert self.armed_ms < 1000 * self.x["token_s"], "SR-17: armed for too long"
        if self.begins:
            p = self.p
            if self.command is None or self.command[0] != "start":
                assert s.button and p is not None and not p.button, "SR-17: started by nobody"
                self._allowed("button")
                self._not_braked()
        if s.state in (RUNNING, PAUSED, WAITING):
            assert self.in_session or s.state_was == ARMED, "SR-17: running without a start"
        if s.state == RUNNING and s.state_was == PAUSED:
            assert self._accepted("resume"), "SR-17: a pause that ends by itself"
        if s.state == RUNNING and s.prompt_was == LAY_PACK:
            released = self.p is not None and self.p.button and not s.button
            assert released or self._accepted("confirm"), "SR-23: cold, and nobody laid a pack"

    def sr_18_time(self, s: Seen) -> None:
        x = self.x
        if self.stall:
            assert s.outputs == 0, "SR-18: energised in a late tick"
            if self.ran:
                self.stalls += 1
        if self.stall and (self.dt < 0 or self.dt > x["late_trip_ms"]):
            self.due.append(FAULTS["loop_late"])
        if self.stall and self.ran and self.stalls >= x["late_count"]:
            self.due.append(FAULTS["loop_late"])

    def sr_19_exception(self, s: Seen) -> None:
        """An exception is due as `internal` in its tick (`tick`)."""

    def sr_20_latch(self, s: Seen) -> None:
        if self.p is None and self.expected_fault:
            assert s.state == FAULT, "SR-20: a fault did not survive the power loss"
            assert s.fault == self.expected_fault, "SR-20: another fault after the power loss"
        held = s.button and self.p is not None and self.p.button and self.press_ms >= 0
        if s.button and self.p is not None and not self.p.button:
            self.press_ms = 0
        elif held:
            self.press_ms += self.elapsed
        elif not s.button:
            self.press_ms = -1
        if s.state_was != FAULT:
            return
        if self._accepted("clear_fault"):
            return  # judged by `_obey`
        if s.state == FAULT:
            if self.p is not None and self.p.state == FAULT:
                assert s.fault == self.p.fault, "SR-20: another fault took the latch"
                assert s.more >= self.p.more, "SR-20: followers were forgotten"
            return
        assert s.state == IDLE
        assert held, "SR-20: cleared by nobody"
        assert self.press_ms >= 3000, "SR-20: cleared by a short press"
        assert not self.due, "SR-20: cleared in a tick that trips"
        self._cause_gone(self.fault_was, s)

    def _cause_gone(self, fault: int, s: Seen) -> None:
        x = self.x
        inside_mc = x["clear_inside_mc"]
        gone = True
        if fault == FAULTS["absolute_temperature"]:
            gone = self.readable and self.hot_mc <= x["absolute_cutoff_mc"] - inside_mc
        elif fault == FAULTS["over_temperature"]:
            gone = self.readable and self.hot_mc <= x["heat_cutoff_mc"] - inside_mc
        elif fault == FAULTS["under_temperature"]:
            gone = self.readable and self.cold_mc >= x["cold_cutoff_mc"] + inside_mc
        elif fault == FAULTS["emergency_stop"]:
            gone = not s.estop
        elif fault == FAULTS["sensor_mismatch"]:
            gone = all(t.ok for t in self.sensors)
            if gone and self.config["sensor_b"]:
                gone = abs(self.a.temp_mc - self.b.temp_mc) <= x["mismatch_mc"]
        elif fault in OF_SENSORS:
            gone = all(t.good_ticks >= x["clear_ticks"] for t in self.sensors)
        elif fault in (FAULTS["heat_welded"], FAULTS["master_welded"]) and self.config["sense"]:
            gone = self.quiet_ms >= x["clear_sense_ms"]
        assert gone, f"SR-20: fault {fault} cleared with its cause still there"

    def sr_21_idle(self, s: Seen) -> None:
        if s.state_was in (BOOT, SELF_TEST, IDLE, ARMED) and s.state == FAULT:
            assert s.fault not in OF_SENSORS, "SR-21: a missing sensor tripped outside a session"

    def sr_22_relay_proof(self, s: Seen) -> None:
        if not self.config["sense"]:
            return
        alone = s.outputs if s.mode == NO_MODE else 0
        if s.state_was != RUNNING or (self.stall and self.was):
            # What a stall broke off has shown nothing; between two steps it makes a gap longer.
            self.proof = []
        elif s.state == RUNNING and not self.proven:
            if self.proof and self.proof[-1][0] == self.was:
                self.proof[-1] = (self.was, self.proof[-1][1] + self.elapsed)
            elif self.was in (0, HEAT_BIT, MASTER_BIT):
                self.proof.append((self.was, self.elapsed))
                del self.proof[:-4]
            else:
                self.proof = []
            # Once it is through, it stays so: whatever comes before the heat begins.
            self.proven = self._shown()
        assert s.mode != HEAT or self.proven, f"SR-22: a heat phase without the proof: {self.proof}"
        self.heated_before = self.heated_before or s.mode == HEAT
        if s.state != RUNNING or s.mode != NO_MODE:
            self.in_proof = False
        elif s.outputs == HEAT_BIT and not self.in_proof:
            self.in_proof = True
            self.proofs += 1
            self._note_brake()
            if not self.heated_before:
                assert self.proofs <= self.x["proofs_session"], "SR-22: a fourth proof"
        if alone:
            assert s.outputs in (HEAT_BIT, MASTER_BIT), "SR-22: both closed in the proof"

    def _shown(self) -> bool:
        """HEAT alone for 500 ms, both open for 200 ms, MASTER alone for 500 ms."""
        steps = [step for step in self.proof if step[0] in (0, HEAT_BIT, MASTER_BIT)]
        for i in range(len(steps) - 2):
            heat, gap, master = steps[i : i + 3]
            if heat[0] == HEAT_BIT and gap[0] == 0 and master[0] == MASTER_BIT:
                alone_ms = min(heat[1], master[1])
                return alone_ms >= self.ALONE_MS and gap[1] >= self.x["proof_gap_ms"]
        return False

    def sr_23_pack(self, s: Seen) -> None:
        if not self.pack:
            return
        short = s.prompt_was == REMOVE_PACK and s.state_was == WAITING and not s.button
        p = self.p
        if short and p is not None and p.button:
            self.confirmed = True  # may have been a short press: judged by the rise alone
        if self.readable:
            self.pack_lowest_mc = min(self.pack_lowest_mc, self.cold_mc)
            risen = self.cold_mc >= self.pack_lowest_mc + self.x["pack_rise_mc"]
            if risen and (self.confirmed or not self.ran):
                self.pack = False
        if self.pack:
            assert s.mode != HEAT, "SR-23: heat under a cold pack"
            if not self.ran and self.past:
                self._cold_goes_on()
            if TUNE_REMOVE_PACK in s.tunes or s.state == RUNNING or s.state_was == RUNNING:
                self.pack_alarm_ms = 0
            else:
                self.pack_alarm_ms += self.elapsed
                limit_ms = self.x["pack_alarm_ms"] + max(300, self.elapsed)
                assert self.pack_alarm_ms <= limit_ms, "SR-23: no alarm"

    def _cold_goes_on(self) -> None:
        _, heat_ms, cold_ms, dose_u = self.past[-1]
        cold_ms += self.elapsed
        self.past[-1] = (self.true_ms, heat_ms, cold_ms, dose_u)
        if cold_ms >= 1000 * self.x["rest_asked_from_s"]:
            self.cold_until_ms = self.true_ms

    def sr_24_budget(self, s: Seen) -> None:
        x = self.x
        density = self.config["density_mw_cm2"]
        level_uj = self.budget_uj + x["budget_refill_uw_cm2"] / 1000 * self.elapsed
        if self.heating:
            level_uj -= density * self.elapsed
        self.budget_uj = max(0.0, min(level_uj, x["budget_capacity_uj_cm2"]))
        assert s.budget_uj <= self.budget_uj + 1, f"SR-24: {s.budget_uj} of {self.budget_uj}"
        if s.outputs & PAD == PAD:
            assert self.budget_uj >= x["tick_ms"] * density, "SR-24: HEAT on an empty budget"
        self.budget_uj = min(self.budget_uj, s.budget_uj)

    def sr_26_told(self, s: Seen) -> None:
        """HEAT asked for and not permitted in half of a minute, a phase far from its target."""
        x = self.x
        if s.mode == HEAT and s.state == RUNNING and s.asks[3] and not self.stall:
            denied = self.inhibit or any(t.rejected or not t.ok for t in self.sensors)
            if denied and self.in_heat and self._same_phase(s):
                self.denied.append((self.true_ms, self.elapsed))
        elif s.mode != HEAT:
            self.denied.clear()
        while self.denied and self.denied[0][0] <= self.true_ms - 58_000:
            self.denied.popleft()
        if 2 * sum(ms for _, ms in self.denied) >= x["inhibited_ms"] + 200 and s.state == RUNNING:
            assert s.warnings & INHIBITED, "SR-26: HEAT was not permitted, and nothing is told"
        self._undertreated(s)
        if s.warnings & INHIBITED and self.p is not None and not self.p.warnings & INHIBITED:
            assert s.mode_was == HEAT or s.mode == HEAT, "SR-26: inhibited outside of heat"

    def _undertreated(self, s: Seen) -> None:
        """The second half of a phase that has come to its end, where all of it agrees."""
        if not (self.in_heat or self.in_cold) or self.p is None:
            return
        target_mc = self.p.target_mc
        little_mc = target_mc - self.ctl_mc if self.in_heat else self.cold_mc - target_mc
        self.little.append(little_mc)
        if s.state not in (RUNNING, WAITING) or (s.mode == s.mode_was and self._same_phase(s)):
            return
        x = self.x
        limit_mc = x["undertreated_heat_mc"] if self.in_heat else x["undertreated_cold_mc"]
        late = self.little[len(self.little) // 4 :]
        told = bool(s.warnings & UNDERTREATED)
        if min(late) > limit_mc + 10:
            assert told, "SR-26: a phase far from its target, and nothing is told"
        if max(late) < limit_mc - 10 and not self.p.warnings & UNDERTREATED:
            assert not told, "SR-26: a phase near its target is told as undertreated"


# In the order in which a tick is judged: readings first.
REQUIREMENTS = tuple(
    (name[3:5], method) for name, method in sorted(vars(Shadow).items()) if name.startswith("sr_")
)
