"""The serial ports: which there are, whether they may be opened, and who has them."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from poultice.device.doctor.probe import FAIL, OK, RULES, WARN, Finding, Probe

PROC = Path("/proc")
RULE_PLACES = tuple(
    Path(place) / "udev" / "rules.d" for place in ("/etc", "/run", "/usr/lib", "/lib")
)
# Of ModemManager's policies, before and after 1.14 named it anew; gone since 1.18.
_TRIES_EVERY_PORT = ("default", "legacy")
_INSTALL = "install the udev rule: `poultice doctor --udev` prints it and says how"
_PTMX = (5, 2)
_PSEUDO_TERMINALS = range(136, 144)
"""Linux' majors of the ends that are opened by name; the other end is /dev/ptmx."""
_NO_PORTS = (1, 5)
"""Majors of Linux' character devices that are no ports: /dev/null and its like, /dev/tty."""


def probes(device: str | None) -> list[tuple[str, Probe]]:
    """Each probe with its name, for the port that `device` names, else for every candidate."""
    return [
        ("serial_ports", lambda: serial_ports(_named(device))),
        ("permission", lambda: permission(_wanted(device))),
        ("udev_rule", udev_rule),
        ("other_program", lambda: other_program(_wanted(device))),
        ("modem_manager", modem_manager),
    ]


def _named(device: str | None) -> str | None:
    """The port that `device` names by its path, or None."""
    scheme, colon, rest = (device or "").partition(":")
    port = rest if colon and scheme == "serial" else device
    return port if port and port.startswith("/") and "\0" not in port else None


def _wanted(device: str | None) -> list[str]:
    from poultice.device import discovery

    if device is None:
        return [port.path for port in discovery.candidates()]
    return [discovery.port_named(device)]


def serial_ports(named: str | None = None) -> Finding:
    """The ports there are, and a board that waits in its boot ROM. `named`: one that was asked
    for, whatever its USB identity."""
    from serial.tools import list_ports

    from poultice.device import bootsel, discovery

    ours = [f"{port.path} (usb:{port.usb_serial})" for port in discovery.candidates()]
    if ours:
        return Finding("serial_ports", OK, ", ".join(ours))
    if named is not None and Path(named).exists():
        return Finding("serial_ports", OK, f"{named}, as it was named")
    waiting = bootsel.drives()
    if waiting:
        says = f"a {waiting[0].board} is in its boot ROM, at {waiting[0].path}"
        return Finding("serial_ports", WARN, says, "`poultice firmware flash`")
    others = [info for info in list_ports.comports() if info.vid == discovery.USB_VENDOR]
    if others:
        names = ", ".join(f"{info.device} ({info.vid:04x}:{info.pid:04x})" for info in others)
        says = f"{names}: from Raspberry Pi, but not running poultice's firmware"
        remedy = "hold BOOTSEL while plugging it in, then `poultice firmware flash`"
        return Finding("serial_ports", WARN, says, remedy)
    remedy = "plug it in with a cable that carries data (many only charge); to try without: -d sim:"
    says = "no port looks like a device (USB 2e8a:0005)"
    return Finding("serial_ports", WARN, says, remedy)


def permission(ports: Sequence[str]) -> Iterable[Finding]:
    """Whether this user may open each port."""
    from poultice.link.serial_port import permission_hint

    for port in ports:
        if not os.path.exists(port):  # noqa: PTH110 - of a person's text, NUL bytes and all
            continue
        if os.access(port, os.R_OK | os.W_OK):
            yield Finding("permission", OK, f"{port} may be opened")
        else:
            says = f"you may not open {port}"
            yield Finding("permission", FAIL, says, permission_hint(port))


def udev_rule(places: Sequence[Path] = RULE_PLACES) -> Iterable[Finding]:
    """Whether a rule for the device is installed (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    rule = _rule(places)
    if rule is not None:
        yield Finding("udev_rule", OK, str(rule))
    elif os.geteuid() == 0 or _in_a_serial_group():
        yield Finding("udev_rule", OK, "not installed, and not needed: you may open serial ports")
    else:
        says = "not installed, and you are in none of the groups of serial ports"
        yield Finding("udev_rule", WARN, says, f"{_INSTALL} (or `sudo usermod -aG dialout $USER`)")


def _rule(places: Sequence[Path]) -> Path | None:
    for path in (path for place in places for path in sorted(place.glob("*.rules"))):
        text = _read(path).lower()
        if path.name == RULES.name or ("2e8a" in text and "0005" in text and "tty" in text):
            return path
    return None


def _read(path: Path) -> str:
    """The text there, none where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _in_a_serial_group() -> bool:
    import grp

    names = set()
    for number in {*os.getgroups(), os.getegid()}:
        with contextlib.suppress(KeyError):
            names.add(grp.getgrgid(number).gr_name)
    return bool(names & {"dialout", "uucp"})


def other_program(ports: Sequence[str], proc: Path = PROC) -> Iterable[Finding]:
    """Who else has each port open, as far as /proc tells this user; of serial ports alone."""
    if not proc.is_dir():
        return
    for port in ports:
        if not _serial(port):
            continue
        holders = list(holding(port, proc))
        if holders:
            names = ", ".join(f"{name} (process {number})" for number, name in holders)
            remedy = (
                "press Ctrl-C in that poultice: it ends a session first, with its relays confirmed "
                "off; the device's button does so too"
                if any(_poultice(proc / str(number)) for number, _ in holders)
                else "close it: a serial terminal, or an editor for MicroPython; "
                f"or `kill {holders[0][0]}`"
            )
            yield Finding("other_program", FAIL, f"{names} has {port} open", remedy)
        else:
            yield Finding("other_program", OK, f"no other program of yours has {port} open")


def holding(port: str, proc: Path = PROC) -> Iterator[tuple[int, str]]:
    """Number and name of each process with `port` open, but for this one and for the one that
    serves it as a pseudo-terminal."""
    target = os.stat(port)
    for directory in sorted(proc.glob("[0-9]*")):
        number = int(directory.name)
        if number == os.getpid():
            continue
        opened: list[tuple[Path, os.stat_result]] = []
        # Ended meanwhile, or of another user.
        with contextlib.suppress(OSError):
            for link in (directory / "fd").iterdir():
                with contextlib.suppress(OSError):
                    opened.append((link, link.stat()))
        if any(_same(found, target) for _, found in opened) and not any(
            _serves(link, found, target) for link, found in opened
        ):
            yield number, _name(directory)


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether both are the same device, by whatever name. Each container has pseudo-terminals of
    its own, all called /dev/pts/0 and numbered alike: there the file system tells them apart."""
    if not stat.S_ISCHR(one.st_mode) or one.st_rdev != other.st_rdev:
        return False
    return one.st_dev == other.st_dev or os.major(other.st_rdev) not in _PSEUDO_TERMINALS


def _serves(link: Path, one: os.stat_result, port: os.stat_result) -> bool:
    """Whether that open file is the other end of the pseudo-terminal `port`."""
    number = os.major(one.st_rdev), os.minor(one.st_rdev)
    if os.major(port.st_rdev) not in _PSEUDO_TERMINALS or number != _PTMX:
        return False
    told = _read(link.parents[1] / "fdinfo" / link.name)
    index = re.search(r"^tty-index:\s*(\d+)", told, re.M)
    return index is None or int(index[1]) == os.minor(port.st_rdev)


def _serial(port: str) -> bool:
    """Whether it may be a serial port: not /dev/null, which all have open, and no terminal that
    this program was started in, whose shell must not be closed."""
    try:
        found = os.stat(port)
    except (OSError, ValueError):
        return False
    if not stat.S_ISCHR(found.st_mode) or os.major(found.st_rdev) in _NO_PORTS:
        return False
    return not any(os.isatty(fd) and os.path.samestat(os.fstat(fd), found) for fd in (0, 1, 2))


def _poultice(directory: Path) -> bool:
    words = [*_read(directory / "cmdline").split("\0")[:3], _name(directory)]
    return any(word.rpartition("/")[2] == "poultice" for word in words)


def _name(directory: Path) -> str:
    return _read(directory / "comm").strip() or "?"


def modem_manager(proc: Path = PROC, places: Sequence[Path] = RULE_PLACES) -> Iterable[Finding]:
    """Whether ModemManager runs in a way that greets every new port as a modem.

    By its own policy (strict, since 1.14) it leaves alone a port that does not say it speaks AT,
    and the device's does not (its interface has no protocol); `legacy` tries whatever is no known
    exception. `paranoid` is strict, and more."""
    if not proc.is_dir():
        return
    running = [one for one in proc.glob("[0-9]*") if _name(one) == "ModemManager"]
    if not running:
        yield Finding("modem_manager", OK, "not running")
        return
    rule = _rule(places)
    if rule is not None and "ID_MM_DEVICE_IGNORE" in _read(rule):
        yield Finding("modem_manager", OK, f"running, and told to leave the device by {rule}")
        return
    policy = re.search(r"--filter-policy[=\0]([\w-]+)", _read(running[0] / "cmdline"))
    if policy is None or policy[1].lower() not in _TRIES_EVERY_PORT:
        says = "running; by its policy it leaves a port alone that does not say it is a modem's"
        yield Finding("modem_manager", OK, says)
        return
    says = (
        f"running with --filter-policy={policy[1]}: it takes a new port for some seconds, and "
        "writes to it as to a modem"
    )
    remedy = f"{_INSTALL} (or `sudo systemctl stop ModemManager`)"
    yield Finding("modem_manager", WARN, says, remedy)
