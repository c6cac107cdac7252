"""The traces of the safety case, each from where it cannot drift.

Requirements come from the safety contract's own table, hazards from `docs/safety/hazards.toml`,
places in the code from docstrings and comments that name a requirement, tests from the markers
that pytest collects, outcomes from the last run (`tests.evidence`), figures from the files that
the tools wrote to `docs/safety/evidence`.
"""

from __future__ import annotations

import ast
import datetime
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

from tests import evidence

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "docs" / "design" / "safety.md"
HAZARDS = ROOT / "docs" / "safety" / "hazards.toml"
EVIDENCE = ROOT / "docs" / "safety" / "evidence"
# The device's own first: `host` is only where the computer takes part in a requirement.
CODE = ("firmware/core", "firmware/pico", "host")

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
class Evidence:
    """What one tool measured, as its file says."""

    name: str
    title: str
    command: str
    date: str
    requirements: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


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
        alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if alone and isinstance(node.value.value, str):
            for number, text in enumerate(node.value.value.splitlines()):
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
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, "--inventory", str(file), "tests", "--ignore=tests/benchmarks"],
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


def measured(name: str, text: str) -> Evidence:
    """One evidence file. Raises ValueError where it is not what the format asks for."""
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError(f"{name}: not an object")
    for key in ("title", "command", "date"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            raise ValueError(f"{name}: `{key}` is not a text")
    datetime.date.fromisoformat(data["date"])
    ids, figures, notes = data.get("requirements"), data.get("figures"), data.get("notes")
    if not _texts(ids) or not all(_ID.fullmatch(id_) for id_ in ids):
        raise ValueError(f"{name}: `requirements` is not a list of ids")
    if not isinstance(figures, list) or not figures:
        raise ValueError(f"{name}: `figures` is not a list")
    if not all(_texts(one) and len(one) == 2 for one in figures):
        raise ValueError(f"{name}: a figure is a pair of texts, label and value")
    if not isinstance(notes, list) or not all(isinstance(one, str) for one in notes):
        raise ValueError(f"{name}: `notes` is not a list of texts")
    return Evidence(
        name=name,
        title=data["title"],
        command=data["command"],
        date=data["date"],
        requirements=tuple(ids),
        figures=tuple((label, value) for label, value in figures),
        notes=tuple(notes),
    )


def _texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def measured_in(folder: Path = EVIDENCE) -> list[Evidence]:
    """Every evidence file, by name."""
    files = sorted(folder.glob("*.json"))
    return [measured(file.stem, file.read_text(encoding="utf-8")) for file in files]


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


def gaps(case: Trace) -> list[str]:
    """What is missing in the argument itself, whatever was run: each a sentence."""
    known = {one.id for one in case.requirements}
    said = []
    for id_ in sorted(known):
        if not case.places.get(id_):
            said.append(f"{id_}: no place in the code names it")
        if not case.tests.get(id_):
            said.append(f"{id_}: no test argues it")
        if not case.hazards_of(id_):
            said.append(f"{id_}: it stands against no hazard")
    named: list[tuple[str, Iterable[str]]] = [(one.id, one.requirements) for one in case.hazards]
    named += [(f"evidence/{one.name}.json", one.requirements) for one in case.evidence]
    named += [("the code", case.places), ("a test", case.tests)]
    for who, ids in named:
        said += [f"{who}: there is no {id_}" for id_ in ids if id_ not in known]
    return said


def failures(case: Trace) -> list[str]:
    """What the last run of these sources speaks against: each a sentence.

    A test that failed, always. Where nothing was left out by choice also a test that was not run
    or was skipped, unless its tier needs what not every machine has, and a requirement for which
    nothing passed.
    """
    run = case.run
    if run is None or not run.current:
        return []
    said = []
    for id_, tests in sorted(case.tests.items()):
        said += [f"{id_}: {one.name} failed" for one in tests if one.count("failed")]
        if not run.whole:
            continue
        due = [one for one in tests if one.tier not in evidence.OPTIONAL_TIERS]
        said += [f"{id_}: {one.name} was not run" for one in due if one.count(None)]
        said += [f"{id_}: {one.name} was skipped" for one in due if one.count("skipped")]
        if not any(one.count("passed") for one in tests):
            said.append(f"{id_}: no test of it passed")
    return said
