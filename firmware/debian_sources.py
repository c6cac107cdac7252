"""MicroPython's rp2 port and what it is built on, as Debian stable packages them.

Everything is downloaded and verified by apt itself, through an apt configuration of its own in
a temporary directory: nothing of the machine's is changed, and of its settings only the address
of the archive is used. Nothing is installed from there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SUITE = "trixie"
SOURCES = ("micropython", "mbedtls")
BINARIES = ("pico-sdk-source", "tinyusb-source")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class BuildError(Exception):
    """The image cannot be built; the text says why and what to do about it."""


def run(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run quietly; the output. Raises BuildError with the output's end where it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise BuildError(f"{command[0]} is not installed") from error
    if done.returncode:
        lines = [line[:200] for line in done.stdout.splitlines()]
        tail = "\n".join([line for line in lines if "error" in line.lower()][:10] + lines[-10:])
        raise BuildError(f"{tail}\n{' '.join(command[:4])} … failed ({done.returncode})")
    return done.stdout


def fetch(into: Path) -> None:
    """Download the packages into `into`. `DEBIAN_MIRROR` stands in for the machine's address.

    Raises BuildError where there is no archive to ask, or it has not got them.
    """
    if not KEYRING.is_file():
        raise BuildError("Debian's keys are missing: apt-get install debian-archive-keyring")
    address = os.environ.get("DEBIAN_MIRROR") or _archive()
    partial = into.with_name(into.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="poultice-apt-") as scratch:
        apt = ["apt-get", *_private(Path(scratch), address), "-qq"]
        run([*apt, "update"], partial)
        run([*apt, "download", *BINARIES], partial)
        run([*apt, "--download-only", "source", *SOURCES], partial)
    shutil.rmtree(into, ignore_errors=True)
    partial.rename(into)


def unpack(packages: Path, tree: Path) -> None:
    """Make one MicroPython tree, with the submodules that the rp2 port needs, out of `packages`.

    Raises BuildError.
    """
    parts = tree.with_name(tree.name + "-parts")
    shutil.rmtree(parts, ignore_errors=True)
    shutil.rmtree(tree, ignore_errors=True)
    parts.mkdir(parents=True)
    for name in BINARIES:
        run(["dpkg-deb", "-x", str(_only(packages, f"{name}_*.deb")), name], parts)
    for name in SOURCES:
        dsc = str(_only(packages, f"{name}_*.dsc"))
        run(["dpkg-source", "--no-check", "-q", "-x", dsc, name], parts)
    lib = parts / "micropython" / "lib"
    sdk = parts / "pico-sdk-source" / "usr/src/pico-sdk"
    # A link to a package that is not installed; the tree brings its own.
    (sdk / "lib/tinyusb").unlink(missing_ok=True)
    for name, source in (
        ("pico-sdk", sdk),
        ("tinyusb", parts / "tinyusb-source" / "usr/src/tinyusb"),
        ("mbedtls", parts / "mbedtls"),
    ):
        shutil.rmtree(lib / name, ignore_errors=True)
        source.rename(lib / name)
    # The manifest tool looks for this file to know that the submodule is there.
    (lib / "micropython-lib" / "README.md").touch()
    (parts / "micropython").rename(tree)
    shutil.rmtree(parts)


def _archive() -> str:
    """The address from which the machine's own apt takes Debian."""
    listed = run(
        ["apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages"],
        Path("/"),
    )
    for line in listed.splitlines():
        label, _, address = line.partition(" ")
        if label == "Debian":
            return address
    raise BuildError(
        "no Debian archive among this machine's apt sources: set DEBIAN_MIRROR to one, or\n"
        "MICROPYTHON_DIR to a MicroPython checkout with its rp2 submodules"
    )


def _private(scratch: Path, address: str) -> list[str]:
    """Options that make apt work in `scratch` alone."""
    for name in ("state/lists/partial", "cache/archives/partial", "parts"):
        (scratch / name).mkdir(parents=True)
    (scratch / "status").touch()
    origin = f"[signed-by={KEYRING}] {address} {SUITE} main"
    (scratch / "sources.list").write_text(f"deb {origin}\ndeb-src {origin}\n")
    settings = {
        "Dir::State": scratch / "state",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch / "cache",
        "Dir::Etc::SourceList": scratch / "sources.list",
        "Dir::Etc::SourceParts": scratch / "parts",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": scratch / "parts",
        "Acquire::Languages": "none",
        # The files belong to whoever builds.
        "APT::Sandbox::User": "root",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise BuildError(f"{folder} holds {len(found)} files {pattern}: remove it and build again")
    return found[0]
