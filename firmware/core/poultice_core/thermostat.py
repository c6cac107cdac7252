"""The thermostat: on and off by prediction, as seldom as a band of ±0.6 °C allows.

It asks neither the pad's power nor its mass nor how it lies: all it uses is learnt from the
reading, anew in each phase. The law:

- A pulse ends when reading + lead * slope reaches the cap over the target: on a strong light pad
  the bead is 2 °C behind what it measures. The lead is learnt from every coasting: how far the
  reading rose after HEAT opened, over its slope at that moment. The first pulse ends on a long
  lead, short of the target; what it teaches lets the second one arrive. A quarter of what a peak
  was over the cap is taken off the next: pulses of 3 s end before their slope is to be seen.
- A pulse begins when reading - sag reaches the low edge of the band. The sag, how far the reading
  falls after HEAT has closed, is learnt from every pulse.
- So the cycle is as long as the pad's ripple allows: from 21 s on light pads, where closings 20 s
  apart leave a ripple wider than the band, to minutes on weak ones. Where the shortest pulse
  would pass the cap, the next begins lower.
- Whatever the past taught: 31 s after HEAT opened, a reading 0.9 °C below the target closes it.

Integers: milli-°C, milliseconds, slopes in milli-°C a second, leads in tenths of a second.
Tuned on simulated pads of 0.03 to 0.10 W/cm² and 700 to 2400 J/m²K (tests/benchmarks).
"""

from .limits import Limits

_CYCLE_MS = 21_000
_HALF_MS = 500
_CAP_MC, _EDGE_MC = 400, 470  # what the predictions miss takes them to ±0.6 °C
_LOWEST_MC = 900
_FIRST_BELOW_MC = 500  # 2 s of the strongest light pad are 0.9 °C
_FIRST_LEAD_DS = 100
_FIRST_SAG_MC = 350
_LEARN_MC_S = 15  # a slower rise is too near the noise to learn a lead from
_PEAK_PAST_MC = 40  # noise of a half second's mean: 5
_COAST_MIN_MS, _COAST_MAX_MS = 1_500, 30_000


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
        self._sag_mc = _FIRST_SAG_MC
        self._cap_mc = 0
        self._first = True
        self._learnt = self._on = self._coasting = False
        self._on_ms = self._opened_mc_s = 0
        self._off_ms = self._dwell_ms
        self._cycle_ms = _CYCLE_MS
        self._peak_mc = self._opened_mc = self._trough_mc = self._closed_mc = temp_mc
        self._forget(temp_mc)

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
            self._on_ms += dt_ms
            if self._on_ms < self._dwell_ms or temp_mc < self._open_at_mc:
                return True
            self._open(temp_mc, self._slope_mc_s)
        elif self._on_ms:
            self._open(temp_mc, 0)  # by the guard: its slope may be of before a pause
        return self._on and not inhibited and temp_mc < self._open_at_mc

    def _open(self, temp_mc: int, slope_mc_s: int) -> None:
        self._on = False
        self._coasting = True
        self._off_ms = -self._ms  # so much of the running half second was before
        self._opened_mc = temp_mc
        self._opened_mc_s = slope_mc_s
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
        if not self._on:
            self._off_ms += ms
            self._coast(mean_mc)
        elif self._on_ms == 0:
            self._cycle_ms = 0  # asked, not yet granted
        else:
            self._trough_mc = min(self._trough_mc, mean_mc)
            to_come_mc = self._lead_ds * max(0, slope_mc_s) // 10
            self._open_at_mc = self._target_mc + self._cap_mc - to_come_mc

    def _coast(self, mean_mc: int) -> None:
        """HEAT is open: wait for the peak, learn from it, close when cycle and dwell allow."""
        self._peak_mc = max(self._peak_mc, mean_mc)
        off_ms = self._off_ms
        if self._coasting:
            falls = mean_mc < self._peak_mc - _PEAK_PAST_MC or off_ms >= _COAST_MAX_MS
            if off_ms < _COAST_MIN_MS or not falls:
                return
            self._coasting = False
            self._learn()
        if mean_mc >= self._close_at_mc or self._cycle_ms < _CYCLE_MS or off_ms < self._dwell_ms:
            return
        self._on = True
        self._on_ms = self._cycle_ms = 0
        self._closed_mc = self._trough_mc = mean_mc
        self._open_at_mc = self._target_mc

    def _learn(self) -> None:
        """What this pulse and its coasting say about the pad."""
        if self._first:
            self._first = False
            self._cap_mc = _CAP_MC
        elif self._opened_mc_s > 0:
            self._sag_mc = (self._sag_mc + self._closed_mc - self._trough_mc) // 2
            over_mc = self._peak_mc - self._target_mc - _CAP_MC
            self._cap_mc = max(-_LOWEST_MC, min(_CAP_MC, self._cap_mc - over_mc // 4))
        if self._opened_mc_s > _LEARN_MC_S:
            lead_ds = (self._peak_mc - self._opened_mc) * 10 // self._opened_mc_s
            lead_ds = max(10, min(200, lead_ds))
            self._lead_ds = (self._lead_ds + lead_ds) // 2 if self._learnt else lead_ds
            self._learnt = True
        below_mc = max(0, _EDGE_MC - self._sag_mc)
        if self._on_ms <= self._dwell_ms:  # the shortest pulse there is: begin it lower
            below_mc = max(below_mc, self._peak_mc - self._closed_mc - _CAP_MC)
        self._close_at_mc = self._target_mc - min(_LOWEST_MC, below_mc)

    def _forget(self, temp_mc: int) -> None:
        """No slope reaches back over this moment."""
        for i in range(4):
            self._ring[i] = temp_mc
        self._slope_mc_s = self._oldest = 0
        self._ms = self._sum_mc = self._ticks = 0
