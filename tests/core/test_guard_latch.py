"""What is latched and kept, and what is judged at the moment of `start`: SR-17 and SR-20."""

from __future__ import annotations

import pytest

from poultice_core import faults, states
from poultice_core.board import SENSE_HIGH
from poultice_core.limits import Limits
from poultice_core.refusals import fault_active
from poultice_core.tick import NOT_CLEARABLE, OK, REST
from tests.core.guard_rig import OPEN_X8, GuardRig, at, boundary, order

L = Limits()
EVERY_FAULT = pytest.mark.parametrize("fault", range(1, len(faults.NAMES)))


def _severe(fault: int) -> bool:
    return faults.SEVERE >> fault & 1 == 1


def _lost(rig: GuardRig, fault: int) -> GuardRig:
    """One tick in which memory names a fault."""
    return rig.sees(lost=1 << fault).wait().sees(lost=0)


# --- kept and counted ---------------------------------------------------------------------


@pytest.mark.requirement("SR-12", "SR-20")
def test_the_emergency_stop_is_latched_until_closed_and_acknowledged() -> None:
    rig = at("running").sees(estop=True).wait()
    assert not rig.gone
    rig.hold(40)
    assert rig.state == "fault"
    assert rig.sees(estop=False).wait(100).state == "fault"
    assert rig.clear(faults.EMERGENCY_STOP) == NOT_CLEARABLE
    rig.hold()
    assert rig.state == "idle"


@boundary("SR-20", ("fault", "running"), {True: True})
def test_the_first_fault_is_kept_and_later_ones_are_counted_when_they_have_gone(
    rig: GuardRig, opens: bool
) -> object:
    if rig.fault is None:
        assert rig.code(OPEN_X8, "a").wait(3).fault == "sensor_open"
    first = rig.fault
    rig.sees(estop=opens).wait().sees(estop=False).code(None).set(50_000).wait()
    assert rig.behind == {"emergency_stop", "absolute_temperature"}
    return rig.fault == first


@boundary("SR-20", "running", {-5: True, L.late_trip_ms + 1: True})
def test_in_one_tick_the_more_severe_is_kept_and_the_rest_counted(
    rig: GuardRig, dt_ms: int
) -> object:
    assert rig.sees(estop=True).set(45_000).wait(1, dt_ms).fault == "absolute_temperature"
    return rig.behind == {"emergency_stop", "loop_late"}


# What is one tick from its fault in a heat phase at 41.5 °C, or in one of cold.
ABOUT_TO = {
    "over_temperature": lambda rig: rig.set(L.heat_cutoff_mc).wait(),
    "sensor_open": lambda rig: rig.code(OPEN_X8, "a").wait(2),
    "heat_welded": lambda rig: rig.feels(SENSE_HIGH).wait(L.weld_sense_ms // 100),
    "dose_limit": lambda rig: rig.poke(rig.guard.bounds, dose_u=rig.guard.dose.total_u),
    "under_temperature": lambda rig: rig.set(L.cold_cutoff_mc).wait(L.cold_cutoff_ms // 100),
    "internal": lambda rig: rig.sees(failed=True),
    "loop_late": lambda rig: rig,
}


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("fault", ABOUT_TO)
def test_what_trips_with_the_emergency_stop_is_not_forgotten(fault: str) -> None:
    cold = fault == "under_temperature"
    rig = at("cold" if cold else "heat", cooler=True)
    rig = ABOUT_TO[fault](rig if cold else rig.settle(41_500).wait())
    assert rig.fault is None
    rig.sees(estop=True).step(L.late_trip_ms + 1 if fault == "loop_late" else 100)
    assert {rig.fault} | rig.behind == {"emergency_stop", fault}
    more_severe = faults.NAMES.index(fault) < faults.EMERGENCY_STOP
    assert rig.fault == (fault if more_severe else "emergency_stop")


# --- cleared ------------------------------------------------------------------------------


@pytest.mark.requirement("SR-20")
@EVERY_FAULT
def test_only_the_button_clears_a_severe_one(fault: int) -> None:
    rig = _lost(at("idle"), fault).wait(20)
    assert rig.clear(fault % 23 + 1) != OK
    assert rig.clear(fault) == (NOT_CLEARABLE if _severe(fault) else OK)
    if _severe(fault):
        assert rig.state == "fault"
        rig.hold()
    assert (rig.state, rig.fault) == ("idle", None)


@boundary("SR-20", "fault", dict.fromkeys(
    (faults.NONE, faults.LOOP_LATE - 1, faults.LOOP_LATE + 1), (NOT_CLEARABLE, "loop_late"),
) | {faults.LOOP_LATE: (OK, None)})  # fmt: skip
def test_only_the_fault_that_is_named_is_cleared_and_nothing_resumes(
    rig: GuardRig, named: int
) -> object:
    answer = rig.clear(named)
    assert rig.ask(0, states.HEAT, 40_000, heat=True).trace(50) == "-" * 50
    return answer, rig.fault


@boundary("SR-20", "fault", {L.late_trip_ms: ("idle", 1), L.late_trip_ms + 1: ("fault", 2)})
def test_a_fault_that_returns_after_its_clearing_is_a_new_one(rig: GuardRig, dt_ms: int) -> object:
    """Row 3: whoever follows the guard sees it by its count, though the name is the same."""
    assert (rig.guard.latch.count, rig.clear(faults.LOOP_LATE)) == (1, OK)
    return rig.wait(1, dt_ms).state, rig.guard.latch.count


@pytest.mark.requirement("SR-20")
def test_a_fault_is_not_cleared_in_a_tick_that_trips() -> None:
    rig = at("fault").sees(lost=1 << faults.JOURNAL_LOST)
    assert rig.clear(faults.LOOP_LATE) == NOT_CLEARABLE
    assert rig.sees(lost=0).behind == {"journal_lost"}
    assert (rig.clear(faults.LOOP_LATE), rig.behind) == (OK, set())


@boundary("SR-20", "idle", {True: "loop_late", False: None})
def test_a_hold_clears_nothing_in_a_tick_that_trips_again(rig: GuardRig, trips: bool) -> object:
    _lost(rig, faults.LOOP_LATE).sees(button=True).wait(30)
    return rig.sees(failed=trips).wait().fault


@pytest.mark.requirement("SR-20")
@EVERY_FAULT
def test_what_came_behind_asks_for_the_button_too(fault: int) -> None:
    """A weld shows once a lesser fault has opened the relays: then the lesser one's name, which a
    script may clear, clears neither."""
    rig = _lost(at("fault"), fault)
    severe = _severe(fault)
    assert rig.guard.latch.severe() is severe
    told = fault_active(rig.guard).data
    assert (told["fault"], told["clear"]) == ("loop_late", "button" if severe else "host")
    assert rig.clear(faults.LOOP_LATE) == (NOT_CLEARABLE if severe else OK)
    assert rig.fault == ("loop_late" if severe else None)
    rig.hold()
    assert (rig.state, rig.behind) == ("idle", set())


@pytest.mark.requirement("SR-10", "SR-20")
def test_a_weld_behind_a_lesser_fault_is_not_cleared_by_a_script() -> None:
    rig = at("fault").feels(SENSE_HIGH).wait(4).feels(None).wait(30)
    assert "heat_welded" in rig.behind
    assert rig.clear(faults.LOOP_LATE) == NOT_CLEARABLE
    rig.hold()
    assert rig.state == "idle"


# --- over a loss of power, and until the cause is gone ------------------------------------


@pytest.mark.requirement("SR-20")
@EVERY_FAULT
def test_a_fault_outlives_power(fault: int) -> None:
    """Row 8: whatever was latched is, from before the first tick on, and it is no new one."""
    rig = GuardRig(fault=fault)
    for _ in range(2):
        assert (rig.state, rig.guard.latch.fault, rig.guard.latch.count) == ("fault", fault, 0)
        rig.ask(0, states.HEAT, 40_000, heat=True).wait(20)
    rig.hold()
    assert rig.state == "idle"


@boundary(
    "SR-20", "boot", {True: (True, OK), False: (False, NOT_CLEARABLE)}, fault=faults.JOURNAL_LOST
)
def test_journal_lost_is_gone_once_flash_takes_a_save(rig: GuardRig, writes: bool) -> object:
    return rig.sees(writes=writes).wait().gone, rig.clear(faults.JOURNAL_LOST)


OF_SKIN = {L.weld_from_mc - 1: True, L.weld_from_mc: False}


@boundary("SR-20", "boot", OF_SKIN, fault=faults.HEAT_WELDED, sense=False)
def test_a_weld_without_sense_is_gone_below_what_is_judged(rig: GuardRig, mc: int) -> object:
    return rig.set(mc).wait().gone


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("sensor_b", [True, False])
def test_a_mismatch_is_gone_with_the_second_sensor(sensor_b: bool) -> None:
    rig = GuardRig(fault=faults.SENSOR_MISMATCH, sensor_b=sensor_b).set(40_000, 30_000)
    assert rig.wait(L.clear_ticks).gone == (not sensor_b)


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize(("fault", "more"), [(faults.SENSOR_OPEN, 0), (faults.SENSOR_MISMATCH, 1)])
def test_ten_good_ticks_and_not_nine(fault: int, more: int) -> None:
    rig = GuardRig(fault=fault).set(0).wait()  # a jump from nothing: no good one
    rig.set(30_000, 38_001).wait().set(30_000).wait(L.clear_ticks - more)
    assert not rig.gone or fault == faults.SENSOR_OPEN
    assert rig.wait().gone


# --- SR-17 and the rest of SR-05 ----------------------------------------------------------


@boundary("SR-17 SR-23", "cold", {-1_100: OK, -1_000: REST})
def test_rest_is_judged_at_the_moment_of_start(rig: GuardRig, after_ms: int) -> object:
    """Row 11: a pack stays on after a session too short to ask rest. Armed before its cold, in
    seconds rounded up, has come to a minute, started after it: refused as `arm` would be."""
    rig.set(12_000).wait(50).do("stop").wait(40).do("arm")
    while rig.guard.clocks.cold_ms < L.rest_asked_from_s * 1000 + after_ms:
        rig.step()
    answer = rig.begin()
    rig.do("stop")
    assert rig.arm() == REST
    return answer


def _treat(rig: GuardRig, treated_ms: int) -> None:
    rig.ask(-1, states.NO_MODE).start(order(heat_s=600)).into(states.HEAT, 38_000)
    while rig.guard.clocks.heat_ms < treated_ms - 100:
        rig.step()
    rig.do("stop")
    assert rig.guard.clocks.heat_ms == treated_ms


@pytest.mark.requirement("SR-05")
def test_short_sessions_ask_the_rest_of_one_when_they_add_up() -> None:
    """Row 17: seven sessions of 59 s and then a full one were 2158 s of heat in 2214 s."""
    rig = at("idle", sense=False)
    _treat(rig, 57_900)
    _treat(rig, 1_000)
    _treat(rig, 200)
    assert rig.ask(-1, states.NO_MODE).arm() == REST
    rig = at("idle", sense=False)
    _treat(rig, 60_000)
    assert rig.arm() == REST


@boundary(
    "SR-05", "heat", {True: (states.COMPLETE, REST), False: (states.STOPPED, OK)}, sense=False
)
def test_a_session_that_runs_to_its_end_asks_rest_however_short(
    rig: GuardRig, runs: bool
) -> object:
    rig.wait(300)
    if runs:
        rig.done().wait()
    else:
        rig.do("stop")
    return rig.guard.course.outcome, rig.arm()
