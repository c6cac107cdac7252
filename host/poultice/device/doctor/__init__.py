"""What is wrong, and what mends it: every probe, each of which may fail without the others.

A finding has a `name`, a `result` (`ok`; `warn`, worth mending; `fail`, in the way of a session),
what it `says`, and the `remedy`, which is there for every warn and fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from poultice import settings


def examine(
    device: str | None, check_configuration: Callable[[], object] = settings.load
) -> dict[str, Any]:
    """Every probe of this computer, of the ports and of `device` (None: the only one there is).

    `check_configuration` raises UsageError where the configuration file cannot be understood.

    Raises nothing: `probes` holds the findings, as objects; `device` is its path, or None where
    none could be asked.
    """
    from poultice.device.doctor import attached as devices
    from poultice.device.doctor import computer, ports
    from poultice.device.doctor.probe import look

    simulated = device is not None and device.partition(":")[0] in ("sim", "emulator")
    wants = device.partition(":")[0] if device else ""
    findings = [
        finding
        for name, probe in computer.probes(wants, check_configuration)
        for finding in look(name, probe)
    ]
    if not simulated:
        findings += [one for name, probe in ports.probes(device) for one in look(name, probe)]
    path, found = devices.examine(device)
    return {"device": path, "probes": [asdict(one) for one in [*findings, *found]]}
