"""What the last run of the tests showed, requirement by requirement: `build/evidence.json`.

A plugin of the tests' own. Each test that argues a requirement says so with the marker
`requirement`; its outcome is kept under its node id, together with what the sources were: a digest
of every file that the tests run. Runs over the same sources add up (the emulator's tier is often
run by itself); the first run over others starts anew. No dates: the file says the same for the
same sources and outcomes. The safety case (`docs/site`) is made from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RUN = ROOT / "build" / "evidence.json"
SCHEMA = "poultice.evidence/1"

# Tiers that need what not every machine has; a run without them is still a whole one.
OPTIONAL_TIERS = frozenset({"browser", "emulator", "extras", "hardware", "parity", "symbolic"})

_PROPERTY = "requirement"
_SOURCES = ("firmware/**/*.py", "host/**/*.py", "host/**/*.toml", "tests/**/*.py", "pyproject.toml")
_WORST = ("failed", "skipped", "passed")


def tier_of(nodeid: str) -> str:
    """The directory of `tests` that a test lives in; `top` for those beside them."""
    parts = nodeid.split("::")[0].split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "tests" else "top"


def function_of(nodeid: str) -> str:
    """The node id without its parameters."""
    return nodeid.partition("[")[0]


def requirements_of(item: pytest.Item) -> list[str]:
    """The ids that the item's markers name, each once, in order."""
    named = {id_ for marker in item.iter_markers("requirement") for id_ in marker.args}
    return sorted(named)


def sources_digest(root: Path = ROOT) -> str:
    """SHA-256 over every source that a run of the tests depends on."""
    whole = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(root.glob(pattern)):
            whole.update(str(path.relative_to(root)).encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def commit(root: Path = ROOT) -> str | None:
    """The commit, with `+` where the tree differs from it; None without git."""
    try:
        named = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return named.stdout.strip() or None


def merged(
    before: object, sources: str, outcomes: Mapping[str, Mapping[str, object]], whole: bool
) -> dict[str, object]:
    """`outcomes` added to the record `before`, where that is one of the same sources."""
    tests: dict[str, object] = {}
    same = {"schema": SCHEMA, "sources": sources}
    if isinstance(before, dict) and before.items() >= same.items():
        tests.update(before["tests"])
        whole = whole or before["whole"] is True
    tests.update(outcomes)
    return {"sources": sources, "whole": whole, "tests": dict(sorted(tests.items()))}


def read(path: Path = RUN) -> dict[str, object] | None:
    """The record of the last run; None where there is none that can be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(record, dict) and record.get("schema") == SCHEMA
    return record if known else None


def keep(
    path: Path,
    *,
    title: str,
    command: str,
    requirements: Iterable[str],
    figures: Iterable[Sequence[str]],
    notes: Iterable[str],
) -> None:
    """What a tool measured today, as a file for the safety case: docs/safety/evidence/README.md."""
    told = {
        "title": title,
        "command": command,
        "date": date.today().isoformat(),
        "requirements": sorted(set(requirements)),
        "figures": [list(figure) for figure in figures],
        "notes": list(notes),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


class Recorder:
    """Registered with pytest by `tests/conftest.py`; with xdist only the controller writes."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        # Bench tests that talk to an emulated chip say nothing about a board.
        scripted = config.pluginmanager.has_plugin("tests.emulator.simulated_bench")
        nested = "PYTEST_CURRENT_TEST" in os.environ
        self.writes = not (scripted or nested or hasattr(config, "workerinput"))
        self.whole = self.writes and not config.option.collectonly and _whole(config)
        self.outcomes: dict[str, dict[str, object]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            item.user_properties += [(_PROPERTY, id_) for id_ in requirements_of(item)]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        file = self._config.getoption("--inventory")
        if file is not None:
            named = {item.nodeid: requirements_of(item) for item in session.items}
            argued = {nodeid: ids for nodeid, ids in named.items() if ids}
            Path(file).write_text(json.dumps(argued), encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # A fixture that fails on the way out is no pass either: the worst of the three phases.
        ids = [id_ for name, id_ in report.user_properties if name == _PROPERTY]
        if not ids or (report.when != "call" and report.passed):
            return
        known = self.outcomes.get(report.nodeid)
        outcome = report.outcome if known is None else _worse(str(known["outcome"]), report.outcome)
        self.outcomes[report.nodeid] = {"outcome": outcome, "requirements": ids}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        if not self.writes or not self.outcomes:
            return
        record = merged(read(RUN), sources_digest(), self.outcomes, self.whole)
        from poultice import __version__

        head = {"schema": SCHEMA, "version": __version__, "commit": commit()}
        RUN.parent.mkdir(exist_ok=True)
        RUN.write_text(json.dumps({**head, **record}, indent=1) + "\n", encoding="utf-8")


def unargued(outcomes: Mapping[str, Mapping[str, object]], ids: Iterable[str]) -> list[str]:
    """Those of `ids` for which no test passed."""
    argued: set[object] = set()
    for one in outcomes.values():
        named = one["requirements"]
        if one["outcome"] == "passed" and isinstance(named, list):
            argued.update(named)
    return [id_ for id_ in ids if id_ not in argued]


def _worse(one: str, other: str) -> str:
    return min(one, other, key=_WORST.index)


def _whole(config: pytest.Config) -> bool:
    """Was nothing left out by choice? Then a test that did not run has vanished."""
    option = config.option
    chosen = (option.keyword, option.markexpr, option.deselect, getattr(option, "lf", False))
    if any(chosen) or option.maxfail:
        return False
    everything = config.args_source == pytest.Config.ArgsSource.TESTPATHS
    return everything or "tests" in [argument.rstrip("/") for argument in config.args]
