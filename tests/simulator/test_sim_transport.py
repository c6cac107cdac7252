"""`sim:` as a transport: virtual time only while waiting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poultice.device.discovery import open_transport
from poultice.errors import DeviceLostError, UsageError
from poultice.virtual.in_process import InProcessTransport, simulated
from poultice_core import codec
from tests.simulator.link import HEAT


def ask(transport: InProcessTransport, method: str, **params: Any) -> dict[str, Any]:
    request: dict[str, object] = {
        "jsonrpc": "2.0",
        "id": method,
        "method": method,
        "params": params,
    }
    transport.send(codec.encode(request))
    while (line := transport.receive(3.0)) is not None:
        text = codec.unseal(line)
        assert text is not None
        answer: dict[str, Any] = json.loads(text)
        if answer.get("id") == method:
            return answer
    raise AssertionError(f"no answer to {method}")


def start(transport: InProcessTransport, attended_s: int = 0) -> None:
    transport.receive(1.0)
    plan = {"name": "x", "phases": [HEAT], "attended_s": attended_s}
    token = ask(transport, "arm", plan=plan)["result"]["token"]
    ask(transport, "start", token=token)


@pytest.fixture
def transport() -> InProcessTransport:
    return simulated("sim:?speed=max")


def test_the_path_opens_it() -> None:
    opened = open_transport("sim:?speed=max&seed=3")
    assert isinstance(opened, InProcessTransport)
    assert opened.path == "sim:?speed=max&seed=3"
    assert ask(opened, "hello")["result"]["board"] == "sim"
    opened.close()


def test_a_wrong_option_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        open_transport("sim:?speeed=max")


def test_time_passes_only_while_waiting(transport: InProcessTransport) -> None:
    assert transport.now_s() == 0.0
    transport.send(b"\n")
    assert transport.now_s() == 0.0
    assert transport.receive(2.5) is None
    assert transport.now_s() == pytest.approx(2.5)
    assert transport.receive(0.0) is None
    assert transport.now_s() == pytest.approx(2.5)


def test_an_answer_costs_no_time(transport: InProcessTransport) -> None:
    before_s = transport.now_s()
    assert ask(transport, "ping")["result"] == {"uptime_ms": 0}
    assert transport.now_s() == before_s


def test_a_megabyte_without_a_line_feed_is_survived(transport: InProcessTransport) -> None:
    for _ in range(256):
        transport.send(b"x" * 4096)
    transport.receive(60.0)
    transport.send(b"\n")
    transport.receive(60.0)
    assert "result" in ask(transport, "ping")


@pytest.mark.parametrize("fault", ["host_lost", "power_cut"])
def test_losses_show_as_a_lost_device(fault: str) -> None:
    transport = simulated(f"sim:?speed=max&fault={fault}@20")
    start(transport)
    with pytest.raises(DeviceLostError) as caught:
        while True:
            transport.receive(60.0)
    assert caught.value.hint
    with pytest.raises(DeviceLostError):
        transport.send(b"\n")


@pytest.mark.requirement("SR-13")
def test_a_session_left_alone_is_run_to_its_end_at_closing(tmp_path: Path) -> None:
    path = f"sim:?speed=max&state={tmp_path}"
    transport = simulated(path + "&fault=host_lost@20")
    start(transport, attended_s=10)
    with pytest.raises(DeviceLostError):
        while True:
            transport.receive(60.0)
    transport.close()
    transport.close()
    again = simulated(path)
    (entry,) = ask(again, "journal")["result"]["entries"]
    assert (entry["outcome"], entry["reason"]) == ("stopped", "attended")


def test_a_closed_transport_is_gone(transport: InProcessTransport) -> None:
    transport.close()
    with pytest.raises(DeviceLostError):
        transport.receive(1.0)


@pytest.mark.parametrize(("query", "real_s"), [("", 60 / 120), ("?speed=600", 0.1)])
def test_speed_is_kept_by_sleeping(
    query: str, real_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("poultice.virtual.in_process.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(
        "poultice.virtual.in_process.time.sleep", lambda s: clock.__setitem__(0, clock[0] + s * 1.2)
    )
    simulated("sim:" + query).receive(60.0)
    assert clock[0] == pytest.approx(real_s, abs=0.02)
