"""Days of a device at its real limits: what the state machine can do to it, drawn from a number.

Every tick is judged by the shadow, on either interpreter. What only time can show is looked at
every hour of ticks: memory, whatever could grow, counters. Between them nights without power pass,
under a true clock, so that sessions leave the 24 hours that they count in.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from tests.properties.backend import CPythonBackend
from tests.properties.shadow import FAULT, RUNNING
from tests.properties.test_guard_machine import BROKEN_LINES, Machine, plan_of

RING = 1 << 30
TICKS_AN_HOUR = 36_000
# Lines to send, events to tell, sessions and entries kept, files, bytes of the longest.
MOST = (16, 0, 9, 16, 12, 4_000)
CONFIG = {"cooler": False, "sensor_b": True, "sense": True, "two_point": True, "fold_safe": True}
PLANS = (
    [("heat", 40_000, 30), ("rest", None, 2), ("heat", 40_500, 30)],
    [("heat", 41_000, 40)],
    [("heat", 38_000, 4), ("rest", None, 2)],
    [("rest", None, 1)],
)
COUNTERS = ("t_ms", "rx_errors", "tx_dropped")


class Days(Machine):
    """A machine whose rules are called in an order of dice. `happened`: how often each was."""

    def __init__(self, backend: CPythonBackend, seed: int) -> None:
        super().__init__(lambda: backend)
        self.device = backend
        self.dice = random.Random(seed)
        self.happened: Counter[str] = Counter()
        self.ticks = 0
        self.counters: dict[str, int] = {}
        self.deck: list[tuple[str, Callable[[Days], object]]] = []
        # The ring's end is less than two hours away: it wraps in idle and in sessions.
        self.power_on(CONFIG, False, RING - 1000 * (60 + self.dice.randrange(7_000)))

    def _judge(self, ticks, command, failed=False):  # type: ignore[no-untyped-def]
        self.ticks += len(ticks)
        super()._judge(ticks, command, failed)

    def power_cut(self, cause: str, off_s: int, fault: int | None = None) -> None:
        super().power_cut(cause, off_s, fault)
        self.counters.clear()

    def hour(self) -> list[int]:
        """At least an hour of ticks; what is in use after it."""
        end = self.ticks + TICKS_AN_HOUR
        while self.ticks < end:
            if not self.deck:
                self.deck = self.dice.sample(MOVES, len(MOVES))
            name, move = self.deck.pop()
            self.happened[name] += 1
            move(self)
            self.slow_flash(0)
            self._look()
        self.read_back()
        held = self.device.held()
        assert all(size <= most for size, most in zip(held[1:], MOST, strict=True)), held
        return held

    def _look(self) -> None:
        code, told = self.ask("status")
        assert code == 0, "a host that reads had no answer"
        for name in COUNTERS:
            assert told[name] >= self.counters.get(name, 0), f"{name} went back"
            self.counters[name] = told[name]
        assert 0 <= self.shadow.up_ms - told["t_ms"] <= 1_000, "t_ms is not the time since start-up"

    def whole(self) -> None:
        """A session from its begin to its end, a thermostat on a pad that warms."""
        plan = plan_of(self.dice.choice(PLANS), "normal", 0, 30)
        seconds = sum(phase["duration_s"] for phase in plan["phases"])
        self.engage(plan)
        was = self.state
        self.run(10 * seconds, drift=(-3, 20))
        self.calm()
        self.run(100)
        self.happened["complete"] += was == RUNNING and self.state not in (RUNNING, FAULT)

    def night(self) -> None:
        """Without power, under a true clock."""
        self.ask("set_clock", {"unix_s": self._unix_s()})
        self.power_goes("power_on", self.dice.choice([1_800, 8_000, 40_000]))
        self.ask("set_clock", {"unix_s": self._unix_s()})

    def unread(self) -> None:
        """A host that does not read, and sends what is none of ours."""
        self.set(wide=False)
        for _ in range(20):
            self.backend.raw(self.dice.choice(BROKEN_LINES))
            self.run(30)
        self.set(wide=True)
        self.run(30)


MOVES: tuple[tuple[str, Callable[[Days], object]], ...] = (
    *[("session", Days.whole)] * 4,
    *[("idle", lambda d: d.run(6_000))] * 2,
    *[("night", Days.night)] * 2,
    ("host that does not read", Days.unread),
    ("cold pack left on", lambda d: d.leave_the_pack_on(20, 60)),
    ("power cut under a pack", lambda d: d.pack_over_a_cut(20, d.dice.random() < 0.5, 60)),
    ("emergency stop", lambda d: d.emergency_stop(False, 2)),
    ("open sensor", lambda d: d.bad_code(False, 3497 * 8, False, 4)),
    ("welded relay", lambda d: d.sense(True, 1, 8)),
    ("stall", lambda d: d.late(False, 700)),
    ("late loop", lambda d: d.late(False, 1_501)),
    ("power cut", lambda d: d.power_goes("power_on", 30)),
    ("watchdog restart", lambda d: d.power_goes("watchdog", 1)),
    ("save that fails", lambda d: d.failing_flash(False, 12)),
    ("save that is slow", lambda d: (d.slow_flash(400), d.cook(41_900, "normal", 100))),
    ("exception", lambda d: d.exception(False, 1)),
    ("sessions too short to rest", lambda d: d.short_ones(2, 3)),
)
