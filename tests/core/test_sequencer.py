"""Stories of whole sessions: the sequencer, the thermostat's relay, stops, pauses, cuts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poultice_core import states
from poultice_core.limits import Limits
from tests.core.rig import Rig, RigStore, plan, set_up

L = Limits()


def _warm(rig: Rig, ticks: int, until: str = "idle") -> int:
    """A pad that follows its relay, 10 m°C a tick up and 2 down; the ticks it took."""
    reading_mc = 32_000
    for tick in range(ticks):
        if rig.state == until and tick > 0:
            return tick
        if tick % 20 == 0:
            rig.ping()
        heating = rig.board.outputs[0] and rig.board.outputs[1]
        reading_mc = max(30_000, reading_mc + (10 if heating else -2))
        rig.board.set_mc(reading_mc)
        rig.tick()
    return ticks


def test_a_heat_session_from_arm_to_the_summary() -> None:
    rig = Rig()
    number = rig.start(plan(("heat", 40_000, 120), ("rest", None, 30), ("heat", 38_000, 60)))
    ticks = _warm(rig, 3000)
    assert rig.events("complete")
    # The phases, the proof before and after, and a tick to begin: no second is lost or won.
    assert 2100 <= ticks <= 2100 + 2 * 16 + 3
    entry = rig.entries()[-1]
    assert (entry["session"], entry["plan"], entry["outcome"]) == (number, "test", "complete")
    assert (entry["reason"], entry["cold_s"]) == (None, 0)
    assert 180 <= entry["heat_s"] <= 181
    assert 39_000 <= entry["peak_mc"] <= 41_000
    assert entry["min_mc"] <= 32_100
    assert entry["heat_operations"] >= 5


@pytest.mark.requirement("SR-16")
def test_the_relay_of_a_whole_session_keeps_its_dwell() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 600)))
    rig.ticks(16)
    first = len(rig.board.writes)
    _warm(rig, 5900)
    spans = []
    for master, heat, _ in rig.board.writes[first : first + 5800]:
        closed = master and heat
        if not spans or spans[-1][0] != closed:
            spans.append((closed, 0))
        spans[-1] = (closed, spans[-1][1] + 1)
    inner = spans[1:-1]
    assert len(inner) > 5
    assert all(ticks * 100 >= L.dwell_min_ms for _, ticks in inner)
    for (closed, one), (_, other) in pairwise(inner):
        assert not closed or (one + other) * 100 >= L.closing_min_ms


@pytest.mark.requirement("SR-04")
def test_the_longest_plan_completes() -> None:
    rig = Rig()
    rig.start(plan(("rest", None, 1200), ("heat", 40_000, 600), ("rest", None, 600)))
    rig.ticks(12_000)
    _warm(rig, 12_200)
    assert rig.entries()[-1]["outcome"] == "complete"


def test_a_cooler_holds_its_target() -> None:
    rig = Rig()
    rig.configure(cooler=True)
    rig.start(plan(("cold", 12_000, 60)))
    cooled = []
    reading_mc = 15_000
    for _ in range(600):
        rig.board.set_mc(reading_mc)
        rig.tick()
        cooled.append(rig.board.outputs == (True, False, True))
        reading_mc += -20 if cooled[-1] else 20
        assert not rig.board.outputs[1]
    assert 11_400 <= reading_mc <= 13_100
    assert cooled[50]
    # Half a degree of 20 m°C a tick between on and off.
    assert 10 <= sum(after != before for before, after in pairwise(cooled)) <= 20
    rig.until("idle", 20)
    assert rig.entries()[-1]["outcome"] == "complete"


def test_a_rest_asks_for_nothing_however_cold_it_is() -> None:
    rig = Rig()
    rig.start(plan(("rest", None, 60)))
    rig.board.set_mc(-5_000)
    for _ in range(400):
        rig.tick()
        assert not rig.loop.ask.heat and not rig.loop.ask.cool


@pytest.mark.parametrize("how", ["host", "button", "attended", "pause_timeout"])
def test_a_session_stopped_says_why(how: str) -> None:
    rig = Rig()
    body: dict[str, Any] = plan(("heat", 40_000, 300))
    if how == "attended":
        body["attended_s"] = 5
    rig.start(body)
    rig.ticks(40)
    if how == "host":
        rig.result("stop")
    elif how == "button":
        rig.hold(300)
    elif how == "attended":
        rig.ticks(50)
    else:
        rig.result("pause")
        rig.ticks(L.pause_max_s * 10 + 5)
    entry = rig.entries()[-1]
    assert (entry["outcome"], entry["reason"]) == ("stopped", how)
    assert rig.board.outputs == (False, False, False)
    assert rig.state == "idle"


def test_a_pause_stops_the_phase_clock_and_opens_the_relays() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 60)))
    rig.ticks(200)
    rig.result("pause")
    rig.tick()
    left_s = rig.result("status")["phase_left_s"]
    assert rig.board.outputs == (False, False, False)
    rig.ticks(300)
    assert rig.result("status")["phase_left_s"] == left_s
    rig.result("resume")
    rig.tick()
    assert rig.board.outputs[0]
    rig.until("idle", 600)
    assert 60 <= rig.entries()[-1]["heat_s"] <= 61


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(("ticks", "rests"), [(615, False), (616, True)])
def test_less_than_a_minute_counts_and_asks_no_rest(ticks: int, rests: bool) -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 300)))
    rig.ticks(ticks)
    rig.result("stop")
    rig.tick()
    assert (rig.guard.clocks.heat_ms >= 60_000) == rests
    status = rig.result("status")
    assert (status["rest_heat_s"] > 0) == rests
    assert rig.guard.ledger.sessions() == 1


@pytest.mark.requirement("SR-05")
def test_a_session_stopped_before_its_first_second_does_not_count() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 300)))
    rig.ticks(3)
    rig.result("stop")
    rig.tick()
    assert rig.guard.ledger.sessions() == 0
    assert rig.entries()[-1]["outcome"] == "stopped"


@pytest.mark.requirement("SR-20", "SR-04")
def test_a_fault_ends_the_session_and_counts_what_it_was() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 300)))
    rig.ticks(720)
    rig.board.estop_open = True
    rig.tick()
    entry = rig.entries()[-1]
    assert (entry["outcome"], entry["reason"]) == ("fault", "emergency_stop")
    assert entry["heat_s"] >= 69
    assert rig.result("status")["rest_heat_s"] >= L.rest_after_heat_s - 2


@pytest.mark.requirement("SR-05", "SR-06", "SR-24")
@settings(max_examples=25)
@given(st.integers(0, 40), st.sampled_from(["stop", "estop", "run"]))
def test_power_cut_at_any_save_loses_nothing_that_safety_needs(cut: int, ending: str) -> None:
    """Whichever save is the last that reached the flash, a session is never forgotten."""

    class Cut(RigStore):
        left = 1 << 30

        def save(self, name: str, data: bytes) -> None:
            if self.left > 0:
                self.left -= 1
                super().save(name, data)

    store = Cut()
    rig = Rig(store)
    store.left = cut
    started = False
    for _ in range(2):
        body = plan(("heat", 40_000, 120))
        answer = rig.ask("arm", {"plan": body})
        if "error" in answer:
            break
        rig.result("start", {"token": answer["result"]["token"]})
        started = started or store.left > 0 or cut > 0
        rig.ticks(100)
        if ending == "stop":
            rig.result("stop")
        elif ending == "estop":
            rig.board.estop_open = True
            rig.ticks(2)
            rig.board.estop_open = False
            rig.hold(3000)
        rig.ticks(2)
    again = Rig(store)
    assert again.fault in (None, "emergency_stop")
    assert again.guard.ledger.sessions() >= (1 if started else 0)
    assert not any(any(outputs) for outputs in again.board.writes)


@pytest.mark.requirement("SR-18")
def test_a_session_across_the_wrap_is_a_session() -> None:
    entries = []
    for now_ms in (1000, (1 << 30) - 10_000):
        rig = Rig(idle=False)
        rig.board.now_ms = now_ms
        rig.ticks(40)
        rig.start(plan(("heat", 40_000, 30)))
        _warm(rig, 500)
        entry = rig.entries()[-1]
        assert entry["outcome"] == "complete"
        entries.append(entry)
    assert entries[0] == entries[1]


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize("mode", ["rest", "heat"])
def test_a_new_session_begins_without_what_the_last_one_asked_for(mode: str) -> None:
    """In the tick of its `start` nothing is asked that was of the session before."""
    rig = Rig(set_up(sense=False))
    rig.start(plan(("rest", None, 30), (mode, 38_000 if mode == "heat" else None, 300)))
    rig.ticks(400)
    assert (rig.loop.ask.phase, rig.guard.phases.phase) == (1, 1)
    rig.result("stop")
    rig.tick()
    assert (rig.loop.ask.phase, rig.loop.ask.mode) == (-1, states.NO_MODE)
    token = rig.result("arm", {"plan": plan(("rest", None, 60))})["token"]
    rig.ask("start", {"token": token})
    seen = set()
    for _ in range(5):
        seen.add((rig.guard.phases.mode, rig.guard.phases.phase))
        rig.tick()
    assert seen <= {(states.NO_MODE, -1), (states.REST, 0)}


@pytest.mark.parametrize("left_ms", [0, 1])
def test_what_is_left_is_rounded_up_and_nothing_once_all_is_done(left_ms: int) -> None:
    rig = Rig(set_up(sense=False))
    rig.start(plan(("rest", None, 30), ("rest", None, 40)))
    rig.tick()
    sequencer = rig.loop.sequencer
    sequencer._elapsed_ms = 30_000 - left_ms
    assert (sequencer.phase_left_s(), sequencer.left_s()) == (left_ms, 40 + left_ms)
    sequencer.index = sequencer.count()
    assert (sequencer.phase_left_s(), sequencer.left_s()) == (0, 0)
    assert sequencer.phase().duration_s == 40
