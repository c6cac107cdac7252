"""Thermistor, divider and converter: a bead's temperature in, sixteen 12-bit codes out.

The thermistor is the real curve of a named part, to ground under 10 kΩ (`thermistors`). By default
the codes are what an RP2040 board hands over after its own correction of the steps: noise of
1.2 LSB (`facts.md` 5d measures 1.0 to 1.4) and an offset of one code. With `raw` the converter's
uncorrected error is on them too.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter

from poultice.simulator.thermistors import B3950, FULL_SCALE, Curve

SAMPLES = 16
NOISE_LSB = 1.2
OFFSET_LSB = 1.0
NOISY_LSB = 150.0  # 4 °C at 42 °C: a crackling contact, which adds resistance and reads cold

NORMAL, OPEN, SHORT, FROZEN, NOISY = "normal", "open", "short", "frozen", "noisy"

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
def _noise(seed: int) -> list[_Pick]:
    """For each eighth of a code in turn, 64 bursts: each picks from the codes around.

    Sorted, as the order within a burst of noise tells nothing.
    """
    rng = random.Random(f"adc {seed}")
    bursts = [[rng.gauss(0.5, NOISE_LSB) for _ in range(SAMPLES)] for _ in range(_ROWS)]
    return [
        _picker(x + (part + 0.5) / _PARTS for x in burst)
        for part in range(_PARTS)
        for burst in bursts
    ]


def _picker(deviations: Iterable[float]) -> _Pick:
    last = 2 * _REACH - 1
    places = sorted(min(last, max(0, int(x + _REACH))) for x in deviations)
    pick: _Pick = itemgetter(*places)
    return pick


class Channel:
    """One thermistor on one converter input."""

    def __init__(
        self, seed: int, *, row: int = 0, offset_lsb: float = OFFSET_LSB, raw: bool = False
    ) -> None:
        self._fault = NORMAL
        self._drift_c_per_sample = 0.0
        self._drift_c = 0.0
        self._curve = B3950
        self._raw = raw
        self._odd = raw
        self._noise = _noise(seed)
        self._row = row
        self._offset_lsb = offset_lsb
        self._rng = random.Random(f"noisy {seed} {row}")
        self._last: tuple[int, ...] = (0,) * SAMPLES

    def fail(self, fault: str) -> None:
        """From now on OPEN, SHORT, NOISY, FROZEN (nothing but the last burst), or NORMAL."""
        self._fault = fault
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
            self._sample_odd(temp_c, into)
            return
        code = self._offset_lsb + self._curve.code(temp_c)
        whole = int(code * _PARTS)
        self._row = row = (self._row + _STRIDE) % _ROWS
        base = whole // _PARTS
        into[:] = self._last = self._noise[whole % _PARTS * _ROWS + row](
            _CODES[base : base + 2 * _REACH]
        )

    def _sample_odd(self, temp_c: float, into: list[int]) -> None:
        fault = self._fault
        if fault == FROZEN:
            into[:] = self._last
            return
        self._drift_c += self._drift_c_per_sample
        code = self._offset_lsb + self._curve.code(temp_c + self._drift_c)
        if self._raw:
            code += raw_error_lsb(code)
        if fault == OPEN:
            code = FULL_SCALE - 8.0
        elif fault == SHORT:
            code = 8.0
        elif fault == NOISY:
            code += abs(self._rng.gauss(0.0, NOISY_LSB))
        code = min(FULL_SCALE, max(0.0, code))
        whole = int(code * _PARTS)
        self._row = row = (self._row + _STRIDE) % _ROWS
        base = whole // _PARTS
        into[:] = self._last = self._noise[whole % _PARTS * _ROWS + row](
            _CODES[base : base + 2 * _REACH]
        )
