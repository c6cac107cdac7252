"""Release images: what a UF2 file holds, and whether it is whole.

The format is Microsoft's UF2 (blocks of 512 bytes, 32 of them a header); families, addresses
and flash sizes are those of the RP2040 and RP2350.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from poultice.errors import ImageError, NoDeviceError
from poultice.settings import expanded

TREE = Path(__file__).resolve().parents[3]
"""The source tree, where this runs from one: what is built lies there."""

IMAGES = Path(__file__).resolve().parents[1] / "images"
"""What a release's wheel brings (`hatch_build.py`)."""

BLOCK_BYTES = 512
FAMILIES = {0xE48BFF56: "pico", 0xE48BFF59: "pico2"}
FLASH_START = 0x1000_0000
FLASH_BYTES = {"pico": 2 * 1024 * 1024, "pico2": 4 * 1024 * 1024}
PAYLOAD_BYTES = 256
"""What the boot ROM takes a block; it ignores blocks of any other size."""

_BLOCK = struct.Struct(f"<8I{PAYLOAD_BYTES}s220xI")
_START_0, _START_1, _END = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_FAMILY_PRESENT = 0x2000
_MAX_BYTES = 16 * 1024 * 1024
# poultice_pico.IMAGE, as it stands in the image.
_NAME = re.compile(rb"poultice firmware (\d+\.\d+\.\d+) link (\d+) end")


@dataclass(frozen=True)
class Image:
    """A whole image. `version` and `protocol` are None where it is somebody else's."""

    path: Path
    data: bytes
    content: bytes
    board: str
    version: str | None
    protocol: int | None

    @property
    def sha256(self) -> str:
        """Of the file, in hex."""
        return hashlib.sha256(self.data).hexdigest()

    def holds(self, core: str) -> bool:
        """Whether the logic with this fingerprint is in it, as the device tells it in `hello`."""
        return core.encode() in self.content

    def to_json(self) -> dict[str, str | int | None]:
        """As `firmware --json` tells it."""
        return {
            "path": str(self.path),
            "board": self.board,
            "size": len(self.data),
            "sha256": self.sha256,
            "firmware": self.version,
            "protocol": self.protocol,
        }


def read(path: Path) -> Image:
    """The image in the file `path`.

    Raises ImageError where it cannot be read, is cut short, has a block that is damaged, out of
    order, for another chip, or for an address outside the flash.
    """
    try:
        if path.exists() and not path.is_file():
            raise _bad(path, "it is not a file")  # a device or a pipe may never end
        if path.stat().st_size > _MAX_BYTES:
            raise _bad(path, f"it has more than {_MAX_BYTES} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise ImageError(
            f"{path} cannot be read: {error.strerror}",
            hint="`poultice firmware build` makes one; --image names another",
        ) from None
    return parse(path, data)


def parse(path: Path, data: bytes) -> Image:
    """As `read`, of what is already in memory."""
    if not data or len(data) % BLOCK_BYTES:
        raise _bad(path, f"{len(data)} bytes are not a whole number of {BLOCK_BYTES}-byte blocks")
    count = len(data) // BLOCK_BYTES
    family: int | None = None
    content = bytearray()
    for number, block in enumerate(_BLOCK.iter_unpack(data)):
        start_0, start_1, flags, address, size, this, total, of, payload, end = block
        if (start_0, start_1, end) != (_START_0, _START_1, _END):
            raise _bad(path, f"block {number} is not a UF2 block")
        if this != number or total != count:
            raise _bad(path, f"block {number} says it is {this} of {total}, not of {count}")
        if flags != _FAMILY_PRESENT or size != PAYLOAD_BYTES:
            raise _bad(path, f"block {number} has flags {flags:#x} and {size} bytes")
        if of not in FAMILIES:
            raise _bad(path, f"block {number} is for another chip (family {of:#010x})")
        if family not in (None, of):
            raise _bad(path, f"block {number} is for another chip than block 0")
        family = of
        if address != FLASH_START + number * PAYLOAD_BYTES:
            raise _bad(path, f"block {number} is for address {address:#010x}, out of order")
        content += payload
    assert family is not None
    board = FAMILIES[family]
    if len(content) > FLASH_BYTES[board]:
        raise _bad(path, f"its {len(content)} bytes do not fit the flash of a {board}")
    found = _NAME.search(content)
    return Image(
        path,
        data,
        bytes(content),
        board,
        found[1].decode() if found else None,
        int(found[2]) if found else None,
    )


def _bad(path: Path, why: str) -> ImageError:
    return ImageError(
        f"{path} is no whole image for a Pico: {why}",
        hint="`poultice firmware build` makes one; a download may have been cut short",
    )


def image_path(board: str = "pico") -> Path:
    """The image for `board`: `POULTICE_IMAGE`, else `build/` of the source tree this is run from,
    else what the installed package brought.

    Raises NoDeviceError where there is none.
    """
    named = os.environ.get("POULTICE_IMAGE")
    in_tree = (TREE / "firmware" / "build.py").is_file()
    directory = TREE / "build" if in_tree else IMAGES
    place = Path(expanded(named)) if named else directory / f"poultice-{board}.uf2"
    if place.is_file():
        return place
    if named or in_tree:
        raise NoDeviceError(
            f"there is no firmware image at {place}",
            hint="`make firmware` builds it; POULTICE_IMAGE=PATH names one elsewhere",
        )
    raise NoDeviceError(
        f"this installation of poultice brought no firmware image for a {board}",
        hint="the wheel of a release has them (one made from the sources alone has not);"
        " --image FILE or POULTICE_IMAGE=FILE names one",
    )
