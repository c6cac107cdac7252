"""A board in its boot ROM: the drive it shows, and writing an image onto it.

The drive has a file INFO_UF2.TXT that names the chip. The boot ROM writes each block into the
flash as it arrives and restarts into it after the last one; until then the board stays in its
boot ROM, which is in silicon, and can be written again.
"""

from __future__ import annotations

import errno
import os
import re
import string
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from poultice.device.uf2 import Image
from poultice.errors import DeviceLostError, NoDeviceError, PermissionDeniedError, UsageError

INFO = "INFO_UF2.TXT"
BOARD_IDS = {"RPI-RP2": "pico", "RP2350": "pico2"}

_CHUNK_BYTES = 64 * 1024
_INFO_MAX_BYTES = 4096
_BOARD_ID = re.compile(r"^Board-ID:\s*(\S+)", re.MULTILINE)
_MOUNT_POINTS = ("/media", "/run/media", "/mnt", "/Volumes")
_AGAIN = "the board is still in its boot ROM: run the same command again"


@dataclass(frozen=True)
class Drive:
    """A mounted boot ROM; `board` is "pico" or "pico2"."""

    path: Path
    board: str


def drive_at(path: Path) -> Drive | None:
    """The drive mounted at `path`, or None where none is, or none of a chip we know."""
    try:
        with (path / INFO).open(encoding="ascii", errors="replace") as file:
            text = file.read(_INFO_MAX_BYTES)
    except OSError:
        return None
    found = _BOARD_ID.search(text)
    board = BOARD_IDS.get(found[1]) if found else None
    return None if board is None else Drive(path, board)


def drives() -> list[Drive]:
    """Every boot ROM mounted on this machine, by path."""
    return [one for one in map(drive_at, mounted()) if one is not None]


def mounted() -> list[Path]:
    """Where removable drives are mounted."""
    if sys.platform == "win32":
        return [Path(f"{letter}:\\") for letter in string.ascii_uppercase]
    places: set[Path] = set()
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        fields = line.split(" ")
        # The boot ROM's drive is FAT, wherever it was mounted; nothing else is even looked at.
        if len(fields) > 2 and fields[2] in ("vfat", "msdos"):
            # A blank in a path is written in octal.
            named = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[1])
            places.add(Path(named))
    if not lines:
        for top in _MOUNT_POINTS:
            places.update(path for path in Path(top).glob("*") if os.path.ismount(path))
    return sorted(places)


def named(path: Path) -> Drive:
    """The drive at `path`, which a person named. Raises NoDeviceError, UsageError."""
    drive = drive_at(path)
    if drive is not None:
        return drive
    if not path.is_dir():
        raise NoDeviceError(f"there is no drive at {path}", hint=HOW_TO_GET_THERE)
    raise UsageError(
        f"{path} is no board's boot drive: it has no {INFO} of an RP2040 or RP2350",
        hint="leave --drive out to have it found",
    )


MOUNT_IT = (
    "mount it (`udisksctl mount -b /dev/disk/by-label/RPI-RP2`, or RP2350)"
    if sys.platform == "linux"
    else "wait until the system shows it, or plug the board in again"
)
HOW_TO_GET_THERE = (
    "hold BOOTSEL while you plug the board in; a drive RPI-RP2 or RP2350 appears. Where it does "
    f"not by itself: {MOUNT_IT}"
)


def write(image: Image, drive: Drive, progress: Callable[[int], None]) -> None:
    """Write `image` onto `drive`, telling `progress` the bytes written so far.

    Raises UsageError where the image is for another chip (nothing is written then),
    PermissionDeniedError, and DeviceLostError where the drive did not take it whole.
    """
    if image.board != drive.board:
        raise UsageError(
            f"{image.path} is for a {image.board}, and at {drive.path} is a {drive.board}",
            hint=f"--board {drive.board} takes the image for it",
        )
    target = drive.path / "poultice.uf2"
    done = 0
    try:
        with target.open("wb", buffering=0) as file:
            while done < len(image.data):
                done += file.write(image.data[done : done + _CHUNK_BYTES])
                progress(done)
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise PermissionDeniedError(
                f"{drive.path} cannot be written: {error.strerror}",
                hint="mount it as yourself (see docs/how-to/flash-a-board.md)",
            ) from None
        # The restart after the last block takes the drive away under the last few calls.
        if done < len(image.data):
            raise DeviceLostError(
                f"{drive.path} took {done} of {len(image.data)} bytes: {error.strerror}",
                hint=_AGAIN,
            ) from None
