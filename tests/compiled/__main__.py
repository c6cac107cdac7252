"""The device's logic and the simulated body as machine code, for evidence: `make fast`.

    python -m tests.compiled                 # into build/fast
    PYTHONPATH=build/fast poultice campaign  # the same rows, sooner

Copies of both packages, in which mypyc compiled the core and what a simulated tick runs through:
the same sources, with every constant declared one. What the tests judge is the interpreted core,
and the wheel holds no machine code: this makes long runs shorter and does nothing else. The
property machine's traces are played on both, and they agree in every output (test_compiled.py).
"""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
FAST = ROOT / "build" / "fast"
CORE = ROOT / "firmware" / "core" / "poultice_core"
HOST = ROOT / "host" / "poultice"
DONE = ".done"
# What a simulated tick runs through, beside the core.
PLANT = ("adc", "body", "plant", "relays", "thermistors", "virtual_board")
# Classes that an interpreted one derives from, in the simulator or in a test. It sets attributes
# in its `__init__`: one of its class is not seen by what was compiled.
OPEN = {"Board", "Channel", "Limits", "Plant", "Reading", "Relay", "Sequencer", "Store",
        "VirtualBoard"}  # fmt: skip
IMPORTS = [
    "from typing import Final as _Final",
    "from mypy_extensions import mypyc_attr as _attr",
]
OPENED = "@_attr(allow_interpreted_subclasses=True)"
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


class CannotCompileError(Exception):
    """What is missing, in words."""


def declared(text: str, annotations: dict[str, str]) -> str:
    """The same module, its constants `Final`, which mypyc folds, and what a class takes over from
    another one declared again: it takes no attribute whose type was guessed anew."""
    tree = ast.parse(text)
    lines = text.split("\n")
    for node in tree.body:
        name = _assigned(node)
        if _CONSTANT.fullmatch(name) and name != "TYPE_CHECKING":
            _annotate(lines, node, "_Final")
    for owner in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for node in owner.body:
            if _assigned(node) in annotations:
                _annotate(lines, node, annotations[_assigned(node)])
        if owner.name in OPEN:
            lines[owner.lineno - 1] = f"{OPENED}\n{lines[owner.lineno - 1]}"
    heads = [n.end_lineno or 0 for n in tree.body if _is_head(n)]
    at = max(heads, default=0)
    return "\n".join([*lines[:at], *IMPORTS, *lines[at:]])


def _is_head(node: ast.stmt) -> bool:
    """A docstring, or what has to stand before every other import."""
    return isinstance(node, ast.Expr) or (
        isinstance(node, ast.ImportFrom) and node.module == "__future__"
    )


def _assigned(node: ast.stmt) -> str:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return ""


def _annotate(lines: list[str], node: ast.stmt, kind: str) -> None:
    lines[node.lineno - 1] = lines[node.lineno - 1].replace(" = ", f": {kind} = ", 1)


def annotated(text: str) -> dict[str, str]:
    """Class attribute -> its type, of those that a module declares with one."""
    return {
        ast.unparse(node.target): ast.unparse(node.annotation)
        for owner in ast.walk(ast.parse(text))
        if isinstance(owner, ast.ClassDef)
        for node in owner.body
        if isinstance(node, ast.AnnAssign) and node.value is not None
    }


def build(target: Path) -> None:
    """Both packages, compiled, in this folder. Raises CannotCompileError."""
    missing = _missing()
    if missing:
        raise CannotCompileError(f"nothing is compiled without {missing}; everything runs as it is")
    shutil.rmtree(target, ignore_errors=True)
    for package in (CORE, HOST):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package, target / package.name, ignore=ignored)
    core = sorted((target / CORE.name).rglob("*.py"))
    plant = [target / f"poultice/virtual/{name}.py" for name in PLANT]
    texts = {path: path.read_text(encoding="utf-8") for path in [*core, *plant]}
    annotations: dict[str, str] = {}
    for path in core:
        annotations |= annotated(texts[path])
    for path, text in texts.items():
        path.write_text(declared(_named(text), annotations), encoding="utf-8")
    # In one go: a compiled class derives from no class of another compilation.
    files = [str(path.relative_to(target)) for path in texts]
    command = [sys.executable, "-m", "mypyc", "--strict", *files]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotCompileError(done.stdout[-2000:] + done.stderr[-2000:])
    # Whoever reads the sources, their fingerprint too, finds those that were tested.
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    shutil.rmtree(target / "build", ignore_errors=True)
    (target / DONE).touch()


def is_current(target: Path = FAST) -> bool:
    """Whether what stands there was compiled from the sources as they are now."""
    return (target / DONE).exists() and all(
        _files(here) == _files(target / here.name) for here in (CORE, HOST)
    )


def _files(package: Path) -> dict[Path, bytes]:
    return {path.relative_to(package): path.read_bytes() for path in package.rglob("*.py")}


def _named(text: str) -> str:
    """The names of its attributes, which a compiled class does not list, written out."""
    from poultice.virtual.plant import Plant
    from poultice_core.limits import NAMES

    text = text.replace("tuple(sorted(Limits().__dict__))", repr(NAMES))
    return text.replace("in Plant.__slots__", f"in {Plant.__slots__!r}")


def _missing() -> str:
    if importlib.util.find_spec("mypyc") is None:
        return "mypy (make fast installs it)"
    compiler = str(sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"a C compiler: {compiler} is not there (apt-get install gcc)"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "Python's headers (apt-get install python3-dev)"
    return ""


def main() -> int:
    """Build it; 1 and a line where that cannot be."""
    try:
        build(FAST)
    except CannotCompileError as error:
        print(f"make fast: {error}", file=sys.stderr)
        return 1
    print(f"{FAST.relative_to(ROOT)}: the core and the simulated body, compiled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
