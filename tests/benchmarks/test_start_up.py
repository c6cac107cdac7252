"""How fast the command line starts, side by side with `mpremote`: `make bench`.

The aims: `poultice --version` in half of mpremote's time, `poultice protocols` no slower than
mpremote. The two are run in turn, and the ratio is taken pair by pair.

Completion, whose aim is 200 ms, is told as a ratio to `python -c pass` as well: that is what a
computer under other load has in common with one at rest.
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

BIN = Path(sys.executable).parent
PAIRS = 9


def seconds(*command: str, **environment: str) -> float:
    began = time.perf_counter()
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )
    return time.perf_counter() - began


@pytest.mark.parametrize("arguments", [("--version",), ("protocols",)])
def test_start_up_against_mpremote(benchmark: BenchmarkFixture, arguments: tuple[str, ...]) -> None:
    peer = BIN / "mpremote"
    if not peer.exists():
        pytest.skip("mpremote is not installed here")
    ours = (str(BIN / "poultice"), *arguments)
    seconds(*ours)
    seconds(str(peer), "--version")
    pairs = [(seconds(*ours), seconds(str(peer), "--version")) for _ in range(PAIRS)]
    benchmark.pedantic(seconds, args=ours, rounds=3)
    ratio = statistics.median(a / b for a, b in pairs)
    benchmark.extra_info["ratio_to_mpremote_version"] = round(ratio, 2)


@pytest.mark.parametrize("line", ["poultice st", "poultice run ", "poultice run -d "])
def test_completion_against_python_alone(benchmark: BenchmarkFixture, line: str) -> None:
    ours = str(BIN / "poultice")
    asked = {"_POULTICE_COMPLETE": "bash_complete", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    seconds(ours, **asked)
    pairs = [(seconds(ours, **asked), seconds(sys.executable, "-c", "pass")) for _ in range(PAIRS)]
    benchmark.pedantic(seconds, args=(ours,), kwargs=asked, rounds=3)
    benchmark.extra_info["ratio_to_python_pass"] = round(
        statistics.median(a / b for a, b in pairs), 2
    )
    benchmark.extra_info["fastest_ms"] = round(min(a for a, _ in pairs) * 1000)
