"""A second program on the port: what it writes there, and what it reads away."""

from __future__ import annotations

import os
import select
import threading

import pytest

from poultice.link.client import Client
from poultice.link.messages import Event, Telemetry
from poultice.link.serial_port import SerialTransport
from poultice.session.engine import Engine
from tests.host.fakes import FakePhase, FakePlan
from tests.host.served import Served

PLAN = FakePlan((FakePhase("cold", 60, 15_000),))
WANTS = {"running": "pause", "paused": "resume"}


def outcome(served: Served) -> tuple[str | None, set[str]]:
    """How a session ends that is confirmed, paused, resumed and stopped; its states."""
    states: set[str] = set()
    with Client(SerialTransport(served.path)) as client:
        client.settle()
        engine = Engine(client, PLAN)

        def tell(update: Telemetry | Event) -> None:
            if isinstance(update, Event):
                return
            if update.state == "running" and "paused" in states:
                engine.orders.stop()
            elif update.state == "waiting" and update.prompt:
                engine.orders.confirm(update.prompt)
            elif update.state in WANTS and update.state not in states:
                engine.orders.want(WANTS[update.state])
            states.add(update.state)

        engine.run(tell)
    return engine.result.outcome if engine.result else None, states


@pytest.mark.parametrize("method", ["arm", "start", "confirm", "pause", "resume", "journal"])
def test_what_it_writes_before_a_request_costs_nothing(method: str) -> None:
    heard: list[bytes] = []

    def noisy(data: bytes) -> bytes:
        if f'"method":"{method}"'.encode() not in data:
            return data
        heard.append(data)
        return b"AT+" + data

    with Served("?speed=20&cooler=0&user=absent", noisy) as served:
        found, states = outcome(served)
    assert heard
    assert found == "stopped"
    assert states >= {"waiting", "running", "paused"}


def test_what_it_reads_away_costs_no_session() -> None:
    over = threading.Event()
    taken: list[int] = []

    def reads() -> None:
        port = os.open(served.path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        while not over.wait(0.1):
            if select.select([port], [], [], 0.1)[0]:
                taken.append(len(os.read(port, 200)))
        os.close(port)

    with Served() as served, Client(SerialTransport(served.path)) as client:
        client.settle()
        engine = Engine(client, FakePlan((FakePhase("heat", 90, 40_000),)))
        reader = threading.Thread(target=reads)
        reader.start()
        try:
            engine.run(lambda update: None)
        finally:
            over.set()
            reader.join()
    assert sum(taken) > 0
    assert engine.result is not None
    assert engine.result.outcome == "complete"
