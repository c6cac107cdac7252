"""Too cold: in a cold phase, and in `waiting` and `paused` while a pack is on (SR-03).

A pause of a cooler's phase is not judged. What counted when it began stands while the reading stays
cold: else a pause each second would put off the cutoff and the end for as long as the phase lasts.
"""

from .. import faults, states
from ..interval import Interval
from ..limits import Limits
from ..pack import Pack
from ..reading import Reading


class Cold:
    """`ended`: it has been cold enough for long enough to end the phase."""

    def __init__(self, limits: Limits, reading: Reading, pack: Pack) -> None:
        self._limits = limits
        self._reading = reading
        self._pack = pack
        self._cutoff_ms = -1
        self.restart()

    def restart(self) -> None:
        """A phase begins. The cutoff counts on: no row of phases puts it off."""
        self.ended = False
        self._end_ms = -1

    def look(self, now: Interval) -> int:
        """UNDER_TEMPERATURE."""
        limits = self._limits
        cold_mc = self._reading.cold_mc
        judged = self._judged(now)
        stands = judged or (now.state == states.PAUSED and now.mode == states.COLD)
        if not self._reading.readable or not stands or cold_mc > limits.cold_end_mc:
            self._end_ms = self._cutoff_ms = -1
            return 0
        if cold_mc > limits.cold_cutoff_mc:
            self._cutoff_ms = -1
        if not judged:
            return 0
        self._end_ms = 0 if self._end_ms < 0 else self._end_ms + now.dt_ms
        if self._end_ms >= limits.cold_end_ms:
            self.ended = True
        if cold_mc > limits.cold_cutoff_mc:
            return 0
        self._cutoff_ms = 0 if self._cutoff_ms < 0 else self._cutoff_ms + now.dt_ms
        return 1 << faults.UNDER_TEMPERATURE if self._cutoff_ms >= limits.cold_cutoff_ms else 0

    def _judged(self, now: Interval) -> bool:
        if now.state == states.RUNNING:
            return now.mode == states.COLD
        return self._pack.on and (now.state == states.WAITING or now.state == states.PAUSED)
