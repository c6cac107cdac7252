"""What may stand in for a port and a person: the bench itself is tested with both replaced."""

from __future__ import annotations

import pytest


@pytest.hookspec(firstresult=True)
def pytest_bench_port(serial: str) -> str:
    """The port of the device with that USB serial number, at this moment."""


@pytest.hookspec(firstresult=True)
def pytest_bench_operator(config: pytest.Config) -> object:
    """The `Operator` who does what has to be done by hand."""
