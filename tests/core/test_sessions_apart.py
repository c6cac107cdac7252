"""What one session counted is none of the next one's, and parts of a second are not lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core import faults
from poultice_core.clocks import Clocks
from poultice_core.interval import Interval
from poultice_core.judges.lateness import Lateness
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits
from poultice_core.relays import MASTER
from tests.core.guard_rig import GuardRig

L = Limits()


def test_a_session_begins_with_clocks_at_zero() -> None:
    clocks = Clocks(L)
    fresh = dict(vars(clocks))
    counted = [name for name in fresh if name.endswith("_ms") and name != "state_ms"]
    for name in counted:
        setattr(clocks, name, 5_000)
    clocks.begin()
    kept = {name for name in counted if getattr(clocks, name) != fresh[name]}
    # That the reading is watched after a session is no session's own.
    assert kept == {"since_session_ms"}


@pytest.mark.requirement("SR-18")
def test_stalls_are_counted_over_one_session() -> None:
    lateness, now = Lateness(L), Interval()
    now.live = now.stalled = True
    now.dt_ms = now.tick.dt_ms = L.late_ms + 1
    for _ in range(2):
        lateness.begin()
        looks = [lateness.look(now) for _ in range(L.late_count)]
        assert looks == [0] * (L.late_count - 1) + [1 << faults.LOOP_LATE]


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize(
    ("dt_ms", "saved_ms", "outputs", "stalled"),
    [
        (L.late_ms, 0, 0, False),
        (L.late_ms + 1, 0, 0, True),
        (L.late_ms + 250, 250, 0, False),
        (L.late_ms + 251, 250, 0, True),
        (L.late_ms + 1, 250, MASTER, True),
        (L.late_ms, 250, MASTER, False),
        (-1, 0, 0, True),
        (0, 0, 0, False),
    ],
)
def test_a_stall_is_longer_than_a_late_tick_may_be(
    dt_ms: int, saved_ms: int, outputs: int, stalled: bool
) -> None:
    now = Interval()
    now.outputs = outputs
    now.tick.dt_ms, now.tick.saved_ms = dt_ms, saved_ms
    now.measure(now.tick, L.late_ms)
    assert (now.stalled, now.dt_ms) == (stalled, max(0, dt_ms))
    assert now.seen_ms == (0 if stalled else dt_ms)


@given(st.lists(st.integers(0, 2_500), max_size=50))
def test_powered_time_is_whole_however_it_is_cut(parts_ms: list[int]) -> None:
    ledger = Ledger(L)
    for part_ms in parts_ms:
        ledger.advance(part_ms)
    assert ledger.now_s == sum(parts_ms) // 1000


def test_the_relays_operations_are_those_of_one_session() -> None:
    used = GuardRig()
    used.guard.dwell.operations = 99
    assert used.start().guard.dwell.operations == GuardRig().start().guard.dwell.operations
