"""How fast a whole device runs in process: `make bench`. Reported, not judged by a clock.

The aims: the device's tick with its plant at least 5000 times real time on one core (20 µs a
tick), `Guard.step` alone at most 8 µs.
"""

from __future__ import annotations

import json
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from poultice.virtual.options import parse_options
from poultice.virtual.virtual_device import VirtualDevice
from poultice_core import codec, config, faults, states
from poultice_core.guard import Guard
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.relays import PAD
from poultice_core.settings import Settings
from poultice_core.thermistor import B3950
from poultice_core.tick import ARM, NO_COMMAND, START, Ask, Order, Tick
from tests.core.rig import code_x8_for

TICKS = 1000


def ask(device: VirtualDevice, method: str, params: dict[str, Any]) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    device.host_bytes_in(codec.encode(request))
    device.controller.serve()
    for line in device.host_bytes_out().split(b"\n"):
        text = codec.unseal(line) if line else None
        if text is not None and json.loads(text).get("id") == 1:
            return json.loads(text)["result"]
    raise AssertionError(f"no answer to {method}")


def device_holding_heat() -> VirtualDevice:
    device = VirtualDevice(parse_options("speed=max"))
    for _ in range(50):
        device.step()
    phases = [{"mode": "heat", "target_mc": 40_500, "duration_s": 1_200}]
    token = ask(device, "arm", {"plan": {"name": "speed", "phases": phases}})["token"]
    ask(device, "start", {"token": token})
    for _ in range(3_000):
        device.step()
    return device


def test_device_tick_and_plant(benchmark: BenchmarkFixture) -> None:
    def set_up() -> tuple[tuple[VirtualDevice], dict[str, Any]]:
        return (device_holding_heat(),), {}

    def run(device: VirtualDevice) -> VirtualDevice:
        step = device.step
        for _ in range(TICKS):
            step()
        return device

    device = benchmark.pedantic(run, setup=set_up, rounds=10)
    assert device.loop.guard.state == states.RUNNING
    if benchmark.stats is not None:
        tick_s = benchmark.stats.stats.min / TICKS
        benchmark.extra_info["us_per_tick"] = round(tick_s * 1e6, 1)
        benchmark.extra_info["times_real_time"] = round(0.1 / tick_s)


def test_guard_step(benchmark: BenchmarkFixture) -> None:
    limits = Limits()
    told = Settings({**config.default(), "fold_safe": True, "two_point": True})
    guard = Guard(limits, told, Ledger(limits), B3950)
    inputs = Tick()
    ask = Ask()
    inputs.code_x8_a = inputs.code_x8_b = code_x8_for(39_800)

    def run(ticks: int = TICKS) -> None:
        step = guard.step
        for _ in range(ticks):
            inputs.at(inputs.now_ms + 100 & 0x3FFFFFFF)
            inputs.raw_a ^= 1
            inputs.raw_b ^= 1
            inputs.sense = 1 if guard.outputs & PAD == PAD else 0
            step(inputs, ask)
            inputs.command = NO_COMMAND

    run(50)
    inputs.order = Order()
    inputs.order.heat_s = inputs.order.total_s = 1_200
    inputs.order.heat_phases = 1
    inputs.token = 1
    for inputs.command in (ARM, START):
        run(1)
    ask.phase, ask.mode, ask.target_mc = 0, states.HEAT, 40_000
    ask.heat = True
    run(100)
    benchmark.pedantic(run, rounds=10)
    assert guard.latch.fault == faults.NONE
    if benchmark.stats is not None:
        step_s = benchmark.stats.stats.min / TICKS
        benchmark.extra_info["us_per_step"] = round(step_s * 1e6, 2)
