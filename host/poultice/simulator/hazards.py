"""What can befall a pad, its sensors, its switches and its controller, by name.

The same functions for our virtual device and for any other controller on the same kind of board:
all they ask for is a `Subject`. A hazard of one sensor befalls A; one that is built in (a wrong
part, a wrong calibration) befalls every sensor there is, as they come off one reel and are
calibrated in one go. What is asked of a controller, rather than befalls it (48 °C, never stopping
it), is in `REQUESTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from poultice.simulator import adc
from poultice.simulator.plant import Plant
from poultice.simulator.relays import Bimetal, Relay, ThermalFuse
from poultice.simulator.thermistors import B3435

# A bead that slid to the edge: a fifth of it hangs in the room. At 23 °C it reads 4 °C low at
# 42 °C: low enough to burn, not low enough to look odd.
EDGE_GRIP = 0.8
DRIFT_C_PER_MIN = -0.5
OFFSET_C = -2.0
WRONG_PART = B3435  # read with the table for B3950: 2.3 °C low at 42 °C (facts.md 5d)
BLANKET_M2K_W = 1.0  # a winter duvet of 10 tog over the pad, in place of its cover's 0.1
REQUEST_C = 48.0
FORGOTTEN_S = 2 * 3600
_TICKS_PER_MIN = 600


class Bench(Protocol):
    """A pad on a body, its sensors and what switches it."""

    @property
    def plant(self) -> Plant:
        """The pad and the body."""

    @property
    def channel_a(self) -> adc.Channel:
        """The sensor there always is."""

    @property
    def channel_b(self) -> adc.Channel:
        """The second one, whether or not it is fitted."""

    @property
    def heat_path(self) -> tuple[Relay, ...]:
        """The relays in series with the pad, the one that switches most first."""

    bimetal: Bimetal
    fuse: ThermalFuse

    def settle(self) -> None:
        """Look again after contacts or barriers have changed."""


class Subject(Protocol):
    """A controller at its bench."""

    @property
    def board(self) -> Bench:
        """What it is wired to."""

    def hang(self) -> None:
        """Its processor stops, outputs as they are, until a watchdog (if any) has its say."""

    def lose_host(self) -> None:
        """The computer beside it, if it has one, is gone."""


@dataclass(frozen=True)
class Hazard:
    """One thing that can happen: a name, a line for a reader, and what it does."""

    name: str
    says: str
    befall: Callable[[Subject], None]


def _slide_to_edge(subject: Subject) -> None:
    subject.board.plant.grip_a = EDGE_GRIP


def _fall_off(subject: Subject) -> None:
    subject.board.plant.grip_a = 0.0


def _open(subject: Subject) -> None:
    subject.board.channel_a.fail(adc.OPEN)


def _short(subject: Subject) -> None:
    subject.board.channel_a.fail(adc.SHORT)


def _freeze(subject: Subject) -> None:
    subject.board.channel_a.fail(adc.FROZEN)


def _drift(subject: Subject) -> None:
    subject.board.channel_a.drift(DRIFT_C_PER_MIN / _TICKS_PER_MIN)


def _offset(subject: Subject) -> None:
    plant = subject.board.plant
    plant.offset_a_c = plant.offset_b_c = OFFSET_C


def _offset_one(subject: Subject) -> None:
    subject.board.plant.offset_a_c = OFFSET_C


def _wrong_part(subject: Subject) -> None:
    subject.board.channel_a.fit(WRONG_PART)
    subject.board.channel_b.fit(WRONG_PART)


def _wrong_part_one(subject: Subject) -> None:
    subject.board.channel_a.fit(WRONG_PART)


def _weld_one(subject: Subject) -> None:
    subject.board.heat_path[0].weld()
    subject.board.settle()


def _weld_all(subject: Subject) -> None:
    for relay in subject.board.heat_path:
        relay.weld()
    subject.board.settle()


def _fold_over_sensor(subject: Subject) -> None:
    subject.board.plant.fold_over(at_a=True)


def _fold_at_far_end(subject: Subject) -> None:
    subject.board.plant.fold_over(at_b=True)


def _fold_away(subject: Subject) -> None:
    subject.board.plant.fold_over()


def _fold_at_switch(subject: Subject) -> None:
    subject.board.plant.fold_over(at_switch=True)


def _cover(subject: Subject) -> None:
    plant = subject.board.plant
    plant.change(pad=replace(plant.pad, back_m2k_w=BLANKET_M2K_W))


def _lose_perfusion(subject: Subject) -> None:
    subject.board.plant.change(perfusion=0.0)


def _hang(subject: Subject) -> None:
    subject.hang()


def _lose_host(subject: Subject) -> None:
    subject.lose_host()


_ALL = (
    Hazard("sensor_edge", "sensor slid to the pad's edge", _slide_to_edge),
    Hazard("sensor_off", "sensor fallen off", _fall_off),
    Hazard("sensor_open", "sensor wire broken", _open),
    Hazard("sensor_short", "sensor shorted", _short),
    Hazard("sensor_frozen", "sensor reading frozen", _freeze),
    Hazard("sensor_drift", "sensor drifting by -0.5 °C a minute", _drift),
    Hazard("sensor_offset", "every sensor reads 2 °C low", _offset),
    Hazard("sensor_offset_one", "one sensor reads 2 °C low", _offset_one),
    Hazard("wrong_part", "every sensor a B3435 part read as B3950", _wrong_part),
    Hazard("wrong_part_one", "one sensor a B3435 part read as B3950", _wrong_part_one),
    Hazard("weld_one", "heat relay welded", _weld_one),
    Hazard("weld_all", "every relay in the heat path welded", _weld_all),
    Hazard("fold_at_sensor", "pad folded over the sensor", _fold_over_sensor),
    Hazard("fold_at_far_end", "far end folded: where sensor B is, if fitted", _fold_at_far_end),
    Hazard("fold_away", "pad folded away from every sensor", _fold_away),
    Hazard(
        "fold_at_switch", "pad folded over bimetal and fuse, away from sensors", _fold_at_switch
    ),
    Hazard("blanket", "a duvet over the pad", _cover),
    Hazard("perfusion_lost", "no blood flow under the pad", _lose_perfusion),
    Hazard("cpu_hung", "controller hung", _hang),
    Hazard("host_gone", "computer gone", _lose_host),
)

HAZARDS = {hazard.name: hazard for hazard in _ALL}


@dataclass(frozen=True)
class Request:
    """What is asked of a controller: a target, and for how long nobody stops it (None: it is
    stopped as it should be)."""

    name: str
    says: str
    target_c: float | None = None
    left_on_s: int | None = None


REQUESTS = {
    request.name: request
    for request in (
        Request("healthy", "nothing wrong"),
        Request("too_hot", "48 °C asked for", target_c=REQUEST_C),
        Request("forgotten", "left on, nobody stops it", left_on_s=FORGOTTEN_S),
    )
}


def remove_barriers(board: Bench) -> None:
    """Take the bimetal and the thermal fuse out: what the controller does by itself."""
    board.bimetal = Bimetal(opens_c=math.inf)
    board.fuse = ThermalFuse(blows_c=math.inf)
    board.settle()
