"""How long until it is off: each latency of the safety contract, at twenty phases of the loop."""

from __future__ import annotations

from functools import cache

import pytest

from tests.emulator.link import Link
from tests.emulator.measure import LATENCIES, PHASES_MS, heating

# Copies are made of a process that pytest-xdist gave threads; all they do is step a device.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@cache
def heating_device() -> Link:
    """One for all tests of this file: each looks at copies."""
    return heating()


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
    for figure in LATENCIES[what].figures(heating_device()):
        assert len(figure.values) == len(PHASES_MS)
        assert min(figure.values) > 0
        assert figure.kept, (figure.name, figure.worst)
