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
    from poultice.device.doctor.probe import looked

    scheme = (device or "").partition(":")[0]
    findings = looked(computer.probes(scheme, check_configuration))
    if scheme not in ("sim", "emulator"):
        findings += looked(ports.probes(device))
    path, found = devices.examine(device)
    return {"device": path, "probes": [asdict(one) for one in [*findings, *found]]}
