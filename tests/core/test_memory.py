"""The one writer of flash: what it follows, when it writes, and what a store that fails costs.
SR-05, SR-06, SR-15, SR-18, SR-19, SR-20, SR-23."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poultice_core import config, faults, states, writer
from poultice_core.ledger import COLD_S, DOSE_M, HEAT_S
from poultice_core.limits import Limits
from poultice_core.relays import MASTER
from poultice_core.writer import Writer
from tests.core.memory_rig import Bench, Flash, PowerCut

L = Limits()
JOURNAL_LOST, RESET = 1 << faults.JOURNAL_LOST, 1 << faults.WATCHDOG_RESET
LONG_AGO = 1_600_000_000


def refuse(*names: str) -> Callable[[str], bool]:
    return lambda name: name in names


def _session(**planned: Any) -> Bench:
    """In a session whose intent is on flash."""
    bench = Bench()
    bench.begin(**planned)
    bench.steps(2)
    return bench


def _cold(laid_mc: int | None = None, ticks: int = 0) -> Bench:
    """In a session with a pack, laid and seen for so many ticks."""
    bench = _session(cold_s=600)
    if laid_mc is not None:
        bench.lay(laid_mc)
        bench.steps(ticks)
    return bench


def _writes(bench: Bench, ticks: int, dt_ms: int = 100) -> list[str]:
    """What so many ticks write, by name and in order."""
    bench.store.writes.clear()
    bench.steps(ticks, dt_ms)
    return list(bench.store.writes)


def _kinds(bench: Bench) -> list[str]:
    return [entry["kind"] for entry in bench.entries()]


# --- a session ------------------------------------------------------------------------------


@pytest.mark.requirement("SR-05", "SR-06")
@pytest.mark.parametrize(("sensitive", "dose_m"), [(False, 9_000), (True, 2_000)])
@pytest.mark.parametrize("cold_s", [0, 60])
@pytest.mark.parametrize("clock", [False, True])
def test_nothing_may_be_energised_before_the_intent_is_on_flash(
    sensitive: bool, dose_m: int, cold_s: int, clock: bool
) -> None:
    """And the intent has the most that the session may give."""
    bench = Bench()
    if clock:
        bench.memory.set_clock(LONG_AGO)
    assert not bench.step().written  # no session, nothing to be energised
    bench.begin(heat_s=600, cold_s=cold_s, sensitive=sensitive)
    # The tick of the begin itself: the guard is told so before it begins.
    assert not bench.step().written
    assert bench.memory.session_n == 1
    assert bench.head()["intent"] == {
        "session": 1, "plan": "p", "heat_s": 600, "cold_s": cold_s, "dose_max_m": dose_m,
        "by_hand": cold_s > 0, "unix_s": bench.memory.unix_s(),
    }  # fmt: skip
    assert (bench.memory.unix_s() is not None) == clock
    assert bench.memory.settled
    assert bench.step().written
    bench.end()
    bench.step()
    assert bench.memory.session_n is None
    assert not bench.step().written


@pytest.mark.requirement("SR-05", "SR-06")
def test_an_intent_that_cannot_be_written_stays_due_and_is_told() -> None:
    bench = Bench()
    bench.store.refuses = refuse("journal")
    bench.begin(heat_s=600)
    bench.step()
    assert not bench.memory.settled
    tick = bench.tick
    bench.memory.brief(tick)
    assert (tick.written, tick.writes, tick.lost) == (False, False, JOURNAL_LOST)
    bench.latch(faults.JOURNAL_LOST)
    bench.store.refuses = refuse()
    bench.steps(3)
    # What never ran is no interrupted session.
    again = bench.again()
    assert again.memory.ledger.sessions() == 0
    assert again.memory.fault == faults.JOURNAL_LOST
    assert _kinds(again) == ["fault", "session"]


def test_a_plan_of_rest_alone_writes_no_intent() -> None:
    bench = Bench()
    bench.begin(name="rest")
    bench.steps(30)
    assert (bench.memory.session_n, bench.tick.written, bench.memory.settled) == (1, True, True)
    bench.end(states.COMPLETE)
    bench.step()
    assert bench.memory.settled
    bench.steps(98)
    assert bench.store.writes == []
    assert _writes(bench, 1) == ["journal"]
    assert bench.entries()[-1]["outcome"] == "complete"


def test_the_closing_entry_says_what_was_given() -> None:
    bench = Bench()
    bench.memory.set_clock(LONG_AGO)
    bench.step()
    bench.begin(heat_s=600, cold_s=60, name="a-plan")
    bench.steps(2)
    guard = bench.guard
    guard.clocks.heat_ms, guard.clocks.cold_ms = 600_100, 60_000
    bench.tally.warnings = states.DOSE | states.INHIBITED
    guard.heat_operations, bench.dose_m = 33, 4_567
    bench.peak_mc, bench.min_mc = 41_200, 11_800
    bench.end(states.COMPLETE)
    bench.step()
    told = {
        "n": 1, "kind": "session", "session": 1, "plan": "a-plan", "outcome": "complete",
        "reason": None, "heat_s": 600, "cold_s": 60, "dose_m": 4_567, "peak_mc": 41_200,
        "min_mc": 11_800, "heat_operations": 33, "warnings": ["dose", "inhibited"],
        "t_ms": bench.uptime_ms, "unix_s": bench.memory.unix_s(),
    }  # fmt: skip
    assert list(bench.entries()[-1].items()) == list(told.items())
    assert (bench.memory.operations, bench.memory.sessions) == (33, 1)
    assert bench.head()["intent"] is None
    assert bench.again().memory.operations == 33


@pytest.mark.parametrize(
    ("heat_ms", "heat_s"), [(0, 0), (100, 0), (101, 1), (1_100, 1), (1_101, 2), (60_000, 60)]
)
def test_a_phase_of_whole_seconds_is_told_in_whole_seconds(heat_ms: int, heat_s: int) -> None:
    bench = Bench()
    bench.begin(heat_s=60)
    bench.guard.clocks.heat_ms = heat_ms
    bench.end()
    bench.step()
    assert bench.entries()[-1]["heat_s"] == heat_s


@pytest.mark.parametrize(("reason", "name"), list(enumerate(states.REASONS)))
def test_the_reason_of_a_stop_is_told(reason: int, name: str | None) -> None:
    bench = _session(heat_s=60)
    bench.end(states.STOPPED, reason)
    bench.step()
    entry = bench.entries()[-1]
    assert (entry["outcome"], entry["reason"]) == ("stopped", name)
    assert (entry["peak_mc"], entry["min_mc"], entry["warnings"]) == (None, None, [])


def test_sessions_are_numbered_across_restarts() -> None:
    bench = Bench()
    for number in range(1, 4):
        bench.session(heat_s=70)
        assert bench.entries()[-1]["session"] == number
        bench = bench.again()
        assert bench.memory.session_n is None


def test_a_session_without_a_plan_or_that_was_never_seen_to_begin_is_entered_too() -> None:
    bench = Bench()
    bench.begin(heat_s=60)
    bench.plan = None
    for _ in range(2):
        bench.step()
        bench.end()
    bench.steps(2)
    assert (bench.entries()[-1]["plan"], bench.entries()[-1]["session"]) == ("", 0)


# --- sessions that gave nothing -----------------------------------------------------------------


def _nothing(bench: Bench, heat_s: int = 0, ticks: int = 1) -> None:
    """A session in which nothing was energised."""
    bench.begin(heat_s=heat_s)
    bench.steps(ticks)
    bench.end()
    bench.step()


def test_a_session_that_was_never_energised_writes_at_most_once() -> None:
    # Regression: an hour of arm, start, stop made 8,445 flash writes.
    bench = Bench()
    for _ in range(50):
        _nothing(bench, 600, 3)
        assert bench.memory.settled
    assert bench.store.writes == ["journal"] * 50
    assert _writes(bench, 200) == ["journal"]
    (entry,) = bench.entries()
    assert (entry["session"], entry["outcome"]) == (50, "stopped")
    assert bench.again().entries() == [entry]


def test_it_never_pushes_a_fault_or_a_treated_session_out() -> None:
    # Regression: a plan of rest alone flushed the ring in 41 s, real faults with it.
    bench = Bench()
    bench.session(heat_s=70)
    bench.latch(faults.LOOP_LATE)
    bench.step()
    bench.clear()
    bench.steps(4)
    bench.store.writes.clear()
    for _ in range(500):
        _nothing(bench)
    assert bench.store.writes == []
    assert _writes(bench, 101) == ["journal"]
    kinds = [(entry["kind"], entry.get("session")) for entry in bench.again().entries()]
    assert kinds == [("session", 1), ("fault", None), ("session", 501)]


def test_its_entry_goes_with_the_next_write_whatever_that_is() -> None:
    bench = Bench()
    _nothing(bench)
    bench.begin(heat_s=60)
    bench.step()
    assert bench.store.writes == ["journal"]
    told = [(entry["session"], entry["outcome"]) for entry in bench.again().entries()]
    assert told == [(1, "stopped"), (2, "power_lost")]


def test_its_ten_seconds_do_not_run_in_a_session() -> None:
    bench = Bench()
    _nothing(bench, ticks=0)
    bench.steps(49)
    bench.begin()
    assert _writes(bench, 200) == []


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.requirement("SR-20")
def test_a_fault_entry_says_what_was_read_and_asked() -> None:
    bench = _session(heat_s=600)
    bench.guard.clocks.heat_ms = 5_000
    bench.ask.mode, bench.ask.target_mc, bench.ask.heat = states.HEAT, 40_000, True
    bench.guard.reading.hot_mc = 45_500
    bench.latch(faults.ABSOLUTE_TEMPERATURE)
    bench.step()
    fault, session = bench.entries()
    told = {
        "n": 1, "kind": "fault", "fault": "absolute_temperature", "state": "running",
        "temp_mc": 45_500,
        "asked": {"mode": "heat", "target_mc": 40_000, "heat": True, "cool": False},
        "t_ms": bench.uptime_ms, "unix_s": None,
    }  # fmt: skip
    assert list(fault.items()) == list(told.items())
    assert (session["n"], session["outcome"]) == (2, "fault")
    assert session["reason"] == "absolute_temperature"


@pytest.mark.parametrize(
    ("mode", "asked"),
    [(states.NO_MODE, None), (states.REST, "rest"), (-1, None), (4, None), (99, None)],
)
def test_a_session_that_asks_for_nonsense_is_told_as_that(mode: int, asked: str | None) -> None:
    bench = Bench()
    bench.ask.mode, bench.ask.target_mc = mode, 40_000
    bench.guard.reading.readable = False
    bench.latch(faults.OVERRUN)
    bench.step()
    entry = bench.entries()[-1]
    assert (entry["asked"]["mode"], entry["temp_mc"]) == (asked, None)
    assert entry["asked"]["target_mc"] == (40_000 if asked else None)


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("reset_cause", ["power_on", "reboot", "watchdog"])
def test_a_latched_fault_and_its_clearing_survive_power_loss(reset_cause: str) -> None:
    bench = Bench()
    bench.latch(faults.SENSOR_OPEN)
    bench.step()
    assert bench.memory.settled
    again = bench.again(reset_cause, settle=False)
    assert again.memory.fault == faults.SENSOR_OPEN
    assert again.memory.lost == (RESET if reset_cause == "watchdog" else 0)
    again.steps(8)
    assert [e["fault"] for e in again.entries() if e["kind"] == "fault"] == ["sensor_open"]
    again.clear()
    again.step()
    assert again.memory.settled
    assert again.again().memory.fault == faults.NONE


@pytest.mark.requirement("SR-20")
@pytest.mark.parametrize("then", [faults.LOOP_LATE, faults.OVERRUN])
def test_a_fault_that_returns_in_the_tick_of_its_clearing_is_a_new_one(then: int) -> None:
    # Regression: no event, no entry, and after a power cut the device was idle.
    bench = Bench()
    bench.latch(faults.LOOP_LATE)
    bench.step()
    bench.clear()
    bench.latch(then)
    bench.step()
    assert bench.memory.settled
    assert bench.memory.fault != faults.NONE
    assert len(bench.entries()) == 2
    assert bench.again().memory.fault == bench.memory.fault


@pytest.mark.requirement("SR-19", "SR-20")
@pytest.mark.parametrize("failures", [0, 1, 2, 5])
def test_the_entry_of_an_exception_in_every_tick_is_due_until_it_is_written(failures: int) -> None:
    # Regression: the save failed once, and `internal` was forgotten at the next power-up.
    bench = Bench()
    count = itertools.count()
    bench.store.refuses = lambda name: next(count) < failures
    bench.board.broken = True
    bench.latch(faults.INTERNAL)
    for _ in range(61):
        bench.follow()  # nothing else runs any more
    assert bench.memory.settled
    again = bench.again()
    assert again.memory.fault == faults.INTERNAL
    assert [entry["fault"] for entry in again.entries()] == ["internal"]


@pytest.mark.requirement("SR-19", "SR-20")
def test_what_raises_while_a_session_is_closed_keeps_no_fault_from_being_written() -> None:
    bench = _session(heat_s=60)
    bench.guard.clocks.heat_ms = 1_000
    warnings = bench.tally.warnings
    del bench.tally.warnings  # a bug, as good as any
    bench.latch(faults.OVERRUN)
    for _ in range(3):
        with pytest.raises(AttributeError):
            bench.step()
    assert _kinds(bench) == ["fault"]
    assert bench.again(settle=False).memory.fault == faults.OVERRUN
    # What could not be entered is tried again: once it went, it is there once.
    bench.tally.warnings = warnings
    bench.steps(3)
    assert _kinds(bench.again()) == ["fault", "session"]
    assert bench.head()["intent"] is None


@pytest.mark.requirement("SR-14", "SR-24")
@pytest.mark.parametrize("fault", [faults.NONE, faults.OVERRUN])
def test_a_watchdog_restart_is_told_and_costs_the_budget_behind_a_latched_fault_too(
    fault: int,
) -> None:
    bench = Bench()
    bench.guard.budget.level_uj = 5_000_000
    bench.session(heat_s=70)
    if fault:
        bench.latch(fault)
        bench.steps(4)
    assert bench.again(settle=False).memory.budget_uj == 5_000_000
    again = bench.again("watchdog", settle=False)
    assert (again.memory.lost, again.memory.budget_uj) == (RESET, 0)
    assert [again.step().lost, again.step().lost] == [RESET, 0]
    third = again.again(settle=False)
    assert third.memory.fault == (fault or faults.WATCHDOG_RESET)
    assert third.memory.budget_uj == 0


@pytest.mark.requirement("SR-20")
def test_what_went_wrong_together_is_told_together() -> None:
    bench = Bench(Flash({"journal": b"?", "config": b"?"}), "watchdog", settle=False)
    together = JOURNAL_LOST | 1 << faults.CONFIG_LOST | RESET
    assert [bench.step().lost, bench.step().lost] == [together, 0]


# --- when it writes ---------------------------------------------------------------------------


def test_nothing_is_written_while_master_is_closed() -> None:
    bench = _session(heat_s=600)
    bench.guard.outputs = MASTER
    bench.guard.latch.count += 1
    bench.guard.latch.fault = faults.OVERRUN  # what a guard would drop MASTER for
    bench.memory.set_clock(LONG_AGO)
    bench.memory.propose(bench.memory.config)
    assert _writes(bench, 200) == []
    assert not bench.memory.settled
    bench.end()
    assert _writes(bench, 8) == ["journal", "config", "mark"]
    assert bench.memory.settled


@pytest.mark.requirement("SR-18")
def test_a_tick_without_a_write_comes_before_what_can_wait() -> None:
    bench = Bench()
    for _ in range(8):
        bench.session(heat_s=1)
        bench.steps(8)
    bench.store.writes.clear()
    bench.begin(heat_s=1)
    bench.steps(2)
    bench.guard.clocks.heat_ms = 1_000
    bench.end()
    counts = []
    for _ in range(8):
        bench.step()
        counts.append(len(bench.store.writes))
    assert bench.store.writes == ["journal", "journal", "mark", "log0"]
    assert counts == [2, 2, 3, 3, 4, 4, 4, 4]
    assert bench.mark() == bench.head()["gen"]
    # The journal without them is written at leisure: else every start would move them again.
    assert bench.head()["tail"] == 9
    assert (_writes(bench, 100), bench.head()["tail"]) == (["journal"], 1)


@pytest.mark.requirement("SR-18")
def test_what_a_save_took_is_told_once() -> None:
    # The ring of 2^30 ms goes round meanwhile.
    bench = Bench()
    bench.store.takes_ms = 400
    bench.latch(faults.OVERRUN)
    # The journal, and two ticks on the mark.
    assert [bench.step().saved_ms for _ in range(4)] == [0, 400, 0, 400]
    bench.store.refuses = refuse("journal")
    bench.clear()
    bench.step()
    assert bench.step().saved_ms == 400  # a save that fails takes its time too
    bench.board.broken = True
    bench.store.refuses = refuse()
    bench.steps(12)
    bench.board.broken = False
    assert bench.step().saved_ms == 0


@pytest.mark.requirement("SR-18")
@pytest.mark.parametrize(("takes_ms", "saved_ms"), [(400, 800), (-50, 0)])
def test_what_saves_took_adds_up_and_a_clock_that_runs_backwards_took_no_time(
    takes_ms: int, saved_ms: int
) -> None:
    bench = Bench()
    bench.store.takes_ms = takes_ms
    for fault in (faults.OVERRUN, faults.NONE):
        bench.guard.latch.fault = fault
        bench.follow()
    assert bench.step().saved_ms == saved_ms


@pytest.mark.parametrize(
    ("does", "marked"),
    [
        (lambda b: b.session(heat_s=70), True),
        (lambda b: b.latch(faults.OVERRUN), True),
        (
            lambda b: (b.latch(faults.OVERRUN), b.steps(9), b.store.files.pop("mark"), b.clear()),
            True,
        ),
        (lambda b: b.lay(), True),
        (lambda b: b.begin(heat_s=70), False),
        (lambda b: (b.begin(), b.end()), False),
        (lambda b: b.memory.set_clock(LONG_AGO), False),
        (lambda b: b.memory.propose(b.memory.config), False),
        (lambda b: (b.memory.propose(b.memory.config), b.hold()), True),
    ],
)
def test_the_mark_follows_what_matters(does: Callable[[Bench], Any], marked: bool) -> None:
    bench = Bench()
    bench.store.files.pop("mark")
    does(bench)
    bench.steps(120)
    assert bench.mark() == (bench.head()["gen"] if marked else None)


def test_a_mark_that_is_due_outlasts_a_save_that_needs_none() -> None:
    bench = Bench()
    bench.latch(faults.OVERRUN)
    bench.step()
    bench.memory.set_clock(LONG_AGO)
    bench.steps(4)
    assert bench.store.writes == ["journal", "journal", "mark"]
    assert bench.mark() == bench.head()["gen"]


def test_the_totals_are_kept_by_the_limits_in_force() -> None:
    memory = Bench().memory
    assert memory.ledger.limits is memory.limits


def test_in_a_session_only_a_pack_is_marked() -> None:
    bench = Bench()
    bench.session(heat_s=70)
    assert bench.store.writes[-1] == "journal"
    bench.begin(cold_s=60)
    assert _writes(bench, 20) == ["journal"]
    bench.lay()
    assert _writes(bench, 20) == ["journal", "mark"]


# --- checkpoints ------------------------------------------------------------------------------


@pytest.mark.requirement("SR-05")
def test_powered_time_is_kept_while_it_counts_for_anything() -> None:
    bench = Bench()
    assert _writes(bench, 20, 60_000) == []
    bench.session(heat_s=70)
    bench.steps(4)
    bench.store.writes.clear()
    now_s = bench.memory.ledger.now_s
    while bench.store.writes == []:
        bench.step(1_000)
    assert 599 <= bench.memory.ledger.now_s - now_s <= 601
    assert bench.head()["ledger"][0] == bench.memory.ledger.now_s
    bench.steps(1, 90_000_000)
    assert _writes(bench, 20, 60_000) == []


@pytest.mark.requirement("SR-05")
def test_never_in_a_session() -> None:
    bench = Bench()
    bench.session(heat_s=70)
    bench.steps(4)
    bench.begin()
    assert _writes(bench, 40, 60_000) == []


@pytest.mark.requirement("SR-23")
def test_and_every_minute_while_a_pack_is_on() -> None:
    bench = _cold(12_000, 3)
    bench.end()
    bench.steps(4)
    assert _writes(bench, 130, 1_000) == ["journal"] * 2
    assert bench.again().memory.ledger.last_cold_s() >= 120


# --- the pack -----------------------------------------------------------------------------------


@pytest.mark.requirement("SR-23")
def test_the_pack_is_on_flash_when_it_comes_on_and_when_it_comes_off() -> None:
    bench = _cold()
    # Laid, off, laid again warmer, and found warmer still.
    for on, lowest_mc in ((True, 30_000), (False, 0), (True, 31_000), (True, 33_000)):
        bench.guard.pack.on, bench.guard.pack.lowest_mc = on, lowest_mc
        bench.step()
        assert bench.head()["pack_lowest_mc"] == (lowest_mc if on else None)
        assert bench.memory.settled or not on
        if not on:
            bench.steps(30)
            assert bench.store.writes[:3] == ["journal"] * 3


@pytest.mark.requirement("SR-23")
def test_its_lowest_is_on_flash_to_half_a_degree_and_ten_seconds() -> None:
    bench = _cold(30_000, 111)
    bench.guard.pack.lowest_mc = 29_501
    assert _writes(bench, 3) == []
    bench.guard.pack.lowest_mc = 29_500
    assert _writes(bench, 1) == ["journal"]
    assert bench.head()["pack_lowest_mc"] == 29_500
    for _ in range(99):
        bench.guard.pack.lowest_mc -= 100
        assert _writes(bench, 1) == []
    assert _writes(bench, 1) == ["journal"]
    assert bench.head()["pack_lowest_mc"] == bench.guard.pack.lowest_mc


@pytest.mark.requirement("SR-23")
def test_any_save_has_the_lowest_of_its_moment() -> None:
    bench = _cold(30_000, 5)
    bench.guard.pack.lowest_mc = 29_900
    bench.end()
    bench.step()
    assert bench.head()["pack_lowest_mc"] == 29_900


@pytest.mark.requirement("SR-23")
def test_a_pack_found_at_start_up_is_no_news() -> None:
    bench = Bench()
    bench.session(cold_s=100)
    bench.lay(14_000)
    bench.steps(5)
    again = bench.again(settle=False)
    assert again.memory.pack_lowest_mc == 14_000
    assert _writes(again, 20) == []
    again.guard.pack.on = False
    again.step()
    assert again.again().memory.pack_lowest_mc is None


# --- a store that fails -----------------------------------------------------------------------


@pytest.mark.requirement("SR-05", "SR-15")
@pytest.mark.parametrize("name", ["journal", "mark", "log0"])
def test_what_could_not_be_written_is_told_tried_again_and_then_once_a_second(name: str) -> None:
    bench = Bench()
    for _ in range(8):
        bench.session(heat_s=1)
    bench.steps(8)
    tries: list[int] = []
    ticks = itertools.count()

    def refuses(wanted: str) -> bool:
        if wanted == name:
            tries.append(at)
        return wanted == name

    bench.store.refuses = refuses
    bench.begin(heat_s=1)
    bench.guard.clocks.heat_ms = 1_000
    bench.end()
    told: list[int] = []
    for _ in range(60):
        at = next(ticks)
        tick = bench.step()
        if tick.lost & JOURNAL_LOST:
            told.append(at)
        assert tick.writes is (not tries or at == tries[0])
    # What the fault itself has to write comes first.
    second = tries[0] + {"journal": 1, "mark": 3, "log0": 5}[name]
    assert tries[1:4] == [second, second + 10, second + 20]
    assert told == [at + 1 for at in tries if at < 59]
    assert bench.guard.latch.fault == faults.JOURNAL_LOST
    bench.store.refuses = refuse()
    bench.steps(40)
    assert bench.step().writes
    assert bench.memory.settled
    assert bench.again().entries() == bench.entries()


def test_what_fails_first_is_tried_again_in_the_next_tick_whatever_else_has_failed() -> None:
    bench = Bench()
    bench.store.refuses = lambda name: True
    saves = Writer(bench.board)
    for kind in (writer.JOURNAL, writer.CONFIG, writer.MARK, writer.LOG):
        assert saves.ready()
        assert not saves.save(kind, "any", b"")
    assert saves.ready()


@pytest.mark.requirement("SR-15")
@pytest.mark.parametrize(
    "error", [OSError(28), OSError(5), ValueError(), RuntimeError(), MemoryError()]
)
@pytest.mark.parametrize("interrupted", [False, True])
@pytest.mark.parametrize("count", [0, 7, 8, 9, 16])
def test_start_up_never_raises_however_full_the_flash(
    count: int, interrupted: bool, error: Exception
) -> None:
    # Regression: an interrupted session and a full newest block: a restart for ever.
    bench = Bench()
    for _ in range(count):
        bench.session(heat_s=70)
    if interrupted:
        bench.begin(heat_s=70)
        bench.steps(3)

    def save(name: str, data: bytes) -> None:
        raise error

    store = Flash(bench.store.files)
    store.save = save  # type: ignore[method-assign]
    again = Bench(store, settle=False)
    assert again.memory.ledger.sessions() == count + interrupted
    due = interrupted or again.memory._journal.full()
    again.steps(30)
    assert again.guard.latch.fault == (faults.JOURNAL_LOST if due else faults.NONE)
    assert again.step().writes is not due


@pytest.mark.requirement("SR-15")
@pytest.mark.parametrize("error", [OSError(19), ValueError(), RuntimeError()])
def test_start_up_never_raises_where_nothing_can_be_read(error: Exception) -> None:
    class Dead(Flash):
        def load(self, name: str) -> bytes | None:
            raise error

        def save(self, name: str, data: bytes) -> None:
            raise error

    bench = Bench(Dead(), settle=False)
    lost = bench.memory.lost
    assert lost == JOURNAL_LOST | 1 << faults.CONFIG_LOST
    bench.steps(3)
    assert not bench.step().writes
    assert not bench.memory.readable()
    assert Bench().memory.readable()
    assert not Bench(settle=False).memory.readable()
    job = bench.memory.page(0, 64)
    assert job.step()


def test_however_long_nothing_can_be_written_memory_does_not_grow() -> None:
    bench = Bench()
    bench.store.refuses = lambda name: True
    for _ in range(100):
        bench.latch(faults.OVERRUN)
        bench.steps(2)
        bench.clear()
        bench.steps(2)
    assert len(bench.memory._journal.tail) <= 16
    bench.latch(faults.OVERRUN)
    bench.store.refuses = refuse()
    bench.steps(20)
    assert bench.memory.settled
    assert bench.tick.writes
    again = bench.again()
    assert again.memory.fault == faults.OVERRUN
    assert again.entries()[-1]["kind"] == "fault"


# --- any story, any failure, any cut --------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("session"), st.integers(0, 900), st.integers(0, 600)),
        st.tuples(st.just("short"), st.integers(0, 59), st.integers(0, 59)),
        st.tuples(st.just("begin"), st.integers(0, 900), st.integers(0, 600)),
        st.tuples(st.just("nothing"), st.integers(0, 60), st.integers(0, 60)),
        st.tuples(st.just("fault"), st.integers(1, 23), st.just(0)),
        st.tuples(st.just("clear"), st.just(0), st.just(0)),
        st.tuples(st.just("pack"), st.integers(5_000, 30_000), st.integers(0, 90)),
        st.tuples(st.just("off"), st.just(0), st.just(0)),
        st.tuples(st.just("idle"), st.integers(1, 300), st.integers(1, 60_000)),
        st.tuples(st.just("config"), st.integers(30, 100), st.integers(0, 1)),
        st.tuples(st.just("clock"), st.integers(0, 100_000), st.just(0)),
        st.tuples(st.just("restart"), st.integers(0, 2), st.just(0)),
    ),
    max_size=8,
)


class Story:
    """What a person and a host may do, and what was given in truth."""

    def __init__(self) -> None:
        self.bench = Bench(settle=False)
        self.begun = self.treated = 0
        self.given = [0, 0, 0]
        self.last = ""

    def play(self, what: str, one: int, other: int) -> None:
        bench = self.bench
        self.last = what
        if what in ("session", "short", "begin") and not bench.guard.live and not self.latched:
            self.begun += 1
            bench.begin(one, other)
            bench.steps(2)
            if self.latched or not bench.tick.written:
                return
            if one + other and not (what == "begin" and one % 2):
                self.treated += 1
                for place, more in ((HEAT_S, one), (COLD_S, other), (DOSE_M, one * 10)):
                    self.given[place - HEAT_S] += more
                bench.treat(one, other)
            if what != "begin":
                bench.end(states.COMPLETE if what == "session" else states.STOPPED)
            bench.steps(3)
        elif what == "nothing" and not bench.guard.live and not self.latched:
            self.begun += 1
            bench.begin(one, other)
            bench.step()
            if bench.guard.live:
                bench.end()
            bench.step()
        elif what == "fault":
            bench.latch(one)
            bench.steps(2)
        elif what == "clear" and self.latched:
            bench.clear()
            bench.steps(2)
        elif what == "pack" and bench.guard.live and bench.guard.course.order.cold_s:
            bench.guard.outputs = 0
            bench.lay(one)
            bench.steps(other)
        elif what == "off":
            bench.guard.pack.on = False
            bench.steps(2)
        elif what == "idle":
            bench.guard.outputs = 0
            bench.steps(one // 10, other)
        elif what == "config" and not bench.guard.live:
            bench.memory.propose(bench.memory.config | {"density_mw_cm2": one})
            bench.steps(other)
            bench.hold()
            bench.steps(2)
        elif what == "clock" and not bench.guard.live:
            bench.memory.set_clock(LONG_AGO + one)
            bench.step()
        elif what == "restart":
            self.restart(("power_on", "reboot", "watchdog")[one])

    @property
    def latched(self) -> bool:
        return bool(self.bench.guard.latch.fault)

    def restart(self, reset_cause: str) -> None:
        old = self.bench.store
        store = Flash(old.files)
        store.refuses, store.stays, store.cut_in, store.torn = (
            old.refuses, old.stays, old.cut_in, old.torn
        )  # fmt: skip
        self.bench = Bench(store, reset_cause, settle=False)
        self.bench.step()


def check(before: Bench, story: Story, faults_known: set[int]) -> None:
    """The device that comes up on what `before` left when its power went."""
    after = before.again(settle=False)
    memory, ledger = after.memory, after.memory.ledger
    was = before.memory
    assert memory.lost == 0
    used = [ledger.used(field) for field in (HEAT_S, COLD_S, DOSE_M)]
    assert all(got >= given for got, given in zip(used, story.given, strict=True)), (
        used,
        story.given,
    )
    assert story.treated <= ledger.sessions() <= story.begun
    for heat, cold in ((True, False), (False, True)):
        assert ledger.rest_s(heat, cold) >= was.ledger.rest_s(heat, cold)
    # A watchdog restart whose own power went in its first tick is told by nobody.
    assert story.last == "restart" or memory.budget_uj <= before.guard.budget.level_uj
    assert memory.fault in faults_known
    if before.guard.pack.on and "begin" not in story.last:
        assert memory.pack_lowest_mc is not None
    # The old configuration or the new one, and that with its entry.
    assert memory.config in (was.config, was.pending)
    entered = [entry["config"] for entry in after.entries() if entry["kind"] == "config"]
    assert memory.config == (entered[-1] if entered else config.default())
    # Counted once, entered once.
    first = after.entries()
    sessions = [entry["session"] for entry in first if entry["kind"] == "session"]
    assert len(set(sessions)) == len(sessions)
    after.guard.pack.on = False
    after.steps(12)
    again = after.again(settle=False)
    assert again.memory.ledger.dump()[1:] == ledger.dump()[1:]
    assert again.entries() == first


@pytest.mark.requirement("SR-05", "SR-06", "SR-15", "SR-20", "SR-23")
@given(STEPS, st.integers(1, 30), st.booleans())
def test_a_power_cut_at_any_write_forgets_nothing_that_was_given(
    steps: list[tuple[str, int, int]], cut_in: int, torn: bool
) -> None:
    story = Story()
    story.bench.store.cut_in, story.bench.store.torn = cut_in, torn
    known = {faults.NONE}
    with contextlib.suppress(PowerCut):
        for what, one, other in steps:
            known = {story.bench.guard.latch.fault}
            story.play(what, one, other)
    known.add(story.bench.guard.latch.fault)
    if story.bench.memory.ledger.now_s < 80_000:  # else a day has passed, and all with it
        check(story.bench, story, known)


@pytest.mark.requirement("SR-05", "SR-06", "SR-15", "SR-20", "SR-23")
@given(STEPS, st.sets(st.integers(0, 40)), st.booleans())
def test_saves_that_fail_cost_a_fault_and_nothing_that_was_given(
    steps: list[tuple[str, int, int]], failing: set[int], stays: bool
) -> None:
    story = Story()
    count = itertools.count()
    story.bench.store.refuses = lambda name: next(count) in failing
    story.bench.store.stays = stays
    for what, one, other in steps:
        if what != "restart":
            story.play(what, one, other)
    bench = story.bench
    bench.guard.outputs = 0
    bench.store.refuses = refuse()
    if bench.guard.live:
        bench.end()
    bench.steps(130)
    assert bench.memory.settled
    assert bench.tick.writes
    ledger = bench.memory.ledger
    if ledger.now_s >= 80_000:
        return
    again = bench.again(settle=False)
    assert again.memory.fault == bench.guard.latch.fault
    assert again.memory.config == bench.memory.config
    assert again.memory.pending == bench.memory.pending
    assert again.memory.lost == 0
    assert again.entries() == bench.entries()
    on = bench.guard.pack.on
    assert (again.memory.pack_lowest_mc is not None) == on
    # While a pack is on, its cold is a minute behind at most.
    assert on or again.memory.ledger.dump()[1:] == ledger.dump()[1:]
    assert 0 <= ledger.last_cold_s() - again.memory.ledger.last_cold_s() <= 60
