"""Which port is the device: candidates by USB identity, then a handshake.

Only ports that say they are a Pico running MicroPython (2E8A:0005) are ever written to: an
unknown instrument on another port must not be poked. A simulated device is never found here;
it has to be named.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from poultice.errors import (
    LinkError,
    NoDeviceError,
    PortError,
    PoulticeError,
    UsageError,
    VersionMismatchError,
)
from poultice.language import joined, later, put, tr
from poultice.link.client import Client
from poultice.link.messages import Hello
from poultice.link.tapped import tapped
from poultice.link.transport import Transport, split_path

USB_VENDOR = 0x2E8A
USB_PRODUCT = 0x0005
_TRY = later(
    "plug the device in with a cable that carries data, then `poultice devices`; "
    "to try without one: --device sim:"
)


@dataclass(frozen=True)
class Port:
    """A serial port that could be a device."""

    path: str
    usb_serial: str | None
    description: str


@dataclass(frozen=True)
class Found:
    """A candidate and what came of the handshake: exactly one of the two is set."""

    port: Port
    hello: Hello | None
    error: PoulticeError | None


def candidates() -> list[Port]:
    """The ports whose USB identity is 2E8A:0005, by path."""
    from serial.tools import list_ports

    ports = [
        Port(info.device, info.serial_number, info.description or "")
        for info in list_ports.comports()
        if (info.vid, info.pid) == (USB_VENDOR, USB_PRODUCT)
    ]
    return sorted(ports, key=lambda port: port.path)


def port_at(path: str) -> Port:
    """The port at `path`, whatever its USB identity."""
    return next((one for one in candidates() if one.path == path), Port(path, None, ""))


def port_of_usb_serial(usb_serial: str) -> str:
    """The port of the device with that USB serial number, any case. Raises NoDeviceError."""
    ports = candidates()
    for port in ports:
        if port.usb_serial is not None and port.usb_serial.lower() == usb_serial.lower():
            return port.path
    there = ", ".join(f"usb:{port.usb_serial}" for port in ports if port.usb_serial)
    hint = tr("there are: {devices}", devices=there) if there else tr(_TRY)
    text = tr("there is no device with USB serial number {number}", number=usb_serial)
    raise NoDeviceError(text, hint=hint)


def port_named(device: str) -> str:
    """The port of a `serial:` or `usb:` path. Raises UsageError, NoDeviceError."""
    scheme, rest = split_path(device)
    return port_of_usb_serial(rest) if scheme == "usb" else rest


def open_transport(path: str) -> Transport:
    """Open the device that `path` names.

    Raises UsageError for a path that is none, NoDeviceError, PortBusyError,
    PermissionDeniedError and DeviceLostError.
    """
    return tapped(_opened(path))


def _opened(path: str) -> Transport:
    scheme, _ = split_path(path)
    if scheme == "sim":
        from poultice.virtual.in_process import simulated

        return simulated(path)
    if scheme == "emulator":
        from poultice.virtual.in_process import emulated

        with needs_emulator():
            return emulated(path)
    from poultice.link.serial_port import SerialTransport

    return SerialTransport(port_named(path))


@contextmanager
def needs_emulator() -> Iterator[None]:
    """Around the import of what runs the emulated chip. Raises UsageError where that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("rp2040py", "littlefs"):
            raise
        raise UsageError(
            f"emulator: needs the package {error.name}, which is not installed",
            hint='`python -m pip install "poultice[emulator]"`; sim: needs nothing',
        ) from None


def probe(port: Port) -> Found:
    """Open `port`, say hello, close it again. Raises nothing of the errors' tree."""
    try:
        with Client(open_transport(f"serial:{port.path}")) as client:
            return Found(port, client.hello(), None)
    except PoulticeError as error:
        return Found(port, None, error)


def find() -> list[Found]:
    """Every candidate with what it answered; those that answered first."""
    found = [probe(port) for port in candidates()]
    return sorted(found, key=lambda one: one.hello is None)


def choose() -> str:
    """The path of the only candidate, if it answers hello.

    No answer is not "not there": beside a candidate that could not be asked, the one that
    answers may be the wrong pad, and `stop` must never reach that. Raises NoDeviceError where
    there is none, UsageError with the whole list where there are several, and what stood in
    the way where the only one could not be asked.
    """
    found = find()
    if not found:
        raise NoDeviceError(tr("no device found"), hint=tr(_TRY))
    if len(found) > 1:
        listing = joined("; ", map(_line, found))
        raise UsageError(
            tr("{n} ports could be the device: {listing}", n=len(found), listing=listing),
            hint=tr("choose one, for example --device {device}", device=_name(found[0].port)),
        )
    [only] = found
    if only.error is None:
        return f"serial:{only.port.path}"
    if isinstance(only.error, PortError | VersionMismatchError):
        raise only.error
    hint = tr("is the poultice firmware on it? (its REPL answers as something else)")
    if not isinstance(only.error, LinkError):
        hint = tr("plug it in again, or hold nothing down while it starts, and try once more")
    text = tr("nothing that answers hello on {path}", path=only.port.path)
    raise NoDeviceError(text, hint=hint)


def open_device(path: str | None) -> Client:
    """A client on the device that `path` names, or on the only one there is.

    Raises what `choose` and `open_transport` raise.
    """
    return Client(open_transport(path if path else choose()))


def _name(port: Port) -> str:
    return f"usb:{port.usb_serial}" if port.usb_serial else f"serial:{port.path}"


def _line(one: Found) -> str:
    told = f"uid {one.hello.uid}" if one.hello else str(one.error)
    name = _name(one.port)
    if one.port.usb_serial:
        name = tr("{name} on {path}", name=name, path=one.port.path)
    return put("{name} ({told})", name=name, told=told)
