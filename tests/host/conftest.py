"""What the host's tests share: a device that every path opens, a record of their own."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from poultice.link.transport import Transport

Device = TypeVar("Device", bound=Transport)


@pytest.fixture
def own_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The record is in `data` of the directory given, and nobody types."""
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    return tmp_path


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Device], Device]:
    """Make a fake device the one that every path opens."""

    def plugged(device: Device) -> Device:
        monkeypatch.setattr("poultice.device.discovery.open_transport", lambda path: device)
        monkeypatch.setattr("poultice.device.discovery.choose", lambda: "fake:")
        return device

    return plugged
