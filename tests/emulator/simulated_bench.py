"""The bench of tests/hardware without a bench: the emulated chip at a port, a scripted person.

A pytest plugin, for a process of its own. BENCH_NEGLECTS names steps, with commas, that
the person says were done and leaves undone.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from queue import Queue

import pytest

from poultice.link import serial_port
from poultice.virtual.adc import NORMAL, OPEN, SHORT
from poultice.virtual.body import Pad
from poultice.virtual.emulator.bench import ESTOP, HEAT, MASTER, MS_NS
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.options import parse_options
from poultice.virtual.plant import Plant
from poultice.virtual.pty_server import PtyServer
from poultice.virtual.relays import Relay
from poultice.virtual.thermistors import B3950, code_of
from tests.hardware import bench

SERIAL = "E100000000000001"
_PRESS_S = 3.3
_LOOK_S = 0.002


def celsius(ohms: float) -> float:
    """The temperature that a thermistor of this resistance has: by its curve, not our table."""
    return B3950.celsius(code_of(ohms))


class Resistors(Plant):
    """A body whose sensors are two resistors: `ohms_a` and `ohms_b`."""

    ohms_a = ohms_b = B3950.ohms(36.0)

    def step(self, dt_s: float, heat: float, cool: float) -> None:
        super().step(dt_s, heat, cool)
        self.sensor_a_c, self.sensor_b_c = celsius(self.ohms_a), celsius(self.ohms_b)


class Bridged(Relay):
    """A contact with a wire across it."""

    def __init__(self) -> None:
        super().__init__()
        self.contact = True

    def _wanted(self) -> bool:
        return True


class BenchDevice(EmulatedDevice):
    """Does what the person does between two ticks, in the thread that lets time pass.

    Nobody takes its bytes while the host does not read: the chip's own buffer fills.
    """

    def __init__(self) -> None:
        # A lamp warms nothing, above all not the bimetal.
        self.resistors = Resistors(Pad(density_w_cm2=0.001))
        self._asked = True
        self._acts: Queue[tuple[Callable[[], None], threading.Event]] = Queue()
        super().__init__(parse_options("user=absent&cooler=0&two_point=0", "emulator"))

    def _make_plant(self) -> Plant:
        return self.resistors

    def step(self) -> None:
        while not self._acts.empty():
            act, done = self._acts.get()
            act()
            done.set()
        if not self._asked:
            self.console.reading = False
        self._asked = False
        super().step()

    def host_bytes_out(self) -> bytes:
        self._asked = True
        if not self.console.reading and self.console.plugged:
            self.console.resume()
        return super().host_bytes_out()

    def between(self, act: Callable[[], None]) -> None:
        """Have `act` done before the next tick."""
        done = threading.Event()
        self._acts.put((act, done))
        assert done.wait(60)


class DeviceClock:
    """Stands in for the module `time` where the host counts: the chip's own seconds, so that a
    machine on which the chip runs slowly has no shorter patience."""

    def __init__(self, device: BenchDevice) -> None:
        self._device = device

    def monotonic(self) -> float:
        return self._device.now_s

    def sleep(self, seconds: float) -> None:
        due_s = self._device.now_s + seconds
        while self._device.now_s < due_s:
            time.sleep(_LOOK_S)


class ScriptedOperator:
    """Hands, eyes and analyser of the emulated bench."""

    def __init__(self, device: BenchDevice) -> None:
        self._device = device
        self._neglects = os.environ.get("BENCH_NEGLECTS", "").split(",")
        self._watched_ns = 0.0
        self._stopped_ns = 0.0

    def agrees(self, question: str) -> bool:
        return SERIAL in question

    def do(self, step: str) -> None:
        act = getattr(self, f"_{step}")
        if step not in self._neglects:
            self._device.between(act)
        if step == "hold":
            self._until(self._device.now_s + _PRESS_S)
            self._device.between(self._release)
            self._until(self._device.now_s + 0.3)

    def box2(self, reading_c: float) -> None:
        from tests.hardware.resistors import BELOW_C, beside

        box2 = beside(reading_c, BELOW_C)
        resistors = self._device.resistors

        def act() -> None:
            resistors.ohms_a = 1 / (1 / self._box1 + 1 / box2)

        if "box2" not in self._neglects:
            self._device.between(act)

    def sees(self, question: str) -> bool:
        device = self._device
        if question == "lamp":
            return device.board.energised
        if question == "high":
            return device.chip.levels[MASTER] or device.chip.levels[HEAT]
        since = [edge for edge in device.chip.edges if edge[0] >= self._watched_ns]
        if question == "edges":
            return any(up for _, pin, up in since if pin in (MASTER, HEAT))
        return any(not up for _, pin, up in since if pin == MASTER)

    def reads(self, number: str) -> float:
        edges = [edge for edge in self._device.chip.edges if edge[1] == MASTER]
        if number == "estop_ms":
            fell = next(at for at, _, up in edges if not up and at >= self._stopped_ns)
            return (fell - self._stopped_ns) / MS_NS
        rose = next(at for at, _, up in edges if up and at >= self._watched_ns)
        fell = next(at for at, _, up in edges if not up and at > rose)
        return (fell - rose) / MS_NS

    def _until(self, due_s: float) -> None:
        while self._device.now_s < due_s:
            self._device.between(lambda: None)

    # --- the steps ----------------------------------------------------------------------

    def _rest(self) -> None:
        self._warm_to(36.0)
        self._device.board.channel_a.fail(NORMAL)
        self._device.board.estop_open = False
        self._device.board.supply = True
        self._device.board.settle()

    def _warm(self) -> None:
        self._warm_to(41.5)

    def _warm_to(self, reading_c: float) -> None:
        resistors = self._device.resistors
        self._box1 = B3950.ohms(reading_c)
        resistors.ohms_a = self._box1

    def _box2_off(self) -> None:
        self._device.resistors.ohms_a = self._box1

    def _open(self) -> None:
        self._device.board.channel_a.fail(OPEN)

    def _short(self) -> None:
        self._device.board.channel_a.fail(SHORT)

    def _plug(self) -> None:
        self._device.board.channel_a.fail(NORMAL)

    def _estop(self) -> None:
        self._device.board.estop_open = True
        self._device.chip.drive(ESTOP, True)
        self._stopped_ns = self._device.chip.now_ns

    def _estop_release(self) -> None:
        self._device.board.estop_open = False

    def _hold(self) -> None:
        self._device.board.button_down = True

    def _release(self) -> None:
        self._device.board.button_down = False

    def _supply_off(self) -> None:
        self._device.board.supply = False
        self._device.board.settle()

    def _weld(self) -> None:
        self._k2 = self._device.board.k2
        self._device.board.k2 = Bridged()
        self._device.board.settle()

    def _weld_off(self) -> None:
        self._device.board.k2 = self._k2
        self._device.board.settle()

    def _watch(self) -> None:
        self._watched_ns = self._device.chip.now_ns

    _watch_master = _watch

    def _cable_out(self) -> None:
        self._device.console.plugged = False

    def _cable_in(self) -> None:
        self._device.console.resume()

    def _power_cut(self) -> None:
        self._device.cut_power()
        for _ in range(500):
            self._device.step_ms()
        self._device.restore_power()
        self._watched_ns = 0.0


class SimulatedBench:
    """The plugin's hooks, and the thread in which time passes."""

    def __init__(self) -> None:
        device = BenchDevice()
        self._operator = ScriptedOperator(device)
        self._server = PtyServer(device)
        bench.time = serial_port.time = DeviceClock(device)  # type: ignore[attr-defined]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._server.serve, args=(self._over.is_set,))
        self._thread.start()

    def pytest_bench_port(self, serial: str) -> str:
        assert serial == SERIAL
        return self._server.path

    def pytest_bench_operator(self, config: pytest.Config) -> ScriptedOperator:
        return self._operator

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self._over.set()
        self._thread.join(60)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SimulatedBench(), "simulated_bench")
