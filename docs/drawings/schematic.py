"""Two sheets: what is at the controller's pins, and the power path to the pad."""

from __future__ import annotations

import re
from typing import Any

import schemdraw
import schemdraw.elements as elm

from docs.drawings.pins import header, signals

PULL_DOWN = "8.2k"
_INK = "#222222"
_MARGIN = 45.0


def _new() -> Any:
    schemdraw.use("svg")
    schemdraw.config(bgcolor="white", color=_INK, fontsize=12, lw=1.5, font="sans-serif")
    return schemdraw.Drawing(show=False)


def controller() -> bytes:
    """The low-voltage side: sensors, button, emergency stop, buzzer, outputs, pull-downs."""
    pins = signals()
    left = ("SENSOR_A", "SENSOR_B", "BUTTON", "ESTOP", "BUZZER", "LED")
    right = ("MASTER_PUMP", "MASTER", "HEAT", "COOL", "SENSE")
    with _new() as d:
        sides = [
            *[_pin(name, pins[name], "left", i, len(left)) for i, name in enumerate(left)],
            *[_pin(name, pins[name], "right", i, len(right)) for i, name in enumerate(right)],
        ]
        ic = elm.Ic(pins=sides, pinspacing=2.6, edgepadH=1.2, edgepadW=5, lblsize=11, plblsize=9)
        d += ic.label("Raspberry Pi\nPico or Pico 2", "center", fontsize=14)
        _sensor(d, ic.SENSOR_A, "RT1 (A)", "R1")
        _sensor(d, ic.SENSOR_B, "RT2 (B)", "R2")
        _to_ground(d, elm.Button().left().at(ic.BUTTON).length(5).label("S1 button", fontsize=10))
        stop = elm.Switch(nc=True).left().at(ic.ESTOP).length(5)
        _to_ground(d, stop.label("S2a emergency stop, pole 1 (NC)", fontsize=10))
        piezo = elm.RBox().left().at(ic.BUZZER).length(5)
        _to_ground(d, piezo.label("BZ1 passive piezo", fontsize=10))
        d += elm.Resistor().left().at(ic.LED).length(2.5).label("R9 330", fontsize=10)
        _to_ground(d, elm.LED().left().length(2.5).label("D2 (optional)", "bottom", fontsize=10))
        said = {
            "MASTER_PUMP": "charge pump driver of K1 (optional)",
            "MASTER": "driver of K1",
            "HEAT": "driver of K2",
            "COOL": "driver of K3 (cooler only)",
            "SENSE": "from the SENSE divider (next sheet)",
        }
        for i, name in enumerate(right):
            at = getattr(ic, name)
            d += elm.Line().right().at(at).length(1.6)
            if name != "SENSE":  # its divider pulls it down
                d += elm.Dot()
                d.push()
                down = elm.Resistor().down().length(1.5)
                d += down.label(f"R{3 + i} {PULL_DOWN}", "bottom", fontsize=10)
                d += elm.Ground()
                d.pop()
            d += elm.Line().right().length(1.6)
            d += elm.Dot(open=True).label(said[name], "right", fontsize=10)
        return _with_margin(d.get_imagedata("svg"))


def _pin(name: str, gpio: int, side: str, place: int, of: int) -> Any:
    return elm.IcPin(
        name=name,
        pin=str(header(gpio)),
        side=side,
        slot=f"{of - place}/{of}",
        anchorname=name,
    )


def _sensor(d: Any, at: Any, name: str, pull_up: str) -> None:
    d += elm.Line().left().at(at).length(1)
    d += elm.Dot()
    d.push()
    d += elm.Resistor().up().length(1.5).label(f"{pull_up} 10k 0.1 %", "top", fontsize=10)
    d += elm.Vdd().label("ADC_VREF (35)", fontsize=10)
    d.pop()
    d += elm.Thermistor().left().length(4).label(name, "bottom", fontsize=10)
    d += elm.Line().down().length(0.3)
    d += elm.Ground().label("AGND (33)", "left", fontsize=10)


def _to_ground(d: Any, element: Any) -> None:
    d += element
    d += elm.Line().down().length(0.3)
    d += elm.Ground()


def power() -> bytes:
    """The 12 V side: every barrier in series with the pad, the sense, and K1's coil supply."""
    with _new() as d:
        d += elm.Line().right().length(1).label("+12 V DC\n(isolated)", "left")
        d += elm.Fuse().right().length(4).label("F1 125 % of\nthe pad's current", fontsize=10)
        d += elm.Switch().right().length(3).label("K1 MASTER", fontsize=10)
        node = elm.Dot()
        d += node
        d += elm.Switch().right().length(3).label("K2 HEAT", fontsize=10)
        d += elm.Switch(nc=True).right().length(4).label("B1 bimetals\n45 °C +0/−2 K", fontsize=10)
        sensed = elm.Dot()
        d += sensed
        d += elm.Fuse().right().length(4).label("F2 thermal\nfuse 72 °C", fontsize=10)
        d += elm.Resistor().down().length(4).label("PAD\n12 V", "bottom")
        d += elm.Ground().label("0 V", "right")
        d += (
            elm.Resistor().down().at(sensed.center).length(2).label("R8 15k", "bottom", fontsize=10)
        )
        tap = elm.Dot()
        d += tap
        d += elm.Resistor().down().length(2).label("R7 4.7k", "bottom", fontsize=10)
        d += elm.Ground()
        d += elm.Line().left().at(tap.center).length(1.2)
        _end(d, "SENSE", "left")
        d += elm.Line().down().at(node.center).length(0.8)
        d += elm.Switch().down().length(2).label("K3 COOL", "bottom", fontsize=10)
        d += elm.Motor().down().length(2).label("cooler\n(optional)", "bottom", fontsize=10)
        d += elm.Ground()
        d += elm.Line().right().at((0, -7.5)).length(1).label("+5 V", "left")
        d += (
            elm.Switch(nc=True)
            .right()
            .length(5)
            .label("S2b emergency stop, pole 2 (NC)", fontsize=10)
        )
        d += elm.Inductor2().right().length(3).label("K1 coil", fontsize=10)
        driver = elm.Ic(
            size=(3, 1.6),
            pins=[
                elm.IcPin(side="left", anchorname="coil"),
                elm.IcPin(side="right", anchorname="input"),
                elm.IcPin(side="bottom", anchorname="gnd"),
            ],
        )
        d += driver.anchor("coil").label("isolated driver\nof K1", "center", fontsize=10)
        d += elm.Ground().at(driver.gnd)
        d += elm.Line().right().at(driver.input).length(1)
        _end(d, "MASTER", "right")
        return _with_margin(d.get_imagedata("svg"))


def _end(d: Any, signal: str, side: str) -> None:
    text = f"{signal} (pin {header(signals()[signal])})"
    d += elm.Dot(open=True).label(text, side, fontsize=10)


def _with_margin(svg: bytes) -> bytes:
    """The library measures text too narrow: room for it left and right."""
    text = svg.decode()
    x, y, width, height = (
        float(one) for one in re.findall(r'viewBox="([-\d. ]+)"', text)[0].split()
    )
    x, y, width, height = x - _MARGIN, y - 10, width + 3 * _MARGIN, height + 20
    box = f'viewBox="{x:.1f} {y:.1f} {width:.1f} {height:.1f}"'
    text = re.sub(r'viewBox="[-\d. ]+"', box, text, count=1)
    text = re.sub(r'width="[\d.]+pt"', f'width="{width:.0f}"', text, count=1)
    text = re.sub(r'height="[\d.]+pt"', f'height="{height:.0f}"', text, count=1)
    return (text.rstrip() + "\n").encode()
