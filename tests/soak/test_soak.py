"""Days in virtual time: every tick within the contract, and nothing that grows."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from poultice_core.loop import Loop
from tests.properties.backend import CPythonBackend, MicroPythonBackend, micropython
from tests.soak.days import MOVES, TICKS_AN_HOUR, Days

HOURS = 6
SEED = 1
# Entries, records and what a session holds come and go; one object a minute would be 300.
BLOCKS_MORE = 200
BYTES_MORE = 4_096


@pytest.mark.requirement("SR-05", "SR-18", "SR-20")
def test_hours_of_ticks_over_days_leave_no_more_than_before() -> None:
    days = Days(CPythonBackend(), SEED)
    used = [days.hour()[0] for _ in range(HOURS)]
    # A soak in which nothing happens shows nothing.
    assert set(days.happened) >= {name for name, _ in MOVES}
    assert days.happened["complete"] >= 5
    assert days.ticks >= HOURS * TICKS_AN_HOUR
    assert days.shadow.true_ms > 2 * 86_400_000
    assert max(used[2:]) - min(used[1:3]) <= BLOCKS_MORE, used


def test_a_leak_of_six_objects_a_minute_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    tick = Loop.tick

    def leaking(self: Loop) -> None:
        if self.board.ticks_ms() % 10_000 < 100:
            kept.append(object())
        tick(self)

    monkeypatch.setattr(Loop, "tick", leaking)
    backend = CPythonBackend()
    backend.reset(None, {}, {}, "power_on", 0)
    used = []
    for _ in range(8):
        for _ in range(10):
            backend.step(600)
        used.append(backend.held()[0])
    assert used[-1] - used[1] > BLOCKS_MORE, (used, len(kept))


@pytest.mark.skipif(
    micropython() is None and "soak" not in os.environ.get("POULTICE_REQUIRE_TIERS", "").split(),
    reason="no MicroPython interpreter is installed",
)
def test_the_same_on_micropython_and_its_heap() -> None:
    with closing(MicroPythonBackend()) as backend:
        days = Days(backend, SEED)
        used = [days.hour()[0] for _ in range(2)]
    assert used[1] - used[0] <= BYTES_MORE, used
