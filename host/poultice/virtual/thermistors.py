"""Named 10 kΩ thermistors by their published R/T curves, as beads of the simulator.

The firmware's tables are made from the same points (`python -m tests.core.tables`). Between two
points ln R is a cubic in 1/T, with the slopes of the parabolas through three points. With every
second point left out it meets the others within 0.05 °C from 5 to 50 °C; with all of them, at half
the step and of third order or better, it is off by less than 0.01 °C.
"""

from __future__ import annotations

from bisect import bisect_right
from math import exp, log

FIRST_C, STEP_C, LAST_C = -40, 5, 125
FULL_SCALE = 4095
_PULL_UP_OHM = 10_000.0
_PER_C = 10
_PLACES = (LAST_C - FIRST_C) * _PER_C


class Curve:
    """One part's resistance from -40 to 125 °C; beyond, that of the end."""

    def __init__(
        self, part: str, ohms: tuple[float, ...], first_c: int = FIRST_C, step_c: int = STEP_C
    ) -> None:
        self.part = part
        self.published = ohms
        self._first_c, self._step_c = first_c, step_c
        self._last_c = first_c + step_c * (len(ohms) - 1)
        self._x = [1.0 / (first_c + step_c * i + 273.15) for i in range(len(ohms))]
        self._y = [log(ohm) for ohm in ohms]
        self._slopes = [self._slope(i) for i in range(len(ohms))]
        self._codes: list[float] = []

    def _slope(self, i: int) -> float:
        """Of the parabola through three points."""
        x, y = self._x, self._y
        i = min(max(i, 1), len(x) - 2)
        before, after = x[i] - x[i - 1], x[i + 1] - x[i]
        rise = (y[i] - y[i - 1]) / before * after + (y[i + 1] - y[i]) / after * before
        return rise / (before + after)

    def ohms(self, temp_c: float) -> float:
        """Resistance in Ω at `temp_c`."""
        temp_c = min(max(temp_c, self._first_c), self._last_c)
        i = min(int((temp_c - self._first_c) / self._step_c), len(self._x) - 2)
        width = self._x[i + 1] - self._x[i]
        t = (1.0 / (temp_c + 273.15) - self._x[i]) / width
        left, right = self._y[i], self._y[i + 1]
        leaving = self._slopes[i] * width - (right - left)
        arriving = (right - left) - self._slopes[i + 1] * width
        u = 1.0 - t
        return exp(u * left + t * right + t * u * (u * leaving + t * arriving))

    def code(self, temp_c: float) -> float:
        """The 12-bit code, with its fraction, of an ideal converter: under 10 kΩ, to ground."""
        codes = self._codes or self._prepared()
        place = (LAST_C - temp_c) * _PER_C
        i = int(place)
        if 0 <= i < _PLACES:
            code = codes[i]
            return code + (codes[i + 1] - code) * (place - i)
        return codes[0] if i < 0 else codes[_PLACES]

    def celsius(self, code: float) -> float:
        """The temperature in °C at which `code` gives that."""
        codes = self._codes or self._prepared()
        i = min(max(bisect_right(codes, code) - 1, 0), _PLACES - 1)
        return LAST_C - (i + (code - codes[i]) / (codes[i + 1] - codes[i])) / _PER_C

    def _prepared(self) -> list[float]:
        # Straight lines between tenths of a degree are within two thousandths of a code.
        every = [self.ohms(LAST_C - place / _PER_C) for place in range(_PLACES + 1)]
        self._codes = [code_of(ohms) for ohms in every]
        return self._codes


def code_of(ohms: float) -> float:
    """The code of a resistance in the place of the bead."""
    return FULL_SCALE * ohms / (ohms + _PULL_UP_OHM)


# fmt: off
B3950 = Curve(
    "EPCOS B57891S0103 (R/T 4901, B(25/100) 3950 K)",
    # As in Linux, drivers/hwmon/ntc_thermistor.c, b57891s0103[], from EPCOS' data sheet.
    (
        316_180, 230_060, 169_150, 125_550, 94_143, 71_172, 54_308, 41_505, 32_014, 25_011,
        19_691, 15_618, 12_474, 10_000, 8080, 6569, 5372, 4424, 3661, 3039, 2536, 2128, 1794,
        1518, 1290, 1100, 942, 809, 697, 604, 525, 457, 400, 351,
    ),
)

B3435 = Curve(
    "EPCOS B57330V2103 (B(25/85) 3435 K)",
    # As in Linux, drivers/hwmon/ntc_thermistor.c, b57330v2103[], from EPCOS' data sheet.
    (
        190_030, 145_360, 112_060, 87_041, 68_104, 53_665, 42_576, 34_001, 27_326, 22_096,
        17_973, 14_703, 12_090, 10_000, 8311, 6941, 5825, 4911, 4158, 3536, 3019, 2588, 2227,
        1924, 1668, 1451, 1266, 1108, 973, 857, 757, 671, 596, 531,
    ),
)

B3980 = Curve(
    "EPCOS B57861S0103 (R/T 8016, B(25/100) 3988 K)",
    # As in foxBMS 2, src/app/driver/ts/epcos/b57861s0103f045/epcos_b57861s0103f045.c.
    (
        336_500, 242_600, 177_000, 130_400, 97_070, 72_930, 55_330, 42_320, 32_650, 25_390,
        19_900, 15_710, 12_490, 10_000, 8057, 6531, 5327, 4369, 3603, 2986, 2488, 2083, 1752,
        1481, 1258, 1072, 917.7, 788.5, 680, 588.6, 511.2, 445.4, 389.3, 341.7,
    ),
)
# fmt: on

CURVES = {"B3950": B3950, "B3435": B3435, "B3980": B3980}
"""By the name of the firmware's table."""
