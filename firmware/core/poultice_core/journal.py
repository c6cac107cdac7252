"""The journal's file: all that rest, totals and start-up need, and the newest entries.

First a sealed line of state, then one sealed line an entry. What is older is in a ring of log
files, eight entries each, also as sealed lines. Each file is replaced whole (`Store`).
"""

from . import faults, sealed
from .codec import unseal
from .ledger import Ledger
from .limits import Limits
from .tick import Order
from .wallclock import WallClock

FILE = "journal"
BLOCK = 8
BLOCKS = 9
LOGS = tuple(["log%d" % block for block in range(BLOCKS)])


class Journal:
    """What one device remembers; `gen` counts its saves, `config_n` the configurations entered.

    `tail`: the newest entries as sealed lines, numbered up to `next_n` - 1. `idle_end`: is the
    newest of them the end of a session that gave nothing? `intent`: what is being done, from
    before the pad may be energised until it has ended. `pack_lowest_mc`: of a cold pack that is
    on, else None.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.clock = WallClock(ledger)
        self.gen = 0
        self.era = 0
        self.session = 0
        self.next_n = 1
        self.tail: list[bytes] = []
        self.idle_end = False
        self.fault: str | None = None
        self.budget_uj = Limits().budget_capacity_uj_cm2
        self.operations = 0
        self.intent: tuple[tuple[str, object], ...] | None = None
        self.pack_lowest_mc: int | None = None
        self.config_n = 0

    def first_n(self) -> int:
        """The number of the first entry in `tail`; `next_n` where it is empty."""
        return self.next_n - len(self.tail)

    def oldest_n(self) -> int:
        """The lowest number that a log file may still hold, or `tail`."""
        return max(1, self.first_n() - BLOCK * (BLOCKS - 1))

    # --- entries ------------------------------------------------------------------------

    def add(self, members: tuple[tuple[str, object], ...], idle_end: bool = False) -> None:
        """A new entry. The end of a session that gave nothing takes the place of one before."""
        if idle_end and self.idle_end:
            self.tail.pop()
            self.next_n -= 1
        elif len(self.tail) >= 2 * BLOCK:
            # The oldest could not be moved out: better they than what is new.
            del self.tail[:BLOCK]
        self.idle_end = idle_end
        self.tail.append(sealed.line((("n", self.next_n),) + members))
        self.next_n += 1

    def full(self) -> bool:
        """Is there a block to move out? Never the newest entry: that may be replaced."""
        return len(self.tail) > BLOCK

    def block(self) -> tuple[str, bytes]:
        """Name and content of the log file that the oldest entries of `tail` go to."""
        head = sealed.line((("era", self.era), ("first_n", self.first_n())))
        return log_of(self.first_n()), b"\n".join([head] + self.tail[:BLOCK])

    def moved(self) -> None:
        """That file was written. Until the next save both have them, and the tail is believed."""
        del self.tail[:BLOCK]

    def logged(self, data: bytes, n: int) -> list[bytes]:
        """The sealed lines from entry `n` on of the log file's content, which may be another's:
        none then. Raises ValueError where it is ruined."""
        lines = data.split(b"\n")
        head = sealed.read(lines[0])
        first_n = (n - 1) // BLOCK * BLOCK + 1
        if head["era"] != self.era or head["first_n"] != first_n:
            return []
        return lines[1 + n - first_n :]

    def intend(self, plan: str, order: Order, dose_max_m: int, by_hand: bool) -> None:
        """What the session that begins may give at most. `by_hand`: is a pack laid for its cold?"""
        self.intent = (
            ("session", self.session),
            ("plan", plan),
            ("heat_s", order.heat_s),
            ("cold_s", order.cold_s),
            ("dose_max_m", dose_max_m),
            ("by_hand", by_hand),
            ("unix_s", self.clock.unix_s()),
        )

    # --- the file -----------------------------------------------------------------------

    def file(self) -> bytes:
        """The content to save now."""
        self.gen += 1
        clock = self.clock
        clock.note()
        # Begun without a clock and cut off: how long before the stamp is not known.
        unknown = self.intent is not None and not clock.proven()
        head = sealed.line(
            (
                ("gen", self.gen),
                ("era", self.era),
                ("session", self.session),
                ("next_n", self.next_n),
                ("tail", len(self.tail)),
                ("idle_end", self.idle_end),
                ("fault", self.fault),
                ("budget_uj", self.budget_uj),
                ("operations", self.operations),
                ("intent", self.intent),
                ("pack_lowest_mc", self.pack_lowest_mc),
                ("config_n", self.config_n),
                ("stamp", None if unknown else clock.stamp),
                ("owed_s", clock.owed_s),
                ("ledger", self.ledger.dump()),
            )
        )
        return b"\n".join([head] + self.tail)

    def restore(self, data: bytes) -> object:
        """Take what `file` gave; the intent of a session that was cut off, else None.

        Raises KeyError, TypeError or ValueError where `file` did not give it.
        """
        lines = data.split(b"\n")
        kept = sealed.read(lines[0])
        tail = lines[1:]
        if len(tail) != kept["tail"]:
            raise ValueError
        for line in tail:
            if unseal(line) is None:
                raise ValueError
        self.ledger.load(kept["ledger"])  # type: ignore[arg-type]
        self.tail = tail
        self.gen = sealed.number(kept["gen"])
        self.era = sealed.number(kept["era"])
        self.session = sealed.number(kept["session"])
        self.next_n = sealed.number(kept["next_n"])
        self.idle_end = kept["idle_end"] is True
        self.fault = _name(kept["fault"])
        self.budget_uj = sealed.number(kept["budget_uj"])
        self.operations = sealed.number(kept["operations"])
        self.pack_lowest_mc = kept["pack_lowest_mc"]  # type: ignore[assignment]
        self.config_n = sealed.number(kept["config_n"])
        self.clock.stamp = kept["stamp"]  # type: ignore[assignment]
        self.clock.owed_s = sealed.number(kept["owed_s"])
        if self.pack_lowest_mc is not None:
            # When it came off is not known: no clock can say how long ago.
            self.clock.stamp = None
        return kept["intent"]


def log_of(n: int) -> str:
    """The log file that entry `n` is moved out to."""
    return LOGS[(n - 1) // BLOCK % BLOCKS]


def _name(value: object) -> str | None:
    """A latched fault's name; what is none that this firmware knows is `internal` (SR-20)."""
    if value is None:
        return None
    return faults.NAMES[faults.number(value) or faults.INTERNAL]
