"""What is wrong with the flash at power-up: safe defaults, a named fault, a device that talks."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from poultice.virtual.emulator.bench import RELAYS
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.emulator.flash import FlashStore
from poultice.virtual.options import SimOptions
from tests.emulator.link import HEAT, Link

# A new board's: a cooler is not assumed, both checks of the pad are.
DEFAULTS = {"cooler": False, "sensor_b": True, "sense": True}


def with_flash(change: Callable[[FlashStore], None]) -> Link:
    """A configured device (with a cooler) whose files were changed while it had no power."""
    flash = EmulatedDevice(SimOptions()).flash
    change(FlashStore(flash))
    link = Link(restored=EmulatedDevice(SimOptions(), flash=flash))
    link.boot()
    return link


def without(name: str) -> Callable[[FlashStore], None]:
    def change(store: FlashStore) -> None:
        store._files.remove(name)
        store._sync()

    return change


def full(store: FlashStore) -> None:
    """Not a block is left, and no room beside the names in the root's own blocks."""
    # The last number by trial: one more and the host's littlefs dies closing the file.
    for size, count in ((512 * 1024, 400), (64 * 1024, 400), (4096, 400), (256, 12)):
        for number in range(count):
            try:
                store.save(f"{size}-{number}", bytes(size))
            except OSError:
                break


def edges(link: Link) -> list[tuple[float, int, bool]]:
    return [edge for edge in link.device.chip.edges if edge[1] in RELAYS]


@pytest.mark.parametrize("content", [b"", b"garbage", random.Random(1).randbytes(300)])
def test_a_configuration_of_noise_is_config_lost_and_the_defaults_hold(content: bytes) -> None:
    link = with_flash(lambda store: store.save("config", content))

    told = link.status()
    assert (told["state"], told["fault"]) == ("fault", "config_lost")
    assert link.call("hello")["result"]["features"] == DEFAULTS
    assert edges(link) == []


def test_a_missing_configuration_is_a_new_boards() -> None:
    link = with_flash(without("config"))

    assert link.status()["state"] == "idle"
    assert link.call("hello")["result"]["features"] == DEFAULTS


@pytest.mark.requirement("SR-05")
def test_a_missing_journal_beside_a_configuration_is_journal_lost() -> None:
    link = with_flash(without("journal"))

    told = link.status()
    assert (told["state"], told["fault"]) == ("fault", "journal_lost")
    assert edges(link) == []


@pytest.mark.requirement("SR-05")
def test_a_full_file_system_heats_nobody_and_says_so() -> None:
    link = with_flash(full)
    plan = {"name": "full", "phases": [HEAT]}

    armed = link.call("arm", plan=plan)
    if "result" in armed:
        link.call("start", token=armed["result"]["token"])
    link.wait(3.0)

    told = link.status()
    assert (told["state"], told["fault"]) == ("fault", "journal_lost")
    assert edges(link) == []
    assert "result" in link.call("hello")
