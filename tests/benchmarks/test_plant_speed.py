"""How fast the simulation is (pytest-benchmark; reported, not asserted)."""

from __future__ import annotations

from pytest_benchmark.fixture import BenchmarkFixture

from poultice.virtual.adc import Channel
from poultice.virtual.plant import Plant
from poultice.virtual.virtual_device import VirtualDevice


def test_plant_step(benchmark: BenchmarkFixture) -> None:
    plant = Plant()
    benchmark(plant.step, 0.1, True, False)


def test_plant_from_nothing(benchmark: BenchmarkFixture) -> None:
    benchmark(Plant)


def test_burst_of_sixteen(benchmark: BenchmarkFixture) -> None:
    channel, codes = Channel(1), [0] * 16
    benchmark(channel.sample, 40.0, codes)


def test_board_interval(benchmark: BenchmarkFixture) -> None:
    board = VirtualDevice().board
    benchmark(board.advance, 100)


def test_idle_tick(benchmark: BenchmarkFixture) -> None:
    device = VirtualDevice()
    device.run_until(lambda: device.now_s >= 2.0)
    benchmark(device.step)
