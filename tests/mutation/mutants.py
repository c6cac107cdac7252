"""Every mutant of a module: Cosmic Ray's operators, and the three of `operators`.

A mutant's name is its text: module, scope, the line as it stands and as it becomes. It survives
edits elsewhere in the module, and goes with the line.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

from tests.mutation.modules import path_of
from tests.mutation.operators import DeleteStatement, ReplaceAugmentedAssignment, ReplaceString

# On the chip every integer here is a small one, and None is one object: there `is` asks what `==`
# asks, and that is a mutant already. CPython would not always agree.
_IS = re.compile(r"_(?:Is|IsNot)$|_Is_Eq$|_IsNot_NotEq$")
_NOT_NONE = ("_Is_IsNot", "_IsNot_Is")
_OWN = (DeleteStatement, ReplaceAugmentedAssignment, ReplaceString)


@dataclass(frozen=True)
class Mutant:
    """`nth` counts the lines of its scope with the same text, from 1."""

    module: str
    scope: str
    line: str
    becomes: str
    nth: int
    at: int
    source: str
    inside: bool
    """In the body of a function: what is imported stays as it is."""

    @property
    def name(self) -> tuple[str, str, str, str, int]:
        return self.module, self.scope, self.line, self.becomes, self.nth

    def __str__(self) -> str:
        again = f" (no. {self.nth})" if self.nth > 1 else ""
        return (
            f"{self.module}.py:{self.at} {self.scope}{again}\n"
            f"    - {self.line}\n    + {self.becomes}"
        )


def mutants(module: str) -> Iterator[Mutant]:
    """Each once: what is the same program as the original, or as one before, is left out."""
    source = path_of(module).read_text()
    tree = get_ast(source)
    known = {_meaning(source)}
    for operator in _operators():
        positions = (node for node in ast_nodes(tree) for _ in operator.mutation_positions(node))
        for occurrence, node in enumerate(positions):
            if _in_annotation(node):
                continue
            changed = mutate_code(source, operator, occurrence)
            meaning = _meaning(changed)
            if meaning in known:
                continue
            known.add(meaning)
            yield _named(module, node, source, changed)


def _operators() -> Iterator[Any]:
    for name in cosmic_ray.plugins.operator_names():
        made = cosmic_ray.plugins.get_operator(name)
        same = _IS.search(name) and not name.endswith(_NOT_NONE)
        if not made.arguments() and not same:
            yield made()
    for own in _OWN:
        yield own()


def _meaning(source: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.dump(ast.parse(source))
        except SyntaxError:
            return source


def _in_annotation(node: Any) -> bool:
    """What a type checker reads and nobody runs."""
    while node is not None:
        parent = node.parent
        kind = "" if parent is None else parent.type
        if kind == "annassign" and node is parent.children[1]:
            return True
        if kind == "tfpdef" and node is parent.children[-1]:
            return True
        if kind == "funcdef" and node is parent.annotation:
            return True
        node = parent
    return False


def _named(module: str, node: Any, source: str, changed: str) -> Mutant:
    old, new = source.split("\n"), changed.split("\n")
    first = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    tail = 0
    while old[-1 - tail] == new[-1 - tail] and len(old) - tail > first + 1 < len(new) - tail + 1:
        tail += 1
    scope, start = _scope(node)
    line = _flat(old[first : len(old) - tail])
    nth = sum(_flat([text]) == line for text in old[start:first]) + 1
    becomes = _flat(new[first : len(new) - tail])
    return Mutant(module, scope, line, becomes, nth, first + 1, changed, _inside(node))


def _scope(node: Any) -> tuple[str, int]:
    """The dotted name of the function or class, and the index of its first line."""
    names: list[str] = []
    start = 0
    while node is not None:
        if node.type in ("funcdef", "classdef"):
            names.insert(0, node.name.value)
            start = start or node.start_pos[0] - 1
        node = node.parent
    return ".".join(names) or "(module)", start


def _inside(node: Any) -> bool:
    while node.parent is not None:
        if node.parent.type == "funcdef":
            return bool(node is node.parent.children[-1])
        node = node.parent
    return False


def _flat(lines: list[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(lines)).strip()
