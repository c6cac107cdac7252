"""Every safety requirement is argued: a hazard, a place in the code, and a test that names it."""

from __future__ import annotations

import pytest

from docs.site import judged, trace
from tests.conftest import REQUIREMENTS


@pytest.fixture(scope="module")
def own() -> trace.Trace:
    """The project's own case, over every test that pytest collects."""
    return trace.trace()


def test_the_contract_has_the_requirements_that_the_markers_may_name(own: trace.Trace) -> None:
    assert [one.id for one in own.requirements] == REQUIREMENTS


def test_no_requirement_lacks_evidence(own: trace.Trace) -> None:
    assert judged.gaps(own) == []


def test_no_test_is_collected_that_argues_nothing_known(own: trace.Trace) -> None:
    assert set(own.tests) == set(REQUIREMENTS)
