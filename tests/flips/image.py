"""One flipped bit in the RAM of the real image (SR-25), on the emulated chip, in mid-heat.

A device is brought to the middle of a heat session on a warm body. For each flip a copy of it (a
fork) gets one bit of its 264 KiB flipped and goes on to the end of its session and a little beyond.
First one copy is left alone and every access to the chosen words is written down: a bit that is
written over before it is read, or not read at all, is `silent` without being run, for the copy
would do the same, instruction by instruction.

    nice python -m tests.flips.image --runs 2000 --seed 1 --jobs 2 --keep build/flips-image.jsonl \\
        --evidence docs/safety/evidence/flips-image.json
    python -m tests.flips.image --seed 1 --replay 17
    python -m tests.flips.image --runs 40 --at 0x20002328 --bytes 320

The last one flips bits of those bytes alone: of a table whose place the linker tells
(`arm-none-eabi-nm build/firmware-pico/firmware.elf`).

A flip is its number and the seed: where, which bit, and when within a tenth of a second. With
`--keep` what was run is kept, and a second call goes on behind it.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from poultice.device.uf2 import image_path
from poultice.virtual.emulator.bench import MASTER, MS_NS, RELAYS
from poultice.virtual.emulator.emulated_device import EmulatedDevice
from poultice.virtual.options import parse_options
from tests import evidence
from tests.emulator.link import Link, Message
from tests.flips import kept

RAM_START, RAM_END = 0x2000_0000, 0x2004_2000
RAM_BYTES = RAM_END - RAM_START
LIMIT_CEM43 = 9.0
# SR-14: 250 ms and a tick from where the processor stopped; it fed the watchdog until then.
OFF_WITHIN_MS = 350.0

HEAT: Message = {"mode": "heat", "target_mc": 42_000, "duration_s": 30}
_HEATED_MS = 21_000
_WITHIN_MS = 100
# Where the copy is held against the one that was left alone: the same RAM goes the same way.
_LOOKS_MS = (1_100, 5_100)
_END_MS = 13_000
# A copy that never sleeps again takes 25 minutes of the processor for those 13 s: it is left
# `undecided`, with its figures as far as it came.
_PROCESSOR_S = 240.0
# A restart within that time is watched for so long.
_AFTER_RESTART_MS = 5_000
_WARM_C = 41.0
_RELEASED_MS = 100
# Of the bits that nothing reads, one in so many is run all the same: is it silent indeed?
_PROVED = 50
_FEED = 0x04
_READS = {"read_uint32": 4, "read_uint16": 2, "read_uint8": 1}
_WRITES = {"write_uint32": 4, "write_uint16": 2, "write_uint8": 1}


class Flip(NamedTuple):
    """The one of this number: a byte of RAM, its bit, and milliseconds into the window."""

    number: int
    address: int
    bit: int
    at_ms: int

    @classmethod
    def of(cls, seed: int, number: int, start: int = RAM_START, count: int = RAM_BYTES) -> Flip:
        rng = random.Random(f"flip {seed} {number}")
        address = rng.randrange(start, start + count)
        return cls(number, address, rng.randrange(8), rng.randrange(_WITHIN_MS))


class Result(NamedTuple):
    """What came of it: `unread` (silent: nothing read the bit), `silent` (read, and from outside
    all as without it), `trip`, `hang`, `restart`, `other`, `undecided` (it takes too long)."""

    number: int
    address: int
    bit: int
    at_ms: int
    verdict: str
    fault: str | None = None
    skin_cem43: float = 0.0
    off_ms: float | None = None
    heat_after_restart: bool = False
    heat_after_session: bool = False

    @property
    def harmless(self) -> bool:
        late = self.off_ms is not None and self.off_ms > OFF_WITHIN_MS
        return not (
            late
            or self.skin_cem43 > LIMIT_CEM43
            or self.heat_after_restart
            or self.heat_after_session
        )


class Seen(NamedTuple):
    """What can be seen of a run from outside: each relay's edges in order, outcome, fault."""

    edges: tuple[tuple[int, bool], ...]
    outcome: str | None
    fault: str | None


def warmed() -> Link:
    """A device that has been heating for some seconds, at a skin that is warm already."""
    link = Link(restored=EmulatedDevice(parse_options("user=absent&ambient=28", "emulator")))
    plant = link.device.plant
    plant.skin_c = plant.basal_c = 39.5
    plant.pad_c = plant.element_c = plant.sensor_a_c = plant.sensor_b_c = _WARM_C
    link.boot()
    link.heat(HEAT)
    link.wait(_HEATED_MS / 1000)
    assert link.device.board.energised or link.device.chip.levels[MASTER]
    return link


class Watched:
    """A run from the flip on: when the loop last fed the watchdog, what the pins did."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._chip = link.device.chip
        self._edges = len(self._chip.edges)
        self._resets = len(self._chip.resets)
        self._fed_ns = self._chip.now_ns
        self.off_ms: float | None = None
        self.heat_after_restart = self.heat_after_session = False
        self._unasked_ms = 0
        watchdog = self._chip.mcu.watchdog
        write = watchdog.write_uint32

        def written(offset: int, value: int) -> None:
            if offset == _FEED:
                self._fed_ns = self._chip.now_ns
            write(offset, value)

        watchdog.write_uint32 = written

    @property
    def restarted(self) -> bool:
        return len(self._chip.resets) > self._resets

    @property
    def cause(self) -> str | None:
        return self._chip.resets[self._resets][1] if self.restarted else None

    def pass_ms(self) -> None:
        self._link.wait(0.001)
        chip, board = self._chip, self._link.device.board
        if self.restarted:
            since_ns = chip.resets[self._resets][0]
            rose = any(up and at > since_ns for at, pin, up in chip.edges[-8:] if pin in RELAYS)
            self.heat_after_restart = self.heat_after_restart or rose or board.energised
        else:
            silent_ms = (chip.now_ns - self._fed_ns) / MS_NS
            if silent_ms > 200.0 and chip.levels[MASTER]:
                self.off_ms = max(self.off_ms or 0.0, silent_ms)
        over = self._link.state in ("idle", "fault") and board.energised
        self._unasked_ms = self._unasked_ms + 1 if over else 0
        self.heat_after_session = self.heat_after_session or self._unasked_ms > _RELEASED_MS

    def seen(self) -> Seen:
        edges = tuple((pin, up) for _, pin, up in self._chip.edges[self._edges :] if pin in RELAYS)
        ended = [m["params"] for m in self._link.heard if m.get("method") == "event"]
        outcome = next(
            (e["kind"] for e in ended if e["kind"] in ("complete", "stopped", "fault")), None
        )
        fault = next((e["fault"] for e in ended if e["kind"] == "fault"), None)
        return Seen(edges, outcome, fault or self._link.device.overheard.telemetry.get("fault"))


def in_a_copy(do: Callable[[], Any]) -> Callable[[], Any]:
    """`do` in a fork of this process, begun now; what is returned waits for its answer."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(readable)
        try:
            told = json.dumps(do())
        except BaseException as error:
            told = json.dumps({"error": repr(error)})
        try:
            os.write(writable, told.encode())
        finally:
            # Also where nobody reads any more: a copy never goes on as a run of the tests.
            os._exit(0)
    os.close(writable)

    def wait() -> Any:
        with os.fdopen(readable, "rb") as pipe:
            told = json.loads(pipe.read())
        os.waitpid(child, 0)
        if isinstance(told, dict) and "error" in told:
            raise AssertionError(told["error"])
        return told

    return wait


class Reference:
    """The copy that is left alone: which flips are read before they are written over, the RAM at
    each look, and how it ends."""

    def __init__(self, link: Link, flips: list[Flip], scratch: Path) -> None:
        self._scratch = scratch
        told = in_a_copy(partial(self._run, link, flips))()
        self._read: set[int] = set(told["read"])
        self.seen = Seen(tuple((p, u) for p, u in told["edges"]), told["outcome"], told["fault"])
        self.cem43: float = told["cem43"]

    def _run(self, link: Link, flips: list[Flip]) -> Any:
        mcu = link.device.chip.mcu
        # Of each chosen word all accesses while it may be flipped (when, address, size, a read?),
        # and of each of its bytes the kind of the first one after that.
        words: dict[int, list[tuple[int, int, int, bool]]] = {f.address & ~3: [] for f in flips}
        later: dict[int, bool] = {}
        passed_ms = 0

        def hooked(name: str, size: int, reads: bool) -> None:
            inner = getattr(mcu, name)
            get = words.get

            def access(address: int, *value: int) -> Any:
                if RAM_START <= address < RAM_END and (log := get(address & ~3)) is not None:
                    if passed_ms < _WITHIN_MS:
                        log.append((passed_ms, address, size, reads))
                    else:
                        for byte in range(address, address + size):
                            later.setdefault(byte, reads)
                return inner(address, *value)

            setattr(mcu, name, access)

        for name, size in _READS.items():
            hooked(name, size, True)
        for name, size in _WRITES.items():
            hooked(name, size, False)
        watched = Watched(link)
        while passed_ms < _END_MS:
            watched.pass_ms()
            passed_ms += 1
            if passed_ms in _LOOKS_MS:
                self._ram(passed_ms).write_bytes(ram(link))
        read = []
        for flip in flips:
            kinds = [
                reads
                for at_ms, address, size, reads in words[flip.address & ~3]
                if at_ms >= flip.at_ms and address <= flip.address < address + size
            ]
            if kinds[0] if kinds else later.get(flip.address, False):
                read.append(flip.number)
        cem43 = link.device.plant.skin_cem43
        return {"read": read, **watched.seen()._asdict(), "cem43": cem43}

    def _ram(self, passed_ms: int) -> Path:
        return self._scratch / f"{passed_ms}.ram"

    def read(self, flip: Flip) -> bool:
        """Is the bit read before anything is written over it?"""
        return flip.number in self._read

    def same(self, link: Link, passed_ms: int) -> bool:
        """Does the copy's RAM hold what it would without the flip, the bit included?"""
        return self._ram(passed_ms).read_bytes() == ram(link)


def ram(link: Link) -> bytes:
    return bytes(link.device.chip.mcu.sram[: RAM_END - RAM_START])


def run(link: Link, reference: Reference, flip: Flip) -> Result:
    """Flip it in this very device and see what comes of it."""
    chip, plant = link.device.chip, link.device.plant
    link.heard.clear()
    watched = Watched(link)
    end_ms = _END_MS
    passed_ms = 0
    silent = undecided = False
    begun_s = time.process_time()
    while passed_ms < end_ms and not undecided:
        undecided = time.process_time() - begun_s > _PROCESSOR_S
        if passed_ms == flip.at_ms:
            chip.mcu.sram[flip.address - RAM_START] ^= 1 << flip.bit
        was = watched.restarted
        watched.pass_ms()
        passed_ms += 1
        if watched.restarted and not was:
            end_ms = passed_ms + _AFTER_RESTART_MS
        if passed_ms in _LOOKS_MS and not watched.restarted and reference.same(link, passed_ms):
            silent = True
            break
    seen = watched.seen()
    if undecided:
        verdict = "undecided"
    elif silent or seen == reference.seen:
        verdict = "silent"
    elif watched.restarted:
        verdict = "hang" if watched.cause == "watchdog" else "restart"
    else:
        verdict = "trip" if seen.fault else "other"
    return Result(
        *flip,
        verdict,
        None if silent else seen.fault,
        round(plant.skin_cem43, 3),
        watched.off_ms,
        watched.heat_after_restart,
        watched.heat_after_session,
    )


def results(link: Link, reference: Reference, flips: list[Flip], jobs: int) -> Iterator[Result]:
    """Of each flip, in no order; what need not be run first."""
    pending: list[Callable[[], Any]] = []
    for flip in flips:
        if not reference.read(flip) and flip.number % _PROVED:
            yield Result(*flip, "unread")
            continue
        if len(pending) >= jobs:
            yield Result(*pending.pop(0)())
        pending.append(in_a_copy(partial(run, link, reference, flip)))
    for wait in pending:
        yield Result(*wait())


def table(found: list[Result]) -> dict[str, Any]:
    """How many of each verdict, the faults, the worst of each figure."""
    off = [one.off_ms for one in found if one.off_ms is not None]
    return {
        "flips": len(found),
        "verdicts": dict(collections.Counter(one.verdict for one in found)),
        "faults": dict(collections.Counter(one.fault for one in found if one.fault)),
        "worst_skin_cem43": max((one.skin_cem43 for one in found), default=0.0),
        "longest_silence_with_master_ms": max(off, default=0.0),
        "heat_after_restart": sum(one.heat_after_restart for one in found),
        "heat_after_session": sum(one.heat_after_session for one in found),
        "beyond": [one._asdict() for one in found if not one.harmless],
        "not_silent": [one._asdict() for one in found if one.verdict not in ("unread", "silent")],
    }


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items())


def _of(flips: list[Flip], jobs: int) -> Iterator[Result]:
    scratch = Path("build/flips-image")
    scratch.mkdir(parents=True, exist_ok=True)
    link = warmed()
    reference = Reference(link, flips, scratch)
    run_first = sum(reference.read(flip) for flip in flips)
    print(
        f"left alone: {reference.seen.outcome}, {reference.cem43:.3f} CEM43;"
        f" {run_first} of {len(flips)} bits are read",
        file=sys.stderr,
        flush=True,
    )
    yield from results(link, reference, flips, jobs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a line for each result; gone on with")
    parser.add_argument("--evidence", type=Path)
    parser.add_argument("--at", type=lambda text: int(text, 0), default=RAM_START)
    parser.add_argument("--bytes", type=int, default=RAM_BYTES, help="behind that address")
    parser.add_argument("--replay", type=int, metavar="NUMBER", help="this flip of the seed alone")
    options = parser.parse_args()
    numbers = range(options.runs) if options.replay is None else [options.replay]
    keep = options.keep if options.replay is None else None
    found = [Result(**told) for told in kept.read(keep) if told["number"] < options.runs]
    done = {one.number for one in found}
    within = options.at, options.bytes
    flips = [Flip.of(options.seed, n, *within) for n in numbers if n not in done]
    for result in _of(flips, options.jobs) if flips else ():
        found.append(result)
        kept.add(keep, result)
        if options.replay is not None:
            print(result)
    found.sort()
    rows = table(found)
    print(json.dumps({k: v for k, v in rows.items() if k != "not_silent"}, indent=1))
    if options.evidence:
        evidence.keep(
            options.evidence,
            title="One flipped bit in the RAM of the real image, in mid-heat",
            command=f"python -m tests.flips.image --runs {options.runs} --seed {options.seed}",
            requirements=["SR-25"],
            figures=[
                ["image, SHA-256", hashlib.sha256(image_path().read_bytes()).hexdigest()],
                ["bits of 264 KiB", f"{rows['flips']:,}"],
                ["beyond SR-25", f"{len(rows['beyond'])}"],
                ["verdicts", _counted(rows["verdicts"])],
                ["faults", _counted(rows["faults"])],
                ["skin, at most", f"{rows['worst_skin_cem43']} CEM43"],
                [
                    "from the last feed to MASTER open, at most",
                    f"{rows['longest_silence_with_master_ms']:.0f} ms",
                ],
                [
                    "heat after a restart, after the session",
                    f"{rows['heat_after_restart']}, {rows['heat_after_session']}",
                ],
            ],
            notes=[
                "unread: written over before anything reads it, so not run; undecided: never sleeps"
                f" again, left after {_PROCESSOR_S:.0f} s of the processor. No real chip.",
            ],
        )
    return 1 if rows["beyond"] else 0


if __name__ == "__main__":
    sys.exit(main())
