"""The two-point check: the arithmetic at its bounds, and the command against a device of lies."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.device import calibration
from poultice.device.calibration import Point, Steadiness
from poultice.device.discovery import open_transport
from poultice.errors import PoulticeError, RefusedError
from poultice.link.client import Client
from poultice_core import config as configuration
from poultice_core.thermistor import B3435, B3950, temp_mc
from tests.host.conftest import Say
from tests.host.faulty import Faulty, but

LOW, HIGH = 25_000, 40_000


def points(*, low: tuple[int, ...], high: tuple[int, ...]) -> tuple[Point, Point]:
    """Two points whose readings are in error by so many m°C (what would have to be added)."""
    return (
        Point(LOW, tuple(LOW - one for one in low), 0),
        Point(HIGH, tuple(HIGH - one for one in high), 0),
    )


NOT_ONE = "sensors A and B are 0.5 °C apart"
NOT_BOTH = "0.5 °C is allowed"
OUTSIDE = "allowed is -0.3 °C to +2.0 °C"


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        *[((mc,), (mc,), mc) for mc in (-300, 0, 1_999, 2_000)],
        *[((mc,), (mc,), OUTSIDE) for mc in (-301, 2_001)],
        *[((700 - mc,), (700,), 700) for mc in (500, -500)],
        *[((700 - mc,), (700,), NOT_BOTH) for mc in (501, -501)],
        # No sensor reads low where heat is judged.
        ((300, 500), (200, 600), 600),
        ((100, 600), (100, 600), 600),
        ((99, 600), (99, 600), NOT_ONE),
    ],
)
def test_an_offset_within_its_bounds_or_why_there_is_none(
    low: tuple[int, ...], high: tuple[int, ...], found: int | str
) -> None:
    both = points(low=low, high=high)
    if isinstance(found, int):
        assert calibration.offset_mc(*both) == found
        return
    with pytest.raises(RefusedError, match=re.escape(found)) as caught:
        calibration.offset_mc(*both)
    assert found != NOT_BOTH or "two_point=false" in str(caught.value.hint)


def test_the_bounds_are_those_of_the_device() -> None:
    bounds = configuration._BOUNDS["offset_mc"]
    assert bounds == (calibration.OFFSET_MIN_MC, calibration.OFFSET_MAX_MC)


def test_the_offset_in_force_is_taken_off_the_readings_first() -> None:
    low, high = Point(LOW, (24_500,), 700), Point(HIGH, (39_500,), 700)
    assert low.errors_mc == high.errors_mc == (1_200,)
    assert calibration.offset_mc(low, high) == 1_200


@given(
    offset_mc=st.integers(-300, 2_000),
    errors=st.lists(st.integers(-250, 250), min_size=2, max_size=4).filter(lambda e: len(e) != 3),
)
def test_every_offset_that_is_given_is_within_its_bounds_and_leaves_half_a_degree(
    offset_mc: int, errors: list[int]
) -> None:
    half = len(errors) // 2
    low, high = points(
        low=tuple(offset_mc + one for one in errors[:half]),
        high=tuple(offset_mc + one for one in errors[half:]),
    )
    try:
        given_mc = calibration.offset_mc(low, high)
    except RefusedError:
        assert not -300 <= max(high.errors_mc) <= 2_000
        return
    assert -300 <= given_mc <= 2_000
    assert all(abs(one - given_mc) <= 500 for one in (*low.errors_mc, *high.errors_mc))
    assert all(one <= given_mc for one in high.errors_mc)


@pytest.mark.parametrize(("error_mc", "fits"), [(-800, 1), (-801, 0), (2_500, 1), (2_501, 0)])
def test_the_first_bath_already_tells_what_no_offset_mends(error_mc: int, fits: bool) -> None:
    point, _ = points(low=(error_mc,), high=(0,))
    if fits:
        calibration.check_low(point)
    else:
        with pytest.raises(RefusedError, match="no offset that is allowed"):
            calibration.check_low(point)


def reads(part: bytes, table: bytes, true_mc: int) -> int:
    return true_mc - calibration._error_mc(part, table, true_mc)


def test_a_part_read_by_its_own_table_has_no_error() -> None:
    for true_mc in range(23_000, 42_001, 500):
        assert abs(reads(B3950, B3950, true_mc) - true_mc) <= 10
    # facts.md: a B3435 part read as a B3950 one reads 2.3 °C low at 42 °C.
    assert reads(B3435, B3950, 42_000) == pytest.approx(39_700, abs=60)


@pytest.mark.parametrize("low_mc", [23_000, 25_000, 27_000])
@pytest.mark.parametrize("high_mc", [38_000, 42_000])
def test_a_wrong_part_is_named(low_mc: int, high_mc: int) -> None:
    low = Point(low_mc, (reads(B3435, B3950, low_mc),), 0)
    high = Point(high_mc, (reads(B3435, B3950, high_mc),), 0)
    with pytest.raises(RefusedError) as caught:
        calibration.offset_mc(low, high)
    assert "a 10 kΩ B3435 part read by the table for B3950" in str(caught.value.hint)


def test_what_no_part_does_is_not_put_on_a_part() -> None:
    with pytest.raises(RefusedError) as caught:
        calibration.offset_mc(*points(low=(0,), high=(1_200,)))
    assert "beside the beads both times" in str(caught.value.hint)
    assert temp_mc(B3950, 2_047 * 8) == pytest.approx(25_000, abs=60)


# Steady.


def fed(window: Steadiness, readings: list[int], start_ms: int = 0) -> tuple[int, ...] | None:
    told = None
    for index, one in enumerate(readings):
        told = window.feed(start_ms + index * 1_000, (one,))
    return told


@pytest.mark.parametrize(
    ("readings", "last_ms", "steady"),
    [
        ([25_000] * 20, 19_999, None),
        ([25_000] * 20, 20_000, 25_000),
        ([25_000, 25_100] * 10, 20_000, 25_050),
        ([25_000, 25_101] * 10, 20_000, None),
        # What came before the twenty seconds is forgotten.
        ([30_000] * 5 + [25_000] * 19, 24_000, None),
        ([30_000] * 5 + [25_000] * 20, 25_000, 25_000),
    ],
)
def test_a_tenth_of_a_degree_for_twenty_seconds_of_the_device(
    readings: list[int], last_ms: int, steady: int | None
) -> None:
    window = Steadiness()
    assert fed(window, readings) is None
    told = window.feed(last_ms, (25_000,))
    assert (told is None) == (steady is None)
    assert told is None or told[0] == pytest.approx(steady, abs=60)


@pytest.mark.parametrize("breaks", [None, "restart", "gap"])
def test_a_gap_a_restart_and_a_reading_that_is_missing_begin_anew(breaks: str | None) -> None:
    window = Steadiness()
    assert fed(window, [25_000] * 20) is None
    if breaks is None:
        assert window.feed(20_000, (None,)) is None
        assert window.feed(21_000, (25_000,)) is None
    else:
        assert window.feed(0 if breaks == "restart" else 24_001, (25_000,)) is None


def test_each_of_two_sensors_has_to_stand_still() -> None:
    window = Steadiness()
    told = [window.feed(ms, (25_000, 25_000 + ms // 100)) for ms in range(0, 30_000, 1_000)]
    assert set(told) == {None}


# The command.


ABSENT = "&user=absent"
BOTH = "calibrate --reference-low 25 --reference-high 40"
PlugIn = Callable[[Faulty], Faulty]


def bathed(*baths_c: float, off_c: tuple[float, float] = (-0.8, -0.7), options: str = "") -> Faulty:
    """A new device whose beads hang in one bath after the other, two minutes each, and read so
    much off."""
    baths = ",".join(str(one) for one in baths_c or (25, 40))
    device = Faulty(f"?two_point=0&fold_safe=0&bath={baths}{options}")
    device.device.plant.offset_a_c, device.device.plant.offset_b_c = off_c
    return device


def near(offset_mc: int) -> Any:
    # The simulated converter's own offset of one code is up to 0.06 °C.
    return pytest.approx(offset_mc + 20, abs=60)


@pytest.fixture
def device(plug_in: PlugIn) -> Faulty:
    return plug_in(bathed())


def test_both_points_and_the_hold(device: Faulty, say: Say) -> None:
    before = device.config()
    told = say(f"{BOTH} --json").json
    assert told["schema"] == "poultice.calibrate/1"
    assert (told["offset_mc"], told["in_force"]) == (near(800), True)
    assert told["points"][0]["errors_mc"] == [near(800), near(700)]
    changed = {"offset_mc": told["offset_mc"], "two_point": True}
    assert [one for one in device.sent["set_config"] if one] == [changed]
    assert device.config() == {**before, **changed}


@pytest.mark.parametrize(
    ("off_c", "options", "in_force_mc", "offset_mc"),
    [((-0.8, -0.7), "", 500, 800), ((-0.3, -9.0), "&sensor_b=0", 0, 300)],
    ids=["replaced and not added", "without sensor B"],
)
def test_the_offset_that_comes_into_force(
    off_c: tuple[float, float], options: str, in_force_mc: int, offset_mc: int,
    plug_in: PlugIn, say: Say,
) -> None:  # fmt: skip
    device = bathed(25, 25, 40, off_c=off_c, options=options)
    if in_force_mc:
        device.client().set_config({"offset_mc": in_force_mc})
        device.passes(60)
    plug_in(device)
    assert say(f"{BOTH} --json").json["before"]["offset_mc"] == in_force_mc
    assert device.config()["offset_mc"] == near(offset_mc)


def test_a_dry_run_asks_nothing_of_the_device(device: Faulty, say: Say) -> None:
    told = say(f"{BOTH} --dry-run --json").json
    assert (told["offset_mc"], told["in_force"]) == (near(800), False)
    assert "set_config" not in device.asked


def armed() -> Faulty:
    device = bathed(options=ABSENT)
    plan = {"name": "x", "phases": [{"mode": "rest", "duration_s": 60}]}
    device.client().arm(plan)
    return device


def waits(**members: Any) -> Faulty:
    device = bathed(options=ABSENT)
    device.client().set_config(members)
    return device


def showing(make: Callable[[Faulty], dict[str, Any]]) -> Faulty:
    device = bathed(off_c=(0, 0))
    device.shows = lambda now: {**now, **make(device)}
    return device


@pytest.mark.parametrize(
    ("made", "code", "says"),
    [
        (lambda: bathed(off_c=(-2.3, -2.3)), 6, "an offset of +2."),
        (lambda: bathed(off_c=(0.45, 0.45)), 6, "an offset of -0.4 °C would be needed"),
        (lambda: bathed(off_c=(-3, -3)), 6, "no offset that is allowed"),
        (lambda: bathed(25, 37.9), 6, "B3435"),
        (lambda: bathed(22, off_c=(-3, -3)), 6, "far from the thermometer"),
        (lambda: bathed(off_c=(0, 0)).running(), 6, "not possible while the device is running"),
        (armed, 6, "not possible while the device is armed"),
        (lambda: bathed(options="&fault=estop@boot"), 7, "emergency_stop"),
        (lambda: waits(cooler=False), 6, "waits"),
        (lambda: showing(lambda one: {"temp_b_mc": None}), 6, "sensor B gives no temperature"),
        (lambda: showing(lambda one: {"temp_mc": LOW + 150 * (int(one.clock_s) % 2)}), 8,
         "no steady reading within 10 min"),
        ("lost", 8, "gone"),
        ("silent", 8, "silent"),
        ("protocol", 5, "version"),
    ],
)  # fmt: skip
def test_what_is_refused_changes_nothing(
    made: Any, code: int, says: str, plug_in: PlugIn, say: Say
) -> None:
    device = plug_in(made() if callable(made) else bathed())
    if made == "protocol":
        device.answers["hello"] = but(protocol=2)
    elif made in ("lost", "silent"):
        setattr(device, f"{made}_at_s", 10.0)
    before = device.config()
    told = say(BOTH, code)
    assert says in told.err and told.out == ""
    assert device.config() == before
    assert all(one in ({}, {"cooler": False}) for one in device.sent["set_config"])
    assert "gives no" not in says or device.clock_s < 5


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--reference-low", "22.999"),
        ("--reference-low", "27.001"),
        ("--reference-low", "nan"),
        ("--reference-high", "37.9"),
        ("--reference-high", "42.1"),
        ("--reference-high", "inf"),
        ("--reference-high", "warm"),
    ],
)
def test_a_reference_elsewhere_is_a_usage_error(
    option: str, value: str, device: Faulty, say: Say
) -> None:
    assert option in say(f"{BOTH} {option} {value}", 2).err
    assert "set_config" not in device.asked


@pytest.mark.parametrize(("high", "code"), [("38.4", 0), ("38.5", 2)])
def test_without_sense_the_warm_water_stays_below_what_looks_like_a_weld(
    high: str, code: int, plug_in: PlugIn, say: Say
) -> None:
    plug_in(bathed(25, 38.4, options="&sense=0"))
    say(f"calibrate --reference-low 25 --reference-high {high}", code)


@pytest.mark.parametrize("given", ["", " --reference-low 25", " --reference-high 40"])
def test_nobody_at_a_terminal_is_not_waited_for(given: str, device: Faulty, say: Say) -> None:
    assert "both --reference-low and --reference-high" in say(f"calibrate{given}", 6).err
    assert device.asked == []


def test_the_person_is_asked_until_the_water_is_right(
    device: Faulty, say: Say, typed: Callable[[str], None]
) -> None:
    typed("tepid\n21\n25\nnan\n40\n")
    assert "Make it 23 to 27 °C" in say("calibrate --json").err
    assert device.config()["offset_mc"] == near(800)


def test_leaving_at_a_question_changes_nothing(
    device: Faulty, say: Say, typed: Callable[[str], None]
) -> None:
    typed("")
    say("calibrate", 130)
    assert "set_config" not in device.asked


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("at_s", [10.0, 125.0])
def test_ctrl_c_while_it_waits_for_a_reading(at_s: float, device: Faulty, say: Say) -> None:
    device.at(at_s, ctrl_c)
    before = signal.getsignal(signal.SIGINT)
    assert "as it was" in say(BOTH, 130).err
    assert "set_config" not in device.asked
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("befalls", "code", "says"),
    [
        ("ctrl-c", 130, "the one from before"),
        ("nobody", 8, "nobody held the device's button within 2 min"),
        ("another", 6, "another configuration came into force"),
        ("lost", 8, "config drop"),
    ],
)
def test_a_hold_that_never_comes_leaves_what_was_in_force(
    befalls: str, code: int, says: str, plug_in: PlugIn, say: Say
) -> None:
    device = plug_in(bathed(options=ABSENT))
    before = device.config()

    def configured(params: Any, ask: Callable[[], Any]) -> Any:
        told = ask()
        if "pending" in told and befalls == "ctrl-c":
            device.answers.pop("get_config")
            ctrl_c()
        if "pending" in told and befalls == "lost":
            device.lost_at_s = device.clock_s
        return {**before, "cooler": False} if befalls == "another" and "pending" in told else told

    device.answers["get_config"] = configured
    assert says in say(BOTH, code).err
    if befalls in ("ctrl-c", "nobody"):
        assert device.config() == before


def test_what_waits_and_equals_what_is_in_force_is_no_hindrance(plug_in: PlugIn, say: Say) -> None:
    device = plug_in(waits(offset_mc=0))
    say(f"{BOTH} --dry-run")
    assert device.sent["set_config"][1:] == [{}]


def test_without_sense_a_warmer_bath_would_indeed_trip() -> None:
    device = "sim:?speed=max&sense=0&bath=25,40"
    with Client(open_transport(device)) as client:
        client.settle()
        with pytest.raises(PoulticeError, match="heat_welded"):
            calibration.steady(client, 2, HIGH)
    with Client(open_transport(device.replace("40", "38.4"))) as client:
        client.settle()
        assert calibration.steady(client, 2, 38_400)
