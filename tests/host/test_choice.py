"""Which device a command without `-d` reaches, over real pseudo-terminals.

One pad heats under a program that holds its port; the other one is idle and answers.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from poultice.device import discovery
from poultice.link import wire
from poultice.link.serial_port import SerialTransport
from poultice.virtual.options import parse_options
from poultice.virtual.pty_server import PtyServer
from poultice.virtual.virtual_device import VirtualDevice
from tests.host.conftest import Say


class Overheard(VirtualDevice):
    """A device that keeps what was asked of it."""

    heard = b""

    def host_bytes_in(self, data: bytes) -> None:
        self.heard += data
        super().host_bytes_in(data)

    @property
    def methods(self) -> list[str]:
        lines = [line for line in self.heard.split(b"\n") if line.strip()]
        return [wire.decode(line)["method"] for line in lines]


class Pads:
    """Devices on pseudo-terminals, in the order in which they were plugged in."""

    def __init__(self, closing: contextlib.ExitStack) -> None:
        self.devices: list[Overheard] = []
        self.paths: list[str] = []
        self._closing = closing

    def plug_in(self) -> str:
        device = Overheard(parse_options("?speed=20"))
        server = PtyServer(device)
        over = threading.Event()
        serving = threading.Thread(target=server.serve, args=(over.is_set,))
        serving.start()
        self._closing.callback(serving.join, 10)
        self._closing.callback(over.set)
        self.devices.append(device)
        self.paths.append(server.path)
        return server.path

    def hold(self, path: str) -> None:
        """As a program with a session on it does."""
        self._closing.callback(SerialTransport(path).close)


@pytest.fixture
def pads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pads]:
    with contextlib.ExitStack() as closing:
        there = Pads(closing)

        def comports() -> list[SimpleNamespace]:
            return [
                SimpleNamespace(
                    device=path,
                    vid=discovery.USB_VENDOR,
                    pid=discovery.USB_PRODUCT,
                    serial_number=None,
                    description="a pad",
                )
                for path in there.paths
            ]

        monkeypatch.setattr("serial.tools.list_ports.comports", comports)
        yield there


COMMANDS = [
    ["stop"],
    ["status"],
    ["pause"],
    ["resume"],
    ["confirm"],
    ["clear", "sensor_open"],
    ["watch", "--for", "0"],
    ["run", "arthritis", "--yes"],
    ["run", "arthritis", "--yes", "--detach"],
    ["run", "arthritis", "--dry-run"],
    ["config"],
    ["config", "set", "sensor_b=false", "--no-wait"],
    ["config", "drop"],
    ["calibrate", "--reference-low", "25", "--reference-high", "40"],
    ["firmware", "info"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_beside_a_busy_pad_no_other_is_reached(words: list[str], pads: Pads, say: Say) -> None:
    busy, idle = pads.plug_in(), pads.plug_in()
    pads.hold(busy)
    said = say(words, 2).err
    assert f"another program has {busy} open" in said
    assert idle in said
    assert "--device" in said
    assert set(pads.devices[1].methods) <= {"hello"}


def test_flashing_reaches_no_other_either(
    pads: Pads, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    from poultice import errors
    from poultice.device import flashing

    busy = pads.plug_in()
    pads.plug_in()
    pads.hold(busy)
    with pytest.raises(errors.UsageError, match="another program"):
        flashing.restart(None, "repl")
    assert set(pads.devices[1].methods) <= {"hello"}


def test_a_busy_pad_alone_is_busy(pads: Pads, say: Say) -> None:
    pads.hold(pads.plug_in())
    assert "another program" in say("stop", 4).err


def test_a_second_session_is_told_what_to_do_about_the_first(pads: Pads, say: Say) -> None:
    pads.plug_in()
    assert "there is no fault to clear" in say("clear sensor_open", 6).err
    assert "`poultice run PROTOCOL` starts a session" in say("pause", 6).err
    say("run arthritis --yes --detach")
    for words in (["run", "tendinosis", "--yes"], ["config", "set", "sensor_b=false", "--no-wait"]):
        assert "`poultice watch` shows it, `poultice stop` ends it" in say(words, 6).err
    assert "it is not paused" in say("resume", 6).err
    assert "it asks nothing now" in say("confirm", 6).err
    assert "there is no fault to clear" in say("clear sensor_open", 6).err
    say("stop")


def test_two_that_answer_are_listed(pads: Pads, say: Say) -> None:
    paths = [pads.plug_in(), pads.plug_in()]
    said = say("stop", 2).err
    assert all(path in said for path in paths)
    assert said.count("uid") == 2


def test_the_only_pad_is_taken(pads: Pads, say: Say) -> None:
    path = pads.plug_in()
    assert say("stop --json").json["device"]["path"] == f"serial:{path}"


def test_the_busy_one_is_reached_by_name_alone(pads: Pads, say: Say) -> None:
    busy, idle = pads.plug_in(), pads.plug_in()
    pads.hold(busy)
    say(["stop", "-d", busy], 4)
    say(["stop", "-d", idle])
