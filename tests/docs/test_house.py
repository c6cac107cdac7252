"""The house rules that a parser can see: a name stands once, and no circle of imports."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("host/poultice", "firmware/core/poultice_core")


def modules(package: str) -> dict[str, Path]:
    """Dotted name -> file; a package has the name of its folder."""
    top = (ROOT / package).parent
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(top).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the same package that it imports: anywhere, on the host for its types too.

    What only types need is never imported on the device: there they are words in quotes.
    """
    found = set()
    for node in _nodes(
        ast.parse(path.read_text(encoding="utf-8")), types=name.startswith("poultice.")
    ):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = _absolute(name, path, node)
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                found.add(whole if whole in known else module)
    return (found & known.keys()) - {name}


def _nodes(tree: ast.AST, *, types: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if types or not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node
            yield from _nodes(node, types=types)


def _absolute(name: str, path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return str(node.module)
    parts = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_two_modules_share_a_name(package: str) -> None:
    places = defaultdict(list)
    for name in modules(package):
        places[name.rpartition(".")[2]].append(name)
    assert not {name: there for name, there in places.items() if len(there) > 1}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_two_classes_share_a_name(package: str) -> None:
    places = defaultdict(list)
    for name, path in modules(package).items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(name)
    assert not {name: there for name, there in places.items() if len(there) > 1}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_make_no_circle(package: str) -> None:
    known = modules(package)
    arrows = {name: imported(name, path, known) for name, path in known.items()}
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))
