"""Start-up: what the flash tells of the past. Whatever it holds, nothing here raises (SR-05, 06,
15, 23)."""

from . import config as configuration
from . import entries, sealed
from .board import Store
from .journal import FILE, LOGS, Journal
from .ledger import Ledger
from .limits import Limits

# A second place of the flash that knows how new the journal is: a file system that lost its
# newest block falls back to an older one without a word.
MARK = "mark"

LOADED = 0
NEW = 1
LOST = 2
INTERRUPTED = 3


def mark(gen: int) -> bytes:
    """The mark's content: the journal is at least this new."""
    return sealed.line((("gen", gen),))


def journal(store: Store, entropy: int) -> tuple[Journal, int]:
    """The journal: LOADED, NEW (erased flash), LOST, or INTERRUPTED (a session was cut off).

    LOST has been counted as one maximal session that ended now, INTERRUPTED as planned.
    """
    found = Journal(Ledger(Limits()))
    marked_gen: int | None = 0
    try:
        data = store.load(FILE)
        marked_gen = _marked(store.load(MARK))
        if data is None and marked_gen == 0 and not _others_exist(store):
            found.era = entropy
            return found, NEW
        if data is not None:
            intent = found.restore(data)
            if marked_gen is not None and found.gen >= marked_gen:
                if intent is None:
                    return found, LOADED
                _count_interrupted(found, intent)
                return found, INTERRUPTED
    except Exception:  # a file that is not ours any more, a file system that does not mount
        pass
    return _lost(entropy, max(marked_gen or 0, found.gen)), LOST


def _marked(data: bytes | None) -> int | None:
    """The mark's number, 0 where there is no mark; None where it cannot be read."""
    if data is None:
        return 0
    try:
        return sealed.number(sealed.read(data)["gen"])
    except Exception:  # whatever a parser raises: it proves nothing
        return None


def _others_exist(store: Store) -> bool:
    for name in (MARK, configuration.FILE, "pending") + LOGS:
        if store.load(name) is not None:
            return True
    return False


def _lost(entropy: int, gen: int) -> Journal:
    limits = Limits()
    found = Journal(Ledger(limits))
    found.era = entropy
    found.gen = gen
    found.budget_uj = 0
    ledger = found.ledger
    ledger.add(limits.heat_session_s, limits.cold_session_s, limits.dose_session_m, True)
    return found


def _count_interrupted(found: Journal, intent: object) -> None:
    limits = Limits()
    number = sealed.number
    heat_s = number(intent["heat_s"])  # type: ignore[index]
    cold_s = number(intent["cold_s"])  # type: ignore[index]
    dose_max_m = number(intent["dose_max_m"])  # type: ignore[index]
    if intent["by_hand"] is True:  # type: ignore[index]
        cold_s += limits.prompt_max_s
        if found.pack_lowest_mc is None:
            # It may still lie there; a reading well above it says that none does.
            found.pack_lowest_mc = limits.pack_unknown_mc
    dose_m = min(dose_max_m, (heat_s * 1000 + 59) // 60)
    found.ledger.add(heat_s, cold_s, dose_m, True)
    found.budget_uj = 0
    # When it was cut is not known: it may have lasted as long as a session can.
    found.clock.owed_s = limits.session_s
    unix_s = intent["unix_s"]  # type: ignore[index]
    session_n, plan = intent["session"], intent["plan"]  # type: ignore[index]
    found.add(entries.interrupted(session_n, plan, heat_s, cold_s, dose_m, unix_s))


def config(
    store: Store, known_n: int
) -> tuple[int, dict[str, object], dict[str, object] | None, bool]:
    """Its number, what is in force, what is pending, and whether it was lost: unreadable, or not
    as new as `known_n`. Then the default stands in.
    """
    try:
        data = store.load(configuration.FILE)
        if data is None:
            return known_n, configuration.default(), None, known_n > 0
        n, in_force, pending = configuration.read(data)
        if n >= known_n:
            return n, in_force, pending, False
    except Exception:  # a corrupt file and a dead file system alike
        pass
    return known_n, configuration.default(), None, True
