"""The power goes at every write and erase of every save of a session, on a real file system.

Afterwards the file is the old one or the new one, whole, and the device that comes up knows at
least what was done to a body, and no session twice.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poultice_core import faults, recall
from poultice_core.journal import Journal
from poultice_core.loop import Loop
from poultice_core.memory import Memory
from tests.core.rig import Rig, RigStore, plan
from tests.firmware.sources import FIRMWARE
from tests.flash import cuts
from tests.flash.chip import TEARS, Chip, Disk, InPlace, store_on
from tests.flash.story import BLOCKS, Body, Save, Truth, tell
from tests.flash.test_marks import damaged
from tests.properties.backend import micropython


@pytest.fixture(scope="module")
def saves() -> list[Save]:
    return tell()


def test_the_story_has_every_kind_of_save(saves: list[Save]) -> None:
    assert {"journal", "config", "mark", "log0"} <= {save.name for save in saves}
    files = [save.data.split(b"\n") for save in saves if save.name == "journal"]
    heads = [json.loads(lines[0][:-9]) for lines in files]
    entries = [json.loads(line[:-9]) for lines in files for line in lines[1:]]
    assert {entry["outcome"] for entry in entries if "outcome" in entry} == {
        "complete", "stopped", "fault", "power_lost",
    }  # fmt: skip
    assert len({json.dumps(head["intent"]) for head in heads if head["intent"]}) == 6
    assert sum(head["pack_lowest_mc"] is not None for head in heads) >= 3
    assert {head["fault"] for head in heads} == {None, "emergency_stop", "watchdog_reset"}
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
    return bool(cuts.head(before)["intent"]) and not cuts.head(save.data)["intent"]


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
        loop = cuts.boot(store)
        assert loop.memory.lost == 1 << faults.JOURNAL_LOST
        assert loop.guard.ledger.used(1) == 1_800


@pytest.mark.requirement("SR-18")
def test_flash_that_takes_400_ms_to_erase_makes_no_tick_late() -> None:
    written: list[tuple[int, str]] = []
    ticks = 0
    tick = Loop.tick
    with pytest.MonkeyPatch.context() as patch:

        def counted(self: Loop) -> None:
            nonlocal ticks
            ticks += 1
            tick(self)

        patch.setattr(Loop, "tick", counted)
        truth = Body._now

        def noted(self: Body, name: str, data: bytes) -> Truth:
            written.append((ticks, name))
            return truth(self, name, data)

        patch.setattr(Body, "_now", noted)
        saves = tell(erase_ms=400)

    entries = [line for save in saves for line in save.data.split(b"\n") if b'"fault"' in line]
    assert entries and not any(b"loop_late" in line for line in entries)
    assert len(written) == len(saves) > 30
    for (before, _), (after, name) in itertools.pairwise(written):
        assert after > before, "two files in one tick"
        assert after > before + 1 or name in ("journal", "config"), "no tick between two writes"


@pytest.mark.requirement("SR-05")
def test_bits_that_flip_in_the_newest_block_forget_no_rest() -> None:
    """Row 20: the file system falls back to an older state without a word."""
    chip = Chip(BLOCKS)
    rig = Rig(store_on(Disk(chip)))  # type: ignore[arg-type]
    rig.configure(fold_safe=True)
    rig.start(plan(("heat", 38_000, 70)))
    for _ in range(90):
        rig.ping()
        rig.ticks(10)
    rig.until("idle")
    assert rig.guard.ledger.rest_s(True, False) > 1_100
    rig.ticks(20)

    lost = 0
    for seed in range(20):
        after = Rig(store_on(Disk(damaged(chip, seed))), idle=False)  # type: ignore[arg-type]
        after.ticks(10)
        lost += after.fault == "journal_lost"
        assert after.fault in ("journal_lost", None)
        assert after.guard.ledger.rest_s(True, False) > 1_100
    assert lost


class FailsOnce(RigStore):
    """The save of that number raises, after it has written or before."""

    def __init__(self, at: int, written: bool) -> None:
        super().__init__()
        self.at = at
        self.written = written
        self.count = 0
        self.name = ""

    def save(self, name: str, data: bytes) -> None:
        self.count += 1
        if self.count == self.at:
            self.name = name
            if self.written:
                super().save(name, data)
            raise OSError(5)
        super().save(name, data)


@pytest.mark.requirement("SR-05", "SR-19", "SR-20")
@pytest.mark.parametrize("written", [False, True])
def test_a_save_that_fails_at_any_place_is_told_and_kept(written: bool) -> None:
    """Whichever it is: latched, told once, on flash, and nothing that was done is forgotten."""
    at = 0
    while True:
        at += 1
        store = FailsOnce(at, written)
        rig = Rig(store)
        try:
            rig.configure(fold_safe=True)
            rig.start(plan(("heat", 38_000, 70)))
            rig.ticks(80)
            rig.result("stop")
        except AssertionError:  # refused, since the device knows
            pass
        rig.ticks(200)
        if not store.name:
            break
        wanted = "config_lost" if store.name == "config" else "journal_lost"
        assert rig.fault == wanted, (at, store.name)
        rig.ping()
        rig.ticks(20)
        treated = rig.guard.ledger.sessions()
        after = Rig(store, idle=False)
        assert after.fault == wanted, (at, store.name)
        assert after.guard.ledger.sessions() >= treated
        assert after.loop.memory.lost == 0
    assert at > 6


def no_intent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Journal, "intend", lambda self, *told: None)


def budget_given_back(patch: pytest.MonkeyPatch) -> None:
    file = Journal.file

    def full(self: Journal) -> bytes:
        self.budget_uj = 12_000_000
        return file(self)

    patch.setattr(Journal, "file", full)


def mark_first(patch: pytest.MonkeyPatch) -> None:
    """The mark is newer than the journal that it vouches for."""
    save = Memory._save_journal

    def saved(self: Memory, guard: Any) -> None:
        self._store.save(recall.MARK, recall.mark(self._journal.gen + 1))
        save(self, guard)

    patch.setattr(Memory, "_save_journal", saved)


@pytest.mark.parametrize("broken", [no_intent, budget_given_back, mark_first])
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
