"""The processor's hardware divider, worked out when it is read: a sixth of a tick's wall time.

The emulator divides at each write of either operand, in a long chain of comparisons.
"""

from __future__ import annotations

from typing import Any

_UDIVIDEND, _UDIVISOR, _SDIVIDEND, _SDIVISOR = 0x60, 0x64, 0x68, 0x6C
_QUOTIENT, _REMAINDER, _CSR = 0x70, 0x74, 0x78
_READY_DIRTY = 0b11
_DIRTY = 0b10
_WORD = 0xFFFF_FFFF


def _signed(word: int) -> int:
    return ((word & _WORD) ^ 0x8000_0000) - 0x8000_0000


class Divider:
    """Takes the divider's registers over from the emulated `sio`; everything else is passed on."""

    def __init__(self, sio: Any) -> None:
        self._sio = sio
        self._read = sio.read_uint32
        self._write = sio.write_uint32
        self._due = self._is_signed = False
        sio.read_uint32 = self._read_register
        sio.write_uint32 = self._write_register

    def _read_register(self, offset: int) -> Any:
        sio = self._sio
        if offset == _CSR:
            return sio.div_csr
        if offset == _QUOTIENT:
            if self._due:
                self._divide()
            sio.div_csr &= ~_DIRTY
            return sio.div_quotient
        if offset == _REMAINDER:
            if self._due:
                self._divide()
            return sio.div_remainder
        return self._read(offset)

    def _write_register(self, offset: int, value: int) -> None:
        if not _UDIVIDEND <= offset <= _REMAINDER:
            self._write(offset, value)
            return
        sio = self._sio
        if offset >= _QUOTIENT:
            if self._due:
                self._divide()
            self._write(offset, value)
            return
        if offset in (_UDIVIDEND, _SDIVIDEND):
            sio.div_dividend = value
        else:
            sio.div_divisor = value
        self._is_signed = offset >= _SDIVIDEND
        self._due = True
        sio.div_csr = _READY_DIRTY

    def _divide(self) -> None:
        self._due = False
        sio = self._sio
        dividend, divisor = sio.div_dividend & _WORD, sio.div_divisor & _WORD
        if self._is_signed:
            dividend, divisor = _signed(dividend), _signed(divisor)
        if divisor == 0:
            # As the chip does: the quotient is -1, or 1 for a negative dividend.
            sio.div_quotient = 1 if dividend < 0 else -1
            sio.div_remainder = dividend
            return
        quotient = abs(dividend) // abs(divisor)
        if (dividend < 0) != (divisor < 0):
            quotient = -quotient
        sio.div_quotient = quotient
        sio.div_remainder = dividend - divisor * quotient
