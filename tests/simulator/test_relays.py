"""Relays and the bimetal switch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.virtual.relays import OPERATE_MS, RELEASE_MS, Bimetal, Relay


def closed() -> Relay:
    relay = Relay()
    relay.drive(True)
    relay.elapse(100)
    return relay


def test_it_takes_its_time_both_ways() -> None:
    relay = Relay()
    relay.drive(True)
    assert relay.elapse(100) == pytest.approx(1 - OPERATE_MS / 100)
    assert relay.contact
    assert relay.elapse(100) == 1.0
    relay.drive(False)
    assert relay.elapse(100) == pytest.approx(RELEASE_MS / 100)
    assert not relay.contact
    assert relay.elapse(100) == 0.0


def test_a_pulse_shorter_than_its_delay_does_nothing() -> None:
    relay = Relay()
    relay.drive(True)
    assert relay.elapse(OPERATE_MS - 1) == 0.0
    relay.drive(False)
    assert relay.elapse(100) == 0.0


@given(st.lists(st.booleans(), max_size=20))
def test_a_weld_holds_from_the_first_closing_on(coils: list[bool]) -> None:
    relay = Relay()
    relay.weld()
    ever = False
    for coil in coils:
        relay.drive(coil)
        relay.elapse(100)
        ever = ever or coil
        assert relay.contact == ever


def test_a_closed_contact_welds_at_once() -> None:
    relay = closed()
    relay.weld()
    relay.drive(False)
    assert relay.elapse(1000) == 1.0


def test_a_dead_coil_opens_and_never_closes() -> None:
    relay = closed()
    relay.kill()
    relay.elapse(100)
    assert not relay.contact
    relay.drive(False)
    relay.drive(True)
    assert relay.elapse(1000) == 0.0


def test_a_weld_outlives_its_coil() -> None:
    relay = closed()
    relay.weld()
    relay.kill()
    assert relay.elapse(1000) == 1.0


def test_the_bimetal_opens_at_45_and_closes_at_30() -> None:
    switch = Bimetal()
    states = []
    for temp_c in (44.9, 45.0, 44.0, 30.1, 30.0, 44.9):
        switch.feel(temp_c)
        states.append(switch.closed)
    assert states == [True, False, False, False, True, True]
