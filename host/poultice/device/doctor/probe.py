"""A probe, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from poultice.errors import PoulticeError

OK, WARN, FAIL = "ok", "warn", "fail"

RULES = Path(__file__).parent / "60-poultice.rules"
"""The udev rule for the device's port, as it is installed."""


@dataclass(frozen=True)
class Finding:
    """What one probe found."""

    name: str
    result: str
    says: str
    remedy: str | None = None


Probe = Callable[[], "Finding | Iterable[Finding]"]


def look(name: str, probe: Probe) -> list[Finding]:
    """What `probe` finds; what it raises instead is a finding too."""
    try:
        found = probe()
        return [found] if isinstance(found, Finding) else list(found)
    except Exception as error:
        return [failed(name, error)]


def looked(probes: Iterable[tuple[str, Probe]]) -> list[Finding]:
    """The same of several, each with its name."""
    return [one for name, probe in probes for one in look(name, probe)]


def failed(name: str, error: Exception) -> Finding:
    """That `error` came of it."""
    if isinstance(error, PoulticeError):
        return Finding(name, FAIL, str(error), error.hint or "see `poultice --help`")
    return Finding(
        name,
        WARN,
        f"this probe itself failed: {type(error).__name__}: {error}",
        "please report it, with the output of `poultice doctor --json`",
    )
