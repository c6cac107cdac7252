"""The thermostat: one pulse of heat a cycle, its length by a PI law, its end by prediction.

It asks neither the pad's power nor its mass nor how it lies: all it uses is learnt from the
reading, anew in each phase. The law:

- A pulse ends after its planned length, or as soon as reading + lead * slope passes the cap over
  the target: on a strong light pad the bead is 2 °C behind what it measures.
- The lead is learnt from every coasting: how far the reading rose after HEAT opened, over its
  slope at that moment. The first pulse ends on a long lead, short of the target; what it
  teaches lets the second one arrive.
- The next length follows the mean error of the cycle that ends (PI), corrected by where it is
  heading, and is no more than what keeps the peak at the cap: on a light pad the ripple alone
  is 1 °C. A pulse cut short pulls the integral down with it. Gains go by the fastest rise seen.
- A cycle takes 21 s: closings 20 s apart, three a minute. Where pulse or gap would be shorter
  than the dwell, the dwell is kept and the cycle is stretched.

Integers: milli-°C, milliseconds, slopes in milli-°C a second, leads in tenths of a second.
Tuned on simulated pads of 0.04 to 0.10 W/cm² and 700 to 2400 J/m²K (tests/benchmarks).
"""

from .limits import Limits

_CYCLE_MS = 21_000
_HALF_MS = 500
_CAP_MC = 300
_FAR_MC = 3_000  # this far below, one long pulse brings it back; PI would take minutes
_FAR_CAP_MC = 100  # its slope is steadier, its prediction surer to come true
_FIRST_LEAD_DS = 100
_FIRST_BELOW_MC = 500  # 2 s of the strongest light pad are 0.9 °C
_FIRST_RATE_MC_S = 300
_CLIMB_MS = 10_000  # a shorter first pulse has not shown the fastest rise
_P = 500  # ms of pulse for each second of the fastest rise that the error is worth
_I = 180
_AHEAD_MS = 8_000
_LEARN_MC_S = 30  # a slower rise is too near the noise to learn a lead from
_PEAK_PAST_MC = 40  # noise of a half second's mean: 5
_COAST_MIN_MS, _COAST_MAX_MS = 1_500, 30_000
_SHORTEST_MS = 500
_ENDLESS_MS = 1 << 28


class Thermostat:
    """One heat phase at a time; `begin`, then `ask` once a tick. It only ever asks."""

    def __init__(self, limits: Limits) -> None:
        self._dwell_ms = limits.dwell_min_ms
        self._ring = [0] * 4
        self._sum_mc = self._ticks = self._ms = self._oldest = self._slope_mc_s = 0
        self.begin(0, 0)

    def begin(self, target_mc: int, temp_mc: int) -> None:
        """A heat phase starts at this reading; what an earlier one learnt is forgotten."""
        self._target_mc = self._open_at_mc = target_mc
        self._close_at_mc = target_mc - _FIRST_BELOW_MC
        self._lead_ds = _FIRST_LEAD_DS
        self._rate_mc_s = _FIRST_RATE_MC_S
        self._integral_ms = _CYCLE_MS - self._dwell_ms
        self._first = self._far = True
        self._learnt = self._on = self._whole = self._coasting = False
        self._fastest_mc_s = self._opened_mc_s = 0
        self._on_ms = self._pulse_ms = self._next_ms = 0
        self._off_ms = self._dwell_ms
        self._peak_mc = self._opened_mc = self._closed_mc = temp_mc
        self._forget(temp_mc)
        self._new_cycle(temp_mc)

    def ask(self, temp_mc: int, heating: bool, inhibited: bool, dt_ms: int) -> bool:
        """Shall HEAT be closed in the coming tick? `heating`: the pad was energised in the last
        one; `inhibited`: the guard did not permit it. Most ticks only count."""
        self._sum_mc += temp_mc
        self._ticks += 1
        self._ms += dt_ms
        if self._ms >= _HALF_MS:
            self._half_second(temp_mc)
        if not self._on:
            return False
        if heating and not inhibited:
            on_ms = self._on_ms = self._on_ms + dt_ms
            if on_ms < self._dwell_ms:
                return True
            if on_ms < self._pulse_ms:
                if temp_mc < self._open_at_mc:
                    return True
                self._cut()
            self._open(temp_mc)
        elif self._on_ms:
            self._cut()
            self._open(temp_mc)
        return self._on and not inhibited and temp_mc < self._open_at_mc

    def _cut(self) -> None:
        """The pulse ends before its time: that much was needed, and the gap is the cycle's."""
        on_ms = self._on_ms
        if self._whole and self._learnt and on_ms < self._integral_ms:
            self._integral_ms = max(_SHORTEST_MS, on_ms)
        self._next_ms = _CYCLE_MS
        if not self._whole or on_ms > _CYCLE_MS - self._dwell_ms:
            self._next_ms += self._cycle_ms - self._integral_ms

    def _open(self, temp_mc: int) -> None:
        self._on = False
        self._coasting = True
        self._off_ms = -self._ms  # so much of the running half second was before
        self._opened_mc = temp_mc
        self._opened_mc_s = self._slope_mc_s
        self._peak_mc = temp_mc - 200  # the mean at hand is still of the rise

    def _half_second(self, temp_mc: int) -> None:
        """Everything that needs a mean or a slope."""
        ms = self._ms
        mean_mc = self._sum_mc // self._ticks
        if ms >= 2 * _HALF_MS:
            self._forget(temp_mc)
            mean_mc = temp_mc
        self._ms = self._sum_mc = self._ticks = 0
        oldest = self._oldest
        slope_mc_s = self._slope_mc_s = (mean_mc - self._ring[oldest]) // 2
        self._ring[oldest] = mean_mc
        self._oldest = (oldest + 1) & 3
        self._cycle_ms += ms
        self._error_mc += self._target_mc - mean_mc
        self._halves += 1
        if not self._on:
            self._off_ms += ms
            self._coast(mean_mc)
            return
        if self._on_ms == 0:
            self._new_cycle(mean_mc)
        if slope_mc_s > self._fastest_mc_s:
            self._fastest_mc_s = slope_mc_s
        cap_mc = 0 if self._first else _FAR_CAP_MC if self._far else _CAP_MC
        self._open_at_mc = self._target_mc + cap_mc - self._lead_ds * max(0, slope_mc_s) // 10
        if self._cycle_ms >= _CYCLE_MS and not self._far:
            self._whole = False
            self._plan(mean_mc)

    def _coast(self, mean_mc: int) -> None:
        """HEAT is open: wait for the peak, learn from it, close when cycle and dwell allow."""
        if mean_mc > self._peak_mc:
            self._peak_mc = mean_mc
        off_ms = self._off_ms
        if self._coasting:
            falls = mean_mc < self._peak_mc - _PEAK_PAST_MC or off_ms >= _COAST_MAX_MS
            if off_ms < _COAST_MIN_MS or not falls:
                return
            self._coasting = False
            self._learn()
        if mean_mc >= self._close_at_mc or self._cycle_ms < self._next_ms:
            return
        if off_ms >= self._dwell_ms:
            self._on = self._whole = True
            self._on_ms = 0
            self._closed_mc = mean_mc
            self._open_at_mc = self._target_mc
            self._plan(mean_mc)

    def _learn(self) -> None:
        """What this pulse's coasting says about the pad."""
        if self._first:
            self._first = False
            if self._on_ms > _CLIMB_MS:
                self._rate_mc_s = max(50, self._fastest_mc_s)
        self._close_at_mc = self._target_mc
        if self._on_ms <= self._dwell_ms:  # the shortest pulse there is: begin it lower
            self._close_at_mc -= max(0, self._peak_mc - self._closed_mc - _CAP_MC)
        if self._opened_mc_s > _LEARN_MC_S:
            lead_ds = (self._peak_mc - self._opened_mc) * 10 // self._opened_mc_s
            lead_ds = max(10, min(200, lead_ds))
            self._lead_ds = (self._lead_ds + lead_ds) // 2 if self._learnt else lead_ds
            self._learnt = True

    def _plan(self, mean_mc: int) -> None:
        """The length of the pulse that begins, or goes on, and when the next one may begin."""
        was_far = self._far
        self._far = self._first or self._target_mc - mean_mc > _FAR_MC
        self._next_ms = _CYCLE_MS
        pulse_ms = _ENDLESS_MS
        if not self._far:
            error_mc = 0 if was_far else self._cycle_error_mc(mean_mc)
            change_ms = _I * error_mc // self._rate_mc_s
            self._integral_ms = _bounded(self._integral_ms + change_ms)
            pulse_ms = _bounded(self._integral_ms + _P * error_mc // self._rate_mc_s)
            pulse_ms = self._dwelling(pulse_ms)
        self._pulse_ms = self._on_ms + pulse_ms
        self._new_cycle(mean_mc)
        self._peak_mc = mean_mc

    def _cycle_error_mc(self, mean_mc: int) -> int:
        heading_mc = (mean_mc - self._start_mc) * _AHEAD_MS // self._cycle_ms
        error_mc = self._error_mc // self._halves - heading_mc
        return min(error_mc, self._target_mc + _CAP_MC - self._peak_mc)

    def _dwelling(self, pulse_ms: int) -> int:
        """A length of the same share of its cycle that keeps the dwell; sets the cycle."""
        dwell_ms = self._dwell_ms
        gap_ms = _CYCLE_MS - pulse_ms
        if pulse_ms < dwell_ms:
            self._next_ms = _CYCLE_MS * dwell_ms // pulse_ms
            return dwell_ms
        if gap_ms < _SHORTEST_MS:
            return _ENDLESS_MS
        if gap_ms < dwell_ms:
            self._next_ms = _CYCLE_MS * dwell_ms // gap_ms
            return self._next_ms - dwell_ms
        return pulse_ms

    def _new_cycle(self, mean_mc: int) -> None:
        self._start_mc = mean_mc
        self._cycle_ms = self._error_mc = self._halves = 0

    def _forget(self, temp_mc: int) -> None:
        """No slope reaches back over this moment."""
        for i in range(4):
            self._ring[i] = temp_mc
        self._slope_mc_s = self._oldest = 0
        self._ms = self._sum_mc = self._ticks = 0


def _bounded(pulse_ms: int) -> int:
    return max(_SHORTEST_MS, min(_CYCLE_MS, pulse_ms))
