"""The drawings show the firmware's pins, and are those that the code draws."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("schemdraw")

from docs.drawings.__main__ import DRAWN
from docs.drawings.pins import GPIO_AT, OTHER_AT, header, signals
from docs.drawings.wiring import COLOURS, GOES_TO, wires

ROOT = Path(__file__).parents[2]
PARTS = (ROOT / "docs/reference/parts.md").read_text(encoding="utf-8")
# What a bare Pico has to pull down by itself: every relay, the pump, SENSE.
PULLED = ("MASTER_PUMP", "MASTER", "HEAT", "COOL", "SENSE")


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_committed_is_what_the_code_draws(name: str) -> None:
    assert (ROOT / name).read_bytes() == DRAWN[name](), "run python -m docs.drawings"


def test_every_pin_of_the_board_is_known_once() -> None:
    assert sorted([*GPIO_AT, *OTHER_AT]) == list(range(1, 41))


def test_every_signal_is_on_the_schematic_at_its_pin() -> None:
    sheet = DRAWN["docs/images/controller.svg"]().decode()
    texts = re.findall(r">([^<>]+)</tspan>", sheet)
    for name, gpio in signals().items():
        assert name in texts
        assert str(header(gpio)) in texts


def test_every_signal_has_a_wire_a_colour_and_an_end() -> None:
    connected = wires()
    for name, gpio in signals().items():
        assert connected[header(gpio)] == name
    assert set(connected.values()) == set(COLOURS) == set(GOES_TO)


def project() -> tuple[dict[str, str], list[tuple[str, str]]]:
    whole = json.loads((ROOT / "docs/wokwi/diagram.json").read_text(encoding="utf-8"))
    parts = {part["id"]: part["type"] for part in whole["parts"]}
    return parts, [(one, other) for one, other, _, _ in whole["connections"]]


def test_the_project_connects_every_signal_and_no_part_that_is_not_there() -> None:
    parts, connections = project()
    ends = {end for pair in connections for end in pair}
    assert {end.split(":")[0] for end in ends} == set(parts)
    assert {end for end in ends if re.match(r"pico:GP\d", end)} == {
        f"pico:GP{gpio}" for gpio in signals().values()
    }


def test_the_projects_outputs_and_sense_are_pulled_down() -> None:
    _, connections = project()
    for name in PULLED:
        pull = f"pull_{name.lower()}"
        assert (f"{pull}:1", f"pico:GP{signals()[name]}") in connections
        assert any(one == f"{pull}:2" and "GND" in other for one, other in connections)


def test_the_projects_pad_is_behind_both_relays_and_sense_sees_it() -> None:
    _, connections = project()
    assert ("k1:NO", "k2:COM") in connections
    assert ("k2:NO", "r_pad:1") in connections
    assert ("k2:NO", f"pico:GP{signals()['SENSE']}") in connections


def test_the_divider_gives_a_high_at_a_low_supply_and_is_safe_at_a_high_one() -> None:
    row = re.search(r"R7, R8 \| .*?\| ([\d.]+) kΩ and ([\d.]+) kΩ", PARTS)
    assert row is not None
    lower, upper = float(row[1]), float(row[2])
    inner = 50.0  # the chip's own pull-down at its strongest (RP2040: 50 to 80 kΩ)
    loaded = lower * inner / (lower + inner)
    assert 10.8 * loaded / (upper + loaded) > 2.0
    assert 14.0 * lower / (upper + lower) < 3.3 + 0.3


def test_every_part_on_a_sheet_is_on_the_list() -> None:
    listed: set[str] = set()
    for cell in re.findall(r"^\| ([A-Z][A-Z0-9, ()to]+) \|", PARTS, re.M):
        names = re.findall(r"[A-Z]+\d+", cell)
        if " to " in cell:
            first, last = (int(re.sub(r"\D", "", name)) for name in names)
            names = [f"{names[0][0]}{number}" for number in range(first, last + 1)]
        listed.update(names)
    drawn = b"".join(DRAWN[f"docs/images/{sheet}.svg"]() for sheet in ("controller", "power"))
    for name in re.findall(r">((?:[RKFBSUD]|RT|BZ)\d+)[ a<]", drawn.decode()):
        assert name in listed, name
