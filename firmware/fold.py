"""What the image freezes: the sources of the device with the integer constants folded into them.

On the device a name of a module is looked up in a table at every use and kept in RAM. Here each
name that a module binds once, to an integer, becomes its number wherever it is used, in its own
module (`_X`), imported (`from .tick import OK`) or through its module (`states.RUNNING`). Names
that nobody uses any more are dropped: constants, imports, and what annotations alone need.
The modules in `NATIVE` are compiled to machine code. Nothing else changes.
"""

from __future__ import annotations

import ast
import operator
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

FIRMWARE = Path(__file__).resolve().parent

# Modules whose functions become machine code: what runs in a tick, and what it reports. Not
# `__init__`, which runs once, and not what is compiled in another way already. Left as bytecode is
# what a tick does not run, and five on which MicroPython's compiler itself ends when it is to emit
# machine code (`config`, `disk`, `journal`, `requests`, `store`). Machine code needs its words
# where the processor looks for them: `usbline/micropython.cmake`, docs/decisions/0031.
NATIVE = {
    *(
        f"poultice_core.{name}"
        for name in (
            *("adoption", "budget", "button", "clocks", "codec", "course", "dose", "guard"),
            *("interval", "latch", "ledger", "link", "loop", "measure", "memory", "news", "pack"),
            *("permit", "phases", "reading", "relays", "sequencer", "settings", "states", "tally"),
            *("telemetry", "thermistor", "thermostat", "tick", "ticks", "trend", "waiting"),
            *("wallclock", "witness", "writer"),
        )
    ),
    *(
        f"poultice_core.judges.{name}"
        for name in (
            *("cold", "cutoffs", "durations", "heating", "integrity", "lateness", "predictive"),
            *("treatment", "welds"),
        )
    ),
    *(
        f"poultice_pico.{name}"
        for name in ("analog", "application", "board", "deadman", "debounce", "link", "signs")
    ),
}

_Scope = ast.FunctionDef | ast.Lambda | ast.ClassDef
# Decorators after which a function is no bytecode any more.
_COMPILED = ("micropython.", "rp2.")
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}


def write_folded(into: Path) -> None:
    """The folded sources of the device, as packages in this directory, and nothing else."""
    shutil.rmtree(into, ignore_errors=True)
    modules = folded(device_sources())
    emit_natively(modules)
    write(modules, into)


def write(modules: dict[str, Module], into: Path) -> None:
    """Each as a file below this directory."""
    for name, module in modules.items():
        path = into.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ast.unparse(module.tree) + "\n", encoding="utf-8")


def device_sources() -> dict[str, str]:
    """The sources of the core and of the board, by dotted name of module."""
    return {
        ".".join(path.relative_to(base).with_suffix("").parts): path.read_text(encoding="utf-8")
        for base in (FIRMWARE / "core", FIRMWARE / "pico")
        for path in sorted(base.glob("poultice_*/**/*.py"))
    }


def folded(sources: dict[str, str]) -> dict[str, Module]:
    """The sources by dotted name of module (a package's is `package.__init__`), folded."""
    modules = {name: Module(name, text) for name, text in sources.items()}
    while sum(module.learn(modules) for module in modules.values()):
        pass
    for module in modules.values():
        module.tree = _Folder(module, modules).visit(module.tree)
    dropped = 1
    while dropped:
        wanted = {want for module in modules.values() for want in module.wants()}
        dropped = sum(module.drop(wanted) for module in modules.values())
    return modules


def emit_natively(modules: dict[str, Module]) -> None:
    """Decorate what `NATIVE` lists. Raises LookupError where something of it is not there."""
    for name in sorted(NATIVE):
        if name not in modules or not _decorate(modules[name]):
            raise LookupError(f"{name} has nothing to emit natively")


class Module:
    """One module: `constants` by name; `replaced`: each name as it was written, with its number."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.tree = ast.parse(text)
        self.constants: dict[str, int] = {}
        self.replaced: dict[str, int] = {}
        bound = Counter(_bound(self.tree))
        self._once = {name for name, count in bound.items() if count == 1}
        # (module, name there) by the name here, of every `from … import`, wherever it stands.
        self.imported: dict[str, tuple[str, str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                base = name.split(".")[: -node.level] if node.level else []
                source = ".".join([*base, *filter(None, [node.module])])
                for alias in node.names:
                    self.imported[alias.asname or alias.name] = (source, alias.name)

    def value(self, node: ast.expr | None, modules: dict[str, Module]) -> int | None:
        """The integer that an expression of constants comes to, else None."""
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        if isinstance(node, ast.Name):
            return self.constants.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            other = self._alias(node.value.id, modules)
            return other.constants.get(node.attr) if other else None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            operand = self.value(node.operand, modules)
            return None if operand is None else -operand
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = self.value(node.left, modules), self.value(node.right, modules)
            if left is not None and right is not None:
                return int(_OPERATORS[type(node.op)](left, right))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "const":
            return self.value(node.args[0], modules)
        return None

    def learn(self, modules: dict[str, Module]) -> int:
        """Constants that are known now and were not before: how many."""
        known = len(self.constants)
        for node in self.tree.body:
            target, value = _assignment(node)
            if target in self._once and (number := self.value(value, modules)) is not None:
                self.constants[target] = number
        for here, (source, there) in self.imported.items():
            other = _found(source, modules)
            if other and here in self._once and there in other.constants:
                self.constants[here] = other.constants[there]
        return len(self.constants) - known

    def reads(self) -> set[str]:
        """Every name that is read here."""
        return {node.id for node in ast.walk(self.tree) if _is_read(node)}

    def wants(self) -> Iterator[tuple[str, str]]:
        """(module, name) of all that is taken from elsewhere here."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield self.imported[alias.asname or alias.name]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id in self.imported:
                    yield ".".join(self.imported[node.value.id]), node.attr

    def drop(self, wanted: set[tuple[str, str]]) -> int:
        """Take out the bindings that nobody wants or reads here: how many."""
        name = self.name.removesuffix(".__init__")
        used = {there for source, there in wanted if source == name} | self.reads()
        dropper = _Dropper(used, self.constants)
        self.tree = dropper.visit(self.tree)
        return dropper.count

    def _alias(self, name: str, modules: dict[str, Module]) -> Module | None:
        """The module that a name stands for here."""
        if name not in self._once or name not in self.imported:
            return None
        return _found(".".join(self.imported[name]), modules)


class _Folder(ast.NodeTransformer):
    """Numbers for names, except where a function or class has its own of that name."""

    def __init__(self, module: Module, modules: dict[str, Module]) -> None:
        self._module = module
        self._modules = modules
        self._own: list[set[str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        # Of viper the annotations are the types that it is compiled for.
        if any(ast.unparse(one) == "micropython.viper" for one in node.decorator_list):
            kept = [arg.annotation for arg in node.args.args]
            self._scope(node)
            for arg, annotation in zip(node.args.args, kept, strict=True):
                arg.annotation = annotation
            return node
        node.returns = None
        return self._scope(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return self._scope(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._scope(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign([node.target], node.value, lineno=node.lineno))

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        # One of constants alone would be frozen whole, each number in it as a big integer.
        for item in node.elts:
            constant = isinstance(item, (ast.Constant, ast.Tuple))
            if not constant and self._module.value(item, self._modules) is None:
                return self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._number(node, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name):
            return self._number(node, node.value.id)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant) and not node.test.value:
            return node.orelse
        return node

    def _scope(self, node: _Scope) -> ast.AST:
        self._own.append(set(_bound(node)))
        self.generic_visit(node)
        self._own.pop()
        return node

    def _number(self, node: ast.Name | ast.Attribute, first: str) -> ast.AST:
        mine = any(first in own for own in self._own)
        if mine or not isinstance(node.ctx, ast.Load):
            return node
        number = self._module.value(node, self._modules)
        if number is None:
            return node
        self._module.replaced[ast.unparse(node)] = number
        plain = ast.Constant(abs(number) if type(number) is int else number)
        return ast.UnaryOp(ast.USub(), plain) if number < 0 else plain


class _Dropper(ast.NodeTransformer):
    """Without imports and constants that are not in `used`; `count`: how many were taken out."""

    def __init__(self, used: set[str], constants: dict[str, int]) -> None:
        self._used = used
        self._constants = constants
        self.count = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        if node.module == "__future__":
            return node
        kept = [alias for alias in node.names if (alias.asname or alias.name) in self._used]
        self.count += len(node.names) - len(kept)
        node.names = kept
        return node if kept else None

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        target, _ = _assignment(node)
        if target == "__all__" or (target in self._constants and target not in self._used):
            self.count += 1
            return None
        return node


def _assignment(node: ast.stmt) -> tuple[str, ast.expr | None]:
    """Name and value of a plain assignment to one name, else ("", None)."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return "", None
    return (target.id, node.value) if isinstance(target, ast.Name) else ("", None)


def _found(name: str, modules: dict[str, Module]) -> Module | None:
    return modules.get(name) or modules.get(f"{name}.__init__")


def _is_read(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _bound(scope: ast.AST) -> Iterator[str]:
    """Every name that the scope itself binds, once for each time; `global` counts as one more."""
    todo = list(ast.iter_child_nodes(scope))
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Global):
                    yield from inner.names
        else:
            todo += ast.iter_child_nodes(node)


def _decorate(module: Module) -> int:
    """Make the module's functions machine code: how many."""
    count = 0
    for outer in module.tree.body:
        for node in outer.body if isinstance(outer, ast.ClassDef) else [outer]:
            if not isinstance(node, ast.FunctionDef) or node.name == "__init__":
                continue
            if any(ast.unparse(one).startswith(_COMPILED) for one in node.decorator_list):
                continue
            decorator = ast.parse("micropython.native", mode="eval").body
            node.decorator_list.append(decorator)
            count += 1
    return count
