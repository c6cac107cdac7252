"""The parts around the chip, which need no image to be run."""

from __future__ import annotations

from pathlib import Path

import pytest

from poultice.device.discovery import open_transport
from poultice.errors import NoDeviceError, UsageError
from poultice.virtual.emulator.flash import (
    FILES_START,
    FLASH_BYTES,
    FlashStore,
    keep,
    load_image,
    recall,
)
from poultice.virtual.emulator.overheard import Overheard
from poultice.virtual.options import FaultAt, parse_options
from poultice_core import codec, states


def test_hang_is_a_fault_of_its_own_among_the_others() -> None:
    options = parse_options("?speed=2&fault=sensor_open@300,hang@20&seed=4", "emulator")

    assert set(options.faults) == {FaultAt("sensor_open", 300.0), FaultAt("hang", 20.0)}
    assert (options.speed, options.seed) == (2.0, 4)
    assert parse_options("fault=hang@1", "emulator").faults == (FaultAt("hang", 1.0),)
    assert parse_options("", "emulator") == parse_options("?", "emulator")


@pytest.mark.parametrize(
    "query",
    ["fault=hang", "fault=hang@boot", "fault=hang@-1", "fault=hung@3", "sped=1", "speed=0", "?x"],
)
def test_what_is_no_option_is_said_of_the_emulator(query: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_options(query, "emulator")

    assert "sim:" not in f"{caught.value} {caught.value.hint}"


def test_an_option_that_is_none_is_refused_before_anything_is_built() -> None:
    with pytest.raises(UsageError):
        open_transport("emulator:?fault=nonsense@3")


def test_files_survive_being_written_read_kept_and_recalled(tmp_path: Path) -> None:
    flash = bytearray(b"\xff") * FLASH_BYTES
    store = FlashStore(flash)
    assert store.load("journal") is None
    store.save("journal", b"one")
    store.save("journal", b"two" * 500)
    assert FlashStore(flash).load("journal") == b"two" * 500
    assert FlashStore(flash).names() == ["journal"]

    keep(tmp_path / "kept", flash)
    again = bytearray(b"\xff") * FLASH_BYTES
    recall(tmp_path / "kept", again)

    assert again[FILES_START:] == flash[FILES_START:]
    with pytest.raises(OSError, match="not an emulated flash"):
        (tmp_path / "kept" / "pico-flash.bin").write_bytes(b"short")
        recall(tmp_path / "kept", again)


def test_noise_in_the_flash_does_not_mount() -> None:
    flash = bytearray(b"\xff") * FLASH_BYTES
    flash[FILES_START : FILES_START + 8192] = bytes(range(256)) * 32

    with pytest.raises(OSError, match="do not mount"):
        FlashStore(flash)


def test_an_image_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.uf2"
    with pytest.raises(NoDeviceError):
        load_image(path)
    path.write_bytes(b"no image" * 64)
    with pytest.raises(UsageError):
        load_image(path)


def test_what_is_overheard() -> None:
    heard = Overheard()
    told = {"state": "waiting", "phase": 2, "prompt": "lay_pack", "left_s": 90}

    heard.listen(b"noise\n\n{}*00000000\n")
    heard.listen(codec.encode({"jsonrpc": "2.0", "method": "telemetry", "params": told}))

    assert (heard.guard.state, heard.guard.phase) == (states.WAITING, 2)
    assert heard.guard.prompt == states.LAY_PACK
    assert heard.started
    assert not heard.guard.pending
    heard.listen(codec.encode({"jsonrpc": "2.0", "id": 1, "result": {"pending": True}}))
    assert heard.guard.pending
    heard.restarted()
    assert heard.guard.state == states.BOOT
