"""What the device's files may use: the language that MicroPython has, and less than that."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware.sources import CORE, DEVICE, FIRMWARE, PICO, imports, name, tree

PICO_MODULES = {
    "binascii", "errno", "gc", "hashlib", "machine", "micropython", "os", "rp2", "select", "sys",
    "time", "usbline", "vfs",
}  # fmt: skip
OURS = ("poultice_core", "poultice_fingerprint", "poultice_pico")
CORE_MODULES = {"json", "binascii"}
CALLS = ("float", "round", "eval", "exec", "input", "breakpoint")


def tool(command: str) -> str:
    beside = Path(sys.executable).with_name(command)
    found = str(beside) if beside.exists() else shutil.which(command)
    if not found:
        pytest.skip(f"{command} is not installed: make test installs it")
    return found


def forbidden(path: Path) -> Iterator[str]:
    """What parses on CPython, but is not there or does something else on the device."""
    for node in ast.walk(tree(path)):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Assert):
            yield f"{line}: assert, which mpy-cross may drop"
        elif isinstance(node, (ast.Match, ast.TryStar, ast.AsyncFunctionDef, ast.AsyncWith)):
            yield f"{line}: {type(node).__name__}"
        elif isinstance(node, (ast.FunctionDef, ast.Lambda)) and node.args.posonlyargs:
            yield f"{line}: positional-only parameters"
        elif isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            yield f"{line}: a number with a fraction"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield f"{line}: a division that makes a float"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield f"{line}: @"
        elif isinstance(node, ast.Attribute) and node.attr == "to_bytes":
            yield f"{line}: to_bytes, which has no sign on the device"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
            yield f"{line}: {ast.unparse(node.func)}()"


@pytest.mark.parametrize("path", DEVICE, ids=name)
def test_it_compiles_for_the_device(path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [tool("mpy-cross"), "-march=armv6m", "-o", str(tmp_path / "out.mpy"), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", DEVICE, ids=name)
def test_nothing_the_subset_forbids(path: Path) -> None:
    assert list(forbidden(path)) == []


@pytest.mark.parametrize("path", CORE, ids=name)
def test_the_core_imports_only_itself(path: Path) -> None:
    assert set(imports(path)) <= CORE_MODULES


@pytest.mark.parametrize("path", CORE, ids=name)
def test_the_core_does_not_print(path: Path) -> None:
    names = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
    assert not names & {"print", "open"}


@pytest.mark.parametrize("path", PICO, ids=name)
def test_the_board_imports_what_is_in_every_image(path: Path) -> None:
    outside = {module for module in imports(path) if not module.startswith(OURS)}
    assert outside <= PICO_MODULES


@pytest.mark.parametrize("path", PICO, ids=name)
def test_a_module_of_the_board_fits_in_150_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 150


@pytest.mark.parametrize("path", CORE, ids=name)
def test_the_core_imports_on_the_unix_port(path: Path) -> None:
    """Annotations that only CPython can evaluate compile, but do not run."""
    micropython = tool("micropython")
    module = ".".join(path.relative_to(FIRMWARE / "core").with_suffix("").parts)
    done = subprocess.run(
        [micropython, "-c", f"import {module}"],
        env={"MICROPYPATH": str(FIRMWARE / "core")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def frozen_numbers(path: Path) -> Iterator[str]:
    """Tuples of numbers that stand in the module as constants."""
    for node in tree(path).body:
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, ast.Tuple) and len(value.elts) > 2:
            try:
                items = ast.literal_eval(value)
            except ValueError:  # names: these are loaded when the module is
                continue
            if all(type(item) is int for item in items):
                yield f"{node.lineno}: {ast.unparse(node)[:40]}"


@pytest.mark.parametrize("path", DEVICE, ids=name)
def test_tables_of_numbers_are_built_at_start_up(path: Path) -> None:
    # Frozen into the image, each number of a constant tuple is a big integer: 64 bytes were
    # allocated per sensor and tick until the tables were built by `tuple([...])`.
    assert list(frozen_numbers(path)) == []


def test_a_table_that_is_not_built_at_start_up_is_seen(tmp_path: Path) -> None:
    module = tmp_path / "table.py"
    module.write_text("TABLE = (1, 2, -3)\nNAMES = ('a', 'b', 'c')\nBUILT = tuple([1, 2, 3])\n")
    assert list(frozen_numbers(module)) == ["1: TABLE = (1, 2, -3)"]
