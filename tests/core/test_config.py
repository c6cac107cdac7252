"""The configuration: its bounds, its file, its way into force; never half of it."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core import codec, config, faults
from poultice_core.codec import Refusal
from poultice_core.limits import Limits
from tests.core.memory_rig import Bench, Flash, PowerCut

DEFAULT = {
    "offset_mc": 0,
    "density_mw_cm2": 100,
    "cooler": False,
    "sensor_b": True,
    "sense": True,
    "two_point": False,
    "fold_safe": False,
}
OTHER = DEFAULT | {"cooler": True, "density_mw_cm2": 50}
CONFIGS = st.fixed_dictionaries(
    {"offset_mc": st.integers(-300, 2000), "density_mw_cm2": st.integers(30, 100)}
    | {name: st.booleans() for name in DEFAULT if name not in ("offset_mc", "density_mw_cm2")}
)


def proposed(ticks: int = 2) -> Bench:
    """OTHER waits for the button; so many ticks on."""
    bench = Bench()
    bench.memory.propose(OTHER)
    bench.steps(ticks)
    return bench


def in_force() -> Bench:
    """OTHER was confirmed, and all of that is written."""
    bench = proposed(0)
    bench.hold()
    bench.steps(8)
    return bench


def waits(bench: Bench) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What is in force, and what waits."""
    return bench.memory.config, bench.memory.pending


def refused(changes: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        config.merged(config.default(), changes)
    return caught.value


# --- bounds -----------------------------------------------------------------------------------


def test_a_new_board_assumes_the_worst() -> None:
    assert config.default() == DEFAULT
    assert (Bench().memory.config, Bench().memory.pending) == (DEFAULT, None)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("offset_mc", -300, 2000), ("density_mw_cm2", 30, 100)]
)
def test_each_number_has_its_bounds(name: str, low: int, high: int) -> None:
    for value in (low, high):
        assert config.merged(DEFAULT, {name: value}) == DEFAULT | {name: value}
    for value in (low - 1, high + 1):
        refusal = refused({name: value})
        assert refusal.code == codec.INVALID_PARAMS
        assert refusal.data["param"] == name
        assert set(refusal.data) == {"param", "expected"}


@pytest.mark.parametrize(
    "changes",
    [
        {"offset_mc": 1.0},
        {"offset_mc": True},
        {"density_mw_cm2": False},
        {"offset_mc": "0"},
        {"offset_mc": None},
        {"cooler": 1},
        {"cooler": 0},
        {"sense": None},
        {"two_point": "true"},
        {"fold_safe": 1},
        {"table": "B3435"},
        {"pending": True},
        {"heat_cutoff_mc": 50_000},
        [],
        [1],
        "x",
        None,
    ],
)
def test_what_is_no_configuration_is_refused(changes: object) -> None:
    refusal = refused(changes)
    assert refusal.code == codec.INVALID_PARAMS
    assert set(refusal.data) == {"param", "expected"}


def test_a_name_that_is_refused_is_told_in_part() -> None:
    assert refused({"x" * 100: 1}).data["param"] == "x" * 32


@given(CONFIGS, CONFIGS)
def test_changes_are_made_to_a_copy(known: dict[str, Any], changes: dict[str, Any]) -> None:
    before = dict(known)
    assert config.merged(known, changes) == known | changes
    assert known == before


def test_its_members_are_in_the_order_of_the_contract() -> None:
    assert [name for name, _ in config.members(DEFAULT)] == list(DEFAULT)


# --- the file ---------------------------------------------------------------------------------


@given(st.integers(0, 1 << 30), CONFIGS, st.none() | CONFIGS)
def test_what_was_written_is_read(
    n: int, in_force: dict[str, Any], pending: dict[str, Any] | None
) -> None:
    assert config.read(config.file(n, in_force, pending)) == (n, in_force, pending)


NO_FILES = (
    b"[1]",
    b"null",
    b"{}",
    b'{"n":1,"in_force":{}}',
    b'{"in_force":{},"pending":null}',
    b'{"n":true,"in_force":{},"pending":null}',
    b'{"n":1,"pending":null}',
    b'{"n":1,"in_force":[],"pending":null}',
    b'{"n":1,"in_force":{"offset_mc":9999},"pending":null}',
    b'{"n":1,"in_force":{},"pending":{"cooler":1}}',
    b'{"n":1,"in_force":{},"pending":false}',
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"{}*00000000",
        *map(codec.seal, NO_FILES),
    ],
)
def test_what_is_no_configuration_file_is_refused(data: bytes) -> None:
    with pytest.raises((ValueError,)):
        config.read(data)


def test_what_a_file_leaves_out_is_as_in_a_new_board() -> None:
    data = codec.seal(b'{"n":3,"in_force":{"offset_mc":5},"pending":{}}')
    assert config.read(data) == (3, DEFAULT | {"offset_mc": 5}, DEFAULT)


# --- into force -------------------------------------------------------------------------------


def test_it_waits_for_the_button_and_survives_power_meanwhile() -> None:
    bench = proposed(0)
    assert not bench.memory.settled
    bench.step()
    assert bench.memory.settled
    assert bench.store.writes == ["config"]
    assert waits(bench) == (DEFAULT, OTHER)
    again = bench.again()
    assert waits(again) == (DEFAULT, OTHER)
    assert not again.memory.settings.cooler
    assert again.store.writes == []
    again.hold()
    again.step()
    assert waits(again) == (OTHER, None)
    assert not again.memory.settled  # its entry is still to be written
    tick = again.step()
    assert (tick.settings.cooler, tick.settings.density_mw_cm2) == (True, 50)  # type: ignore[union-attr]
    assert tick.limits.reported() == Limits().under(tick.settings).reported()  # type: ignore
    assert again.memory.settled
    assert again.store.writes == ["config", "journal"]
    tick = again.step()
    assert (tick.settings, tick.limits) == (None, None)
    entry = again.entries()[-1]
    assert list(entry) == ["n", "kind", "config", "t_ms", "unix_s"]
    assert (entry["kind"], entry["config"], entry["unix_s"]) == ("config", OTHER, None)
    assert entry["t_ms"] == again.uptime_ms - 200
    third = again.again()
    assert waits(third) == (OTHER, None)
    assert third.memory.settings.cooler
    assert third.entries() == again.entries()
    assert third.memory.lost == 0


def test_it_narrows_or_widens_the_limits_that_are_in_force() -> None:
    bench = Bench()
    bench.memory.propose(DEFAULT | {"two_point": True, "fold_safe": True})
    bench.hold()
    bench.steps(3)
    assert bench.guard.limits.heat_target_max_mc == 42_000
    again = bench.again()
    assert again.memory.limits.heat_target_max_mc == 42_000
    assert Bench().memory.limits.heat_target_max_mc == 39_000


def test_a_hold_with_nothing_pending_does_nothing_then_or_later() -> None:
    bench = Bench()
    bench.hold()
    bench.steps(2)
    bench.memory.propose(OTHER)
    bench.steps(2)
    assert bench.memory.config == DEFAULT
    assert bench.store.writes == ["config"]


def test_only_what_was_there_when_the_button_was_held_comes_into_force() -> None:
    bench = proposed()
    bench.guard.latch.count += 1  # what is more urgent delays the configuration by a tick
    bench.guard.latch.fault = faults.OVERRUN
    bench.hold()
    bench.step()
    bench.memory.propose(OTHER | {"sense": False})
    bench.steps(3)
    assert waits(bench) == (DEFAULT, OTHER | {"sense": False})


@pytest.mark.parametrize("stored", [True, False])
def test_what_waits_can_be_dropped(stored: bool) -> None:
    bench = proposed(0)
    bench.steps(2 if stored else 0)
    bench.memory.drop()
    assert not bench.memory.settled
    bench.step()
    assert bench.memory.settled
    assert bench.memory.pending is None
    bench.hold()
    bench.steps(2)
    assert bench.memory.config == DEFAULT
    assert bench.again().memory.pending is None
    writes = len(bench.store.writes)
    bench.memory.drop()
    assert bench.memory.settled
    bench.step()
    assert len(bench.store.writes) == writes


def test_what_was_confirmed_and_dropped_in_one_tick_is_dropped() -> None:
    bench = proposed()
    bench.latch(faults.OVERRUN)
    bench.hold()
    bench.step()
    bench.memory.drop()
    bench.steps(3)
    assert waits(bench) == (DEFAULT, None)


def test_nothing_of_it_is_written_in_a_session() -> None:
    bench = proposed(0)
    bench.begin(heat_s=60)
    bench.steps(30)
    assert bench.store.writes == ["journal"]
    bench.end()
    bench.step()
    assert bench.store.writes == ["journal", "config"]


# --- what fails -------------------------------------------------------------------------------


@pytest.mark.requirement("SR-15", "SR-20")
@pytest.mark.parametrize("drops", [False, True])
def test_what_cannot_be_stored_is_told_and_tried_again(drops: bool) -> None:
    bench = Bench()
    if drops:
        bench.memory.propose(OTHER)
        bench.steps(2)
    bench.store.refuses = lambda name: name == "config"
    if drops:
        bench.memory.drop()
    else:
        bench.memory.propose(OTHER)
    assert bench.step().lost == 0
    assert bench.memory.lost == 1 << faults.CONFIG_LOST
    tick = bench.step()
    assert (tick.lost, tick.writes) == (1 << faults.CONFIG_LOST, False)
    assert not bench.memory.settled
    bench.store.refuses = lambda name: False
    bench.steps(12)
    assert (bench.memory.settled, bench.step().writes) == (True, True)
    assert bench.memory.pending == (None if drops else OTHER)
    assert bench.again().memory.pending == bench.memory.pending


@pytest.mark.requirement("SR-15", "SR-20")
@pytest.mark.parametrize("stays", [False, True])
@pytest.mark.parametrize("fails", range(1, 5))
def test_a_configuration_that_could_not_be_saved_is_the_old_one_after_a_restart_too(
    fails: int, stays: bool
) -> None:
    """Regression: the second save of two failed; after a restart the new one was in force.

    `stays`: a store that raises may have written all the same.
    """
    bench = proposed()
    count = itertools.count(1)
    bench.store.refuses = lambda name: name == "config" and next(count) <= fails
    bench.store.stays = stays
    bench.hold()
    bench.step()
    tick = bench.step()
    assert tick.lost == 1 << faults.CONFIG_LOST
    assert (tick.settings, tick.writes) == (None, False)
    assert waits(bench) == (DEFAULT, OTHER)
    bench.steps(60)
    assert bench.memory.settled
    assert bench.tick.writes
    assert [entry["kind"] for entry in bench.entries()] == ["fault"]
    again = bench.again()
    assert waits(again) == (DEFAULT, OTHER)
    assert again.memory.lost == 0
    assert [entry["kind"] for entry in again.entries()] == ["fault"]
    again.hold()
    again.steps(3)
    assert again.memory.config == OTHER


@pytest.mark.requirement("SR-15")
@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("cut_in", range(1, 4))
def test_a_cut_leaves_the_old_one_or_the_new_one_with_its_entry(cut_in: int, torn: bool) -> None:
    bench = proposed()
    bench.store.cut_in, bench.store.torn = cut_in, torn
    bench.hold()
    with pytest.raises(PowerCut):
        bench.steps(10)
    again = bench.again()
    assert again.memory.config in (DEFAULT, OTHER)
    assert again.memory.pending == (OTHER if again.memory.config == DEFAULT else None)
    kinds = [entry["kind"] for entry in again.entries()]
    assert kinds == (["config"] if again.memory.config == OTHER else [])
    assert again.entries() == again.again().entries()
    assert again.guard.latch.fault == faults.NONE


@pytest.mark.requirement("SR-15", "SR-20")
@pytest.mark.parametrize(
    "data", [b"", b"{}", codec.seal(b"[1]"), codec.seal(b'{"offset_mc":9999}'), None]
)
def test_a_lost_configuration_is_a_fault_and_the_safe_one_stands_in(data: bytes | None) -> None:
    bench = in_force()
    files = dict(bench.store.files)
    if data is None:
        del files["config"]  # the journal knows that there was one
    else:
        files["config"] = data
    again = Bench(Flash(files), settle=False)
    assert (again.memory.lost, again.memory.fault) == (1 << faults.CONFIG_LOST, faults.NONE)
    assert waits(again) == (DEFAULT, None)
    assert again.memory.limits.reported() == Limits().under(again.memory.settings).reported()
    # What is proposed then is newer than what was lost.
    again.steps(3)
    again.clear()
    again.memory.propose(OTHER)
    again.hold()
    again.steps(5)
    third = again.again()
    assert (third.memory.config, third.guard.latch.fault) == (OTHER, faults.NONE)


@pytest.mark.requirement("SR-15")
@pytest.mark.parametrize("older", [True, False])
def test_a_configuration_that_is_older_than_the_journal_knows_or_unreadable_is_lost(
    older: bool,
) -> None:
    bench = proposed()
    old = bench.store.files["config"]
    bench.hold()
    bench.steps(8)
    store = Flash(bench.store.files | ({"config": old} if older else {}))
    store.unreadable = lambda name: name == "config" and not older
    again = Bench(store, settle=False)
    assert again.memory.lost == 1 << faults.CONFIG_LOST
    assert waits(again) == (DEFAULT, None)


def test_a_lost_journal_does_not_take_the_configuration_with_it() -> None:
    bench = in_force()
    again = Bench(Flash(bench.store.files | {"journal": b"?"}))
    assert again.memory.config == OTHER
    assert again.guard.latch.fault == faults.JOURNAL_LOST
    assert [entry["kind"] for entry in again.entries()] == ["fault"]
    third = again.again()
    assert third.memory.config == OTHER
    assert third.memory.lost == 0


def test_the_file_is_one_sealed_line_in_one_order() -> None:
    text = codec.unseal(config.file(7, DEFAULT, OTHER))
    whole = {"n": 7, "in_force": DEFAULT, "pending": OTHER}
    assert text == json.dumps(whole, separators=(",", ":")).encode()
