"""One flipped bit (SR-25): a seeded sample, and those by name that have to be seen."""

from __future__ import annotations

import random

import pytest

from poultice_core.interval import Interval
from poultice_core.judges.integrity import Integrity
from poultice_core.limits import NAMES as LIMITS
from tests.flips.__main__ import Flip, every, names, run

SAMPLE = 60

# Of a session at its hold: the word's last part (each that there is), a bit, what sees it.
NAMED = (
    ("._limits.heat_cutoff_mc", 3, "limits_corrupt"),
    ("._limits.absolute_cutoff_mc", 14, "limits_corrupt"),
    ("._limits.dose_session_m", 15, "limits_corrupt"),
    ("._limits.heat_session_s", 12, "limits_corrupt"),
    ("._limits.late_trip_ms", 10, "limits_corrupt"),
    (f"._expected[{LIMITS.index('heat_cutoff_mc')}]", 3, "limits_corrupt"),
    ("._settings.offset_mc", 10, "limits_corrupt"),
    ("._settings.density_mw_cm2", 5, "limits_corrupt"),
    ("._settings.sensor_b", 0, "limits_corrupt"),
    ("._phases.target_mc", 9, "internal"),
    ("._phases.mode", 0, "internal"),
    (".dose.total_u", 4, "internal"),
    ("guard.budget.level_uj", 22, "internal"),
    ("guard.outputs", 1, "internal"),
    (".clocks.heat_ms", 17, "internal"),
    (".clocks.session_ms", 17, "internal"),
    (".bounds.dose_u", 22, "internal"),
    (".bounds.heat_ms", 20, "internal"),
)
STATES = tuple(("armed", "guard.course.state", bit) for bit in range(3)) + tuple(
    ("paused", "guard.course.state", bit) for bit in range(3)
)


def named(moment: str, last: str, bit: int) -> Flip:
    """That word's flip. LookupError where it is not there."""
    for word, _ in names(moment, 1.0):
        if word.endswith(last):
            return Flip(moment, 1.0, word, bit)
    raise LookupError(last)


def sample() -> list[Flip]:
    return random.Random("one core's minute").sample(list(every()), SAMPLE)


@pytest.mark.requirement("SR-25")
def test_none_of_a_sample_does_harm() -> None:
    harmful = [str(result) for flip in sample() if not (result := run(flip)).harmless]

    assert harmful == []


@pytest.mark.requirement("SR-15", "SR-25")
@pytest.mark.parametrize(("last", "bit", "fault"), NAMED)
def test_what_heat_hangs_on_is_seen(last: str, bit: int, fault: str) -> None:
    result = run(named("hold", last, bit))

    assert result.harmless, result
    assert result.fault in (fault, "internal"), result


@pytest.mark.requirement("SR-25")
@pytest.mark.parametrize("moment", ["hold", "waiting"])
def test_a_bit_among_the_faults_that_is_none_of_ours_holds_nothing_up(moment: str) -> None:
    """It was counted for ever, bit by bit, below zero."""
    assert run(named(moment, "._writer.lost", 30)).fault == "internal"


@pytest.mark.requirement("SR-25")
@pytest.mark.parametrize(("moment", "word", "bit"), STATES)
def test_no_state_is_entered_by_a_bit(moment: str, word: str, bit: int) -> None:
    result = run(named(moment, word, bit))

    assert result.harmless, result
    assert result.verdict == "trip", result
    assert moment != "armed" or not result.heated


def blind(patch: pytest.MonkeyPatch) -> None:
    """Nobody compares anything with what it was."""
    look = Integrity.look

    def looked(self: Integrity, now: Interval) -> int:
        look(self, now)
        self.whole = True
        return 0

    patch.setattr(Integrity, "look", looked)
    patch.setattr(Integrity, "kept", lambda self, words: 0)


def test_without_the_comparison_they_are_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    blind(monkeypatch)

    seen = sum(run(named("hold", last, bit)).fault == fault for last, bit, fault in NAMED)

    assert seen == 0
