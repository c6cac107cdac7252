"""What can befall a pad, its sensors, its switches and its controller, by name.

The same functions for our virtual device and for any other controller on the same kind of board:
all they ask for is a `Subject`. A hazard of one sensor befalls A; one that is built in (a wrong
part, a wrong calibration) befalls every sensor there is, as they come off one reel and are
calibrated in one go. A hazard of the pad's middle reaches bead A where that is in the middle. What
is asked of a controller, rather than befalls it (48 °C, never stopping it), is in `REQUESTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from poultice.virtual import adc
from poultice.virtual.body import DOUBLED, Laid, Place
from poultice.virtual.plant import Plant
from poultice.virtual.relays import Bimetal, Relay, ThermalFuse
from poultice.virtual.thermistors import B3435

# A bead that slid to the edge: a fifth of it hangs in the room. At 23 °C it reads 4 °C low at
# 42 °C: low enough to burn, not low enough to look odd.
EDGE_GRIP = 0.8
DRIFT_C_PER_MIN = -0.5
OFFSET_C = -2.0
WRONG_PART = B3435  # read with the table for B3950: 2.3 °C low at 42 °C (facts.md 5d)
BLANKET_M2K_W = 1.0  # a winter duvet of 10 tog over the pad, in place of its cover's 0.1
# Assumptions, with the resistances of facts.md 5b. A chair presses a good part of the blood out of
# the skin and its upholstery is a cover like a duvet; over a bone there is more pressure; a cushion
# of some 8 cm of foam gives way, but lets even less heat through.
CHAIR = Place(blood=0.6, contact_m2k_w=0.007, back_m2k_w=1.0)
CUSHION = Place(blood=0.8, back_m2k_w=2.0)
BLANKETED = Place(back_m2k_w=BLANKET_M2K_W)
BONY = replace(CHAIR, blood=0.3)
BLOODLESS = replace(CHAIR, blood=0.0)
# Two litres on 0.07 m² in a knitted cover; three litres of water in a square metre of towel.
BOTTLE = Place(laid=Laid(start_c=60.0, m2k_w=0.05, capacity_j_m2k=120_000.0))
COLD_TOWEL = Place(laid=Laid(start_c=10.0, m2k_w=0.03, capacity_j_m2k=12_500.0))
HUM_C, HUM_HZ = 3.0, 50.1  # beats with the 10 Hz of the readings once in ten seconds
STRUCK = 6  # of a burst's 16 conversions
SWEAT_M2K_W, SWEAT_OHM = 0.005, 100_000.0
SUPPLY = (24.0 / 12.0) ** 2  # times the power
FEVER_C = 39.5
REQUEST_C = 48.0
FORGOTTEN_S = 2 * 3600
RESTARTED_S = 24 * 3600
_TICKS_PER_MIN = 600


class Apparatus(Protocol):
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
    ground_c: float
    """What every reading is off by while the pad's current flows through the same ground."""

    def settle(self) -> None:
        """Look again after contacts or barriers have changed."""


class Subject(Protocol):
    """A controller at its bench."""

    @property
    def board(self) -> Apparatus:
        """What it is wired to."""

    def hang(self) -> None:
        """Its processor stops, outputs as they are, until a watchdog (if any) has its say."""

    def brown_out(self) -> None:
        """Its supply dips: it starts again as at power-up."""

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


def _in_the_middle(place: Place) -> Callable[[Subject], None]:
    def befall(subject: Subject) -> None:
        plant = subject.board.plant
        plant.set_apart(place, at_a=plant.a_in_middle)

    return befall


def _where_nothing_is(place: Place) -> Callable[[Subject], None]:
    return lambda subject: subject.board.plant.set_apart(place)


def _edge_and_fold(subject: Subject) -> None:
    _slide_to_edge(subject)
    _fold_at_far_end(subject)


def _lay_towel(subject: Subject) -> None:
    subject.board.plant.set_apart(COLD_TOWEL, at_a=True)


def _loose(fault: str, bursts: int, of: int) -> Callable[[Subject], None]:
    return lambda subject: subject.board.channel_a.fail_now_and_then(fault, bursts=bursts, of=of)


def _ground(offset_c: float) -> Callable[[Subject], None]:
    def befall(subject: Subject) -> None:
        subject.board.ground_c = offset_c

    return befall


def _hum(subject: Subject) -> None:
    for channel in (subject.board.channel_a, subject.board.channel_b):
        channel.hum(HUM_C, HUM_HZ / 10.0)


def _strike(subject: Subject) -> None:
    subject.board.channel_a.strike(STRUCK)


def _flicker(subject: Subject) -> None:
    subject.board.heat_path[0].flicker()
    subject.board.settle()


def _brown_out(subject: Subject) -> None:
    subject.brown_out()


def _more_volts(subject: Subject) -> None:
    plant = subject.board.plant
    plant.change(pad=replace(plant.pad, density_w_cm2=SUPPLY * plant.pad.density_w_cm2))


def _sweat(subject: Subject) -> None:
    board = subject.board
    board.plant.change(pad=replace(board.plant.pad, contact_m2k_w=SWEAT_M2K_W))
    board.channel_a.leak(SWEAT_OHM)
    board.channel_b.leak(SWEAT_OHM)


def _slow(release_ms: int) -> Callable[[Subject], None]:
    return lambda subject: subject.board.heat_path[0].slow(release_ms)


def _fever(subject: Subject) -> None:
    plant = subject.board.plant
    plant.core_c = FEVER_C
    plant.lay_down_again()


def _room(ambient_c: float) -> Callable[[Subject], None]:
    def befall(subject: Subject) -> None:
        plant = subject.board.plant
        plant.ambient_c = ambient_c
        plant.lay_down_again()

    return befall


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
    Hazard("chair_back", "middle pressed against a chair", _in_the_middle(CHAIR)),
    Hazard("cushion", "middle against a thick cushion", _in_the_middle(CUSHION)),
    Hazard("blanket_mid", "a duvet over the middle", _in_the_middle(BLANKETED)),
    Hazard("bony", "a bone in the middle, pressed: 30 % of the blood", _in_the_middle(BONY)),
    Hazard("bony_0", "a bone in the middle, pressed: no blood", _in_the_middle(BLOODLESS)),
    Hazard(
        "hot_spot_1.5",
        "half as hot again where no sensor is",
        _where_nothing_is(Place(density=1.5)),
    ),
    Hazard("hot_spot_2", "twice as hot where no sensor is", _where_nothing_is(DOUBLED)),
    Hazard("fold_mid", "pad folded in the middle", _in_the_middle(DOUBLED)),
    Hazard("edge_and_fold", "sensor slid to the edge, far end folded", _edge_and_fold),
    Hazard("bottle", "a bottle of 60 °C laid on the middle", _in_the_middle(BOTTLE)),
    Hazard("cold_towel", "a cold wet towel laid on where the sensor is", _lay_towel),
    Hazard("conn_open@1", "connector open for 0.1 s once a second", _loose(adc.OPEN, 1, 10)),
    Hazard("conn_open@2.5", "connector open for 0.1 s every 2.5 s", _loose(adc.OPEN, 1, 25)),
    Hazard("conn_bridged@1", "1 kΩ at it for 0.2 s once a second", _loose(adc.BRIDGED, 2, 10)),
    Hazard("ground_low_1.5", "reads 1.5 °C less while HEAT flows", _ground(-1.5)),
    Hazard("ground_low_3", "reads 3 °C less while HEAT flows", _ground(-3.0)),
    Hazard("ground_high_1.5", "reads 1.5 °C more while HEAT flows", _ground(1.5)),
    Hazard("ground_high_3", "reads 3 °C more while HEAT flows", _ground(3.0)),
    Hazard("hum", "mains hum of ±3 °C on every sensor", _hum),
    Hazard("spikes", "6 of 16 conversions at full scale", _strike),
    Hazard("flicker_weld", "heat relay arcing while open", _flicker),
    Hazard("slow_release_200", "heat relay releases after 200 ms", _slow(200)),
    Hazard("slow_release_500", "heat relay releases after 500 ms", _slow(500)),
    Hazard("brown_out", "controller's supply dips", _brown_out),
    Hazard("supply_24v", "24 V on the pad instead of 12 V", _more_volts),
    Hazard("sweat", "sweat: wet contact, 100 kΩ beside every sensor", _sweat),
    Hazard("fever", "a person with 39.5 °C", _fever),
    Hazard("room_10", "a room of 10 °C", _room(10.0)),
    Hazard("room_38", "a room of 38 °C", _room(38.0)),
)

HAZARDS = {hazard.name: hazard for hazard in _ALL}


@dataclass(frozen=True)
class Request:
    """What is asked of a controller: a target, for how long nobody stops it (None: it is stopped
    as it should be), for how long somebody starts it whenever it can be started."""

    name: str
    says: str
    target_c: float | None = None
    left_on_s: int | None = None
    restarted_s: int | None = None


REQUESTS = {
    request.name: request
    for request in (
        Request("healthy", "nothing wrong"),
        Request("too_hot", "48 °C asked for", target_c=REQUEST_C),
        Request("forgotten", "left on, nobody stops it", left_on_s=FORGOTTEN_S),
        Request("restarter", "started whenever it can be, for 24 h", restarted_s=RESTARTED_S),
    )
}


def remove_barriers(board: Apparatus) -> None:
    """Take the bimetal and the thermal fuse out: what the controller does by itself."""
    board.bimetal = Bimetal(opens_c=math.inf)
    board.fuse = ThermalFuse(blows_c=math.inf)
    board.settle()
