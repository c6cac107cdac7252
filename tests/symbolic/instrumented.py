"""The core's pure modules with every intermediate result looked at: is it a small integer?

MicroPython on the chip keeps integers from -2^30 to 2^30 - 1 in a register's word. A larger one is
right too, but it is made on the heap, and a tick must not allocate. A result that comes back small
can have been large on the way, so every operation of a copy of the source is checked.
"""

from __future__ import annotations

import ast
import shutil
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


def _looked_at(name: str) -> ast.Module:
    tree = ast.parse((CORE / f"{name}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [_Looks().visit(part) for part in node.body]
    return ast.fix_missing_locations(tree)


def load(name: str) -> ModuleType:
    """A copy of a module of the core, looked at."""
    module = ModuleType("poultice_core." + name.replace("/", "."))
    module.__package__ = module.__name__.rpartition(".")[0]
    module.__dict__["_small"] = small
    exec(compile(_looked_at(name), f"<{name}, looked at>", "exec"), module.__dict__)
    return module


def copy_to(folder: Path, bits: int = 30) -> None:
    """The whole core, with all that runs in a tick looked at, the link and the flash apart."""
    shutil.copytree(CORE, folder / CORE.name, ignore=shutil.ignore_patterns("__pycache__"))
    looks = "from .looks import small as _small\n"
    (folder / CORE.name / "looks.py").write_text(_LOOKS.replace("30", str(bits)))
    for name in TICKED:
        text = looks.replace(".looks", "..looks") if "/" in name else looks
        text += ast.unparse(_looked_at(name))
        (folder / CORE.name / f"{name}.py").write_text(text)


_LOOKS = """
def small(value):
    if isinstance(value, int) and not -(1 << 30) <= value < 1 << 30:
        raise ValueError("an operation gave what does not fit 31 bits")
    return value
"""
MODULES = (
    *("budget", "dose", "interval", "ledger", "limits", "thermistor", "ticks", "trend"),
    "judges/predictive",
)
TICKED = (
    *("budget", "button", "clocks", "course", "dose", "guard", "interval", "latch", "ledger"),
    *("pack", "permit", "phases", "reading", "relays", "sequencer", "thermistor", "ticks"),
    *("trend", *(f"judges/{path.stem}" for path in sorted((CORE / "judges").glob("[!_]*.py")))),
)
core = SimpleNamespace(**{name.rpartition("/")[2]: load(name) for name in MODULES})
