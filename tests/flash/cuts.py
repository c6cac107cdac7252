"""The power cut at every write of every save, and what must be true of the device that comes up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from poultice_core import faults
from poultice_core.board import Store
from poultice_core.ledger import COLD_S, DOSE_M, HEAT_S
from poultice_core.loop import Loop
from tests.core.rig import RigBoard
from tests.flash.chip import BLOCK_BYTES, TEARS, Chip, Disk, PowerCut, store_on
from tests.flash.story import FILES, MakeStore, Recorder, Save

LOST = 1 << faults.JOURNAL_LOST | 1 << faults.CONFIG_LOST
# In which whatever a start has to save is saved.
START_TICKS = 8


@dataclass
class Tally:
    """How many cuts there were, by what they left: the old content, or the new."""

    cuts: int = 0
    left: Counter[str] = field(default_factory=Counter)


def every(
    saves: Iterable[Save],
    tears: Iterable[str] = TEARS,
    make_store: MakeStore = store_on,
    block_cycles: int = 100,
    again: bool = False,
) -> Tally:
    """Cut at each write and erase of each save, in each way; raises AssertionError.

    `again`: and after each cut once more, at each write and erase of the start that follows it.
    """
    tally = Tally()
    for save in saves:
        for tear in tears:
            for content in _cut(save, tear, make_store, block_cycles):
                tally.cuts += 1
                tally.left[_check(save, content, make_store, block_cycles)] += 1
                if again:
                    then = every(
                        _start(save, content, block_cycles), tears, make_store, block_cycles
                    )
                    tally.cuts += then.cuts
                    tally.left += then.left
    return tally


def _start(save: Save, content: bytes, block_cycles: int) -> list[Save]:
    """What the start after a cut saves."""
    chip = Chip(len(content) // BLOCK_BYTES, content)
    recorder = Recorder(chip, store_on(Disk(chip, block_cycles)))
    for name in FILES:
        found = recorder.load(name)
        if found is not None:
            recorder.files[name] = found
    latched = head(recorder.files["journal"])["fault"] if "journal" in recorder.files else None
    recorder.truth = lambda name, data: replace(save.truth, fault=latched)
    settle(boot(recorder))
    return recorder.saves


def _cut(save: Save, tear: str, make_store: MakeStore, block_cycles: int) -> Iterator[bytes]:
    """The flash after each cut in a save, until a save goes through."""
    at = 0
    while True:
        at += 1
        chip = Chip(len(save.before) // BLOCK_BYTES, save.before)
        store = make_store(Disk(chip, block_cycles))
        chip.operations, chip.cut_at, chip.tear = 0, at, tear
        try:
            store.save(save.name, save.data)
        except PowerCut:
            yield bytes(chip.buffer)
        else:
            assert at > 1, "a save that wrote nothing"
            return


def _check(save: Save, content: bytes, make_store: MakeStore, block_cycles: int) -> str:
    """The old content or the new, whole; and a device that knows what was done. Which it was."""
    chip = Chip(len(content) // BLOCK_BYTES, content)
    store = make_store(Disk(chip, block_cycles))
    for name in FILES:
        if name != save.name:
            assert store.load(name) == save.files.get(name), f"{name}, which was not written"
    found = store.load(save.name)
    new = found == save.data
    assert new or found == save.files.get(save.name), f"neither the old {save.name} nor the new"
    check_device(save, store, new)
    return "new" if new else "old"


def check_device(save: Save, store: Store, new: bool) -> None:
    """The device that comes up on `store`, in which `save` was done (`new`) or not."""
    first = boot(store)
    guard, truth = first.guard, save.truth
    fault = faults.NAMES[guard.latch.fault]
    assert not first.memory.lost & LOST, "lost after a cut"
    may_be = {truth.fault}
    if new and save.name == "journal":
        may_be = {head(save.data)["fault"]}
    assert fault in may_be, f"fault {fault}, not one of {may_be}"
    kept = save.data if new and save.name == "journal" else save.files.get("journal")
    intent = head(kept)["intent"] if kept is not None else None
    if intent and intent["cold_s"]:
        assert guard.pack.on, "nobody knows that a pack may be on"
    ledger = guard.ledger
    assert truth.treated <= ledger.sessions() <= truth.begun, "a session lost, or counted twice"
    assert ledger.used(HEAT_S) * 1000 >= truth.heat_ms, "heat forgotten"
    assert ledger.used(COLD_S) * 1000 >= truth.cold_ms, f"cold forgotten, {truth}"
    assert ledger.used(DOSE_M) >= truth.dose_m, "dose forgotten"
    assert ledger.rest_s(True, False) >= truth.rest_s, "rest forgotten"
    assert guard.budget.level_uj <= truth.budget_uj, "heat budget given back"
    entries = entries_of(first)
    numbers = [entry["n"] for entry in entries]
    assert numbers == list(range(1, first.memory._journal.next_n)), "an entry lost"
    sessions = [entry["session"] for entry in entries if entry["kind"] == "session"]
    assert len(set(sessions)) == len(sessions), "a session entered twice"
    known = _known(first)
    settle(first)
    assert _known(boot(store)) == known, "counted again at the next start"


def head(journal: bytes) -> dict[str, Any]:
    """The line of state of a journal's file."""
    state: dict[str, Any] = json.loads(journal.split(b"\n")[0][:-9])
    return state


def entries_of(loop: Loop) -> list[dict[str, Any]]:
    """All that the journal tells."""
    found: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = loop.memory.page(after, 64)
        while not page.step():
            pass
        told = json.loads(page.body())
        found += told["entries"]
        after = told["next"]
    return found


def boot(store: Store) -> Loop:
    """A device that comes up."""
    return Loop(RigBoard(store))  # type: ignore[arg-type]


def settle(loop: Loop) -> None:
    """Its first ticks: what it has to save is saved."""
    for _ in range(START_TICKS):
        loop.board.now_ms += 100  # type: ignore[attr-defined]
        loop.tick()


def _known(loop: Loop) -> list[Any]:
    """But for the time, which goes on."""
    ledger = loop.guard.ledger
    journal = loop.memory._journal
    return [ledger.dump()[1:], journal.session, journal.next_n, loop.guard.latch.fault]
