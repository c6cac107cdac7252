"""The options of a `sim:` or `emulator:` path: pairs of `name=value`, each with its bounds."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from poultice.errors import UsageError
from poultice.language import tr
from poultice.settings import expanded
from poultice.words import meant

FAULTS = (
    "sensor_open",
    "sensor_short",
    "sensor_drift",
    "sensor_frozen",
    "sensor_noisy",
    "sensor_detached",
    "weld_k1",
    "weld_k2",
    "relay_dead",
    "supply_lost",
    "estop",
    "host_lost",
    "power_cut",
    "late_tick",
    "tick_wrap",
)
EMULATOR_FAULTS = ("hang",)

_EXAMPLE = "for example sim:?speed=max&ambient=22&fault=sensor_open@300"
_LAST_FAULT_S = 86_400.0
_BATHS_MAX = 8


class FaultAt(NamedTuple):
    """A fault by name, `at_s` seconds after the start of the session; None: before power-up."""

    name: str
    at_s: float | None


class SimOptions(NamedTuple):
    """A virtual device, as the contract words it. `speed`: times real time, `math.inf` for
    `max`, None where not given: 120 in process, 1 on a pseudo-terminal."""

    speed: float | None = None
    ambient_c: float = 23.0
    pad_w_cm2: float = 0.05
    mass_j_m2k: float = 2000.0
    perfusion: float = 1.0
    cooler: bool = True
    sensor_b: bool = True
    sense: bool = True
    two_point: bool = True
    fold_safe: bool = True
    user_present: bool = True
    state: Path | None = None
    seed: int = 1
    offset_c: float = 0.0
    baths_c: tuple[float, ...] = ()
    faults: tuple[FaultAt, ...] = ()

    def density_mw_cm2(self) -> int:
        """The pad's density as a device can be told it: whole mW/cm², 30 to 100."""
        return min(100, max(30, round(self.pad_w_cm2 * 1000)))


def parse_options(query: str, scheme: str = "sim") -> SimOptions:
    """What stands after `sim:` or `emulator:`, with or without its `?`; empty for all defaults.

    Raises UsageError for a name, a value or a fault that does not exist, with the nearest, and
    for a fault that this `scheme` has not.
    """
    try:
        options = SimOptions(**_read(query))
        for fault in options.faults:
            if fault.name in EMULATOR_FAULTS:
                _require_processor(fault, scheme)
    except UsageError as error:
        hint = error.hint and error.hint.replace("sim:", f"{scheme}:")
        raise UsageError(str(error).replace("sim:", f"{scheme}:"), hint=hint) from None
    return options


def _require_processor(fault: FaultAt, scheme: str) -> None:
    if scheme == "sim":
        raise UsageError(
            f"the fault {fault.name} is for emulator: only",
            hint="there is no processor in sim: that could hang",
        )
    if fault.at_s is None:
        raise UsageError(
            f"{fault.name}@boot is not possible for sim:",
            hint=f"give {fault.name} a time, in seconds after the start of the session",
        )


def _read(query: str) -> dict[str, Any]:
    text = query.strip()
    if text and not text.startswith("?") and "=" not in text:
        raise UsageError(f"sim:{query} is not a simulated device", hint=_EXAMPLE)
    given: dict[str, Any] = {}
    for pair in text.removeprefix("?").split("&"):
        if not pair:
            continue
        key, equals, value = pair.partition("=")
        key = unquote(key)
        if key not in READERS:
            raise _unknown("option of sim:", key, READERS)
        field, read = READERS[key]
        if not equals:
            raise UsageError(f"the option {key} of sim: has no value", hint=_EXAMPLE)
        if field in given:
            raise UsageError(f"the option {key} of sim: is given twice", hint="give it once")
        given[field] = read(key, unquote(value))
    return given


def state_of(path: str) -> Path | None:
    """The folder that a simulated device of this path keeps its flash in; None where it has none,
    or is none."""
    scheme, _, query = path.partition(":")
    if scheme in ("sim", "emulator"):
        with contextlib.suppress(UsageError):
            return parse_options(query, scheme).state
    return None


def require_kept(path: str) -> None:
    """Raises UsageError for a simulated device that is gone with this process, its flash too:
    nothing can be left to it."""
    scheme, _, query = path.partition(":")
    if scheme not in ("sim", "emulator") or parse_options(query, scheme).state is not None:
        return
    raise UsageError(
        tr("{path} is in this process, and ends with it: nothing goes on by itself", path=path),
        hint=tr("`poultice simulator` serves one that goes on; state=DIR keeps the flash of one"),
    )


def _unknown(what: str, word: str, known: Iterable[str]) -> UsageError:
    names = list(known)
    hint = meant(word, names) or f"one of {', '.join(names)}"
    return UsageError(f"there is no {what} named {word!r}", hint=hint)


def _bad(key: str, value: str, expected: str) -> UsageError:
    return UsageError(f"{key}={value} is not possible for sim:", hint=f"{key} is {expected}")


def _number(low: float, high: float, unit: str, expected: str = "") -> Callable[[str, str], float]:
    expected = expected or f"a number from {low:g} to {high:g}{unit}"

    def read(key: str, value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            raise _bad(key, value, expected) from None
        if not low <= number <= high:
            raise _bad(key, value, expected)
        return number

    return read


_factor = _number(0.01, 1e6, "", "a factor of real time from 0.01 to 1000000, or max")


def _speed(key: str, value: str) -> float:
    return math.inf if value == "max" else _factor(key, value)


def _choice(words: dict[str, bool]) -> Callable[[str, str], bool]:
    def read(key: str, value: str) -> bool:
        if value not in words:
            raise _bad(key, value, " or ".join(words))
        return words[value]

    return read


_flag = _choice({"0": False, "1": True})


def _state(key: str, value: str) -> Path:
    if not value or "\0" in value:
        raise _bad(key, value, "the path of a directory")
    return Path(expanded(value))


def _seed(key: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise _bad(key, value, "a whole number of at most 18 digits")
    return int(value)


def _baths(key: str, value: str) -> tuple[float, ...]:
    temperatures = value.split(",")
    if len(temperatures) > _BATHS_MAX:
        raise _bad(key, value, f"at most {_BATHS_MAX} temperatures, with commas between")
    return tuple(_number(0.0, 60.0, " °C, several with commas")(key, one) for one in temperatures)


def _faults(key: str, value: str) -> tuple[FaultAt, ...]:
    return tuple(_fault(key, item) for item in value.split(","))


def _fault(key: str, item: str) -> FaultAt:
    name, at, when = item.partition("@")
    if name not in (*FAULTS, *EMULATOR_FAULTS):
        raise _unknown("fault", name, FAULTS)
    if not at and name in FAULTS:
        raise _bad(key, item, f"NAME@SECONDS, for example {name}@300, or {name}@boot")
    if when == "boot" or not at:
        return FaultAt(name, None)
    return FaultAt(name, _number(0.0, _LAST_FAULT_S, " s after the start, or boot")(key, when))


READERS: dict[str, tuple[str, Callable[[str, str], object]]] = {
    "speed": ("speed", _speed),
    "ambient": ("ambient_c", _number(0.0, 45.0, " °C")),
    "pad": ("pad_w_cm2", _number(0.005, 0.5, " W/cm²")),
    "mass": ("mass_j_m2k", _number(200.0, 10_000.0, " J/m²K")),
    "perfusion": ("perfusion", _number(0.0, 3.0, "")),
    "cooler": ("cooler", _flag),
    "sensor_b": ("sensor_b", _flag),
    "sense": ("sense", _flag),
    "two_point": ("two_point", _flag),
    "fold_safe": ("fold_safe", _flag),
    "user": ("user_present", _choice({"prompt": True, "absent": False})),
    "state": ("state", _state),
    "seed": ("seed", _seed),
    "offset": ("offset_c", _number(-5.0, 5.0, " °C")),
    "bath": ("baths_c", _baths),
    "fault": ("faults", _faults),
}
