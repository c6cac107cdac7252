"""A second program on the port: what it writes there, and what it reads away."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time

import pytest

from poultice.link.client import Client
from poultice.link.messages import Event, Telemetry
from poultice.link.serial_port import SerialTransport
from poultice.session.engine import Engine
from tests.host.faulty import plan
from tests.host.served import Served

# What a machine that is slow for three seconds does not end: the device's own clock runs faster.
ATTENDED_S = 60
PLAN = plan(("cold", 15_000, 600), attended_s=ATTENDED_S)


def outcome(served: Served) -> tuple[str | None, set[str]]:
    """How a session ends that is confirmed, paused, resumed and stopped; its states."""
    states: set[str] = set()
    with Client(SerialTransport(served.path)) as client:
        client.settle()
        engine = Engine(client, PLAN)

        def tell(update: Telemetry | Event) -> None:
            if isinstance(update, Event):
                return
            # Whatever is declined, since the device had gone on by then, is asked for again.
            if update.state == "running" and states >= {"waiting", "paused"}:
                engine.orders.stop()
            elif update.state == "running":
                engine.orders.want("pause")
            elif update.state == "paused":
                engine.orders.want("resume")
            elif update.state == "waiting" and update.prompt:
                engine.orders.confirm(update.prompt)
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
    running, over = threading.Event(), threading.Event()
    taken: list[int] = []

    def reads() -> None:
        port = os.open(served.path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        running.wait()
        # A few of every ten lines, however fast either of the two is.
        while not over.is_set():
            heard = served.device.now_s
            if select.select([port], [], [], 0.1)[0]:
                with contextlib.suppress(BlockingIOError):
                    taken.append(len(os.read(port, 200)))
            while served.device.now_s < heard + 3 and not over.is_set():
                time.sleep(0.001)
        os.close(port)

    with Served() as served, Client(SerialTransport(served.path)) as client:
        client.settle()
        engine = Engine(client, plan(("heat", 40_000, 90), attended_s=ATTENDED_S))
        reader = threading.Thread(target=reads)
        reader.start()
        try:
            engine.run(lambda update: running.set())
        finally:
            running.set()
            over.set()
            reader.join()
    assert sum(taken) > 0
    assert engine.result is not None
    assert engine.result.outcome == "complete"
