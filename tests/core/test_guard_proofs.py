"""Proofs again and again, sessions that give nothing, a SENSE that never stands, saves: SR-10,
SR-18 and SR-22."""

from __future__ import annotations

from itertools import cycle

import pytest

from poultice_core import states
from poultice_core.board import SENSE_BROKEN, SENSE_HIGH, SENSE_LOW
from poultice_core.limits import Limits
from poultice_core.relays import HEAT, LONG_MS, MASTER
from poultice_core.tick import BRAKED, NOT_READY, OK
from tests.core.guard_rig import GuardRig, order

L = Limits()
LEVELS = (SENSE_HIGH, SENSE_LOW, SENSE_BROKEN)


# --- SR-10: SENSE that is never steady -------------------------------------------------------


def _follow(rig: GuardRig, levels: tuple[int, ...], most: int = 100) -> int:
    """The tick that trips, 0 where none did."""
    looks = cycle(levels)
    for tick in range(1, most + 1):
        rig.sense = next(looks)
        rig.step()
        if rig.guard.latch.fault:
            return tick
    return 0


@pytest.mark.requirement("SR-10")
@pytest.mark.parametrize(
    "levels", [(SENSE_HIGH, SENSE_LOW), (SENSE_BROKEN,), LEVELS, (SENSE_HIGH,) * 3 + (SENSE_LOW,)]
)
@pytest.mark.parametrize("heat", [True, False])
def test_a_sense_that_does_not_stand_is_a_lost_supply_within_two_seconds(
    levels: tuple[int, ...], heat: bool
) -> None:
    """Row 5: a half-wave supply, an arcing contact: HEAT on or off, MASTER closed."""
    rig = GuardRig().start().heating()
    rig.steps(30)
    if not heat:
        rig.ask(0, states.HEAT, 40_000, heat=False).steps(10)
    tick = _follow(rig, levels)
    assert rig.fault == "supply_lost"
    assert 0 < tick <= L.unsteady_ms // 100 + levels.count(SENSE_HIGH)


@pytest.mark.requirement("SR-10")
@pytest.mark.parametrize(("noisy", "trips"), [(16, False), (17, True)])
def test_within_two_seconds_there_must_be_300_ms_of_one_level(noisy: int, trips: bool) -> None:
    rig = GuardRig().start().heating()
    rig.steps(30)
    for _ in range(3):
        rig.sense = SENSE_BROKEN
        rig.steps(noisy)
        assert rig.fault is None
        rig.sense = SENSE_HIGH
        rig.steps(3)  # 200 ms of one level, 2 s after the last 300 ms or not yet
        if trips:
            break
        rig.step()
    assert (rig.fault == "supply_lost") == trips


@pytest.mark.requirement("SR-10")
@pytest.mark.parametrize("make", ["idle", "paused", "rest"])
def test_where_nothing_needs_it_a_restless_sense_is_no_fault(make: str) -> None:
    rig = GuardRig().ready()
    if make != "idle":
        rig.start().into(states.HEAT if make == "paused" else states.REST, 40_000)
    if make == "paused":
        rig.pause()
    assert _follow(rig, (SENSE_HIGH, SENSE_LOW)) == 0


@pytest.mark.requirement("SR-10", "SR-22")
@pytest.mark.parametrize("closed", [HEAT, MASTER])
def test_a_proof_with_a_restless_sense_proves_nothing(closed: int) -> None:
    """Row 5: it "passed", for it was never high for long enough."""
    rig = GuardRig().start().ask(0, states.HEAT, 40_000, heat=True)
    while rig.step() != closed:
        assert rig.fault is None
    tick = _follow(rig, (SENSE_LOW, SENSE_BROKEN))
    assert rig.fault == "supply_lost"
    assert rig.guard.phases.mode == states.NO_MODE
    assert tick <= (L.proof_settle_ms + L.unsteady_ms) // 100 + 1


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize("noisy", [2, 6, 14])
def test_a_step_goes_on_until_sense_has_stood(noisy: int) -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000, heat=True)
    while rig.step() != HEAT:
        assert rig.fault is None
    rig.steps(2)
    for tick in range(noisy):
        rig.sense = (SENSE_LOW, SENSE_BROKEN)[tick % 2]
        assert rig.step() == HEAT
    rig.sense = SENSE_LOW
    assert [rig.step() for _ in range(4)] == [HEAT] * 3 + [0]
    assert rig.fault is None


@pytest.mark.requirement("SR-10")
@pytest.mark.parametrize("name", ["_steady_ms", "quiet_ms"])
def test_a_level_that_stands_for_days_is_counted_no_further(name: str) -> None:
    rig = GuardRig().ready()
    watch = rig.part("sense")
    setattr(watch, name, LONG_MS)
    rig.steps(5)
    assert getattr(watch, name) == LONG_MS
    rig.sense = SENSE_HIGH
    rig.steps(L.weld_sense_ms // 100 + 1)
    assert rig.fault == "heat_welded"


# --- SR-22: proofs and their brake -----------------------------------------------------------


def _into_proof(rig: GuardRig) -> None:
    rig.ask(0, states.HEAT, 40_000, heat=True)
    for _ in range(10):
        if rig.part("proof").active:
            return
        rig.step()
    raise AssertionError("no proof")


@pytest.mark.requirement("SR-22")
def test_the_resume_that_would_need_a_fourth_proof_stops_the_session() -> None:
    """Row 7: 4000 closings in 4000 s, and the session's clock stood."""
    rig = GuardRig().start()
    for proof in range(L.proofs_session):
        _into_proof(rig)
        rig.steps(5)
        assert rig.pause() == OK
        assert rig.state == "paused"
        assert rig.guard.phases._proofs == proof + 1
        assert rig.resume() == OK
    assert (rig.state, rig.reason) == ("idle", "proof_repeated")
    assert rig.guard.course.outcome == states.STOPPED
    assert not rig.guard.treated()


@pytest.mark.requirement("SR-22")
def test_a_proof_that_was_done_is_not_repeated_and_pauses_are_free() -> None:
    rig = GuardRig().start().heating()
    for _ in range(L.proofs_session + 2):
        assert rig.pause() == OK
        assert rig.resume() == OK
        assert rig.state == "running"
        assert not rig.part("proof").active


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize(("repeated", "counts"), [(False, False), (True, True)])
def test_the_clock_stands_in_the_first_proof_and_runs_in_the_next(
    repeated: bool, counts: bool
) -> None:
    rig = GuardRig().start()
    _into_proof(rig)
    if repeated:
        rig.steps(3)
        rig.pause()
        rig.resume()
        _into_proof(rig)
    before_ms = rig.guard.clocks.session_ms
    rig.steps(5)
    assert rig.part("proof").active
    assert rig.guard.clocks.session_ms - before_ms == (500 if counts else 0)


@pytest.mark.requirement("SR-22", "SR-04")
def test_before_the_first_phase_the_clock_stands_for_a_second_at_most() -> None:
    rig = GuardRig().start()
    rig.tick.written = False
    rig.ask(0, states.HEAT, 40_000, heat=True)
    rig.steps(L.overrun_ms // 100)
    assert rig.guard.clocks.session_ms == 0
    rig.step()
    assert rig.guard.clocks.session_ms == 100
    assert rig.guard.phases.mode == states.NO_MODE


def _proof_and_stop(rig: GuardRig) -> int:
    """What `start` answered; a session of one proof where it was OK."""
    rig.ask(-1, states.NO_MODE)
    assert rig.arm(order(heat_s=600)) == OK
    answer = rig.begin()
    if answer == OK:
        _into_proof(rig)
    rig.stop()
    return answer


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize("heat", [True, False])
def test_at_most_three_starts_that_gave_nothing_within_ten_minutes(heat: bool) -> None:
    """Rows 21 and 32: proofs, and sessions of rest alone."""
    rig = GuardRig().ready()

    def session() -> int:
        if heat:
            return _proof_and_stop(rig)
        rig.ask(0, states.REST)
        assert rig.arm(order()) == OK
        answer = rig.begin()
        rig.stop()
        return answer

    for _ in range(L.brake_count):
        assert session() == OK
    brake = rig.guard.brake
    assert session() == BRAKED
    assert 0 < brake.held_ms() <= L.brake_ms
    rig.steps(brake.held_ms() // 100 - 3)  # started two ticks on
    assert session() == BRAKED
    assert brake.held_ms() == 0
    assert session() == OK


@pytest.mark.requirement("SR-22")
def test_the_button_is_held_off_too() -> None:
    rig = GuardRig().ready()
    for _ in range(L.brake_count):
        assert _proof_and_stop(rig) == OK
    assert rig.arm(order(heat_s=600)) == OK
    rig.press()
    assert rig.state == "armed"


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize(("treated_ms", "answer"), [(59_900, BRAKED), (60_000, OK)])
def test_a_minute_of_treatment_releases_the_brake(treated_ms: int, answer: int) -> None:
    rig = GuardRig().ready()
    for _ in range(L.brake_count - 1):
        assert _proof_and_stop(rig) == OK
    rig.start(order(heat_s=600, heat_phases=9)).into(states.HEAT, 38_000)
    while rig.guard.clocks.heat_ms < treated_ms - 100:
        rig.step()
    rig.stop()
    assert rig.guard.clocks.heat_ms == treated_ms
    assert (rig.guard.brake.held_ms() > 0) == (answer == BRAKED)


@pytest.mark.requirement("SR-22", "SR-17")
def test_a_resume_that_is_not_ready_is_judged_before_its_proof() -> None:
    rig = GuardRig().start()
    _into_proof(rig)
    rig.pause()
    rig.set(4_000)
    assert rig.resume() == NOT_READY
    assert rig.state == "paused"


# --- SR-18: saves of our own -----------------------------------------------------------------


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize("saved_ms", [0, 1_200])
def test_the_time_of_a_save_is_no_stall_of_the_session(saved_ms: int) -> None:
    """Row 31: flash of 400 ms an erase used up the three stalls of a session."""
    rig = GuardRig().start().into(states.REST, 0)
    for _ in range(L.late_count):
        rig.tick.saved_ms = saved_ms
        rig.step(saved_ms + L.late_ms if saved_ms else 1_500)
        rig.tick.saved_ms = 0
        rig.step()
    assert (rig.fault == "loop_late") == (saved_ms == 0)


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize(("late_ms", "stalled"), [(L.late_ms, False), (L.late_ms + 1, True)])
def test_what_a_save_does_not_explain_is_a_stall(late_ms: int, stalled: bool) -> None:
    rig = GuardRig().start().into(states.REST, 0)
    rig.tick.saved_ms = 900
    rig.step(900 + late_ms)
    assert rig.part("now").stalled == stalled


@pytest.mark.requirement("SR-18")
def test_a_save_with_master_closed_is_a_stall_all_the_same() -> None:
    rig = GuardRig().start().heating()
    rig.tick.saved_ms = 900
    assert rig.step(1_000) == 0
    assert rig.part("now").stalled


@pytest.mark.requirement("SR-10", "SR-18")
@pytest.mark.parametrize(("saved_ms", "trips"), [(1_200, True), (0, False)])
def test_a_weld_is_judged_over_the_save_that_closes_its_session(saved_ms: int, trips: bool) -> None:
    """Row 29: no SENSE, K2 welds, the closing save takes over 200 ms: it was never judged."""
    rig = GuardRig(sense=False).set(39_000).start().heating()
    rig.steps(20)
    rig.stop()
    rig.tick.saved_ms = saved_ms
    rig.step(1_300)
    rig.tick.saved_ms = 0
    for tick in range(1_000):
        rig.set(39_000 + min(max(0, tick - 305) * 3 // 5, 320)).step()
        if rig.guard.latch.fault:
            break
    assert (rig.fault == "heat_welded") == trips


@pytest.mark.requirement("SR-18")
def test_the_interval_of_a_save_counts_whole() -> None:
    rig = GuardRig().start().into(states.REST, 0)
    session_ms, now_s = rig.guard.clocks.session_ms, rig.ledger.now_s
    rig.tick.saved_ms = 1_000
    rig.step(1_100)
    assert rig.guard.clocks.session_ms == session_ms + 1_100
    assert rig.ledger.now_s >= now_s + 1


@pytest.mark.requirement("SR-16")
@pytest.mark.parametrize("mode", [states.HEAT, states.COLD])
def test_nothing_is_energised_before_its_intent_is_on_flash(mode: int) -> None:
    rig = GuardRig(cooler=True).start()
    rig.tick.written = False
    rig.ask(0, mode, 38_000 if mode == states.HEAT else 12_000, heat=True, cool=True)
    assert not any(rig.step() for _ in range(20))
    rig.tick.written = True
    rig.steps(40)
    assert rig.outputs & MASTER


@pytest.mark.requirement("SR-16")
def test_a_session_whose_intent_is_gone_again_opens() -> None:
    rig = GuardRig().start().heating()
    rig.tick.written = False
    assert rig.step() == 0
    rig.tick.written = True
    assert rig.step() & MASTER
