"""The build of the image, as far as it can be judged without building one."""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from poultice.device.fingerprint import core_fingerprint
from tests.firmware.sources import FIRMWARE

NAMES = ("build", "debian_sources")


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, ModuleType]]:
    monkeypatch.syspath_prepend(str(FIRMWARE))
    for name in NAMES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module(NAMES[0]), importlib.import_module(NAMES[1])
    for name in NAMES:
        del sys.modules[name]


def test_without_root_a_missing_tool_is_named_with_its_command(
    scripts: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    build, debian = scripts
    monkeypatch.setattr(build.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(
        build.shutil, "which", lambda name: None if name in ("cmake", "ninja") else name
    )
    monkeypatch.setattr(build, "_library", lambda name, core: name)
    with pytest.raises(debian.BuildError, match=r"sudo apt-get install cmake ninja-build$"):
        build._install(build._missing("pico", from_debian=False))


def test_without_a_compiler_its_libraries_are_missing_too(
    scripts: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    build, _ = scripts
    monkeypatch.setattr(build.shutil, "which", lambda name: None)
    packages = {*build.TOOLS.values(), *build.LIBRARIES.values()}
    assert set(build._missing("pico", from_debian=False)) == packages
    assert set(build._missing("pico", from_debian=True)) == packages | set(build.UNPACKING.values())


@pytest.mark.parametrize("board", ["pico", "pico2", "stock"])
def test_each_board_needs_the_libraries_of_its_own_core(
    board: str,
    scripts: tuple[ModuleType, ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    build, _ = scripts
    has = {
        "-mcpu=cortex-m0plus": "thumb/v6-m/nofp",
        "-mcpu=cortex-m33": "thumb/v8-m.main+fp/softfp",
    }
    for directory in (*has.values(), "."):
        for name in build.LIBRARIES:
            path = tmp_path / "lib" / directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    asked: list[str] = []

    def run(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> str:
        asked.append(command[1])
        own = has.get(command[1], ".")
        if command[-1] == "-print-multi-directory":
            return f"{own}\n"
        return f"{tmp_path / 'lib' / own / command[-1].partition('=')[2]}\n"

    monkeypatch.setattr(build.shutil, "which", lambda name: name)
    monkeypatch.setattr(build, "run", run)
    assert build._missing(board, from_debian=True) == []
    core = "-mcpu=cortex-m33" if board == "pico2" else "-mcpu=cortex-m0plus"
    assert set(asked) == {core}
    # Without its own set the compiler names one for every ARM: that is none for this core.
    del has[core]
    assert build._missing(board, from_debian=True) == list(build.LIBRARIES.values())


@pytest.mark.parametrize(
    ("attended", "ci", "answer", "installs"),
    [
        (True, "", "", True),
        (True, "", "y", True),
        (True, "", "n", False),
        (True, "", "what?", False),
        (True, "true", None, True),
        (False, "", None, True),
    ],
)
def test_compilers_are_installed_once_whoever_is_there_agrees(
    scripts: tuple[ModuleType, ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    attended: bool,
    ci: str,
    answer: str | None,
    installs: bool,
) -> None:
    build, debian = scripts
    ran: list[list[str]] = []

    def run(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> str:
        ran.append(command)
        return "'http://a.invalid/a.deb' a.deb 40000000 SHA256:1\n'http://a.invalid/b' b 2600000 \n"

    def asked(question: str) -> str:
        assert answer is not None, "nobody is there to be asked"
        return answer

    monkeypatch.setattr(build.os, "geteuid", lambda: 0)
    monkeypatch.setattr(build.shutil, "which", lambda name: name)
    monkeypatch.setattr(build, "run", run)
    monkeypatch.setattr(build.sys.stdin, "isatty", lambda: attended, raising=False)
    monkeypatch.setattr("builtins.input", asked)
    monkeypatch.setenv("CI", ci)

    if installs:
        build._install(["cmake"])
    else:
        with pytest.raises(debian.BuildError, match=r"apt-get install cmake$"):
            build._install(["cmake"])

    real = [line for line in ran if "install" in line and "--print-uris" not in line]
    assert [line[-1] for line in real] == ["cmake"] * installs
    said = capsys.readouterr().out
    assert "apt-get install cmake" in said
    assert "2 packages, 43 MB to download" in said


def test_a_wrong_or_incomplete_checkout_is_refused(
    scripts: tuple[ModuleType, ModuleType], tmp_path: Path
) -> None:
    build, debian = scripts
    with pytest.raises(debian.BuildError, match="no MicroPython checkout"):
        build._checkout(tmp_path)
    (tmp_path / "ports/rp2").mkdir(parents=True)
    (tmp_path / "ports/rp2/CMakeLists.txt").touch()
    with pytest.raises(debian.BuildError, match=r"make -C .*/ports/rp2 submodules"):
        build._checkout(tmp_path)


def test_apt_works_in_the_scratch_directory_alone(
    scripts: tuple[ModuleType, ModuleType], tmp_path: Path
) -> None:
    _, debian = scripts
    options = debian._private(tmp_path, "http://archive.invalid/debian")
    folders = [o.split("=", 1)[1] for o in options if o.startswith("Dir::")]
    assert {f for f in folders if not f.startswith(str(tmp_path))} == {"/dev/null"}
    sources = (tmp_path / "sources.list").read_text()
    assert re.search(r"^deb-src \[signed-by=\S+\] http://archive.invalid/debian trixie main$",
                     sources, re.MULTILINE)  # fmt: skip


def test_a_failed_command_says_why(scripts: tuple[ModuleType, ModuleType]) -> None:
    _, debian = scripts
    if not shutil.which("sh"):
        pytest.skip("there is no sh on this machine")
    with pytest.raises(debian.BuildError, match=r"(?s)no room.*failed \(3\)"):
        debian.run(["sh", "-c", "echo no room; exit 3"], Path("/"))
    with pytest.raises(debian.BuildError, match="is not installed"):
        debian.run(["no-such-program-of-ours"], Path("/"))


def test_every_board_has_a_definition(scripts: tuple[ModuleType, ModuleType]) -> None:
    build, _ = scripts
    for board, (folder, _family) in build.BOARDS.items():
        if board == "stock":
            continue  # MicroPython's own
        for file in ("mpconfigboard.cmake", "mpconfigboard.h", "pins.csv", "manifest.py"):
            assert (FIRMWARE / "boards" / folder / file).is_file()


def test_the_image_is_told_the_fingerprint_of_the_core(
    scripts: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build, _ = scripts
    monkeypatch.setattr(build, "FROZEN", tmp_path / "frozen")
    monkeypatch.setattr(sys, "path", list(sys.path))

    build._write_frozen()

    written = (tmp_path / "frozen/poultice_fingerprint.py").read_text()
    assert written == f'CORE = "{core_fingerprint()}"\n'


def test_an_image_does_not_depend_on_the_seed_of_pythons_hashes(
    scripts: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """MicroPython's generator of the pins goes through a set: the order of `Pin.board` hangs on the
    seed. What was built before the seed was told is built anew."""
    build, _ = scripts
    tree, work = tmp_path / "micropython", tmp_path / "build"
    for part in ("ports/rp2/CMakeLists.txt", "lib/pico-sdk/pico_sdk_init.cmake"):
        (tree / part).parent.mkdir(parents=True)
        (tree / part).touch()
    left = work / "firmware-pico2" / "build.ninja"
    left.parent.mkdir(parents=True)
    left.touch()
    (left.parent / "tree").write_text(str(tree))
    told: list[dict[str, str] | None] = []

    def run(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> str:
        told.append(env)
        if command[0] == "cmake":
            left.touch()
        if "-o" in command:
            Path(command[command.index("-o") + 1]).touch()
        return ""

    monkeypatch.setenv("MICROPYTHON_DIR", str(tree))
    monkeypatch.setattr(build, "_missing", lambda board, from_debian: [])
    monkeypatch.setattr(build, "_write_frozen", lambda: None)
    monkeypatch.setattr(build, "BUILD", work)
    monkeypatch.setattr(build, "run", run)
    build.build("pico2")
    assert [env and env.get("PYTHONHASHSEED") for env in told] == ["0", "0", None]
    # cmake and ninja; the second time nothing has to be configured anew.
    told.clear()
    build.build("pico2")
    assert [env and env.get("PYTHONHASHSEED") for env in told] == ["0", None]
