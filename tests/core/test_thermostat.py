"""The thermostat by itself: when it asks, for how long, and what it never does."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from poultice_core.limits import Limits
from poultice_core.thermostat import Thermostat

LIMITS = Limits()
TARGET_MC = 40_500
CAP_MC = 400
TICK_MS = 100

_deltas_mc = st.integers(-600, 600)
_traces = st.lists(
    st.tuples(
        st.integers(1, 400),
        st.one_of(_deltas_mc, st.just(0)),
        st.sampled_from([0, 0, 0, 0, 1, 2]),
        st.sampled_from([100, 100, 100, 80, 130, 299, 1500]),
    ),
    min_size=1,
    max_size=25,
)


class Drive:
    """A guard that grants all that is asked; counts what the relay would do."""

    def __init__(self, temp_mc: int, target_mc: int = TARGET_MC) -> None:
        self.thermostat = Thermostat(LIMITS)
        self.thermostat.begin(target_mc, temp_mc)
        self.on = False
        self.now_ms = 0
        self.closed_ms: list[int] = []
        self.opened_ms: list[int] = []

    def tick(
        self, temp_mc: int, inhibited: bool = False, dt_ms: int = TICK_MS, permitted: bool = True
    ) -> bool:
        heating = self.on
        self.now_ms += dt_ms
        asked = self.thermostat.ask(temp_mc, heating, inhibited, dt_ms)
        self.on = asked and permitted and not inhibited
        if self.on and not heating:
            self.closed_ms.append(self.now_ms)
        if heating and not self.on:
            self.opened_ms.append(self.now_ms)
        return asked

    def ticks(self, temp_mc: int, count: int) -> int:
        """How many of them asked."""
        return sum(self.tick(temp_mc) for _ in range(count))

    def until_on(self, temp_mc: int = TARGET_MC - 10_000) -> None:
        end_ms = self.now_ms + 60_000
        while not self.tick(temp_mc):
            assert self.now_ms < end_ms
        self.tick(temp_mc)


def test_asks_within_half_a_second_of_a_cold_start() -> None:
    drive = Drive(30_000)
    drive.ticks(30_000, 5)
    assert drive.on


def test_goes_on_asking_where_the_pad_is_too_weak() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    assert drive.ticks(30_000, 18_000) == 18_000


def test_a_first_pulse_waits_for_half_a_degree_below_the_target() -> None:
    drive = Drive(TARGET_MC)
    assert drive.ticks(TARGET_MC - 500, 3_000) == 0
    assert drive.ticks(TARGET_MC - 501, 10) > 0


def test_opens_in_the_tick_that_reaches_the_target() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    drive.ticks(30_000, 100)
    assert drive.tick(TARGET_MC - 1)
    assert not drive.tick(TARGET_MC)


def test_opens_before_the_target_on_a_rising_reading() -> None:
    drive = Drive(30_000)
    temp_mc = 30_000
    drive.until_on(temp_mc)
    while drive.tick(temp_mc):
        temp_mc += 30
    # 300 m°C a second on the first lead of ten seconds.
    assert TARGET_MC - 3_300 < temp_mc < TARGET_MC - 2_700


def test_a_pulse_lasts_the_dwell_even_if_the_reading_leaps() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    drive.ticks(TARGET_MC + 1_000, 50)
    assert drive.opened_ms[0] - drive.closed_ms[0] == LIMITS.dwell_min_ms


def test_an_inhibit_ends_the_pulse_at_once_and_costs_the_cycle() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    assert not drive.tick(30_000, inhibited=True)
    drive.ticks(29_000, 400)
    assert drive.closed_ms[1] - drive.closed_ms[0] >= LIMITS.closing_min_ms


def test_asks_nothing_while_inhibited_and_again_afterwards() -> None:
    drive = Drive(30_000)
    drive.ticks(30_000, 3)
    for _ in range(500):
        assert not drive.tick(30_000, inhibited=True)
    assert drive.tick(30_000)


def test_a_refused_closing_is_asked_for_again_and_not_counted_as_heat() -> None:
    drive = Drive(30_000)
    for _ in range(300):
        drive.tick(30_000, permitted=False)
    drive.until_on(30_000)
    drive.ticks(TARGET_MC + 1_000, 50)
    assert drive.opened_ms[0] - drive.closed_ms[0] == LIMITS.dwell_min_ms
    drive.ticks(29_000, 400)
    assert drive.closed_ms[1] - drive.closed_ms[0] >= LIMITS.closing_min_ms


def test_a_phase_knows_nothing_of_the_one_before() -> None:
    used, new = Drive(30_000), Drive(35_000, 39_000)
    temp_mc = 30_000
    for _ in range(3_000):
        temp_mc += 25 if used.tick(temp_mc) else -8
    used.thermostat.begin(39_000, 35_000)
    assert vars(used.thermostat) == vars(new.thermostat)


def test_a_late_tick_is_no_slope() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    drive.ticks(30_000, 50)
    # Ten degrees in one late tick would be a rise of 5 °C/s and end the pulse.
    assert drive.tick(40_000, dt_ms=1_400)
    assert drive.ticks(40_000, 20) == 20


def test_a_gap_lasts_the_dwell_where_the_pad_is_barely_strong_enough() -> None:
    drive = Drive(40_000)
    drive.until_on(39_900)
    temp_mc = 40_000
    for _ in range(9_000):
        temp_mc += 2 if drive.on else -30
        drive.tick(temp_mc)
    gaps = [start - end for end, start in zip(drive.opened_ms, drive.closed_ms[1:], strict=False)]
    assert min(gaps) >= LIMITS.dwell_min_ms
    assert len(gaps) > 5


def test_where_the_shortest_pulse_overshoots_the_next_begins_lower() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    drive.ticks(30_000, 300)
    drive.ticks(TARGET_MC - 110, 300)
    drive.until_on(TARGET_MC - 130)
    drive.ticks(TARGET_MC + 1_000, 60)
    # It rose by 1.1 °C, 0.7 more than the cap: that much below the target the next may begin.
    assert drive.ticks(TARGET_MC - 700, 400) == 0
    assert drive.ticks(TARGET_MC - 750, 10) > 0


def test_a_peak_over_the_cap_lowers_the_next_one() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    drive.ticks(30_000, 30)
    drive.ticks(TARGET_MC, 60)
    for _ in range(2):
        drive.until_on(TARGET_MC - 500)
        drive.ticks(TARGET_MC - 500, 30)
        drive.ticks(TARGET_MC + CAP_MC - 5, 30)  # a leap: the slope of 0.4 °C/s ends the pulse
        drive.ticks(TARGET_MC + CAP_MC + 400, 60)
    drive.until_on(TARGET_MC - 500)
    drive.ticks(TARGET_MC - 500, 50)
    # Two peaks 0.4 °C over the cap after the first: a quarter of each.
    assert drive.ticks(TARGET_MC + CAP_MC - 205, 3) == 3
    assert drive.ticks(TARGET_MC + CAP_MC - 195, 1) == 0


def test_what_came_after_an_opening_is_reckoned_with_before_the_next() -> None:
    drive = Drive(30_000)
    for temp_mc in (30_000, 34_500):
        drive.until_on(temp_mc)
        while drive.tick(temp_mc):
            temp_mc += 30
        for more_mc in range(0, 2_001, 50):
            drive.tick(temp_mc + more_mc)
        drive.ticks(temp_mc + 2_000, 10)
    # It rose by 2 °C more: at the same slope the second is opened that much below the cap.
    assert abs(TARGET_MC + CAP_MC - 2_000 - temp_mc) <= 60


def test_what_the_reading_fell_after_a_closing_makes_the_next_earlier() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    drive.ticks(30_000, 300)
    drive.ticks(TARGET_MC, 20)
    # The first sag is 0.35 °C: 0.12 below the target is early enough for a trough of 0.47.
    assert drive.ticks(TARGET_MC - 110, 400) == 0
    drive.until_on(TARGET_MC - 130)
    drive.ticks(TARGET_MC - 180, 250)
    for temp_mc in range(TARGET_MC - 180, TARGET_MC + 500, 3):
        drive.tick(temp_mc)
    # It fell by no more than 0.05: (0.35 + 0.05) / 2 is expected of the next.
    assert drive.ticks(TARGET_MC - 260, 400) == 0
    assert drive.ticks(TARGET_MC - 280, 10) > 0


def test_a_pulse_that_the_guard_ended_teaches_nothing() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    temp_mc = 30_000
    for _ in range(200):
        temp_mc += 30
        drive.tick(temp_mc)
    drive.tick(temp_mc, inhibited=True)
    drive.ticks(temp_mc + 50, 40)
    drive.ticks(temp_mc - 200, 40)
    drive.until_on(temp_mc)
    drive.ticks(temp_mc, 30)
    for _ in range(400):
        temp_mc += 30
        if not drive.tick(temp_mc):
            break
    # Still on the first lead of ten seconds.
    assert TARGET_MC + CAP_MC - 3_300 < temp_mc < TARGET_MC + CAP_MC - 2_700


LOW_MC, PATIENCE_MS = 1_000, 60_000


class Patience:
    """How long the reading has been low, nothing was inhibited, and no heat was asked for."""

    def __init__(self, drive: Drive) -> None:
        self.drive = drive
        self.low_ms = 0

    def tick(self, temp_mc: int, inhibited: bool, dt_ms: int, permitted: bool) -> None:
        asked = self.drive.tick(temp_mc, inhibited, dt_ms, permitted)
        low = temp_mc <= TARGET_MC - LOW_MC and not inhibited
        self.low_ms = self.low_ms + dt_ms if low and not asked else 0
        assert self.low_ms < PATIENCE_MS


def test_a_first_pulse_of_minimum_length_then_a_steady_38_5_asks_again() -> None:
    drive = Drive(30_000)
    drive.until_on(30_000)
    drive.ticks(45_000, 30)
    assert drive.opened_ms[0] - drive.closed_ms[0] == LIMITS.dwell_min_ms
    assert drive.ticks(38_500, 600) > 0


def test_a_short_pulse_that_was_too_much_delays_the_next_no_longer() -> None:
    """A long climb, then the shortest pulse: its share of a cycle is no reason to wait 84 s."""
    drive = Drive(30_000)
    for temp_mc in (30_000, 39_000, 39_000):
        drive.until_on(temp_mc)
        drive.ticks(TARGET_MC + 2_000, 100)
    drive.until_on(38_000)
    drive.ticks(TARGET_MC + 2_000, 50)
    assert drive.ticks(38_500, 600) > 0


def test_a_slow_rise_by_itself_does_not_hold_heat_back() -> None:
    """Each gap's coasting waits for a peak, but not for ever; nor does the lead before a pulse."""
    patience = Patience(Drive(10_000))
    temp_mc = 10_000
    for tick in range(9_000):
        temp_mc += max(0, TARGET_MC - LOW_MC - temp_mc) // 100
        patience.tick(temp_mc, tick < 5, TICK_MS, tick % 50 > 40)
    assert temp_mc > TARGET_MC - 1_200


_segments = st.lists(
    st.tuples(
        st.sampled_from([1, 10, 25, 60, 200, 650]),  # ticks
        st.integers(-12_000, 3_000),  # where it goes, against the target
        st.sampled_from(["leap", "ramp", "lag"]),
        st.sampled_from([0, 0, 0, 0, 1, 2]),
        st.sampled_from([100, 100, 100, 80, 130, 1500]),
    ),
    min_size=1,
    max_size=12,
)


@given(st.integers(-30_000, 2_000), _segments)
def test_a_low_reading_is_asked_for_within_60_s_whatever_went_before(
    start_mc: int, segments: list[tuple[int, int, str, int, int]]
) -> None:
    temp_mc = TARGET_MC + start_mc
    patience = Patience(Drive(temp_mc))
    for count, goal_mc, way, guard_says, dt_ms in [*segments, (620, -LOW_MC, "leap", 0, 100)]:
        goal_mc += TARGET_MC
        for left in range(count, 0, -1):
            temp_mc += (goal_mc - temp_mc) // {"leap": 1, "ramp": left, "lag": 100}[way]
            patience.tick(temp_mc, guard_says == 1, dt_ms, guard_says != 2)


def test_noise_does_not_chatter() -> None:
    drive = Drive(TARGET_MC - 1_000)
    drive.until_on(TARGET_MC - 1_000)
    temp_mc = TARGET_MC - 1_000
    for tick in range(6_000):
        temp_mc += 8 if drive.on else -8
        drive.tick(temp_mc + (tick * 7919) % 81 - 40)
    assert len(drive.closed_ms) > 5
    gaps = [second - first for first, second in pairwise(drive.closed_ms)]
    assert all(gap >= LIMITS.closing_min_ms for gap in gaps)


@given(st.integers(5_000, 45_000), st.integers(30_000, 42_000), _traces)
def test_dwell_cap_and_integers_on_any_trace(
    start_mc: int, target_mc: int, trace: list[tuple[int, int, int, int]]
) -> None:
    drive = Drive(start_mc, target_mc)
    state = vars(drive.thermostat)
    names = set(state)
    temp_mc = start_mc
    on_ms = 0
    inhibited_at: set[int] = set()
    for count, step_mc, guard_says, dt_ms in trace:
        for _ in range(count):
            temp_mc = min(80_000, max(-10_000, temp_mc + step_mc))
            on_ms = on_ms + dt_ms if drive.on else 0
            was_on = drive.on
            asked = drive.tick(temp_mc, guard_says == 1, dt_ms, guard_says != 2)
            if was_on and not drive.on and guard_says:
                inhibited_at.add(drive.now_ms)
            if guard_says == 1:
                assert not asked
            if asked and on_ms >= LIMITS.dwell_min_ms:
                assert temp_mc < target_mc + CAP_MC
            if asked and not was_on and drive.on:
                assert temp_mc < target_mc + 600
        for value in state.values():
            for number in value if isinstance(value, list) else [value]:
                assert isinstance(number, int)
                assert -(1 << 30) < number < 1 << 30
    assert set(state) == names
    closed, opened = drive.closed_ms, drive.opened_ms
    for first, second in pairwise(closed):
        assert second - first >= LIMITS.closing_min_ms
    for start, end in zip(closed, opened, strict=False):
        assert end - start >= LIMITS.dwell_min_ms or end in inhibited_at
    for end, start in zip(opened, closed[1:], strict=False):
        assert start - end >= LIMITS.dwell_min_ms
