"""The plain pad's rules, each from both sides of its boundary, and its idea of a sensor fault."""

from __future__ import annotations

import pytest

from poultice.virtual import adc
from poultice.virtual.plant import Plant
from poultice.virtual.thermistors import B3435
from tests.rivals.bimetal_pad import BimetalPad, Strip


@pytest.mark.parametrize(
    ("temps_c", "closed"),
    [((44.9,), True), ((45.0,), False), ((45.0, 35.1), False), ((45.0, 35.0), True)],
)
def test_opens_at_45_and_closes_at_35(temps_c: tuple[float, ...], closed: bool) -> None:
    strip = Strip()
    assert [strip.closed(temp_c) for temp_c in temps_c][-1] is closed


def test_the_wrong_part_opens_at_50() -> None:
    strip = Strip()
    strip.fit(B3435)
    assert strip.closed(49.9)
    assert not strip.closed(50.0)


@pytest.mark.parametrize("fault", [adc.SHORT, adc.FROZEN])
def test_stuck_as_it_is(fault: str) -> None:
    strip = Strip()
    strip.fail(fault)
    assert strip.closed(90.0)


def test_a_broken_wire_is_off() -> None:
    strip = Strip()
    strip.fail(adc.OPEN)
    assert not strip.closed(20.0)


def test_a_drifting_strip_opens_later() -> None:
    strip = Strip()
    strip.drift(-0.5)
    assert strip.closed(45.4)
    assert not strip.closed(46.0)


@pytest.mark.parametrize(("now_s", "ended"), [(7199.9, None), (7200.0, "auto-off")])
def test_off_after_two_hours(now_s: float, ended: str | None) -> None:
    pad = BimetalPad(Plant())
    pad.begin(42.0)
    pad.control(now_s)
    assert pad.ended == ended


def test_stopping_opens_the_other_contact() -> None:
    pad = BimetalPad(Plant())
    pad.begin(42.0)
    for _ in range(3):
        pad.advance()
    assert pad.energised
    pad.stop()
    for _ in range(2):
        pad.advance()
    assert not pad.energised
    assert pad.board.heat_path[0].contact
