"""Do the relays do what they are told: SR-10, SR-11, SR-16 and the dwell times."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from poultice_core import states
from poultice_core.board import SENSE_BROKEN, SENSE_HIGH, SENSE_LOW
from poultice_core.limits import Limits
from poultice_core.relays import COOL, HEAT, LONG_MS, MASTER, PAD
from tests.core.guard_rig import OPEN_X8, GuardRig, at, boundary
from tests.core.rig import Rig, plan

L = Limits()
WELD_TICKS, SUPPLY_TICKS = L.weld_sense_ms // 100, L.supply_ms // 100
WELDED, LOST = "heat_welded", "supply_lost"
DEAD = ("idle", "armed", "heat", "rest", "paused", "waiting")
IN_300_MS = {WELD_TICKS: None, WELD_TICKS + 1: WELDED}


def _heat(rig: GuardRig, heat: bool) -> GuardRig:
    return rig.ask(0, states.HEAT, 40_000, heat=heat)


# --- SR-10 with SENSE ---------------------------------------------------------------------


@boundary("SR-10 SR-21", DEAD, IN_300_MS)
def test_a_live_pad_trips_in_300_ms_wherever_it_should_be_dead(rig: GuardRig, ticks: int) -> object:
    return rig.wait(3).feels(SENSE_HIGH).wait(ticks).fault


@boundary("SR-10 SR-21", "cold", IN_300_MS, cooler=True)
def test_a_pad_that_is_live_while_cooling_trips_in_300_ms(rig: GuardRig, ticks: int) -> object:
    return rig.wait(3).feels(SENSE_HIGH).wait(ticks).fault


@boundary("SR-10", "running", {WELD_TICKS: ("m" * WELD_TICKS, None),
                               WELD_TICKS + 1: ("m" * WELD_TICKS + "-", WELDED)})  # fmt: skip
def test_after_heat_opens_300_ms_more_are_a_weld(rig: GuardRig, ticks: int) -> object:
    return _heat(rig.wait(30).feels(SENSE_HIGH), False).trace(ticks), rig.fault


@boundary("SR-10", "idle", {SENSE_BROKEN: None, SENSE_LOW: None, SENSE_HIGH: WELDED})
def test_a_bounce_restarts_the_300_ms(rig: GuardRig, level: int) -> object:
    for _ in range(10):
        rig.feels(SENSE_HIGH).wait(WELD_TICKS).feels(level).wait()
    return rig.fault


@boundary("SR-10 SR-18", "idle", {400: None, 100: WELDED})
def test_a_stall_restarts_the_300_ms(rig: GuardRig, dt_ms: int) -> object:
    fault = rig.feels(SENSE_HIGH).wait(WELD_TICKS).wait(1, dt_ms).wait(WELD_TICKS - 1).fault
    assert rig.wait().fault == WELDED
    return fault


@boundary("SR-10 SR-20", "idle", {L.clear_sense_ms // 100 - 1: False,
                                  L.clear_sense_ms // 100: True})  # fmt: skip
def test_a_weld_is_gone_after_a_second_of_low(rig: GuardRig, ticks: int) -> object:
    assert rig.feels(SENSE_HIGH).wait(5).fault == WELDED
    gone = rig.feels(SENSE_LOW).wait(ticks).gone
    assert not rig.feels(SENSE_BROKEN).wait().gone
    return gone


@boundary("SR-10", "idle", {"_steady_ms": LONG_MS, "quiet_ms": LONG_MS})
def test_a_level_that_stands_for_days_is_counted_no_further(rig: GuardRig, name: str) -> object:
    watch = rig.part("sense")
    setattr(watch, name, LONG_MS)
    after_ms = getattr(rig.wait(5).part("sense"), name)
    assert rig.feels(SENSE_HIGH).wait(WELD_TICKS + 1).fault == WELDED
    return after_ms


RESTLESS = [
    (SENSE_HIGH, SENSE_LOW),
    (SENSE_BROKEN,),
    (SENSE_HIGH, SENSE_LOW, SENSE_BROKEN),
    (SENSE_HIGH,) * 3 + (SENSE_LOW,),
]


@boundary("SR-10", "running", {True: LOST, False: LOST})
@pytest.mark.parametrize("levels", RESTLESS)
def test_a_sense_that_does_not_stand_is_a_lost_supply_within_two_seconds(
    rig: GuardRig, heat: bool, levels: tuple[int, ...]
) -> object:
    """Row 5: a half-wave supply, an arcing contact: HEAT on or off, MASTER closed."""
    tick = _heat(rig.wait(30), heat).wait(10).follow(levels)
    assert 0 < tick <= L.unsteady_ms // 100 + levels.count(SENSE_HIGH)
    return rig.fault


@boundary("SR-10", "running", {16: None, 17: LOST})
def test_within_two_seconds_there_must_be_300_ms_of_one_level(rig: GuardRig, noisy: int) -> object:
    rig.wait(30)
    for _ in range(3):
        assert rig.feels(SENSE_BROKEN).wait(noisy).fault is None
        # 200 ms of one level, 2 s after the last 300 ms or not yet
        if rig.feels(SENSE_HIGH).wait(3).fault:
            break
        rig.step()
    return rig.fault


@boundary("SR-10", ("idle", "paused", "rest"), {(SENSE_HIGH, SENSE_LOW): 0})
def test_where_nothing_needs_it_a_restless_sense_is_no_fault(
    rig: GuardRig, levels: tuple[int, ...]
) -> object:
    return rig.follow(levels)


# --- SR-10 without SENSE ------------------------------------------------------------------


def _off(rig: GuardRig, start_mc: int) -> GuardRig:
    """In a heat phase with HEAT just opened at `start_mc`."""
    return _heat(rig.set(start_mc).wait(31).heating(), False).wait()


def _creep(rig: GuardRig, rise_mc: int) -> str | None:
    """From 39 °C, slow enough to stay below 0.5 °C in 30 s."""
    for tick in range(700):
        if rig.set(39_000 + min(tick * 3 // 5, rise_mc)).wait().fault:
            break
    return rig.fault


@boundary("SR-10", "started", {501: WELDED, 500: None}, sense=False)
@pytest.mark.parametrize("ticks", [100, 310])
def test_a_rise_with_heat_off_is_a_weld(rig: GuardRig, rise_mc: int, ticks: int) -> object:
    ticks += _off(rig, 38_500).wait(ticks).set(38_500 + rise_mc).ticks_to_fault(500)
    # HEAT has been off for 30 s, and the readings compared are 30 s apart: one of each second.
    assert rig.fault is None or 295 <= ticks <= 320
    return rig.fault


@boundary("SR-10", "started", {38_500: WELDED, 38_499: None}, sense=False)
def test_below_what_skin_reaches_nothing_is_judged(rig: GuardRig, mc: int) -> object:
    return _off(rig, mc).wait(100).set(mc + 1500).wait(250).fault


@boundary("SR-10", "started", {301: WELDED, 300: None}, sense=False)
@pytest.mark.parametrize("ends", ["phase", "session"])
def test_a_rise_after_a_heat_phase_is_a_weld(rig: GuardRig, rise_mc: int, ends: str) -> object:
    _off(rig, 39_000)
    rig = rig.into(states.REST, 0, 1) if ends == "phase" else rig.do("stop")
    return _creep(rig.wait(305), rise_mc)


@boundary("SR-10 SR-18", "started", {1_200: WELDED, 0: None}, sense=False)
def test_a_weld_is_judged_over_the_save_that_closes_its_session(
    rig: GuardRig, saved_ms: int
) -> object:
    """Row 29: no SENSE, K2 welds, the closing save takes over 200 ms: it was never judged."""
    rig.set(39_000).heating().wait(20).do("stop")
    rig.sees(saved_ms=saved_ms).wait(1, 1_300).sees(saved_ms=0)
    return _creep(rig.wait(305), 320)


@boundary("SR-10", "rest", {True: None})
def test_with_sense_the_thermometer_is_not_asked(rig: GuardRig, fitted: bool) -> object:
    for tick in range(1200):
        rig.set(39_000 + tick).step()
    return rig.fault


@boundary("SR-10", "idle", {OPEN_X8: None}, sense=False)
def test_without_sense_and_reading_no_weld_is_judged(rig: GuardRig, code_x8: int) -> object:
    return rig.set(39_000).wait(350).code(code_x8).set(42_000).wait(400).fault


# --- SR-11 --------------------------------------------------------------------------------


@boundary("SR-11", "running", {SUPPLY_TICKS - 1: ("P", None), SUPPLY_TICKS: ("-", LOST)})
def test_no_supply_for_half_a_second_trips(rig: GuardRig, ticks: int) -> object:
    return rig.feels(SENSE_LOW).trace(ticks)[-1], rig.fault


@boundary("SR-11", "running", {SENSE_BROKEN: None, SENSE_HIGH: None, SENSE_LOW: LOST})
def test_a_bounce_restarts_the_half_second(rig: GuardRig, level: int) -> object:
    for _ in range(10):
        rig.feels(SENSE_LOW).wait(SUPPLY_TICKS - 1).feels(level).wait()
    return rig.fault


@boundary("SR-11", "heat", {50: "m"})
def test_an_open_heat_relay_is_no_lost_supply(rig: GuardRig, ticks: int) -> object:
    return rig.feels(SENSE_LOW).trace(ticks)[-1]


@boundary("SR-11", "running", {50: "P"}, sense=False)
def test_without_sense_there_is_no_supply_to_lose(rig: GuardRig, ticks: int) -> object:
    return rig.feels(SENSE_LOW).trace(ticks)[-1]


# --- SR-16 and dwell ----------------------------------------------------------------------


@pytest.mark.requirement("SR-16")
@pytest.mark.parametrize("mode", [states.HEAT, states.COLD, states.REST])
@pytest.mark.parametrize("cooler", [True, False])
def test_whatever_is_asked_each_relay_has_its_mode(mode: int, cooler: bool) -> None:
    target_mc = 20_000 if mode == states.COLD else 40_000
    rig = at("started", cooler=cooler).into(mode, target_mc)
    rig.ask(0, mode, rig.guard.phases.target_mc, heat=True, cool=True)
    allowed = {states.HEAT: "P", states.COLD: "C" if cooler else "-", states.REST: "-"}
    assert rig.trace(50) == allowed[mode] * 50


@boundary("SR-16", "heat", {True: {"P"}, False: {"m"}})
def test_master_is_closed_for_the_whole_heat_phase(rig: GuardRig, heat: bool) -> object:
    return set(_heat(rig, heat).trace(100))


@pytest.mark.requirement("SR-16")
def test_heat_stays_open_for_two_seconds_and_closes_at_most_each_twenty() -> None:
    rig = at("running")
    outputs = "P" + "".join(_heat(rig, tick % 7 < 4).trace(1) for tick in range(1, 1000))
    closings = [0, *(at for at in range(1, 1000) if outputs[at - 1 : at + 1] == "mP")]
    assert len(closings) == 5
    for before, after in pairwise(closings):
        assert after - before >= L.closing_min_ms // 100
        assert outputs[after - L.dwell_min_ms // 100 : after] == "m" * (L.dwell_min_ms // 100)


@boundary("SR-16", "running", {300: "m" * 19 + "P"})
def test_a_long_burst_is_followed_by_two_seconds_off(rig: GuardRig, ticks: int) -> object:
    return _heat(_heat(rig.wait(ticks), False).wait(), True).trace(20)


@pytest.mark.requirement("SR-16")
def test_the_dwell_holds_across_phases_and_sessions() -> None:
    rig = at("running", sense=False).wait(10).into(states.HEAT, 39_000, 1, heat=True)
    _heat(rig, True).do("stop", "arm", "begin")
    outputs = rig.trace(300)
    # From the closing: ten ticks, the phase's, and the three commands'.
    assert 14 + outputs.index("P") + 1 >= L.closing_min_ms // 100


ENDS: dict[str, Callable[[GuardRig], object]] = {
    "stop": lambda rig: rig.do("stop"),
    "pause": lambda rig: rig.do("pause"),
    "phase": lambda rig: rig.ask(1, states.REST),
    "estop": lambda rig: rig.sees(estop=True),
}


@boundary("SR-16", "running", dict.fromkeys(ENDS, "-"))
def test_dwell_never_delays_an_end(rig: GuardRig, end: str) -> object:
    assert rig.outputs == PAD
    ENDS[end](rig)
    return rig.trace(1)


@pytest.mark.requirement("SR-04")
def test_a_closing_of_heat_is_an_operation_and_asks_its_distance_outside_the_proof() -> None:
    rig = _heat(at("started"), False).until(HEAT)
    guard = rig.guard
    assert (guard.heat_operations, guard.dwell.may_close()) == (1, True)
    assert rig.wait().guard.heat_operations == 1
    rig.heating()
    assert (guard.heat_operations, guard.dwell._since_closing_ms) == (2, 0)
    rig.steps(5)
    assert (guard.heat_operations, guard.dwell._since_closing_ms) == (2, 500)


def test_only_heat_is_an_operation_of_heat_and_each_closing_of_it() -> None:
    rig = at("running", cooler=True).wait(L.closing_min_ms // 100)
    guard = rig.guard
    count = guard.heat_operations
    rig.into(states.COLD, 20_000, phase=1, cool=True).wait(L.closing_min_ms // 100)
    assert (rig.outputs, guard.heat_operations) == (MASTER | COOL, count)
    assert guard.dwell.may_close()
    # Straight from COOL to HEAT, in one tick.
    assert rig.ask(2, states.HEAT, 40_000, heat=True).step() == PAD
    assert guard.heat_operations == count + 1
    assert not guard.dwell.may_close()


@pytest.mark.requirement("SR-16")
def test_the_operations_are_counted_with_the_proofs() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 30)))
    rig.until("idle", 400)
    closings = sum(after[1] and not before[1] for before, after in pairwise(rig.board.writes))
    assert rig.entries()[-1]["heat_operations"] == closings >= 3
