"""Sees what a tick has changed in the guard, and enters it into the journal (SR-05, 20, 23)."""

from . import entries, faults
from .journal import Journal

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .guard import Guard
    from .plan import Plan
    from .tally import Tally
    from .tick import Ask

# Why the journal is due to be saved, as bits: an answer waits for it; at once; at leisure. And is
# it something that an older journal, come back by itself, must not be taken for?
AWAITED = 1
SOON = 2
LAZY = 4
MATTERS = 8

_PACK_TICKS = 100
_PACK_FALL_MC = 500


class Witness:
    """`session_n`: of the session under way, else None. `fault`: the latched one. `due`: why the
    journal is, for whoever saves it to set back."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.due = 0
        self.fault = faults.number(journal.fault)
        self.session_n: int | None = None
        self._plan = ""
        self._pack_ticks = 0
        # The guard's own counts, as last seen.
        self._latched = 0
        self._begun = 0
        self._ended = 0

    def look(
        self, guard: "Guard", ask: "Ask", plan: "Plan | None", tally: "Tally", uptime_ms: int
    ) -> None:
        """Enter what this tick has changed. What raises in here is tried again in the next."""
        latch = guard.latch
        course = guard.course
        if latch.count != self._latched or latch.fault != self.fault:
            self.due |= self._see_fault(guard, ask, uptime_ms)
            self._latched = latch.count
            self.fault = latch.fault
        if course.begun != self._begun:
            self.due |= self._see_begin(guard, plan)
            self._begun = course.begun
        if course.ended != self._ended:
            self.due |= self._see_end(guard, tally, uptime_ms)
            self._ended = course.ended
        if guard.pack.on or self._journal.pack_lowest_mc is not None:
            self.due |= self._see_pack(guard)

    def _see_fault(self, guard: "Guard", ask: "Ask", uptime_ms: int) -> int:
        latch = guard.latch
        journal = self._journal
        name = faults.NAMES[latch.fault]
        if journal.fault != name:
            # First, and once: the fault is kept although its entry cannot be made.
            journal.fault = name
            self.due |= AWAITED | MATTERS
        if latch.count != self._latched:
            journal.add(entries.fault(guard, ask, uptime_ms, journal.clock.unix_s()))
        return AWAITED | MATTERS

    def _see_begin(self, guard: "Guard", plan: "Plan | None") -> int:
        journal = self._journal
        journal.session += 1
        self.session_n = journal.session
        self._plan = plan.name if plan is not None else ""
        order = guard.course.order
        if not (order.heat_s or order.cold_s):
            return 0
        dose_m = guard.limits.dose_session_m
        if order.sensitive:
            dose_m = guard.limits.sensitive_dose_session_m
        by_hand = order.cold_s > 0 and not guard.settings.cooler
        journal.intend(self._plan, order, dose_m, by_hand)
        return AWAITED

    def _see_end(self, guard: "Guard", tally: "Tally", uptime_ms: int) -> int:
        journal = self._journal
        treated = guard.treated()
        unix_s = journal.clock.unix_s()
        number = self.session_n or 0
        entry = entries.session(number, self._plan, guard, tally, uptime_ms, unix_s)
        journal.add(entry, not treated)
        journal.operations += guard.heat_operations
        journal.intent = None
        self.session_n = None
        if not treated:
            return LAZY
        journal.clock.treated()
        return AWAITED | MATTERS

    def _see_pack(self, guard: "Guard") -> int:
        """What is to be on flash: that it is on, its lowest to within 0.5 °C, that it is off."""
        journal = self._journal
        noted_mc = journal.pack_lowest_mc
        lowest_mc = guard.pack.lowest_mc if guard.pack.on else None
        if self._pack_ticks > 0:
            self._pack_ticks -= 1
        if lowest_mc == noted_mc:
            return 0
        if lowest_mc is not None and noted_mc is not None and lowest_mc < noted_mc:
            if lowest_mc > noted_mc - _PACK_FALL_MC or self._pack_ticks > 0:
                return 0
            due = SOON
        else:
            due = SOON | MATTERS
        self._pack_ticks = _PACK_TICKS
        journal.pack_lowest_mc = lowest_mc
        return due
