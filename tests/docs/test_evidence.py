"""The record of a run: what counts, what adds up, and what starts anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import evidence

ROOT = Path(__file__).parents[2]
PASSED = {"outcome": "passed", "requirements": ["SR-01"]}
FAILED = {"outcome": "failed", "requirements": ["SR-01"]}

CONFTEST = """
from pathlib import Path
from tests import evidence

evidence.RUN = Path(__file__).with_name("evidence.json")

def pytest_addoption(parser):
    parser.addoption("--inventory")

def pytest_configure(config):
    config.addinivalue_line("markers", "requirement(id)")
    config.pluginmanager.register(evidence.Recorder(config), "evidence")
"""
TESTS = """
import pytest

@pytest.fixture
def breaks_on_the_way_out():
    yield
    raise OSError

@pytest.mark.requirement("SR-02", "SR-01")
@pytest.mark.parametrize("n", [1, 2])
def test_one_case_fails(n):
    assert n == 1

@pytest.mark.requirement("SR-03")
def test_torn_down(breaks_on_the_way_out):
    pass

@pytest.mark.requirement("SR-04")
@pytest.mark.skip
def test_skipped():
    pass

def test_argues_nothing():
    pass
"""


def recorded(before: object = None, sources: str = "a", whole: bool = False) -> dict[str, object]:
    return {"schema": evidence.SCHEMA, **evidence.merged(before, sources, {"t": PASSED}, whole)}


def test_runs_over_the_same_sources_add_up() -> None:
    record = evidence.merged(recorded(whole=True), "a", {"u": FAILED}, False)
    assert record == {"sources": "a", "whole": True, "tests": {"t": PASSED, "u": FAILED}}


def test_a_later_outcome_of_the_same_test_counts() -> None:
    assert evidence.merged(recorded(), "a", {"t": FAILED}, False)["tests"] == {"t": FAILED}


@pytest.mark.parametrize("before", [None, [], {"schema": "another/1", "sources": "b"}])
def test_what_is_no_record_is_not_added_to(before: object) -> None:
    assert evidence.merged(before, "b", {"u": PASSED}, False)["tests"] == {"u": PASSED}


def test_the_first_run_over_other_sources_starts_anew() -> None:
    record = evidence.merged(recorded(whole=True), "b", {"u": PASSED}, False)
    assert record == {"sources": "b", "whole": False, "tests": {"u": PASSED}}


def test_the_digest_is_that_of_the_sources(tmp_path: Path) -> None:
    def digest() -> str:
        return evidence.sources_digest(tmp_path)

    (tmp_path / "tests").mkdir()
    empty = digest()
    (tmp_path / "tests" / "test_a.py").write_text("a = 1\n")
    first = digest()
    (tmp_path / "tests" / "test_a.py").write_text("a = 2\n")
    assert len({empty, first, digest()}) == 3
    (tmp_path / "tests" / "test_a.py").write_text("a = 1\n")
    (tmp_path / "README.md").write_text("not a source\n")
    assert digest() == first


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "another/1"}'])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "evidence.json"
    assert evidence.read(file) is None
    file.write_text(text)
    assert evidence.read(file) is None


def test_unargued_is_what_no_test_passed_for() -> None:
    outcomes = {"t": PASSED, "u": {"outcome": "skipped", "requirements": ["SR-02"]}}
    assert evidence.unargued(outcomes, ["SR-01", "SR-02", "SR-03"]) == ["SR-02", "SR-03"]


def test_tiers_are_directories() -> None:
    assert evidence.tier_of("tests/core/test_a.py::test_b[x/y]") == "core"
    assert evidence.tier_of("tests/test_a.py::test_b") == "top"


def run(folder: Path, *arguments: str) -> dict[str, object]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_a.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "host")])}
    environment.pop("PYTEST_CURRENT_TEST", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    subprocess.run([*command, str(folder)], cwd=folder, env=environment, capture_output=True)
    record = json.loads((folder / "evidence.json").read_text())
    assert record["schema"] == evidence.SCHEMA
    tests: dict[str, dict[str, object]] = record["tests"]
    return {name.partition("::")[2]: one for name, one in tests.items()}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_run_is_recorded_with_its_worst_outcome(tmp_path: Path, workers: tuple[str, ...]) -> None:
    both = ["SR-01", "SR-02"]
    assert run(tmp_path, *workers) == {
        "test_one_case_fails[1]": {"outcome": "passed", "requirements": both},
        "test_one_case_fails[2]": {"outcome": "failed", "requirements": both},
        "test_torn_down": {"outcome": "failed", "requirements": ["SR-03"]},
        "test_skipped": {"outcome": "skipped", "requirements": ["SR-04"]},
    }


def test_collecting_alone_is_no_run_but_can_tell_what_there_is(tmp_path: Path) -> None:
    run(tmp_path)
    before = (tmp_path / "evidence.json").read_text()
    run(tmp_path, "--collect-only", "--inventory", str(tmp_path / "inventory.json"))
    assert (tmp_path / "evidence.json").read_text() == before
    told = json.loads((tmp_path / "inventory.json").read_text())
    assert [name.partition("::")[2] for name in told] == [
        "test_one_case_fails[1]",
        "test_one_case_fails[2]",
        "test_torn_down",
        "test_skipped",
    ]


def test_bench_tests_with_a_scripted_person_say_nothing_about_a_board() -> None:
    # `tests/emulator/test_bench.py` runs pytest within a test: its child must not record.
    script = (
        "import os, pytest\n"
        "os.environ['PYTEST_CURRENT_TEST'] = 'x'\n"
        "from tests import evidence\n"
        "class Config:\n"
        "    class pluginmanager:\n"
        "        has_plugin = staticmethod(lambda name: False)\n"
        "print(evidence.Recorder(Config).writes)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
