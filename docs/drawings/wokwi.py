"""The same wiring as a project for the Wokwi simulator: `diagram.json`.

The pad is an LED there, and its supply the 3.3 V rail, so that SENSE needs no divider. Wokwi's
thermistor is a divider by itself, with the thermistor to ground, as ours.
"""

from __future__ import annotations

import json
from typing import Any

from docs.drawings.pins import signals
from docs.drawings.wiring import COLOURS

_BETA = "3950"


def diagram() -> bytes:
    """The file's content."""
    pins = {name: f"pico:GP{gpio}" for name, gpio in signals().items()}
    parts = [
        _part("wokwi-pi-pico", "pico", 0, 0),
        _part("wokwi-ntc-temperature-sensor", "a", -240, 190, temperature="33", beta=_BETA),
        _part("wokwi-ntc-temperature-sensor", "b", -240, 270, temperature="33", beta=_BETA),
        _part("wokwi-relay-module", "k1", -260, -320),
        _part("wokwi-relay-module", "k2", -160, -320),
        _part("wokwi-relay-module", "k3", -60, -320),
        _part("wokwi-led", "pad", -200, 60, color="red"),
        _part("wokwi-led", "cooler", -200, 140, color="blue"),
        _part("wokwi-resistor", "r_pad", -120, 40, value="1000"),
        _part("wokwi-resistor", "r_cooler", -120, 100, value="1000"),
        _part("wokwi-pushbutton", "button", 230, 140, color="green", label="button"),
        _part("wokwi-slide-switch", "estop", 310, 140),
        _part("wokwi-led", "led", 300, 200, color="green"),
        _part("wokwi-resistor", "r_led", 300, 140, value="330"),
        _part("wokwi-buzzer", "buzzer", 60, 230, volume="0.1"),
        *[
            _part("wokwi-resistor", f"pull_{name.lower()}", -60, 20 + 30 * i, value="8200")
            for i, name in enumerate(("MASTER_PUMP", "MASTER", "HEAT", "COOL", "SENSE"))
        ],
    ]
    grey = COLOURS["GND"]
    wires = [
        _wire("a:VCC", "pico:ADC_VREF", COLOURS["ADC_VREF"]),
        _wire("b:VCC", "pico:ADC_VREF", COLOURS["ADC_VREF"]),
        _wire("a:OUT", pins["SENSOR_A"], COLOURS["SENSOR_A"]),
        _wire("b:OUT", pins["SENSOR_B"], COLOURS["SENSOR_B"]),
        _wire("a:GND", "pico:GND.7", COLOURS["AGND"]),
        _wire("b:GND", "pico:GND.7", COLOURS["AGND"]),
        _wire("button:1.l", pins["BUTTON"], COLOURS["BUTTON"]),
        _wire("button:2.l", "pico:GND.5", grey),
        _wire("estop:2", pins["ESTOP"], COLOURS["ESTOP"]),
        _wire("estop:1", "pico:GND.5", grey),
        _wire("buzzer:2", pins["BUZZER"], COLOURS["BUZZER"]),
        _wire("buzzer:1", "pico:GND.5", grey),
        _wire("r_led:1", pins["LED"], COLOURS["LED"]),
        _wire("r_led:2", "led:A", COLOURS["LED"]),
        _wire("led:C", "pico:GND.5", grey),
    ]
    for relay, name in (("k1", "MASTER"), ("k2", "HEAT"), ("k3", "COOL")):
        wires += [
            _wire(f"{relay}:IN", pins[name], COLOURS[name]),
            _wire(f"{relay}:VCC", "pico:VBUS", COLOURS["VSYS"]),
            _wire(f"{relay}:GND", "pico:GND.3", grey),
        ]
    wires += [
        _wire("k1:COM", "pico:3V3", COLOURS["VSYS"]),
        _wire("k1:NO", "k2:COM", COLOURS["MASTER"]),
        _wire("k1:NO", "k3:COM", COLOURS["MASTER"]),
        _wire("k2:NO", "r_pad:1", COLOURS["HEAT"]),
        _wire("k2:NO", pins["SENSE"], COLOURS["SENSE"]),
        _wire("r_pad:2", "pad:A", COLOURS["HEAT"]),
        _wire("pad:C", "pico:GND.3", grey),
        _wire("k3:NO", "r_cooler:1", COLOURS["COOL"]),
        _wire("r_cooler:2", "cooler:A", COLOURS["COOL"]),
        _wire("cooler:C", "pico:GND.3", grey),
    ]
    for name in ("MASTER_PUMP", "MASTER", "HEAT", "COOL", "SENSE"):
        pull = f"pull_{name.lower()}"
        wires += [
            _wire(f"{pull}:1", pins[name], COLOURS[name]),
            _wire(f"{pull}:2", "pico:GND.3", grey),
        ]
    whole = {
        "version": 1,
        "author": "poultice",
        "editor": "wokwi",
        "parts": parts,
        "connections": wires,
        "dependencies": {},
    }
    return (json.dumps(whole, indent=1) + "\n").encode()


def _part(kind: str, name: str, top: int, left: int, **attributes: str) -> dict[str, Any]:
    return {"type": kind, "id": name, "top": top, "left": left, "attrs": attributes}


def _wire(one: str, other: str, colour: str) -> list[Any]:
    return [one, other, colour, []]
