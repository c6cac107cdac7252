"""What every tier shares: Hypothesis profiles, the requirement marker, which tiers ran."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import evidence

TESTS = Path(__file__).parent
REQUIREMENT = re.compile(r"SR-(0[1-9]|1[0-9]|2[0-6])")

# No deadline anywhere: two cores shared with others say nothing about the code.
_common = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", parent=_common, max_examples=50)
settings.register_profile(
    "ci", parent=_common, max_examples=50, derandomize=True, database=None, print_blob=True
)
settings.register_profile("deep", parent=_common, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# Where a test may take longer than pyproject.toml's `timeout`; 0 for no limit.
TIMEOUT_S = {
    "browser": 600,
    "emulator": 1_800,
    "explore": 900,
    "hardware": 0,  # a person is asked, and a pad warms up
    "soak": 900,
}

# What a run has to have that lacks a tier or a part of it, for whoever reads its last lines.
HOW_TO_GET = {
    "browser": "Chromium and its driver: `make browser`",
    "compiled": "the core as machine code: `make fast`, with a C compiler",
    "emulator": "the release image on an emulated chip: `make firmware`, then `make test` again"
    " (some minutes more)",
    "extras": "Dask, pyarrow and matplotlib: `make evidence`",
    "hardware": "a board on a bench: docs/how-to/test-on-a-bench.md",
    "parity": "MicroPython's unix port: Linux on x86-64, or its path in MICROPYTHON",
    "symbolic": "CrossHair: `make evidence`",
}

REQUIREMENTS = [f"SR-{number:02}" for number in range(1, 27)]

_passed: Counter[str] = Counter()
_skipped: Counter[str] = Counter()
_home: list[str] = []
_collecting: list[bool] = []
_recorder: list[evidence.Recorder] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--inventory", metavar="FILE", help="write which test argues what, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.collectonly:
        _collecting.append(True)
    # Whoever starts them in the background, or with nohup, leaves signals ignored, here and in
    # every child.
    for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    # The settings and the record of whoever runs the tests are none of the tests' business.
    _home.append(tempfile.mkdtemp(prefix="poultice-tests-"))
    for name in list(os.environ):
        ours = ("POULTICE_REQUIRE_TIERS", "POULTICE_PROTOCOL_FILES")
        if name.startswith("POULTICE_") and name not in ours:
            del os.environ[name]
    os.environ["POULTICE_DATA_DIR"] = str(Path(_home[-1], "data"))
    Path(_home[-1], "config.toml").touch()
    os.environ["POULTICE_CONFIG"] = str(Path(_home[-1], "config.toml"))
    # Nor is their language.
    os.environ["LC_ALL"] = "C.UTF-8"
    os.environ.pop("LANGUAGE", None)
    _recorder[:] = [evidence.Recorder(config)]
    config.pluginmanager.register(_recorder[0], "evidence")


def pytest_unconfigure(config: pytest.Config) -> None:
    while _home:
        shutil.rmtree(_home.pop(), ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    deep = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
    for item in items:
        timeout_s = 0 if deep else TIMEOUT_S.get(evidence.tier_of(item.nodeid))
        if timeout_s is not None and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(timeout_s))
        for marker in item.iter_markers("requirement"):
            ids = marker.args
            if not ids or not all(isinstance(i, str) and REQUIREMENT.fullmatch(i) for i in ids):
                raise pytest.UsageError(
                    f'{item.nodeid}: requirement{ids}: expected ids like "SR-04"'
                )


def _missing_tiers() -> list[str]:
    # Collecting alone passes nothing, and claims nothing.
    if _collecting:
        return []
    required = os.environ.get("POULTICE_REQUIRE_TIERS", "").split()
    return [tier for tier in required if not _passed[tier] or _skipped[tier]]


def _unargued() -> list[str]:
    """Requirements that no test of this run has shown, where it was to show all of them."""
    if not _recorder or not _recorder[0].whole:
        return []
    return evidence.unargued(_recorder[0].outcomes, REQUIREMENTS)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _passed[evidence.tier_of(report.nodeid)] += 1
    if report.skipped:
        _skipped[evidence.tier_of(report.nodeid)] += 1


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or session.exitstatus != 0:
        return
    if _missing_tiers() or _unargued():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("tiers", sep="-")
    for tier, count in sorted(_passed.items()):
        terminalreporter.write_line(f"{tier}: {count} passed")
    if len(_passed) > 1:
        for tier, how in HOW_TO_GET.items():
            if not _passed[tier] or _skipped[tier]:
                part = f"{_skipped[tier]} of it " if _passed[tier] else ""
                terminalreporter.write_line(f"{tier}: {part}not run; {how}")
    for tier in _missing_tiers():
        what = f"{_skipped[tier]} skipped" if _passed[tier] else "nothing of it passed"
        terminalreporter.write_line(f"{tier}: required, and {what}", red=True)
    for requirement in _unargued():
        terminalreporter.write_line(f"{requirement}: no test of this run passed", red=True)
