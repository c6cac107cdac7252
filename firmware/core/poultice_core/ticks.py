"""Millisecond arithmetic on a ring of 2^30, the period of MicroPython's `ticks_ms`.

Our own, because the unix port's ring has another period (2^62) and CPython has none. No result on
the way leaves 31 bits either: a larger one would be made on the heap, in the middle of a tick.
"""

PERIOD = 1 << 30
_HALF = PERIOD >> 1
_MASK = PERIOD - 1


def diff_ms(later: int, earlier: int) -> int:
    """`later - earlier` on the ring: negative where `later` lies in the half before `earlier`."""
    delta_ms = (later - earlier) & _MASK
    return delta_ms if delta_ms < _HALF else delta_ms - _HALF - _HALF
