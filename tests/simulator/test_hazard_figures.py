"""A reference run of each hazard that has to do with how the pad lies, and what each that has to do
with wires makes of a reading: figures that no firmware has a part in.

The skin's dose is that of 20 minutes at 40.5 °C under an ideal thermostat, on 0.05 W/cm²: power
while the hotter of the two beads is below. An independent bench had at 40.5 °C with both beads at
the ends 14.7 (chair_back), 43 (bony), 23 (hot_spot_2); with A in that place 0.2, 0.4, 0.1.
"""

from __future__ import annotations

import math

import pytest

from poultice.virtual.adc import SAMPLES, Channel
from poultice.virtual.body import DOUBLED, Laid, Pad, Place
from poultice.virtual.hazards import HAZARDS
from poultice.virtual.plant import Plant
from poultice.virtual.relays import Relay
from poultice.virtual.stores import MemoryStore
from poultice.virtual.thermistors import B3950, FULL_SCALE
from poultice.virtual.virtual_board import VirtualBoard
from poultice_core.board import SENSE_BROKEN, SUM
from tests.rivals.bench import RivalBoard
from tests.simulator.link import HEAT, Link
from tests.simulator.test_hazards import Bare, befall, reading_c

TARGET_C = 40.5
TICKS = 20 * 600


def held(name: str, target_c: float = TARGET_C, *, a_in_middle: bool = True) -> Plant:
    bare = Bare()
    plant = bare.board.plant
    plant.a_in_middle = a_in_middle
    HAZARDS[name].befall(bare)
    for _ in range(TICKS):
        plant.step(0.1, float(max(plant.sensor_a_c, plant.sensor_b_c) < target_c), 0.0)
    return plant


@pytest.mark.parametrize(
    ("name", "a_in_middle", "a_at_end"),
    [
        ("chair_back", 0.18, 12.4),
        ("cushion", 0.11, 7.9),
        ("blanket_mid", 0.10, 3.5),
        ("bony", 0.21, 32.1),
        ("bony_0", 0.25, 265.0),
        ("fold_mid", 0.10, 21.0),
        ("bottle", 1.66, 38.7),
    ],
)
def test_what_lies_on_the_middle(name: str, a_in_middle: float, a_at_end: float) -> None:
    assert held(name).worst_skin_cem43 == pytest.approx(a_in_middle, rel=0.05, abs=0.01)
    apart = held(name, a_in_middle=False)
    assert apart.worst_skin_cem43 == pytest.approx(a_at_end, rel=0.05)
    assert apart.skin_cem43 < 0.2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hot_spot_1.5", 2.03),
        ("hot_spot_2", 21.0),
        ("edge_and_fold", 0.10),
        ("cold_towel", 0.08),
        ("supply_24v", 0.14),
        ("sweat", 0.18),
        ("fever", 0.27),
        ("room_10", 0.04),
        ("room_38", 0.14),
    ],
)
def test_what_befalls_a_pad_wherever_the_sensors_are(name: str, expected: float) -> None:
    for a_in_middle in (True, False):
        plant = held(name, a_in_middle=a_in_middle)
        assert plant.worst_skin_cem43 == pytest.approx(expected, rel=0.05, abs=0.01)


def test_what_39_degrees_make_of_a_fold_that_nothing_feels() -> None:
    assert held("fold_away", 39.0).worst_skin_cem43 == pytest.approx(4.31, rel=0.05)
    assert held("fold_away", 42.0).worst_skin_cem43 == pytest.approx(49.1, rel=0.05)


# --- places ---------------------------------------------------------------------------------


def test_each_part_that_lies_otherwise_is_kept() -> None:
    plant = befall("chair_back").board.plant
    plant.set_apart(DOUBLED, at_b=True)
    [pressed, doubled] = plant.elsewhere
    plant.step(600.0, 1.0, 0.0)
    assert (plant.sensor_a_c, plant.sensor_b_c) == (pressed.sensor_a_c, doubled.sensor_b_c)
    assert plant.worst_skin_c == max(plant.skin_c, pressed.skin_c, doubled.skin_c) > plant.skin_c
    assert plant.worst_basal_cem43 == max(pressed.basal_cem43, doubled.basal_cem43)


def test_a_part_keeps_what_is_its_own() -> None:
    plant = Plant()
    plant.set_apart(Place(blood=0.5, density=1.5, contact_m2k_w=0.02))
    plant.change(pad=Pad(density_w_cm2=0.08, back_m2k_w=0.3), perfusion=0.8)
    [part] = plant.elsewhere
    assert part.pad == Pad(density_w_cm2=1.5 * 0.08, contact_m2k_w=0.02, back_m2k_w=0.3)
    assert part.perfusion == pytest.approx(0.4)


def test_a_part_like_the_rest_is_warm_like_the_rest() -> None:
    plant = Plant()
    plant.set_apart(Place(), at_a=True, at_switch=True)
    plant.ambient_c, plant.grip_b = 30.0, 0.7
    plant.step(600.0, 1.0, 0.0)
    [part] = plant.elsewhere
    assert (part.skin_c, part.skin_cem43) == (plant.skin_c, plant.skin_cem43)
    assert plant.switch_in is part


def test_what_lies_on_a_pad_comes_to_its_temperature() -> None:
    plant = Plant()
    plant.lay_on(Laid(start_c=60.0, m2k_w=0.05, capacity_j_m2k=5_000.0))
    plant.step(60.0, 0.0, 0.0)
    assert 45.0 < plant.laid_c < 59.0
    plant.step(4 * 3600.0, 0.0, 0.0)
    assert 23.0 < plant.laid_c < plant.element_c < 34.0


def test_rooms_and_a_fever_are_there_before() -> None:
    for name, ambient_c in (("room_10", 10.0), ("room_38", 38.0), ("fever", 23.0)):
        bare = Bare()
        plant = bare.board.plant
        plant.step(300.0, 1.0, 0.0)
        HAZARDS[name].befall(bare)
        fresh = Plant(ambient_c=ambient_c)
        assert (plant.time_s, plant.skin_cem43) == (pytest.approx(300.0), 0.0)
        # Three degrees more in the core are not quite two of the skin in a room of 23 °C.
        warmer_c = 1.8 if name == "fever" else 0.0
        assert plant.skin_c - fresh.skin_c == pytest.approx(warmer_c, abs=0.1)


# --- wires ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bad", "of", "low", "high"),
    [
        ("conn_open@1", 1, 10, 4000, FULL_SCALE),
        ("conn_open@2.5", 1, 25, 4000, FULL_SCALE),
        ("conn_bridged@1", 2, 10, 365, 380),  # 1 kΩ under 10 kΩ
    ],
)
def test_a_loose_connector(name: str, bad: int, of: int, low: int, high: int) -> None:
    channel = befall(name).board.channel_a
    samples = [0] * SAMPLES
    wrong = 0
    for _ in range(10 * of):
        channel.sample(40.0, samples)
        if not 1300 < min(samples) <= max(samples) < 1550:
            wrong += 1
            assert low < min(samples) <= max(samples) <= high
    assert wrong == 10 * bad


@pytest.mark.parametrize(
    ("name", "shift_c"),
    [
        ("ground_low_1.5", -1.5),
        ("ground_low_3", -3.0),
        ("ground_high_1.5", 1.5),
        ("ground_high_3", 3.0),
    ],
)
def test_ground_is_off_while_heat_flows(name: str, shift_c: float) -> None:
    ours = VirtualBoard(Plant(), MemoryStore())
    theirs = RivalBoard(Plant())
    for board in (ours, theirs):
        HAZARDS[name].befall(Bare(board))  # type: ignore[arg-type]
    samples = ([0] * 3, [0] * 3)
    for heat in (False, True):
        ours.write(heat, heat, False)
        theirs.heat_path[0].drive(heat)
        ours.advance()
        theirs.advance()
        ours.sample(*samples)
        expected = shift_c if heat else 0.0
        assert theirs.reading_c() - theirs.plant.sensor_a_c == pytest.approx(expected, abs=0.1)
        for burst, bead_c in zip(
            samples, (ours.plant.sensor_a_c, ours.plant.sensor_b_c), strict=True
        ):
            code = B3950.code(bead_c + expected) + 1.0
            assert burst[SUM] / SAMPLES == pytest.approx(code, abs=3.0)


def test_hum_beats_once_in_ten_seconds() -> None:
    board = befall("hum").board
    for channel in (board.channel_a, board.channel_b):
        read = [reading_c(channel, 40.0) for _ in range(100)]
        assert min(read) == pytest.approx(37.0, abs=0.15)
        assert max(read) == pytest.approx(43.0, abs=0.15)
        assert sum(each > 40.0 for each in read[:50]) > 45
        assert sum(each < 40.0 for each in read[50:]) > 45


def test_spikes_are_six_of_sixteen() -> None:
    samples = [0] * SAMPLES
    befall("spikes").board.channel_a.sample(40.0, samples)
    assert sorted(samples)[10:] == [FULL_SCALE] * 6
    assert max(sorted(samples)[:10]) < 1500


def test_sweat_reads_high() -> None:
    board = befall("sweat").board
    # 5301 Ω at 40 °C (facts.md 5d) beside 100 kΩ is 5034 Ω: 41.3 °C.
    assert reading_c(board.channel_a, 40.0) == pytest.approx(41.3, abs=0.15)
    assert reading_c(board.channel_b, 40.0) == pytest.approx(41.3, abs=0.15)
    assert board.plant.pad.contact_m2k_w == 0.005


def test_a_channel_without_a_leak_is_as_it_was() -> None:
    plain, odd = Channel(1), Channel(1)
    odd.leak(math.inf)
    assert reading_c(plain, 40.0) == reading_c(odd, 40.0)


# --- contacts and supply --------------------------------------------------------------------


def test_an_arcing_relay_conducts_half_the_time_while_open() -> None:
    board = befall("flicker_weld").board
    relay = board.relay
    assert board.settled == 1
    assert [relay.elapse(100) for _ in range(4)] == [0.5] * 4
    assert relay.moving()
    relay.drive(True)
    relay.elapse(100)
    assert relay.elapse(100) == 1.0
    assert not relay.moving()


def test_sense_never_stands_while_a_relay_arcs() -> None:
    board = VirtualBoard(Plant(), MemoryStore())
    HAZARDS["flicker_weld"].befall(Bare(board))  # type: ignore[arg-type]
    seen = []
    for _ in range(20):
        board.write(True, False, False)
        board.advance()
        seen.append(board.sense())
    assert seen[1:] == [SENSE_BROKEN] * 19


@pytest.mark.parametrize(
    ("name", "after_ms"), [("slow_release_200", 200), ("slow_release_500", 500)]
)
def test_a_slow_relay_lets_go_in_time(name: str, after_ms: int) -> None:
    relay: Relay = befall(name).board.relay
    relay.drive(True)
    relay.elapse(100)
    relay.drive(False)
    closed = [relay.elapse(50) for _ in range(20)]
    assert sum(closed) * 50 == after_ms


def test_24_volts_are_four_times_the_power() -> None:
    plant = befall("supply_24v").board.plant
    assert plant.pad.density_w_cm2 == pytest.approx(4 * 0.05)


def test_a_brown_out_starts_the_controller_again() -> None:
    assert befall("brown_out").restarted
    link = Link()
    link.start(HEAT)
    device = link.device
    device.run_until(lambda: device.board.energised, 60.0)
    before = device.loop
    HAZARDS["brown_out"].befall(device)
    assert device.loop is not before
    link.wait(10.0)
    assert not device.in_session and not device.board.energised
    entries = link.call("journal")["result"]["entries"]
    assert [entry["outcome"] for entry in entries if entry["kind"] == "session"] == ["power_lost"]
