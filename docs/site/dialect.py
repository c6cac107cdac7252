"""From CPython's dialect to MicroPython's, by rule and not by hand.

What only types need is taken away; named tuples and dataclasses are written out; a few forms that
MicroPython's grammar lacks are said in others. `as_steps` turns calls that wait for the device
into `yield from`: in a page nothing may wait, so that who waits gives way and is gone on with.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping

_TYPES_ONLY = ("__future__", "typing", "collections.abc")
_BUILT_IN = frozenset({"dict", "frozenset", "list", "set", "tuple", "Counter", "deque"})


def without_types(text: str, values: Mapping[str, str] | None = None) -> str:
    """The same module in MicroPython's dialect; `values` has the source of what types tell at
    run time, by the name that it is given."""
    tree = ast.parse(text)
    gone = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in _TYPES_ONLY
        for alias in node.names
    }
    tree = _Untyped(gone, values or {}).visit(tree)
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Untyped(ast.NodeTransformer):
    def __init__(self, gone: Collection[str], values: Mapping[str, str]) -> None:
        self._gone = gone
        self._values = values

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module in _TYPES_ONLY else node

    def visit_If(self, node: ast.If) -> ast.AST | None:
        typed = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if typed else self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        value = node.value
        names = [one.id for one in node.targets if isinstance(one, ast.Name)]
        if names and names[0] in self._values:
            node.value = ast.parse(self._values[names[0]], mode="eval").body
            return node
        alias = isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name)
        of_types = alias and value.value.id in {*self._gone, *_BUILT_IN}  # type: ignore[attr-defined]
        return None if of_types else self.generic_visit(node)

    def visit_Delete(self, node: ast.Delete) -> ast.AST | None:
        (target,) = node.targets
        held = isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name)
        return None if held and target.value.id in self._values else self.generic_visit(node)  # type: ignore[attr-defined]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.visit_Assign(ast.Assign(targets=[node.target], value=node.value))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for argument in [*every, node.args.vararg, node.args.kwarg]:
            if argument is not None:
                argument.annotation = None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        named = [ast.unparse(base) for base in node.bases] == ["NamedTuple"]
        decorators = [one for one in node.decorator_list if not _dataclass(one)]
        if named or len(decorators) < len(node.decorator_list):
            node.decorator_list = decorators
            node.bases = [] if named else node.bases
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
            others = [one for one in node.body if one not in fields]
            first = 1 if ast.get_docstring(node) is not None else 0
            made = [_init(fields), *(_tuple_of(fields) if named else [])]
            node.body = [*others[:first], *made, *others[first:]]
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`dict[str, int]()`: the class alone."""
        typed = isinstance(node.value, ast.Name) and node.value.id in _BUILT_IN
        return node.value if typed else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name):
            return node
        if node.func.id == "zip":
            node.keywords = [one for one in node.keywords if one.arg != "strict"]
        elif node.func.id == "vars":
            return ast.Attribute(node.args[0], "__dict__", ast.Load())
        elif node.func.id == "isinstance":
            node.args[1] = _classes(node.args[1])
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """An f-string, whose reader there stumbles over a colon in quotes: `str.format`."""
        self.generic_visit(node)
        values: list[ast.expr] = []
        told = ast.Constant(_template(node, values))
        return ast.Call(ast.Attribute(told, "format", ast.Load()), values, [])

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = self.visit(node.value)
        spec = node.format_spec
        for one in spec.values if isinstance(spec, ast.JoinedStr) else ():
            self.visit(one)
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """`{**one, "a": 1}`: `one | {"a": 1}`."""
        self.generic_visit(node)
        if None not in node.keys:
            return node
        parts: list[ast.expr] = [ast.Dict([], [])]
        for key, value in zip(node.keys, node.values, strict=True):
            parts.append(value if key is None else ast.Dict([key], [value]))
        return _joined(parts, ast.BitOr())

    def visit_List(self, node: ast.List) -> ast.AST:
        """`[*one, 1]`: `list(one) + [1]`."""
        self.generic_visit(node)
        return _listed(node.elts) if _starred(node) else node

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        return _made("tuple", _listed(node.elts)) if _starred(node) else node


def _starred(node: ast.List | ast.Tuple) -> bool:
    is_read = isinstance(node.ctx, ast.Load)
    return is_read and any(isinstance(one, ast.Starred) for one in node.elts)


def _listed(items: list[ast.expr]) -> ast.expr:
    parts: list[ast.expr] = [
        _made("list", one.value) if isinstance(one, ast.Starred) else ast.List([one], ast.Load())
        for one in items
    ]
    return _joined(parts, ast.Add())


def _made(kind: str, of: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(kind, ast.Load()), [of], [])


def _template(node: ast.JoinedStr, values: list[ast.expr]) -> str:
    """What `str.format` is called on; `values` gains what with, in its order."""
    told = ""
    for one in node.values:
        if isinstance(one, ast.FormattedValue):
            values.append(one.value)
            how = f"!{chr(one.conversion)}" if one.conversion >= 0 else ""
            spec = one.format_spec
            if isinstance(spec, ast.JoinedStr):
                how += f":{_template(spec, values)}"
            told += f"{{{how}}}"
        else:
            told += ast.literal_eval(one).replace("{", "{{").replace("}", "}}")
    return told


def _joined(parts: list[ast.expr], how: ast.operator) -> ast.expr:
    whole = parts[0]
    for one in parts[1:]:
        whole = ast.BinOp(whole, how, one)
    return whole


def _classes(told: ast.expr) -> ast.expr:
    """The second argument of `isinstance`: `a | b` is a tuple there, and a mapping is a dict."""
    if isinstance(told, ast.BinOp):
        return ast.Tuple([_classes(told.left), _classes(told.right)], ast.Load())
    mapping = isinstance(told, ast.Name) and told.id == "Mapping"
    return ast.Name("dict", ast.Load()) if mapping else told


def _dataclass(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).partition("(")[0] == "dataclass"


def _init(fields: Iterable[ast.AnnAssign]) -> ast.FunctionDef:
    given, lines = [], []
    for one in fields:
        name = ast.unparse(one.target)
        value = None if one.value is None else ast.unparse(one.value)
        made = ""
        if value is not None and value.startswith("field("):
            made = ast.unparse(one.value.keywords[0].value)  # type: ignore[union-attr]
            value = "None"
        given.append(name if value is None else f"{name}={value}")
        told = f"{made}() if {name} is None else {name}" if made else name
        lines.append(f"    self.{name} = {told}")
    return _function("\n".join([f"def __init__(self, {', '.join(given)}):", *lines]))


def _tuple_of(fields: Iterable[ast.AnnAssign]) -> list[ast.stmt]:
    """What a named tuple tells of itself."""
    names = tuple(ast.unparse(one.target) for one in fields)
    told = "def _asdict(self):\n    return {name: getattr(self, name) for name in self._fields}"
    return [ast.parse(f"_fields = {names!r}").body[0], _function(told)]


def _function(text: str) -> ast.FunctionDef:
    made = ast.parse(text).body[0]
    assert isinstance(made, ast.FunctionDef)
    return made


def as_steps(texts: Mapping[str, str], waits: str, never: Collection[str]) -> dict[str, str]:
    """The same modules with each function that calls one named `waits`, or calls one that does,
    as a generator. Calls are told apart by their names; `never` has the objects that do not wait
    though a method of theirs is called like one that does."""
    trees = {name: ast.parse(text) for name, text in texts.items()}
    functions = [
        node for tree in trees.values() for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]  # fmt: skip
    waiting = {waits}
    while True:
        more = {
            one.name
            for one in functions
            if any(_called(node, never) in waiting for node in ast.walk(one))
        }
        if more <= waiting:
            break
        waiting |= more
    steps = _Steps(waiting, never)
    return {
        name: ast.unparse(ast.fix_missing_locations(steps.visit(tree))) + "\n"
        for name, tree in trees.items()
    }


def _called(node: ast.AST, never: Collection[str]) -> str | None:
    """The name under which it calls something."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name):
        return node.func.id
    if isinstance(node.func, ast.Attribute):
        of = ast.unparse(node.func.value).rpartition(".")[2]
        return None if of in never else node.func.attr
    return None


class _Steps(ast.NodeTransformer):
    def __init__(self, waiting: Collection[str], never: Collection[str]) -> None:
        self._waiting = waiting
        self._never = never

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return ast.YieldFrom(node) if _called(node, self._never) in self._waiting else node
