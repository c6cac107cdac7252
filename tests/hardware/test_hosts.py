"""Hosts that misbehave while the pad heats: nothing they do may cost the loop a stall."""

from __future__ import annotations

import random

import pytest

from tests.hardware.bench import Bench, request
from tests.hardware.operator import Operator

_CONTROL = b"\x03\x03\x04\x01\x02\x05\x03\x04"
_NOISE_BYTES = 16_384
_UNREAD_REQUESTS = 120


def undisturbed(bench: Bench, operator: Operator) -> None:
    """Still heating, with K1 never let go."""
    bench.connect()
    told = bench.client.status()
    assert (told.state, told.master) == ("running", True), told
    assert operator.sees("lamp")
    assert not operator.sees("master_fell")


def test_control_bytes_are_data_and_stop_nothing(bench: Bench, operator: Operator) -> None:
    bench.start()
    operator.do("watch_master")

    with bench.raw() as port:
        for byte in _CONTROL:
            port.write(bytes([byte]))
            bench.wait(0.1)
        port.write(b"\r\n")

    undisturbed(bench, operator)


def test_sixteen_kib_of_noise(bench: Bench, operator: Operator) -> None:
    bench.start()
    operator.do("watch_master")

    with bench.raw() as port:
        port.write(random.Random(3).randbytes(_NOISE_BYTES) + b"\n")
        port.flush()

    undisturbed(bench, operator)
    assert bench.client.status().rx_errors > 20


def test_a_host_that_asks_and_never_reads(bench: Bench, operator: Operator) -> None:
    bench.start()
    operator.do("watch_master")

    with bench.raw() as port:
        for number in range(_UNREAD_REQUESTS):
            port.write(request("hello", number))
            bench.wait(0.1)

    undisturbed(bench, operator)
    assert bench.client.status().tx_dropped > 0


@pytest.mark.requirement("SR-13")
def test_a_cable_that_is_pulled_ends_an_attended_session(bench: Bench, operator: Operator) -> None:
    bench.start(attended_s=10)
    assert operator.sees("lamp")

    bench.disconnect()
    operator.do("cable_out")
    bench.wait(12.0)
    assert not operator.sees("lamp")
    operator.do("cable_in")
    bench.connect()

    assert bench.client.status().state == "idle"
    entry = bench.client.journal()["entries"][-1]
    assert (entry["outcome"], entry["reason"]) == ("stopped", "attended")


def test_a_cable_that_is_pulled_leaves_a_session_that_stands_alone(
    bench: Bench, operator: Operator
) -> None:
    bench.start()
    operator.do("watch_master")

    bench.disconnect()
    operator.do("cable_out")
    bench.wait(8.0)
    assert operator.sees("lamp")
    operator.do("cable_in")

    undisturbed(bench, operator)
