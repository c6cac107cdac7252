"""A transport that somebody listens to: every line, both ways, as it goes over the link."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from poultice.link.transport import Transport

Tap = Callable[[str, str, bytes], None]
"""Given the device path, `>` (to the device) or `<` (from it), and the line. It must not wait: it
is called from the session's thread."""

_taps: list[Tap] = []


@contextlib.contextmanager
def listening(tap: Tap) -> Iterator[None]:
    """Let `tap` hear whatever is opened meanwhile."""
    _taps.append(tap)
    try:
        yield
    finally:
        _taps.remove(tap)


def tapped(transport: Transport) -> Transport:
    """`transport`, heard by who listens."""
    return _Tapped(transport, _taps[-1]) if _taps else transport


class _Tapped:
    def __init__(self, transport: Transport, tap: Tap) -> None:
        self.path = transport.path
        self.virtual = transport.virtual
        self._transport = transport
        self._tap = tap
        self.now_s = transport.now_s

    def send(self, line: bytes) -> None:
        self._tap(self.path, ">", line)
        self._transport.send(line)

    def receive(self, timeout_s: float) -> bytes | None:
        line = self._transport.receive(timeout_s)
        if line is not None:
            self._tap(self.path, "<", line)
        return line

    def close(self) -> None:
        self._transport.close()
