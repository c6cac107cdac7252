"""Millisecond arithmetic on a ring of 2^30, the period of MicroPython's `ticks_ms`.

Our own, because the unix port's ring has another period (2^62) and CPython has none.
"""

PERIOD = 1 << 30
_HALF = PERIOD >> 1
_MASK = PERIOD - 1


def diff_ms(later: int, earlier: int) -> int:
    """`later - earlier` on the ring: negative where `later` lies in the half before `earlier`."""
    return ((later - earlier + _HALF) & _MASK) - _HALF


def add_ms(ticks: int, delta_ms: int) -> int:
    """`delta_ms` after `ticks`, on the ring."""
    return (ticks + delta_ms) & _MASK
