"""The virtual device on a pseudo-terminal, through real pyserial."""

from __future__ import annotations

import fcntl
import json
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from poultice.device.discovery import open_transport
from poultice.errors import DeviceLostError
from poultice.link.transport import Transport
from poultice.virtual.options import parse_options
from poultice.virtual.virtual_device import VirtualDevice
from poultice_core import codec

pty_server = pytest.importorskip("poultice.virtual.pty_server")
pytest.importorskip("tty")

# Linux; Python has no name for it.
TIOCGEXCL = 0x80045440


@contextmanager
def served(query: str) -> Iterator[tuple[str, threading.Event]]:
    server = pty_server.PtyServer(VirtualDevice(parse_options(query)))
    stop = threading.Event()
    thread = threading.Thread(target=server.serve, args=(stop.is_set,))
    thread.start()
    try:
        yield server.path, stop
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def ask(transport: Transport, method: str) -> dict[str, Any]:
    request: dict[str, object] = {"jsonrpc": "2.0", "id": method, "method": method}
    transport.send(codec.encode(request))
    while (line := transport.receive(5.0)) is not None:
        answer: dict[str, Any] = json.loads(codec.unseal(line) or b"{}")
        if answer.get("id") == method:
            return answer
    raise AssertionError(f"no answer to {method}")


def test_any_serial_program_can_talk_to_it_again_and_again() -> None:
    with served("?speed=500") as (path, _):
        for _ in range(2):
            transport = open_transport(path)
            assert ask(transport, "hello")["result"]["board"] == "sim"
            assert ask(transport, "status")["result"]["state"] in ("boot", "self_test", "idle")
            transport.close()


@pytest.mark.parametrize("speed", [1, 20])
def test_what_a_slow_machine_missed_is_not_raced_through(
    speed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_s, waits = [0.0], []
    monkeypatch.setattr(pty_server.time, "monotonic", lambda: clock_s[0])
    device = VirtualDevice(parse_options(f"?speed={speed}"))
    server = pty_server.PtyServer(device)

    def exchange(wait_s: float) -> None:
        waits.append(wait_s)
        # Once the machine is busy with something else for a while.
        clock_s[0] += wait_s if len(waits) != 5 else 60.0

    monkeypatch.setattr(server, "_exchange", exchange)
    server.serve(lambda: len(waits) > 50)
    at_once = [wait_s < 1e-9 for wait_s in waits[5:]]
    assert 9 <= sum(at_once) <= 11 and not any(at_once[11:])


def test_a_server_that_stops_is_a_device_pulled_out() -> None:
    with served("?speed=500") as (path, stop):
        transport = open_transport(path)
        ask(transport, "hello")
        stop.set()
        with pytest.raises(DeviceLostError):
            for _ in range(100):
                transport.receive(1.0)
        transport.close()


def test_serve_announces_the_path_first(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pty_server.PtyServer, "serve", lambda self: said.append("served"))
    pty_server.serve(VirtualDevice(), said.append)
    assert said[0].startswith("/dev/")
    assert said[1:] == ["served"]


@pytest.mark.parametrize(("silent_s", "held"), [(9.9, True), (10.1, False)])
def test_a_program_that_was_killed_holds_the_port_no_longer(
    silent_s: float, held: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = pty_server.PtyServer(VirtualDevice(parse_options("?speed=max")))
    fcntl.ioctl(server._far, termios.TIOCEXCL)
    server._heard_s -= silent_s
    holds: list[bool] = []

    def stop() -> bool:
        told = fcntl.ioctl(server._far, TIOCGEXCL, struct.pack("i", 0))
        holds.append(bool(struct.unpack("i", told)[0]))
        return len(holds) == 2

    server.serve(stop)
    assert holds == [True, held]
