"""The only writer of flash: it follows the guard once a tick, after the outputs, and writes at
most one file, never while MASTER is closed (SR-05, 06, 15, 18, 20, 22, 23).
"""

from . import entries, faults, recall, writer
from .adoption import Adoption
from .board import Board
from .journal import FILE
from .limits import Limits
from .page import Page
from .relays import MASTER
from .settings import Settings
from .witness import AWAITED, LAZY, MATTERS, SOON, Witness

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .guard import Guard
    from .plan import Plan
    from .tally import Tally
    from .tick import Ask, Tick

_LAZY_TICKS = 100
_CHECKPOINT_S = 600
_PACK_CHECKPOINT_S = 60


class Memory:
    """What outlives a power cut.

    For the guard to start with: `settings`, `limits`, `ledger`, `budget_uj`, `fault` (latched when
    power went), `pack_lowest_mc` (of a pack that was on, or None).
    """

    def __init__(self, board: Board) -> None:
        self._store = board.store
        self._after_power = board.reset_cause == "power_on"
        self._writer = writer.Writer(board)
        self._due = 0
        self._lazy_ticks = 0
        self._mark_due = False
        self._adopted = False
        self._confirmed = 0
        self._kept_intent: object = None
        self._load(board.entropy(), board.reset_cause == "watchdog")

    def _load(self, entropy: int, after_watchdog: bool) -> None:
        journal, verdict = recall.journal(self._store, entropy)
        known_n = 0 if verdict == recall.LOST else journal.config_n
        n, in_force, pending, config_lost = recall.config(self._store, known_n)
        self._journal = journal
        self._witness = Witness(journal)
        self._adoption = Adoption(n, in_force, pending)
        if verdict == recall.LOST:
            self._writer.lost |= 1 << faults.JOURNAL_LOST
        elif n > journal.config_n:
            # It came into force, and power went before that was entered.
            journal.add(entries.config(in_force, 0, None))
            self._due = SOON | MATTERS
        journal.config_n = n
        if config_lost:
            self._writer.lost |= 1 << faults.CONFIG_LOST
        if after_watchdog:
            journal.budget_uj = 0
            self._writer.lost |= 1 << faults.WATCHDOG_RESET
        if after_watchdog or verdict != recall.LOADED:
            self._due = SOON | MATTERS
        self.settings = Settings(in_force)
        self.limits = Limits().under(self.settings)
        self.ledger = journal.ledger
        self.ledger.limits = self.limits
        self._saved_s = self.ledger.now_s
        self.budget_uj = journal.budget_uj
        self.pack_lowest_mc = journal.pack_lowest_mc

    # --- what others ask and are told -----------------------------------------------------

    def brief(self, tick: "Tick") -> None:
        """Before the guard steps: what memory has to tell it, each piece of news once."""
        self._adoption.look(tick.button)
        saves = self._writer
        tick.lost = saves.lost
        tick.saved_ms = saves.saved_ms
        saves.lost = 0
        saves.saved_ms = 0
        # No before the tick after a session's begin, in which its intent is written.
        intent = self._journal.intent
        kept = intent is None or intent is self._kept_intent
        tick.written = kept and self._witness.session_n is not None
        tick.writes = saves.failing == 0
        tick.settings = None
        tick.limits = None
        if self._adopted:
            self._adopted = False
            tick.settings = Settings(self._adoption.in_force)
            tick.limits = Limits().under(tick.settings)

    @property
    def lost(self) -> int:
        """Faults to trip in the next tick, as bits."""
        return self._writer.lost

    @property
    def settled(self) -> bool:
        """Is all on flash that an answer waits for?"""
        return self._due & AWAITED == 0 and not self._adoption.due

    @property
    def fault(self) -> int:
        """The latched fault, or NONE."""
        return self._witness.fault

    @property
    def session_n(self) -> int | None:
        """The number of the session under way, else None."""
        return self._witness.session_n

    @property
    def sessions(self) -> int:
        """How many have begun: the number of the last."""
        return self._journal.session

    @property
    def operations(self) -> int:
        """HEAT's closings in all sessions that have ended."""
        return self._journal.operations

    @property
    def config(self) -> dict[str, object]:
        """The configuration in force."""
        return self._adoption.in_force

    @property
    def pending(self) -> dict[str, object] | None:
        """The configuration that waits for the button, or None."""
        return self._adoption.pending

    def propose(self, config: dict[str, object]) -> None:
        """A configuration to wait for the button; whole, as `config.merged` gives it."""
        self._adoption.propose(config)

    def drop(self) -> None:
        """What waits is to be forgotten."""
        if self._adoption.pending is not None:
            self._adoption.propose(None)

    def proven(self) -> bool:
        """Was this boot given a clock?"""
        return self._journal.clock.proven()

    def unix_s(self) -> int | None:
        """The wall clock, where this boot was given one."""
        return self._journal.clock.unix_s()

    def set_clock(self, unix_s: int) -> int:
        """Take the wall clock, once a boot; the seconds credited as passed without power."""
        clock = self._journal.clock
        given = clock.proven()
        credited_s = clock.set(unix_s, self._after_power)
        if clock.proven() and not given:
            self._due |= AWAITED | MATTERS if credited_s else AWAITED
        return credited_s

    def readable(self) -> bool:
        """Can the journal be read back now?"""
        try:
            return self._store.load(FILE) is not None
        except Exception:  # whatever the file system raises
            return False

    def page(self, after: int, limit: int) -> Page:
        """Entries with a number above `after`, gathered by as many `step` as it takes."""
        return Page(self._journal, self._store, after, limit)

    # --- once a tick ----------------------------------------------------------------------

    def follow(
        self, guard: "Guard", ask: "Ask", plan: "Plan | None", tally: "Tally", uptime_ms: int
    ) -> None:
        """After the outputs: take note of what this tick changed, then write, where one may."""
        try:
            self._witness.look(guard, ask, plan, tally, uptime_ms)
        finally:
            # Whatever raised, what is due already gets its write.
            self._keep(guard, uptime_ms)

    def _keep(self, guard: "Guard", uptime_ms: int) -> None:
        due = self._witness.due
        if due:
            self._witness.due = 0
            self._due |= due
            if due & LAZY:
                self._lazy_ticks = 0
        if guard.course.confirmed != self._confirmed:
            self._confirmed = guard.course.confirmed
            self._adoption.confirm()
        if not guard.live:
            self._idle(guard)
        if self._writer.ready() and guard.outputs & MASTER == 0:
            self._write(guard, uptime_ms)

    def _idle(self, guard: "Guard") -> None:
        """Between sessions: what need not be at once, and powered time while it matters."""
        if self._due & LAZY:
            self._lazy_ticks += 1
            if self._lazy_ticks >= _LAZY_TICKS:
                self._due |= SOON
        checkpoint_s = _PACK_CHECKPOINT_S if guard.pack.on else _CHECKPOINT_S
        if self.ledger.now_s - self._saved_s >= checkpoint_s and self.ledger.records:
            self._due |= SOON

    # --- one file a tick ------------------------------------------------------------------

    def _write(self, guard: "Guard", uptime_ms: int) -> None:
        """What is due: first what safety needs, then what an answer waits for, then the rest."""
        saves = self._writer
        journal = self._journal
        if self._due & (AWAITED | SOON):
            self._save_journal(guard)
        elif self._adoption.due and not guard.live:
            if self._adoption.save(saves):
                self._adopted = True
                journal.config_n = self._adoption.n
                journal.add(entries.config(self._adoption.in_force, uptime_ms, self.unix_s()))
                self._due |= AWAITED | MATTERS
        elif saves.wrote or (guard.live and not guard.pack.on):
            pass  # a tick between two writes; no session is made late for these
        elif self._mark_due:
            self._mark_due = not saves.save(writer.MARK, recall.MARK, recall.mark(journal.gen))
        elif journal.full():
            name, data = journal.block()
            if saves.save(writer.LOG, name, data):
                journal.moved()
                self._due |= LAZY
                self._lazy_ticks = 0

    def _save_journal(self, guard: "Guard") -> None:
        journal = self._journal
        journal.budget_uj = guard.budget.level_uj
        if guard.pack.on:
            journal.pack_lowest_mc = guard.pack.lowest_mc
        if self._writer.save(writer.JOURNAL, FILE, journal.file()):
            self._mark_due = self._mark_due or self._due & MATTERS != 0
            self._due = 0
            self._kept_intent = journal.intent
            self._saved_s = self.ledger.now_s
