"""What a release must hold to: outputs first, everything in it, one version."""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path

import pytest

from poultice_core import PROTOCOL, VERSION, codec
from tests.firmware.sources import CORE, FIRMWARE, PICO, imports, name, tree

PICO_DIR = FIRMWARE / "pico"
BOARDS = sorted((FIRMWARE / "boards").glob("*/mpconfigboard.h"))
OUTPUTS = {9, 10, 11, 12}
FIRST_FILES = (PICO_DIR / "_boot.py", PICO_DIR / "boot.py")


def driven_low(node: ast.stmt) -> int | None:
    """The pin of a statement `Pin(n, Pin.OUT, value=0)`."""
    match = re.fullmatch(r"Pin\((\d+), Pin\.OUT, value=0\)", ast.unparse(node))
    return int(match[1]) if match else None


@pytest.mark.requirement("SR-15")
@pytest.mark.parametrize("path", FIRST_FILES, ids=name)
def test_outputs_are_driven_low_before_anything_that_can_fail(path: Path) -> None:
    docstring, first, *rest = tree(path).body
    assert isinstance(docstring, ast.Expr)
    assert ast.unparse(first) == "from machine import Pin"
    assert {driven_low(node) for node in rest[:4]} == OUTPUTS


@pytest.mark.requirement("SR-14")
def test_nobody_else_makes_an_output_of_what_the_dead_man_drives() -> None:
    for path in PICO:
        if path in FIRST_FILES:
            continue
        makes = re.findall(r"Pin\((?:pins\.)?(?:MASTER|MASTER_PUMP|9|10)\b[^)]*", path.read_text())
        if path.stem == "deadman":
            assert makes == ["Pin(MASTER_PUMP"]
        else:
            assert makes == []


@pytest.mark.requirement("SR-14")
def test_the_watchdog_is_fed_by_the_tick_alone() -> None:
    feeders = [name(path) for path in PICO + CORE if ".feed()" in path.read_text()]
    # The board's own `feed`, and the last one before a restart that was asked for.
    assert feeders == ["pico/poultice_pico/board.py", "core/poultice_core/loop.py"]
    for path in PICO:
        assert not re.search(r"\bTimer\b|\.irq\(", path.read_text()), name(path)


def test_ctrl_c_is_a_byte_before_the_application_is_loaded() -> None:
    body = [ast.unparse(node) for node in tree(PICO_DIR / "main.py").body[1:]]
    assert body[:2] == ["import micropython", "micropython.kbd_intr(-1)"]


def included(path: Path) -> str:
    """A board's header, and what it includes of ours."""
    text = path.read_text()
    found = re.findall(r'^#include "(.+)"$', text, re.M)
    return "\n".join([text, *((path.parent / one).read_text() for one in found)])


@pytest.mark.parametrize("path", BOARDS, ids=name)
def test_a_whole_line_fits_the_transmit_buffer(path: Path) -> None:
    header = included(path)
    size = re.search(r"CFG_TUD_CDC_TX_BUFSIZE\s+\((\d+)\)", header)
    assert size is not None
    assert int(size[1]) >= codec.MAX_LINE


@pytest.mark.parametrize("path", BOARDS, ids=name)
def test_no_baud_rate_restarts_the_board(path: Path) -> None:
    header = included(path)
    assert re.search(r"MICROPY_HW_USB_CDC_1200BPS_TOUCH\s+\(0\)", header)


def test_the_package_for_mip_lists_every_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FIRMWARE))
    text = importlib.import_module("package").text()
    assert (FIRMWARE / "package.json").read_text() == text, "run `python firmware/package.py`"
    package = json.loads(text)
    assert package["version"] == VERSION
    expected = {
        path.relative_to(base).as_posix(): name(path)
        for base, paths in ((FIRMWARE / "core", CORE), (PICO_DIR, PICO))
        for path in paths
        if path.name != "_boot.py"  # only a build can put it where it counts
    }
    assert dict(package["urls"]) == expected


def test_the_image_freezes_every_file() -> None:
    manifest = (FIRMWARE / "boards/manifest.py").read_text()
    for path in PICO_DIR.glob("*.py"):
        assert f'"{path.name}"' in manifest
    assert manifest.count("package(") == 2
    assert 'module("poultice_fingerprint.py", base_path="$(BOARD_DIR)/../../../build/frozen")' in (
        manifest
    )


def test_no_thread_is_started() -> None:
    assert not any("_thread" in imports(path) for path in PICO + CORE)


def test_the_image_names_its_version_and_link() -> None:
    text = (FIRMWARE / "pico/poultice_pico/__init__.py").read_text(encoding="utf-8")
    assert f'IMAGE = "poultice firmware {VERSION} link {PROTOCOL} end"' in text
