"""A simulated device on a pseudo-terminal of its own, as a serial port is: in real time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from poultice.virtual.options import parse_options
from poultice.virtual.pty_server import PtyServer
from poultice.virtual.virtual_device import VirtualDevice


class Served:
    """The device behind `path` for as long as this is open; `heard` may change what it hears."""

    def __init__(
        self, options: str = "?speed=20", heard: Callable[[bytes], bytes] = lambda data: data
    ) -> None:
        self.device = VirtualDevice(parse_options(options))
        take = self.device.host_bytes_in
        self.device.host_bytes_in = lambda data: take(heard(data))  # type: ignore[method-assign]
        self._server = PtyServer(self.device)
        self.path = self._server.path
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._server.serve, args=(self._over.is_set,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join(60)

    @property
    def running(self) -> bool:
        """Is a session running, paused or waiting?"""
        return self.device.in_session
