"""Boards on a desk: one that runs, one in its boot ROM, one that never comes back."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from poultice.device import discovery, flashing, mip, uf2
from poultice.errors import NoDeviceError
from poultice.link.transport import Transport
from tests.host.faulty import Faulty

RP2040, RP2350 = 0xE48BFF56, 0xE48BFF59
NAMES = {"pico": "RPI-RP2", "pico2": "RP2350"}


def blocks(
    content: bytes = b"poultice firmware 0.1.0 link 1 end", family: int = RP2040, count: int = 40
) -> bytes:
    """A whole UF2 file with `content` across its first blocks."""
    content = content.ljust(count * uf2.PAYLOAD_BYTES, b"\xff")
    made = bytearray()
    for number in range(count):
        payload = content[number * 256 : (number + 1) * 256]
        address = uf2.FLASH_START + number * 256
        header = (0x0A324655, 0x9E5D5157, 0x2000, address, 256, number, count, family)
        made += struct.pack("<8I", *header) + payload.ljust(476, b"\0")
        made += struct.pack("<I", 0x0AB16F30)
    return bytes(made)


class Desk:
    """One board, its port and its drive; for who flashes it, time passes by its own clock.

    `after_s` is how long it takes to show its drive or to answer, None for never. Whatever
    happens at a moment is in `at`.
    """

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, board: str = "pico") -> None:
        self.now_s = 0.0
        self.board = board
        self.drive = root / "drive"
        self.port: discovery.Port | None = discovery.Port("/dev/ttyACM7", "E66", "Board")
        self.device = Faulty()
        self.drive_after_s: float | None = 3.0
        self.answer_after_s: float | None = 2.0
        self.serial_after: str | None = "E66"
        self.at: list[tuple[float, Callable[[], None]]] = []
        self.rebooted: list[str] = []
        self._settle()
        monkeypatch.setattr("poultice.device.bootsel.mounted", lambda: [root / "x", self.drive])
        monkeypatch.setattr("poultice.device.discovery.candidates", self._candidates)
        monkeypatch.setattr("poultice.device.discovery.open_transport", self._open)
        clock = SimpleNamespace(monotonic=lambda: self.now_s, sleep=self._sleep)
        for module in (flashing, mip):
            monkeypatch.setattr(module, "time", clock)

    def in_boot_rom(self) -> None:
        """It is there from the start, as after BOOTSEL was held."""
        self.port = None
        self._mount()

    def _settle(self) -> None:
        def hello(params: Any, ask: Callable[[], Any]) -> Any:
            return {**ask(), "board": self.board}

        def reboot(params: Any, ask: Any) -> Any:
            self.rebooted.append(params["into"])
            self.port = None
            if params["into"] == "repl":
                self._later(0.5, self._back)
            elif self.drive_after_s is not None:
                self._later(self.drive_after_s, self._mount)
            return {}

        self.device.answers |= {"hello": hello, "reboot": reboot}

    def _mount(self) -> None:
        self.drive.mkdir()
        text = f"UF2 Bootloader v3.0\r\nModel: Raspberry Pi\r\nBoard-ID: {NAMES[self.board]}\r\n"
        (self.drive / "INFO_UF2.TXT").write_text(text)
        self._later(0.0, self._watch)

    def _watch(self) -> None:
        if (self.drive / "poultice.uf2").exists():
            shutil.move(self.drive / "poultice.uf2", self.drive.parent / "flashed.uf2")
            shutil.rmtree(self.drive)
            if self.answer_after_s is not None:
                self._later(self.answer_after_s, self._back)
        elif self.drive.exists():
            self._later(0.1, self._watch)

    def _back(self) -> None:
        self.port = discovery.Port("/dev/ttyACM8", self.serial_after, "Board")

    def _later(self, after_s: float, do: Callable[[], None]) -> None:
        self.at.append((self.now_s + after_s, do))

    def _sleep(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while due := sorted((one for one in self.at if one[0] <= end_s), key=lambda one: one[0]):
            self.at.remove(due[0])
            self.now_s = max(self.now_s, due[0][0])
            due[0][1]()
        self.now_s = end_s

    def _candidates(self) -> list[discovery.Port]:
        return [self.port] if self.port else []

    def _open(self, path: str) -> Transport:
        if self.port is None or path != f"serial:{self.port.path}":
            raise NoDeviceError(f"{path} does not exist")
        self.device.path = path
        return self.device
