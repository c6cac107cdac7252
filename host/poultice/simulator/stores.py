"""The device's flash: in memory, or a directory that outlives the run."""

from __future__ import annotations

import os
from pathlib import Path

from poultice_core import config as configuration
from poultice_core import journal
from poultice_core.board import Store
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits


class MemoryStore(Store):
    """Files of a device that is new every time."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def load(self, name: str) -> bytes | None:
        """What was last saved."""
        return self.files.get(name)

    def save(self, name: str, data: bytes) -> None:
        """Keep it."""
        self.files[name] = bytes(data)


class FileStore(Store):
    """Files in a directory, each replaced whole: written beside, synced, then renamed.

    Raises OSError where the directory can be neither found nor made.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory

    def load(self, name: str) -> bytes | None:
        """The file's content. Raises OSError where the directory has gone."""
        try:
            return (self._directory / name).read_bytes()
        except FileNotFoundError:
            if not self._directory.is_dir():
                raise
            return None

    def save(self, name: str, data: bytes) -> None:
        """Replace the file whole. Raises OSError."""
        beside = self._directory / f"{name}.new"
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._directory / name)


def preset_config(store: Store, changes: dict[str, object], era: int) -> None:
    """Put `changes` into the configuration in force, before power-up; the rest stays.

    On empty flash an empty journal of this `era` is written too: a configuration without a
    journal is what a device that lost its journal looks like. A configuration that cannot be
    read is left for the device to find.
    """
    limits = Limits()
    try:
        known = configuration.load(store, configuration.FILE)
        if known is None and store.load(journal.FILE) is None:
            fresh = journal.Journal(store, Ledger(limits), limits)
            fresh.era = era
            fresh.save()
        wanted = configuration.merged(known or configuration.default(), changes)
        if wanted != known:
            configuration.save(store, configuration.FILE, wanted)
    except (OSError, ValueError):
        return
