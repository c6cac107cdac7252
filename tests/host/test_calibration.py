"""The two-point check: the arithmetic at its bounds, and the command against a device of lies."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice.cli import attend, main
from poultice.device import calibration
from poultice.device.calibration import Point, Steadiness
from poultice.errors import PoulticeError, RefusedError
from poultice_core import config as configuration
from poultice_core.thermistor import B3435, B3950, temp_mc
from tests.host.fakes import Error, FakeDevice

LOW, HIGH = 25_000, 40_000


def points(*, low: tuple[int, ...], high: tuple[int, ...]) -> tuple[Point, Point]:
    """Two points whose readings are in error by so many m°C (what would have to be added)."""
    return (
        Point(LOW, tuple(LOW - one for one in low), 0),
        Point(HIGH, tuple(HIGH - one for one in high), 0),
    )


@pytest.mark.parametrize("offset_mc", [-300, 0, 1_999, 2_000])
def test_an_offset_within_its_bounds(offset_mc: int) -> None:
    assert calibration.offset_mc(*points(low=(offset_mc,), high=(offset_mc,))) == offset_mc


@pytest.mark.parametrize("offset_mc", [-301, 2_001])
def test_an_offset_beyond_its_bounds_is_refused(offset_mc: int) -> None:
    with pytest.raises(RefusedError, match=r"allowed is -0.3 °C to \+2.0 °C"):
        calibration.offset_mc(*points(low=(offset_mc,), high=(offset_mc,)))


def test_the_bounds_are_those_of_the_device() -> None:
    bounds = configuration._BOUNDS["offset_mc"]
    assert bounds == (calibration.OFFSET_MIN_MC, calibration.OFFSET_MAX_MC)


@pytest.mark.parametrize("apart_mc", [500, -500])
def test_points_that_agree_within_half_a_degree(apart_mc: int) -> None:
    low, high = points(low=(700 - apart_mc,), high=(700,))
    assert calibration.offset_mc(low, high) == 700


@pytest.mark.parametrize("apart_mc", [501, -501])
def test_points_that_do_not_are_refused(apart_mc: int) -> None:
    low, high = points(low=(700 - apart_mc,), high=(700,))
    with pytest.raises(RefusedError, match=r"0\.5 °C is allowed") as caught:
        calibration.offset_mc(low, high)
    assert "two_point=false" in str(caught.value.hint)


def test_no_sensor_reads_low_where_heat_is_judged() -> None:
    low, high = points(low=(300, 500), high=(200, 600))
    assert calibration.offset_mc(low, high) == 600


@pytest.mark.parametrize(("apart_mc", "fits"), [(500, True), (501, False)])
def test_one_offset_has_to_do_for_both_sensors(apart_mc: int, fits: bool) -> None:
    low, high = points(low=(600 - apart_mc, 600), high=(600 - apart_mc, 600))
    if fits:
        assert calibration.offset_mc(low, high) == 600
    else:
        with pytest.raises(RefusedError, match=r"sensors A and B are 0\.5 °C apart"):
            calibration.offset_mc(low, high)


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


@pytest.mark.parametrize(("last_ms", "steady"), [(19_999, False), (20_000, True)])
def test_twenty_seconds_of_the_device(last_ms: int, steady: bool) -> None:
    window = Steadiness()
    assert fed(window, [25_000] * 20) is None
    assert (window.feed(last_ms, (25_000,)) is not None) == steady


@pytest.mark.parametrize(("spread_mc", "steady"), [(100, True), (101, False)])
def test_a_tenth_of_a_degree(spread_mc: int, steady: bool) -> None:
    readings = [25_000, 25_000 + spread_mc] * 11
    assert (fed(Steadiness(), readings) is not None) == steady


def test_what_came_before_the_twenty_seconds_is_forgotten() -> None:
    assert fed(Steadiness(), [30_000] * 5 + [25_000] * 20) is None
    assert fed(Steadiness(), [30_000] * 5 + [25_000] * 21) == (25_000,)


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


@dataclass
class Bath(FakeDevice):
    """A device whose beads hang in `baths_mc`, one after the other, each for 60 s; with
    `error_mc` in each reading, and a person who holds the button `holds_after_s` after being
    asked to (None: never)."""

    baths_mc: tuple[int, ...] = (LOW, HIGH)
    error_mc: tuple[int, int] = (-800, -700)
    holds_after_s: float | None = 5.0
    config: dict[str, Any] = field(
        default_factory=lambda: dict(configuration.default(), density_mw_cm2=50)
    )
    waits: dict[str, Any] | None = None
    asked_s: float = 0.0
    sent: list[dict[str, Any]] = field(default_factory=list)

    def status(self) -> dict[str, Any]:
        now = super().status()
        water = self.baths_mc[min(int(self.clock_s // 60), len(self.baths_mc) - 1)]
        now["temp_mc"] = water + self.error_mc[0] + self.config["offset_mc"]
        now["temp_b_mc"] = water + self.error_mc[1] + self.config["offset_mc"]
        return now

    def _answer(self, method: str, params: Any) -> Any:
        if method in self.override:
            return self.override[method](params)
        if method == "get_config":
            return {**self.config, **({"pending": True} if self.waits is not None else {})}
        if method == "set_config":
            if self.state != "idle":
                return Error(1, "wrong_state", {"state": self.state, "states": ["idle"]})
            self.sent.append(params)
            self.waits = {**(self.waits or self.config), **params}
            self.asked_s = self.clock_s
            return {**self.waits, "pending": True}
        if method == "drop_config":
            if self.state != "idle":
                return Error(1, "wrong_state", {"state": self.state, "states": ["idle"]})
            self.waits = None
            return dict(self.config)
        return super()._answer(method, params)

    def _tick(self) -> None:
        super()._tick()
        after_s = self.holds_after_s
        if (
            self.waits is not None
            and after_s is not None
            and self.clock_s >= self.asked_s + after_s
        ):
            self.config, self.waits = self.waits, None


pytestmark = pytest.mark.usefixtures("own_record")


BOTH = ("--reference-low", "25", "--reference-high", "40")


def test_both_points_and_the_hold(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath())
    assert main(["calibrate", *BOTH, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "poultice.calibrate/1"
    assert (told["offset_mc"], told["in_force"]) == (800, True)
    assert told["points"][0]["errors_mc"] == [800, 700]
    assert device.config["offset_mc"] == 800
    assert device.config["two_point"] is True
    assert device.config["density_mw_cm2"] == 50
    assert device.sent == [{"offset_mc": 800, "two_point": True}]


def test_an_offset_in_force_is_replaced_not_added(plug_in: Callable[[Bath], Bath]) -> None:
    device = plug_in(Bath())
    device.config["offset_mc"] = 500
    assert main(["calibrate", *BOTH]) == 0
    assert device.config["offset_mc"] == 800


def test_without_sensor_b_it_is_left_out(plug_in: Callable[[Bath], Bath]) -> None:
    device = plug_in(Bath(error_mc=(-300, -9_000)))
    device.config["sensor_b"] = False
    assert main(["calibrate", *BOTH]) == 0
    assert device.config["offset_mc"] == 300


def test_a_dry_run_asks_nothing_of_the_device(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath())
    assert main(["calibrate", *BOTH, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["offset_mc"], told["in_force"]) == (800, False)
    assert device.sent == []


@pytest.mark.parametrize(
    ("device", "code", "says"),
    [
        (Bath(error_mc=(-2_100, -2_100)), 6, "an offset of +2.1 °C would be needed"),
        (Bath(error_mc=(310, 320)), 6, "an offset of -0.3 °C would be needed"),
        (Bath(error_mc=(-3_000, -3_000)), 6, "no offset that is allowed"),
        (Bath(baths_mc=(LOW, HIGH - 2_100)), 6, "B3435"),
        (Bath(baths_mc=(22_000,), error_mc=(-3_000, -3_000)), 6, "far from the thermometer"),
        (Bath(state="running"), 6, "not possible while the device is running"),
        (Bath(state="armed"), 6, "not possible while the device is armed"),
        (Bath(state="fault", fault="sensor_open"), 7, "sensor_open"),
        (Bath(waits={**configuration.default(), "cooler": True}, holds_after_s=None), 6, "waits"),
        (Bath(lost_at_s=10), 8, "gone"),
        (Bath(silent_at_s=10), 8, "silent"),
        (Bath(protocol=2), 5, "version"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused_changes_nothing(
    device: Bath,
    code: int,
    says: str,
    plug_in: Callable[[Bath], Bath],
    capsys: pytest.CaptureFixture[str],
) -> None:
    plug_in(device)
    before = dict(device.config)
    assert main(["calibrate", *BOTH]) == code
    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""
    assert device.config == before
    assert all(not one for one in device.sent)


def test_a_sensor_without_a_temperature_is_told_at_once(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath())
    device.override["status"] = lambda _: {**Bath.status(device), "temp_b_mc": None}
    assert main(["calibrate", *BOTH]) == 6
    assert "sensor B gives no temperature" in capsys.readouterr().err
    assert device.clock_s < 5


def test_a_reading_that_never_stands_still_is_given_up(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath(error_mc=(0, 0)))
    calm = Bath.status
    device.status = lambda: {  # type: ignore[method-assign]
        **calm(device),
        "temp_mc": LOW + 150 * (int(device.clock_s) % 2),
    }
    assert main(["calibrate", *BOTH]) == 8
    assert "no steady reading within 10 min" in capsys.readouterr().err


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
    option: str, value: str, plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath())
    assert main(["calibrate", *BOTH, option, value]) == 2
    assert option in capsys.readouterr().err
    assert device.sent == []


@pytest.mark.parametrize(("high", "code"), [("38.4", 0), ("38.5", 2)])
def test_without_sense_the_warm_water_stays_below_what_looks_like_a_weld(
    high: str, code: int, plug_in: Callable[[Bath], Bath]
) -> None:
    device = plug_in(Bath(baths_mc=(LOW, 38_400)))
    device.config["sense"] = False
    assert main(["calibrate", "--reference-low", "25", "--reference-high", high]) == code


@pytest.mark.parametrize("given", [(), BOTH[:2], BOTH[2:]], ids=" ".join)
def test_nobody_at_a_terminal_is_not_waited_for(
    given: tuple[str, ...], plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath())
    assert main(["calibrate", *given]) == 6
    assert "both --reference-low and --reference-high" in capsys.readouterr().err
    assert device.asked == []


def test_the_person_is_asked_until_the_water_is_right(
    plug_in: Callable[[Bath], Bath],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    device = plug_in(Bath())
    monkeypatch.setattr(attend, "at_terminal", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("tepid\n21\n25\nnan\n40\n"))
    assert main(["calibrate", "--json"]) == 0
    told = capsys.readouterr()
    assert "Make it 23 to 27 °C" in told.err
    assert device.config["offset_mc"] == 800


def test_leaving_at_a_question_changes_nothing(
    plug_in: Callable[[Bath], Bath], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = plug_in(Bath())
    monkeypatch.setattr(attend, "at_terminal", lambda: True)
    assert main(["calibrate"]) == 130
    assert device.sent == []


@pytest.mark.parametrize("at_s", [30.0, 65.0])
def test_ctrl_c_while_it_waits_for_a_reading(
    at_s: float, plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath())
    press_once(device, at_s)
    before = signal.getsignal(signal.SIGINT)
    assert main(["calibrate", *BOTH]) == 130
    assert "as it was" in capsys.readouterr().err
    assert device.sent == []
    assert signal.getsignal(signal.SIGINT) is before


def press_once(device: Bath, at_s: float) -> None:
    """Ctrl-C, the first time the device is asked for something after `at_s`."""
    pressed: list[float] = []

    def ping(_: Any) -> dict[str, int]:
        if device.clock_s >= at_s and not pressed:
            pressed.append(device.clock_s)
            os.kill(os.getpid(), signal.SIGINT)
        return {"uptime_ms": 0}

    device.override["ping"] = ping


def test_ctrl_c_while_it_waits_for_the_hold_leaves_what_was_in_force(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath(holds_after_s=None))
    before = dict(device.config)
    pressed: list[int] = []

    def configured(_: Any) -> dict[str, Any]:
        if device.waits is not None and not pressed:
            pressed.append(1)
            os.kill(os.getpid(), signal.SIGINT)
        return {**device.config, **({"pending": True} if device.waits is not None else {})}

    device.override["get_config"] = configured
    assert main(["calibrate", *BOTH]) == 130
    assert "the one from before" in capsys.readouterr().err
    assert device.config == before
    assert (device.waits, device.config) == (None, before)


def test_what_waits_and_equals_what_is_in_force_is_no_hindrance(
    plug_in: Callable[[Bath], Bath],
) -> None:
    device = plug_in(Bath(holds_after_s=None))
    device.waits = dict(device.config)
    assert main(["calibrate", *BOTH, "--dry-run"]) == 0
    assert device.sent == [{}]
    assert device.config == device.waits


def test_a_hold_that_never_comes_leaves_what_was_in_force(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath(holds_after_s=None))
    before = dict(device.config)
    assert main(["calibrate", *BOTH]) == 8
    assert "nobody held the device's button within 2 min" in capsys.readouterr().err
    assert (device.waits, device.config) == (None, before)


def test_a_device_lost_while_it_waits_says_what_may_still_wait(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    plug_in(Bath(holds_after_s=None, lost_at_s=110))
    assert main(["calibrate", *BOTH]) == 8
    assert "config drop" in capsys.readouterr().err


def test_another_configuration_in_force_is_not_taken_for_ours(
    plug_in: Callable[[Bath], Bath], capsys: pytest.CaptureFixture[str]
) -> None:
    device = plug_in(Bath(holds_after_s=None))

    def adopt(_: Any) -> dict[str, Any]:
        if device.waits is not None:
            device.config = {**device.config, "cooler": True}
        return dict(device.config)

    device.override["get_config"] = adopt
    assert main(["calibrate", *BOTH]) == 6
    assert "another configuration came into force" in capsys.readouterr().err


def test_end_to_end_in_simulation(capsys: pytest.CaptureFixture[str]) -> None:
    device = "sim:?speed=max&two_point=0&bath=25,40&offset=-0.8"
    assert main(["calibrate", *BOTH, "-d", device, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    # The simulated converter's own offset of one code is 0.03 °C to 0.06 °C.
    assert told["offset_mc"] == pytest.approx(850, abs=60)
    assert told["in_force"] is True


def test_without_sense_a_warmer_bath_would_indeed_trip() -> None:
    from poultice.device.discovery import open_transport
    from poultice.link.client import Client

    device = "sim:?speed=max&sense=0&bath=25,40"
    with Client(open_transport(device)) as client:
        client.settle()
        with pytest.raises(PoulticeError, match="heat_welded"):
            calibration.steady(client, 2, HIGH)
    with Client(open_transport(device.replace("40", "38.4"))) as client:
        client.settle()
        assert calibration.steady(client, 2, 38_400)
