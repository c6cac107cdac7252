"""Memory without a guard: what it may read of one, set by hand, and a flash that misbehaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from poultice_core import faults, states
from poultice_core.board import Board, Store
from poultice_core.codec import unseal
from poultice_core.memory import Memory
from poultice_core.relays import MASTER
from poultice_core.tick import Ask, Order, Tick


class PowerCut(BaseException):
    """Nothing that the device runs can catch it."""


class Flash(Store):
    """Files in memory. `refuses`: does a save of this name raise now? `cut_in` n: the n-th save
    from now is the last, and its content there or not (`torn`). `writes`: names, in order."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = dict(files or {})
        self.writes: list[str] = []
        self.refuses: Callable[[str], bool] = lambda name: False
        self.stays: bool = False
        self.unreadable: Callable[[str], bool] = lambda name: False
        self.cut_in = 0
        self.torn = False
        self.board: FakeBoard | None = None
        self.takes_ms = 0
        self.forbidden = False

    def load(self, name: str) -> bytes | None:
        if self.unreadable(name):
            raise OSError(5)
        return self.files.get(name)

    def save(self, name: str, data: bytes) -> None:
        assert not self.forbidden, "written while MASTER is closed"
        if self.board is not None:
            self.board.now_ms += self.takes_ms
        if self.cut_in:
            self.cut_in -= 1
            if self.cut_in == 0:
                if not self.torn:
                    self.files[name] = bytes(data)
                raise PowerCut
        if self.refuses(name):
            if self.stays:
                self.files[name] = bytes(data)
            raise OSError(28)
        self.writes.append(name)
        self.files[name] = bytes(data)


class FakeBoard(Board):
    def __init__(self, store: Flash, reset_cause: str) -> None:
        self.store = store
        self.reset_cause = reset_cause
        self.now_ms = (1 << 30) - 500
        self.era = 77
        self.broken = False
        store.board = self

    def ticks_ms(self) -> int:
        if self.broken:
            raise RuntimeError
        return self.now_ms & 0x3FFFFFFF

    def entropy(self) -> int:
        return self.era


class Bench:
    """A memory and the guard that it follows, from one power-up on."""

    def __init__(
        self,
        store: Flash | None = None,
        reset_cause: str = "power_on",
        settle: bool = True,
    ) -> None:
        self.store = store or Flash()
        self.board = FakeBoard(self.store, reset_cause)
        self.memory = Memory(self.board)
        memory = self.memory
        self.tick = Tick()
        self.ask = Ask()
        self.peak_mc: int | None = None
        self.min_mc: int | None = None
        self.tally: Any = SimpleNamespace(
            peak_mc=lambda: self.peak_mc, min_mc=lambda: self.min_mc, warnings=0
        )
        self.plan: Any = None
        self.uptime_ms = 0
        pack_mc = memory.pack_lowest_mc
        self.guard: Any = SimpleNamespace(
            state=states.IDLE,
            live=False,
            outputs=0,
            latch=SimpleNamespace(fault=memory.fault, count=0, state=states.IDLE),
            course=SimpleNamespace(
                begun=0, ended=0, confirmed=0, outcome=0, reason=0, order=Order()
            ),
            clocks=SimpleNamespace(heat_ms=0, cold_ms=memory.ledger.last_cold_s() * 1000),
            dose=SimpleNamespace(milli=lambda: self.dose_m),
            heat_operations=0,
            budget=SimpleNamespace(level_uj=memory.budget_uj),
            pack=SimpleNamespace(on=pack_mc is not None, lowest_mc=pack_mc or 0),
            reading=SimpleNamespace(hot_mc=33_000, readable=True),
            ledger=memory.ledger,
            limits=memory.limits,
            settings=memory.settings,
            treated=self.treated,
        )
        self.dose_m = 0
        if settle:
            self.steps(8)
            self.store.writes.clear()

    # --- time ---------------------------------------------------------------------------

    def step(self, dt_ms: int = 100) -> Tick:
        """One tick: brief, the guard's part (what the test has set), follow."""
        memory, guard, tick = self.memory, self.guard, self.tick
        self.board.now_ms += dt_ms
        self.uptime_ms += dt_ms
        memory.brief(tick)
        memory.ledger.advance(dt_ms)
        if tick.lost and guard.latch.fault == faults.NONE:
            self.latch(faults.worst(tick.lost))
        if tick.settings is not None:
            assert tick.limits is not None
            guard.settings.adopt(tick.settings)
            guard.limits.adopt(tick.limits)
        if guard.pack.on:
            guard.clocks.cold_ms += dt_ms
            if not guard.live:
                memory.ledger.more_cold((guard.clocks.cold_ms + 999) // 1000)
        self.follow()
        return tick

    def follow(self) -> None:
        before = len(self.store.writes)
        self.store.forbidden = self.guard.outputs & MASTER != 0
        self.memory.follow(self.guard, self.ask, self.plan, self.tally, self.uptime_ms)
        self.store.forbidden = False
        assert len(self.store.writes) <= before + 1, "more than one file in a tick"

    def steps(self, count: int, dt_ms: int = 100) -> Tick:
        for _ in range(count):
            self.step(dt_ms)
        return self.tick

    def until_settled(self, most: int = 40) -> int:
        for count in range(most):
            self.step()
            if self.memory.settled:
                return count + 1
        raise AssertionError("never settled")

    # --- what a guard does; seen by the next step ---------------------------------------

    def treated(self) -> bool:
        return bool(self.guard.clocks.heat_ms + self.guard.clocks.cold_ms)

    def latch(self, fault: int) -> None:
        guard = self.guard
        if guard.latch.fault != faults.NONE:
            return
        guard.latch.fault = fault
        guard.latch.state = guard.state
        guard.latch.count += 1
        if guard.live:
            self.end(states.FAULTED)
        guard.state = states.FAULT

    def clear(self) -> None:
        self.guard.latch.fault = faults.NONE
        self.guard.state = states.IDLE

    def begin(
        self, heat_s: int = 0, cold_s: int = 0, name: str = "p", sensitive: bool = False
    ) -> None:
        guard = self.guard
        order = guard.course.order = Order()
        order.heat_s, order.cold_s, order.sensitive = heat_s, cold_s, sensitive
        order.total_s = heat_s + cold_s
        self.plan = SimpleNamespace(name=name)
        guard.course.begun += 1
        guard.course.outcome = guard.course.reason = 0
        guard.clocks.heat_ms = guard.clocks.cold_ms = 0
        guard.heat_operations = self.tally.warnings = self.dose_m = 0
        guard.state, guard.live = states.RUNNING, True

    def treat(self, heat_s: int = 0, cold_s: int = 0) -> None:
        """In one go, as if the ticks between had been; the pad is energised in the last."""
        guard = self.guard
        guard.outputs = MASTER
        guard.clocks.heat_ms += heat_s * 1000
        guard.clocks.cold_ms += cold_s * 1000
        self.dose_m += heat_s * 10
        self.step((heat_s + cold_s) * 1000)

    def end(self, outcome: int = states.STOPPED, reason: int = states.NO_REASON) -> None:
        guard = self.guard
        course = guard.course
        course.outcome, course.reason = outcome, reason
        course.ended += 1
        guard.live, guard.outputs, guard.state = False, 0, states.IDLE
        if self.treated():
            heat_s, cold_s = (
                (ms + 999) // 1000 for ms in (guard.clocks.heat_ms, guard.clocks.cold_ms)
            )
            rests = outcome == states.COMPLETE or heat_s + cold_s >= 60
            self.memory.ledger.add(heat_s, cold_s, self.dose_m, rests)

    def session(self, heat_s: int = 0, cold_s: int = 0, outcome: int = states.COMPLETE) -> None:
        """A whole one, and its entry on flash."""
        self.begin(heat_s, cold_s)
        self.steps(3)
        self.treat(heat_s, cold_s)
        self.end(outcome)
        self.until_settled()

    def hold(self) -> None:
        """The button, held for 3 s in idle."""
        self.guard.course.confirmed += 1

    def lay(self, lowest_mc: int = 30_000) -> None:
        self.guard.pack.on, self.guard.pack.lowest_mc = True, lowest_mc

    # --- what is there ------------------------------------------------------------------

    def again(self, reset_cause: str = "power_on", settle: bool = True) -> Bench:
        """Power off, power on."""
        return Bench(Flash(self.store.files), reset_cause, settle)

    def entries(self) -> list[dict[str, Any]]:
        return pages(self.memory)

    def head(self) -> dict[str, Any]:
        """The journal's line of state, as on flash."""
        return head(self.store.files["journal"])

    def mark(self) -> int | None:
        data = self.store.files.get("mark")
        return int(json.loads(unseal(data) or b"")["gen"]) if data is not None else None


def head(data: bytes) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(unseal(data.split(b"\n")[0]) or b"")
    return kept


def page(memory: Memory, after: int, limit: int = 64) -> dict[str, Any]:
    """One page; no more pieces than the ring has files."""
    job = memory.page(after, limit)
    for _ in range(10):
        if job.step():
            body: dict[str, Any] = json.loads(job.body())
            return body
    raise AssertionError("a page without end")


def pages(memory: Memory, limit: int = 64) -> list[dict[str, Any]]:
    """The whole journal, page by page."""
    found: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        one = page(memory, after, limit)
        found += one["entries"]
        after = one["next"]
    return found
