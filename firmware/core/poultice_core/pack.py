"""A cold pack laid on by hand: on until it is seen to be off (SR-23)."""

from .interval import Interval
from .limits import Limits
from .reading import Reading


class Pack:
    """`on`; `laid`: confirmed, for the cold phase that comes; `removed`: confirmed to be off;
    `lowest_mc`: the coldest reading since it came on; `alarm`, true in one tick: take it off."""

    def __init__(self, limits: Limits, reading: Reading) -> None:
        self._limits = limits
        self._reading = reading
        self.on = False
        self.laid = False
        self.removed = False
        self.lowest_mc = 0
        self.alarm = False
        self._alarm_ms = 0

    def restore(self, lowest_mc: int) -> None:
        """It was on when power went."""
        self.on = True
        self.lowest_mc = lowest_mc

    def lay(self) -> None:
        """The prompt to lay it on was answered."""
        self.on = True
        self.laid = True
        self.begin_phase()

    def begin_phase(self) -> None:
        """Its lowest counts from here."""
        self.removed = False
        self.lowest_mc = self._reading.cold_mc
        self._alarm_ms = 0

    def look(self, now: Interval, in_phase: bool) -> None:
        """Off once it is 3 °C warmer, and in a session confirmed to be off; till then, outside the
        cold phase, the alarm repeats."""
        self.alarm = False
        if not self.on:
            return
        reading = self._reading
        if reading.readable:
            if reading.cold_mc < self.lowest_mc:
                self.lowest_mc = reading.cold_mc
            risen = reading.cold_mc >= self.lowest_mc + self._limits.pack_rise_mc
            if risen and (self.removed or not now.live):
                self.on = False
                return
        if in_phase:
            return
        self._alarm_ms += now.dt_ms
        if self._alarm_ms >= self._limits.pack_alarm_ms:
            self._alarm_ms = 0
            self.alarm = True
