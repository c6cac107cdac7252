"""72 hours in virtual time, every tick of them; and that the account kept of them can say no."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poultice_core import faults
from poultice_core.journal import Journal
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.link import Link
from poultice_core.loop import Loop
from poultice_core.witness import AWAITED, Witness
from poultice_core.writer import Writer
from tests.properties.backend import ROOT, micropython
from tests.soak.world import MISHAPS, RING, World, Wrong, play

HOURS = 72
SEED = 1
TICKS_AN_HOUR = 36_000
# Entries, records and what a session holds come and go; one object a minute would be 4,200.
BLOCKS_MORE = 300
BYTES_MORE = 4_096


@pytest.fixture(scope="module")
def soaked() -> tuple[World, list[int], list[int]]:
    return play(SEED, HOURS, sys.getallocatedblocks)  # type: ignore[no-untyped-call, no-any-return]


@pytest.mark.requirement("SR-05", "SR-18", "SR-20")
def test_72_hours(soaked: tuple[World, list[int], list[int]]) -> None:
    world, in_use, _ = soaked
    assert world.ticks >= HOURS * TICKS_AN_HOUR
    # A soak in which nothing happens shows nothing.
    happened = world.happened
    for what in (
        "complete", "wraps", "host came", "host went", "button held", "power cuts",
        "watchdog restarts", "emergency stops", "sensors open", "relays welded",
        "late ticks of 0.5 s", "late ticks of 2 s", "hosts that do not read",
        "saves that fail", "samples that raise",
        "refused: sessions_day", "refused: heat_day_s", "refused: rest_required",
    ):  # fmt: skip
        assert happened.get(what, 0) > 0, what
    assert happened["complete"] >= 20
    assert happened["answers"] >= 30_000
    after, last = in_use[2:12], in_use[-10:]
    assert max(last) - min(after) <= BLOCKS_MORE, in_use
    assert sum(last) / 10 - sum(after) / 10 <= BLOCKS_MORE / 2, in_use


def test_uptime_passes_the_ring_of_the_ticks() -> None:
    world = World(SEED)
    world.loop._uptime_s = RING // 1000 - 600
    world.boot_ms = -1000 * world.loop._uptime_s
    world.seconds(1_300)  # type: ignore[no-untyped-call]
    world.board.wide = True
    world._told(world._ask("status", None))  # type: ignore[no-untyped-call]
    assert world.counters["t_ms"] > RING


@pytest.mark.skipif(
    micropython() is None and "soak" not in os.environ.get("POULTICE_REQUIRE_TIERS", "").split(),
    reason="no MicroPython interpreter is installed",
)
def test_the_same_hours_on_micropython_and_its_memory() -> None:
    hours = 8
    script = Path(__file__).with_name("world.py")
    run = subprocess.run(
        [micropython() or "micropython", str(script), str(SEED), str(hours)],
        env={"MICROPYPATH": str(ROOT / "firmware" / "core")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    in_use, digests, ticks, happened = json.loads(run.stdout)
    assert digests == play(SEED, hours, lambda: 0)[2]  # type: ignore[no-untyped-call]
    assert ticks >= hours * TICKS_AN_HOUR
    assert happened["complete"] >= 3
    assert max(in_use[2:]) - in_use[2] <= BYTES_MORE, in_use


def forgetful(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "used", lambda self, field: 0)
    patch.setattr(Ledger, "sessions", lambda self: 0)


def restless(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "rest_s", lambda self, heat, cold: 0)
    patch.setattr(Ledger, "rest_after_heat_s", lambda self, heat, cold: 0)


def endless(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Limits, "heat_session_s", 100_000, raising=False)
    whole = Limits.under

    def under(self: Limits, settings: Any) -> Limits:
        limits = whole(self, settings)
        limits.heat_day_s = limits.heat_session_s = 100_000
        limits.sessions_day = 100
        return limits

    patch.setattr(Limits, "under", under)


def wrapping(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Loop, "uptime_ms", lambda self: self.board.ticks_ms() % (RING // 64))


def losing_time(patch: pytest.MonkeyPatch) -> None:
    """Uptime stands still in a stall."""
    after = Loop._after

    def short(self: Loop, live: bool) -> None:
        dt_ms = self.inputs.dt_ms
        self.inputs.dt_ms = min(dt_ms, 100)
        after(self, live)
        self.inputs.dt_ms = dt_ms

    patch.setattr(Loop, "_after", short)


def more_often(patch: pytest.MonkeyPatch, mishap: str) -> None:
    """Every second mishap is this one: a bug that shows only with a power cut soon behind it is
    seen within the hours here, whatever the dice say."""
    trouble = World._trouble

    def troubled(self: World) -> None:
        if self.dice.below(2):  # type: ignore[no-untyped-call]
            self.turn = MISHAPS.index(mishap) - 1
        trouble(self)  # type: ignore[no-untyped-call]
        self.store.fails *= 3

    patch.setattr(World, "_trouble", troubled)


def failing_once(patch: pytest.MonkeyPatch) -> None:
    """A save that fails is not tried again."""
    more_often(patch, "saves that fail")
    save = Writer.save

    def once(self: Writer, kind: int, name: str, data: bytes) -> bool:
        return save(self, kind, name, data) or True

    patch.setattr(Writer, "save", once)


def not_written_down(patch: pytest.MonkeyPatch) -> None:
    """An exception trips, and is not on flash."""
    more_often(patch, "samples that raise")
    see = Witness._see_fault

    def seen(self: Witness, guard: Any, ask: Any, uptime_ms: int) -> int:
        return AWAITED if guard.latch.fault == faults.INTERNAL else see(self, guard, ask, uptime_ms)

    patch.setattr(Witness, "_see_fault", seen)


def silent(patch: pytest.MonkeyPatch) -> None:
    say = Link.say
    count = [0]

    def some(self: Link, line: bytes) -> None:
        count[0] += 1
        if count[0] % 1_000:
            say(self, line)

    patch.setattr(Link, "say", some)


def hoarding(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Journal, "BLOCK", 10**6, raising=False)
    patch.setattr("poultice_core.journal.BLOCK", 10**6)


def stuck(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Writer, "save", lambda *told: (_ for _ in ()).throw(OSError(28)))


@pytest.mark.parametrize(
    "broken",
    [
        *(forgetful, restless, endless, wrapping, losing_time, stuck, hoarding, silent),
        *(failing_once, not_written_down),
    ],
)
def test_a_broken_device_does_not_soak(
    broken: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    with pytest.raises(Wrong):
        play(SEED, 40, lambda: 0)  # type: ignore[no-untyped-call]


def test_a_leak_of_two_objects_a_minute_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    tick = Loop.tick

    def leaking(self: Loop) -> None:
        if self.board.ticks_ms() % 30_000 < 100:
            kept.append(object())
        tick(self)

    monkeypatch.setattr(Loop, "tick", leaking)
    in_use = play(SEED, 6, sys.getallocatedblocks)[1]  # type: ignore[no-untyped-call]
    assert in_use[-1] - in_use[2] > BLOCKS_MORE
