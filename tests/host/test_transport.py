"""Paths, lines in bounded memory, and what a port's troubles are called."""

from __future__ import annotations

import contextlib
import errno
import os
import pty
import select
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice import errors
from poultice.device.discovery import open_transport
from poultice.link import wire
from poultice.link.client import Client
from poultice.link.serial_port import SerialTransport, opening_error
from poultice.link.transport import LineBuffer, split_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("serial:/dev/ttyACM0", ("serial", "/dev/ttyACM0")),
        ("/dev/ttyACM0", ("serial", "/dev/ttyACM0")),
        ("/dev/serial/by-id/usb-x:1.0", ("serial", "/dev/serial/by-id/usb-x:1.0")),
        ("COM3", ("serial", "COM3")),
        ("usb:E66", ("usb", "E66")),
        ("sim:", ("sim", "")),
        ("sim:?speed=max&user=absent", ("sim", "?speed=max&user=absent")),
    ],
)
def test_a_path_names_its_transport(path: str, expected: tuple[str, str]) -> None:
    assert split_path(path) == expected


@pytest.mark.parametrize("path", ["bluetooth:x", "serial:", "usb:", "simm:"])
def test_a_path_that_is_none_is_a_usage_error_with_a_hint(path: str) -> None:
    with pytest.raises(errors.UsageError) as caught:
        open_transport(path)
    assert caught.value.hint


@given(st.lists(st.binary(max_size=40)), st.integers(8, 32))
def test_lines_do_not_depend_on_how_they_arrive(chunks: list[bytes], most: int) -> None:
    at_once, in_pieces = LineBuffer(most), LineBuffer(most)
    at_once.feed(b"".join(chunks))
    for chunk in chunks:
        in_pieces.feed(chunk)
    lines = []
    while (line := at_once.pop()) is not None:
        assert len(line) <= most
        assert in_pieces.pop() == line
        lines.append(line)
    assert in_pieces.pop() is None


def test_a_flood_without_a_line_end_is_cut_once_and_its_tail_is_no_line() -> None:
    lines = LineBuffer()
    for _ in range(1000):
        lines.feed(b"x" * 1024)
    lines.feed(b'tail"}*00000000\nnext\n')
    first = lines.pop()
    assert first is not None
    assert len(first) == 65_536
    assert lines.pop() == b"next"
    assert lines.pop() is None


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, errors.NoDeviceError),
        (errno.ENXIO, errors.NoDeviceError),
        (errno.EACCES, errors.PermissionDeniedError),
        (errno.EBUSY, errors.PortBusyError),
        (errno.EAGAIN, errors.PortBusyError),
        (errno.ENOTTY, errors.NoDeviceError),
        (errno.EIO, errors.PortError),
    ],
)
def test_what_is_wrong_with_a_port_is_told_apart(
    number: int, kind: type[errors.PoulticeError]
) -> None:
    error = opening_error("/dev/ttyACM0", OSError(number, "x"))
    assert type(error) is kind
    assert error.hint


def test_a_missing_port_and_one_that_is_none() -> None:
    for path in ("/dev/not-there", os.devnull, "/", __file__):
        with pytest.raises(errors.NoDeviceError):
            SerialTransport(path)


@pytest.fixture
def wire_ends() -> Iterator[tuple[int, str]]:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    try:
        yield ours, os.ttyname(theirs)
    finally:
        for end in (ours, theirs):
            try:
                os.close(end)
            except OSError:
                pass


def arrived(ours: int, size: int) -> bytes:
    """So many bytes at the far end of the port, which may come in pieces."""
    data = b""
    while len(data) < size and select.select([ours], [], [], 5)[0]:
        data += os.read(ours, 100)
    return data


def test_lines_over_a_real_port(wire_ends: tuple[int, str]) -> None:
    ours, path = wire_ends
    port = SerialTransport(path)
    os.write(ours, b"\r\none\ntwo\r\nthr")
    assert port.receive(2.0) == b"one"
    assert port.receive(2.0) == b"two"
    assert port.receive(0.0) is None
    os.write(ours, b"ee\n")
    assert port.receive(2.0) == b"three"
    port.send(b"x\n")
    assert arrived(ours, 3) == b"\nx\n"
    port.close()
    port.close()


def test_a_port_is_held_for_one_program(wire_ends: tuple[int, str]) -> None:
    _, path = wire_ends
    port = SerialTransport(path)
    with pytest.raises(errors.PortBusyError):
        SerialTransport(path)
    port.close()
    SerialTransport(path).close()


def test_what_another_program_left_on_the_line_is_ended(wire_ends: tuple[int, str]) -> None:
    ours, path = wire_ends
    port = SerialTransport(path)
    with Path(path).open("wb", buffering=0) as other:
        other.write(b"ATZ")
        port.send(b"x\n")
    assert arrived(ours, 6) == b"ATZ\nx\n"
    port.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root, to be somebody else for once")
def test_programs_that_ask_for_no_lock_are_kept_out_too(wire_ends: tuple[int, str]) -> None:
    _, path = wire_ends
    Path(path).chmod(0o666)
    opened = []
    for ours in (True, False):
        port = SerialTransport(path)
        if not ours:
            port.close()
        os.seteuid(65534)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_NOCTTY))
            opened.append(None)
        except OSError as error:
            opened.append(error.errno)
        finally:
            os.seteuid(0)
        port.close()
    assert opened == [errno.EBUSY, None]


@pytest.mark.parametrize(("empty", "lost"), [(1, False), (20, False), (21, True)])
def test_an_empty_read_is_no_loss_and_many_are(
    empty: int, lost: bool, wire_ends: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, path = wire_ends
    port = SerialTransport(path)
    reads = [b""] * empty
    read = os.read
    monkeypatch.setattr("poultice.link.serial_port._EMPTY_S", 0.0)
    os.write(ours, b"here\n")
    with monkeypatch.context() as another:
        another.setattr(os, "read", lambda *args: reads.pop() if reads else read(*args))
        if lost:
            with pytest.raises(errors.DeviceLostError) as caught:
                port.receive(5.0)
            assert "second program" in str(caught.value.hint) and path in str(caught.value.hint)
        else:
            assert port.receive(5.0) == b"here"
    port.close()


def test_a_port_that_takes_nothing_for_a_while_is_no_loss(
    wire_ends: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, path = wire_ends
    monkeypatch.setattr("poultice.link.serial_port._WRITE_TIMEOUT_S", 0.01)
    port = SerialTransport(path)
    os.set_blocking(ours, False)
    for _ in range(64):
        port.send(b"x" * 999 + b"\n")
    written = 0
    with contextlib.suppress(BlockingIOError):
        while data := os.read(ours, 65_536):
            written += len(data)
    assert written < 64_000
    port.send(b"again\n")
    assert arrived(ours, 7) == b"\nagain\n"
    port.close()


def test_a_port_that_vanishes_is_a_lost_device(wire_ends: tuple[int, str]) -> None:
    ours, path = wire_ends
    port = SerialTransport(path)
    os.close(ours)
    with pytest.raises(errors.DeviceLostError):
        port.receive(2.0)
    port.close()


def test_a_call_over_a_real_port_past_a_flood(wire_ends: tuple[int, str]) -> None:
    ours, path = wire_ends
    with Client(SerialTransport(path)) as client:
        os.write(ours, b"\x00" * 3000 + b"\n")
        os.write(ours, wire.encode({"jsonrpc": "2.0", "id": 1, "result": {"uptime_ms": 5}}))
        assert client.ping() == 5
        assert client.garbled == 1
