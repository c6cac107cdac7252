"""What `make fast` compiled does what the interpreted sources do, in every output."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compiled.__main__ import CORE, FAST, HOST, ROOT, declared, is_current
from tests.parity.test_parity import agree
from tests.properties.backend import MicroPythonBackend

DRIVER = ROOT / "tests/properties/driver.py"

# Those with the limits as shipped: what is compiled cannot be handed toys.
SEEDS = range(0, 54, 3)

built = pytest.mark.skipif(
    not is_current() and "compiled" not in os.environ.get("POULTICE_REQUIRE_TIERS", "").split(),
    reason="nothing current is compiled here: make fast",
)


SOURCES = os.pathsep.join(map(str, (HOST.parent, CORE.parent)))


def python(path: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        env=os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@built
def test_it_is_machine_code_of_the_sources_as_they_are() -> None:
    asked = (
        "import poultice.virtual.plant as plant, poultice_core.guard as guard, sys;"
        "from poultice.device.fingerprint import core_fingerprint;"
        "print(plant.__file__, guard.__file__, core_fingerprint())"
    )
    plant, guard, print_there = python(str(FAST), "-c", asked).split()
    _, interpreted, print_here = python(SOURCES, "-c", asked).split()

    assert plant.endswith((".so", ".pyd"))
    assert guard.endswith((".so", ".pyd"))
    assert interpreted == str(CORE / "guard.py")
    assert print_there == print_here


@built
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.requirement("SR-01", "SR-02", "SR-04", "SR-06", "SR-16", "SR-18", "SR-22", "SR-24")
def test_the_compiled_core_agrees_in_everything(seed: int) -> None:
    agree(MicroPythonBackend(sys.executable, DRIVER, FAST), seed)


@built
def test_the_rows_of_a_campaign_are_the_same_to_the_byte(tmp_path: Path) -> None:
    kept = []
    for name, path in (("interpreted", SOURCES), ("compiled", str(FAST))):
        rows = tmp_path / f"{name}.jsonl"
        words = ("campaign", "--runs", "30", "--seed", "11", "--jobs", "1", "--output", str(rows))
        python(path, "-m", "poultice", *words)
        kept.append(rows.read_bytes())

    assert kept[0] == kept[1]
    assert len(kept[0].splitlines()) >= 30


def test_without_a_compiler_it_says_what_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.compiled"],
        cwd=ROOT,
        env={"PATH": "/nowhere", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "make fast: nothing is compiled without a C compiler" in done.stderr
    assert "everything runs as it is" in done.stderr
    assert "Traceback" not in done.stderr


def test_constants_are_declared_and_nothing_else_changes() -> None:
    text = '"""What it is."""\n\nA = 1\n_B = {\n    "x": 2,\n}\nTYPE_CHECKING = False\nc = 3\n'

    changed = declared(text, {})

    assert "\nA: _Final = 1\n_B: _Final = {\n" in changed
    assert "\nTYPE_CHECKING = False\nc = 3\n" in changed


def test_what_a_class_takes_over_is_declared_again() -> None:
    changed = declared('"""Doc."""\nclass Board(Base):\n    names = ("a",)\n', {"names": "tuple"})

    assert "@_attr(allow_interpreted_subclasses=True)\nclass Board(Base):" in changed
    assert "    names: tuple = ('a',)" in changed.replace('"', "'")
