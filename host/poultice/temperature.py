"""Temperatures as a person reads and writes them: the one place that knows in which units.

Everywhere else they are whole milli-degrees Celsius (`_mc`), in JSON, records and files too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from poultice.language import number

CELSIUS = "celsius"
FAHRENHEIT = "fahrenheit"
UNITS = (CELSIUS, FAHRENHEIT)

_shown_in = CELSIUS


def show_in(units: str) -> None:
    """From now on; one person reads what one process says."""
    global _shown_in
    _shown_in = units


@contextmanager
def showing_in(units: str) -> Iterator[None]:
    """The same, for a while."""
    before = _shown_in
    show_in(units)
    try:
        yield
    finally:
        show_in(before)


def sign() -> str:
    """`°C` or `°F`."""
    return "°F" if _shown_in == FAHRENHEIT else "°C"


def shown(value_mc: int | None) -> str:
    """A reading: `40.5 °C`, `104.9 °F`."""
    if value_mc is None:
        return "-"
    return number(f"{_degrees(value_mc):.1f} {sign()}")


def exact(value_mc: int) -> str:
    """A limit, or what was asked against one: `40.5 °C`, and no digit that matters is lost."""
    units = value_mc * 18 + 320_000 if _shown_in == FAHRENHEIT else value_mc * 10
    whole, rest = divmod(abs(units), 10_000)
    digits = f"{rest:04d}".rstrip("0") or "0"
    return number(f"{'-' if units < 0 else ''}{whole}.{digits} {sign()}")


def span(low_mc: int, high_mc: int) -> str:
    """From one to the other: `23 to 27 °C`."""
    low, high = (exact(one).split()[0].removesuffix(".0") for one in (low_mc, high_mc))
    return f"{low} to {high} {sign()}"


def difference(value_mc: int, *, digits: int = 1, signed: bool = False) -> str:
    """A difference between two temperatures: `0.5 °C` is `0.9 °F`."""
    value = value_mc / 1000 * (1.8 if _shown_in == FAHRENHEIT else 1)
    return number(f"{value:{'+' if signed else ''}.{digits}f} {sign()}")


def read(degrees: float) -> int:
    """What a person wrote in these units, m°C."""
    thousandths = round(degrees * 1000)
    return from_fahrenheit(thousandths) if _shown_in == FAHRENHEIT else thousandths


def from_fahrenheit(thousandths: int) -> int:
    """Thousandths of a degree Fahrenheit as m°C, to the nearest; never by way of a float."""
    return (10 * (thousandths - 32_000) + 9) // 18


def _degrees(value_mc: int) -> float:
    return value_mc / 1000 * 1.8 + 32 if _shown_in == FAHRENHEIT else value_mc / 1000
