"""The saved corpus: one input a file, escaped so that it can be read; and what is worth keeping."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import coverage

from tests.fuzz.script import escape, unescape
from tests.fuzz.targets import TARGETS

SAVED = Path(__file__).with_name("corpus")
WIDTH = 100


def load(target: str) -> dict[str, bytes]:
    """The saved inputs of a target by the names of their files."""
    return {path.name: read(path) for path in sorted((SAVED / target).glob("*.txt"))}


def read(path: Path) -> bytes:
    """One saved input: escaped, broken into lines after each line feed of its own."""
    return unescape("".join(path.read_text(encoding="ascii").split("\n")))


def save(target: str, inputs: Iterable[bytes]) -> None:
    """Replace what is saved of a target."""
    directory = SAVED / target
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.txt"):
        path.unlink()
    for data in inputs:
        name = hashlib.sha256(data).hexdigest()[:12]
        text = "\\n\n".join(escape(part) for part in data.split(b"\n"))
        (directory / f"{name}.txt").write_text(text + "\n", encoding="ascii")


def smallest(target: str, inputs: Iterable[bytes]) -> tuple[list[bytes], int]:
    """The fewest, shortest inputs that do all that these do; and how many things that is.

    What an input does: the branches it takes in the code under test, and the words its target
    gives back. Raises AssertionError where an input breaks a rule.
    """
    done = {}
    for data in sorted(set(inputs), key=lambda one: (len(one), one)):
        done[data] = _does(target, data)
    left = set().union(*done.values())
    total = len(left)
    kept = []
    while left:
        best = max(done, key=lambda data: (len(done[data] & left) / (len(data) + 50), -len(data)))
        left -= done[best]
        kept.append(best)
    return kept, total


def _does(target: str, data: bytes) -> set[object]:
    watch = coverage.Coverage(
        branch=True, data_file=None, include=["*/poultice_core/*", "*/host/poultice/*"]
    )
    watch.start()
    try:
        seen: set[object] = set(TARGETS[target](data))
    finally:
        watch.stop()
    found = watch.get_data()
    for name in found.measured_files():
        seen.update((name, *arc) for arc in found.arcs(name) or ())
    return seen
