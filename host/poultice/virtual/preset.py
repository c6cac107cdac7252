"""A device set up at the bench: its configuration in force without a button hold.

For whoever has the flash in hand anyway, a simulation or the page in the browser; there is no
way here by link.
"""

from __future__ import annotations

from poultice_core import config, journal
from poultice_core.board import Store
from poultice_core.ledger import Ledger
from poultice_core.limits import Limits


def preset_config(store: Store, changes: dict[str, object], era: int) -> None:
    """Put `changes` into the configuration in force, before power-up; the rest stays.

    On empty flash an empty journal of this `era` is written too: a configuration without a
    journal is what a device that lost its journal looks like. A configuration that cannot be
    read is left for the device to find.
    """
    try:
        data = store.load(config.FILE)
        if data is None:
            n, known, pending = 0, config.default(), None
            if store.load(journal.FILE) is None:
                fresh = journal.Journal(Ledger(Limits()))
                fresh.era = era
                store.save(journal.FILE, fresh.file())
        else:
            n, known, pending = config.read(data)
        wanted = config.merged(known, changes)
        if data is None or wanted != known:
            store.save(config.FILE, config.file(n, wanted, pending))
    except (OSError, ValueError):
        return
