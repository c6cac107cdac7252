"""One flipped bit between two ticks, and every value in force: SR-15 and SR-25."""

from __future__ import annotations

from typing import Any

import pytest

from poultice_core import states
from poultice_core.limits import NAMES, Limits
from tests.core.guard_rig import GuardRig, at

L = Limits()
SETTINGS = ("offset_mc", "density_mw_cm2", "cooler", "sensor_b", "sense", "two_point", "fold_safe")

# Owner and word: all that a wrong value of could energise a pad or hide a fault.
WORDS = {
    "course": ("state", "live", "prompt"),
    "phases": ("mode", "phase", "target_mc"),
    "latch": ("fault",),
    "clocks": (
        "session_ms", "phase_ms", "heat_ms", "hot_ms", "cold_ms", "since_session_ms",
        "silent_ms", "pause_ms",
    ),
    "bounds": ("heat_ms", "cold_ms", "target_max_mc", "dose_u", "attended_ms"),
    "dose": ("total_u",),
    "budget": ("level_uj",),
    "pack": ("on", "lowest_mc"),
    "durations": ("over",),
}  # fmt: skip


def _flip(owner: Any, name: str, bit: int = 0) -> None:
    value = getattr(owner, name)
    setattr(owner, name, not value if isinstance(value, bool) else value ^ 1 << bit)


@pytest.mark.requirement("SR-15", "SR-25")
@pytest.mark.parametrize(
    ("owner", "name"),
    [*(("limits", name) for name in NAMES), *(("settings", name) for name in SETTINGS)],
)
def test_every_value_in_force_that_changes_is_found_within_a_second(owner: str, name: str) -> None:
    """Row 16: it was the sum of another object, and of 37 values of 86."""
    rig = at("running", cooler=True)
    _flip(getattr(rig.guard, owner), name)
    assert rig.ticks_to_fault(10) <= 10
    assert rig.fault == "limits_corrupt"
    assert not rig.guard.limits_whole()
    _flip(getattr(rig.guard, owner), name)
    assert not rig.gone
    rig.hold()
    assert rig.fault == "limits_corrupt"


@pytest.mark.requirement("SR-15", "SR-25")
@pytest.mark.parametrize("bit", range(30))
def test_any_bit_of_a_limit_is_found(bit: int) -> None:
    rig = at("running", cooler=True)
    _flip(rig.guard.limits, "heat_cutoff_mc", bit)
    # All ten: a limit that became too low trips by itself, sooner than it is found.
    assert "limits_corrupt" in {rig.wait(10).fault} | rig.behind


@pytest.mark.requirement("SR-25")
@pytest.mark.parametrize(("owner", "name"), [(o, n) for o, names in WORDS.items() for n in names])
@pytest.mark.parametrize("bit", [0, 5, 20])
def test_a_word_of_the_guards_that_changes_between_ticks_is_a_fault(
    owner: str, name: str, bit: int
) -> None:
    rig = at("running", cooler=True)
    _flip(getattr(rig.guard, owner), name, bit)
    assert rig.wait().guard.latch.fault
    assert rig.guard.course.state == states.FAULT


@pytest.mark.requirement("SR-25")
@pytest.mark.parametrize("state", ["idle", "armed"])
@pytest.mark.parametrize("flipped", range(len(states.NAMES)))
def test_no_changed_state_starts_a_session(state: str, flipped: int) -> None:
    rig = at(state).ask(0, states.HEAT, 40_000, heat=True)
    changed = rig.guard.course.state != flipped
    rig.guard.course.state = flipped
    assert rig.trace(50) == "-" * 50
    assert rig.state == ("fault" if changed else state)


@pytest.mark.requirement("SR-25")
def test_nothing_is_found_where_nothing_changed() -> None:
    rig = GuardRig(cooler=True)
    for reading_mc in range(30_000, 40_000, 20):
        rig.set(reading_mc).step()
    assert rig.start().heating().wait(200).fault is None
    assert rig.guard.limits_whole()
