"""A test that hangs is a failure, and the others are run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TIMEOUT_S

TESTS = """
import threading

def test_hangs():
    threading.Event().wait()

def test_after_it():
    pass
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_hang_is_a_failure_and_the_next_test_is_run(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\ntimeout = 0.2\n")
    (tmp_path / "test_a.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *workers, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 failed, 1 passed" in done.stdout
    assert "Timeout" in done.stdout


def test_every_test_here_has_a_limit(pytestconfig: pytest.Config) -> None:
    assert float(pytestconfig.getini("timeout")) > 0
    assert {tier for tier, limit_s in TIMEOUT_S.items() if not limit_s} == {"hardware"}
