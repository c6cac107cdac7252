"""Every hazard does what it says, to our device and to a bare board."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from poultice.virtual import hazards
from poultice.virtual.adc import SAMPLES, Channel
from poultice.virtual.body import DOUBLED, Pad
from poultice.virtual.hazards import HAZARDS
from poultice.virtual.plant import Plant
from poultice.virtual.relays import Bimetal, Relay, ThermalFuse
from poultice_core import states
from poultice_core.thermistor import B3950, temp_mc
from tests.rivals.bench import remove_barriers
from tests.simulator.link import HEAT, Link

EVERY = sorted(HAZARDS)


class Board:
    """The least there is: one relay, two beads."""

    def __init__(self) -> None:
        self.plant = Plant()
        self.channel_a, self.channel_b = Channel(1), Channel(1, row=13)
        self.relay = Relay()
        self.bimetal, self.fuse = Bimetal(), ThermalFuse()
        self.ground_c = 0.0
        self.settled = 0

    @property
    def heat_path(self) -> tuple[Relay, ...]:
        return (self.relay,)

    def settle(self) -> None:
        self.settled += 1


@dataclass
class Bare:
    board: Board = field(default_factory=Board)
    hung: bool = False
    restarted: bool = False
    host_gone: bool = False

    def hang(self) -> None:
        self.hung = True

    def brown_out(self) -> None:
        self.restarted = True

    def lose_host(self) -> None:
        self.host_gone = True


def befall(name: str) -> Bare:
    bare = Bare()
    HAZARDS[name].befall(bare)
    return bare


def reading_c(channel: Channel, temp_c: float) -> float:
    samples = [0] * SAMPLES
    channel.sample(temp_c, samples)
    return temp_mc(B3950, sum(sorted(samples)[4:12])) / 1000


def test_names_are_those_of_the_table() -> None:
    assert all(hazard.name == name for name, hazard in HAZARDS.items())
    assert all(hazard.says for hazard in HAZARDS.values())


def test_sensor_positions() -> None:
    assert befall("sensor_off").board.plant.grip_a == 0.0
    edge = befall("sensor_edge").board.plant
    edge.step(600.0, True, False)
    assert edge.pad_c - edge.sensor_a_c == pytest.approx(0.2 * (edge.pad_c - 23.0), abs=0.2)
    assert edge.sensor_b_c == pytest.approx(edge.pad_c, abs=0.2)


@pytest.mark.parametrize(("name", "a", "b"), [("sensor_offset", 2, 2), ("sensor_offset_one", 2, 0)])
def test_offsets(name: str, a: float, b: float) -> None:
    plant = befall(name).board.plant
    plant.step(120.0, True, False)
    assert plant.pad_c - plant.sensor_a_c == pytest.approx(a, abs=0.6)
    assert plant.sensor_b_c - plant.sensor_a_c == pytest.approx(a - b, abs=0.1)


@pytest.mark.parametrize(
    ("name", "a_c", "b_c"),
    [
        ("sensor_open", -12.22, 42.0),
        ("sensor_short", 81.52, 42.0),
        ("wrong_part", 39.7, 39.7),
        ("wrong_part_one", 39.7, 42.0),
    ],
)
def test_what_is_read_at_42(name: str, a_c: float, b_c: float) -> None:
    board = befall(name).board
    assert reading_c(board.channel_a, 42.0) == pytest.approx(a_c, abs=0.15)
    assert reading_c(board.channel_b, 42.0) == pytest.approx(b_c, abs=0.15)


def test_frozen_and_drifting() -> None:
    board = Board()
    before_c = reading_c(board.channel_a, 35.0)
    HAZARDS["sensor_frozen"].befall(Bare(board))
    assert reading_c(board.channel_a, 42.0) == before_c
    drifting = befall("sensor_drift").board
    for _ in range(1199):
        reading_c(drifting.channel_a, 42.0)
    assert reading_c(drifting.channel_a, 42.0) == pytest.approx(41.0, abs=0.15)


def test_welds() -> None:
    for name in ("weld_one", "weld_all"):
        board = befall(name).board
        board.relay.drive(True)
        board.relay.elapse(100)
        board.relay.drive(False)
        assert board.relay.elapse(100) == 1.0
        assert board.settled == 1


@pytest.mark.parametrize(
    ("name", "at_a", "at_b", "at_switch"),
    [
        ("fold_at_sensor", True, False, False),
        ("fold_at_far_end", False, True, False),
        ("fold_away", False, False, False),
        ("fold_at_switch", False, False, True),
    ],
)
def test_folds(name: str, at_a: bool, at_b: bool, at_switch: bool) -> None:
    flat = Plant()
    flat.step(300.0, True, False)
    bare = Bare()
    bare.board.plant.step(300.0, True, False)
    HAZARDS[name].befall(bare)
    plant = bare.board.plant
    [under] = plant.elsewhere
    assert (under.skin_c, under.skin_cem43) == (plant.skin_c, plant.skin_cem43)
    for each in (plant, flat):
        each.step(600.0, True, False)
    assert under.time_s == plant.time_s
    assert plant.skin_c == flat.skin_c
    assert plant.worst_skin_c == under.skin_c > flat.skin_c + 4.0
    assert plant.worst_skin_cem43 == under.skin_cem43 > 10 * flat.skin_cem43
    assert plant.sensor_a_c == (under.sensor_a_c if at_a else flat.sensor_a_c)
    assert plant.sensor_b_c == (under.sensor_b_c if at_b else flat.sensor_b_c)
    assert plant.switch_in is (under if at_switch else None)


def test_skin_under_a_fold_is_a_plant_of_twice_the_density() -> None:
    plant, dense = Plant(), Plant(Pad(density_w_cm2=0.10))
    plant.set_apart(DOUBLED)
    for each in (plant, dense):
        each.step(600.0, True, False)
    assert plant.elsewhere[0].skin_c == pytest.approx(dense.skin_c, abs=0.05)


@pytest.mark.parametrize("name", ["blanket", "perfusion_lost"])
def test_warmer_than_usual(name: str) -> None:
    usual, plant = Plant(), befall(name).board.plant
    for each in (usual, plant):
        each.step(1200.0, True, False)
    assert plant.skin_c > usual.skin_c + 1.0


def test_a_change_reaches_the_fold_too() -> None:
    bare = befall("fold_away")
    for name in ("blanket", "perfusion_lost"):
        HAZARDS[name].befall(bare)
    [under] = bare.board.plant.elsewhere
    assert (under.pad.back_m2k_w, under.perfusion) == (hazards.BLANKET_M2K_W, 0.0)
    assert under.pad.density_w_cm2 == 0.10


def test_hung_and_alone() -> None:
    assert befall("cpu_hung").hung
    assert befall("host_gone").host_gone


def test_barriers() -> None:
    board = Board()
    board.bimetal.feel(45.0)
    board.fuse.feel(72.0)
    assert not board.bimetal.closed and not board.fuse.closed
    remove_barriers(board)
    board.bimetal.feel(500.0)
    board.fuse.feel(500.0)
    assert board.bimetal.closed and board.fuse.closed


def test_the_fuse_blows_once() -> None:
    fuse = ThermalFuse()
    fuse.feel(71.9)
    assert fuse.closed
    fuse.feel(72.0)
    fuse.feel(20.0)
    assert not fuse.closed


# --- our own device -------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_our_device_bears_every_hazard(name: str) -> None:
    link = Link()
    link.start({**HEAT, "duration_s": 300})
    for _ in range(600):
        link.device.step()
    HAZARDS[name].befall(link.device)
    for _ in range(3600):
        link.device.step()
    board = link.device.board
    assert not (board.k1.contact and board.k2.contact) or name == "weld_all"
    assert board.plant.worst_skin_cem43 < 9.0


@pytest.mark.requirement("SR-14")
def test_a_hang_drops_master_and_ends_in_a_latched_fault() -> None:
    link = Link()
    link.start(HEAT)
    device = link.device
    while not (device.board.k1.contact and device.board.k2.contact):
        device.step()
    device.hang()
    for _ in range(4):
        device.step()
    assert not device.board.k1.contact
    assert device.board.k2.contact
    for _ in range(15):
        device.step()
    assert device.board.reset_cause == "power_on"
    device.step()
    assert device.board.reset_cause == "watchdog"
    device.run_until(lambda: device.loop.guard.state == states.FAULT, 5.0)
    device.step()
    assert not device.board.k2.contact
    assert link.fault == "watchdog_reset"


@pytest.mark.parametrize(("name", "opens"), [("fold_away", False), ("fold_at_switch", True)])
def test_the_switch_feels_the_fold_it_lies_in(name: str, opens: bool) -> None:
    link = Link("?pad=0.04")
    board = link.device.board
    HAZARDS[name].befall(link.device)
    for _ in range(6000):
        board.write(True, True, False)
        board.advance(100)
        if not board.bimetal.closed:
            break
    assert board.bimetal.closed is not opens


def test_a_blown_fuse_takes_the_supply() -> None:
    link = Link("?pad=0.5")
    board = link.device.board
    board.bimetal = Bimetal(opens_c=1e9)
    for _ in range(3000):
        board.write(True, True, False)
        board.advance(100)
    assert not board.fuse.closed
    assert board.plant.element_c < 72.0
