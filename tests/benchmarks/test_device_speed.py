"""How fast a whole device runs in process: `make bench`. Reported, not judged by a clock.

The aims: the device's tick with its plant at least 5000 times real time on one core (20 µs a
tick), `Guard.step` alone at most 8 µs.
"""

from __future__ import annotations

import json
from typing import Any

from pytest_benchmark.fixture import BenchmarkFixture

from poultice.simulator.options import parse_options
from poultice.simulator.virtual_device import VirtualDevice
from poultice_core import faults, messages, states
from poultice_core.guard import Guard
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.order import Inputs, Order
from poultice_core.relays import PAD

TICKS = 1000


def ask(device: VirtualDevice, method: str, params: dict[str, Any]) -> Any:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    device.host_bytes_in(messages.encode(request))
    device.controller.serve()
    for line in device.host_bytes_out().split(b"\n"):
        text = messages.unseal(line) if line else None
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
    assert device.controller.guard.state == states.RUNNING
    if benchmark.stats is not None:
        tick_s = benchmark.stats.stats.min / TICKS
        benchmark.extra_info["us_per_tick"] = round(tick_s * 1e6, 1)
        benchmark.extra_info["times_real_time"] = round(0.1 / tick_s)


def test_guard_step(benchmark: BenchmarkFixture) -> None:
    limits = Limits()
    guard = Guard(limits, Ledger(limits))
    inputs = Inputs()
    inputs.temp_a_mc = inputs.temp_b_mc = 39_800
    inputs.code_x8_a = inputs.code_x8_b = 1_520 * 8

    def run(ticks: int = TICKS) -> None:
        step = guard.step
        for _ in range(ticks):
            inputs.now_ms = inputs.now_ms + 100 & 0x3FFFFFFF
            inputs.raw_a ^= 1
            inputs.raw_b ^= 1
            inputs.sense = 1 if guard.outputs & PAD == PAD else 0
            step(inputs)

    run(50)
    order = Order()
    order.heat_s = order.total_s = 1_200
    order.heat_phases = 1
    guard.arm(order, 1)
    guard.start()
    inputs.ask_phase, inputs.ask_mode, inputs.ask_target_mc = 0, states.HEAT, 40_000
    inputs.ask_heat = True
    run(100)
    benchmark.pedantic(run, rounds=10)
    assert guard.fault == faults.NONE
    if benchmark.stats is not None:
        step_s = benchmark.stats.stats.min / TICKS
        benchmark.extra_info["us_per_step"] = round(step_s * 1e6, 2)
