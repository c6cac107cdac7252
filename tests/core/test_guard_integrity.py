"""One flipped bit between two ticks, and every value in force: SR-15 and SR-25."""

from __future__ import annotations

import pytest

from poultice_core import faults, states
from poultice_core.limits import NAMES, Limits
from tests.core.guard_rig import GuardRig

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


def _heating() -> GuardRig:
    return GuardRig(cooler=True).start().heating()


@pytest.mark.requirement("SR-15", "SR-25")
@pytest.mark.parametrize("name", NAMES)
def test_every_limit_in_force_that_changes_is_found_within_a_second(name: str) -> None:
    """Row 16: it was the sum of another object, and of 37 values of 86."""
    rig = _heating()
    limits = rig.guard.limits
    setattr(limits, name, getattr(limits, name) ^ 1)
    assert rig.ticks_to_fault(10) <= 10
    assert rig.fault == "limits_corrupt"
    assert rig.outputs == 0
    assert not rig.guard.limits_whole()
    setattr(limits, name, getattr(limits, name) ^ 1)
    rig.hold()
    assert rig.fault == "limits_corrupt"


@pytest.mark.requirement("SR-15", "SR-25")
@pytest.mark.parametrize("bit", range(30))
def test_any_bit_of_a_limit_is_found(bit: int) -> None:
    rig = _heating()
    rig.guard.limits.heat_cutoff_mc ^= 1 << bit
    # All ten: a limit that became too low trips by itself, sooner than it is found.
    rig.steps(10)
    latch = rig.guard.latch
    assert 1 << faults.LIMITS_CORRUPT & (1 << latch.fault | latch.followers)


@pytest.mark.requirement("SR-25")
@pytest.mark.parametrize("name", SETTINGS)
def test_a_configuration_in_force_that_changes_is_found(name: str) -> None:
    rig = _heating()
    value = getattr(rig.guard.settings, name)
    setattr(rig.guard.settings, name, not value if isinstance(value, bool) else value ^ 1)
    rig.ticks_to_fault(10)
    assert rig.fault == "limits_corrupt"
    assert not rig.guard.limits_whole()


@pytest.mark.requirement("SR-25")
@pytest.mark.parametrize(("owner", "name"), [(o, n) for o, names in WORDS.items() for n in names])
@pytest.mark.parametrize("bit", [0, 5, 20])
def test_a_word_of_the_guards_that_changes_between_ticks_is_a_fault(
    owner: str, name: str, bit: int
) -> None:
    rig = _heating()
    part = getattr(rig.guard, owner)
    value = getattr(part, name)
    setattr(part, name, not value if isinstance(value, bool) else value ^ 1 << bit)
    assert rig.step() == 0
    assert rig.guard.latch.fault
    assert rig.guard.course.state == states.FAULT


@pytest.mark.requirement("SR-25")
@pytest.mark.parametrize("state", ["idle", "armed"])
def test_no_changed_state_starts_a_session(state: str) -> None:
    for flipped in range(len(states.NAMES)):
        rig = GuardRig().ready()
        rig.ask(0, states.HEAT, 40_000, heat=True)
        rig.guard.course.state = flipped
        if flipped == states.IDLE:
            continue
        assert not any(rig.step() for _ in range(50))
        assert rig.state == "fault"


@pytest.mark.requirement("SR-25")
def test_nothing_is_found_where_nothing_changed() -> None:
    rig = GuardRig(cooler=True)
    for reading_mc in range(30_000, 40_000, 20):
        rig.set(reading_mc).step()
    rig.start().heating()
    rig.steps(200)
    assert rig.fault is None
    assert rig.guard.limits_whole()
