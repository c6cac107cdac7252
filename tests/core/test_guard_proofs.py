"""The proof of the relays and its brake: SR-22."""

from __future__ import annotations

import pytest

from poultice_core import states
from poultice_core.board import SENSE_BROKEN, SENSE_HIGH, SENSE_LOW
from poultice_core.limits import Limits
from poultice_core.relays import HEAT, MASTER, PAD
from poultice_core.tick import BRAKED, NOT_READY, OK
from tests.core.guard_rig import GuardRig, at, boundary, order, toy
from tests.core.rig import Rig, plan

L = Limits()
NEVER_WELDED = (None, states.HEAT)


def _asks(rig: GuardRig, heat: bool = True) -> GuardRig:
    return rig.ask(0, states.HEAT, 40_000, heat=heat)


def _into_proof(rig: GuardRig) -> GuardRig:
    _asks(rig)
    for _ in range(10):
        if rig.part("proof").active:
            return rig
        rig.step()
    raise AssertionError("no proof")


# --- what it does -------------------------------------------------------------------------


@pytest.mark.requirement("SR-22", "SR-04")
def test_each_relay_is_closed_alone_for_half_a_second_with_a_gap() -> None:
    rig = _asks(at("started"))
    course = rig.trace(40)
    assert course.lstrip("-").startswith("hhhhh---mmmmm")
    # MASTER 1.5 s after `start`; no dwell between the HEAT of the proof and the first real closing
    assert course.index("m") < 15
    assert course.index("P") <= 16
    assert rig.guard.heat_operations >= 1


@pytest.mark.requirement("SR-22")
def test_each_session_proves_its_relays_anew() -> None:
    rig = at("ended", limits=toy(rest_after_heat_s=1)).wait(20)
    _into_proof(rig.start(order(heat_s=600)))
    assert rig.guard.phases.mode == states.NO_MODE


@pytest.mark.requirement("SR-22")
def test_master_of_the_device_follows_within_a_second_and_a_half_of_start() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 30)))
    began_ms = rig.board.now_ms
    while not rig.board.outputs[0]:
        rig.tick()
    assert rig.board.now_ms - began_ms <= 1500


@pytest.mark.requirement("SR-22", "SR-04")
def test_the_phase_clock_starts_after_the_proof() -> None:
    rig = _asks(at("started"))
    while rig.guard.phases.mode != states.HEAT:
        assert rig.guard.outputs & PAD != PAD
        assert rig.wait().guard.clocks.heat_ms == 0
    assert rig.guard.clocks.phase_ms == 0


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize(("closed", "name"), [(HEAT, "master_welded"), (MASTER, "heat_welded")])
@pytest.mark.parametrize("early", [False, True])
def test_sense_high_in_a_step_names_the_other_relay(closed: int, name: str, early: bool) -> None:
    """`early`: high from the tick that closes the relay: judged from after it has settled."""
    ticks = 0
    first = _asks(at("started"), heat=not early)
    while first.step() != closed:
        ticks += 1
    rig = _asks(at("started"), heat=not early).wait(ticks)
    rig.feels(SENSE_HIGH if early else None).step()
    assert rig.outputs == closed
    step = "h" if closed == HEAT else "m"
    assert (rig.feels(SENSE_HIGH).trace(5), rig.fault) == (step * 4 + "-", name)


@boundary("SR-22", "started", {(HEAT, 2): NEVER_WELDED, (MASTER, 2): NEVER_WELDED,
                               (HEAT, 4): NEVER_WELDED})  # fmt: skip
def test_what_bounces_or_settles_in_the_proof_is_no_weld(
    rig: GuardRig, to: tuple[int, int]
) -> object:
    """SENSE is not judged for 200 ms after a closing."""
    closed, ticks = to
    _asks(rig, heat=False).until(closed).feels(SENSE_HIGH).wait(ticks)
    rig.feels(SENSE_BROKEN).wait().feels(SENSE_LOW).wait(40)
    return rig.fault, rig.guard.phases.mode


@boundary("SR-10 SR-22", "started", {HEAT: "supply_lost", MASTER: "supply_lost"})
def test_a_proof_with_a_restless_sense_proves_nothing(rig: GuardRig, closed: int) -> object:
    """Row 5: it "passed", for it was never high for long enough."""
    tick = _asks(rig).until(closed).follow((SENSE_LOW, SENSE_BROKEN))
    assert rig.guard.phases.mode == states.NO_MODE
    assert tick <= (L.proof_settle_ms + L.unsteady_ms) // 100 + 1
    return rig.fault


@boundary("SR-22", "proving", {2: None, 6: None, 14: None})
def test_a_step_goes_on_until_sense_has_stood(rig: GuardRig, noisy: int) -> object:
    rig.wait(2)
    for tick in range(noisy):
        assert rig.feels((SENSE_LOW, SENSE_BROKEN)[tick % 2]).step() == HEAT
    assert rig.feels(SENSE_LOW).trace(4) == "hhh-"
    return rig.fault


@boundary("SR-22", "started", {"m": "m"}, sense=False)
def test_without_sense_there_is_no_proof(rig: GuardRig, course: str) -> object:
    return _asks(rig, heat=False).trace(1)


# --- when it is done ----------------------------------------------------------------------

PROVEN = "hhhhh---mmmmm"


@boundary("SR-22", "idle", {"end": PROVEN, "done": PROVEN, "stop": "", "fault": ""})
def test_it_follows_the_last_heat_phase_where_that_ran_to_its_end(
    rig: GuardRig, ending: str
) -> object:
    rig.start(order(heat_s=60, heat_phases=1)).heating().wait(100)
    if ending == "end":
        rig.ask(1, states.REST)
    elif ending == "done":
        rig.done()
    elif ending == "stop":
        rig.do("stop").ask(-1, states.NO_MODE)
    else:
        rig.sees(estop=True)
    return rig.trace(40).strip("-")


@pytest.mark.requirement("SR-22")
def test_between_two_heat_phases_there_is_no_proof() -> None:
    rig = GuardRig().start(order(heat_s=60, heat_phases=2)).heating().wait(10)
    assert rig.ask(1, states.REST).trace(40) == "-" * 40
    rig.into(states.HEAT, 40_000, 2)
    assert "h" in rig.ask(3, states.REST).trace(40)


@pytest.mark.requirement("SR-22", "SR-18")
def test_a_stall_begins_it_again_and_only_a_running_one() -> None:
    for step in (HEAT, MASTER):
        rig = _asks(at("started"), heat=False).until(step)
        assert rig.part("proof").active
        assert rig.step(L.late_ms + 1) == 0
        assert rig.part("proof").active
        assert rig.step() == 0
        assert rig.trace(40).count("m") >= 5
        assert rig.guard.phases.mode == states.HEAT
    assert not rig.wait(1, L.late_ms + 1).part("proof").active


@boundary("SR-22 SR-05", "started", {HEAT: 5, MASTER: 5})
def test_a_relay_that_was_not_closed_is_not_proven(rig: GuardRig, step: int) -> object:
    """The tick that may not close anything has no relay closed for its half of the proof."""
    _asks(rig, heat=False).until(step).sees(written=False)
    assert rig.trace(12) == "-" * 12
    return rig.sees(written=True).trace(40).count("h")


@pytest.mark.requirement("SR-22", "SR-04")
@pytest.mark.parametrize("ended", [False, True])
def test_a_proof_that_may_not_close_anything_has_an_end(ended: bool) -> None:
    """Neither the one before the first heat nor the one after the last."""
    rig = _asks(GuardRig(toy(session_s=60)).start(order(heat_s=30)), heat=False)
    if ended:
        rig.heating().done()
    assert "h" in rig.trace(6)
    assert rig.sees(written=False).trace(61 * 10) == "-" * 610
    assert (rig.state, rig.reason) == ("idle", "session_timeout")


@pytest.mark.requirement("SR-22")
def test_a_pause_in_the_proof_repeats_it() -> None:
    rig = at("proving").do("pause")
    assert rig.trace(5) == "-----"
    assert rig.do("resume").trace(20).count("h") == 5


# --- again and again ----------------------------------------------------------------------


@pytest.mark.requirement("SR-22")
def test_the_resume_that_would_need_a_fourth_proof_stops_the_session() -> None:
    """Row 7: 4000 closings in 4000 s, and the session's clock stood."""
    rig = at("started")
    for proof in range(L.proofs_session):
        _into_proof(rig).wait(5).do("pause")
        assert (rig.state, rig.guard.phases._proofs) == ("paused", proof + 1)
        rig.do("resume")
    assert (rig.state, rig.reason) == ("idle", "proof_repeated")
    assert rig.guard.course.outcome == states.STOPPED
    assert not rig.guard.treated()


@pytest.mark.requirement("SR-22")
def test_a_proof_that_was_done_is_not_repeated_and_pauses_are_free() -> None:
    rig = at("running")
    for _ in range(L.proofs_session + 2):
        assert rig.do("pause", "resume").state == "running"
        assert not rig.part("proof").active


@boundary("SR-22", "started", {False: 0, True: 500})
def test_the_clock_stands_in_the_first_proof_and_runs_in_the_next(
    rig: GuardRig, repeated: bool
) -> object:
    _into_proof(rig)
    if repeated:
        _into_proof(rig.wait(3).do("pause", "resume"))
    before_ms = rig.guard.clocks.session_ms
    assert rig.wait(5).part("proof").active
    return rig.guard.clocks.session_ms - before_ms


@boundary("SR-22 SR-04", "started", {L.overrun_ms // 100: 0, L.overrun_ms // 100 + 1: 100})
def test_before_the_first_phase_the_clock_stands_for_a_second_at_most(
    rig: GuardRig, ticks: int
) -> object:
    _asks(rig.sees(written=False)).wait(ticks)
    assert rig.guard.phases.mode == states.NO_MODE
    return rig.guard.clocks.session_ms


@pytest.mark.requirement("SR-22", "SR-17")
def test_a_resume_that_is_not_ready_is_judged_before_its_proof() -> None:
    rig = at("proving").do("pause").set(4_000)
    assert (rig.resume(), rig.state) == (NOT_READY, "paused")


def _session(rig: GuardRig, heat: bool = True) -> int:
    """What `start` answered; where it was OK a session of one proof, or of rest alone."""
    rig.ask(-1, states.NO_MODE) if heat else rig.ask(0, states.REST)
    assert rig.arm(order(heat_s=600 if heat else 0)) == OK
    answer = rig.begin()
    if answer == OK and heat:
        _into_proof(rig)
    rig.do("stop")
    return answer


@boundary("SR-22", "idle", {True: BRAKED, False: BRAKED})
def test_at_most_three_starts_that_gave_nothing_within_ten_minutes(
    rig: GuardRig, heat: bool
) -> object:
    """Rows 21 and 32: proofs, and sessions of rest alone."""
    assert [_session(rig, heat) for _ in range(L.brake_count)] == [OK] * L.brake_count
    fourth, brake = _session(rig, heat), rig.guard.brake
    assert 0 < brake.held_ms() <= L.brake_ms
    rig.wait(brake.held_ms() // 100 - 3)  # started two ticks on
    assert (_session(rig, heat), brake.held_ms(), _session(rig, heat)) == (BRAKED, 0, OK)
    return fourth


@boundary("SR-22", "idle", {L.brake_count - 1: "running", L.brake_count: "armed"})
def test_the_button_is_held_off_too(rig: GuardRig, sessions: int) -> object:
    for _ in range(sessions):
        assert _session(rig) == OK
    rig.do("arm").press()
    return rig.state


@boundary("SR-22", "idle", {59_900: True, 60_000: False})
def test_a_minute_of_treatment_releases_the_brake(rig: GuardRig, treated_ms: int) -> object:
    for _ in range(L.brake_count - 1):
        assert _session(rig) == OK
    rig.start(order(heat_s=600, heat_phases=9)).into(states.HEAT, 38_000)
    while rig.guard.clocks.heat_ms < treated_ms - 100:
        rig.step()
    assert rig.do("stop").guard.clocks.heat_ms == treated_ms
    return rig.guard.brake.held_ms() > 0
