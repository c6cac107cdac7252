"""A device set up at the bench: its configuration in force without a button hold.

For whoever has the flash in hand anyway (a build, a simulation); there is no way here by link.
"""

from . import config
from .board import Store
from .journal import FILE, Journal
from .ledger import Ledger
from .limits import Limits


def provision(store: Store, changes: dict[str, object], entropy: int = 1) -> None:
    """Write `changes` over the configuration in `store`, and an empty journal if there is none.

    Raises Refusal for a value out of bounds, ValueError for a corrupt file, OSError.
    """
    in_force = config.load(store, config.FILE) or config.default()
    if store.load(FILE) is None:
        limits = Limits()
        journal = Journal(store, Ledger(limits), limits)
        journal.load(entropy)
        journal.save()
    config.save(store, config.FILE, config.merged(in_force, changes))
