"""What trips while the pad is live, and how soon after it MASTER's pin is low."""

from __future__ import annotations

import pytest

from poultice.virtual.emulator.bench import COOL, HEAT, MASTER, MS_NS
from tests.emulator.copies import heating, on_a_copy
from tests.emulator.link import Link


def low_ms(link: Link, pin: int, since_ns: float) -> float:
    """Milliseconds from `since_ns` to the pin's first fall after it."""
    falls = [at for at, which, level in link.device.chip.edges if which == pin and not level]
    return min(at - since_ns for at in falls if at >= since_ns) / MS_NS


def after_trip(link: Link, fault: str) -> None:
    link.wait(1.0)
    told = link.status()
    assert (told["state"], told["fault"]) == ("fault", fault)
    assert not any(link.device.chip.levels[pin] for pin in (MASTER, HEAT, COOL))
    assert not link.device.board.energised
    link.pinging = False
    assert [event["fault"] for event in link.events("fault")] == [fault]


@pytest.mark.requirement("SR-01")
@pytest.mark.parametrize(
    ("reading_c", "fault", "within_ms"),
    [(45.3, "absolute_temperature", 120), (43.6, "over_temperature", 220)],
)
@on_a_copy(heating)
def test_over_temperature(link: Link, reading_c: float, fault: str, within_ms: int) -> None:
    plant = link.device.plant

    plant.offset_a_c = reading_c - plant.sensor_a_c
    plant.sensor_a_c = reading_c
    at_ns = link.device.chip.now_ns
    link.wait(0.4)

    assert low_ms(link, MASTER, at_ns) <= within_ms
    after_trip(link, fault)


@pytest.mark.requirement("SR-07")
@pytest.mark.parametrize("fault", ["sensor_open", "sensor_short"])
@on_a_copy(heating)
def test_a_broken_or_shorted_sensor(link: Link, fault: str) -> None:
    link.device._inject(fault)
    at_ns = link.device.chip.now_ns
    link.wait(0.5)

    assert low_ms(link, HEAT, at_ns) <= 120 + 10
    assert low_ms(link, MASTER, at_ns) <= 320 + 10
    after_trip(link, fault)


@pytest.mark.requirement("SR-12")
@on_a_copy(heating)
def test_the_emergency_stop_drops_k1_by_itself_and_the_firmware_follows(link: Link) -> None:
    board = link.device.board

    board.estop_open = True
    at_ns = link.device.chip.now_ns
    link.wait(0.03)
    assert not board.k1.contact
    link.wait(0.2)

    assert low_ms(link, MASTER, at_ns) <= 120
    after_trip(link, "emergency_stop")


@pytest.mark.requirement("SR-11")
@on_a_copy(heating)
def test_a_supply_that_is_lost(link: Link) -> None:
    link.device._inject("supply_lost")

    link.wait(1.0)

    after_trip(link, "supply_lost")


@pytest.mark.requirement("SR-22")
@on_a_copy(heating)
def test_a_heat_relay_that_welds_is_found_when_it_is_opened(link: Link) -> None:
    link.device._inject("weld_k2")
    link.wait(0.5)

    assert "result" in link.call("pause")
    link.wait(2.0)
    told = link.status()

    assert not link.device.chip.levels[MASTER]
    assert not link.device.board.energised
    assert told["state"] in ("paused", "fault")


@pytest.mark.requirement("SR-18")
@on_a_copy(heating)
def test_a_tick_that_starts_far_too_late(link: Link) -> None:
    at_ns = link.device.chip.now_ns
    link.device._inject("late_tick")

    link.wait(2.5)

    assert link.device.chip.resets == []
    assert low_ms(link, MASTER, at_ns) <= 350
    after_trip(link, "loop_late")


@pytest.mark.requirement("SR-18")
def test_a_counter_that_wraps_while_heating_changes_nothing() -> None:
    link = Link("user=absent&fault=tick_wrap@4")
    link.boot()
    link.heat()
    at_ns = link.device.chip.now_ns

    link.wait(6.0)

    assert link.status()["state"] == "running"
    assert not [e for e in link.device.chip.edges if e[0] > at_ns and e[1] == MASTER]
