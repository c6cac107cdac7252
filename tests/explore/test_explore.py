"""Every letter in every state of ordinary sessions; `make explore` goes further from there."""

from __future__ import annotations

import dataclasses
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.explore import fields
from tests.explore.bugs import BUGS, Bug, copy_with, hunt, told_again
from tests.explore.search import Explorer, Limits, explore, replay
from tests.explore.stories import STORIES, Story, as_story
from tests.explore.watcher import JUDGED, Watcher
from tests.explore.world import ALL_SCENARIOS, READINGS_MC, SCENARIOS, SMALL_SCENARIOS, World

LETTERS_MAX = 200


@pytest.mark.requirement(*JUDGED)
@pytest.mark.parametrize("name", SCENARIOS)
def test_no_letter_breaks_the_contract_in_any_state_of_ordinary_sessions(name: str) -> None:
    report = explore(SCENARIOS[name], Limits(depth=1), near=True)

    assert not report.broken, f"{report}"
    assert report.depth == 1
    assert report.states > 500


@pytest.mark.requirement(*JUDGED)
@pytest.mark.parametrize("name", ALL_SCENARIOS)
def test_nor_in_any_state_within_two_letters_of_power_up(name: str) -> None:
    report = explore(ALL_SCENARIOS[name], Limits(depth=2))

    assert not report.broken, f"{report}"
    assert report.depth == 2


# As many as there is time for; `make explore` hunts them all.
QUICK_BUGS = BUGS[::3]


@pytest.mark.parametrize("bug", QUICK_BUGS, ids=lambda bug: bug.name)
def test_it_finds_a_deliberate_bug(bug: Bug, tmp_path: Path) -> None:
    told = hunt(bug, tmp_path)

    assert told["broken"], told


def test_a_counter_example_told_again_breaks_the_same_rule(tmp_path: Path) -> None:
    bug = next(bug for bug in BUGS if bug.name == "time may run back")
    told = hunt(bug, tmp_path)
    letters = told["story"]
    assert isinstance(letters, list)

    assert told_again(tmp_path, bug.scenario, letters)[0] == told["broken"]
    assert replay(ALL_SCENARIOS[bug.scenario], letters) == []


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_that_was_told_once_breaks_no_rule(story: Story) -> None:
    assert replay(ALL_SCENARIOS[story.scenario], list(story.letters)) == []


def test_a_counter_example_is_printed_as_it_is_kept() -> None:
    text = as_story("a name", "heat", ["a second", "stop"], "SR-16: …")
    space: dict[str, object] = {"Story": Story}
    exec(f"kept = (\n{text}\n)", space)

    assert space["kept"] == (Story("a name", "heat", ("a second", "stop"), "SR-16: …"),)


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
            world.before(letter)
            world.tick(letter)
            outputs.append((world.guard.outputs, world.guard.pack.alarm, world.read()))
        assert outputs[0] == outputs[1], letter.name


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_the_shadow_remembers_is_all_that_its_verdicts_hang_on(name: str) -> None:
    """One that goes on counting, another that is told what counts: they say the same, also of
    relays and states that are not the guard's."""
    dice = random.Random(name)
    scenario = SCENARIOS[name]
    world, one, other = World(scenario), Watcher(scenario), Watcher(scenario)
    broken = 0
    for _ in range(600):
        letter = dice.choice(scenario.letters)
        other.write(one.read())
        one.before(letter)
        other.before(letter)
        world.before(letter)
        seen = world.tick(letter)
        answer = world.guard.answer
        other_than: Any = {dice.choice(("outputs", "state", "mode")): dice.randrange(5)}
        wrong = seen._replace(**other_than)
        told = deepcopy(one).judge(letter, wrong, answer)
        broken += bool(told)
        assert bool(deepcopy(other).judge(letter, wrong, answer)) == bool(told), told
        assert one.judge(letter, seen, answer) == other.judge(letter, seen, answer) == ""
        assert one.read() == other.read(), letter.name
    assert broken > 200


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_said_not_to_matter_does_not(name: str) -> None:
    """Nonsense in it, and every letter from every state of ordinary sessions: no difference."""
    scenario = ALL_SCENARIOS[name]
    dice = random.Random(name)
    explorer = Explorer(scenario)
    node = explorer.start()
    for _ in range(2_000):
        letter = dice.choice(scenario.letters)
        after, _ = explorer.step(node, letter)
        for junk in (77_777, -77_777):
            assert not explorer.apart(after, node, letter, junk), letter.name
        node = after


def test_what_matters_is_not_said_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fields.MATTERS, "dwell._off_ms", "g.live")

    report = explore(SCENARIOS["heat"], Limits(depth=1), near=True)

    assert report.broken.startswith("two states that are not alike were taken for one: ")


def test_the_alphabet_is_small_and_holds_both_sides_of_every_limit() -> None:
    for scenario in ALL_SCENARIOS.values():
        assert len({letter.name for letter in scenario.letters}) == len(scenario.letters)
        assert len(scenario.letters) <= LETTERS_MAX
    limits = World(SCENARIOS["heat"]).limits
    for limit_mc in (limits.heat_cutoff_mc, limits.absolute_cutoff_mc):
        assert {limit_mc - 1, limit_mc} <= set(READINGS_MC)
    for limit_mc in (limits.cool_inhibit_mc, limits.cold_end_mc, limits.cold_cutoff_mc):
        assert {limit_mc, limit_mc + 1} <= set(READINGS_MC)


def test_a_search_comes_to_its_end_where_the_world_is_small_enough() -> None:
    """Two letters and the tick: nothing but start-up, a fault, and what a sensor says."""
    whole = SMALL_SCENARIOS["heat, to the end"]
    few = tuple(letter for letter in whole.letters if letter.name in ("a second", "open", "late"))

    report = explore(dataclasses.replace(whole, letters=few), Limits(depth=100))

    assert report.closed
    assert not report.broken
    assert report.transitions == 3 * report.states
