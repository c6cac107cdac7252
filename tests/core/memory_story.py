"""A seeded story that a memory follows, on any interpreter: prints what is on flash after it.

On its standard output one JSON object: file name -> content, what was told, and the pages.
"""

import json
import sys

from poultice_core import faults, states
from poultice_core.memory import Memory
from poultice_core.tick import Ask, Order, Tick


class Thing:
    """Attributes, whatever is set."""

    def __init__(self, **values):  # type: ignore[no-untyped-def]
        for name in values:
            setattr(self, name, values[name])


class Store:
    """In memory; one save in nine fails."""

    def __init__(self):  # type: ignore[no-untyped-def]
        self.files = {}
        self.saves = 0

    def load(self, name):  # type: ignore[no-untyped-def]
        return self.files.get(name)

    def save(self, name, data):  # type: ignore[no-untyped-def]
        self.saves += 1
        if self.saves % 9 == 8:
            raise OSError(28)
        self.files[name] = bytes(data)


class Told:
    """Of a tally."""

    warnings = states.DOSE | states.BUDGET

    def peak_mc(self):  # type: ignore[no-untyped-def]
        return 41_000

    def min_mc(self):  # type: ignore[no-untyped-def]
        return None


class Board:
    """Time, and a store."""

    def __init__(self, store, cause):  # type: ignore[no-untyped-def]
        self.store = store
        self.reset_cause = cause
        self.now_ms = 0

    def ticks_ms(self):  # type: ignore[no-untyped-def]
        return self.now_ms

    def entropy(self):  # type: ignore[no-untyped-def]
        return 7


def guard_of(memory):  # type: ignore[no-untyped-def]
    """What memory may read of a guard."""
    guard = Thing(
        live=False,
        outputs=0,
        latch=Thing(fault=memory.fault, count=0, state=states.IDLE),
        course=Thing(begun=0, ended=0, confirmed=0, outcome=1, reason=0, order=Order()),
        clocks=Thing(heat_ms=0, cold_ms=0),
        dose=Thing(milli=lambda: 1_234),
        heat_operations=3,
        budget=Thing(level_uj=memory.budget_uj),
        pack=Thing(on=memory.pack_lowest_mc is not None, lowest_mc=memory.pack_lowest_mc or 0),
        reading=Thing(hot_mc=33_000, readable=True),
        limits=memory.limits,
        settings=memory.settings,
    )
    guard.treated = lambda: guard.clocks.heat_ms + guard.clocks.cold_ms > 0
    return guard


def play(seed, turns):  # type: ignore[no-untyped-def]
    """What a person, a host and a bad flash do; (files, what was told, the journal)."""
    store = Store()
    told = []
    tick, ask, plan = Tick(), Ask(), Thing(name="story")
    memory = guard = None
    cause = "power_on"
    for turn in range(turns):
        seed = (seed * 48271) % 0x7FFFFFFF
        what = seed % 12
        if memory is None or what == 0:
            memory = Memory(Board(store, cause))
            guard = guard_of(memory)
            cause = ("power_on", "watchdog", "reboot")[turn % 3]
        if what < 4 and not guard.live:
            guard.live = True
            guard.course.begun += 1
            guard.course.order.heat_s = 60 * (what % 3)
            guard.course.order.cold_s = 60 * (what % 2)
            guard.clocks.heat_ms = guard.clocks.cold_ms = 0
        elif what < 7 and guard.live:
            guard.live = False
            guard.course.ended += 1
            guard.course.outcome = what - 3
            guard.clocks.heat_ms = 10_000 * (what - 4)
            memory.ledger.add(10 * (what - 4), 0, 1_234, what == 6)
        elif what == 7:
            guard.latch.fault = seed % 23 + 1
            guard.latch.count += 1
        elif what == 8:
            guard.latch.fault = faults.NONE
        elif what == 9:
            guard.pack.on = not guard.pack.on
            guard.pack.lowest_mc = seed % 30_000
        elif what == 10:
            config = dict(memory.config)
            config["offset_mc"] = seed % 2_000
            memory.propose(config)
        elif what == 11:
            guard.course.confirmed += 1
            told.append(memory.set_clock(1_600_000_000 + turn * 1_000))
        for _ in range(seed % 30):
            memory.brief(tick)
            memory.ledger.advance(1_700)
            memory.follow(guard, ask, plan, Told(), turn * 1_000)
            told.append([tick.lost, tick.written, tick.writes, memory.settled, memory.session_n])
    after = 0
    texts = []
    while after is not None:
        page = memory.page(after, 64)
        while not page.step():
            pass
        texts.append(page.body().decode())
        after = json.loads(texts[-1])["next"]
    files = {name: store.files[name].decode() for name in sorted(store.files)}
    return [files, told, texts]


if __name__ == "__main__":
    print(json.dumps(play(int(sys.argv[1]), int(sys.argv[2]))))
