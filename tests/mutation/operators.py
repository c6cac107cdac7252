"""Three operators beside Cosmic Ray's own: what it never takes away or changes.

A lost statement is the commonest slip that its operators do not make: a restart, a flag or a
`return` that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cosmic_ray.operators.operator import Example, Operator
from parso.python.tree import Keyword, String
from parso.python.tree import Operator as Sign

Position = tuple[tuple[int, int], tuple[int, int]]

_DELETABLE = {"expr_stmt", "atom_expr", "return_stmt", "raise_stmt"}
_AUGMENTED = {"+=": ("-=", "="), "-=": ("+=", "="), "|=": ("&=", "="), "&=": ("|=", "=")}


class DeleteStatement(Operator):  # type: ignore[misc]
    """An assignment, a call, a `return` or a `raise` becomes `pass`."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        parent = node.parent
        if parent is not None and parent.type == "simple_stmt" and node.type in _DELETABLE:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return Keyword("pass", node.start_pos, prefix=node.get_first_leaf().prefix)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example("f()\n", "pass\n"),)


class ReplaceAugmentedAssignment(Operator):  # type: ignore[misc]
    """`+=` becomes `-=` and `=`, and so on."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, Sign):
            for _ in _AUGMENTED.get(node.value, ()):
                yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.value = _AUGMENTED[node.value][index]
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example("x += 1", "x -= 1"), Example("x += 1", "x = 1", occurrence=1))


class ReplaceString(Operator):  # type: ignore[misc]
    """A string that is no docstring gets a letter more at its front."""

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        if isinstance(node, String) and node.parent.type != "simple_stmt":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        quote = next(i for i, letter in enumerate(node.value) if letter in "\"'")
        node.value = node.value[: quote + 1] + "X" + node.value[quote + 1 :]
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example('x = "a"', 'x = "Xa"'),)
