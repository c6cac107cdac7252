"""A virtual device in this process: its time passes only while somebody waits."""

from __future__ import annotations

import math
import time

from poultice.errors import DeviceLostError
from poultice.link.transport import LineBuffer
from poultice.virtual.options import parse_options
from poultice.virtual.simulated_device import SimulatedDevice
from poultice.virtual.virtual_device import VirtualDevice

DEFAULT_SPEED = 120.0
# Real sleeps shorter than this are all overshoot: they are saved up.
_SLEEP_MIN_S = 0.004
# What was overslept is made good by the next steps, within reason.
_BEHIND_MAX_S = 0.1


class InProcessTransport:
    """One open virtual device, `path` as in `sim:?speed=max&fault=estop@60`.

    A host that is slow, or stands in a debugger, never loses a session: the device's clock
    stands still between calls of `receive`. `speed` is at most so many times real time.
    """

    virtual = True

    def __init__(self, path: str, device: SimulatedDevice, speed: float) -> None:
        self.path = path
        self.device = device
        self._speed = speed
        self._due_s = time.monotonic()
        self._lines = LineBuffer()
        self._closed = False

    def send(self, line: bytes) -> None:
        """Write one line; the simulated device handles it at once, the emulated one as time
        passes. Raises DeviceLostError."""
        self._require()
        self.device.host_bytes_in(line)
        self._lines.feed(self.device.host_bytes_out())

    def receive(self, timeout_s: float) -> bytes | None:
        """One line, or None after `timeout_s` virtual seconds. Raises DeviceLostError."""
        device = self.device
        deadline_s = device.now_s + timeout_s
        while True:
            line = self._lines.pop()
            if line is not None:
                return line
            self._require()
            if device.now_s >= deadline_s - 1e-9:
                return None
            passed_s = device.pass_time()
            data = device.host_bytes_out()
            if data:
                self._lines.feed(data)
            if not math.isinf(self._speed):
                self._pace(passed_s / self._speed)

    def now_s(self) -> float:
        """Virtual seconds since the device was powered up."""
        return self.device.now_s

    def close(self) -> None:
        """Let go. A session still running is run to its end, so that its journal tells of it."""
        if not self._closed:
            self._closed = True
            self.device.leave()

    def _require(self) -> None:
        if self._closed or self.device.host_lost or not self.device.alive:
            raise DeviceLostError(
                f"{self.path} is gone",
                hint="a simulated loss: its flash, with state=PATH, tells what became of it",
            )

    def _pace(self, real_s: float) -> None:
        now_s = time.monotonic()
        self._due_s = max(self._due_s + real_s, now_s - _BEHIND_MAX_S)
        if self._due_s - now_s >= _SLEEP_MIN_S:
            time.sleep(self._due_s - now_s)


def simulated(path: str) -> InProcessTransport:
    """What `sim:` opens. Raises UsageError for an option that is none, PortBusyError."""
    options = parse_options(path.removeprefix("sim:"))
    speed = DEFAULT_SPEED if options.speed is None else options.speed
    return InProcessTransport(path, VirtualDevice(options), speed)


def emulated(path: str) -> InProcessTransport:
    """What `emulator:` opens, as fast as it can where `speed` says nothing: about real time.

    A restart of the device leaves the port open, as its own pseudo-terminal would. Raises
    UsageError for an option that is none, NoDeviceError where there is no image, PortBusyError.
    """
    from poultice.virtual.emulator.emulated_device import EmulatedDevice

    options = parse_options(path.removeprefix("emulator:"), "emulator")
    speed = math.inf if options.speed is None else options.speed
    return InProcessTransport(path, EmulatedDevice(options), speed)
