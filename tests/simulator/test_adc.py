"""Thermistor and converter, judged through the device's own conversion."""

from __future__ import annotations

import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.virtual import adc
from poultice.virtual.adc import Channel, raw_error_lsb
from poultice.virtual.thermistors import B3435, B3950, CURVES, Curve
from poultice_core import thermistor
from poultice_core.limits import Limits
from poultice_core.thermistor import temp_mc


def burst(channel: Channel, temp_c: float) -> list[int]:
    codes = [0] * 16
    channel.sample(temp_c, codes)
    return codes


def reading_c(codes: list[int]) -> float:
    return temp_mc(thermistor.B3950, sum(sorted(codes)[4:12])) / 1000


@pytest.mark.parametrize("fitted", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("table", CURVES)
def test_a_bead_is_read_right_by_its_own_table_only(fitted: Curve, table: str) -> None:
    channel = Channel(1, offset_lsb=0.0)
    channel.fit(fitted)
    bursts = [burst(channel, 45.0) for _ in range(32)]
    readings = [temp_mc(getattr(thermistor, table), sum(sorted(one)[4:12])) for one in bursts]
    error_mc = abs(statistics.mean(readings) - 45_000)
    assert error_mc < 50 if fitted is CURVES[table] else error_mc > 250


def test_what_befalls_a_wrong_part_befalls_its_own_curve() -> None:
    channel = Channel(1, offset_lsb=0.0)
    channel.fit(B3435)
    channel.drift(0.0)
    assert reading_c(burst(channel, 42.0)) == pytest.approx(39.7, abs=0.15)


@given(temp_c=st.floats(5, 50), seed=st.integers(0, 5))
@pytest.mark.requirement("SR-07")
def test_a_reading_is_within_a_fifth_of_a_degree(temp_c: float, seed: int) -> None:
    assert reading_c(burst(Channel(seed), temp_c)) == pytest.approx(temp_c, abs=0.2)


def test_noise_is_at_least_one_code_and_centred() -> None:
    channel = Channel(3, offset_lsb=0.0)
    codes = [code for _ in range(640) for code in burst(channel, 40.0)]
    assert statistics.pstdev(codes) >= 1.0
    assert statistics.mean(codes) == pytest.approx(B3950.code(40.0), abs=0.15)


def test_two_channels_do_not_make_the_same_noise() -> None:
    a, b = Channel(1), Channel(1, row=13)
    assert [burst(a, 40.0) for _ in range(20)] != [burst(b, 40.0) for _ in range(20)]


def test_the_same_seed_gives_the_same_codes() -> None:
    assert [burst(Channel(4), 40.0 + i) for i in range(9)] == [
        burst(Channel(4), 40.0 + i) for i in range(9)
    ]


def test_open_and_short_are_out_of_range() -> None:
    limits = Limits()
    channel = Channel(1)
    channel.fail(adc.OPEN)
    assert min(burst(channel, 40.0)) > limits.code_max
    channel.fail(adc.SHORT)
    assert max(burst(channel, 40.0)) < limits.code_min
    assert min(burst(channel, 40.0)) >= 0


def test_frozen_codes_stop_changing() -> None:
    channel = Channel(1)
    last = burst(channel, 40.0)
    assert burst(channel, 40.0) != last or burst(channel, 40.0) != last
    channel.fail(adc.FROZEN)
    last = burst(channel, 30.0)
    assert all(burst(channel, temp_c) == last for temp_c in (20.0, 40.0, 60.0))


def test_noisy_jumps_by_degrees_and_reads_cold() -> None:
    channel = Channel(1)
    channel.fail(adc.NOISY)
    readings = [reading_c(burst(channel, 40.0)) for _ in range(200)]
    assert statistics.pstdev(readings) > 1.5
    assert max(readings) < 40.3


def test_drift_is_slow_and_low() -> None:
    channel = Channel(1)
    channel.drift(-0.5 / 600)
    readings = [reading_c(burst(channel, 40.0)) for _ in range(6000)]
    assert readings[-1] == pytest.approx(35.0, abs=0.2)
    assert max(abs(b - a) for a, b in itertools.pairwise(readings)) < 0.2


def test_raw_codes_step_at_the_four_spikes() -> None:
    for spike in (512, 1536, 2560, 3584):
        assert raw_error_lsb(spike - 1) - raw_error_lsb(spike) > 4
    assert raw_error_lsb(1535) - raw_error_lsb(1536) == pytest.approx(9, abs=0.1)
    assert raw_error_lsb(1000) == pytest.approx(6)
    assert raw_error_lsb(0) == 15
    assert raw_error_lsb(4095) == pytest.approx(-14.5, abs=0.1)


def test_uncorrected_codes_read_low_when_hot() -> None:
    raw, ideal = Channel(1, offset_lsb=0, raw=True), Channel(1, offset_lsb=0)
    error_c = statistics.mean(
        reading_c(burst(raw, 42.5)) - reading_c(burst(ideal, 42.5)) for _ in range(64)
    )
    assert error_c == pytest.approx(-0.17, abs=0.03)


@given(temp_c=st.floats(-60, 300), raw=st.booleans())
def test_codes_are_always_twelve_bits(temp_c: float, raw: bool) -> None:
    assert all(0 <= code <= 4095 for code in burst(Channel(2, raw=raw), temp_c))
