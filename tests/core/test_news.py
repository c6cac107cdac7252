"""What a tick has changed: events for the host, tunes and blinks for who is beside the device."""

from __future__ import annotations

from typing import Any

import pytest

from poultice_core import faults, signals, states
from tests.core.rig import Rig, plan

HEAT = plan(("heat", 40_000, 60), ("heat", 39_500, 60), ("rest", None, 30))
COLD = plan(("cold", 12_000, 30))


def _pinged(rig: Rig, ticks: int) -> None:
    for tick in range(ticks):
        if tick % 20 == 0:
            rig.ping()
        rig.tick()


def _heating(rig: Rig, body: dict[str, Any] = HEAT) -> None:
    rig.start(body)
    while rig.board.outputs != (True, True, False):
        rig.tick()


def _tunes(rig: Rig) -> list[int]:
    return [tune for _, tune in rig.board.shown if tune != signals.SILENT]


@pytest.mark.requirement("SR-26")
def test_heat_that_a_wild_sensor_keeps_off_is_told_with_its_cause_and_kept() -> None:
    rig = Rig()
    _heating(rig)
    number = rig.loop.memory.session_n
    for tick in range(620):
        # One reading in five is no temperature: never three on end, never ten in 60 s.
        rig.board.code_x8 = 4095 * 8 if tick % 80 == 0 else rig.board.code_b_x8
        if tick % 20 == 0:
            rig.ping()
        rig.tick()
    told = [e for e in rig.events("warning") if e["what"] == "inhibited"]
    assert [(e["cause"], e["session"]) for e in told] == [("sensor", number)]
    rig.result("stop")
    assert "inhibited" in rig.entries()[-1]["warnings"]


@pytest.mark.requirement("SR-26")
def test_each_phase_that_was_undertreated_is_told_by_its_number() -> None:
    rig = Rig()
    _heating(rig)
    _pinged(rig, 1700)
    told = [e["phase"] for e in rig.events("warning") if e["what"] == "undertreated"]
    assert told == [0, 1]
    assert rig.state == "idle"
    assert rig.entries()[-1]["warnings"].count("undertreated") == 1


def test_what_each_session_warns_of_is_told_in_each() -> None:
    rig = Rig()
    rig.loop.memory._journal.operations = 100_000
    rig.sealed()
    for session in (1, 2):
        rig.ping()
        rig.start(plan(("rest", None, 60)))
        _pinged(rig, 5)
        rig.result("stop")
        told = [(e["what"], e["session"]) for e in rig.events("warning")]
        assert told == [("relay_life", one) for one in range(1, session + 1)]


def test_every_warning_has_its_name() -> None:
    assert states.told((1 << len(states.WARNINGS)) - 1) == list(states.WARNINGS)
    assert states.told(states.INHIBITED | states.DOSE) == ["dose", "inhibited"]
    assert states.told(0) == []


def test_an_event_is_of_the_session_that_it_came_in() -> None:
    rig = Rig()
    rig.ping()
    _heating(rig)
    rig.result("stop")
    rig.ping()
    rig.board.estop_open = True
    rig.tick()
    assert rig.events("stopped")[-1]["session"] == 1
    assert rig.events("fault")[-1]["session"] is None


@pytest.mark.requirement("SR-23")
def test_a_pack_that_stays_on_is_asked_for_and_sounds_again_and_again() -> None:
    rig = Rig()
    rig.start(COLD)
    _pinged(rig, 5)
    assert rig.events("prompt")[-1]["prompt"] == "lay_pack"
    assert _tunes(rig)[-1] == signals.TUNE_LAY_PACK
    rig.board.set_mc(15_000)
    rig.result("confirm")
    _pinged(rig, 330)
    assert rig.events("prompt")[-1]["prompt"] == "remove_pack"
    before = len(_tunes(rig))
    _pinged(rig, 620)
    assert _tunes(rig)[before:] == [signals.TUNE_REMOVE_PACK] * 2
    rig.result("stop")
    status = rig.result("status")
    assert (status["state"], status["prompt"], status["session"]) == ("idle", "remove_pack", None)
    before = len(_tunes(rig))
    _pinged(rig, 320)
    assert _tunes(rig)[before:] == [signals.TUNE_REMOVE_PACK]
    rig.board.set_mc(31_000)
    rig.ticks(20)
    assert rig.result("status")["prompt"] is None


@pytest.mark.parametrize("fault", [None, "watchdog_reset"])
def test_a_device_that_starts_in_a_fault_says_so(fault: str | None) -> None:
    rig = Rig()
    rig.guard.latch.trip(1 << faults.INTERNAL, states.IDLE)
    rig.guard.course.fail()
    rig.sealed()
    rig.tick()
    again = Rig(rig.board.store if fault else None)
    assert (signals.TUNE_FAULT in _tunes(again)) == (fault is not None)
    assert again.board.shown[-1][0] == signals.led(again.guard.state)


def test_each_end_has_its_tune() -> None:
    rig = Rig()
    rig.start(plan(("rest", None, 30)))
    rig.ticks(320)
    assert _tunes(rig)[-2:] == [signals.TUNE_PHASE, signals.TUNE_COMPLETE]
    rig.start(plan(("rest", None, 30)))
    rig.ticks(5)
    rig.result("stop")
    assert _tunes(rig)[-1] == signals.TUNE_STOPPED
    rig.start(plan(("rest", None, 30)))
    rig.board.estop_open = True
    rig.tick()
    assert _tunes(rig)[-1] == signals.TUNE_FAULT
