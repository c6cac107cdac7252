"""Build the release image: everything frozen into MicroPython's rp2 port.

    python firmware/build.py            writes build/poultice-pico.uf2
    python firmware/build.py pico stock the same, and the stock image to compare it with
    MICROPYTHON_DIR=… python firmware/build.py

MicroPython comes from a checkout that MICROPYTHON_DIR names (1.25 or newer, with the submodules
of its rp2 port), else from Debian's packages (`debian_sources`). Both are built as they are,
without a patch. What is downloaded and unpacked is kept in build/cache.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from debian_sources import BuildError, fetch, run, unpack
from fold import write_folded

FIRMWARE = Path(__file__).resolve().parent
BUILD = FIRMWARE.parent / "build"
# What is made for the image and frozen into it; named in boards/manifest.py too.
FROZEN = BUILD / "frozen"
CACHE = BUILD / "cache"

# What apt calls it, for each program that has to be there.
TOOLS = {
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    "cmake": "cmake",
    "ninja": "ninja-build",
    "make": "make",
    # MicroPython's own compiler and the PIO assembler run on this machine; g++ brings C's headers.
    "gcc": "gcc",
    "g++": "g++",
}
# Only where MicroPython comes from Debian's packages.
UNPACKING = {"dpkg-source": "dpkg-dev", "xz": "xz-utils", "patch": "patch"}
LIBRARIES = {
    "libc.a": "libnewlib-arm-none-eabi",
    "libstdc++.a": "libstdc++-arm-none-eabi-newlib",
}
# UF2 family and flash start, by board.
BOARDS = {
    "pico": ("POULTICE_PICO", "0xe48bff56"),
    "pico2": ("POULTICE_PICO2", "0xe48bff59"),
    # MicroPython's own board, without a file of ours: what `package.json` is copied onto.
    "stock": ("RPI_PICO", "0xe48bff56"),
}
# What the compiler is told of each chip's core by the SDK: its libraries are another set for each.
CORTEX_M0PLUS = ("-mcpu=cortex-m0plus", "-mthumb")
CORTEX_M33 = (
    "-mcpu=cortex-m33",
    "-mthumb",
    "-march=armv8-m.main+fp+dsp",
    "-mfloat-abi=softfp",
)
CORES = {"pico": CORTEX_M0PLUS, "pico2": CORTEX_M33, "stock": CORTEX_M0PLUS}
FLASH_START = "0x10000000"
# The day of MicroPython 1.25.0: the image does not depend on when it was built.
SOURCE_DATE_EPOCH = "1744675200"


def main(arguments: list[str]) -> int:
    """Build each board that is named; 0, or 1 with the reason on stderr."""
    for board in arguments or ["pico"]:
        if board not in BOARDS:
            print(f"no board {board}: {', '.join(BOARDS)}", file=sys.stderr)
            return 2
        try:
            image = build(board)
        except BuildError as error:
            print(f"firmware: {error}", file=sys.stderr)
            return 1
        print(f"{image.relative_to(BUILD.parent)}: {image.stat().st_size // 1024} KB")
    return 0


def build(board: str) -> Path:
    """The image of a board. Raises BuildError."""
    checkout = os.environ.get("MICROPYTHON_DIR")
    _install(_missing(board, from_debian=not checkout))
    tree = _checkout(Path(checkout).resolve()) if checkout else _debian()
    name, family = BOARDS[board]
    _write_frozen()
    work = BUILD / f"firmware-{board}"
    # The generator of the pins goes through a set: GP25 and LED would change places with the seed.
    env = {"SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH, "PYTHONHASHSEED": "0"}
    _forget_other_build(work, tree, env)
    if not checkout:
        # Else the version would be read from the git repository around the tree: this one.
        env |= {"MICROPY_GIT_TAG": "v1.25.0", "MICROPY_GIT_HASH": "debian"}
    if not (work / "build.ninja").is_file():
        run(_configure(tree, work, name), tree, env)
    run(["ninja", "-C", str(work)], tree, env)
    image = BUILD / f"poultice-{board}.uf2"
    converter = str(tree / "tools/uf2conv.py")
    partial = image.with_suffix(".partial")
    run(
        [sys.executable, converter, "-f", family, "-b", FLASH_START, "-c"]
        + ["-o", str(partial), str(work / "firmware.bin")],
        tree,
    )
    partial.replace(image)
    return image


def _write_frozen() -> None:
    """What is frozen: the folded sources, and the module that tells `hello` of which they are."""
    sys.path.insert(0, str(FIRMWARE.parent / "host"))
    from poultice.device.fingerprint import fingerprint

    write_folded(FROZEN)
    core = fingerprint(FIRMWARE / "core/poultice_core")
    (FROZEN / "poultice_fingerprint.py").write_text(f'CORE = "{core}"\n', encoding="utf-8")


def _configure(tree: Path, work: Path, name: str) -> list[str]:
    command = [
        *("cmake", "-S", str(tree / "ports/rp2"), "-B", str(work), "-GNinja"),
        f"-DMICROPY_BOARD={name}",
        "-DPICO_NO_PICOTOOL=1",
    ]
    ours = FIRMWARE / "boards" / name
    if ours.is_dir():
        command += [
            f"-DMICROPY_BOARD_DIR={ours}",
            f"-DUSER_C_MODULES={FIRMWARE / 'usbline' / 'micropython.cmake'}",
        ]
    else:
        command.append(f"-DMICROPY_FROZEN_MANIFEST={FIRMWARE / 'boards' / 'stock.py'}")
    return command


def _forget_other_build(work: Path, tree: Path, env: dict[str, str]) -> None:
    """Start anew where the last build was of another MicroPython, or told its tools otherwise."""
    mark = work / "tree"
    told = "\n".join([str(tree), *(f"{name}={value}" for name, value in env.items())])
    if work.is_dir() and (not mark.is_file() or mark.read_text() != told):
        shutil.rmtree(work)
    work.mkdir(parents=True, exist_ok=True)
    mark.write_text(told)


def _checkout(tree: Path) -> Path:
    if not (tree / "ports/rp2/CMakeLists.txt").is_file():
        raise BuildError(f"MICROPYTHON_DIR={tree} is no MicroPython checkout")
    if not (tree / "lib/pico-sdk/pico_sdk_init.cmake").is_file():
        raise BuildError(f"submodules are missing: make -C {tree}/ports/rp2 submodules")
    return tree


def _debian() -> Path:
    tree = CACHE / "micropython"
    if not (tree / "ports/rp2/CMakeLists.txt").is_file():
        packages = CACHE / "packages"
        if not packages.is_dir():
            print("firmware: downloading MicroPython and what it builds on", flush=True)
            fetch(packages)
        unpack(packages, tree)
    return tree


def _library(name: str, core: tuple[str, ...]) -> str | None:
    """Where the cross compiler has a library for that core, if there is one.

    A compiler without the core's own set names the one for every ARM, which does not run there.
    """
    if not shutil.which("arm-none-eabi-gcc"):
        return None
    compiler = ["arm-none-eabi-gcc", *core]
    own = run([*compiler, "-print-multi-directory"], FIRMWARE).strip()
    found = run([*compiler, f"-print-file-name={name}"], FIRMWARE).strip()
    there = Path(found).is_file() and own != "." and Path(found).parent.as_posix().endswith(own)
    return found if there else None


def _missing(board: str, from_debian: bool) -> list[str]:
    """The packages that this machine lacks for a board's image, as apt calls them."""
    programs = TOOLS | (UNPACKING if from_debian else {})
    core = CORES[board]
    return [
        *(package for name, package in programs.items() if not shutil.which(name)),
        *(package for name, package in LIBRARIES.items() if not _library(name, core)),
    ]


def _install(packages: list[str]) -> None:
    """Install them where that is allowed, asking whoever is there; else say how."""
    if not packages:
        return
    command = f"apt-get install {' '.join(packages)}"
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        raise BuildError(f"this machine lacks: sudo {command}")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "-qq", "install", "--no-install-recommends"]
    run(["apt-get", "-qq", "update"], FIRMWARE, env)
    print(f"firmware: the image needs compilers: {command}", flush=True)
    print(
        f"firmware: {_to_download(run([*install, '--print-uris', *packages], FIRMWARE))}",
        flush=True,
    )
    attended = sys.stdin.isatty() and os.environ.get("CI") != "true"
    if attended and input("firmware: install them? [Y/n] ").strip().lower() not in ("", "y", "yes"):
        raise BuildError(f"nothing was installed; when you like: {command}")
    run([*install, *packages], FIRMWARE, env)


def _to_download(uris: str) -> str:
    """How much the lines of `apt-get --print-uris` come to: address, name, size, digest."""
    sizes = [int(line.split()[2]) for line in uris.splitlines() if line.startswith("'")]
    return f"{len(sizes)} packages, {sum(sizes) / 1e6:.0f} MB to download"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
