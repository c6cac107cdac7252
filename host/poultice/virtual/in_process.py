"""A simulated device in this process: virtual time that passes only while somebody waits."""

from __future__ import annotations

import math
import time

from poultice.errors import DeviceLostError
from poultice.link.transport import LineBuffer
from poultice.virtual.options import parse_options
from poultice.virtual.virtual_board import TICK_MS
from poultice.virtual.virtual_device import VirtualDevice

DEFAULT_SPEED = 120.0
# Real sleeps shorter than this are all overshoot: they are saved up.
_SLEEP_MIN_S = 0.004


class SimTransport:
    """One open virtual device, `path` as in `sim:?speed=max&fault=estop@60`.

    A host that is slow, or stands in a debugger, never loses a session: the device's clock
    stands still between calls of `receive`. Raises UsageError for an option that is none.
    """

    virtual = True

    def __init__(self, path: str) -> None:
        self.path = path
        options = parse_options(path.removeprefix("sim:"))
        speed = DEFAULT_SPEED if options.speed is None else options.speed
        self._tick_real_s = 0.0 if math.isinf(speed) else TICK_MS / 1000 / speed
        self._owed_s = 0.0
        self._lines = LineBuffer()
        self._closed = False
        self.device = VirtualDevice(options)

    def send(self, line: bytes) -> None:
        """Write one line; the device handles it at once. Raises DeviceLostError."""
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
            device.step()
            data = device.host_bytes_out()
            if data:
                self._lines.feed(data)
            if self._tick_real_s:
                self._pace()

    def now_s(self) -> float:
        """Virtual seconds since the device was powered up."""
        return self.device.now_s

    def close(self) -> None:
        """Let go. A session still running is run to its end, so that its journal tells of it."""
        if not self._closed:
            self._closed = True
            self.device.lose_host()
            self.device.run_on()
            self.device.let_go()

    def _require(self) -> None:
        if self._closed or self.device.host_lost or not self.device.alive:
            raise DeviceLostError(
                f"{self.path} is gone",
                hint="a simulated loss: its flash, with state=PATH, tells what became of it",
            )

    def _pace(self) -> None:
        self._owed_s += self._tick_real_s
        if self._owed_s >= _SLEEP_MIN_S:
            before_s = time.monotonic()
            time.sleep(self._owed_s)
            # What was overslept is made good by the next ticks, within reason.
            self._owed_s = max(-0.1, self._owed_s - (time.monotonic() - before_s))
