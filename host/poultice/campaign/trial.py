"""One run, simulated: the device's own logic on a drawn plant, and what became of the skin.

The session is driven over the link as a host would (armed, started, and kept attended where the
plan asks for it). After its end the logic runs on for two minutes, in which it still watches for a
live pad; then only the plant does, until the skin has cooled or two hours have passed.
"""

from __future__ import annotations

import json
from typing import Any

from poultice.campaign import classes
from poultice.campaign.scenario import Scenario, draw, parts_of
from poultice.therapy.phase import HEAT
from poultice.virtual.adc import Channel
from poultice.virtual.options import FaultAt
from poultice.virtual.plant import Plant
from poultice.virtual.relays import Bimetal, Relay
from poultice.virtual.virtual_board import TICK_MS
from poultice.virtual.virtual_device import VirtualDevice
from poultice_core import codec, faults, states

Row = dict[str, Any]

HORIZON_MS = 2 * 3600 * 1000
AFTER_MS = 120 * 1000
_FAULT_BEFORE_MS, _ARM_MS = 3_000, 5_000
_PING_MS = 2_000
_ANSWER_TICKS = 20
_PING = codec.encode({"jsonrpc": "2.0", "id": "p", "method": "ping"})
_NO_DOSE_C = 39.0
_FITTED = ("cooler", "sensor_b", "sense", "two_point", "fold_safe")


class _Device(VirtualDevice):
    """A virtual device with the parts that a scenario says are really in it."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        super().__init__(scenario.options)
        board = self.board
        noise, lsb = scenario.options.seed, scenario.adc_offset_lsb
        board.channel_a = Channel(noise, offset_lsb=lsb)
        board.channel_b = Channel(noise, row=13, offset_lsb=lsb)
        times = scenario.operate_ms, scenario.release_ms
        board.k1, board.k2, board.k3 = Relay(*times), Relay(*times), Relay(*times)
        board.bimetal = Bimetal(opens_c=scenario.bimetal_c)

    def _make_plant(self) -> Plant:
        scenario = self._scenario
        plant = Plant(
            scenario.pad,
            ambient_c=scenario.options.ambient_c,
            perfusion=scenario.options.perfusion,
        )
        plant.offset_a_c, plant.offset_b_c = scenario.offset_a_c, scenario.offset_b_c
        return plant


class Trial:
    """One scenario and its device. `run` it, then read `row()`; `log` has what happened when,
    in seconds after the start of the session."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.device = _Device(scenario)
        self.log: list[tuple[float, str]] = []
        self.outcome = "none"
        self.reason: str | None = None
        self.fault: str | None = None
        self._waiting = sorted(
            scenario.onsets, key=lambda onset: -1.0 if onset.at_s is None else onset.at_s
        )
        self._start_ms = _ARM_MS
        self._next_ms = self._end_ms = self._live_ms = self._heated_ms = self._looked_ms = 0
        self._onset_ms: int | None = None
        self._trip_ms: int | None = None
        self._pinged_ms = 0
        self._attended = scenario.plan.attended_s > 0
        self._skin_c = self._bead_c = -273.15

    # --- the run ------------------------------------------------------------------------

    def run(self) -> None:
        """From power-up until nothing more can come of it."""
        self._to(_FAULT_BEFORE_MS)
        while self._waiting and self._waiting[0].at_s is None:
            self._befall(self._waiting.pop(0))
        self._to(_ARM_MS)
        self._start()
        self._plan_next()
        horizon_ms = self._start_ms + HORIZON_MS
        while self.device.in_session and self.device.board.now_ms < horizon_ms:
            self._tick()
        self._conclude()
        self._to(self.device.board.now_ms + AFTER_MS)
        self._cool_down()

    def _to(self, until_ms: int) -> None:
        board = self.device.board
        while board.now_ms < until_ms:
            self._tick()

    def _start(self) -> None:
        """Arm and start as a host does; a refusal is an outcome."""
        device = self.device
        self._start_ms = device.board.now_ms
        armed = self._ask("arm", {"plan": self.scenario.plan.to_wire()})
        answer = armed
        if "result" in armed:
            answer = self._ask("start", {"token": armed["result"]["token"]})
        if "error" in answer:
            self.outcome = "refused"
            error = answer["error"]
            data = error.get("data") or {}
            self.reason = str(data.get("reason") or data.get("fault") or error["message"])
            self._say(f"refused: {self.reason}")
        else:
            self._say("started")

    def _ask(self, method: str, params: dict[str, object]) -> dict[str, Any]:
        """The answer to a request; a device that is dead or hung refuses with `no_answer`."""
        request: dict[str, object] = {"jsonrpc": "2.0", "id": method, "method": method}
        request["params"] = params
        device = self.device
        device.host_bytes_in(codec.encode(request))
        for _ in range(_ANSWER_TICKS):
            for line in device.host_bytes_out().split(b"\n"):
                text = codec.unseal(line) if line else None
                if text is not None:
                    answer: dict[str, Any] = json.loads(text)
                    if answer.get("id") == method:
                        return answer
            self._tick()
        return {"error": {"message": "no_answer"}}

    def _conclude(self) -> None:
        """How the session ended, as the device says it."""
        device = self.device
        self._end_ms = device.board.now_ms
        # What has not befallen it by now is no fault of this session any more.
        self._waiting, self._next_ms = [], 0
        if self.outcome == "refused":
            return
        guard = device.loop.guard
        if not device.alive:
            self.outcome = "power_lost"
        elif device.in_session:
            self.outcome, self.reason = "unended", states.NAMES[guard.state]
        elif guard.course.outcome == states.NOT_ENDED:
            self.outcome = "restarted"
        else:
            self.outcome = states.OUTCOMES[guard.course.outcome] or "none"
            self.reason = states.REASONS[guard.course.reason]
        self._say("the session is over: " + ", ".join(filter(None, (self.outcome, self.reason))))

    def _cool_down(self) -> None:
        """The plant alone, as long as a dose can still come of it and two hours are not over."""
        device, horizon_ms = self.device, self._start_ms + HORIZON_MS
        board, plant = device.board, device.plant
        while board.now_ms < horizon_ms:
            closed = board.k1.contact and board.k2.contact
            if not closed and plant.worst_skin_c < _NO_DOSE_C and plant.element_c < _NO_DOSE_C:
                break
            logic_off = not device.alive or device.loop.guard.outputs == 0
            for _ in range(10):
                if logic_off:
                    board.advance(TICK_MS)
                    self._look()
                else:
                    self._tick()

    # --- a tick -------------------------------------------------------------------------

    def _tick(self) -> None:
        device = self.device
        now_ms = device.board.now_ms
        if self._next_ms and now_ms >= self._next_ms:
            self._befall(self._waiting.pop(0))
            self._plan_next()
        if self._attended and now_ms - self._pinged_ms >= _PING_MS:
            self._pinged_ms = now_ms
            device.host_bytes_in(_PING)
            device.host_bytes_out()
        if device.alive:
            device.step()
        else:
            device.board.advance(TICK_MS)
        self._look()
        if device.loop.guard.latch.fault and self._trip_ms is None:
            self._trip_ms = device.board.now_ms
            self.fault = faults.NAMES[device.loop.guard.latch.fault]
            self._say(f"latched: {self.fault}")

    def _look(self) -> None:
        """What the skin and the beads feel, whether the pad has power."""
        board, plant = self.device.board, self.device.plant
        skin_c = plant.worst_skin_c if plant.elsewhere else plant.skin_c
        if skin_c > self._skin_c:
            self._skin_c = skin_c
        if plant.sensor_a_c > self._bead_c:
            self._bead_c = plant.sensor_a_c
        if plant.sensor_b_c > self._bead_c:
            self._bead_c = plant.sensor_b_c
        now_ms = board.now_ms
        if board.energised:
            self._heated_ms += now_ms - self._looked_ms
            self._live_ms = now_ms
        self._looked_ms = now_ms

    def _befall(self, onset: FaultAt) -> None:
        classes.BEFALL[onset.name](self.device)
        if self._onset_ms is None:
            self._onset_ms = self.device.board.now_ms
        self._say(f"befalls: {onset.name}")

    def _plan_next(self) -> None:
        """When the next fault is due; 0: none."""
        self._next_ms = 0
        if self._waiting:
            self._next_ms = self._start_ms + round((self._waiting[0].at_s or 0.0) * 1000)

    def _say(self, text: str) -> None:
        self.log.append(((self.device.board.now_ms - self._start_ms) / 1000, text))

    # --- what came of it ----------------------------------------------------------------

    def row(self) -> Row:
        """One flat row of plain values; `docs/how-to/run-a-fault-campaign.md` names them."""
        scenario, plant = self.scenario, self.device.plant
        options, pad, plan = scenario.options, scenario.pad, scenario.plan
        seed, count, index = parts_of(scenario.number)
        targets_mc = [p.target_mc for p in plan.phases if p.mode == HEAT and p.target_mc]
        return {
            "number": scenario.number,
            "seed": seed,
            "index": index,
            "faults_a_run": count,
            "fault": scenario.fault_class,
            "onset_s": None
            if self._onset_ms is None
            else round((self._onset_ms - self._start_ms) / 1000, 1),
            "protocol": plan.name,
            "profile": plan.profile,
            "planned_s": plan.seconds(),
            "target_c": max(targets_mc) / 1000 if targets_mc else None,
            "attended": self._attended,
            "user": options.user_present,
            **{name: getattr(options, name) for name in _FITTED},
            "ambient_c": round(options.ambient_c, 2),
            "perfusion": round(options.perfusion, 3),
            "density_w_cm2": round(pad.density_w_cm2, 4),
            "mass_j_m2k": round(pad.mass_j_m2k, 1),
            "contact_m2k_w": round(pad.contact_m2k_w, 4),
            "offset_a_c": round(scenario.offset_a_c, 3),
            "offset_b_c": round(scenario.offset_b_c, 3),
            "outcome": self.outcome,
            "reason": self.reason,
            "latched": self.fault,
            "false_trip": self._trip_ms is not None
            and (self._onset_ms is None or self._trip_ms < self._onset_ms),
            "session_s": round((self._end_ms - self._start_ms) / 1000, 1),
            "trip_s": self._after_onset_s(self._trip_ms),
            "off_s": self._after_onset_s(self._live_ms, before=0.0),
            "heated_s": round(self._heated_ms / 1000, 1),
            "sensor_peak_c": round(self._bead_c, 2),
            "skin_peak_c": round(self._skin_c, 2),
            "skin_cem43": round(plant.worst_skin_cem43, 4),
            "basal_cem43": round(plant.worst_basal_cem43, 4),
        }

    def _after_onset_s(self, at_ms: int | None, before: float | None = None) -> float | None:
        """None without a fault or without the event; `before` where the event came first."""
        if at_ms is None or self._onset_ms is None:
            return None
        return before if at_ms < self._onset_ms else (at_ms - self._onset_ms) / 1000


def run(number: int) -> Row:
    """The row of that run: the same number gives the same row, wherever it is simulated."""
    trial = Trial(draw(number))
    trial.run()
    return trial.row()


def run_all(numbers: list[int]) -> list[Row]:
    """The rows of several runs: what a worker is given at a time."""
    return [run(number) for number in numbers]
