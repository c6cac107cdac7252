"""The button on the chip: what has stood for 30 ms is a press, hum and glitches are none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from poultice.virtual.emulator.bench import BUTTON
from tests.emulator.copies import idle, on_a_copy
from tests.emulator.link import HEAT, REST, Link
from tests.emulator.measure import at_every_phase, in_a_copy

# Copies are made of a process that pytest-xdist gave threads; all they do is step a device.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
    pytest.mark.requirement("SR-17"),
]
PLAN = {"name": "button", "phases": [REST, HEAT]}
HUM_MS = 500


@cache
def armed() -> Link:
    """A device that waits for its start; each test looks at copies."""
    link = Link("user=absent")
    link.boot()
    assert "result" in link.call("arm", plan=PLAN)
    return link


def press(link: Link, down: Callable[[int], bool], duration_ms: int) -> None:
    """The contact as `down` has it, a millisecond at a time, and then open."""
    for at_ms in range(duration_ms):
        link.device.board.button_down = down(at_ms)
        link.wait(0.001)
    link.device.board.button_down = False
    link.wait(0.001)


def square(hz: int) -> Callable[[int], bool]:
    return lambda at_ms: at_ms * 2 * hz // 1000 % 2 == 0


def glitches(at_ms: int) -> bool:
    """3 ms, 31 ms from one to the next."""
    return at_ms % 31 < 3


# Of the commensurate with the loop's period, some phases; the others drift through all.
DISTURBANCES = [
    *[(square(hz), phase_ms) for hz in (50, 100) for phase_ms in (0, 30)],
    *[(square(hz), 0) for hz in (33, 60)],
    (glitches, 0),
    (lambda at_ms: not glitches(at_ms), 0),
    (lambda at_ms: at_ms % 40 < 29, 0),
]


@pytest.mark.parametrize("state", ["armed", "running"])
def test_hum_and_glitches_are_no_press(state: str) -> None:
    def do() -> list[float]:
        link = armed()
        if state == "running":
            press(link, lambda at_ms: True, 60)
            assert link.until(lambda: link.state == "running", 1.0)
        for disturbance, phase_ms in DISTURBANCES:
            link.wait(phase_ms / 1000)
            press(link, disturbance, HUM_MS)
            link.wait(0.2)
            assert link.status()["state"] == state, DISTURBANCES.index((disturbance, phase_ms))
        assert link.device.chip.edges == []
        return [1.0]

    armed()
    assert in_a_copy(do) == [1.0]


def test_the_shortest_press_starts_and_stops_at_every_phase_of_the_loop() -> None:
    def do(link: Link) -> list[float]:
        press(link, lambda at_ms: True, 31)
        assert link.until(lambda: link.state == "running", 0.5)
        link.wait(0.04)  # let go for 30 ms too, or it is the same press
        press(link, lambda at_ms: True, 31)
        assert link.until(lambda: link.state not in ("running", "paused"), 0.8)
        return [1.0]

    assert at_every_phase(armed(), do, range(0, 100, 10)) == [[1.0]] * 10


def test_the_longest_touch_below_thirty_milliseconds_does_nothing() -> None:
    def do(link: Link) -> list[float]:
        press(link, lambda at_ms: True, 29)
        link.wait(0.3)
        return [float(link.status()["state"] == "armed")]

    assert at_every_phase(armed(), do, range(0, 100, 20)) == [[1.0]] * 5


def test_bounces_before_and_after_make_one_press() -> None:
    """10 ms of chatter at either end: one press, or the second would stop what the first began."""

    def bouncing(at_ms: int) -> bool:
        return at_ms % 3 == 0 if at_ms < 10 or at_ms >= 90 else True

    def do(link: Link) -> list[float]:
        press(link, bouncing, 100)
        assert link.until(lambda: link.state == "running", 0.5)
        link.wait(0.5)
        return [float(link.status()["state"] == "running")]

    assert at_every_phase(armed(), do, (0, 50)) == [[1.0]] * 2


@on_a_copy(idle)
def test_a_button_that_is_down_from_a_restart_on_acts_on_nothing(link: Link) -> None:
    link.device.hang()
    link.device.board.button_down = True
    assert link.until(lambda: link.device.chip.resets, 3.0)
    link.boot()

    link.wait(4.0)
    assert link.status()["fault"] == "watchdog_reset"

    link.device.board.button_down = False
    link.wait(0.3)
    press(link, lambda at_ms: True, 3_300)
    link.wait(0.8)
    assert link.status()["fault"] is None


def test_hum_at_power_up_is_not_a_button_that_is_held() -> None:
    link = Link("user=absent")
    link.device.chip.drive(BUTTON, False)
    press(link, square(50), 400)

    link.boot()

    assert link.status()["state"] == "idle"
