"""The built pages as a static host serves them, and behind them a port: a pseudo-terminal on which
a device is served in real time. What a page asks of the port it asks of this server."""

from __future__ import annotations

import contextlib
import errno
import functools
import http.server
import os
import select
import shutil
import socket
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docs.site import browser as page_sources

BRIDGE = Path(__file__).with_name("serial_bridge.js").read_text(encoding="utf-8")
_READ_S = 1.0


class Port:
    """One device at the end of a cable: who opens it second is refused, as an operating system
    does; pulled out it is gone for whoever has it."""

    def __init__(self) -> None:
        self.path: str | None = None
        self.choosable = True
        self.network = True
        self._fd: int | None = None
        self._turn = 0
        self._lock = threading.Lock()

    def plug(self, path: str) -> None:
        self.path = path

    def pull(self) -> None:
        self.path = None
        self.close()

    @property
    def held(self) -> bool:
        return self._fd is not None

    def open(self) -> int | None:
        """Whose turn it is from now on; None where another has it."""
        with self._lock:
            if self._fd is not None or self.path is None:
                return None
            self._fd = os.open(self.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            tty.setraw(self._fd)
            self._turn += 1
            return self._turn

    def read(self, turn: int, reader: socket.socket) -> bytes | None:
        """What is there after a second at most; None once the port or its reader is gone."""
        fd = self._fd
        try:
            if fd is None or turn != self._turn:
                return None
            ready, _, _ = select.select([fd, reader], [], [], _READ_S)
            if reader in ready and not reader.recv(1, socket.MSG_PEEK):
                return None
            if turn != self._turn:
                return None
            return os.read(fd, 65_536) if fd in ready else b""
        except (OSError, ValueError) as error:
            return b"" if getattr(error, "errno", 0) == errno.EAGAIN and self._fd else None

    def write(self, data: bytes) -> bool:
        try:
            return self._fd is not None and os.write(self._fd, data) >= 0
        except OSError as error:
            return error.errno == errno.EAGAIN

    def close(self, turn: int | None = None) -> None:
        """Let go of it; only of one's own, where that is said: another may have it by now."""
        with self._lock:
            if turn not in (None, self._turn):
                return
            fd, self._fd = self._fd, None
            if fd is not None:
                os.close(fd)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


class Handler(Quiet):
    port: Port
    bridge: list[str]
    seen: list[str]

    def do_GET(self) -> None:
        if not self.port.network:
            self._answer(b"", ok=False)
            return
        # In the page and in its worker it comes with what asks for the ports.
        if self.path == "/browser/port.js":
            text = Path(self.translate_path(self.path)).read_text(encoding="utf-8")
            self._answer("\n".join([*self.bridge, text]).encode(), kind="text/javascript")
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        what = self.path.removeprefix("/serial/")
        if what == "write":
            self._answer(b"", ok=self.port.write(body))
        elif what == "open":
            turn = self.port.open()
            if turn is None:
                self._answer(b"", ok=False)
                return
            self._pour(turn)
            self.port.close(turn)
        elif what.startswith("seen-"):
            self.seen.append(what.removeprefix("seen-"))
            self._answer(b"")
        elif what == "choose":
            self._answer(b"", ok=self.port.choosable)
        else:
            self.port.close()
            self._answer(b"")

    def _pour(self, turn: int) -> None:
        """What the port says, until it is closed or pulled, or the page is gone."""
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            while (data := self.port.read(turn, self.connection)) is not None:
                self.wfile.write(data)

    def _answer(self, data: bytes, *, ok: bool = True, kind: str = "text/plain") -> None:
        self.send_response(200 if ok else 410)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # a page that is gone
            self.wfile.write(data)


def built(site: Path) -> Path:
    """The folder with the pages as the build makes them. Raises PackageError."""
    shutil.copytree(page_sources.PAGE, site / "browser")
    page_sources.build(site)
    return site


@contextmanager
def static(site: Path, handler: type[Quiet] | None = None) -> Iterator[str]:
    """The address of a folder, as any static host serves it."""
    made = functools.partial(handler or Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), made)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def served(
    site: Path, port: Port, bridge: list[str], seen: list[str] | None = None
) -> Iterator[str]:
    """The address of the folder `browser` of `site`; what asks for the ports begins with `bridge`,
    and `seen` gains what a page tells of how it is seen."""
    told = {"port": port, "bridge": bridge, "seen": [] if seen is None else seen}
    with static(site, type("Bridged", (Handler,), told)) as address:
        try:
            yield f"{address}/browser"
        finally:
            port.pull()
