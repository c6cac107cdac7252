"""Was the treatment given that was asked for? (SR-26) Trips nothing, but tells."""

from .. import states
from ..interval import Interval
from ..limits import Limits
from ..reading import Reading

_SECONDS = 60
_BUCKET_MS = 10_000
# Of the longest phase that there may be, with its pauses' broken ends.
_BUCKETS = 200


class Treatment:
    """`inhibited`: HEAT was asked for and not permitted in half of a minute; `cause` says why.
    `undertreated`: how many phases of this session stayed too far from their target, `phase` is
    the last of them.
    """

    def __init__(self, limits: Limits, reading: Reading) -> None:
        self._limits = limits
        self._reading = reading
        self._seconds_ms = [0] * _SECONDS
        self._means_mc = [0] * _BUCKETS
        self.begin()

    def begin(self) -> None:
        """A session begins."""
        self.inhibited = False
        self.cause = states.BY_NOTHING
        self.undertreated = 0
        self.phase = -1
        self.begin_phase()

    def begin_phase(self) -> None:
        """A phase begins."""
        for i in range(_SECONDS):
            self._seconds_ms[i] = 0
        self._second = 0
        self._second_ms = 0
        self._denied_ms = 0
        self._waits = states.BY_NOTHING
        self._means = 0
        self._sum_mc = 0
        self._ticks = 0
        self._bucket_ms = 0

    def look(self, now: Interval) -> int:
        """The reading of a running phase."""
        if not now.treating:
            return 0
        reading = self._reading
        if reading.readable:
            self._sum_mc += reading.control_mc if now.mode == states.HEAT else reading.cold_mc
            self._ticks += 1
        self._bucket_ms += now.dt_ms
        if self._bucket_ms >= _BUCKET_MS:
            self._bucket_ms -= _BUCKET_MS
            self._close_bucket()
        return 0

    def judge(self, now: Interval, asked: bool, cause: int, heats: bool) -> None:
        """A tick of a heat phase: was HEAT asked for, why was it not permitted, does it close?

        After a sensor's or the predictive inhibit it counts as not permitted until HEAT closes
        again: as long as the reading is below the target, for above it nobody wants heat.
        """
        if heats:
            self._waits = states.BY_NOTHING
        elif cause == states.BY_SENSOR or (
            cause == states.BY_PREDICTIVE and self._waits == states.BY_NOTHING
        ):
            # After a sensor's the predictive one follows by itself, while its ticks are too few.
            self._waits = cause
        if self._waits != states.BY_NOTHING and cause != states.BY_BUDGET:
            cause = self._waits
        wanted = asked or (
            self._waits != states.BY_NOTHING and self._reading.control_mc < now.target_mc
        )
        if wanted and cause != states.BY_NOTHING and not heats:
            self._seconds_ms[self._second] += now.dt_ms
            self._denied_ms += now.dt_ms
            if not self.inhibited and self._denied_ms * 2 >= self._limits.inhibited_ms:
                self.inhibited = True
                self.cause = cause
        self._second_ms += now.dt_ms
        seconds = self._second_ms // 1000
        self._second_ms %= 1000
        for _ in range(min(_SECONDS, seconds)):
            self._second = self._second + 1 if self._second < _SECONDS - 1 else 0
            self._denied_ms -= self._seconds_ms[self._second]
            self._seconds_ms[self._second] = 0

    def end_phase(self, phase: int, mode: int, target_mc: int) -> None:
        """The phase has come to its end: was its second half near its target?"""
        if self._ticks:
            self._close_bucket()
        if mode < states.HEAT or not self._means:
            return
        total_mc = 0
        first = self._means // 2
        for i in range(first, self._means):
            total_mc += self._means_mc[i]
        mean_mc = total_mc // (self._means - first)
        limits = self._limits
        if mode == states.HEAT:
            little = target_mc - mean_mc > limits.undertreated_heat_mc
        else:
            little = mean_mc - target_mc > limits.undertreated_cold_mc
        if little:
            self.undertreated += 1
            self.phase = phase

    def _close_bucket(self) -> None:
        if self._ticks and self._means < _BUCKETS:
            self._means_mc[self._means] = self._sum_mc // self._ticks
            self._means += 1
        self._sum_mc = 0
        self._ticks = 0
