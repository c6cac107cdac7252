"""Which resistance stands for which temperature, by the device's own table.

    python -m tests.hardware.resistors

prints what docs/how-to/test-on-a-bench.md shows.
"""

from __future__ import annotations

from poultice_core.thermistor import B3950, temp_mc

PULL_UP_OHM = 10_000.0
_FULL_SCALE_X8 = 4095 * 8

REST_C = 36.0
"""Both sensors, always: below the set-point of the tests, so that the pad's relay is closed."""
BELOW_C = 41.5
"""Sensor A before a cutoff: HEAT is off, K1 closed, and no step from here is a `sensor_jump`."""
NEAR_C = 42.7
OVER_C = (43.1, 43.2, 43.3)
"""A reading is within ±0.2 °C of its resistor: one of the three has to trip."""
BEYOND_C = 45.5
"""45.1 °C may trip as more than 43 °C in two ticks, in a session and for two minutes after it or
after the start: this is 45 °C in the first."""
USED_C = (REST_C, BELOW_C, NEAR_C, *OVER_C, BEYOND_C)


def ohms(reading_c: float) -> float:
    """The resistance from the pin to ground at which an ideal device reads `reading_c`."""
    reading_mc = round(reading_c * 1000)
    below, above = 0, _FULL_SCALE_X8
    while above - below > 1:
        middle = (below + above) // 2
        if temp_mc(B3950, middle) >= reading_mc:
            below = middle
        else:
            above = middle
    return PULL_UP_OHM * below / (_FULL_SCALE_X8 - below)


def beside(reading_c: float, base_c: float) -> float:
    """What has to be put in parallel to the resistance of `base_c` to read `reading_c`."""
    base, wanted = ohms(base_c), ohms(reading_c)
    return base * wanted / (base - wanted)


def main() -> None:
    """The table of the how-to."""
    print("| sensor A reads | box 1 alone | box 1 at 41.5 °C, box 2 in parallel |")
    print("| --- | --- | --- |")
    for reading_c in USED_C:
        both = f"{beside(reading_c, BELOW_C):.0f} Ω" if reading_c > BELOW_C else ""
        print(f"| {reading_c:.1f} °C | {ohms(reading_c):.0f} Ω | {both} |")


if __name__ == "__main__":
    main()
