"""The emulated flash: the release image in front, the device's own files behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from littlefs import LittleFS, LittleFSError, UserContext
from rp2040py.device.load_flash import decode_block

from poultice.errors import NoDeviceError, UsageError
from poultice_core.board import Store

FLASH_BYTES = 2 * 1024 * 1024
FILES_BYTES = 1408 * 1024  # as the board definition of the release image has it
FILES_START = FLASH_BYTES - FILES_BYTES
_BLOCK_BYTES = 4096
_PROG_BYTES = 256
_UF2_BLOCK_BYTES = 512
_XIP_BASE = 0x1000_0000
# As the device's own store has them: poultice_pico/store.py.
_MARKS, _APART = ("mark",), "marks"
_STATE_FILE = "pico-flash.bin"


def load_image(path: Path) -> bytearray:
    """2 MiB of flash with the blocks of a UF2 file in place, the rest erased.

    Raises NoDeviceError where the file cannot be read, UsageError where it is no image for
    this flash.
    """
    flash = bytearray(b"\xff") * FLASH_BYTES
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NoDeviceError(
            f"{path} cannot be read ({error.strerror})", hint="`make firmware` builds it"
        ) from None
    try:
        for start in range(0, len(data), _UF2_BLOCK_BYTES):
            block = decode_block(data[start : start + _UF2_BLOCK_BYTES])
            offset = block.flash_address - _XIP_BASE
            if not 0 <= offset <= FILES_START - len(block.payload):
                raise ValueError(f"a block for address {block.flash_address:#x}")
            flash[offset : offset + len(block.payload)] = block.payload
    except Exception as error:
        raise UsageError(
            f"{path} is no firmware image for a Pico ({error})", hint="`make firmware` builds one"
        ) from None
    return flash


class FlashStore(Store):
    """The files in a flash, read and written from outside while the device has no power.

    An empty flash is formatted. Raises OSError where there is something that does not mount.
    """

    def __init__(self, flash: bytearray | memoryview) -> None:
        self._flash = memoryview(flash)[FILES_START:FLASH_BYTES]
        blank = self._flash[:_BLOCK_BYTES].tobytes() == b"\xff" * _BLOCK_BYTES
        self._context: Any = UserContext(FILES_BYTES)
        self._files: Any = LittleFS(
            context=self._context,
            block_size=_BLOCK_BYTES,
            block_count=FILES_BYTES // _BLOCK_BYTES,
            prog_size=_PROG_BYTES,
            mount=False,
        )
        if blank:
            self._files.format()
            self._sync()
        else:
            self._context.buffer[:] = self._flash
        try:
            self._files.mount()
        except LittleFSError as error:
            raise OSError(error.code, "the flash's files do not mount") from None

    def load(self, name: str) -> bytes | None:
        """The whole content of a file. Raises OSError."""
        try:
            with self._files.open(_place(name), "rb") as file:
                content: bytes = file.read()
            return content
        except FileNotFoundError:
            return None
        except LittleFSError as error:
            raise OSError(error.code, name) from None

    def save(self, name: str, data: bytes) -> None:
        """Replace a file. Raises OSError."""
        try:
            if name in _MARKS:
                self._files.makedirs(_APART, exist_ok=True)
            with self._files.open(_place(name), "wb") as file:
                file.write(data)
        except LittleFSError as error:
            raise OSError(error.code, name) from None
        self._sync()

    def names(self) -> list[str]:
        """The files there are."""
        return list(self._files.listdir("/"))

    def _sync(self) -> None:
        self._flash[:] = self._context.buffer


def _place(name: str) -> str:
    return f"{_APART}/{name}" if name in _MARKS else name


def keep(directory: Path, flash: bytearray | memoryview) -> None:
    """Put the device's files, whole, into `directory`. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    beside = directory / f"{_STATE_FILE}.new"
    beside.write_bytes(memoryview(flash)[FILES_START:FLASH_BYTES])
    beside.replace(directory / _STATE_FILE)


def recall(directory: Path, flash: bytearray) -> None:
    """Put back what `keep` kept; nothing where there is nothing. Raises OSError."""
    kept = directory / _STATE_FILE
    directory.mkdir(parents=True, exist_ok=True)
    if kept.exists():
        content = kept.read_bytes()
        if len(content) != FILES_BYTES:
            raise OSError(0, f"{kept.name} is not an emulated flash")
        flash[FILES_START:FLASH_BYTES] = content
