"""The options of an `emulator:` path: those of `sim:`, and the fault `hang`."""

from __future__ import annotations

from dataclasses import replace

from poultice.errors import UsageError
from poultice.virtual.options import EMULATOR_FAULTS, FaultAt, SimOptions, parse_options

# Any fault of the simulator takes the same times.
_STAND_IN = "late_tick"


def parse_emulator_options(query: str) -> SimOptions:
    """What stands after `emulator:`, with or without its `?`.

    Raises UsageError as `parse_options` does, and for `hang@boot`: what never started cannot
    stop.
    """
    hangs: list[FaultAt] = []
    pairs = []
    try:
        for pair in query.strip().removeprefix("?").split("&"):
            key, equals, value = pair.partition("=")
            if key == "fault" and equals:
                value = _without_hangs(value, hangs)
                if not value:
                    continue
            pairs.append(f"{key}{equals}{value}")
        options = parse_options("&".join(pairs))
    except UsageError as error:
        raise UsageError(
            str(error).replace("sim:", "emulator:"),
            hint=error.hint and error.hint.replace("sim:", "emulator:"),
        ) from None
    return replace(options, faults=options.faults + tuple(hangs))


def _without_hangs(value: str, hangs: list[FaultAt]) -> str:
    others = []
    for item in value.split(","):
        name, _, when = item.partition("@")
        if name not in EMULATOR_FAULTS:
            others.append(item)
            continue
        at_s = parse_options(f"fault={_STAND_IN}@{when}").faults[0].at_s
        if at_s is None:
            raise UsageError(
                f"{item} is not possible for sim:",
                hint=f"give {name} a time, in seconds after the start of the session",
            )
        hangs.append(FaultAt(name, at_s))
    return ",".join(others)
