"""Windows and macOS, as far as Linux can show it: without POSIX' modules and calls, and a serial
port that no `select` knows (a TCP port stands in for it)."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from poultice.cli import terminal
from poultice.errors import NoDeviceError, PortBusyError
from poultice.link import serial_port
from tests.host import elsewhere
from tests.host.served import Served

ROOT = Path(__file__).parents[2]
SHORT = "tests/protocols/short.toml"


def there(directory: Path, *words: str, port: int = 0) -> subprocess.CompletedProcess[str]:
    """`poultice WORDS` on such a system."""
    environment = {
        **os.environ,
        "POULTICE_DATA_DIR": str(directory),
        "TCP_PORT": str(port),
        "PYTHONPATH": os.pathsep.join(str(ROOT / one) for one in ("host", "firmware/core", ".")),
    }
    return subprocess.run(
        [sys.executable, "-m", elsewhere.__name__, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextlib.contextmanager
def over_tcp(options: str) -> Iterator[tuple[Served, int]]:
    """A served device behind a TCP port, for one connection after another."""
    over = threading.Event()
    with Served(options) as served, socket.create_server(("127.0.0.1", 0)) as listening:
        device = os.open(served.path, os.O_RDWR | os.O_NOCTTY)

        def carry() -> None:
            link: socket.socket | None = None
            while not over.is_set():
                from_host = listening if link is None else link
                ready, _, _ = select.select([from_host, device], [], [], 0.05)
                if listening in ready:
                    link, _ = listening.accept()
                elif link in ready and link is not None:
                    data = link.recv(4096)
                    if data:
                        os.write(device, data)
                    else:
                        link.close()
                        link = None
                if device in ready:
                    told = os.read(device, 4096)
                    with contextlib.suppress(OSError):
                        if link is not None:
                            link.sendall(told)
            if link is not None:
                link.close()

        thread = threading.Thread(target=carry)
        thread.start()
        try:
            yield served, listening.getsockname()[1]
        finally:
            over.set()
            thread.join(60)
            os.close(device)


def test_a_session_runs_over_such_a_port(tmp_path: Path) -> None:
    with over_tcp("?speed=20") as (_, port):
        ran = there(tmp_path, "run", SHORT, "-d", "COM7", "--yes", "--json", port=port)
        assert ran.returncode == 0, ran.stderr
        assert json.loads(ran.stdout)["outcome"] == "complete"
        found = there(tmp_path, "status", "-d", "serial:COM7", "--json", port=port)
        assert json.loads(found.stdout)["state"] == "idle"
    listed = there(tmp_path, "history", "--json")
    assert [one["outcome"] for one in json.loads(listed.stdout)["sessions"]] == ["complete"]


@pytest.mark.parametrize(
    "words",
    [
        "protocols",
        "devices",
        "doctor -d sim:",
        "config show -d sim:",
        "run tests/protocols/short.toml -d sim:?speed=max --yes --record r.jsonl --log-file l -vv",
        "campaign --runs 2 --jobs 1",
        "completion bash",
        "firmware info -d sim:",
        "help run",
    ],
)
def test_a_command_needs_nothing_of_posix(words: str, tmp_path: Path) -> None:
    here = [one.replace("r.jsonl", str(tmp_path / "r")) for one in words.split()]
    done = there(tmp_path, *(str(tmp_path / "l") if one == "l" else one for one in here))
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("status -d COM9", 3, "there is no port COM9"),
        ("simulator", 2, "no pseudo-terminals"),
        ("status -d nope:", 2, "is not a device path"),
    ],
)
def test_what_cannot_be_is_told_in_words_that_hold_there(
    words: str, code: int, says: str, tmp_path: Path
) -> None:
    done = there(tmp_path, *words.split())
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert "fuser" not in done.stderr and "udisksctl" not in done.stderr


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("PermissionError(13, 'Access is denied.', None, 5)", PortBusyError),
        ("FileNotFoundError(2, 'The system cannot find the file', None, 2)", NoDeviceError),
    ],
)
def test_windows_words_for_a_port_are_understood(
    text: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyserial has the number in its text alone there."""
    monkeypatch.setattr(serial_port, "_WINDOWS", True)
    error = serial_port.opening_error("COM3", OSError(f"could not open port 'COM3': {text}"))
    assert type(error) is kind
    assert "fuser" not in str(error.hint)


class Console(ModuleType):
    """`msvcrt`, with what is typed."""

    def __init__(self, typed: str) -> None:
        super().__init__("msvcrt")
        self.left = list(typed)

    def kbhit(self) -> bool:
        return bool(self.left)

    def getwch(self) -> str:
        return self.left.pop(0)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("s", ["s"]),
        ("\r", ["\r"]),
        ("\xe0H", ["\x1b[A"]),
        ("\x00Ps", ["\x1b[B", "s"]),
        ("\xe0G", ["\x1b"]),
        ("", [None]),
    ],
)
def test_the_keys_of_a_windows_console(
    typed: str, read: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "msvcrt", Console(typed))
    now_s = iter(range(100))
    clock: Any = SimpleNamespace(monotonic=lambda: next(now_s), sleep=lambda seconds: None)
    monkeypatch.setattr(terminal, "time", clock)
    monkeypatch.setattr(terminal, "termios", None)
    console = terminal.here()
    assert console.take()
    assert [console.read(0.5) for _ in read] == read
    console.flush()
    assert console.read(0.5) is None


def test_what_was_typed_before_is_forgotten_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msvcrt", Console("ss\r"))
    monkeypatch.setattr(terminal, "termios", None)
    console = terminal.here()
    console.flush()
    assert console.read(0.0) is None
    console.give_back()
