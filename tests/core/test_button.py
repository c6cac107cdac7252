"""The one button: presses, holds, and the ones that must do nothing."""

from __future__ import annotations

import pytest

from poultice_core import states
from poultice_core.button import HOLD, NOTHING, PRESS, SHORT, Button
from tests.core.rig import Rig, plan

HEAT = plan(("heat", 40_000, 60))
COLD = plan(("cold", 12_000, 60))


def _released() -> Button:
    button = Button()
    button.look(False, states.IDLE, 100)
    return button


def _press(button: Button, state: int, ticks: int) -> list[int]:
    looks = [button.look(True, state, 100) for _ in range(ticks)]
    return [*looks, button.look(False, state, 100)]


@pytest.mark.parametrize("state", [states.ARMED, states.RUNNING, states.PAUSED])
def test_a_press_acts_on_its_edge_and_once(state: int) -> None:
    looks = _press(_released(), state, 50)
    assert looks == [PRESS] + [NOTHING] * 50


@pytest.mark.parametrize("ticks", [1, 9, 10])
def test_in_waiting_a_press_below_a_second_acts_on_its_release(ticks: int) -> None:
    looks = _press(_released(), states.WAITING, ticks)
    assert looks == [NOTHING] * ticks + [SHORT]


def test_in_waiting_the_hold_fires_at_a_second_and_the_release_does_nothing() -> None:
    looks = _press(_released(), states.WAITING, 30)
    assert looks == [NOTHING] * 10 + [HOLD] + [NOTHING] * 20


@pytest.mark.parametrize("state", [states.IDLE, states.FAULT])
def test_elsewhere_the_hold_fires_at_three_seconds(state: int) -> None:
    assert _press(_released(), state, 30) == [NOTHING] * 31
    looks = _press(_released(), state, 60)
    assert looks == [NOTHING] * 30 + [HOLD] + [NOTHING] * 30


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize(("state", "ticks"), [(states.FAULT, 29), (states.WAITING, 9)])
def test_two_presses_are_no_hold(state: int, ticks: int) -> None:
    button = _released()
    for _ in range(3):
        assert HOLD not in _press(button, state, ticks)


@pytest.mark.parametrize("state", range(len(states.NAMES)))
def test_held_since_power_up_it_does_nothing(state: int) -> None:
    button = Button()
    assert set(_press(button, state, 80)) == {NOTHING}


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize("before", [states.IDLE, states.FAULT, states.WAITING])
@pytest.mark.parametrize("after", [states.ARMED, states.RUNNING, states.WAITING, states.FAULT])
@pytest.mark.parametrize(("ticks", "returns"), [(0, 0), (1, 50), (50, 0)])
def test_a_press_from_another_state_is_spent(
    before: int, after: int, ticks: int, returns: int
) -> None:
    if before == after:
        return
    button = _released()
    button.look(True, before, 100)
    went = [after] * ticks + [before] * returns
    assert not any(button.look(True, state, 100) for state in went)
    assert button.look(False, after, 100) == NOTHING
    assert button.look(False, after, 100) == NOTHING


# --- the whole device ---------------------------------------------------------------------


@pytest.mark.requirement("SR-17")
def test_it_stands_in_for_start_with_the_intent_on_flash() -> None:
    rig = Rig()
    rig.result("arm", {"plan": HEAT})
    rig.board.button_down = True
    rig.tick()
    assert rig.state == "running"
    rig.ticks(2)
    assert Rig(rig.board.store).entries()[-1]["outcome"] == "power_lost"
    rig.ticks(60)
    # The very press that started it does not stop it.
    assert rig.state == "running"


@pytest.mark.requirement("SR-17")
def test_held_since_before_arm_it_starts_nothing() -> None:
    rig = Rig()
    rig.board.button_down = True
    rig.ticks(5)
    rig.result("arm", {"plan": HEAT})
    rig.ticks(100)
    assert rig.state == "armed"
    rig.board.button_down = False
    rig.ticks(2)
    rig.board.button_down = True
    rig.tick()
    assert rig.state == "running"


@pytest.mark.requirement("SR-17")
def test_it_does_not_start_where_the_sensor_is_not_ready() -> None:
    rig = Rig()
    rig.result("arm", {"plan": HEAT})
    rig.board.code_x8 = 4095 * 8
    rig.board.button_down = True
    rig.tick()
    assert rig.state == "armed"


@pytest.mark.parametrize("state", ["running", "paused"])
def test_a_press_stops(state: str) -> None:
    rig = Rig()
    rig.start(HEAT)
    rig.ticks(40)
    if state == "paused":
        rig.result("pause")
        rig.tick()
    rig.board.button_down = True
    rig.tick()
    assert rig.board.outputs == (False, False, False)
    assert rig.state == "idle"
    assert rig.events("stopped")[-1]["reason"] == "button"


def test_in_waiting_a_short_press_goes_on() -> None:
    rig = Rig()
    rig.start(COLD)
    rig.until("waiting")
    rig.hold(500)
    assert rig.state == "running"


def test_in_waiting_a_hold_of_a_second_ends() -> None:
    rig = Rig()
    rig.start(COLD)
    rig.until("waiting")
    rig.board.button_down = True
    rig.ticks(10)
    assert rig.state == "waiting"
    rig.tick()
    assert rig.state == "idle"
    assert rig.events("stopped")[-1]["reason"] == "button"


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize(("held", "state"), [(30, "fault"), (31, "idle")])
def test_three_seconds_clear_a_fault(held: int, state: str) -> None:
    rig = Rig()
    rig.board.estop_open = True
    rig.tick()
    rig.board.estop_open = False
    rig.tick()
    rig.board.button_down = True
    rig.ticks(held)
    assert rig.state == state


@pytest.mark.parametrize(("held", "pending"), [(30, True), (31, False)])
def test_three_seconds_bring_a_configuration_into_force(held: int, pending: bool) -> None:
    rig = Rig()
    rig.result("set_config", {"density_mw_cm2": 50})
    rig.board.button_down = True
    rig.ticks(held)
    config = rig.result("get_config")
    assert config.get("pending", False) == pending
    assert config["density_mw_cm2"] == (100 if pending else 50)


def test_what_waits_for_the_button_is_added_to() -> None:
    rig = Rig()
    rig.result("set_config", {"density_mw_cm2": 50})
    told = rig.result("set_config", {"offset_mc": 500})
    assert (told["density_mw_cm2"], told["offset_mc"], told["pending"]) == (50, 500, True)
    rig.hold(3_500)
    config = rig.result("get_config")
    assert (config["density_mw_cm2"], config["offset_mc"]) == (50, 500)


def test_a_hold_with_nothing_to_confirm_does_nothing() -> None:
    rig = Rig()
    rig.hold(5000)
    assert rig.state == "idle"
    assert rig.entries() == []
