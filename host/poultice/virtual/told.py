"""What a simulated device is told of itself, and what that allows it."""

from __future__ import annotations

from poultice.virtual.options import SimOptions
from poultice_core import config
from poultice_core.limits import Limits
from poultice_core.settings import Settings


def configuration(options: SimOptions) -> dict[str, object]:
    """Its configuration: those members of the contract's that its firmware knows."""
    members: dict[str, object] = {
        "density_mw_cm2": options.density_mw_cm2(),
        "cooler": options.cooler,
        "sensor_b": options.sensor_b,
        "sense": options.sense,
        "two_point": options.two_point,
        "fold_safe": options.fold_safe,
    }
    known = config.default()
    return {name: value for name, value in members.items() if name in known}


def limits(options: SimOptions) -> dict[str, int]:
    """Its `hello.limits`."""
    return Limits().under(Settings({**config.default(), **configuration(options)})).reported()
