"""A flash chip that loses its power in the middle of a write, with littlefs and the device's own
store on it."""

from __future__ import annotations

import importlib.util
import os
import random
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any, Self

from littlefs import LittleFS, LittleFSError, UserContext, lfs

from poultice_core.board import Store
from tests.firmware.sources import FIRMWARE

BLOCK_BYTES = 4096
PAGE_BYTES = 256
# What a power cut leaves of the page or the block that was being written: nothing of it, its first
# half, some of its bits, all of it.
TEARS = ("before", "half", "bits", "after")
_EIO = -5


class PowerCut(BaseException):
    """The power went: nothing that runs may catch it."""


class Chip(UserContext):  # type: ignore[misc]
    """NOR flash: an erase sets bits, a write clears them. `cut_at` n: the power goes in the n-th
    write or erase from 1 on, which is left as `tear` says. `operations` counts both."""

    def __init__(self, blocks: int, content: bytes | None = None) -> None:
        super().__init__(buffer=bytearray(content or b"\xff" * (blocks * BLOCK_BYTES)))
        self.blocks = blocks
        self.operations = 0
        self.erases = 0
        self.cut_at = 0
        self.tear = "before"
        self.dead = False

    def read(self, cfg: Any, block: int, off: int, size: int) -> bytearray:
        start = block * BLOCK_BYTES + off
        return self.buffer[start : start + size]

    def prog(self, cfg: Any, block: int, off: int, data: bytes) -> int:
        start = block * BLOCK_BYTES + off
        assert self.buffer[start : start + len(data)].count(0xFF) == len(data), "not erased"
        return self._put(start, data)

    def erase(self, cfg: Any, block: int) -> int:
        self.erases += 1
        return self._put(block * BLOCK_BYTES, b"\xff" * BLOCK_BYTES)

    def _put(self, start: int, wanted: bytes) -> int:
        if self.dead:
            return _EIO
        self.operations += 1
        if self.operations == self.cut_at:
            self.dead = True
            wanted = self._torn(bytes(self.buffer[start : start + len(wanted)]), wanted)
        self.buffer[start : start + len(wanted)] = wanted
        return _EIO if self.dead else 0

    def _torn(self, old: bytes, wanted: bytes) -> bytes:
        if self.tear == "half":
            half = len(old) // 2
            return wanted[:half] + old[half:]
        if self.tear == "bits":
            mask = random.Random(self.operations).randbytes(len(old))
            return bytes(m & w | ~m & o for m, w, o in zip(mask, wanted, old, strict=True))
        return old if self.tear == "before" else bytes(wanted)


class _File:
    """An open file: closed once, and left alone once the power is gone."""

    def __init__(self, disk: Disk, name: str, mode: str) -> None:
        self._disk = disk
        self._file = disk.do(lfs.file_open, name, mode)

    def write(self, data: bytes) -> int:
        written: int = self._disk.do(lfs.file_write, self._file, data)
        return written

    def read(self) -> bytes:
        size = self._disk.do(lfs.file_size, self._file)
        return bytes(self._disk.do(lfs.file_read, self._file, size))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._disk.chip.dead:
            self._disk.do(lfs.file_close, self._file)


class Disk:
    """littlefs on a chip, with the parameters of MicroPython's `VfsLfs2(flash, progsize=256)`."""

    def __init__(self, chip: Chip, block_cycles: int = 100) -> None:
        self.chip = chip
        self._fs = LittleFS(
            context=chip,
            block_size=BLOCK_BYTES,
            block_count=chip.blocks,
            prog_size=PAGE_BYTES,
            read_size=32,
            cache_size=1024,
            lookahead_size=32,
            block_cycles=block_cycles,
            mount=False,
        )
        if chip.buffer.count(0xFF) == len(chip.buffer):
            self._fs.format()
        self._fs.mount()

    def do(self, call: Any, *arguments: Any) -> Any:
        """A call of littlefs. Raises OSError as MicroPython does, PowerCut where the power went."""
        try:
            result = call(self._fs.fs, *arguments)
        except LittleFSError as error:
            self._check()
            raise OSError(-error.code, str(call)) from None
        except FileNotFoundError as error:
            raise OSError(2, "ENOENT") from error
        self._check()
        return result

    def _check(self) -> None:
        if self.chip.dead:
            raise PowerCut

    def names(self) -> list[str]:
        """The files there are."""
        return list(self._fs.listdir("/"))

    # What the device's store asks of MicroPython.

    def open(self, path: str, mode: str) -> _File:
        return _File(self, path, mode)

    def rename(self, old: str, new: str) -> None:
        self.do(lfs.rename, old, new)

    def remove(self, path: str) -> None:
        self.do(lfs.remove, path)

    def mkdir(self, path: str) -> None:
        self.do(lfs.mkdir, path)


def store_on(disk: Disk) -> Store:
    """The store of the firmware (`poultice_pico/store.py`), its `open` and `os` those of a disk."""
    module = _load()
    vars(module)["open"] = disk.open
    vars(module)["os"] = SimpleNamespace(rename=disk.rename, remove=disk.remove, mkdir=disk.mkdir)
    store: Store = module.FlashStore()
    return store


def _load() -> ModuleType:
    path = FIRMWARE / "pico/poultice_pico/store.py"
    spec = importlib.util.spec_from_file_location(f"store_{os.urandom(4).hex()}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class InPlace(Store):
    """A store as one might write it first: no file beside, no rename. For tests of the tests."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def load(self, name: str) -> bytes | None:
        try:
            with self._disk.open("/" + name, "rb") as file:
                return file.read()
        except OSError:
            return None

    def save(self, name: str, data: bytes) -> None:
        try:
            self._disk.remove("/" + name)
        except OSError:
            pass
        with self._disk.open("/" + name, "wb") as file:
            file.write(data)
