"""What a wheel carries beside the Python, what is left out of it, and what a release insists on."""

from __future__ import annotations

import hashlib
import runpy
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from poultice.cli import main
from poultice.device import uf2
from poultice.device.fingerprint import core_fingerprint
from tests.host.boards import blocks

ROOT = Path(__file__).parents[2]
CHECK = runpy.run_path(str(ROOT / "docs/check_wheel.py"))["wrong"]
Hook = runpy.run_path(str(ROOT / "hatch_build.py"))["CarriedHook"]
IMAGES = ("poultice-pico.uf2", "poultice-pico2.uf2")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree of which both images and the manual have been made."""
    (tmp_path / "firmware/core").mkdir(parents=True)
    (tmp_path / "firmware/core/poultice_core").symlink_to(ROOT / "firmware/core/poultice_core")
    (tmp_path / "host").symlink_to(ROOT / "host")
    (tmp_path / "build/man").mkdir(parents=True)
    (tmp_path / "build/man/poultice.1").touch()
    for name, family in zip(IMAGES, (0xE48BFF56, 0xE48BFF59), strict=True):
        (tmp_path / "build" / name).write_bytes(blocks(core_fingerprint().encode(), family))
    return tmp_path


def carried(tree: Path, version: str = "standard") -> tuple[dict[str, str], list[str]]:
    """What is put into the wheel, by its path there; and the warnings."""
    warnings: list[str] = []
    hook = object.__new__(Hook)
    hook.__dict__ |= {
        "_BuildHookInterface__root": str(tree),
        "_BuildHookInterface__app": SimpleNamespace(display_warning=warnings.append),
    }
    data: dict[str, Any] = {"force_include": {}, "shared_data": {}}
    hook.initialize(version, data)
    return {there: here for part in data.values() for here, there in part.items()}, warnings


def packed(tree: Path, wheel: str = "poultice-0.1.0-py3-none-any.whl") -> Path:
    path = tree / wheel
    with zipfile.ZipFile(path, "w") as archive:
        for there, here in carried(tree)[0].items():
            archive.write(here, there)
    return path


def test_images_manual_and_sums_are_carried(tree: Path) -> None:
    inside, warnings = carried(tree)
    named = {f"poultice/images/{name}" for name in (*IMAGES, "SHA256SUMS")}
    assert inside.keys() == named | {"share/man/man1/poultice.1"}
    assert warnings == []
    sums = Path(inside["poultice/images/SHA256SUMS"]).read_text().split()
    for name in IMAGES:
        digest = hashlib.sha256((tree / "build" / name).read_bytes()).hexdigest()
        assert sums[sums.index(name) - 1] == digest
    assert CHECK(packed(tree)) == []


def test_an_editable_installation_carries_nothing(tree: Path) -> None:
    assert carried(tree, "editable") == ({}, [])


@pytest.mark.parametrize("content", [b"", b"short", blocks(b"0123456789abcdef", 0xE48BFF56)])
def test_an_image_of_other_sources_is_left_out_and_no_release(tree: Path, content: bytes) -> None:
    (tree / "build" / IMAGES[0]).write_bytes(content)
    inside, warnings = carried(tree)
    assert f"poultice/images/{IMAGES[0]}" not in inside
    assert warnings == [f"{IMAGES[0]} is not of these sources: left out"]
    assert [one for one in CHECK(packed(tree)) if IMAGES[0] in one]


def test_without_a_toolchain_the_wheel_is_whole_but_for_them(tree: Path) -> None:
    for name in IMAGES:
        (tree / "build" / name).unlink()
    (tree / "build/man/poultice.1").unlink()
    assert carried(tree) == ({}, [])
    assert len(CHECK(packed(tree))) == 3


def test_a_wrong_sum_and_a_wheel_for_one_system_are_no_release(tree: Path) -> None:
    wheel = packed(tree, "poultice-0.1.0-cp311-cp311-linux_x86_64.whl")
    with zipfile.ZipFile(wheel, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("poultice/images/SHA256SUMS", "0  poultice-pico.uf2\n")
    assert len(CHECK(wheel)) == 3


@pytest.mark.parametrize("more", [0, 1])
def test_a_wheel_has_two_and_a_half_megabytes_at_most(tree: Path, more: int) -> None:
    wheel = packed(tree)
    # In front, where a ZIP file may have anything.
    wheel.write_bytes(bytes(2_500_000 - wheel.stat().st_size + more) + wheel.read_bytes())
    assert len(CHECK(wheel)) == more


def installed(monkeypatch: pytest.MonkeyPatch, images: Path) -> None:
    """As from a wheel: no source tree around it."""
    monkeypatch.setattr(uf2, "TREE", images / "nowhere")
    monkeypatch.setattr(uf2, "IMAGES", images)


def test_an_installed_package_takes_the_image_that_it_brought(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed(monkeypatch, tree / "build")
    assert uf2.image_path("pico2") == tree / "build" / IMAGES[1]
    assert main(["firmware", "info", "--device", "sim:"]) == 0
    assert "of the logic that was tested" in capsys.readouterr().out


def test_an_installed_package_without_images_says_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed(monkeypatch, tmp_path)
    assert main(["firmware", "flash", "--board", "pico2", "--yes"]) == 3
    told = capsys.readouterr().err
    assert "brought no firmware image for a pico2" in told
    assert "the wheel of a release" in told and "make" not in told
