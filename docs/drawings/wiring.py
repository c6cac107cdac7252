"""The board from above, and which wire goes to which of its pins."""

from __future__ import annotations

from html import escape

from docs.drawings.pins import header, label, signals

COLOURS = {
    "MASTER_PUMP": "#8c6d1f",
    "MASTER": "#c0392b",
    "HEAT": "#d35400",
    "COOL": "#2471a3",
    "BUTTON": "#1e8449",
    "ESTOP": "#922b21",
    "BUZZER": "#6c3483",
    "SENSE": "#117a65",
    "LED": "#7d6608",
    "SENSOR_A": "#884ea0",
    "SENSOR_B": "#5b6f8a",
    "GND": "#111111",
    "AGND": "#444444",
    "ADC_VREF": "#b7950b",
    "VSYS": "#a04000",
}
GOES_TO = {
    "MASTER_PUMP": "charge-pump input of K1's driver (optional)",
    "MASTER": "relay board IN1 (K1), 8.2k to GND",
    "HEAT": "relay board IN2 (K2), 8.2k to GND",
    "COOL": "relay board IN3 (K3), 8.2k to GND",
    "BUTTON": "button to GND",
    "ESTOP": "emergency stop, pole 1 (NC), to GND",
    "BUZZER": "passive piezo to GND",
    "SENSE": "tap of 15k / 4.7k behind the bimetals",
    "LED": "a LED of your own to GND, through 330 R (optional)",
    "SENSOR_A": "thermistor A to AGND, 10k to ADC_VREF",
    "SENSOR_B": "thermistor B to AGND, 10k to ADC_VREF",
    "GND": "0 V of the relay board and of 12 V",
    "AGND": "both thermistors, nothing else",
    "ADC_VREF": "both 10k pull-ups",
    "VSYS": "5 V through a Schottky diode, if not from USB",
}
# Of several grounds, the one nearest to what it is for.
_OTHER_WIRES = {13: "GND", 33: "AGND", 35: "ADC_VREF", 39: "VSYS"}

_ROW, _TOP, _LEFT, _BOARD, _WIRE = 26, 70, 470, 210, 60


def wires() -> dict[int, str]:
    """Board pin -> the name of what is connected there."""
    return {**{header(gpio): name for name, gpio in signals().items()}, **_OTHER_WIRES}


def wiring() -> bytes:
    """One SVG picture."""
    connected = wires()
    width, height = 2 * _LEFT + _BOARD, _TOP + 20 * _ROW + 40
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" font-family="sans-serif" font-size="13" role="img">',
        "<title>Wiring of a Pico</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<rect x="{_LEFT}" y="{_TOP - 30}" width="{_BOARD}" height="{20 * _ROW + 44}" rx="10"'
        ' fill="#1b6e3a"/>',
        f'<rect x="{_LEFT + _BOARD / 2 - 28}" y="{_TOP - 46}" width="56" height="36" rx="4"'
        ' fill="#b9bcc0"/>',
        f'<text x="{_LEFT + _BOARD / 2}" y="{_TOP - 24}" text-anchor="middle">USB</text>',
    ]
    for at in range(1, 41):
        out += _pin(at, connected.get(at))
    return ("\n".join([*out, "</svg>"]) + "\n").encode()


def _pin(at: int, name: str | None) -> list[str]:
    is_left = at <= 20
    y = _TOP + ((at - 1) if is_left else (40 - at)) * _ROW
    x = _LEFT + (14 if is_left else _BOARD - 14)
    inside, anchor = (x + 14, "start") if is_left else (x - 14, "end")
    text = label(at).split()[0]
    weight = "bold" if name else "normal"
    out = [
        f'<circle cx="{x}" cy="{y}" r="7" fill="#d4af37" stroke="#7a5c00"/>',
        f'<text x="{inside}" y="{y + 5}" text-anchor="{anchor}" fill="white" font-size="11"'
        f' font-weight="{weight}">{at} {escape(text)}</text>',
    ]
    if name is None:
        return out
    end = _LEFT - _WIRE if is_left else _LEFT + _BOARD + _WIRE
    colour = COLOURS[name]
    side = end - 8 if is_left else end + 8
    anchor = "end" if is_left else "start"
    return [
        f'<line x1="{x}" y1="{y}" x2="{end}" y2="{y}" stroke="{colour}" stroke-width="3.5"/>',
        *out,
        f'<text x="{side}" y="{y + 5}" text-anchor="{anchor}" fill="#222"><tspan fill="{colour}"'
        f' font-weight="bold">{name}</tspan> {escape(GOES_TO[name])}</text>',
    ]
