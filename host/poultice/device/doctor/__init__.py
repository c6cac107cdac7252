"""What is wrong, and what mends it: every probe, each of which may fail without the others.

A finding has a `name`, a `result` (`ok`; `warn`, worth mending; `fail`, in the way of a session),
what it `says`, and the `remedy`, which is there for every warn and fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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
    except PoulticeError as error:
        return [Finding(name, FAIL, str(error), error.hint or "see `poultice --help`")]
    except Exception as error:
        return [
            Finding(
                name,
                WARN,
                f"this probe itself failed: {type(error).__name__}: {error}",
                "please report it, with the output of `poultice doctor --json`",
            )
        ]


def examine(device: str | None) -> dict[str, Any]:
    """Every probe of this computer, of the ports and of `device` (None: the only one there is).

    Raises nothing: `probes` holds the findings, as objects; `device` is its path, or None where
    none could be asked.
    """
    from poultice.device.doctor import attached as devices
    from poultice.device.doctor import computer, ports

    simulated = device is not None and device.partition(":")[0] in ("sim", "emulator")
    wants = device.partition(":")[0] if device else ""
    findings = [finding for name, probe in computer.probes(wants) for finding in look(name, probe)]
    if not simulated:
        findings += [one for name, probe in ports.probes(device) for one in look(name, probe)]
    path, found = devices.examine(device)
    return {"device": path, "probes": [asdict(one) for one in [*findings, *found]]}
