"""No request of any content, in any state, makes a tick late (SR-18)."""

from __future__ import annotations

from functools import cache

import pytest

from poultice_core.requests import HANDLERS
from tests.emulator.requests import Requests, every_method_in_every_state

pytestmark = pytest.mark.requirement("SR-18")
LONGEST_JOURNAL_MS = 10.0
# Nothing is begun that could last into the tick: `_DEAF_MS` of the application, less what comes
# between the look at the clock and the work.
LONGEST_PIECE_MS = 25.0
STATES = ("idle", "armed", "running", "paused", "waiting", "fault")


@cache
def measured() -> Requests:
    return every_method_in_every_state()


def test_every_method_was_answered_in_every_state_where_it_is_allowed() -> None:
    found = measured().answers

    assert tuple(found) == STATES
    answered = {
        name for answers in found.values() for name, one in answers.items() if "result" in one
    }
    # A reboot would end the measurement: it is refused for its params, and a request like others.
    assert answered == set(HANDLERS) - {"reboot"}
    for answers in found.values():
        assert len(answers["journal"]["result"]["entries"]) >= 3


def test_no_piece_of_work_for_a_request_takes_longer_than_a_tick_can_wait() -> None:
    pieces = measured().pieces_ms

    assert set(HANDLERS) <= set(pieces)
    assert pieces["journal"] <= LONGEST_JOURNAL_MS
    assert {name: ms for name, ms in pieces.items() if ms > LONGEST_PIECE_MS} == {}


def test_no_tick_is_late_for_a_request() -> None:
    assert max(measured().strays_ms) <= 5.0
