"""The release image in this process: simulated time that passes only while somebody waits."""

from __future__ import annotations

import math
import time

from poultice.errors import DeviceLostError
from poultice.link.transport import LineBuffer
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.emulator.emulator_options import parse_emulator_options

# Real sleeps shorter than this are all overshoot: they are saved up.
_SLEEP_MIN_S = 0.004


class EmulatorTransport:
    """One open emulated device, `path` as in `emulator:?fault=hang@20`.

    It runs as fast as it can, about real time, or slower where `speed` says so. A restart of
    the device leaves the port open, as its own pseudo-terminal would. Raises UsageError for an
    option that is none, NoDeviceError where there is no image.
    """

    virtual = True

    def __init__(self, path: str) -> None:
        self.path = path
        options = parse_emulator_options(path.removeprefix("emulator:"))
        speed = math.inf if options.speed is None else options.speed
        self._ms_real_s = 0.0 if math.isinf(speed) else 0.001 / speed
        self._due_s = time.monotonic()
        self._lines = LineBuffer()
        self._closed = False
        self.device = EmulatedDevice(options)

    def send(self, line: bytes) -> None:
        """Write one line; the device takes it as time passes. Raises DeviceLostError."""
        self._require()
        self.device.host_bytes_in(line)

    def receive(self, timeout_s: float) -> bytes | None:
        """One line, or None after `timeout_s` simulated seconds. Raises DeviceLostError."""
        device = self.device
        deadline_s = device.now_s + timeout_s
        while True:
            line = self._lines.pop()
            if line is not None:
                return line
            self._require()
            if device.now_s >= deadline_s - 1e-9:
                return None
            device.step_ms()
            data = device.host_bytes_out()
            if data:
                self._lines.feed(data)
            if self._ms_real_s:
                self._pace()

    def now_s(self) -> float:
        """Simulated seconds since the device was powered up."""
        return self.device.now_s

    def close(self) -> None:
        """Let go. Where its flash is kept, a session still running is run to its end first."""
        if self._closed:
            return
        self._closed = True
        device = self.device
        if device.alive:
            device.lose_host()
            if device.options.state is not None:
                device.run_on()
            if device.alive:
                device.cut_power()
        device.let_go()

    def _require(self) -> None:
        if self._closed or self.device.host_lost or not self.device.alive:
            raise DeviceLostError(
                f"{self.path} is gone",
                hint="an emulated loss: its flash, with state=PATH, tells what became of it",
            )

    def _pace(self) -> None:
        now_s = time.monotonic()
        self._due_s = max(self._due_s + self._ms_real_s, now_s - 0.1)
        if self._due_s - now_s >= _SLEEP_MIN_S:
            time.sleep(self._due_s - now_s)
