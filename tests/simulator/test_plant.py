"""The plant's parts: start, sensors, cooler, cold pack, step length."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poultice.virtual.body import CELLS, CORE_C, ColdPack, Pad, steady_c
from poultice.virtual.plant import Plant, cem43_per_min


@given(
    ambient_c=st.floats(18, 35),
    perfusion=st.floats(0, 1.2),
    mass_j_m2k=st.floats(400, 2400),
    contact_m2k_w=st.floats(0.005, 0.03),
)
@settings(max_examples=25)
def test_a_session_starts_on_warm_skin(
    ambient_c: float, perfusion: float, mass_j_m2k: float, contact_m2k_w: float
) -> None:
    pad = Pad(mass_j_m2k=mass_j_m2k, contact_m2k_w=contact_m2k_w)
    plant = Plant(pad, ambient_c=ambient_c, perfusion=perfusion)
    assert 22.0 < plant.sensor_a_c < 37.0
    assert 24.0 < plant.skin_c < 37.0
    assert plant.time_s == 0.0
    assert plant.skin_cem43 == 0.0


def test_the_default_start_reads_as_skin_does() -> None:
    assert 30.0 < Plant().sensor_a_c < 33.0


def test_steady_means_that_nothing_moves() -> None:
    plant = Plant(Pad(contact_s=None))
    before = (plant.skin_c, plant.pad_c, plant.element_c, plant.basal_c)
    plant.step(600.0, False, False)
    after = (plant.skin_c, plant.pad_c, plant.element_c, plant.basal_c)
    assert after == pytest.approx(before, abs=0.01)


def test_without_a_way_out_the_body_is_at_core_temperature_or_above() -> None:
    assert all(CORE_C <= each < CORE_C + 2 for each in steady_c(1e9, 23.0, 1.0))
    assert len(steady_c(0.1, 23.0, 1.0)) == len(CELLS)


@pytest.mark.parametrize(
    ("temp_c", "per_min"), [(38.9, 0.0), (39.0, 4**-4), (42.0, 0.25), (43.0, 1.0), (45.0, 4.0)]
)
def test_cem43(temp_c: float, per_min: float) -> None:
    assert cem43_per_min(temp_c) == pytest.approx(per_min)


def test_dose_is_that_of_the_true_skin() -> None:
    plant = Plant(Pad(density_w_cm2=0.10))
    expected = 0.0
    for _ in range(3000):
        plant.step(0.1, True, False)
        expected += cem43_per_min(plant.skin_c) / 600
    assert plant.skin_cem43 == pytest.approx(expected, rel=1e-9)
    assert 0.0 < plant.basal_cem43 < plant.skin_cem43


def test_part_of_a_step_is_part_of_the_heat() -> None:
    half, full, none = Plant(), Plant(), Plant()
    half.step(0.1, 0.5, False)
    full.step(0.1, True, False)
    none.step(0.1, False, False)
    gain_c = full.element_c - none.element_c
    assert half.element_c - none.element_c == pytest.approx(gain_c / 2)
    assert gain_c == pytest.approx(0.05 * 1e4 * 0.1 / 1000)


def test_step_length_changes_little() -> None:
    coarse, fine = Plant(), Plant()
    coarse.step(300.0, True, False)
    for _ in range(15_000):
        fine.step(0.02, True, False)
    assert coarse.time_s == pytest.approx(fine.time_s)
    assert coarse.skin_c == pytest.approx(fine.skin_c, abs=0.05)
    assert coarse.sensor_a_c == pytest.approx(fine.sensor_a_c, abs=0.05)


def test_a_bead_lags_by_its_time_constant() -> None:
    plant = Plant(Pad(sensor_tau_s=10.0, contact_s=None))
    plant.offset_a_c = 5.0
    start_c = plant.sensor_a_c
    plant.step(10.0, False, False)
    assert plant.sensor_a_c - start_c == pytest.approx(5.0 * 0.632, abs=0.02)
    assert plant.sensor_b_c == pytest.approx(start_c, abs=0.01)


def test_a_bead_that_slid_off_reads_the_room_while_the_other_stays() -> None:
    plant = Plant()
    plant.step(600.0, True, False)
    plant.grip_a = 0.0
    plant.step(60.0, True, False)
    assert plant.sensor_a_c == pytest.approx(23.0, abs=0.1)
    assert plant.sensor_b_c > 38.0


def test_a_bead_in_a_fold_reads_hotter() -> None:
    plant = Plant()
    plant.fold_b = 1.0
    plant.step(600.0, True, False)
    assert plant.sensor_b_c > plant.sensor_a_c + 1.0


@pytest.mark.parametrize("ambient_c", [18, 23, 35])
@pytest.mark.parametrize("mass_j_m2k", [400, 2400])
def test_the_cooler_reaches_12_degrees_in_minutes_and_lets_go(
    mass_j_m2k: float, ambient_c: float
) -> None:
    plant = Plant(Pad(mass_j_m2k=mass_j_m2k), ambient_c=ambient_c)
    while plant.sensor_a_c > 12.0:
        plant.step(0.1, False, True)
        assert plant.time_s < 240
    assert plant.time_s > 30
    plant.step(120.0, False, False)
    assert plant.sensor_a_c > 16.0


@pytest.mark.parametrize("start_c", [-18, -10, -4, 2, 5])
def test_a_cold_pack_cools_and_thaws(start_c: float) -> None:
    plant = Plant(pack=ColdPack(start_c=start_c))
    plant.lay_pack()
    seen = []
    for _ in range(1200):
        plant.step(1.0, False, False)
        seen.append((plant.pack_c, plant.sensor_a_c, plant.skin_c))
    packs = [pack_c for pack_c, _, _ in seen]
    assert packs == sorted(packs)
    assert packs[0] == pytest.approx(start_c, abs=0.1)
    assert all(pack_c < bead_c for pack_c, bead_c, _ in seen)
    assert 9.0 < min(bead_c for _, bead_c, _ in seen) < 22.0
    plant.remove_pack()
    lowest_c = plant.sensor_a_c
    plant.step(240.0, False, False)
    assert plant.sensor_a_c > lowest_c + 3.0


def test_a_pack_moves_a_fast_bead_faster_than_any_heat() -> None:
    plant = Plant(Pad(sensor_tau_s=1.0), pack=ColdPack(start_c=-18, cloth_m2k_w=0.001))
    before_c = plant.sensor_a_c
    plant.lay_pack()
    plant.step(1.0, False, False)
    assert before_c - plant.sensor_a_c > 13.0


def test_latent_heat_holds_the_pack_at_its_melting_point() -> None:
    pack = ColdPack()
    assert pack.temperature_c(pack.start_j_m2()) == pack.start_c
    assert pack.temperature_c(pack.latent_j_m2 / 2) == pack.melt_c
    assert ColdPack(start_c=5).temperature_c(ColdPack(start_c=5).start_j_m2()) == pytest.approx(5)
