"""Three days of a device in some minutes: everything it saves, on a real file system.

Beside it a record of what was truly done to a body, kept by watching the outputs and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from poultice_core import states
from poultice_core.board import Store
from tests.core.rig import Rig, RigBoard, plan
from tests.flash.chip import Chip, Disk, store_on

BLOCKS = 24  # so few that littlefs comes round to every block again and again
FILES = ("journal", "config", "mark", *(f"log{block}" for block in range(9)))
HEATED_MC = 40_900
REST_S = 1_200
REST_ASKED_FROM_S = 60

MakeStore = Callable[[Disk], Store]


@dataclass(frozen=True)
class Truth:
    """What was done, and what a device has to know of it.

    `heat_ms`, `cold_ms`: energised or under a pack, of all sessions so far. `treated`: sessions
    with any of it, `begun`: sessions whose intent was saved or is being saved. `dose_m`: CEM43 by
    the formula. `rest_s`: what a session with heat has to wait. `fault`: latched and saved, None
    where none is. `budget_uj`: what is left of the heat budget.
    """

    heat_ms: int = 0
    cold_ms: int = 0
    treated: int = 0
    begun: int = 0
    fault: str | None = None
    budget_uj: int = 12_000_000
    dose_m: float = 0.0
    rest_s: int = 0


@dataclass(frozen=True)
class Save:
    """One file saved: the flash before it, what was saved, and what was true then."""

    name: str
    data: bytes
    before: bytes
    files: dict[str, bytes]
    truth: Truth
    operations: int


class Recorder(Store):
    """Hands every save on to the device's store, and keeps what it was."""

    def __init__(self, chip: Chip, store: Store, erase_ms: int = 0) -> None:
        self.chip = chip
        self.store = store
        self.erase_ms = erase_ms
        self.board: RigBoard | None = None
        self.saves: list[Save] = []
        self.files: dict[str, bytes] = {}
        self.truth: Callable[[str, bytes], Truth] = lambda name, data: Truth()

    def load(self, name: str) -> bytes | None:
        return self.store.load(name)

    def save(self, name: str, data: bytes) -> None:
        before, began = bytes(self.chip.buffer), self.chip.operations
        truth = self.truth(name, data)
        erases = self.chip.erases
        self.store.save(name, data)
        if self.board is not None:
            self.board.now_ms += self.erase_ms * (self.chip.erases - erases)
        used = self.chip.operations - began
        self.saves.append(Save(name, bytes(data), before, dict(self.files), truth, used))
        self.files[name] = bytes(data)


class Body(Rig):
    """A device whose readings rise while it heats, and a record of what it does."""

    def __init__(self, recorder: Recorder, truth: Truth, cause: str = "power_on") -> None:
        self.recorder = recorder
        self.truth = truth
        self.counted = False
        self.treated_ms = 0
        self.ended_ms: int | None = None
        self.mc = 32_000
        recorder.truth = self._now
        self.pack_stays = False
        self.pack_ms = 0
        self.intent: object = None
        super().__init__(recorder, cause)  # type: ignore[arg-type]
        self.truth = replace(self.truth, fault=self.fault)

    def _now(self, name: str, data: bytes) -> Truth:
        if not hasattr(self, "loop"):
            return self.truth  # still starting up
        guard = self.guard
        rest_s = 0
        if self.ended_ms is not None:
            rest_s = max(0, REST_S - -(-(self.board.now_ms - self.ended_ms) // 1000))
        self.truth = replace(self.truth, budget_uj=guard.budget.level_uj, rest_s=rest_s)
        intent = self.loop.memory._journal.intent
        if name == "journal" and intent is not None and intent is not self.intent:
            self.intent = intent
            self.truth = replace(self.truth, begun=self.truth.begun + 1)
            self.counted = False
            self.treated_ms = 0
        # A pack left on after its phase: a session cut off by power counts as planned (SR-06),
        # and one that has ended writes it down once a minute. It counts from the next save on.
        truth = self.truth
        if name != "journal":
            return truth
        told, self.pack_ms = self.pack_ms, 0
        self.truth = replace(truth, cold_ms=truth.cold_ms + told)
        return truth

    def tick(self, dt_ms: int = 100) -> None:
        board: RigBoard = self.board
        guard = self.guard
        pad = board.outputs == (True, True, False)
        heat = guard.phases.mode == states.HEAT and guard.state == states.RUNNING
        cold = guard.phases.mode == states.COLD and guard.live
        fault = self.fault
        if pad:
            self.mc = min(HEATED_MC, self.mc + 40)
        elif cold or self.pack_stays:
            self.mc = max(14_000, self.mc - 300)
        else:
            self.mc += (self.mc < 32_000) * 20 - (self.mc > 32_000) * 20
        board.set_mc(self.mc)
        super().tick(dt_ms)
        if self.pack_stays and self.counted and not cold:
            self.pack_ms += dt_ms
        if pad or cold:
            if not self.counted:
                self.truth = replace(self.truth, treated=self.truth.treated + 1)
            self.counted = True
            self.truth = replace(
                self.truth,
                heat_ms=self.truth.heat_ms + dt_ms * pad,
                cold_ms=self.truth.cold_ms + dt_ms * cold,
            )
        if heat or cold:
            self.treated_ms += dt_ms
            if self.treated_ms >= 1_000 * REST_ASKED_FROM_S:
                self.ended_ms = self.board.now_ms
        if heat and self.mc >= 39_000:
            dose_m = 1_000 * 0.25 ** (43 - self.mc / 1_000) * dt_ms / 60_000
            self.truth = replace(self.truth, dose_m=self.truth.dose_m + dose_m)
        if self.fault != fault or self.fault is None:
            self.truth = replace(self.truth, fault=self.fault)

    def session(self, seconds: int, *phases: tuple[str, int | None, int]) -> None:
        """Start it and let so much of it pass, a host pinging."""
        self.start(plan(*phases))
        for second in range(seconds):
            if second % 2 == 0:
                self.ping()
            if self.state == "waiting":
                self.result("confirm")
            self.ticks(10)

    def fault_and_clear(self) -> None:
        """The emergency stop pressed, closed again, acknowledged at the button."""
        self.board.estop_open = True
        self.ticks(2)
        self.board.estop_open = False
        self.ticks(2)
        self.hold(3_100)
        self.until("idle")


def tell(
    make_store: MakeStore = store_on, block_cycles: int = 100, erase_ms: int = 0
) -> list[Save]:
    """All that a device saves from its first start on, through sessions, faults and power cuts.

    `erase_ms`: how long the flash takes to erase a block.
    """
    chip = Chip(BLOCKS)
    recorder = Recorder(chip, make_store(Disk(chip, block_cycles)), erase_ms)
    body = Body(recorder, Truth())
    body.configure(fold_safe=True)
    body.result("set_clock", {"unix_s": 1_700_000_000})
    body.session(80, ("heat", 40_500, 70))  # to its end
    body.ticks(12_100)
    body.session(12, ("heat", 40_500, 30))  # stopped while it heats
    body.result("stop")
    body.ticks(12_100)
    body.pack_stays = True
    body.session(40, ("cold", 12_000, 30))  # a pack, left on for a while
    body.result("stop")
    body.ticks(1_300)
    body.pack_stays = False
    body.ticks(100)
    body.fault_and_clear()
    body.ticks(12_100)
    body.session(10, ("heat", 40_500, 30))
    body.fault_and_clear()  # in the middle of a session
    for _ in range(4):
        body.fault_and_clear()  # so that a block of entries moves out
    body.result("set_config", {"offset_mc": 100})
    body.hold(3_000)
    body.until("idle")
    body.ticks(12_100)
    body.session(10, ("heat", 40_500, 30), ("rest", None, 30))  # the power goes while it heats
    truth = replace(body.truth, budget_uj=body.guard.budget.level_uj)
    body = Body(recorder, truth)
    body.ticks(12_100)
    body.session(8, ("heat", 40_500, 30))  # the watchdog fires
    body = Body(recorder, body.truth, "watchdog")
    body.hold(3_100)
    body.until("idle")
    return recorder.saves
