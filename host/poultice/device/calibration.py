"""The two-point check of the thermistors: which offset, and whether this part fits its table.

Water of about 25 °C and of about 40 °C, a reference thermometer in it beside the beads. At 25 °C
every 10 kΩ part reads alike, whatever its table; at 40 °C a part of another B does not: two points
tell a wrong part from one that is merely a little off. Bounds and tolerance are those of
``docs/design/safety.md``, *What a configuration may do*.
"""

from __future__ import annotations

from bisect import bisect
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from poultice import remedies, temperature
from poultice.errors import DeviceTimeoutError, Interrupted, NotReadyError, RefusedError
from poultice.link.messages import Telemetry

if TYPE_CHECKING:
    from poultice.link.client import Client

OFFSET_MIN_MC, OFFSET_MAX_MC = -300, 2_000
"""A reading 2 °C low at 42 °C is 40 CEM43 in 20 min: hardly anything may be taken off a reading."""

AGREE_MC = 500
"""So far from the reference each reading may be once the offset is on it."""

LOW_MC = (23_000, 27_000)
HIGH_MC = (38_000, 42_000)
HIGH_WITHOUT_SENSE_MC = (38_000, 38_400)
"""Without SENSE a reading that rises from 38.5 °C on with the relays open is a weld (SR-10)."""

STEADY_MC = 100
STEADY_MS = 20_000
NEAR_MC = 4_000
"""A reading further from the reference than any part that can be mended is not in its water yet."""

LIMIT_S = 600
_SAMPLES_MIN = 15
_GAP_MS = 5_000
_ALIKE_MC = 300


@dataclass(frozen=True)
class Point:
    """One bath: what the reference showed, and what each sensor read with `offset_mc` on it."""

    reference_mc: int
    readings_mc: tuple[int, ...]
    offset_mc: int

    @property
    def errors_mc(self) -> tuple[int, ...]:
        """What would have to be added to each bare reading."""
        return tuple(self.reference_mc - (one - self.offset_mc) for one in self.readings_mc)


class Steadiness:
    """Whether every reading of the last 20 s of the device's clock lies within 0.1 °C."""

    def __init__(self) -> None:
        self._samples: deque[tuple[int, tuple[int, ...]]] = deque()

    def feed(self, t_ms: int, readings_mc: Sequence[int | None]) -> tuple[int, ...] | None:
        """Take one reading of each sensor; their means once they are steady, else None."""
        samples = self._samples
        whole = tuple(one for one in readings_mc if one is not None)
        if samples and not 0 <= t_ms - samples[-1][0] <= _GAP_MS:
            samples.clear()
        if len(whole) < len(readings_mc):
            samples.clear()
            return None
        samples.append((t_ms, whole))
        while len(samples) > 1 and t_ms - samples[1][0] >= STEADY_MS:
            samples.popleft()
        if t_ms - samples[0][0] < STEADY_MS or len(samples) < _SAMPLES_MIN:
            return None
        columns = list(zip(*(one for _, one in samples), strict=True))
        if any(max(column) - min(column) > STEADY_MC for column in columns):
            return None
        return tuple(round(sum(column) / len(column)) for column in columns)


def steady(
    client: Client,
    sensors: int,
    reference_mc: int,
    *,
    interrupted: Callable[[], bool] = lambda: False,
    tell: Callable[[Telemetry], None] = lambda now: None,
) -> tuple[int, ...]:
    """Wait until `sensors` (1 or 2) readings stand still near `reference_mc`; their means.

    Raises RefusedError where they stand still elsewhere until `LIMIT_S` of the device's time are
    over, DeviceTimeoutError where they never do, NotReadyError where a sensor gives no
    temperature, WrongStateError or DeviceFaultError where the device leaves `idle`, Interrupted
    once `interrupted` says so.
    """
    window, elsewhere = Steadiness(), None
    # What was said while a person looked at the thermometer is not news.
    while client.poll(0) is not None:
        pass
    now = client.status()
    for name, reading in list(zip("AB", (now.temp_mc, now.temp_b_mc), strict=True))[:sensors]:
        if reading is None:
            more = "; where none is fitted: `poultice config set sensor_b=false`"
            raise NotReadyError(
                f"sensor {name} gives no temperature",
                hint=f"check its plug and wires{more if name == 'B' else ''}",
            )
    deadline_s = client.now_s() + LIMIT_S
    while True:
        if interrupted():
            raise Interrupted("left; the device's configuration is as it was")
        update = client.poll(min(1.0, client.left_s(deadline_s)))
        if isinstance(update, Telemetry):
            remedies.require_free(update, ())
            tell(update)
            elsewhere = window.feed(update.t_ms, (update.temp_mc, update.temp_b_mc)[:sensors])
            if elsewhere and all(abs(one - reference_mc) <= NEAR_MC for one in elsewhere):
                return elsewhere
        if client.left_s(deadline_s) == 0:
            raise _never(elsewhere, reference_mc)


def _never(
    elsewhere: tuple[int, ...] | None, reference_mc: int
) -> RefusedError | DeviceTimeoutError:
    if elsewhere is None:
        return DeviceTimeoutError(
            f"no steady reading within {remedies.duration(LIMIT_S)}",
            hint="stir the water, keep the beads off the walls, take more of it: it must stand "
            f"within {temperature.difference(100)} for 20 s",
        )
    return RefusedError(
        f"steady at {' and '.join(map(temperature.shown, elsewhere))}, far from the thermometer's "
        f"{temperature.shown(reference_mc)}",
        hint="are the beads in the water beside the thermometer? Is it a 10 kΩ part, with a 10 kΩ "
        "pull-up?",
    )


def check_low(point: Point) -> None:
    """Raises RefusedError where the first bath already leaves no offset that would do."""
    low, high = OFFSET_MIN_MC - AGREE_MC, OFFSET_MAX_MC + AGREE_MC
    if not all(low <= one <= high for one in point.errors_mc):
        raise RefusedError(
            f"at {temperature.shown(point.reference_mc)} the bare reading is off by "
            f"{' and '.join(temperature.difference(-one) for one in point.errors_mc)}: "
            f"no offset that is allowed ({_span()}) mends that",
            hint=f"near {temperature.exact(25_000)} every 10 kΩ part reads alike, so it is not the "
            "table: look at the pull-up (10 kΩ), the wires, and whether the bead is in the water",
        )


def offset_mc(low: Point, high: Point) -> int:
    """The offset for these two points, m°C, to be added to every reading.

    It is the larger of the errors in the warm bath, so that no sensor reads low where heat is
    judged. Raises RefusedError where a reading is then more than 0.5 °C from its reference, or
    where the offset is beyond its bounds.
    """
    offset = max(high.errors_mc)
    for index, (cold, warm) in enumerate(zip(low.errors_mc, high.errors_mc, strict=True)):
        if abs(warm - cold) > AGREE_MC:
            raise _wrong_part("AB"[index], warm - cold, low.reference_mc, high.reference_mc)
    if any(abs(one - offset) > AGREE_MC for one in (*low.errors_mc, *high.errors_mc)):
        apart = max(high.errors_mc) - min(high.errors_mc)
        raise RefusedError(
            f"sensors A and B are {temperature.difference(apart)} apart in the same water: one "
            "offset does not mend both",
            hint="parts of 1 % or better, and 0.1 % pull-ups; replace the one that is further off",
        )
    if not OFFSET_MIN_MC <= offset <= OFFSET_MAX_MC:
        raise RefusedError(
            f"an offset of {signed(offset)} would be needed; allowed is {_span()}",
            hint="look at the pull-up (10 kΩ) and the reference thermometer; else replace the part",
        )
    return offset


def suspects(spread_mc: int, low_mc: int, high_mc: int) -> list[tuple[str, str]]:
    """Which part read by which table gives errors that differ by `spread_mc` between the points.

    Pairs of names such as ("B3435", "B3950"), the nearest first; parts of the closed list only.
    """
    from poultice_core import thermistor

    tables = {name: getattr(thermistor, name) for name in ("B3950", "B3435", "B3980")}
    found = []
    for (part, own), (name, table) in permutations(tables.items(), 2):
        predicted = _error_mc(own, table, high_mc) - _error_mc(own, table, low_mc)
        if abs(predicted - spread_mc) <= _ALIKE_MC:
            found.append((abs(predicted - spread_mc), part, name))
    return [(part, name) for _, part, name in sorted(found)]


def _error_mc(part: bytes, table: bytes, true_mc: int) -> int:
    """What would have to be added to a reading of `part` by `table`, m°C."""
    from poultice_core.thermistor import temp_mc

    raws = range(3_496 * 8, 462 * 8, -1)
    cold = bisect(raws, true_mc, key=lambda raw: temp_mc(part, raw))
    return true_mc - temp_mc(table, raws[max(0, cold - 1)])


def _wrong_part(sensor: str, spread_mc: int, low_mc: int, high_mc: int) -> RefusedError:
    found = suspects(spread_mc, low_mc, high_mc)
    hint = (
        "no part of the list does that: was the thermometer beside the beads both times, and the "
        "water stirred?"
    )
    if found:
        like = " or ".join(
            f"a 10 kΩ {part} part read by the table for {name}" for part, name in found
        )
        hint = f"so does {like}: fit the part that the firmware is built for (B3950 as released)"
    return RefusedError(
        f"sensor {sensor}: its error changes by {signed(spread_mc)} from "
        f"{temperature.shown(low_mc)} to {temperature.shown(high_mc)}; "
        f"{temperature.difference(AGREE_MC)} is allowed",
        hint=f"{hint} Until then: `poultice config set two_point=false`",
    )


def signed(value_mc: int) -> str:
    """A difference as `+0.8 °C`."""
    return temperature.difference(value_mc, signed=True)


def _span() -> str:
    return f"{signed(OFFSET_MIN_MC)} to {signed(OFFSET_MAX_MC)}"
