"""Which sources of the core these are."""

from __future__ import annotations

import hashlib
import json
import re
import runpy
from pathlib import Path

import pytest

import poultice_core
from poultice.cli import main
from poultice.device.fingerprint import core_fingerprint, fingerprint


def package(root: Path) -> Path:
    (root / "judges").mkdir(parents=True)
    for name, text in (("b.py", "B"), ("judges/a.py", "A"), ("a.py", "é")):
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_it_is_made_of_paths_and_contents_in_the_order_of_the_paths(tmp_path: Path) -> None:
    found = fingerprint(package(tmp_path / "one"))

    whole = "a.py\0é\0b.py\0B\0judges/a.py\0A\0".encode()
    assert found == hashlib.sha256(whole).hexdigest()[:16]


def test_what_is_no_source_and_where_it_is_do_not_count(tmp_path: Path) -> None:
    one, two = package(tmp_path / "one"), package(tmp_path / "two")
    (two / "__pycache__").mkdir()
    (two / "__pycache__/a.pyc").write_bytes(b"x")

    assert fingerprint(one) == fingerprint(two)


@pytest.mark.parametrize("change", ["content", "name", "another", "border"])
def test_any_change_counts(tmp_path: Path, change: str) -> None:
    one, two = package(tmp_path / "one"), package(tmp_path / "two")
    if change == "content":
        (two / "judges/a.py").write_text("a")
    elif change == "name":
        (two / "b.py").rename(two / "c.py")
    elif change == "another":
        (two / "empty.py").touch()
    else:
        (two / "b.py").write_text("Bjudges/a.py")

    assert fingerprint(one) != fingerprint(two)


def test_it_is_that_of_the_core_that_is_installed() -> None:
    import poultice_core

    assert re.fullmatch("[0-9a-f]{16}", core_fingerprint())
    assert core_fingerprint() == fingerprint(Path(str(poultice_core.__file__)).parent)


SOURCES = runpy.run_path(str(Path(__file__).parents[2] / "firmware/pico/poultice_pico/sources.py"))


def test_a_board_with_copied_files_works_out_the_same(tmp_path: Path) -> None:
    on_board = SOURCES["fingerprint"]
    core = Path(str(poultice_core.__file__)).parent
    assert on_board(str(core)) == core_fingerprint()
    (package(tmp_path / "some") / "notes.txt").touch()
    assert on_board(str(tmp_path / "some")) == fingerprint(tmp_path / "some")


@pytest.mark.parametrize(
    ("core", "tested", "says"),
    [
        (core_fingerprint(), True, "the logic that was tested"),
        ("0123456789abcdef", False, "runs logic 0123456789abcdef; what was tested"),
        ("", False, "logic that it cannot name"),
    ],
    ids=["the same", "edited", "unnamed"],
)
def test_which_logic_a_device_runs_is_told(
    core: str,
    tested: bool,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By every command that a person meets it with: `firmware info`, the doctor."""
    monkeypatch.setattr("poultice.virtual.virtual_device.core_fingerprint", lambda: core)
    assert main(["firmware", "info", "--device", "sim:", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["match"], found["device"]["core"]) == (tested, core)
    assert tested or (says in found["problem"] and "firmware flash" in found["hint"])
    main(["doctor", "--device", "sim:", "--json"])
    probes = {one["name"]: one for one in json.loads(capsys.readouterr().out)["probes"]}
    assert probes["firmware"]["result"] == ("ok" if tested else "warn")
    assert says in probes["firmware"]["says"]
