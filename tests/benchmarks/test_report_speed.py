"""What a report of forty minutes costs, start-up and all: `make bench`.

The aim: under 1 s and 300 kB. Side by side with the export of the same session as JSON Lines, run
in turn, so that the ratio does not depend on what else the machine does.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.host.recorded import opened, phase, record

PAIRS = 7
FORTY_MINUTES = (
    phase("heat", 40_500, 1_200),
    phase("cold", 12_000, 600),
    phase("heat", 40_500, 600),
)


def seconds(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def test_a_report_against_an_export(
    benchmark: BenchmarkFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = opened(tmp_path)
    for week in range(30):
        record(history, started_unix=1_760_000_000 + week * 604_800, until_s=5)
    n = record(history, phases=FORTY_MINUTES)
    monkeypatch.setenv("POULTICE_DATA_DIR", str(tmp_path))
    poultice = str(Path(sys.executable).parent / "poultice")
    page = tmp_path / "page.html"
    report = (poultice, "report", str(n), "-o", str(page))
    export = (poultice, "history", "export", str(n), "-o", str(tmp_path / "all.jsonl"))
    seconds(*report)
    pairs = [(seconds(*report), seconds(*export)) for _ in range(PAIRS)]
    benchmark.pedantic(seconds, args=report, rounds=3)
    benchmark.extra_info["ratio_to_export"] = round(statistics.median(a / b for a, b in pairs), 2)
    benchmark.extra_info["bytes"] = os.stat(page).st_size
    assert min(a for a, _ in pairs) < 1.0
    assert os.stat(page).st_size < 300_000
