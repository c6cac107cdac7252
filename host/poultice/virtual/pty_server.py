"""A simulated device on a pseudo-terminal, so that any serial program can talk to it (POSIX only).

Unlike `sim:` in process, simulated time follows the wall clock here, times `speed`: the program at
the other end keeps its own time.
"""

from __future__ import annotations

import errno
import math
import os
import select
import time
from collections.abc import Callable

from poultice.errors import UsageError
from poultice.virtual.simulated_device import SimulatedDevice
from poultice.virtual.virtual_board import TICK_MS

DEFAULT_SPEED = 1.0
_READ_BYTES = 4096
# After a suspend, or while a slow machine did something else, the device must not race through
# what it missed: the program at the other end missed it too, and would be found silent. A second.
_CATCH_UP_TICKS = 10
# A host pings every two seconds.
_GONE_S = 10.0


class PtyServer:
    """One device on one pseudo-terminal; `path` is what a serial program opens.

    Raises UsageError where the system has no pseudo-terminals, or an option is impossible.
    """

    def __init__(self, device: SimulatedDevice) -> None:
        try:
            import tty
        except ImportError:
            raise UsageError(
                "this system has no pseudo-terminals",
                hint="use -d sim: in the command itself, it needs none",
            ) from None
        self.device = device
        speed = device.options.speed
        speed = DEFAULT_SPEED if speed is None else speed
        self._tick_real_s = 0.0 if math.isinf(speed) else TICK_MS / 1000 / speed
        # Our own hold on the far end: without one, reading fails while no program has it open.
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self.path = os.ttyname(self._far)
        self._unsent = b""
        self._heard_s = time.monotonic()

    def serve(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Run until `stop()`, the device has no power, or its cable is pulled (`host_lost`;
        it then runs on to the end of its session). Closes the pseudo-terminal."""
        import fcntl
        import termios

        device = self.device
        due_s = time.monotonic()
        try:
            while device.alive and not device.host_lost and not stop():
                self._exchange(max(0.0, due_s - time.monotonic()))
                now_s = time.monotonic()
                if now_s - self._heard_s > _GONE_S:
                    # A program that was killed gives its exclusive hold on a port back with the
                    # port; this one stays open, by us.
                    self._heard_s = now_s
                    fcntl.ioctl(self._far, termios.TIOCNXCL)
                if now_s >= due_s:
                    device.step()
                    missed_s = _CATCH_UP_TICKS * self._tick_real_s
                    due_s = max(due_s + self._tick_real_s, now_s - missed_s)
            self._drain()
        finally:
            self.close()
        device.run_on()

    def close(self) -> None:
        """Take the pseudo-terminal away; whoever has it open sees the device go."""
        for end in (self._near, self._far):
            try:
                os.close(end)
            except OSError:
                # Closed before.
                pass
        self._near = self._far = -1

    def _exchange(self, wait_s: float) -> None:
        """Move bytes both ways; wait at most `wait_s` for some to come."""
        self._drain()
        ready, _, _ = select.select([self._near], [], [], wait_s)
        if ready:
            self._heard_s = time.monotonic()
            self.device.host_bytes_in(self._read())
            self._drain()

    def _read(self) -> bytes:
        try:
            return os.read(self._near, _READ_BYTES)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EIO):
                return b""
            raise

    def _drain(self) -> None:
        """Write what the terminal takes. While it takes none, the board's own buffer fills."""
        if not self._unsent:
            self._unsent = self.device.host_bytes_out()
        if self._unsent:
            try:
                sent = os.write(self._near, self._unsent)
            except BlockingIOError:
                return
            self._unsent = self._unsent[sent:]


def serve(device: SimulatedDevice, announce: Callable[[str], None]) -> None:
    """Serve one device until interrupted; `announce` is given the path before anything else.

    Raises UsageError as `PtyServer` does.
    """
    server = PtyServer(device)
    announce(server.path)
    server.serve()
