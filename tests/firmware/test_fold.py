"""The folded sources that the image freezes do what the sources do."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.firmware.sources import FIRMWARE
from tests.parity.test_parity import agree
from tests.properties.backend import MicroPythonBackend, micropython

sys.path.insert(0, str(FIRMWARE))
import fold

# The last with what `NATIVE` lists in machine code (of this machine, not of the chip).
INTERPRETERS = {
    "CPython": sys.executable,
    "MicroPython": micropython(),
    "MicroPython, native": micropython(),
}
DRIVER = Path(__file__).parents[1] / "properties/driver.py"


def folded(**sources: str) -> dict[str, str]:
    modules = fold.folded({f"p.{name}": text for name, text in sources.items()})
    return {name[2:]: ast.unparse(module.tree) for name, module in modules.items()}


def with_driver() -> dict[str, Any]:
    return fold.folded({**fold.device_sources(), "driver": DRIVER.read_text()})


@pytest.fixture(scope="module")
def device() -> dict[str, Any]:
    return with_driver()


def test_a_name_becomes_its_number_wherever_it_is_used() -> None:
    got = folded(
        a="X = 3\n_Y = X << 2\ndef f():\n    return X + _Y",
        b="from .a import X as Z\ndef f():\n    return Z",
        c="from . import a\n_N = -a.X\ndef f():\n    return 1 - a.X + _N",
    )
    assert got == {
        "a": "def f():\n    return 3 + 12",
        "b": "def f():\n    return 3",
        "c": "def f():\n    return 1 - 3 + -3",
    }


@pytest.mark.parametrize(
    "text",
    [
        "X = 1\nX = 2\n\ndef f():\n    return X",
        "X = 1\n\ndef f():\n    global X\n    X = 2\n\ndef g():\n    return X",
        "X = 'a'\n\ndef f():\n    return X",
        "X = f()\n\ndef g():\n    return X",
        "for X in (1, 2):\n    print(X)",
    ],
)
def test_what_is_no_constant_stays(text: str) -> None:
    assert folded(a=text)["a"] == text


@pytest.mark.parametrize(
    "function",
    [
        "def f(X):\n    return X",
        "def f():\n    X = 2\n    return X",
        "def f():\n    return [X for X in (4, 5)]",
        "f = lambda X: X",
        "class C:\n    X = 2\n    Y = X",
        "def f():\n    for X in g():\n        return X",
    ],
)
def test_another_thing_of_the_same_name_stays(function: str) -> None:
    assert folded(a="X = 1\n" + function)["a"].endswith(function)


def test_what_viper_is_compiled_for_stays() -> None:
    text = "@micropython.viper\ndef f(a: ptr32, b: int, c) -> bool:\n    return a[0] == b"
    assert folded(a=text)["a"] == text


def test_what_annotations_alone_need_is_dropped() -> None:
    got = folded(
        a="class T: ...\nclass U: ...",
        b="TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from .a import T\nfrom .a import U\n"
        "def f(t: 'T', u: U) -> U:\n    x: U = u\n    return x",
    )
    assert got["b"] == "def f(t, u):\n    x = u\n    return x"


def test_what_another_module_wants_stays() -> None:
    got = folded(
        a="from .b import t\nT = (1, 'x')", b="def t(): ...", c="from .a import T, t\nT(t)"
    )
    assert "from .b import t" in got["a"]
    assert "T = " in got["a"]


def test_a_tuple_of_constants_alone_stays_as_it_is() -> None:
    # Frozen whole, each number in it would be a big integer (see test_subset).
    text = "A = 1\nB = 2\n\ndef f():\n    return ((A, B), ('a', A))"
    assert folded(a=text)["a"] == text


def test_what_is_emitted_natively_is_every_function_but_init(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fold, "NATIVE", {"a"})
    modules = fold.folded(
        {
            "a": "class C:\n    def __init__(self): ...\n    @property\n    def f(self): ...\n"
            "@micropython.viper\ndef g(): ...",
            "b": "def f(): ...",
        }
    )
    fold.emit_natively(modules)
    assert ast.unparse(modules["a"].tree).count("@micropython.native\n    def f") == 1
    assert ast.unparse(modules["a"].tree).count("native") == 1
    assert "native" not in ast.unparse(modules["b"].tree)
    monkeypatch.setattr(fold, "NATIVE", {"c"})
    with pytest.raises(LookupError, match="c has nothing"):
        fold.emit_natively(modules)


def test_what_the_compiler_ends_on_stays_bytecode() -> None:
    names = {name.rpartition(".")[2] for name in fold.NATIVE}
    assert not names & {"config", "disk", "journal", "limits", "requests", "store"}


def test_every_number_is_the_value_of_the_name(device: dict[str, Any]) -> None:
    checked = 0
    for name, module in device.items():
        if name.startswith("poultice_core"):
            here = vars(importlib.import_module(name.removesuffix(".__init__")))
            for text, number in module.replaced.items():
                assert eval(text, here) == number, (name, text)
                checked += 1
    assert checked > 300


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.requirement("SR-02", "SR-16")
def test_the_folded_core_gives_the_same_outputs(
    interpreter: str, seed: int, device: dict[str, Any], tmp_path: Path
) -> None:
    command = INTERPRETERS[interpreter]
    if command is None:
        pytest.skip("no MicroPython interpreter is installed")
    modules = device
    if interpreter.endswith("native"):
        modules = with_driver()
        fold.emit_natively(modules)
    fold.write(modules, tmp_path)
    agree(MicroPythonBackend(command, tmp_path / "driver.py", tmp_path), seed)
