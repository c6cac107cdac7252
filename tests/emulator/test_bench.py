"""The bench tests themselves, on the emulated chip behind a port with a scripted person."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tty")
ROOT = Path(__file__).parents[2]
SERIAL = "E100000000000001"
CHECKS = sorted(path.name for path in (ROOT / "tests" / "hardware").glob("test_*.py"))


def run(*arguments: str, neglects: str = "") -> tuple[int, dict[str, int], str]:
    """Exit code, how many of each outcome, and all that was printed."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env={**os.environ, "BENCH_NEGLECTS": neglects, "POULTICE_REQUIRE_TIERS": ""},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
    counts = {what: int(n) for n, what in re.findall(r"(\d+) (passed|failed|skipped|error)", last)}
    return done.returncode, counts, done.stdout + done.stderr


def bench(*arguments: str, neglects: str = "") -> tuple[int, dict[str, int], str]:
    plugin = ("-p", "tests.emulator.simulated_bench", "--device-serial", SERIAL)
    return run(*plugin, *arguments, neglects=neglects)


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_passes_on_a_sound_device(name: str) -> None:
    code, counts, said = bench(f"tests/hardware/{name}")

    assert (code, counts.keys()) == (0, {"passed"}), said
    written = (ROOT / "tests" / "hardware" / name).read_text(encoding="utf-8")
    assert counts["passed"] >= written.count("\ndef test_")


@pytest.mark.parametrize(
    ("step", "check"),
    [
        ("box2", "test_over_temperature and 43"),
        ("estop", "test_the_emergency_stop"),
        ("supply_off", "test_a_supply_that_is_lost"),
    ],
)
def test_a_check_fails_where_what_it_looks_for_does_not_happen(step: str, check: str) -> None:
    code, counts, said = bench("tests/hardware", "-k", check, neglects=step)

    assert code == 1, said
    assert counts["failed"] == 1


def test_without_a_serial_number_nothing_is_run_and_the_option_is_named() -> None:
    code, counts, said = run("tests/hardware")

    assert code == pytest.ExitCode.USAGE_ERROR
    assert counts == {}
    assert "--device-serial" in said
    assert "test-on-a-bench.md" in said


def test_without_a_serial_number_a_wider_run_says_what_it_skips() -> None:
    code, counts, said = run("tests/hardware", "tests/docs/test_pins.py")

    assert code == 0, said
    assert counts["passed"] >= 4
    assert counts["skipped"] >= 20
    assert "--device-serial" in said


def test_another_serial_number_is_not_touched() -> None:
    code, counts, said = run("tests/hardware", "--device-serial", "E6600000NOBODY00")

    assert code == pytest.ExitCode.USAGE_ERROR
    assert counts == {}
    assert "E6600000NOBODY00" in said
