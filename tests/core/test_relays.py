"""Do the relays do what they are told: SR-10, SR-11, SR-16, SR-22 and the dwell times."""

from __future__ import annotations

import pytest

from poultice_core import states
from poultice_core.board import SENSE_BROKEN, SENSE_HIGH, SENSE_LOW
from poultice_core.limits import Limits
from poultice_core.relays import COOL, HEAT, MASTER, PAD
from poultice_core.tick import OK
from tests.core.guard_rig import GuardRig, order
from tests.core.rig import Rig, plan

L = Limits()
WELD_TICKS = L.weld_sense_ms // 100


# --- SR-10 with SENSE ---------------------------------------------------------------------


@pytest.mark.requirement("SR-10", "SR-21")
@pytest.mark.parametrize("state", ["idle", "armed", "heat", "rest", "paused", "waiting", "cold"])
def test_a_live_pad_trips_in_300_ms_wherever_it_should_be_dead(state: str) -> None:
    rig = GuardRig(cooler=state == "cold").ready()
    if state == "armed":
        rig.arm(order(heat_s=60), 1)
    elif state == "rest":
        rig.start().into(states.REST, 0)
    elif state == "waiting":
        rig.start().ask(0, states.COLD, 12_000)
    elif state == "cold":
        rig.start().into(states.COLD, 12_000, cool=True)
    elif state != "idle":
        rig.start().into(states.HEAT, 40_000)
        if state == "paused":
            rig.pause()
    rig.steps(3)
    rig.sense = SENSE_HIGH
    rig.steps(WELD_TICKS)
    assert rig.fault is None
    assert rig.step() == 0
    assert rig.fault == "heat_welded"


@pytest.mark.requirement("SR-10")
def test_after_heat_opens_300_ms_more_are_a_weld() -> None:
    rig = GuardRig().start().heating()
    rig.steps(30)
    rig.sense = SENSE_HIGH
    rig.ask(0, states.HEAT, 40_000, heat=False)
    assert rig.step() == MASTER
    assert rig.steps(WELD_TICKS - 1) == MASTER
    assert rig.step() == 0
    assert rig.fault == "heat_welded"


@pytest.mark.requirement("SR-10")
@pytest.mark.parametrize("level", [SENSE_BROKEN, SENSE_LOW])
def test_a_bounce_restarts_the_300_ms(level: int) -> None:
    rig = GuardRig().ready()
    for _ in range(10):
        rig.sense = SENSE_HIGH
        rig.steps(WELD_TICKS)
        rig.sense = level
        rig.step()
    assert rig.fault is None


@pytest.mark.requirement("SR-10", "SR-18")
def test_a_stall_restarts_the_300_ms() -> None:
    rig = GuardRig().ready()
    rig.sense = SENSE_HIGH
    rig.steps(WELD_TICKS)
    rig.step(400)
    rig.steps(WELD_TICKS - 1)
    assert rig.fault is None
    rig.step()
    assert rig.fault == "heat_welded"


@pytest.mark.requirement("SR-10", "SR-20")
def test_a_weld_is_gone_after_a_second_of_low() -> None:
    rig = GuardRig().ready()
    rig.sense = SENSE_HIGH
    rig.steps(5)
    assert rig.fault == "heat_welded"
    rig.sense = SENSE_LOW
    rig.steps(L.clear_sense_ms // 100 - 1)
    assert not rig.guard.cause_gone()
    rig.steps(2)
    assert rig.guard.cause_gone()
    rig.sense = SENSE_BROKEN
    rig.step()
    assert not rig.guard.cause_gone()


# --- SR-10 without SENSE ------------------------------------------------------------------


def _off(start_mc: int) -> GuardRig:
    """Without SENSE, in a heat phase with HEAT just opened at `start_mc`."""
    rig = GuardRig(sense=False).start().set(start_mc)
    rig.steps(31)
    rig.heating()
    rig.ask(0, states.HEAT, 40_000, heat=False)
    rig.step()
    return rig


@pytest.mark.requirement("SR-10")
@pytest.mark.parametrize(("rise_mc", "trips"), [(501, True), (500, False)])
def test_a_rise_with_heat_off_is_a_weld(rise_mc: int, trips: bool) -> None:
    rig = _off(38_500)
    rig.steps(100)
    rig.set(38_500 + rise_mc)
    ticks = rig.ticks_to_fault(500)
    assert (rig.fault == "heat_welded") == trips
    if trips:
        # HEAT has been off for 30 s, and the readings compared are 30 s apart.
        assert 195 <= ticks <= 215


@pytest.mark.requirement("SR-10")
@pytest.mark.parametrize(("floor_mc", "trips"), [(38_500, True), (38_499, False)])
def test_below_what_skin_reaches_nothing_is_judged(floor_mc: int, trips: bool) -> None:
    rig = _off(floor_mc)
    rig.steps(100)
    rig.set(floor_mc + 1500)
    assert (rig.ticks_to_fault(250) <= 250) == trips


@pytest.mark.requirement("SR-10")
@pytest.mark.parametrize(("rise_mc", "trips"), [(301, True), (300, False)])
def test_a_rise_after_a_heat_phase_is_a_weld(rise_mc: int, trips: bool) -> None:
    rig = _off(39_000)
    rig.into(states.REST, 0, 1)
    rig.steps(305)
    for tick in range(700):
        # slow enough to stay below 0.5 °C in 30 s
        rig.set(39_000 + min(tick * 3 // 5, rise_mc)).step()
        if rig.guard.latch.fault:
            break
    assert (rig.fault == "heat_welded") == trips


@pytest.mark.requirement("SR-10")
def test_the_rise_is_judged_after_the_session_too() -> None:
    rig = _off(39_000)
    rig.stop()
    rig.steps(305)
    for tick in range(700):
        rig.set(39_000 + min(tick * 3 // 5, 320)).step()
    assert rig.fault == "heat_welded"


@pytest.mark.requirement("SR-10")
def test_with_sense_the_thermometer_is_not_asked() -> None:
    rig = GuardRig().start().set(39_000)
    rig.into(states.REST, 0)
    for tick in range(1200):
        rig.set(39_000 + tick).step()
    assert rig.fault is None


# --- SR-11 --------------------------------------------------------------------------------


@pytest.mark.requirement("SR-11")
def test_no_supply_for_half_a_second_trips() -> None:
    rig = GuardRig().start().heating()
    rig.sense = SENSE_LOW
    assert rig.steps(L.supply_ms // 100 - 1) == PAD
    assert rig.step() == 0
    assert rig.fault == "supply_lost"


@pytest.mark.requirement("SR-11")
@pytest.mark.parametrize("level", [SENSE_BROKEN, SENSE_HIGH])
def test_a_bounce_restarts_the_half_second(level: int) -> None:
    rig = GuardRig().start().heating()
    for _ in range(10):
        rig.sense = SENSE_LOW
        rig.steps(L.supply_ms // 100 - 1)
        rig.sense = level
        rig.step()
    assert rig.fault is None


@pytest.mark.requirement("SR-11")
def test_an_open_heat_relay_is_no_lost_supply() -> None:
    rig = GuardRig().start().into(states.HEAT, 40_000)
    rig.sense = SENSE_LOW
    rig.steps(50)
    assert rig.fault is None


@pytest.mark.requirement("SR-11")
def test_without_sense_there_is_no_supply_to_lose() -> None:
    rig = GuardRig(sense=False).start().heating()
    rig.sense = SENSE_LOW
    assert rig.steps(50) == PAD


# --- SR-22 --------------------------------------------------------------------------------


def _proof(rig: GuardRig, ticks: int = 40) -> list[int]:
    return [rig.step() for _ in range(ticks)]


@pytest.mark.requirement("SR-22")
def test_each_relay_is_closed_alone_for_half_a_second_with_a_gap() -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000, heat=True)
    outputs = _proof(rig)
    text = "".join({0: "-", HEAT: "h", MASTER: "m", PAD: "P"}[o] for o in outputs)
    before_heat, _, after = text.partition("h")
    assert set(before_heat) == {"-"}
    assert ("h" + after).startswith("hhhhh---mmmmm")
    assert "P" not in text[: text.index("mmmmm") + 5]
    # 1.5 s from `start` to MASTER
    assert text.index("m") < 15
    assert rig.guard.heat_operations >= 1


@pytest.mark.requirement("SR-22", "SR-04")
def test_the_phase_clock_starts_after_the_proof() -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000, heat=True)
    while rig.guard.phases.mode != states.HEAT:
        assert rig.guard.outputs & PAD != PAD
        rig.step()
        assert rig.guard.clocks.heat_ms == 0
    assert rig.guard.clocks.phase_ms == 0


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize(("closed", "name"), [(HEAT, "master_welded"), (MASTER, "heat_welded")])
def test_sense_high_in_a_step_names_the_other_relay(closed: int, name: str) -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000, heat=True)
    while rig.step() != closed:
        assert rig.fault is None
    rig.sense = SENSE_HIGH
    assert rig.steps(4) == closed
    assert rig.step() == 0
    assert rig.fault == name


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize("closed", [HEAT, MASTER])
def test_sense_is_not_judged_for_200_ms_after_a_closing(closed: int) -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    while rig.step() != closed:
        pass
    rig.sense = SENSE_HIGH
    rig.steps(2)
    rig.sense = SENSE_BROKEN
    rig.step()
    rig.sense = SENSE_LOW
    rig.steps(40)
    assert (rig.fault, rig.guard.phases.mode) == (None, states.HEAT)


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize("closed", [HEAT, MASTER])
def test_what_sense_was_before_a_closing_is_not_counted_after_it(closed: int) -> None:
    """High from the tick that closes the relay: judged from after it has settled all the same."""
    until = 0
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    while rig.step() != closed:
        until += 1
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    rig.steps(until)
    rig.sense = SENSE_HIGH
    assert rig.step() == closed
    assert rig.steps(4) == closed
    assert rig.step() == 0
    assert rig.fault is not None


@pytest.mark.requirement("SR-22")
def test_a_bounce_in_the_proof_is_no_weld() -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    while rig.step() != HEAT:
        pass
    rig.sense = SENSE_HIGH
    rig.steps(4)
    rig.sense = SENSE_BROKEN
    rig.step()
    rig.sense = SENSE_LOW
    rig.steps(40)
    assert (rig.fault, rig.guard.phases.mode) == (None, states.HEAT)


def _after_last(ending: str) -> str:
    rig = GuardRig().start(order(heat_s=60, heat_phases=1)).heating()
    rig.steps(100)
    if ending == "end":
        rig.ask(1, states.REST)
    elif ending == "done":
        rig.done()
    elif ending == "stop":
        rig.stop()
        rig.ask(-1, states.NO_MODE)
    else:
        rig.tick.estop = True
    return "".join({0: "-", HEAT: "h", MASTER: "m", PAD: "P"}[o] for o in _proof(rig))


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize("ending", ["end", "done"])
def test_the_proof_follows_the_last_heat_phase_that_ran_to_its_end(ending: str) -> None:
    text = _after_last(ending)
    assert text.strip("-") == "hhhhh---mmmmm"


@pytest.mark.requirement("SR-22")
@pytest.mark.parametrize("ending", ["stop", "fault"])
def test_no_proof_after_a_stop_or_a_fault(ending: str) -> None:
    assert set(_after_last(ending)) == {"-"}


@pytest.mark.requirement("SR-22")
def test_between_two_heat_phases_there_is_no_proof() -> None:
    rig = GuardRig().start(order(heat_s=60, heat_phases=2)).heating()
    rig.steps(10)
    rig.ask(1, states.REST)
    assert set(_proof(rig)) == {0}
    rig.into(states.HEAT, 40_000, 2)
    rig.ask(3, states.REST)
    assert HEAT in _proof(rig)


@pytest.mark.requirement("SR-22")
def test_without_sense_there_is_no_proof() -> None:
    rig = GuardRig(sense=False).start().ask(0, states.HEAT, 40_000)
    assert rig.step() == MASTER


@pytest.mark.requirement("SR-22", "SR-18")
def test_a_stall_starts_the_proof_again() -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    while rig.step() != MASTER:
        pass
    assert rig.step(400) == 0
    assert "".join("-hmmP"[o] if o < 4 else "?" for o in _proof(rig)).count("m") >= 5
    assert rig.guard.phases.mode == states.HEAT


@pytest.mark.requirement("SR-22", "SR-05")
@pytest.mark.parametrize("step", [HEAT, MASTER])
def test_a_relay_that_was_not_closed_is_not_proven(step: int) -> None:
    """The tick that may not close anything has no relay closed for its half of the proof."""
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    while rig.step() != step:
        pass
    rig.tick.written = False
    assert rig.steps(12) == 0
    rig.tick.written = True
    assert [o for o in _proof(rig) if o].count(HEAT) == 5


@pytest.mark.requirement("SR-22", "SR-04")
@pytest.mark.parametrize("ended", [False, True])
def test_a_proof_that_may_not_close_anything_has_an_end(ended: bool) -> None:
    """Neither the one before the first heat nor the one after the last."""
    limits = Limits()
    limits.session_s = 60
    rig = GuardRig(limits).start(order(heat_s=30)).ask(0, states.HEAT, 40_000)
    if ended:
        rig.heating().done()
    assert HEAT in [rig.step() for _ in range(6)]
    rig.tick.written = False
    assert rig.steps(61 * 10) == 0
    assert rig.state == "idle" and rig.reason == "session_timeout"


@pytest.mark.requirement("SR-22")
def test_a_pause_in_the_proof_repeats_it() -> None:
    rig = GuardRig().start().ask(0, states.HEAT, 40_000)
    while rig.step() != HEAT:
        pass
    rig.pause()
    assert rig.steps(5) == 0
    rig.resume()
    text = [rig.step() for _ in range(20)]
    assert text.count(HEAT) == 5


@pytest.mark.requirement("SR-22")
def test_the_proof_neither_starts_nor_breaks_a_dwell() -> None:
    rig = GuardRig(sense=True).start().ask(0, states.HEAT, 40_000, heat=True)
    first = next(i for i, o in enumerate(_proof(rig)) if o == PAD)
    # 14 ticks of proof, no dwell between its HEAT and the first real closing
    assert first <= 16


# --- SR-16 and dwell ----------------------------------------------------------------------


@pytest.mark.requirement("SR-16")
@pytest.mark.parametrize("mode", [states.HEAT, states.COLD, states.REST])
@pytest.mark.parametrize("cooler", [True, False])
def test_whatever_is_asked_each_relay_has_its_mode(mode: int, cooler: bool) -> None:
    rig = GuardRig(cooler=cooler).start().into(mode, 20_000 if mode == states.COLD else 40_000)
    rig.ask(0, mode, rig.guard.phases.target_mc, heat=True, cool=True)
    allowed = {states.HEAT: PAD, states.COLD: MASTER | COOL if cooler else 0, states.REST: 0}
    for _ in range(50):
        assert rig.step() == allowed[mode]


@pytest.mark.requirement("SR-16")
@pytest.mark.parametrize("heat", [True, False])
def test_master_is_closed_for_the_whole_heat_phase(heat: bool) -> None:
    rig = GuardRig().start().into(states.HEAT, 40_000)
    rig.ask(0, states.HEAT, 40_000, heat=heat)
    assert all(rig.step() & MASTER for _ in range(100))


@pytest.mark.requirement("SR-16")
def test_heat_stays_open_for_two_seconds_and_closes_at_most_each_twenty() -> None:
    rig = GuardRig().start().heating()
    closings = [0]
    opened = None
    was = rig.outputs & HEAT
    for tick in range(1, 1000):
        rig.ask(0, states.HEAT, 40_000, heat=tick % 7 < 4)
        now = rig.step() & HEAT
        if was and not now:
            opened = tick
        if now and not was:
            assert tick - closings[-1] >= L.closing_min_ms // 100
            assert opened is not None
            assert tick - opened >= L.dwell_min_ms // 100
            closings.append(tick)
        was = now
    assert len(closings) == 5


@pytest.mark.requirement("SR-16")
def test_a_long_burst_is_followed_by_two_seconds_off() -> None:
    rig = GuardRig().start().heating()
    rig.steps(300)
    rig.ask(0, states.HEAT, 40_000, heat=False).step()
    rig.ask(0, states.HEAT, 40_000, heat=True)
    assert [rig.step() for _ in range(20)] == [MASTER] * 19 + [PAD]


@pytest.mark.requirement("SR-16")
def test_the_dwell_holds_across_phases_and_sessions() -> None:
    rig = GuardRig(sense=False).start().heating()
    rig.steps(10)
    rig.into(states.HEAT, 39_000, 1, heat=True)
    since = 11
    rig.ask(0, states.HEAT, 40_000, heat=True)
    for command in (rig.stop, lambda: rig.arm(order(heat_s=60)), rig.begin):
        assert command() == OK
        since += 1
    assert rig.state == "running"
    while rig.step() != PAD:
        since += 1
        assert since < 300
    assert since + 1 >= L.closing_min_ms // 100


@pytest.mark.requirement("SR-16")
def test_dwell_never_delays_an_end() -> None:
    for end in ("stop", "pause", "phase", "estop"):
        rig = GuardRig().start().heating()
        assert rig.outputs == PAD
        if end == "stop":
            rig.stop()
        elif end == "pause":
            rig.pause()
        elif end == "phase":
            rig.ask(1, states.REST)
        else:
            rig.tick.estop = True
        assert rig.step() == 0, end


@pytest.mark.requirement("SR-16")
def test_the_operations_are_counted_with_the_proofs() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 30)))
    rig.until("idle", 400)
    closings = sum(
        1
        for before, after in zip(rig.board.writes, rig.board.writes[1:], strict=False)
        if after[1] and not before[1]
    )
    assert rig.entries()[-1]["heat_operations"] == closings
    assert closings >= 3


@pytest.mark.requirement("SR-22")
def test_master_follows_within_a_second_and_a_half_of_start() -> None:
    rig = Rig()
    rig.start(plan(("heat", 40_000, 30)))
    ticks = 0
    while not rig.board.outputs[0]:
        rig.tick()
        ticks += 1
    assert ticks * 100 <= 1500
