"""Thermistor, divider and converter: a bead's temperature in, sixteen 12-bit codes out.

The thermistor is the real curve of a named part, to ground under 10 kΩ (`thermistors`). By default
the codes are what an RP2040 board hands over after its own correction of the steps: noise of
1.2 LSB (`facts.md` 5d measures 1.0 to 1.4) and an offset of one code. With `raw` the converter's
uncorrected error is on them too.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from math import inf, pi, sin
from operator import itemgetter

from poultice.virtual.thermistors import B3950, FULL_SCALE, Curve

SAMPLES = 16
NOISE_LSB = 1.2
OFFSET_LSB = 1.0
NOISY_LSB = 150.0  # 4 °C at 42 °C: a crackling contact, which adds resistance and reads cold

NORMAL, OPEN, SHORT, FROZEN, NOISY = "normal", "open", "short", "frozen", "noisy"
BRIDGED = "bridged"
BRIDGE_OHM = 1000.0  # 95 °C, if it were a temperature

_PULL_UP_OHM = 10_000.0

_ROWS = 64
_PARTS = 8
_STRIDE = 29  # odd: visits all rows before one comes again

# How far above the true ratio the raw code lies: (from this code, error, error before the next).
# 895 to 1536 and the ends are the mean of five boards in facts.md 5d; the steps at 512, 2560 and
# 3584 are put at their stated places with the size of the one measured, the rest joined up.
_RAW_ERROR = (
    (0, 15.0, 13.0),
    (512, 4.0, 6.0),
    (895, 6.0, 6.0),
    (1407, 7.0, 7.0),
    (1536, -2.0, 0.0),
    (2560, -9.0, -5.0),
    (3584, -14.0, -14.5),
)
_RAW_FROM = [row[0] for row in _RAW_ERROR]


def raw_error_lsb(code: float) -> float:
    """What an uncorrected RP2040 adds at `code`."""
    index = bisect_right(_RAW_FROM, code) - 1
    if index < 0:
        return _RAW_ERROR[0][1]
    start, first, last = _RAW_ERROR[index]
    end = _RAW_FROM[index + 1] if index + 1 < len(_RAW_FROM) else FULL_SCALE + 1
    return first + (last - first) * (code - start) / (end - start)


_Pick = Callable[[list[int]], tuple[int, ...]]

# Every code there is with room below and above, so that a burst is one slice and one pick.
_REACH = 8
_CODES = [min(FULL_SCALE, max(0, n - _REACH)) for n in range(FULL_SCALE + 2 * _REACH + 1)]


@lru_cache(maxsize=8)
def _noise(seed: int) -> tuple[list[list[float]], list[_Pick | None]]:
    """64 bursts of deviations; and what each picks of the codes around, for each eighth of a code
    in turn, made when it is first needed."""
    rng = random.Random(f"adc {seed}")
    bursts = [[rng.gauss(0.5, NOISE_LSB) for _ in range(SAMPLES)] for _ in range(_ROWS)]
    return bursts, [None] * (_PARTS * _ROWS)


class Channel:
    """One thermistor on one converter input."""

    def __init__(
        self, seed: int, *, row: int = 0, offset_lsb: float = OFFSET_LSB, raw: bool = False
    ) -> None:
        self._fault = NORMAL
        self._drift_c_per_sample = 0.0
        self._drift_c = 0.0
        self._every = self._of_them = 0
        self._sampled = 0
        self._hum_c = self._hum_turns = 0.0
        self._leak_ohm = inf
        self._struck = 0
        self._curve = B3950
        self._raw = raw
        self._odd = raw
        self._bursts, self._picks = _noise(seed)
        self._row = row
        self._offset_lsb = offset_lsb
        self._rng = random.Random(f"noisy {seed} {row}")
        self._last: tuple[int, ...] = (0,) * SAMPLES

    def fail(self, fault: str) -> None:
        """From now on OPEN, SHORT, BRIDGED by `BRIDGE_OHM`, NOISY, FROZEN (nothing but the last
        burst), or NORMAL."""
        self._fault = fault
        self._every = 0
        self._odd = True

    def fail_now_and_then(self, fault: str, *, bursts: int, of: int) -> None:
        """From now on so in this many bursts out of `of`, the rest normal: a loose connector."""
        self.fail(fault)
        self._of_them, self._every = bursts, of

    def hum(self, peak_c: float, turns_per_burst: float) -> None:
        """From now on a sine lies on the reading. A burst is short beside it: all of its
        conversions have the same part of it."""
        self._hum_c, self._hum_turns = peak_c, turns_per_burst
        self._odd = True

    def leak(self, ohm: float) -> None:
        """From now on a wet path lies beside the thermistor."""
        self._leak_ohm = ohm
        self._odd = True

    def strike(self, conversions: int) -> None:
        """From now on so many of each burst's conversions are at full scale."""
        self._struck = conversions
        self._odd = True

    def drift(self, c_per_sample: float) -> None:
        """From now on the bead's own temperature is read with a growing error."""
        self._drift_c_per_sample = c_per_sample
        self._odd = True

    def fit(self, curve: Curve) -> None:
        """From now on a thermistor of this curve is on the input, not the one there should be."""
        self._curve = curve

    def sample(self, temp_c: float, into: list[int]) -> None:
        """One burst of conversions of a bead at `temp_c`."""
        if self._odd:
            odd = self._odd_code(temp_c)
            if odd is None:
                into[:] = self._last
                return
            code = odd
        else:
            code = self._offset_lsb + self._curve.code(temp_c)
        whole = int(code * _PARTS)
        self._row = row = (self._row + _STRIDE) % _ROWS
        base = whole // _PARTS
        place = whole % _PARTS * _ROWS + row
        pick = self._picks[place] or self._picker(place)
        into[:] = self._last = pick(_CODES[base : base + 2 * _REACH])
        if self._struck:
            into[-self._struck :] = [FULL_SCALE] * self._struck

    def _picker(self, place: int) -> _Pick:
        """Sorted, as the order within a burst of noise tells nothing."""
        part, row = divmod(place, _ROWS)
        deviations = (x + (part + 0.5) / _PARTS for x in self._bursts[row])
        last = 2 * _REACH - 1
        places = sorted(min(last, max(0, int(x + _REACH))) for x in deviations)
        pick: _Pick = itemgetter(*places)
        self._picks[place] = pick
        return pick

    def _odd_code(self, temp_c: float) -> float | None:
        """With all that befell it; None: nothing but the last burst."""
        fault = self._fault
        self._sampled += 1
        if self._every and self._sampled % self._every >= self._of_them:
            fault = NORMAL
        if fault == FROZEN:
            return None
        self._drift_c += self._drift_c_per_sample
        temp_c += self._drift_c
        if self._hum_c:
            temp_c += self._hum_c * sin(2.0 * pi * self._hum_turns * self._sampled)
        code = self._curve.code(temp_c)
        if self._leak_ohm < inf:
            code = _beside(code, self._leak_ohm)
        code += self._offset_lsb
        if self._raw:
            code += raw_error_lsb(code)
        if fault == OPEN:
            code = FULL_SCALE - 8.0
        elif fault == SHORT:
            code = 8.0
        elif fault == BRIDGED:
            code = FULL_SCALE * BRIDGE_OHM / (BRIDGE_OHM + _PULL_UP_OHM)
        elif fault == NOISY:
            code += abs(self._rng.gauss(0.0, NOISY_LSB))
        return min(FULL_SCALE, max(0.0, code))


def _beside(code: float, ohm: float) -> float:
    """The code where this resistance lies beside the thermistor."""
    own = _PULL_UP_OHM * code / (FULL_SCALE - code)
    both = own * ohm / (own + ohm)
    return FULL_SCALE * both / (both + _PULL_UP_OHM)
