"""The same traces on MicroPython: every output, state, fault, dose and answer agrees."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.properties.backend import (
    Backend,
    CPythonBackend,
    MicroPythonBackend,
    Seen,
    micropython,
)
from tests.properties.test_guard_machine import (
    BROKEN_LINES,
    INVARIANTS,
    REQUESTS,
    TOY,
    WALKS,
    Machine,
    one_token_wrong,
    plan_of,
    run_machine,
    sealed,
)

# Skipped only where there is no interpreter; a pipeline that has one asks for it by name.
pytestmark = pytest.mark.skipif(
    micropython() is None and "parity" not in os.environ.get("POULTICE_REQUIRE_TIERS", "").split(),
    reason="no MicroPython interpreter is installed",
)

SEEDS = range(18)
TICKS_MIN = 20_000
SEALED = re.compile(r"\{.*\}\*[0-9a-f]{8}")


def play(backend: Backend, seed: int) -> list[Any]:
    """A seeded trace of some hundred ticks, requests and mishaps; all that was seen of it."""
    dice = random.Random(seed)
    config = {
        "cooler": seed % 2 == 0,
        "sensor_b": seed % 3 != 0,
        "sense": seed % 4 != 1,
        "two_point": True,
        "fold_safe": True,
    }
    backend.reset(config, TOY if seed % 3 else {}, {}, "power_on", (1 << 30) - 9_000)
    trace: list[Any] = [backend.limits(), backend.step(12)]
    factor = 1 if seed % 3 else 30
    for _ in range(30):
        what = dice.randrange(15)
        if what < 3:
            mode = dice.choice(["heat", "heat", "cold"])
            target_mc = 40_000 if mode == "heat" else 12_000
            plan = plan_of([(mode, target_mc, 5), ("rest", None, 2)], "normal", 0, factor)
            code, body = backend.command("arm", {"plan": plan})
            trace.append((code, body))
            if code == 0:
                trace.append(backend.command("start", {"token": body["token"]}))
            trace.append(backend.step(dice.randrange(20, 120), 100, -3, 20))
        elif what == 3:
            mc = dice.choice([6_900, 33_000, 42_900, 43_500, 45_500])
            backend.set(mc_a=mc, mc_b=mc + dice.randrange(-500, 500))
            trace.append(backend.step(5))
        elif what == 4:
            backend.set(sense_as=dice.choice([-1, 0, 1, 2]))
            trace.append(backend.step(7))
            backend.set(sense_as=-1)
        elif what == 5:
            trace.append(backend.step(1, dice.choice([350, 1_600, -40])))
        elif what == 6:
            backend.set(mc_a=33_000, mc_b=33_000, stopped=False)
            trace.append(backend.step(12))
            backend.set(pressed=True)
            trace.append(backend.step(32))
            backend.set(pressed=False)
            trace.append(backend.step(90))
        elif what == 7:
            backend.set(asks=[None, None, None, True, True, dice.choice([None, True])])
        elif what == 8:
            backend.set(asks=[None] * 6)
            method = dice.choice(["hello", "status", "stop", "pause", "resume", "confirm"])
            trace.append(backend.command(method))
        elif what == 9:
            trace.append(backend.command("journal", {"after": 0}))
            trace.append(backend.command("arm", dice.choice([None, [], {"plan": 1}, {"x": "é"}])))
            trace.append(backend.raw(dice.choice(BROKEN_LINES)))
        elif what == 10:
            backend.restart(dice.choice(["power_on", "watchdog"]), 1_000)
            trace.append(backend.step(3))
        elif what == 11:
            backend.set(wide_a=dice.choice([0, 32, 33, 90]), sense_as=dice.choice([-1, -2]))
            trace.append(backend.step(dice.choice([2, 25])))
            backend.set(wide_a=0, sense_as=-1)
        elif what == 12:
            backend.set(save_ms=dice.choice([0, 45, 400, 1_300]))
        elif what == 13:
            backend.set(store_fails=True)
            trace.append(backend.step(3))
            backend.set(store_fails=False)
        trace.append(backend.step(20, 100, -2, 10))
        trace.append(backend.ledger())
    return trace


def agree(there: Backend, seed: int) -> None:
    """All that is seen of the trace is there as it is here; `there` is closed."""
    here = CPythonBackend()
    try:
        expected, got = play(here, seed), play(there, seed)
    finally:
        there.close()
    for mine, other in zip(expected, got, strict=True):
        assert _plain(mine) == _plain(other)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.requirement("SR-01", "SR-02", "SR-04", "SR-06", "SR-16", "SR-18", "SR-22", "SR-24")
def test_both_interpreters_agree_in_everything(seed: int) -> None:
    agree(MicroPythonBackend(), seed)


def test_the_traces_are_long_enough() -> None:
    ticks = 0

    class Counting(CPythonBackend):
        def step(self, *arguments: Any) -> Any:
            nonlocal ticks
            seen = super().step(*arguments)
            ticks += len(seen)
            return seen

    for seed in SEEDS:
        play(Counting(), seed)
    assert ticks >= TICKS_MIN


class Both(CPythonBackend):
    """Every operation on both interpreters, whose answers have to agree; CPython's are given."""

    def __init__(self, there: MicroPythonBackend) -> None:
        super().__init__()
        self._there = there

    def _do(self, operation: str, *arguments: Any) -> Any:
        expected = super()._do(operation, *arguments)
        got = self._there._do(operation, *arguments)
        assert _plain(expected) == _plain(got), (operation, arguments)
        return expected

    def step(
        self,
        count: int,
        dt_ms: int = 100,
        off_mc: int = 0,
        on_mc: int = 0,
        codes: tuple[int | None, int | None] = (None, None),
    ) -> list[Seen]:
        # What one answer holds has to fit the other interpreter's heap.
        seen: list[Seen] = []
        for done in range(0, count, 100):
            seen += super().step(min(100, count - done), dt_ms, off_mc, on_mc, codes)
        return seen


@pytest.fixture
def there() -> Iterator[MicroPythonBackend]:
    backend = MicroPythonBackend()
    yield backend
    backend.close()


@pytest.mark.requirement(*INVARIANTS)
def test_no_trace_breaks_the_contract_or_sets_them_apart(there: MicroPythonBackend) -> None:
    run_machine(lambda: Both(there))


@pytest.mark.parametrize("walk", sorted(WALKS))
def test_deep_places_on_both(there: MicroPythonBackend, walk: str) -> None:
    machine = Machine(lambda: Both(there))
    config = dict.fromkeys(("cooler", "sensor_b", "sense", "two_point", "fold_safe"), True)
    machine.power_on(config, True, (1 << 30) - 7_000)
    WALKS[walk](machine)
    machine.teardown()


@pytest.mark.requirement("SR-19")
def test_a_megabyte_of_noise_while_heating_changes_no_output(there: MicroPythonBackend) -> None:
    dice = random.Random(1)
    heating = _heating(there)
    assert heating[-1].outputs & 3 == 3
    quiet = CPythonBackend()
    _heating(quiet)
    for _ in range(256):
        there._do("raw", dice.randbytes(4096).decode("latin-1"))
        noisy, calm = there.step(1), quiet.step(1)
        assert [_outputs(seen) for seen in noisy] == [_outputs(seen) for seen in calm]
        assert noisy[0].outputs & 3 == 3
    there.command("ping")  # whatever half a line is left
    assert there.command("status")[1]["rx_errors"] > 256


def _verdict(backend: CPythonBackend, text: str) -> Any:
    """What a line does: what comes back, whether it counts as none of ours, and the state after."""
    lines = backend.raw(text)
    before = len(lines)
    seen = backend.step(2)
    lines += backend.raw("")
    status = backend.command("status")[1]
    return [_plain(lines), before, status["rx_errors"], [_outputs(tick) for tick in seen]]


@pytest.mark.requirement("SR-17")
@pytest.mark.parametrize("text", REQUESTS)
def test_a_line_with_one_token_wrong_is_no_json_on_both(
    there: MicroPythonBackend, text: str
) -> None:
    here = CPythonBackend()
    for backend in (here, there):
        backend.reset(None, {}, {}, "power_on", 0)
        backend.step(12)
    for count, wrong in enumerate(one_token_wrong(text), start=1):
        mine, other = (_verdict(backend, sealed(wrong)) for backend in (here, there))
        assert mine == other, wrong
        assert mine[:3] == [[], 0, count], f"taken for JSON: {wrong}"


ANY_ID = st.lists(
    st.sampled_from(["a", "é", "\U0001f525", "\U00010000", "\ud83d", "\udd25", "\\"]), max_size=34
).map("".join)


@pytest.mark.requirement("SR-17")
@example("\U0001f525" * 16)
@example("\U0001f525" * 17)
@example("\U0001f525" * 32)
@example("\U0001f525" * 33)
@example("\ud83d" * 32)
@example("a" * 33)
@settings(suppress_health_check=list(HealthCheck))
@given(ANY_ID)
def test_an_id_is_the_same_on_both(there: MicroPythonBackend, text: str) -> None:
    here = CPythonBackend()
    told = []
    for backend in (here, there):
        backend.reset(None, {}, {}, "power_on", 0)
        backend.step(12)
        request = {"jsonrpc": "2.0", "id": text, "method": "ping"}
        told.append(_verdict(backend, sealed(json.dumps(request))))
    assert told[0] == told[1]
    characters = len(text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace"))
    answered = [json.loads(line[:-9]) for line in here.raw(sealed(json.dumps(request)))]
    assert [a["id"] for a in answered if "id" in a] == [_joined(text)] * (characters <= 32)


def _joined(text: str) -> str:
    """Pairs of halves as the one character that they are."""
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def _heating(backend: CPythonBackend) -> list[Seen]:
    """A device in the middle of a heat phase in which K2 need not open."""
    config = dict.fromkeys(("sensor_b", "sense", "two_point", "fold_safe"), True)
    backend.reset(config, {}, {}, "power_on", 0)
    backend.step(12)
    plan = {"name": "noise", "phases": [{"mode": "heat", "target_mc": 40_500, "duration_s": 300}]}
    _, armed = backend.command("arm", {"plan": plan})
    assert backend.command("start", {"token": armed["token"]})[0] == 0
    return backend.step(40, 100, 0, 20)


def _outputs(seen: Seen) -> tuple[Any, ...]:
    return tuple(_plain(seen._replace(heard=False)))


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, str) and SEALED.fullmatch(value):
        # What is on the flash: each interpreter has an order of its own for members.
        return json.loads(value[:-9])
    return value
