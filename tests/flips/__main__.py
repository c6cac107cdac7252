"""One flipped bit (SR-25): every word that the core keeps, flipped in the middle of a session.

A device is brought to a moment, copied, one bit of one word of its copy is flipped, and nobody
touches it for an hour. What then may come of it: nothing (`silent`), a trip, a stop; never more
than 9 CEM43 at the skin, and no heat where no session had been started.

    python -m tests.flips --each 40 --jobs 2 --keep build/flips.jsonl \\
        --evidence docs/safety/evidence/flips.json
    python -m tests.flips --replay hold:0:guard.clocks.heat_ms:14
"""

from __future__ import annotations

import argparse
import collections
import json
import multiprocessing
import pickle
import random
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from poultice.virtual.options import SimOptions
from poultice.virtual.virtual_board import TICK_MS
from poultice.virtual.virtual_device import VirtualDevice
from poultice_core import codec, faults, states
from tests import evidence
from tests.flips import kept

HOUR_TICKS = 36_000
LIMIT_CEM43 = 9.0
BITS = 30
# Where the copy is held against the one that was left alone: after so many ticks.
LOOKS = (2, 30, 400)

PLANTS = (1.0, 0.0)
MOMENTS = {
    # name: (mode of the phase, target, seconds into the session, what is asked then)
    "climb": ("heat", 42_000, 40, None),
    "hold": ("heat", 42_000, 250, None),
    "cold": ("cold", 12_000, 200, None),
    "waiting": ("cold", 12_000, 3, None),
    "paused": ("heat", 42_000, 250, "pause"),
    "armed": ("heat", 42_000, None, None),
}
STARTED = [name for name, moment in MOMENTS.items() if moment[2] is not None]


class Flip(NamedTuple):
    """One run: reproduced by these four alone."""

    moment: str
    perfusion: float
    word: str
    bit: int

    def __str__(self) -> str:
        return f"{self.moment}:{self.perfusion:g}:{self.word}:{self.bit}"


class Result(NamedTuple):
    """What came of it: `silent`, `trip`, `other`; skin dose; whether there was unasked heat."""

    flip: str
    verdict: str
    fault: str | None
    cem43: float
    heated: bool

    @property
    def harmless(self) -> bool:
        return self.cem43 <= LIMIT_CEM43 and not (self.flip.startswith("armed") and self.heated)


def _ask(device: VirtualDevice, method: str, **params: Any) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    device.host_bytes_in(codec.encode(message))
    heard = b""
    for _ in range(20):
        heard += device.host_bytes_out()
        for line in heard.split(b"\n"):
            if b'"id":1' in line:
                return json.loads(line[:-9])["result"]
        device.step()
    raise AssertionError(f"no answer to {method}")


@cache
def at(moment: str, perfusion: float) -> bytes:
    """The device at its moment, as it can be copied any number of times."""
    mode, target_mc, after_s, then = MOMENTS[moment]
    cooler = moment == "cold"
    options = SimOptions(perfusion=perfusion, cooler=cooler, user_present=False, ambient_c=28.0)
    device = VirtualDevice(options)
    for _ in range(50):
        device.step()
    # Short, so that a run is short: a flip that prolongs it has the guard's bounds before it.
    phases = [{"mode": mode, "target_mc": target_mc, "duration_s": 320}]
    if moment == "waiting":
        phases.append({"mode": "heat", "target_mc": 42_000, "duration_s": 320})
    token = _ask(device, "arm", plan={"name": "flip", "phases": phases})["token"]
    if after_s is not None:
        _ask(device, "start", token=token)
        for _ in range(after_s * 1000 // TICK_MS):
            device.step()
    if then:
        _ask(device, then)
    for _ in range(3):
        device.step()
    return pickle.dumps(device)


def words(root: Any) -> Iterator[tuple[str, Any, Any]]:
    """(path, holder, key) of every integer and flag that the core's objects keep."""
    seen: set[int] = set()

    def walk(value: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
        if id(value) in seen:
            return
        seen.add(id(value))
        if isinstance(value, list):
            items = list(enumerate(value))
        elif isinstance(value, tuple):
            items = [(i, item) for i, item in enumerate(value) if hasattr(item, "__dict__")]
        elif type(value).__module__.startswith("poultice_core"):
            items = sorted(vars(value).items(), key=lambda one: (one[0].startswith("_"), one[0]))
        else:
            return
        for key, item in items:
            where = f"{path}.{key}" if isinstance(key, str) else f"{path}[{key}]"
            if isinstance(item, int):
                yield where, value, key
            elif type(item).__module__ != "poultice.virtual.virtual_board":
                yield from walk(item, where)

    for name in ("guard", "memory", "sequencer", "tally", "inputs", "ask", "news", "link"):
        yield from walk(getattr(root, name), name)
    for name in ("_heard", "_failed", "_uptime_s", "_uptime_part_ms", "_since_telemetry_ms"):
        yield name, root, name


def get(holder: Any, key: Any) -> Any:
    return getattr(holder, key) if isinstance(key, str) else holder[key]


def put(holder: Any, key: Any, value: Any) -> None:
    if isinstance(key, str):
        setattr(holder, key, value)
    else:
        holder[key] = value


def values(root: Any) -> list[Any]:
    return [get(holder, key) for _, holder, key in words(root)]


@cache
def names(moment: str, perfusion: float) -> tuple[tuple[str, bool], ...]:
    """Every word of the device at this moment, and whether it is a flag."""
    device = pickle.loads(at(moment, perfusion))
    return tuple((path, isinstance(get(h, k), bool)) for path, h, k in words(device.loop))


@cache
def alone(moment: str, perfusion: float) -> tuple[tuple[Any, ...], ...]:
    """What the words are at each of LOOKS where nothing was flipped."""
    device = pickle.loads(at(moment, perfusion))
    found = []
    for tick in range(max(LOOKS) + 1):
        if tick in LOOKS:
            found.append((*values(device.loop), device.plant.skin_cem43))
        device.step()
    return tuple(found)


def run(flip: Flip) -> Result:
    """Flip it and let an hour go by, or as much of it as says how it ends."""
    device = pickle.loads(at(flip.moment, flip.perfusion))
    loop = device.loop
    holder, key = next((h, k) for path, h, k in words(loop) if path == flip.word)
    value = get(holder, key)
    if isinstance(value, bool):
        put(holder, key, not value)
    else:
        # A small integer of the chip has 31 bits; the highest is its sign.
        put(holder, key, value ^ 1 << flip.bit if flip.bit < BITS else value - (1 << 30))
    heated = False
    verdict = "other"
    unflipped = alone(flip.moment, flip.perfusion)
    for tick in range(HOUR_TICKS):
        if tick in LOOKS:
            now = (*values(loop), device.plant.skin_cem43)
            if now == unflipped[LOOKS.index(tick)]:
                verdict = "silent"
                break
        device.step()
        loop = device.loop
        heated = heated or device.board.energised
        guard = loop.guard
        quiet = not guard.live and guard.outputs == 0 and guard.state != states.ARMED
        if quiet and device.plant.skin_c < 39.0 and device.plant.pad_c < 39.0:
            break
    fault = faults.NAMES[loop.guard.latch.fault] if loop.guard.latch.fault < 24 else "?"
    if fault is not None:
        verdict = "trip"
    return Result(str(flip), verdict, fault, round(device.plant.skin_cem43, 3), heated)


def every() -> Iterator[Flip]:
    """All of them, in an order that does not change."""
    for moment in MOMENTS:
        for perfusion in PLANTS:
            for word, flag in names(moment, perfusion):
                for bit in range(1 if flag else BITS + 1):
                    yield Flip(moment, perfusion, word, bit)


def sample(each: int, seed: int) -> list[Flip]:
    """`each` of every thousand flips, and of every word one at least; 1000 is all of them."""
    rng = random.Random(f"flips {seed}")
    if each >= 1000:
        return list(every())
    words_of: dict[tuple[str, float, str], list[Flip]] = collections.defaultdict(list)
    for flip in every():
        words_of[flip.moment, flip.perfusion, flip.word].append(flip)
    chosen = []
    for flips in words_of.values():
        one = rng.choice(flips)
        chosen += [flip for flip in flips if flip == one or rng.random() * 1000 < each]
    return chosen


def table(results: list[Result]) -> dict[str, Any]:
    """By moment: how many of each verdict, the faults, the highest dose."""
    rows: dict[str, Any] = {}
    for moment in MOMENTS:
        mine = [one for one in results if one.flip.startswith(moment + ":")]
        if mine:
            worst = max(mine, key=lambda one: one.cem43)
            rows[moment] = {
                "flips": len(mine),
                **collections.Counter(one.verdict for one in mine),
                "faults": dict(collections.Counter(str(o.fault) for o in mine if o.fault)),
                "worst_cem43": worst.cem43,
                "worst": worst.flip,
            }
    return rows


def _told(row: dict[str, Any]) -> str:
    """A moment's row for a person."""
    verdicts = ", ".join(
        f"{row[name]} {name}" for name in ("silent", "trip", "other") if name in row
    )
    return f"{row['flips']} flips: {verdicts}; at most {row['worst_cem43']} CEM43 ({row['worst']})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=20, help="flips of a thousand (1000: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a line for each result; gone on with")
    parser.add_argument("--evidence", type=Path)
    parser.add_argument("--replay", help="one flip, as printed")
    options = parser.parse_args()
    if options.replay:
        moment, perfusion, word, bit = options.replay.split(":")
        print(run(Flip(moment, float(perfusion), word, int(bit))))
        return 0
    flips = sample(options.each, options.seed)
    wanted = {str(flip) for flip in flips}
    results = [Result(**told) for told in kept.read(options.keep) if told["flip"] in wanted]
    done = {result.flip for result in results}
    for moment in MOMENTS:
        for perfusion in PLANTS:
            alone(moment, perfusion)
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for result in pool.imap(run, [flip for flip in flips if str(flip) not in done], 32):
            results.append(result)
            kept.add(options.keep, result)
    harmful = [one for one in results if not one.harmless]
    rows = table(results)
    print(json.dumps(rows, indent=1))
    print(f"{len(results)} flips of {sum(1 for _ in every())}, {len(harmful)} beyond SR-25")
    for one in harmful[:40]:
        print(" ", one)
    if options.evidence:
        evidence.keep(
            options.evidence,
            title="One flipped bit of every word that the core keeps, in mid-session",
            command=f"python -m tests.flips --each {options.each} --seed {options.seed}",
            requirements=["SR-25"],
            figures=[
                ["flips", f"{len(results):,} of {sum(1 for _ in every()):,}"],
                ["beyond SR-25", f"{len(harmful)}"],
                *([moment, _told(row)] for moment, row in rows.items()),
            ],
            notes=[
                "On CPython: the core's integers and flags, on a body with blood flow and on one"
                " without. Nobody touches the device for an hour after the flip.",
                "Simulation only, on a plant that is not validated against people.",
            ],
        )
    return 1 if harmful else 0


if __name__ == "__main__":
    sys.exit(main())
