"""The core's pure modules with every intermediate result looked at: is it a small integer?

MicroPython on the chip keeps integers from -2^30 to 2^30 - 1 in a register's word. A larger one is
right too, but it is made on the heap, and a tick must not allocate. A result that comes back small
can have been large on the way, so every operation of a copy of the source is checked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import poultice_core

CORE = Path(poultice_core.__file__).parent
SMALL = 1 << 30


class TooLarge(AssertionError):
    """An operation gave what does not fit 31 bits."""


def small(value: Any) -> Any:
    """The value itself, if it fits."""
    if isinstance(value, int) and not -SMALL <= value < SMALL:
        raise TooLarge("an operation gave what does not fit 31 bits")
    return value


class _Looks(ast.NodeTransformer):
    """`a + b` becomes `_small(a + b)`, in functions only: constants are made at start-up."""

    def _checked(self, node: ast.expr) -> ast.expr:
        name = ast.Name("_small", ast.Load())
        return ast.copy_location(ast.Call(name, [node], []), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return self._checked(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return node if isinstance(node.operand, ast.Constant) else self._checked(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        read = ast.parse(ast.unparse(node.target), mode="eval").body
        value = self._checked(ast.BinOp(read, node.op, node.value))
        return ast.copy_location(ast.Assign([node.target], value), node)


def load(name: str, old: str = "", new: str = "") -> ModuleType:
    """A copy of a module of the core, looked at; with `old`, which stands there once, as `new`.

    Raises LookupError where it does not stand there once.
    """
    text = (CORE / f"{name}.py").read_text(encoding="utf-8")
    if old:
        if text.count(old) != 1:
            raise LookupError(f"{name}: {old!r} stands there {text.count(old)} times")
        text = text.replace(old, new)
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            _Looks().visit(node)
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    _Looks().visit(part)
    module = ModuleType("poultice_core." + name.replace("/", "."))
    module.__package__ = module.__name__.rpartition(".")[0]
    module.__dict__["_small"] = small
    exec(compile(ast.fix_missing_locations(tree), f"<{name}, looked at>", "exec"), module.__dict__)
    return module


MODULES = (
    *("budget", "dose", "interval", "ledger", "limits", "reading", "relays", "thermistor", "ticks"),
    *("trend", "judges/cold", "judges/heating", "judges/predictive", "judges/welds"),
)
core = SimpleNamespace(**{name.rpartition("/")[2]: load(name) for name in MODULES})


@contextmanager
def broken(name: str, old: str, new: str) -> Iterator[None]:
    """The same core with one deliberate bug, for as long as it lasts."""
    place = name.rpartition("/")[2]
    right = getattr(core, place)
    setattr(core, place, load(name, old, new))
    try:
        yield
    finally:
        setattr(core, place, right)
