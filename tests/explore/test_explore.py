"""Every letter in every state of ordinary sessions; `make explore` goes further from there."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.explore import memory
from tests.explore.bugs import BUGS, Bug, copy_with, hunt
from tests.explore.search import Explorer, Limits, explore
from tests.explore.world import READINGS_MC, SCENARIOS, World

LETTERS_MAX = 200
EVERY = [f"SR-{number:02}" for number in range(1, 25) if number not in (14, 15, 21)]


@pytest.mark.requirement(*EVERY)
@pytest.mark.parametrize("name", SCENARIOS)
def test_no_letter_breaks_the_contract_in_any_state_of_ordinary_sessions(name: str) -> None:
    report = explore(SCENARIOS[name], Limits(depth=1), near=True)

    assert not report.broken, f"{report}"
    assert report.depth == 1
    assert report.states > 1_000


@pytest.mark.requirement(*EVERY)
@pytest.mark.parametrize("name", SCENARIOS)
def test_nor_in_any_state_within_two_letters_of_power_up(name: str) -> None:
    report = explore(SCENARIOS[name], Limits(depth=2))

    assert not report.broken, f"{report}"
    assert report.depth == 2


@pytest.mark.parametrize("bug", [b for b in BUGS if b.depth == 1], ids=lambda bug: bug.name)
def test_it_finds_a_deliberate_bug(bug: Bug, tmp_path: Path) -> None:
    told = hunt(bug, tmp_path, bug.depth)

    assert str(told["broken"]).startswith("SR-"), told


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_deliberate_bug_can_still_be_put_in(bug: Bug, tmp_path: Path) -> None:
    copy_with(bug, tmp_path)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_state_is_all_there_is_to_a_guard(name: str) -> None:
    """Put into another guard, it goes on exactly as the one it was read from."""
    dice = random.Random(name)
    scenario = SCENARIOS[name]
    one, other = World(scenario), World(scenario)
    for _ in range(3_000):
        state = one.read()
        letter = dice.choice(scenario.letters)
        # The other has lived through something else, and is told the state only.
        other.write(state)
        outputs = []
        for world in (one, other):
            if letter.command:
                world.command(letter.command)
            world.tick(letter)
            outputs.append((world.guard.outputs, world.guard.pack_alarm, world.read()))
        assert outputs[0] == outputs[1], letter.name


def test_counts_that_are_capped_are_beyond_every_toy_limit_there() -> None:
    world = World(SCENARIOS["heat"])
    limits = world.limits
    longest_ms = max(
        *(limits.token_s, limits.pause_max_s, limits.prompt_max_s),
        *(-(-ms // 1000) for ms in (limits.watch_after_ms, limits.closing_min_ms)),
        *(-(-ms // 1000) for ms in (limits.frozen_ms, limits.stale_ms, limits.supply_ms)),
    )
    assert longest_ms * 1000 < 4_000
    assert max(limits.rest_after_heat_s, limits.rest_cold_to_cold_s) < memory.MANY_S


def test_the_alphabet_is_small_and_holds_both_sides_of_every_limit() -> None:
    for scenario in SCENARIOS.values():
        assert len({letter.name for letter in scenario.letters}) == len(scenario.letters)
        assert len(scenario.letters) <= LETTERS_MAX
    limits = World(SCENARIOS["heat"]).limits
    for limit_mc in (limits.heat_cutoff_mc, limits.absolute_cutoff_mc):
        assert {limit_mc - 1, limit_mc} <= set(READINGS_MC)
    for limit_mc in (limits.cool_inhibit_mc, limits.cold_end_mc, limits.cold_cutoff_mc):
        assert {limit_mc, limit_mc + 1} <= set(READINGS_MC)


def test_a_story_is_told_from_power_up() -> None:
    explorer = Explorer(SCENARIOS["heat"])
    node = explorer.start()
    assert node[1] == memory.START
