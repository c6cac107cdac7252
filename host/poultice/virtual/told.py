"""What a simulated device is told of itself, and what that allows it."""

from __future__ import annotations

from poultice.link.messages import Hello
from poultice.virtual.options import SimOptions, parse_options
from poultice_core import PROTOCOL, VERSION, config
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


def hello_of(path: str) -> Hello | None:
    """What the device of this `sim:` path says of itself, where that is known without making it:
    there is nothing in its flash, and nothing has happened to it yet. Without `core`, which takes
    reading all of its sources.

    Raises UsageError as `parse_options` does.
    """
    options = parse_options(path.removeprefix("sim:"))
    if options.state is not None or options.faults:
        return None
    return Hello(
        protocol=PROTOCOL,
        firmware=VERSION,
        board="sim",
        uid=f"5100{options.seed & 0xFFFFFFFFFFFF:012x}",
        reset_cause="power_on",
        limits=limits(options),
        features={name: getattr(options, name) for name in ("cooler", "sensor_b", "sense")},
        core="",
    )
