"""Bytes to lines, in bounded memory."""

from .codec import MAX_LINE


class LineReader:
    """Takes bytes, gives lines one by one. An over-long line is dropped and counted once."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._rest = b""
        self._dropping = False
        self.overlong = 0

    def feed(self, data: bytes) -> None:
        """More bytes; 0x03 does nothing: it is what terminals send for Ctrl-C.

        Called only where `take` has given None, so that nothing piles up here.
        """
        self._rest += data.replace(b"\x03", b"")

    def take(self) -> bytes | None:
        """The next whole line without its end; None where there is none yet. Empty ones are left
        out."""
        while True:
            end = self._rest.find(b"\n")
            if end < 0:
                self._keep(self._rest)
                self._rest = b""
                return None
            self._keep(self._rest[:end])
            self._rest = self._rest[end + 1 :]
            line = b"" if self._dropping else bytes(self._line)
            self._dropping = False
            self._line = bytearray()
            if line[-1:] == b"\r":
                line = line[:-1]
            if line:
                return line

    def _keep(self, part: bytes) -> None:
        if self._dropping:
            return
        if len(self._line) + len(part) >= MAX_LINE:
            self._dropping = True
            self.overlong += 1
            self._line = bytearray()
        else:
            self._line.extend(part)
