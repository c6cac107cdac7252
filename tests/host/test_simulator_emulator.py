"""`poultice simulator -d emulator:`: the release image behind a port, for real pyserial."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from poultice.cli import main
from poultice.device.discovery import open_transport
from poultice.link.client import Client
from tests.host.served import require_image

pytest.importorskip("tty")


@pytest.fixture
def path() -> Iterator[str]:
    """A port that `poultice simulator` announced; afterwards Ctrl-C, which has to end it well."""
    require_image()
    server = subprocess.Popen(
        [sys.executable, "-m", "poultice", "simulator", "-d", "emulator:?seed=7"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
        assert server.stdout.read() == ""
    finally:
        server.kill()
        server.communicate()


def test_the_first_line_is_a_port_where_the_release_image_answers(path: str) -> None:
    assert path.startswith("/dev/")
    for _ in range(2):
        with Client(open_transport(path)) as client:
            hello = client.hello()
            assert (hello.board, hello.uid) == ("pico", "e100000000000007")
            assert client.settle().state == "idle"


def test_without_its_packages_it_says_which_and_how_to_get_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("poultice.virtual.emulator")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ["rp2040py", *(name for name in sys.modules if name.startswith("rp2040py."))]:
        monkeypatch.setitem(sys.modules, name, None)

    code = main(["simulator", "-d", "emulator:"])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert "poultice[emulator]" in said.err
