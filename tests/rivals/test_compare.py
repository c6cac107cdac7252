"""The comparison's own rules: runs, ranks, and that they can be run again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from poultice.virtual.hazards import HAZARDS
from tests.rivals import compare, report, trial
from tests.rivals.bench import RivalBoard
from tests.rivals.compare import Cell, cells, less, run_all, standings
from tests.rivals.rows import BY_NAME, ROWS
from tests.rivals.trial import MAKERS, Case, Outcome, run


def outcome(
    name: str, cem43: float, off_s: float | None = 60.0, row: str = "x", warm_s: float = 900.0
) -> Outcome:
    case = Case(name, row, 0.05, True, None)
    return Outcome(case, off_s, cem43, 40.0, warm_s, None)


def table(*outcomes: Outcome) -> list[Cell]:
    return cells(outcomes)


def test_every_row_names_a_hazard_and_ours_is_in_all() -> None:
    assert all(row.hazard is None or row.hazard in HAZARDS for row in ROWS)
    assert all("poultice" in row.for_whom for row in ROWS)
    assert len(BY_NAME) == len(ROWS)
    assert set(MAKERS) == set(compare.CONTENDERS)


def test_the_greatest_dose_and_the_longest_time_count() -> None:
    (cell,) = cells([outcome("klipper", 2.0, None), outcome("klipper", 3.0, 10.0)])
    assert (cell.worst.skin_cem43, cell.worst.off_s) == (3.0, None)
    (cell,) = cells([outcome("klipper", 2.0, 9.0), outcome("klipper", 3.0, 8.0)])
    assert (cell.worst.skin_cem43, cell.worst.off_s) == (3.0, 9.0)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (0.0, 1.99, False),
        (0.0, 2.0, True),
        (8.6, 10.0, True),
        (8.8, 10.0, False),
        (10.0, 9.0, False),
    ],
)
def test_what_counts_as_less(one: float, other: float, expected: bool) -> None:
    assert less(one, other) is expected


def test_ranks() -> None:
    healthy = [outcome(name, 0.4, row="healthy") for name in ("poultice", "klipper", "marlin")]
    cold = outcome("hobby", 0.0, row="healthy", warm_s=599.9)
    hot = [outcome("poultice", 12.0), outcome("klipper", 5.0, 10.0), outcome("marlin", 13.0)]
    found = standings(table(*healthy, cold, *hot, outcome("hobby", 0.0)))
    assert [one.row for one in found] == ["healthy", "x"]
    first, second = found
    assert (first.beaten_by, first.sooner, first.alone, first.over) == ((), (), False, False)
    assert second.beaten_by == ("klipper",)
    assert second.sooner == (("klipper", 10.0),)
    assert second.over


@pytest.mark.parametrize(("cem43", "over"), [(8.99, False), (9.0, True)])
def test_the_limit(cem43: float, over: bool) -> None:
    healthy = [outcome(name, 0.4, row="healthy") for name in ("poultice", "klipper")]
    found = standings(table(*healthy, outcome("poultice", cem43), outcome("klipper", 99.0)))
    assert found[1].over is over
    assert found[1].alone


def test_the_same_seed_gives_the_same_run_whatever_runs_it() -> None:
    wanted = [
        Case("poultice", "cpu_hung", 0.05, True, 60.0),
        Case("klipper", "host_gone", 0.10, False, 60.0),
    ]
    alone = [run(case) for case in wanted]
    assert run_all(wanted, executor=ThreadPoolExecutor(2)) == alone
    assert run_all(wanted) == alone


def test_seeds_are_of_the_noise() -> None:
    for name in ("klipper", "marlin", "hobby"):
        one, other = (MAKERS[name](0.05, seed).board for seed in (1, 2))
        assert isinstance(one, RivalBoard) and isinstance(other, RivalBoard)
        assert [one.reading_c() for _ in range(9)] != [other.reading_c() for _ in range(9)]
        assert one.reading_c() == pytest.approx(other.reading_c(), abs=0.1)


def test_a_refusal_gives_no_heat() -> None:
    refused = run(Case("poultice", "too_hot", 0.10, False, None))
    assert refused.ended == "refused: limit_exceeded"
    assert (refused.off_s, refused.warm_s) == (0.0, 0.0)


def test_a_welded_relay_without_barriers_never_ends() -> None:
    welded = run(Case("hobby", "weld_one", 0.10, False, 60.0))
    assert welded.off_s is None
    assert welded.skin_cem43 > 640.0


@pytest.mark.parametrize(
    ("off_s", "text"),
    [(None, "never"), (0.0, "0.0 s"), (9.94, "9.9 s"), (119.4, "119 s"), (120.0, "2 min")],
)
def test_times_for_a_person(off_s: float | None, text: str) -> None:
    assert report.seconds(off_s) == text


@pytest.mark.parametrize(("cem43", "text"), [(8.994, "8.99"), (9.0, "**9.00**"), (59.4, "**59**")])
def test_doses_for_a_person(cem43: float, text: str) -> None:
    assert report.dose(cem43) == text


def test_a_page_without_its_block_is_not_written() -> None:
    page = "a\n<!-- x -->\nold\n<!-- end -->\nb\n"
    assert report.refill(page, {"x": "new"}) == "a\n<!-- x -->\nnew\n<!-- end -->\nb\n"
    assert report.refill("<!-- x -->\n<!-- end -->", {"x": "a"}) == "<!-- x -->\na\n<!-- end -->"
    with pytest.raises(ValueError, match="named y"):
        report.refill(page, {"y": "new"})


def test_a_restarter_gets_a_session_whenever_one_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trial, "DAY_S", 5400.0)
    case = Case("poultice", "restarter", 0.10, True, None)
    ours = MAKERS["poultice"](0.10, 1)
    begun = []
    begin = ours.begin

    def counted(target_c: float) -> None:
        begin(target_c)
        if ours.ended is None:
            begun.append(ours.device.now_s)  # type: ignore[attr-defined]

    monkeypatch.setattr(ours, "begin", counted)
    outcome = trial.undergo(ours, case, BY_NAME["restarter"])
    # 20 minutes of heat, 20 of rest: at 0, 40 and 80 minutes.
    assert [round(at_s / 60) for at_s in begun] == [0, 40, 80]
    assert outcome.skin_cem43 < 2.0
