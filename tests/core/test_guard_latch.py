"""What is latched and kept, and what is judged at the moment of `start`: SR-17 to SR-20."""

from __future__ import annotations

import pytest

from poultice_core import faults, states
from poultice_core.board import SENSE_HIGH
from poultice_core.limits import Limits
from poultice_core.refusals import fault_active
from poultice_core.tick import NOT_CLEARABLE, OK, REST
from tests.core.guard_rig import GuardRig, order

L = Limits()


def _late() -> GuardRig:
    rig = GuardRig().ready()
    rig.step(L.late_trip_ms + 1)
    assert (rig.fault, rig.guard.latch.count) == ("loop_late", 1)
    return rig


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize(("late_ms", "count"), [(L.late_trip_ms, 1), (L.late_trip_ms + 1, 2)])
def test_a_fault_that_returns_after_its_clearing_is_a_new_one(late_ms: int, count: int) -> None:
    """Row 3: whoever follows the guard sees it by its count, though the name is the same."""
    rig = _late()
    assert rig.clear(faults.LOOP_LATE) == OK
    rig.step(late_ms)
    assert (rig.state == "fault") == (count == 2)
    assert rig.guard.latch.count == count


@pytest.mark.requirement("SR-20")
def test_a_fault_is_not_cleared_in_a_tick_that_trips() -> None:
    rig = _late()
    rig.tick.lost = 1 << faults.JOURNAL_LOST
    assert rig.clear(faults.LOOP_LATE) == NOT_CLEARABLE
    rig.tick.lost = 0
    assert rig.guard.latch.followers == 1 << faults.JOURNAL_LOST
    assert rig.clear(faults.LOOP_LATE) == OK
    assert rig.guard.latch.followers == 0


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("behind", range(1, len(faults.NAMES)))
def test_what_came_behind_asks_for_the_button_too(behind: int) -> None:
    """A weld shows once a lesser fault has opened the relays: then the lesser one's name, which a
    script may clear, clears neither."""
    rig = _late()
    rig.tick.lost = 1 << behind
    rig.step()
    rig.tick.lost = 0
    severe = faults.SEVERE >> behind & 1 == 1
    assert rig.guard.latch.severe() is severe
    told = fault_active(rig.guard).data
    assert (told["fault"], told["clear"]) == ("loop_late", "button" if severe else "host")
    assert rig.clear(faults.LOOP_LATE) == (NOT_CLEARABLE if severe else OK)
    assert rig.fault == ("loop_late" if severe else None)
    rig.hold()
    assert (rig.state, rig.guard.latch.followers) == ("idle", 0)


@pytest.mark.requirement("SR-10", "SR-20")
def test_a_weld_behind_a_lesser_fault_is_not_cleared_by_a_script() -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    rig.heating()
    rig.step(L.late_trip_ms + 1)
    assert rig.fault == "loop_late"
    rig.sense = SENSE_HIGH
    rig.steps(4)
    rig.sense = None
    rig.steps(30)
    assert rig.guard.latch.followers & 1 << faults.HEAT_WELDED
    assert rig.clear(faults.LOOP_LATE) == NOT_CLEARABLE
    rig.hold()
    assert rig.state == "idle"


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("wrong", [faults.NONE, faults.LOOP_LATE - 1, faults.LOOP_LATE + 1])
def test_only_the_fault_that_is_named_is_cleared(wrong: int) -> None:
    rig = _late()
    assert rig.clear(wrong) == NOT_CLEARABLE
    assert rig.fault == "loop_late"


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("fault", range(1, len(faults.NAMES)))
def test_a_fault_outlives_power(fault: int) -> None:
    """Row 8: whatever was latched is, from before the first tick on, and it is no new one."""
    rig = GuardRig(fault=fault)
    assert (rig.state, rig.guard.latch.fault) == ("fault", fault)
    rig.ask(0, states.HEAT, 40_000, heat=True)
    assert rig.steps(20) == 0
    assert (rig.state, rig.guard.latch.fault, rig.guard.latch.count) == ("fault", fault, 0)
    rig.hold()
    assert rig.state == "idle"


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("writes", [True, False])
def test_journal_lost_is_gone_once_flash_takes_a_save(writes: bool) -> None:
    rig = GuardRig(fault=faults.JOURNAL_LOST)
    rig.tick.writes = writes
    rig.step()
    assert rig.guard.cause_gone() == writes
    assert rig.clear(faults.JOURNAL_LOST) == (OK if writes else NOT_CLEARABLE)


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("reading_mc", [L.weld_from_mc - 1, L.weld_from_mc])
def test_a_weld_without_sense_is_gone_below_what_is_judged(reading_mc: int) -> None:
    rig = GuardRig(fault=faults.HEAT_WELDED, sense=False)
    rig.set(reading_mc).step()
    assert rig.guard.cause_gone() == (reading_mc < L.weld_from_mc)


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("sensor_b", [True, False])
def test_a_mismatch_is_gone_with_the_second_sensor(sensor_b: bool) -> None:
    rig = GuardRig(fault=faults.SENSOR_MISMATCH, sensor_b=sensor_b)
    rig.set(40_000, 30_000).steps(L.clear_ticks)
    assert rig.guard.cause_gone() == (not sensor_b)


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("fault", [faults.SENSOR_OPEN, faults.SENSOR_MISMATCH])
def test_ten_good_ticks_and_not_nine(fault: int) -> None:
    rig = GuardRig(fault=fault)
    rig.set(0).step()  # a jump from nothing: no good one
    rig.set(30_000, 38_001).step()
    rig.set(30_000).steps(L.clear_ticks - (1 if fault == faults.SENSOR_MISMATCH else 0))
    assert not rig.guard.cause_gone() or fault == faults.SENSOR_OPEN
    rig.step()
    assert rig.guard.cause_gone()


@pytest.mark.requirement("SR-17", "SR-23")
@pytest.mark.parametrize("after_ms", [-1_100, -1_000])
def test_rest_is_judged_at_the_moment_of_start(after_ms: int) -> None:
    """Row 11: a pack stays on after a session too short to ask rest. Armed before its cold, in
    seconds rounded up, has come to a minute, started after it: refused as `arm` would be."""
    rig = GuardRig().start(order(cold_s=600)).into(states.COLD, 11_000).set(12_000)
    rig.steps(50)
    rig.stop()
    rig.steps(40)
    assert rig.arm(order(heat_s=60)) == OK
    clocks = rig.guard.clocks
    while clocks.cold_ms < L.rest_asked_from_s * 1000 + after_ms:
        rig.step()
    assert rig.begin() == (REST if after_ms == -1_000 else OK)
    rig.stop()
    assert rig.arm(order(heat_s=60)) == REST


@pytest.mark.requirement("SR-05")
@pytest.mark.parametrize(("last_ms", "rests"), [(57_900, False), (60_000, True)])
def test_short_sessions_ask_the_rest_of_one_when_they_add_up(last_ms: int, rests: bool) -> None:
    """Row 17: seven sessions of 59 s and then a full one were 2158 s of heat in 2214 s."""
    rig = GuardRig(sense=False).ready()
    for treated_ms in (last_ms, 1_000):
        rig.ask(-1, states.NO_MODE)
        if rig.arm(order(heat_s=600)) != OK:
            break
        rig.begin()
        rig.into(states.HEAT, 38_000)
        while rig.guard.clocks.heat_ms < treated_ms - 100:
            rig.step()
        rig.stop()
        assert rig.guard.clocks.heat_ms == treated_ms
    else:
        assert not rests
        assert rig.arm(order(heat_s=600)) == OK
        rig.stop()
        rig.start(order(heat_s=600)).into(states.HEAT, 38_000).step()
        rig.stop()
    assert rig.arm(order(heat_s=600)) == REST


@pytest.mark.requirement("SR-05")
def test_a_session_that_runs_to_its_end_asks_rest_however_short() -> None:
    rig = GuardRig(sense=False).start(order(heat_s=30)).into(states.HEAT, 38_000)
    rig.steps(300)
    rig.done().step()
    assert rig.guard.course.outcome == states.COMPLETE
    assert rig.arm(order(heat_s=60)) == REST
