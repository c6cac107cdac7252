"""What can befall a pad, its sensors, its switches and its controller, by name.

The same functions for our virtual device and for any other controller on the same kind of board:
all they ask for is a `Subject`. A hazard of one sensor befalls A; one that is built in (a wrong
part, a wrong calibration) befalls every sensor there is, as they come off one reel and are
calibrated in one go. A hazard of the pad's middle reaches bead A where that is in the middle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from poultice.virtual.adc import BRIDGED, FROZEN, OPEN, SHORT, Channel
from poultice.virtual.body import DOUBLED, Laid, Place
from poultice.virtual.plant import Plant
from poultice.virtual.relays import Bimetal, Relay, ThermalFuse
from poultice.virtual.thermistors import B3435

# A bead that slid to the edge: a fifth of it hangs in the room. At 23 °C it reads 4 °C low at
# 42 °C: low enough to burn, not low enough to look odd.
EDGE_GRIP = 0.8
DRIFT_C = -0.5 / 600  # a reading
# Read with the table for B3950: 2.3 °C low at 42 °C (facts.md 5d).
_WRONG_PART = (Channel.fit, B3435)
BLANKET_M2K_W = 1.0  # a winter duvet of 10 tog over the pad, in place of its cover's 0.1
# Assumptions, with the resistances of facts.md 5b. A chair presses a good part of the blood out of
# the skin and its upholstery is a cover like a duvet; over a bone there is more pressure; a cushion
# of some 8 cm of foam gives way, but lets even less heat through.
CHAIR = Place(blood=0.6, contact_m2k_w=0.007, back_m2k_w=1.0)
CUSHION = Place(blood=0.8, back_m2k_w=2.0)
BLANKETED = Place(back_m2k_w=BLANKET_M2K_W)
BONY = CHAIR._replace(blood=0.3)
BLOODLESS = CHAIR._replace(blood=0.0)
# Two litres on 0.07 m² in a knitted cover; three litres of water in a square metre of towel.
BOTTLE = Place(laid=Laid(start_c=60.0, m2k_w=0.05, capacity_j_m2k=120_000.0))
COLD_TOWEL = Place(laid=Laid(start_c=10.0, m2k_w=0.03, capacity_j_m2k=12_500.0))
HUM_C, HUM_HZ = 3.0, 50.1  # beats with the 10 Hz of the readings once in ten seconds
SWEAT_M2K_W, SWEAT_OHM = 0.005, 100_000.0
SUPPLY = (24.0 / 12.0) ** 2  # times the power


class Apparatus(Protocol):
    """A pad on a body, its sensors and what switches it."""

    @property
    def plant(self) -> Plant:
        """The pad and the body."""

    @property
    def channel_a(self) -> Channel:
        """The sensor there always is."""

    @property
    def channel_b(self) -> Channel:
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


class Hazard(NamedTuple):
    """One thing that can happen: a name, a line for a reader, and what it does."""

    name: str
    says: str
    befall: Callable[[Subject], None]


def _set(**values: float) -> Callable[[Subject], None]:
    """These of the plant's attributes are so from now on."""

    def befall(subject: Subject) -> None:
        for name, value in values.items():
            setattr(subject.board.plant, name, value)

    return befall


def _always(**values: float) -> Callable[[Subject], None]:
    """So, and it has been so for long."""

    def befall(subject: Subject) -> None:
        _set(**values)(subject)
        subject.board.plant.lay_down_again()

    return befall


def _changes(plant: Plant, **changed: float) -> None:
    plant.change(**changed)  # type: ignore[arg-type]


def _lies(plant: Plant, **changed: float) -> None:
    plant.change(pad=plant.pad._replace(**changed))


def _plant(act: Callable[..., None], **how: object) -> Callable[[Subject], None]:
    return lambda subject: act(subject.board.plant, **how)


def _beads(count: int, act: Callable[..., None], *how: object) -> Callable[[Subject], None]:
    """This befalls one sensor, or both."""

    def befall(subject: Subject) -> None:
        for channel in (subject.board.channel_a, subject.board.channel_b)[:count]:
            getattr(channel, act.__name__)(*how)  # its own, where it overrides

    return befall


def _relays(count: int | None, act: Callable[..., None], *how: object) -> Callable[[Subject], None]:
    """This befalls the first `count` relays of the heat path; None: every one."""

    def befall(subject: Subject) -> None:
        for relay in subject.board.heat_path[:count]:
            getattr(relay, act.__name__)(*how)  # its own, where it overrides
        subject.board.settle()

    return befall


def _in_the_middle(place: Place) -> Callable[[Subject], None]:
    def befall(subject: Subject) -> None:
        plant = subject.board.plant
        plant.set_apart(place, at_a=plant.a_in_middle)

    return befall


def _apart(place: Place, **what_is_there: bool) -> Callable[[Subject], None]:
    return lambda subject: subject.board.plant.set_apart(place, **what_is_there)


def _loose(fault: str, bursts: int, of: int) -> Callable[[Subject], None]:
    return lambda subject: subject.board.channel_a.fail_now_and_then(fault, bursts=bursts, of=of)


def _edge_and_fold(subject: Subject) -> None:
    subject.board.plant.grip_a = EDGE_GRIP
    subject.board.plant.set_apart(DOUBLED, at_b=True)


def _ground(offset_c: float) -> Callable[[Subject], None]:
    def befall(subject: Subject) -> None:
        subject.board.ground_c = offset_c

    return befall


def _sweat(subject: Subject) -> None:
    _lies(subject.board.plant, contact_m2k_w=SWEAT_M2K_W)
    _beads(2, Channel.leak, SWEAT_OHM)(subject)


def _more_volts(subject: Subject) -> None:
    plant = subject.board.plant
    _lies(plant, density_w_cm2=SUPPLY * plant.pad.density_w_cm2)


_ALL = (
    Hazard("sensor_edge", "sensor slid to the pad's edge", _set(grip_a=EDGE_GRIP)),
    Hazard("sensor_off", "sensor fallen off", _set(grip_a=0.0)),
    Hazard("sensor_open", "sensor wire broken", _beads(1, Channel.fail, OPEN)),
    Hazard("sensor_short", "sensor shorted", _beads(1, Channel.fail, SHORT)),
    Hazard("sensor_frozen", "sensor reading frozen", _beads(1, Channel.fail, FROZEN)),
    Hazard(
        "sensor_drift", "sensor drifting by -0.5 °C a minute", _beads(1, Channel.drift, DRIFT_C)
    ),
    Hazard("sensor_offset", "every sensor reads 2 °C low", _set(offset_a_c=-2.0, offset_b_c=-2.0)),
    Hazard("sensor_offset_one", "one sensor reads 2 °C low", _set(offset_a_c=-2.0)),
    Hazard("wrong_part", "every sensor a B3435 part read as B3950", _beads(2, *_WRONG_PART)),
    Hazard("wrong_part_one", "one sensor a B3435 part read as B3950", _beads(1, *_WRONG_PART)),
    Hazard("weld_one", "heat relay welded", _relays(1, Relay.weld)),
    Hazard("weld_all", "every relay in the heat path welded", _relays(None, Relay.weld)),
    Hazard("fold_at_sensor", "pad folded over the sensor", _apart(DOUBLED, at_a=True)),
    Hazard(
        "fold_at_far_end",
        "far end folded: where sensor B is, if fitted",
        _apart(DOUBLED, at_b=True),
    ),
    Hazard("fold_away", "pad folded away from every sensor", _apart(DOUBLED)),
    Hazard(
        "fold_at_switch",
        "pad folded over bimetal and fuse, away from sensors",
        _apart(DOUBLED, at_switch=True),
    ),
    Hazard("blanket", "a duvet over the pad", _plant(_lies, back_m2k_w=BLANKET_M2K_W)),
    Hazard("perfusion_lost", "no blood flow under the pad", _plant(_changes, perfusion=0.0)),
    Hazard("cpu_hung", "controller hung", lambda subject: subject.hang()),
    Hazard("host_gone", "computer gone", lambda subject: subject.lose_host()),
    Hazard("chair_back", "middle pressed against a chair", _in_the_middle(CHAIR)),
    Hazard("cushion", "middle against a thick cushion", _in_the_middle(CUSHION)),
    Hazard("blanket_mid", "a duvet over the middle", _in_the_middle(BLANKETED)),
    Hazard("bony", "a bone in the middle, pressed: 30 % of the blood", _in_the_middle(BONY)),
    Hazard("bony_0", "a bone in the middle, pressed: no blood", _in_the_middle(BLOODLESS)),
    Hazard("hot_spot_1.5", "half as hot again where no sensor is", _apart(Place(density=1.5))),
    Hazard("hot_spot_2", "twice as hot where no sensor is", _apart(DOUBLED)),
    Hazard("fold_mid", "pad folded in the middle", _in_the_middle(DOUBLED)),
    Hazard("edge_and_fold", "sensor slid to the edge, far end folded", _edge_and_fold),
    Hazard("bottle", "a bottle of 60 °C laid on the middle", _in_the_middle(BOTTLE)),
    Hazard(
        "cold_towel",
        "a cold wet towel laid on where the sensor is",
        _apart(COLD_TOWEL, at_a=True),
    ),
    Hazard("conn_open@1", "connector open for 0.1 s once a second", _loose(OPEN, 1, 10)),
    Hazard("conn_open@2.5", "connector open for 0.1 s every 2.5 s", _loose(OPEN, 1, 25)),
    Hazard("conn_bridged@1", "1 kΩ at it for 0.2 s once a second", _loose(BRIDGED, 2, 10)),
    Hazard("ground_low_1.5", "reads 1.5 °C less while HEAT flows", _ground(-1.5)),
    Hazard("ground_low_3", "reads 3 °C less while HEAT flows", _ground(-3.0)),
    Hazard("ground_high_1.5", "reads 1.5 °C more while HEAT flows", _ground(1.5)),
    Hazard("ground_high_3", "reads 3 °C more while HEAT flows", _ground(3.0)),
    Hazard("hum", "mains hum of ±3 °C on every sensor", _beads(2, Channel.hum, HUM_C, HUM_HZ / 10)),
    Hazard("spikes", "6 of 16 conversions at full scale", _beads(1, Channel.strike, 6)),
    Hazard("flicker_weld", "heat relay arcing while open", _relays(1, Relay.flicker)),
    Hazard("slow_release_200", "heat relay releases after 200 ms", _relays(1, Relay.slow, 200)),
    Hazard("slow_release_500", "heat relay releases after 500 ms", _relays(1, Relay.slow, 500)),
    Hazard("brown_out", "controller's supply dips", lambda subject: subject.brown_out()),
    Hazard("supply_24v", "24 V on the pad instead of 12 V", _more_volts),
    Hazard("sweat", "sweat: wet contact, 100 kΩ beside every sensor", _sweat),
    Hazard("fever", "a person with 39.5 °C", _always(core_c=39.5)),
    Hazard("room_10", "a room of 10 °C", _always(ambient_c=10.0)),
    Hazard("room_38", "a room of 38 °C", _always(ambient_c=38.0)),
)

HAZARDS = {hazard.name: hazard for hazard in _ALL}
