"""What a command reads of the record does not grow with the sessions that it does not show."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from poultice.cli import main
from poultice.record import database
from poultice.record.store import History
from tests.host.recorded import STARTED_UNIX, opened, phase, record

WEEK_S = 7 * 86_400.0
SHORT = (phase("heat", 40_000, 30),)
SIM = {"path": "sim:", "uid": "5", "firmware": "0.1.0"}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts what SQLite does, in steps of its machine: a row that is looked at costs some."""
    counted = [0]
    connect = database.connect

    def counting(path: Path) -> sqlite3.Connection:
        connection = connect(path)

        def one() -> int:
            counted[0] += 1
            return 0

        connection.set_progress_handler(one, 1)
        return connection

    monkeypatch.setattr(database, "connect", counting)
    return counted


def cost(line: list[str], steps: list[int]) -> int:
    steps[0] = 0
    assert main(line) == 0
    return steps[0]


def before(history: History, count: int, *, simulated: bool = False) -> None:
    """`count` sessions, a year and more ago."""
    for n in range(count):
        at = STARTED_UNIX - (60 + n) * WEEK_S
        record(history, phases=SHORT, started_unix=at, device=SIM if simulated else None)


def real(history: History) -> None:
    record(history, phases=SHORT)


@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize(
    "line", [["report"], ["history", "-n", "1"], ["history", "show"]], ids=" ".join
)
def test_older_sessions_cost_nothing(
    line: list[str], simulated: bool, own_record: Path, steps: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(own_record)
    history = opened(own_record / "data")
    before(history, 3, simulated=simulated)
    real(history)
    few = cost(line, steps)
    before(history, 60, simulated=simulated)
    real(history)
    # Deeper trees of an index, and no look at each of sixty rows.
    assert cost(line, steps) < few * 1.1 + 50


def test_where_all_were_simulated(
    own_record: Path, steps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(own_record)
    history = opened(own_record / "data")
    before(history, 3, simulated=True)
    few = cost(["report"], steps)
    before(history, 60, simulated=True)
    assert cost(["report"], steps) < few * 1.1 + 50
