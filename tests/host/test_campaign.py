"""The fault campaign: runs drawn from numbers, simulated anywhere, counted up, written down."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from poultice.campaign import executors, files, scenario, spread
from poultice.campaign.classes import (
    BEFALL,
    CAN_FOLD,
    FAULT_CLASSES,
    HEALTHY,
    STARTS_WRONG,
    UNFELT_FOLDS,
)
from poultice.campaign.scenario import PAIRS, SINGLE, Scenario, draw, number_of, numbers
from poultice.campaign.summary import summarise
from poultice.campaign.trial import Row, Trial, run
from poultice.cli import main
from poultice.errors import PoulticeError, UsageError
from poultice.therapy.phase import HEAT, Phase
from poultice.therapy.plan import Plan, check
from poultice.virtual import told
from poultice.virtual.faults import INJECT
from poultice.virtual.hazards import HAZARDS
from poultice.virtual.options import FaultAt
from tests.host.conftest import Say

# Short ones: refused, tripped soon after the start, or with little heat in them.
FEW = [11000003, 11000004, 11000007, 11000013, 11000014, 11000016]
ROUND = len(FAULT_CLASSES) + 3  # each class once, and three healthy runs


@cache
def few() -> tuple[Row, ...]:
    return tuple(run(number) for number in FEW)


# --- numbers and draws ------------------------------------------------------------------


@pytest.mark.parametrize("faults", [SINGLE, PAIRS])
@pytest.mark.parametrize("seed", [0, 1, scenario.SEED_MAX])
@pytest.mark.parametrize("index", [0, 417, scenario.RUNS_MAX - 1])
def test_a_number_says_seed_faults_and_index(seed: int, faults: int, index: int) -> None:
    assert scenario.parts_of(number_of(seed, index, faults)) == (seed, faults, index)


def test_a_number_can_be_read() -> None:
    assert number_of(1, 417) == 11_000417
    assert number_of(1, 417, PAIRS) == 12_000417


@pytest.mark.parametrize("number", [0, 417, 10_000000, 13_000000, number_of(10**9, 0)])
def test_other_numbers_are_no_runs(number: int) -> None:
    with pytest.raises(UsageError, match="not the number of a run"):
        draw(number)


def test_the_classes_are_all_faults_and_hazards_each_once() -> None:
    assert set(INJECT) <= set(FAULT_CLASSES)
    twice = {"sensor_off": "sensor_detached", "weld_one": "weld_k2", "host_gone": "host_lost"}
    assert {twice.get(name, name) for name in HAZARDS} <= set(FAULT_CLASSES)
    assert not set(twice) & set(FAULT_CLASSES)


def test_every_class_gets_its_share() -> None:
    counted = Counter(draw(number).fault_class for number in numbers(10 * ROUND, 5))
    assert set(counted) == {HEALTHY, *FAULT_CLASSES}
    assert counted[HEALTHY] == 30
    assert {counted[name] for name in FAULT_CLASSES} == {10}


def test_only_some_classes_keep_their_numbers() -> None:
    some = numbers(4, 7, only=("estop", "blanket"))
    assert {draw(number).fault_class for number in some} == {"estop", "blanket"}
    assert set(some) <= set(numbers(100, 7))


def test_what_is_drawn_is_what_the_device_is_for() -> None:
    moments = []
    safe = 0
    for number in numbers(600, 3):
        one = draw(number)
        options = one.options
        safe += options.fold_safe
        limits = told.limits(options)
        assert not check(one.plan, limits)
        assert 0.027 <= one.pad.density_w_cm2 <= 0.10
        assert 18.0 <= options.ambient_c <= 35.0
        assert 43.0 <= one.bimetal_c <= 45.0
        assert abs(one.offset_a_c) <= (0.3 if options.two_point else 0.7)
        if one.fault_class in CAN_FOLD:
            assert options.sensor_b
        if one.fault_class in UNFELT_FOLDS:
            assert not options.fold_safe
        if one.fault_class == "host_lost":
            assert one.plan.attended_s
        for onset in one.onsets:
            assert onset.name not in STARTS_WRONG or onset.at_s is None
            if onset.at_s is not None:
                moments.append(onset.at_s / one.plan.seconds())
    assert 0.5 < safe / 600 < 0.7
    assert 0.0 <= min(moments) < 0.02
    assert 0.9 < max(moments) < 1.0


def test_pairs_are_two_different_faults() -> None:
    drawn = [draw(number) for number in numbers(3 * ROUND, 3, PAIRS)]
    assert all(len({onset.name for onset in one.onsets}) in (0, 2) for one in drawn)
    assert sum(not one.onsets for one in drawn) == 9


# --- a run ------------------------------------------------------------------------------

PHASES = (Phase(HEAT, 40_000, 240),)


def ordinary(*onsets: FaultAt) -> Scenario:
    """Four minutes of heat in one and the same device, an hour's dose from any limit."""
    one = draw(number_of(1, 2))
    options = one.options._replace(
        ambient_c=23.0,
        pad_w_cm2=0.08,
        cooler=True,
        sensor_b=True,
        sense=True,
        two_point=True,
        fold_safe=True,
        user_present=True,
        faults=tuple(FaultAt(o.name, o.at_s) for o in onsets if o.name == "tick_wrap"),
    )
    pad = one.pad._replace(density_w_cm2=0.08, mass_j_m2k=800.0, sensor_tau_s=10.0)
    plan = Plan("test", "normal", 10, PHASES)
    return replace(
        one, options=options, pad=pad, plan=plan, onsets=onsets, offset_a_c=0.0, offset_b_c=0.0,
        bimetal_c=45.0,
    )  # fmt: skip


def simulated(*onsets: FaultAt) -> Trial:
    trial = Trial(ordinary(*onsets))
    trial.run()
    return trial


@cache
def twin() -> Row:
    return simulated().row()


def test_a_healthy_run() -> None:
    row = twin()
    assert (row["outcome"], row["latched"], row["false_trip"]) == ("complete", None, False)
    assert (row["onset_s"], row["trip_s"], row["off_s"]) == (None, None, None)
    assert 39.5 < row["sensor_peak_c"] < 41.0
    assert row["skin_peak_c"] < row["sensor_peak_c"]


@pytest.mark.parametrize("name", [name for name in FAULT_CLASSES if name != "tick_wrap"])
def test_each_fault_befalls(name: str) -> None:
    """What it does to a run, not what it is called: the healthy twin's row is another."""
    row = simulated(FaultAt(name, 100.0)).row()
    assert summarise([row])["live_after_latch"] == (name == "weld_all")
    assert row["onset_s"] == pytest.approx(100.0, abs=0.11)
    named = ("fault", "onset_s", "off_s")
    assert {k: v for k, v in row.items() if k not in named} != {
        k: v for k, v in twin().items() if k not in named
    }


def test_the_tick_counter_wraps_and_nothing_comes_of_it() -> None:
    trial = simulated(FaultAt("tick_wrap", 100.0))
    board = trial.device.board
    assert board.ticks_ms() < board.now_ms
    assert trial.row()["outcome"] == "complete"


def test_a_wire_broken_before_arming_is_refused() -> None:
    row = simulated(FaultAt("sensor_open", None)).row()
    assert (row["outcome"], row["reason"]) == ("refused", "sensor_open")
    assert row["onset_s"] < 0.0
    assert row["heated_s"] == 0.0


@pytest.mark.requirement("SR-14")
def test_a_hung_processor_lets_the_pad_go() -> None:
    trial = simulated(FaultAt("cpu_hung", 35.0))
    row = trial.row()
    assert (row["outcome"], row["latched"]) == ("restarted", "watchdog_reset")
    assert row["trip_s"] == pytest.approx(2.0, abs=0.11)
    assert 0.1 <= row["off_s"] <= 0.4


def test_detection_is_counted_from_the_onset() -> None:
    row = simulated(FaultAt("estop", 150.0)).row()
    assert (row["latched"], row["trip_s"]) == ("emergency_stop", 0.1)
    assert row["session_s"] == pytest.approx(150.2, abs=0.11)


def test_heat_after_the_end_of_the_session_counts() -> None:
    """Both relays welded: latched within seconds, and the pad stays on until its bimetal opens."""
    row = simulated(FaultAt("weld_all", 60.0)).row()
    assert row["outcome"] == "fault"
    assert row["session_s"] < row["heated_s"]
    assert row["skin_cem43"] > 10 * twin()["skin_cem43"]
    assert row["off_s"] > row["trip_s"] + 30.0
    assert summarise([row])["live_after_latch"] == 1


def test_a_pad_that_nothing_opens_is_followed_for_two_hours() -> None:
    """Too weak for its bimetal: the person has taken it off by then, or has slept on it."""
    one = ordinary(FaultAt("weld_all", 60.0))
    trial = Trial(replace(one, pad=one.pad._replace(density_w_cm2=0.03)))
    trial.run()
    row = trial.row()
    assert row["off_s"] == pytest.approx(7200.0 - row["onset_s"], abs=1.1)
    assert row["heated_s"] > 7_000


def _frozen_in_the_pack() -> Trial:
    """Run 1 1 001153: a frozen sensor never shows that the pack was taken off, and the person
    presses the button again and again. It waited, everything off, for half a day."""
    one = ordinary(FaultAt("sensor_frozen", 100.0))
    options = one.options._replace(cooler=False)
    cold = Plan("test", "normal", 0, (Phase("cold", 12_000, 240),))
    return Trial(replace(one, options=options, plan=cold))


def test_a_pack_that_is_never_seen_to_come_off_ends_at_the_sessions_time() -> None:
    trial = _frozen_in_the_pack()
    trial.run()
    row = trial.row()
    assert (row["outcome"], row["reason"]) == ("stopped", "session_timeout")
    assert row["session_s"] == pytest.approx(2_400.0, abs=3.0)
    assert row["heated_s"] == 0.0


def test_a_session_that_does_not_end_is_told_of() -> None:
    """There is none that we know of: one whose guard has forgotten the session's time."""
    trial = _frozen_in_the_pack()
    guard = trial.device.loop.guard
    guard.limits.session_s = 1 << 20
    guard._parts.integrity.adopt(guard.limits)  # else it would be found within a second
    trial.run()
    row = trial.row()
    assert (row["outcome"], row["reason"]) == ("unended", "waiting")
    assert row["session_s"] == pytest.approx(7200.0, abs=0.11)


def test_the_dose_under_a_fold_is_the_fold_s() -> None:
    trial = simulated(FaultAt("fold_away", 10.0))
    plant, row = trial.device.plant, trial.row()
    assert row["skin_cem43"] == round(plant.elsewhere[0].skin_cem43, 4) > plant.skin_cem43


def test_a_trip_before_the_fault_is_a_false_one() -> None:
    row = simulated(FaultAt("estop", 100.0), FaultAt("weld_all", 200.0)).row()
    assert row["false_trip"] is False
    trial = Trial(ordinary(FaultAt("weld_k2", 200.0)))
    trial.device.board.supply = False
    trial.run()
    row = trial.row()
    assert (row["latched"], row["onset_s"], row["trip_s"]) == ("supply_lost", None, None)
    assert row["false_trip"] is True


def test_the_same_number_gives_the_same_row() -> None:
    assert [run(number) for number in FEW[:3]] == list(few()[:3])
    assert len({json.dumps(row) for row in few()}) == len(FEW)


def test_every_row_has_the_same_columns_and_what_may_be_null_is_known() -> None:
    types = {name: type(value) for name, value in few()[0].items()} | files._MAY_BE_NULL
    for row in few():
        assert list(row) == list(types)
        for name, value in row.items():
            assert type(value) is types[name] or (value is None and name in files._MAY_BE_NULL)


# --- executors --------------------------------------------------------------------------


class Backwards(Executor):
    """Does nothing until asked for the last, then everything from the end."""

    def __init__(self) -> None:
        self.submitted = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.submitted += 1
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Dying(Executor):
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenProcessPool("killed"))
        return future


def in_order(rows: Iterator[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: int(row["number"]))


def test_two_processes_give_the_rows_of_one() -> None:
    with executors.processes(2) as pool:
        assert pool is not None
        assert in_order(spread.rows_of(FEW, pool)) == list(few())
    with executors.processes(1) as none:
        assert none is None


def test_any_executor_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "_AT_A_TIME", 1)
    monkeypatch.setattr(spread, "_AHEAD", 2)
    with ThreadPoolExecutor(2) as pool:
        assert in_order(spread.rows_of(FEW, pool)) == list(few())
    inline = Backwards()
    assert in_order(spread.rows_of(FEW, inline)) == list(few())
    assert inline.submitted == len(FEW)


def test_a_dead_worker_is_told_of() -> None:
    with pytest.raises(PoulticeError, match="worker ended"):
        list(spread.rows_of(FEW, Dying()))


def test_left_early_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    pending: list[Future[Any]] = []

    class Waiting(Executor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            if not pending:
                future.set_result(fn(*args, **kwargs))
            pending.append(future)
            return future

    monkeypatch.setattr(spread, "_AT_A_TIME", 1)
    rows = spread.rows_of(FEW, Waiting())
    next(rows)
    rows.close()  # type: ignore[attr-defined]
    assert [future.cancelled() for future in pending] == [False] + [True] * (len(FEW) - 1)


def test_workers_of_another_version_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "version", lambda: "0.0.1")
    with pytest.raises(UsageError, match=r"workers' poultice is 0\.0\.1"):
        executors._same_version(Backwards())


# --- counting up ------------------------------------------------------------------------


def made(number: int, **changed: Any) -> Row:
    return {**few()[0], "number": number, "fault": "weld_k2", "latched": "heat_welded", **changed}


def test_beyond_a_line_is_beyond_it() -> None:
    doses = (8.9999, 9.0, 9.0001, 20.0, 20.0001)
    rows = [made(n, skin_cem43=dose, trip_s=float(n)) for n, dose in enumerate(doses)]
    told = summarise(rows)
    assert (told["over_9"], told["over_20"]) == (3, 1)
    [one] = told["classes"]
    assert (one["fault"], one["runs"], one["over_9"], one["over_20"]) == ("weld_k2", 5, 3, 1)
    assert one["skin_cem43"] == {"median": 9.0001, "p95": 20.0001, "max": 20.0001}
    assert one["trip_s"] == {"median": 2.0, "p95": 4.0, "max": 4.0}
    assert one["worst"] == 4
    assert [row["number"] for row in told["worst"]] == [4, 3, 2, 1, 0]


def test_a_run_over_before_its_fault_is_in_no_class_but_in_the_totals() -> None:
    rows = [made(1), made(2, onset_s=None, skin_cem43=30.0, false_trip=True)]
    told = summarise(rows)
    assert (told["runs"], told["not_reached"], told["over_20"]) == (2, 1, 1)
    assert [one["runs"] for one in told["classes"]] == [1]
    assert told["false_trips"] == [2]


def test_power_after_a_latched_fault_is_told() -> None:
    rows = [made(1, trip_s=3.0, off_s=3.0), made(2, trip_s=3.0, off_s=3.1), made(3, trip_s=None)]
    told = summarise(rows)
    assert told["live_after_latch"] == told["classes"][0]["live_after_latch"] == 1


def test_a_pair_counts_for_both() -> None:
    told = summarise([made(1, fault="weld_k2+blanket")])
    assert [one["fault"] for one in told["classes"]] == ["weld_k2", "blanket"]


def test_outcomes_are_counted_by_their_cause() -> None:
    rows = [
        made(1, outcome="fault"),
        made(2, outcome="fault"),
        made(3, outcome="stopped", reason="attended", latched=None, trip_s=None),
    ]
    [one] = summarise(rows)["classes"]
    assert one["outcomes"] == {"fault heat_welded": 2, "stopped attended": 1}
    assert one["tripped"] == 2


# --- files ------------------------------------------------------------------------------


def test_a_file_gives_back_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    files.require(path, files.TABLES)
    assert not path.exists()
    files.write(few(), path)
    assert files.read(path) == list(few())


# --- the command ------------------------------------------------------------------------


def test_the_command_reports_and_writes(tmp_path: Path, say: Say) -> None:
    rows = tmp_path / "rows.jsonl"
    line = f"campaign --runs 3 --fault sensor_open --fault estop --jobs 1 --output {rows}"
    said = say(f"{line} --json")
    told = said.json
    assert said.err == ""
    assert told["schema"] == "poultice.campaign/1"
    assert (told["runs"], told["seed"], told["faults_a_run"]) == (3, 1, 1)
    assert {one["fault"] for one in told["classes"]} == {"sensor_open", "estop"}
    written = files.read(rows)
    assert [row["number"] for row in written] == list(numbers(3, 1, only=("sensor_open", "estop")))
    again = say(f"campaign --replay {written[0]['number']} --json").json
    assert again["run"] == written[0]
    assert [text for _, text in again["log"]][:2] == ["started", "befalls: sensor_open"]


def test_the_command_says_it_to_a_person(say: Say) -> None:
    said = say("campaign --runs 2 --fault estop --jobs 1")
    assert "estop" in said.out and ">9" in said.out
    assert "2 runs" in said.err
    assert "latched: emergency_stop" in say("campaign --replay 11000013").out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ("--runs 0", "runs"),
        ("--runs many", "runs"),
        ("--seed -1", "seed"),
        ("--seed x", "seed"),
        ("--jobs 0", "jobs"),
        ("--fault sensor_opne", "did you mean sensor_open"),
        ("--replay 417", "not the number of a run"),
        ("--output rows.csv", ".jsonl or .parquet"),
        ("--output /nowhere/at/all.jsonl", "cannot be written"),
        ("--plot dose.gif", ".svg or .png or .pdf"),
        ("--jobs 2 --cluster tcp://127.0.0.1:1", "give one"),
    ],
)
def test_bad_input_is_told_before_anything_runs(
    args: str, says: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "run", None)
    told = say(f"campaign --runs 1 {args}", 2)
    assert told.out == "" and says in told.err


@pytest.mark.parametrize(
    ("args", "extra"),
    [
        ("--output rows.parquet", "data"),
        ("--plot dose.svg", "plot"),
        ("--cluster tcp://127.0.0.1:1", "cluster"),
    ],
)
def test_a_missing_extra_is_named(
    args: str, extra: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = say(f"campaign --runs 1 {args}", 2).err
    assert f"pip install 'poultice[{extra}]'" in told


def test_ctrl_c_keeps_what_there_is(
    tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(numbers: list[int], executor: object) -> Iterator[Row]:
        yield from few()[:2]
        raise KeyboardInterrupt

    monkeypatch.setattr(spread, "rows_of", interrupted)
    path = tmp_path / "rows.jsonl"
    told = say(f"campaign --runs 9 --jobs 1 --output {path}", 130)
    assert "stopped after 2 of 9 runs" in told.err
    assert "sensor_open" in told.out
    assert files.read(path) == list(few()[:2])


def test_a_long_campaign_takes_no_more_memory_than_a_short_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row was held until the end: 1.65 KB each, of up to a million."""
    row = few()[0]

    def simulated(numbers: Sequence[int], executor: object) -> Iterator[Row]:
        yield from ({**row, "number": number} for number in reversed(numbers))

    monkeypatch.setattr(spread, "rows_of", simulated)
    path = tmp_path / "rows.jsonl"
    args = ["campaign", "--runs", "4000", "--jobs", "1", "--output", str(path), "--json"]
    main(args)
    tracemalloc.start()
    assert main(args) == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["runs"] == 4000
    written = [json.loads(line)["number"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert written == list(numbers(4000, 1))


def test_the_columns_are_in_the_docs() -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "run-a-fault-campaign.md"
    text = page.read_text(encoding="utf-8")
    assert [name for name in (*few()[0], *BEFALL) if f"`{name}`" not in text] == []
