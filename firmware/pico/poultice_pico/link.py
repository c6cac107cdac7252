"""The USB line: a whole line or nothing, and never a wait.

The release image tells how much room the transmit buffer has (module `usbline`). A stock image
does not: there a line is let out a byte at a time behind POLLOUT, a bounded number a tick, and
after a write that was slow or fell short nothing is said until the host has been heard again.
"""

import select
import sys
from time import ticks_diff, ticks_ms

from micropython import const

_BYTES_A_TICK = const(160)
_SLOW_MS = const(20)

_in = sys.stdin.buffer
_out = sys.stdout.buffer


class ReleaseLink:
    """On our own image."""

    def __init__(self, usbline):
        self._take = usbline.take
        self._room = usbline.room
        self._write = _out.write

    def receive(self, buffer):
        """Bytes that have arrived, at most what fits; their number."""
        return self._take(buffer)

    def send(self, line):
        """The whole line, or nothing and False."""
        size = len(line)
        return self._room() >= size and self._write(line) == size

    def pump(self):
        """Nothing waits here."""


class StockLink:
    """On an image of somebody else's: 256 bytes of buffer, and no way to ask how many are free."""

    def __init__(self):
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._room = select.poll()
        self._room.register(sys.stdout, select.POLLOUT)
        self._byte = bytearray(1)
        self._line = b""
        self._sent = 0
        self._mute = False

    def receive(self, buffer):
        """Bytes that have arrived, at most what fits; their number."""
        count = 0
        while count < len(buffer) and self._poll.poll(0):
            _in.readinto(self._byte)
            buffer[count] = self._byte[0]
            count += 1
        if count:
            self._mute = False
        return count

    def send(self, line):
        """Take the whole line to let it out, or nothing and False.

        A line feed that waits by itself is let out with the line that it is to protect.
        """
        waiting = self._line[self._sent :]
        if self._mute or (waiting and waiting != b"\n"):
            return False
        self._line = waiting + line
        self._sent = 0
        return True

    def pump(self):
        """Once a tick: let out a little of the line that waits."""
        line = self._line
        last = min(len(line), self._sent + _BYTES_A_TICK)
        while self._sent < last and not self._mute and self._room.poll(0):
            self._byte[0] = line[self._sent]
            started_ms = ticks_ms()
            written = _out.write(self._byte)
            self._mute = written != 1 or ticks_diff(ticks_ms(), started_ms) > _SLOW_MS
            self._sent += 1
        if self._mute:
            self._line = b""
            self._sent = 0


def link():
    """The link of the image this runs on."""
    try:
        import usbline
    except ImportError:
        return StockLink()
    return ReleaseLink(usbline)
