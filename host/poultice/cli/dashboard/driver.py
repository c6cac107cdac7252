"""The terminal under the dashboard, which may vanish at any time."""

from __future__ import annotations

from queue import Full

from textual.drivers.linux_driver import LinuxDriver

_WAIT_S = 0.5


class Driver(LinuxDriver):
    """Textual's, which waits for ever for a writer that has died of a terminal that is gone."""

    def write(self, data: str) -> None:
        """Write to the terminal, as long as there is one."""
        writer = self._writer_thread
        while writer is not None and writer.is_alive():
            try:
                writer._queue.put(data, timeout=_WAIT_S)
            except Full:
                continue
            return

    def close(self) -> None:
        """Let go of the terminal."""
        writer = self._writer_thread
        if writer is not None and writer.is_alive():
            super().close()
