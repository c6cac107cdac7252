"""Hosts that misbehave while the pad heats: nothing they do costs the loop a stall."""

from __future__ import annotations

import random

import pytest

from poultice.virtual.emulator.bench import MASTER, MS_NS
from tests.emulator.copies import heating, on_a_copy
from tests.emulator.link import Link


def drops(link: Link, since_ns: float) -> list[float]:
    """When MASTER fell, in ms after `since_ns`: the dead-man drops it where the loop stands."""
    return [
        (at - since_ns) / MS_NS
        for at, pin, up in link.device.chip.edges
        if pin == MASTER and not up and at > since_ns
    ]


@on_a_copy(heating)
def test_control_bytes_are_data_and_stop_nothing(link: Link) -> None:
    at_ns = link.device.chip.now_ns

    for byte in b"\x03\x03\x04\x01\x02\x05\x03\x04":
        link.device.host_bytes_in(bytes([byte]))
        link.wait(0.1)
    link.device.host_bytes_in(b"\r\n")
    link.wait(1.0)

    assert link.status()["state"] == "running"
    assert drops(link, at_ns) == []
    assert link.device.chip.resets == []


@on_a_copy(heating)
def test_sixteen_kib_of_noise_change_no_output_and_cost_no_stall(link: Link) -> None:
    at_ns = link.device.chip.now_ns

    link.device.host_bytes_in(random.Random(3).randbytes(16_384))
    assert link.until(lambda: link.device.console.waiting() == 0, 20.0)
    link.device.host_bytes_in(b"\n")
    link.wait(1.0)

    told = link.status()
    assert told["state"] == "running"
    assert told["rx_errors"] > 20
    assert drops(link, at_ns) == []


@on_a_copy(heating)
def test_a_host_that_pings_and_never_reads_costs_no_stall(link: Link) -> None:
    at_ns = link.device.chip.now_ns

    link.device.console.reading = False
    link.wait(12.0)
    assert drops(link, at_ns) == []
    link.device.console.resume()
    link.wait(1.0)

    told = link.status()
    assert told["state"] == "running"
    assert told["tx_dropped"] > 0
    assert link.torn == 0


@on_a_copy(heating)
def test_a_host_that_closes_the_port_costs_no_stall(link: Link) -> None:
    at_ns = link.device.chip.now_ns

    link.device.console.set_control_lines(dtr=False, rts=False)
    link.pinging = False
    link.wait(8.0)
    assert drops(link, at_ns) == []
    link.device.console.set_control_lines(dtr=True, rts=True)
    link.wait(0.2)

    assert link.status()["state"] == "running"


@pytest.mark.requirement("SR-13")
def test_a_cable_that_is_pulled_ends_an_attended_session_by_its_timer() -> None:
    link = Link("user=absent")
    link.boot()
    link.heat(attended_s=10)
    at_ns = link.device.chip.now_ns

    link.device.lose_host()
    link.wait(13.0)

    (fell_ms,) = drops(link, at_ns)
    assert 8_000 <= fell_ms <= 10_300
    assert not any(link.device.chip.levels.values())
    assert link.device.chip.resets == []


@on_a_copy(heating)
def test_a_cable_that_is_pulled_leaves_a_session_that_stands_alone(link: Link) -> None:
    at_ns = link.device.chip.now_ns

    link.device.lose_host()
    link.wait(8.0)

    assert drops(link, at_ns) == []
    assert link.device.board.energised or link.device.chip.levels[MASTER]
