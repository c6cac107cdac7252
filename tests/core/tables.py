"""What the tables of the core have to hold, from the published curves and the formula.

    python -m tests.core.tables

prints them as they stand in firmware/core/poultice_core.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext

from poultice.virtual.thermistors import CURVES, Curve

FIRST_CODE, CODE_STEP, LAST_CODE = 448, 32, 3520
COLDEST_MC = -32_768
FIRST_DC, LAST_DC = 390, 500
_PER_LINE = 7


def temps_mc(curve: Curve) -> list[int]:
    """The temperature at each code of a thermistor's table."""
    codes = range(FIRST_CODE, LAST_CODE + 1, CODE_STEP)
    return [round(1000 * curve.celsius(code)) for code in codes]


def rates_u() -> list[int]:
    """The dose rate at each tenth of a degree of the dose's table."""
    return [rate_u(tenths) for tenths in range(FIRST_DC, LAST_DC + 1)]


def rate_u(tenths: int) -> int:
    """Millionths of a minute per 100 ms: R^(43 - T) / 600, rounded up."""
    with localcontext(prec=60):
        above = Decimal(430 - tenths) / 10
        base = Decimal("0.5") if tenths >= 430 else Decimal("0.25")
        return int((base**above / 600 * 1_000_000).to_integral_value(ROUND_CEILING))


def entries(table: bytes, least: int = 0) -> list[int]:
    """What a table of three bytes an entry holds; `least` is what all zeros mean."""
    assert len(table) % 3 == 0
    return [int.from_bytes(table[i : i + 3], "big") + least for i in range(0, len(table), 3)]


def literal(name: str, values: list[int], least: int = 0) -> str:
    """The lines of source text of a table."""
    packed = ["".join(f"\\x{b:02x}" for b in (one - least).to_bytes(3, "big")) for one in values]
    lines = ["".join(packed[i : i + _PER_LINE]) for i in range(0, len(packed), _PER_LINE)]
    return "\n".join([f"{name} = (", *(f'    b"{line}"' for line in lines), ")"])


def main() -> None:
    """All four."""
    for name, curve in CURVES.items():
        print(literal(name, temps_mc(curve), COLDEST_MC))
    print(literal("PER_TICK_U", rates_u()))


if __name__ == "__main__":
    main()
