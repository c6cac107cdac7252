"""The power goes at every write and erase of every save of a session, on a real file system.

Afterwards the file is the old one or the new one, whole, and the device that comes up knows at
least what was done to a body, and no session twice.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from poultice_core.device import Device
from poultice_core.journal import Journal
from tests.core.rig import RigStore
from tests.firmware.sources import FIRMWARE
from tests.flash import cuts
from tests.flash.chip import TEARS, InPlace
from tests.flash.story import Save, tell
from tests.properties.backend import micropython


@pytest.fixture(scope="module")
def saves() -> list[Save]:
    return tell()


def test_the_story_has_every_kind_of_save(saves: list[Save]) -> None:
    assert {"journal", "config", "pending", "log0"} == {save.name for save in saves}
    journals = [json.loads(save.data[:-9]) for save in saves if save.name == "journal"]
    assert {entry["outcome"] for j in journals for entry in j["tail"] if "outcome" in entry} == {
        "complete", "stopped", "fault", "power_lost",
    }  # fmt: skip
    assert sum(j["intent"] is not None for j in journals) == 6
    assert sum(j["pack"] is not None for j in journals) >= 3
    assert {j["fault"] for j in journals} == {None, "emergency_stop", "watchdog_reset"}
    truths = [save.truth for save in saves]
    assert max(truth.rest_s for truth in truths) >= 1_190
    assert max(truth.dose_m for truth in truths) > 0.5
    assert truths[-1].treated == truths[-1].begun == 6


@pytest.mark.requirement("SR-05", "SR-06", "SR-20", "SR-24")
def test_every_cut_leaves_the_old_content_or_the_new(saves: list[Save]) -> None:
    tally = cuts.every(saves)
    assert tally.cuts >= len(TEARS) * 3 * len(saves)
    assert tally.left["old"] > 0 and tally.left["new"] > 0


@pytest.mark.requirement("SR-05")
def test_every_cut_while_the_file_system_moves_its_own_blocks() -> None:
    # At every second commit littlefs gives its directory another pair of blocks.
    tally = cuts.every(tell(block_cycles=1), ("bits", "after"), block_cycles=1)
    assert tally.cuts >= 400


@pytest.mark.requirement("SR-05", "SR-20")
def test_cut_again_at_every_write_of_the_start_that_follows(saves: list[Save]) -> None:
    # The closing of the first session, of a session with a fault, and the start after a power cut.
    closing = [save for save in saves if _closes(save)][::2]
    tally = cuts.every(closing, ("half", "after"), again=True)
    assert tally.cuts >= 150


def _closes(save: Save) -> bool:
    before = save.files.get("journal")
    if save.name != "journal" or before is None:
        return False
    return bool(json.loads(before[:-9])["intent"]) and not json.loads(save.data[:-9])["intent"]


@pytest.mark.requirement("SR-05", "SR-06", "SR-20", "SR-24")
def test_every_cut_in_the_model(saves: list[Save]) -> None:
    """A store that keeps its promise leaves one of two contents: both, at every save."""
    for save in saves:
        for new in (False, True):
            store = RigStore()
            store.files = {**save.files, save.name: save.data} if new else dict(save.files)
            if store.files:
                cuts.check_device(save, store, new)


@pytest.mark.requirement("SR-05")
def test_a_torn_file_in_the_model_is_never_taken_for_sound(saves: list[Save]) -> None:
    save = max(saves, key=lambda one: len(one.data) if one.name == "journal" else 0)
    for size in range(0, len(save.data), 7):
        store = RigStore()
        store.files = {**save.files, "journal": save.data[:size]}
        controller = cuts.boot(store)
        assert controller.guard.fault == cuts.LOST[0]
        assert controller.ledger.used(1) == 1_800


def no_intent(patch: pytest.MonkeyPatch) -> None:
    def begin(self: Journal, intent: dict[str, object]) -> int:
        self.session += 1
        self.save()
        return self.session

    patch.setattr(Journal, "begin", begin)


def not_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Journal, "_count_interrupted", lambda self: setattr(self, "intent", None))


def counted_again(patch: pytest.MonkeyPatch) -> None:
    count = Journal._count_interrupted

    def kept(self: Journal) -> None:
        intent = self.intent
        count(self)
        self.intent = intent

    patch.setattr(Journal, "_count_interrupted", kept)


def fault_forgotten(patch: pytest.MonkeyPatch) -> None:
    note = Device.note_fault

    def noted(self: Device) -> None:
        note(self)
        self.journal.fault = None

    patch.setattr(Device, "note_fault", noted)


def budget_given_back(patch: pytest.MonkeyPatch) -> None:
    save = Device.save

    def full(self: Device) -> bool:
        saved = save(self)
        self.journal.budget_uj = 12_000_000
        self.journal.save()
        return saved

    patch.setattr(Device, "save", full)


@pytest.mark.parametrize(
    "broken", [no_intent, not_counted, counted_again, fault_forgotten, budget_given_back]
)
def test_a_device_that_forgets_is_found_out(
    broken: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        cuts.every(tell(), ("before", "after"))


def test_a_store_that_writes_in_place_is_found_out() -> None:
    with pytest.raises(AssertionError, match="neither the old journal nor the new"):
        cuts.every(tell(InPlace), ("half",), make_store=InPlace)


needs_micropython = pytest.mark.skipif(
    micropython() is None and "flash" not in os.environ.get("POULTICE_REQUIRE_TIERS", "").split(),
    reason="no MicroPython interpreter is installed",
)


def on_micropython(saves: list[Save], firmware: Path) -> subprocess.CompletedProcess[str]:
    """Every cut of every save by MicroPython's own littlefs, and by the store in `firmware`."""
    script = Path(__file__).with_name("micropython_cuts.py")
    return subprocess.run(
        [micropython() or "micropython", "-X", "heapsize=16m", str(script), str(firmware)],
        input="".join(json.dumps([save.name, save.data.decode()]) + "\n" for save in saves),
        env={"MICROPYPATH": str(FIRMWARE / "core")},
        capture_output=True,
        text=True,
        check=False,
    )


@needs_micropython
@pytest.mark.requirement("SR-05")
def test_every_cut_on_micropython_and_its_own_littlefs(saves: list[Save]) -> None:
    run = on_micropython(saves, FIRMWARE / "pico")
    assert run.returncode == 0, run.stdout
    count, tried, old, new = json.loads(run.stdout)
    assert count == len(saves)
    assert tried == old + new >= len(TEARS) * 3 * count
    assert old > 0 and new > 0


@needs_micropython
def test_a_store_that_writes_in_place_is_found_out_there_too(
    saves: list[Save], tmp_path: Path
) -> None:
    package = tmp_path / "poultice_pico"
    package.mkdir()
    (package / "__init__.py").write_text("")
    careful = (FIRMWARE / "pico/poultice_pico/store.py").read_text()
    hasty = careful.replace('open(fresh, "wb")', 'open(folder + name, "wb")').replace(
        "os.rename(fresh, folder + name)", "pass"
    )
    assert hasty.count("fresh") == careful.count("fresh") - 2
    (package / "store.py").write_text(hasty)
    run = on_micropython(saves, tmp_path)
    assert run.returncode != 0, run.stdout
    assert "neither the old content nor the new" in run.stdout
