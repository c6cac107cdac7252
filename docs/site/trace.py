"""The traces of the safety case, each from where it cannot drift.

Requirements come from the safety contract's own table, hazards from `docs/safety/hazards.toml`,
places in the code from docstrings and comments that name a requirement, tests from the markers
that pytest collects, outcomes from the last run (`tests.evidence`), figures from the files that
the tools wrote to `docs/safety/evidence`.
"""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tempfile
import tokenize
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docs.site.measured import Evidence, measured_in
from tests import evidence

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "docs" / "design" / "safety.md"
HAZARDS = ROOT / "docs" / "safety" / "hazards.toml"
# The device's own first: `host` is only where the computer takes part in a requirement.
CODE = ("firmware/core", "firmware/pico", "host")

_COLLECTED = ("tests", "--ignore=tests/benchmarks")
_ID = re.compile(r"SR-\d\d")
_ROW = re.compile(r"^\| (SR-\d\d) \| (.+) \|$", re.M)


@dataclass(frozen=True)
class Requirement:
    """One row of the contract, with its name in `hazards.toml`."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Hazard:
    """One hazard of `hazards.toml`."""

    id: str
    title: str
    harm: str
    cause: str
    requirements: tuple[str, ...]
    hardware: str
    remains: str


@dataclass(frozen=True)
class Expected:
    """Evidence that a tool is there to write."""

    name: str
    title: str


@dataclass(frozen=True)
class Place:
    """Where the code names a requirement: `name` is the dotted name from its package on."""

    path: str
    line: int
    name: str

    @property
    def short(self) -> str:
        """Without its package."""
        return self.name.partition(".")[2] or self.name


@dataclass(frozen=True)
class Test:
    """One test function with its cases: `outcomes` by node id, None where it was not run."""

    name: str
    tier: str
    outcomes: Mapping[str, str | None]

    def count(self, outcome: str | None) -> int:
        """How many cases ended so."""
        return sum(one == outcome for one in self.outcomes.values())


@dataclass(frozen=True)
class Run:
    """The last run. `current`: over these very sources; `whole`: nothing was left out."""

    version: str
    commit: str | None
    current: bool
    whole: bool
    outcomes: Mapping[str, str]


@dataclass(frozen=True)
class Trace:
    """Everything that the case argues with."""

    requirements: Sequence[Requirement]
    hazards: Sequence[Hazard]
    expected: Sequence[Expected]
    places: Mapping[str, Sequence[Place]]
    tests: Mapping[str, Sequence[Test]]
    evidence: Sequence[Evidence]
    run: Run | None = field(default=None)

    def hazards_of(self, requirement: str) -> list[Hazard]:
        """The hazards that a requirement stands against."""
        return [one for one in self.hazards if requirement in one.requirements]

    def evidence_of(self, requirement: str) -> list[Evidence]:
        """The measurements that name it."""
        return [one for one in self.evidence if requirement in one.requirements]


def requirements(contract: str, titles: Mapping[str, str]) -> list[Requirement]:
    """The rows of the contract's table."""
    return [Requirement(id_, titles.get(id_, id_), text) for id_, text in _ROW.findall(contract)]


def titles(toml: str) -> dict[str, str]:
    """What each requirement is called for short."""
    named: dict[str, str] = tomllib.loads(toml)["requirement"]
    return named


def hazards(toml: str) -> tuple[list[Hazard], list[Expected]]:
    """The hazards, and the evidence that the tools are there to write."""
    data = tomllib.loads(toml)
    named = [
        Hazard(**{**one, "requirements": tuple(one["requirements"])}) for one in data["hazard"]
    ]
    return named, [Expected(**one) for one in data["evidence"]]


def places(source: str, path: str, module: str) -> list[tuple[str, Place]]:
    """Every requirement that a docstring or comment of `source` names, with where."""
    scopes = list(_scopes(ast.parse(source), f"{module}."))
    found: dict[tuple[str, str], Place] = {}
    for line, text in _prose(source):
        for id_ in _ID.findall(text):
            inner = [name for name, first, last in scopes if first <= line <= last]
            name = inner[-1] if inner else module
            found.setdefault((id_, name), Place(path, line, name))
    return [(id_, place) for (id_, _), place in found.items()]


def _scopes(node: ast.AST, prefix: str) -> Iterable[tuple[str, int, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            name = f"{prefix}{child.name}"
            yield name, child.lineno, child.end_lineno or child.lineno
            yield from _scopes(child, f"{name}.")


def _prose(source: str) -> Iterable[tuple[int, str]]:
    """Comments and strings that stand by themselves, line by line; no other string is prose."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str() as prose)):
                for number, text in enumerate(prose.splitlines()):
                    yield node.lineno + number, text


def places_in(root: Path, folders: Iterable[str] = CODE) -> dict[str, list[Place]]:
    """Requirement to places, over all sources below `folders`."""
    found: dict[str, list[Place]] = {}
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            module = ".".join(path.relative_to(root / folder).with_suffix("").parts)
            source = path.read_text(encoding="utf-8")
            for id_, place in places(source, name, module.removesuffix(".__init__")):
                found.setdefault(id_, []).append(place)
    return found


def inventory(root: Path = ROOT) -> dict[str, list[str]]:
    """Node id to the requirements it argues, of every test that pytest collects.

    Raises RuntimeError with pytest's own words where it cannot collect.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "inventory.json")
        pytest = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*pytest, "--collect-only", "-qqq", f"--inventory={file}", *_COLLECTED],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not file.exists():
            raise RuntimeError(f"pytest cannot collect the tests:\n{done.stdout}{done.stderr}")
        collected: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    return collected


def tests_of(
    collected: Mapping[str, Sequence[str]], outcomes: Mapping[str, str]
) -> dict[str, list[Test]]:
    """Requirement to test functions, with what the last run says of each case."""
    cases: dict[str, dict[str, dict[str, str | None]]] = {}
    for nodeid, ids in collected.items():
        for id_ in ids:
            functions = cases.setdefault(id_, {})
            functions.setdefault(evidence.function_of(nodeid), {})[nodeid] = outcomes.get(nodeid)
    return {
        id_: [Test(name, evidence.tier_of(name), one) for name, one in sorted(functions.items())]
        for id_, functions in cases.items()
    }


def run_of(record: Mapping[str, object] | None, sources: str) -> Run | None:
    """The last run as `tests.evidence` recorded it; None where there was none."""
    if record is None or not isinstance(record.get("tests"), dict):
        return None
    tests: dict[str, dict[str, object]] = record["tests"]  # type: ignore[assignment]
    commit = record.get("commit")
    return Run(
        version=str(record.get("version")),
        commit=None if commit is None else str(commit),
        current=record.get("sources") == sources,
        whole=record.get("whole") is True,
        outcomes={nodeid: str(one["outcome"]) for nodeid, one in tests.items()},
    )


def trace() -> Trace:
    """The project's own, as its files are now."""
    toml = HAZARDS.read_text(encoding="utf-8")
    named, expected = hazards(toml)
    run = run_of(evidence.read(), evidence.sources_digest())
    return Trace(
        requirements=requirements(CONTRACT.read_text(encoding="utf-8"), titles(toml)),
        hazards=named,
        expected=expected,
        places=places_in(ROOT),
        tests=tests_of(inventory(), run.outcomes if run is not None and run.current else {}),
        evidence=measured_in(),
        run=run,
    )
