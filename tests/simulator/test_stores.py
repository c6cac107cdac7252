"""The simulated flash."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from poultice.errors import ExitCode, PortBusyError
from poultice.virtual.in_process import simulated
from poultice.virtual.options import SimOptions
from poultice.virtual.preset import preset_config
from poultice.virtual.stores import FileStore, MemoryStore
from poultice.virtual.virtual_device import VirtualDevice
from poultice_core import config, journal, recall
from poultice_core.board import Store


@pytest.fixture(params=["memory", "files"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else FileStore(tmp_path / "a" / "flash")


def test_what_was_saved_is_loaded(store: Store) -> None:
    assert store.load("journal") is None
    store.save("journal", b"one")
    store.save("journal", b"two")
    assert store.load("journal") == b"two"
    assert store.load("config") is None


def test_files_outlive_the_run(tmp_path: Path) -> None:
    FileStore(tmp_path).save("journal", b"kept")
    assert FileStore(tmp_path).load("journal") == b"kept"
    assert [path.name for path in tmp_path.iterdir()] == ["journal"]


def test_a_cut_before_the_rename_leaves_the_old(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.save("journal", b"old")
    (tmp_path / "journal.new").write_bytes(b"ne")
    assert FileStore(tmp_path).load("journal") == b"old"


def test_flash_that_is_gone_is_an_error_not_a_new_device(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "flash")
    (tmp_path / "flash").rmdir()
    with pytest.raises(OSError, match="flash"):
        store.load("journal")
    with pytest.raises(OSError, match="flash"):
        store.save("journal", b"")


def test_two_processes_do_not_share_a_flash(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    # A lock is its open file's, not its process's: this one is as another process has it.
    other = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    for make in (FileStore, lambda path: VirtualDevice(SimOptions(state=path))):
        with pytest.raises(PortBusyError, match="another simulated device") as caught:
            make(tmp_path)
        assert caught.value.exit_code == ExitCode.BUSY
        assert caught.value.hint
    os.close(other)
    FileStore(tmp_path)


def test_one_process_may_share_it_and_leaves_it_when_the_last_has_closed(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    first = simulated(f"sim:?speed=max&state={tmp_path}")
    second = FileStore(tmp_path)
    other = os.open(tmp_path, os.O_RDONLY)
    first.close()
    first.device.let_go()
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    second.hold.let_go()
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)
    simulated(f"sim:?speed=max&state={tmp_path}").close()


def test_preset_makes_a_configured_device_with_a_journal(store: Store) -> None:
    preset_config(store, {"cooler": True, "density_mw_cm2": 50}, era=5)
    n, kept, pending = config.read(store.load(config.FILE) or b"")
    assert (kept["cooler"], kept["density_mw_cm2"], kept["two_point"]) == (True, 50, False)
    assert (n, pending) == (0, None)
    found, verdict = recall.journal(store, 6)
    assert (verdict, found.era, found.ledger.sessions()) == (recall.LOADED, 5, 0)
    # No button was held: the journal of the device that comes up knows of no new configuration.
    assert recall.config(store, found.config_n) == (0, kept, None, False)


def test_preset_keeps_the_rest_of_the_configuration(store: Store) -> None:
    preset_config(store, {"cooler": True}, era=5)
    _, known, _ = config.read(store.load(config.FILE) or b"")
    store.save(config.FILE, config.file(3, {**known, "offset_mc": 700}, known))
    before = store.load(journal.FILE)
    preset_config(store, {"cooler": False}, era=6)
    n, kept, pending = config.read(store.load(config.FILE) or b"")
    assert (kept["cooler"], kept["offset_mc"]) == (False, 700)
    assert (n, pending) == (3, known)
    assert store.load(journal.FILE) == before


def test_preset_writes_nothing_where_all_is_as_wanted(store: Store) -> None:
    preset_config(store, {"cooler": True}, era=5)
    before = store.load(config.FILE)
    preset_config(store, {"cooler": True}, era=5)
    assert store.load(config.FILE) == before


def test_preset_leaves_ruins_for_the_device_to_find(store: Store) -> None:
    store.save(config.FILE, b"not ours")
    preset_config(store, {"cooler": True}, era=5)
    assert store.load(config.FILE) == b"not ours"
    assert store.load(journal.FILE) is None


def test_a_lost_journal_stays_lost(store: Store) -> None:
    store.save(config.FILE, config.file(0, config.default(), None))
    preset_config(store, {"cooler": True}, era=5)
    assert store.load(journal.FILE) is None
