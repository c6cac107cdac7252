"""The host's end of the emulated USB cable: one serial port, held as a real host holds it.

A real host answers "no data" by letting the transfer wait. The emulator's own host answers with
empty packets, back to back, which keeps the firmware busy for ever; this one keeps a transfer
until there are bytes for it.
"""

from __future__ import annotations

from typing import Any

from rp2040py.usb.cdc import USBCDC


class Console(USBCDC):
    """One serial port of one chip; it opens it (DTR) as soon as the chip is there.

    Read `open` (the chip is there and the port open). Set `reading` to False for a program that
    holds the port and does not read, `plugged` to False for a cable that is pulled: nothing
    passes in either direction then.
    """

    def __init__(self, usb: Any) -> None:
        super().__init__(usb)
        self.open = False
        self.reading = True
        self.plugged = True
        self._to_chip = bytearray()
        self._from_chip = bytearray()
        self._held_bytes: int | None = None
        self._unread = 0
        self._answer_control = usb.on_endpoint_read
        self._indicate = usb._indicate_buffer_ready
        usb.on_endpoint_read = self._chip_reads
        usb._indicate_buffer_ready = self._chip_wrote
        self.on_serial_data = self._from_chip.extend
        self.on_device_connected = self._opened

    def write(self, data: bytes) -> None:
        """Bytes for the chip; they wait here until it takes them."""
        self._to_chip += data
        self._feed()

    def read(self) -> bytes:
        """Everything the chip sent since the last call."""
        if not (self.reading and self.plugged):
            return b""
        data = bytes(self._from_chip)
        self._from_chip.clear()
        return data

    def waiting(self) -> int:
        """Bytes that the chip has not taken yet."""
        return len(self._to_chip)

    def resume(self) -> None:
        """Read again, with the cable in again; what the chip has ready is taken at once."""
        self.reading = self.plugged = True
        unread, self._unread = self._unread, 0
        for _ in range(unread):
            self._indicate(self._in_endpoint, False)
        self._feed()

    def _opened(self) -> None:
        self.open = True
        self._feed()

    def _chip_reads(self, endpoint: int, size: int) -> None:
        if endpoint != self._out_endpoint:
            self._answer_control(endpoint, size)
            return
        self._held_bytes = size
        self._feed()

    def _feed(self) -> None:
        size = self._held_bytes
        if size is None or not (self.open and self.plugged and self._to_chip):
            return
        self._held_bytes = None
        packet = bytes(self._to_chip[:size])
        del self._to_chip[:size]
        self.usb.endpoint_read_done(self._out_endpoint, packet)

    def _chip_wrote(self, endpoint: int, out: bool) -> None:
        taken = out or endpoint != self._in_endpoint or (self.reading and self.plugged)
        if taken:
            self._indicate(endpoint, out)
        else:
            self._unread += 1

    def _on_controller_reset(self) -> None:
        super()._on_controller_reset()
        self.open = False
        self._held_bytes = None
        self._unread = 0
        self._to_chip.clear()
