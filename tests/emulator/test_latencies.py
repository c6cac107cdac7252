"""How long until it is off: each latency of the safety contract, at ten phases of the loop."""

from __future__ import annotations

import pytest

from tests.emulator.copies import heating
from tests.emulator.measure import LATENCIES, PHASES_MS

# The table of `make bench` has all of them.
SOME_MS = PHASES_MS[::2]

# Copies are made of a process that pytest-xdist gave threads; all they do is step a device.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.mark.parametrize(
    "what",
    [
        pytest.param("45", marks=pytest.mark.requirement("SR-01")),
        pytest.param("43", marks=pytest.mark.requirement("SR-01")),
        pytest.param("estop", marks=pytest.mark.requirement("SR-12")),
        pytest.param("open", marks=pytest.mark.requirement("SR-07")),
        pytest.param("short", marks=pytest.mark.requirement("SR-07")),
        pytest.param("hang", marks=pytest.mark.requirement("SR-14")),
    ],
)
def test_off_within_the_contracts_time_at_every_phase_of_the_loop(what: str) -> None:
    for figure in LATENCIES[what].figures(heating(), SOME_MS):
        assert len(figure.values) == len(SOME_MS)
        assert min(figure.values) > 0
        assert figure.kept, (figure.name, figure.worst)
