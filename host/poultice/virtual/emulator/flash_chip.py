"""What the emulator leaves out of the flash chip: its serial number and the time it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ERASE_MS = 45.0  # a sector, typical; hardware.md
PROGRAM_MS = 0.7  # a page, typical for the W25Q16 of a Pico
_ERASES = {0x20: 4096, 0xD8: 65536}
_PROGRAM = 0x02
_PAGE_BYTES = 256
_READ_ID = 0x4B
_ID_AFTER = 5  # the command and four bytes that mean nothing


class FlashChip:
    """Sits on the emulated flash interface of `mcu`; `uid` is eight bytes. `erase_ms`: what a
    sector takes, to be set; a used chip takes up to 400. `done_ns`: when the last operation ends.

    While an operation lasts the processor waits for it with its interrupts off; `busy_for` is
    called to have it wait. Power that goes meanwhile leaves half of the operation done (`tear`).
    """

    def __init__(self, mcu: Any, uid: bytes, busy_for: Callable[[float], None]) -> None:
        self._mcu = mcu
        self._uid = uid
        self._busy_for = busy_for
        self.erase_ms = ERASE_MS
        self.done_ns = 0.0
        self._undo: tuple[int, bytes] = (0, b"")
        self._shift = mcu.ssi._shift_byte
        self._apply = mcu.ssi._apply_command
        mcu.ssi._shift_byte = self._shifted
        mcu.ssi._apply_command = self._applied

    def tear(self) -> None:
        """Power is gone: the second half of what is being erased or written stays as it was."""
        if self._mcu.clock.nanos < self.done_ns:
            start, before = self._undo
            half = len(before) // 2
            self._mcu.flash[start + half : start + len(before)] = before[half:]

    def _shifted(self, byte: int) -> int:
        answer: int = self._shift(byte)
        sent = self._mcu.ssi._tx_buffer
        place = len(sent) - 1 - _ID_AFTER
        if sent[0] == _READ_ID and 0 <= place < len(self._uid):
            return self._uid[place]
        return answer

    def _applied(self) -> None:
        ssi = self._mcu.ssi
        sent = bytes(ssi._tx_buffer[:4])
        size = _ERASES.get(sent[0], _PAGE_BYTES) if len(sent) == 4 else 0
        if size == 0 or not ssi._write_enabled or sent[0] not in (*_ERASES, _PROGRAM):
            self._apply()
            return
        start = int.from_bytes(sent[1:], "big") & ~(size - 1)
        self._undo = (start, bytes(self._mcu.flash[start : start + size]))
        self._apply()
        took_ms = self.erase_ms if sent[0] in _ERASES else PROGRAM_MS
        self.done_ns = self._mcu.clock.nanos + took_ms * 1e6
        self._busy_for(took_ms * 1e6)
