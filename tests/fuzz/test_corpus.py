"""What the fuzzer found worth keeping, replayed without it; and broken codecs, found out by it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from poultice.link import wire
from poultice_core import codec, requests
from poultice_core.lines import LineReader
from poultice_core.link import Link
from tests.fuzz import corpus, script
from tests.fuzz.mutate import MUTATORS
from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS

BYTES_MAX = 300_000


def inputs(target: str) -> list[bytes]:
    return [*SEEDS[target], *corpus.load(target).values()]


@pytest.mark.requirement("SR-17", "SR-19")
@pytest.mark.parametrize("target", TARGETS)
def test_the_saved_corpus(target: str) -> None:
    saved = corpus.load(target)
    assert saved, "nothing is saved"
    for name, data in saved.items():
        try:
            TARGETS[target](data)
        except Exception as error:
            raise AssertionError(f"{target}/{name}: {error!r}") from error


def test_the_corpus_is_small_and_reads_back_as_it_was_saved() -> None:
    paths = list(corpus.SAVED.rglob("*.txt"))
    assert sum(path.stat().st_size for path in paths) < BYTES_MAX
    for target in TARGETS:
        for data in inputs(target):
            assert script.unescape(script.escape(data)) == data


def test_the_device_corpus_gets_behind_the_checksum() -> None:
    seen: set[str] = set()
    for data in inputs("device"):
        seen |= TARGETS["device"](data)
    assert {f"asked:{name}" for name in requests.HANDLERS} <= seen
    assert {"outputs:3:2", "event:complete", "event:stopped", "event:fault", "event:prompt"} <= seen
    refused = {word.split(":")[1] for word in seen if word.startswith("refused:")}
    assert {"-32700", "-32600", "-32601", "-32602", "1", "2", "3", "5", "7"} <= refused


@pytest.mark.requirement("SR-17", "SR-19")
@pytest.mark.parametrize("target", TARGETS)
def test_some_hundred_mutations_of_it(target: str) -> None:
    """What the fuzzer does, blindly and the same every time."""
    dice = random.Random(4)
    known = inputs(target)
    for _ in range(60 if target == "device" else 400):
        data = MUTATORS[target](dice.choice(known), dice, lambda one, _: _scratched(one, dice))
        try:
            TARGETS[target](data[:8192])
        except Exception as error:
            raise AssertionError(f"{target}: {data!r}: {error!r}") from error


def _scratched(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.randbytes(dice.randrange(3)) + data[at + dice.randrange(3) :]


# A bug of each kind: that the corpus finds what it is for. All mutants: `tests.mutation`.


def any_checksum(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(codec, "unseal", lambda line: line[:-9] if line[-9:-8] == b"*" else None)


def never_resyncs(patch: pytest.MonkeyPatch) -> None:
    def keep(self: LineReader, part: bytes) -> None:
        if len(self._line) + len(part) >= codec.MAX_LINE:
            self.overlong += 1
        else:
            self._line.extend(part)

    patch.setattr(LineReader, "_keep", keep)


def answered_twice(patch: pytest.MonkeyPatch) -> None:
    say = Link.say

    def twice(self: Link, line: bytes) -> None:
        say(self, line)
        if b'"error"' in line:
            say(self, line)

    patch.setattr(Link, "say", twice)


def noise_is_heard(patch: pytest.MonkeyPatch) -> None:
    take = Link.take

    def taken(self: Link) -> tuple[bytes | None, bool]:
        line, more = take(self)
        if line is not None:
            self.heard()
        return line, more

    patch.setattr(Link, "take", taken)


def host_believes_anything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(wire, "decode", lambda line: wire.json.loads(line[:-9]))


@pytest.mark.parametrize(
    "bug",
    [any_checksum, never_resyncs, answered_twice, noise_is_heard, host_believes_anything],
)
def test_the_corpus_finds_a_bug(
    bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    assert any(_breaks(target, data) for target in TARGETS for data in corpus.load(target).values())


def _breaks(target: str, data: bytes) -> bool:
    try:
        TARGETS[target](data)
    except Exception:
        return True
    return False
