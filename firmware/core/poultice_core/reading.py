"""From codes to one reading: range and plausibility of each thermistor, and of the pair (SR-07,
SR-08)."""

from . import faults
from .interval import Interval
from .limits import Limits
from .settings import Settings
from .thermistor import temp_mc
from .ticks import diff_ms

_RING = 10


class Sensor:
    """One thermistor: its range in every tick, its plausibility in a heat phase.

    `ok`: this tick's burst is a temperature. `temp_mc`: the unfiltered reading of the last such
    tick. `accepted_mc`: the last plausible one. `inhibit`: no heat in this tick. `reason`: the
    range fault that this tick's burst is, or NONE.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.ok = False
        self.inhibit = True
        self.reason = faults.SENSOR_OPEN
        self.temp_mc = 0
        self.accepted_mc = 0
        self.good_ticks = 0
        self._code_x8 = 0
        self._out_ticks = 0
        self._rejected = 0
        self._bad_at_ms = [0] * _RING
        self._bad = 0
        self._stale_ms = 0
        self._same_ms = 0
        self._same_ticks = 0
        self._raw_sum = -1

    def begin(self) -> None:
        """A session begins: what was bad before it counts no more."""
        self._bad = 0

    def look(
        self, now: Interval, code_x8: int, raw_sum: int, spread: int, reading_mc: int, judged: bool
    ) -> int:
        """This tick's burst; the faults it trips, as bits. `judged`: in a heat phase."""
        limits = self._limits
        if self._bad and diff_ms(now.tick.now_ms, self._last_bad_ms()) > limits.range_window_ms:
            self._bad = 0
        if code_x8 > limits.code_max * 8:
            return self._out_of_range(now, faults.SENSOR_OPEN)
        if code_x8 < limits.code_min * 8:
            return self._out_of_range(now, faults.SENSOR_SHORT)
        if spread > limits.spread_codes:
            # Broke or shorted within the burst: whichever way the mean went.
            up = code_x8 >= self._code_x8
            return self._out_of_range(now, faults.SENSOR_OPEN if up else faults.SENSOR_SHORT)
        self.ok = True
        self.inhibit = False
        self.reason = faults.NONE
        self._out_ticks = 0
        self._code_x8 = code_x8
        self.temp_mc = reading_mc
        return self._plausible(now, raw_sum, reading_mc, judged)

    def _out_of_range(self, now: Interval, reason: int) -> int:
        self.ok = False
        self.inhibit = True
        self.good_ticks = 0
        self.reason = reason
        limits = self._limits
        if self._out_ticks < limits.range_ticks:
            self._out_ticks += 1
        often = self._note_bad(now)
        return 1 << reason if often or self._out_ticks >= limits.range_ticks else 0

    def _plausible(self, now: Interval, raw_sum: int, reading_mc: int, judged: bool) -> int:
        limits = self._limits
        fresh = now.tick.fresh
        step_mc = reading_mc - self.accepted_mc
        jumped = step_mc > limits.jump_mc or -step_mc > limits.jump_mc
        if raw_sum != self._raw_sum:
            self._raw_sum = raw_sum
            self._same_ms = 0
            self._same_ticks = 0
        else:
            self._same_ticks += 1
            if judged:
                self._same_ms += now.seen_ms
        if now.stalled:
            self._same_ms = 0
        if jumped or not fresh or self._same_ticks >= limits.clear_ticks:
            self.good_ticks = 0
        elif self.good_ticks < limits.clear_ticks:
            self.good_ticks += 1
        if not judged:
            self.accepted_mc = reading_mc
            self._rejected = 0
            self._stale_ms = 0
            return 0
        if jumped:
            self.inhibit = True
            self._rejected += 1
            if self._note_bad(now) or self._rejected >= limits.jump_ticks:
                return 1 << faults.SENSOR_JUMP
        else:
            self.accepted_mc = reading_mc
            self._rejected = 0
        if self._same_ms >= limits.frozen_ms:
            return 1 << faults.SENSOR_FROZEN
        self._stale_ms = 0 if fresh else self._stale_ms + now.seen_ms
        return 1 << faults.SENSOR_STALE if self._stale_ms > limits.stale_ms else 0

    def _note_bad(self, now: Interval) -> bool:
        """A bad tick of a session: were there `range_count` within `range_window_ms`?"""
        if not now.live:
            return False
        limits = self._limits
        ring = self._bad_at_ms
        for i in range(_RING - 1, 0, -1):
            ring[i] = ring[i - 1]
        ring[0] = now.tick.now_ms
        if self._bad < _RING:
            self._bad += 1
        oldest = limits.range_count - 1
        if self._bad <= oldest:
            return False
        return diff_ms(now.tick.now_ms, ring[oldest]) <= limits.range_window_ms

    def _last_bad_ms(self) -> int:
        return self._bad_at_ms[0]


class Reading:
    """What the thermistors say, taken together.

    `hot_mc`, `cold_mc`: the hotter and the colder of this tick's own readings, for cutoffs.
    `control_mc`: the hotter of the accepted ones, for what is held. `readable`: at least one is a
    temperature. `whole`: every fitted one is. `reason`: the range fault of one that is none, or
    NONE. `inhibit`: no heat in this tick. `pair_ticks`: for how many ticks A and B have been
    readable and close enough.
    """

    def __init__(self, limits: Limits, settings: Settings, table: bytes) -> None:
        self._limits = limits
        self._settings = settings
        self._table = table
        self.a = Sensor(limits)
        self.b = Sensor(limits)
        self.hot_mc = 0
        self.cold_mc = 0
        self.control_mc = 0
        self.readable = False
        self.whole = False
        self.inhibit = True
        self.reason = faults.SENSOR_OPEN
        self.pair_ticks = 0
        self._apart_ms = -1

    def begin(self) -> None:
        """A session begins."""
        self.a.begin()
        self.b.begin()

    def look(self, now: Interval) -> int:
        """This tick's bursts; the faults they trip, as bits.

        Outside a session a bad sensor trips nothing: it is "not ready" (SR-21).
        """
        tick = now.tick
        judged = now.heating and not now.stalled
        offset_mc = self._settings.offset_mc
        a = self.a
        reading_mc = temp_mc(self._table, tick.code_x8_a) + offset_mc
        trips = a.look(now, tick.code_x8_a, tick.raw_a, tick.spread_a, reading_mc, judged)
        self.inhibit = a.inhibit
        self.readable = self.whole = a.ok
        self.reason = a.reason
        if self._settings.sensor_b:
            reading_mc = temp_mc(self._table, tick.code_x8_b) + offset_mc
            trips |= self._with_b(now, reading_mc, judged)
        elif a.ok:
            self.hot_mc = self.cold_mc = a.temp_mc
            self.control_mc = a.accepted_mc
        return trips if now.live else 0

    def good(self) -> bool:
        """Has every fitted sensor been right for long enough to clear its fault?"""
        ticks = self._limits.clear_ticks
        return self.a.good_ticks >= ticks and (
            not self._settings.sensor_b or self.b.good_ticks >= ticks
        )

    def _with_b(self, now: Interval, reading_mc: int, judged: bool) -> int:
        a = self.a
        b = self.b
        tick = now.tick
        trips = b.look(now, tick.code_x8_b, tick.raw_b, tick.spread_b, reading_mc, judged)
        if b.inhibit:
            self.inhibit = True
        if self.reason == faults.NONE:
            self.reason = b.reason
        self.whole = a.ok and b.ok
        if not self.whole:
            self.pair_ticks = 0
            self.readable = a.ok or b.ok
            if self.readable:
                self.hot_mc = self.cold_mc = a.temp_mc if a.ok else b.temp_mc
            return trips
        a_mc = a.temp_mc
        b_mc = b.temp_mc
        self.hot_mc = a_mc if a_mc > b_mc else b_mc
        self.cold_mc = b_mc if a_mc > b_mc else a_mc
        a_mc = a.accepted_mc
        b_mc = b.accepted_mc
        self.control_mc = a_mc if a_mc > b_mc else b_mc
        return trips | self._apart(now, judged)

    def _apart(self, now: Interval, judged: bool) -> int:
        """SR-08: the pair too far apart for too long; what is not judged neither counts nor
        restarts the time."""
        limits = self._limits
        if self.hot_mc - self.cold_mc <= limits.mismatch_mc:
            self._apart_ms = -1
            if self.pair_ticks < limits.clear_ticks:
                self.pair_ticks += 1
            return 0
        self.pair_ticks = 0
        if now.stalled:
            self._apart_ms = -1
        if not judged:
            return 0
        self._apart_ms = 0 if self._apart_ms < 0 else self._apart_ms + now.seen_ms
        return 1 << faults.SENSOR_MISMATCH if self._apart_ms >= limits.mismatch_ms else 0
