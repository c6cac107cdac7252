"""What must survive a power cut: sessions, totals, rest, the heat budget, the last fault
(SR-05, SR-06, SR-20, SR-24).

One sealed file holds all that safety needs and the newest entries; full blocks of eight entries
are moved out to a ring of log files first, so that no write is larger than a few kilobytes and
no cut loses what rest and totals need. Each save replaces a file whole (`Store`).
"""

import json

from .board import Store
from .config import FILE as CONFIG_FILE
from .config import PENDING_FILE
from .ledger import Ledger
from .limits import Limits
from .messages import seal, unseal

FILE = "journal"
BLOCK = 8
BLOCKS = 9

_CREDIT_MAX_S = 365 * 86_400

LOADED = 0
NEW = 1
LOST = 2
INTERRUPTED = 3


class Journal:
    """The device's memory; every method that saves raises OSError where the store does."""

    def __init__(self, store: Store, ledger: Ledger, limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self.ledger = ledger
        self.saved_s = 0
        self._blank()

    def _blank(self) -> None:
        self.era = 0
        self.session = 0
        self.next_n = 1
        self.tail: list[dict[str, object]] = []
        self.fault: str | None = None
        self.budget_uj = self._limits.budget_capacity_uj_cm2
        self.operations = 0
        self.intent: dict[str, object] | None = None
        self.pack_lowest_mc: int | None = None
        self._stamp: list[int] | None = None
        self._owed_s = 0
        self._clock: list[int] | None = None

    # --- start-up -----------------------------------------------------------------------

    def load(self, entropy: int) -> int:
        """Read the file: LOADED, NEW (erased flash), LOST, or INTERRUPTED (a session was cut).

        LOST has been counted as one maximal session that ended now, INTERRUPTED as planned.
        """
        try:
            data = self._store.load(FILE)
            if data is None:
                if self._others_exist():
                    return self._lost(entropy)
                self.era = entropy
                return NEW
            self._restore(data)
        except Exception:  # a file that is not ours any more, a file system that does not mount
            return self._lost(entropy)
        if self.intent is None:
            return LOADED
        self._count_interrupted()
        return INTERRUPTED

    def _others_exist(self) -> bool:
        names = [CONFIG_FILE, PENDING_FILE] + ["log%d" % block for block in range(BLOCKS)]
        for name in names:
            if self._store.load(name) is not None:
                return True
        return False

    def _lost(self, entropy: int) -> int:
        limits = Limits()
        self._blank()
        self.era = entropy
        self.budget_uj = 0
        self.ledger.load([0, -86_400, -86_400, []])
        self.ledger.add(limits.heat_session_s, limits.cold_session_s, limits.dose_session_m, True)
        return LOST

    def _restore(self, data: bytes) -> None:
        text = unseal(data)
        if text is None:
            raise ValueError
        kept = json.loads(text)
        self.ledger.load(kept["ledger"])
        self.era = kept["era"]
        self.session = kept["session"]
        self.next_n = kept["next_n"]
        self.tail = kept["tail"]
        self.fault = kept["fault"]
        self.budget_uj = kept["budget_uj"]
        self.operations = kept["operations"]
        self.intent = kept["intent"]
        self.pack_lowest_mc = kept["pack"]
        self._stamp = kept["stamp"]
        self._owed_s = kept["owed_s"]
        if self.pack_lowest_mc is not None:
            # When it came off is not known: no clock can say how long ago.
            self._stamp = None
        self.saved_s = self.ledger.now_s

    def _count_interrupted(self) -> None:
        intent = self.intent or {}
        self.intent = None
        self.budget_uj = 0
        heat_s = _number(intent.get("heat_s"))
        cold_s = _number(intent.get("cold_s"))
        dose_m = min(_number(intent.get("dose_max_m")), (heat_s * 1000 + 59) // 60)
        self.ledger.add(heat_s, cold_s, dose_m, True)
        # When it was cut is not known: it may have lasted as long as a session can.
        self._owed_s = self._limits.session_s
        if intent.get("by_hand") is True:
            # A pack may still lie there; a reading well above it says that none does.
            self.pack_lowest_mc = self._limits.pack_unknown_mc
        entry = session_entry(_number(intent.get("session")), str(intent.get("plan")))
        entry["outcome"] = "power_lost"
        entry["heat_s"] = heat_s
        entry["cold_s"] = cold_s
        entry["dose_m"] = dose_m
        entry["unix_s"] = intent.get("unix_s")
        self.add(entry)

    # --- entries ------------------------------------------------------------------------

    def add(self, entry: dict[str, object]) -> None:
        """Number and keep an entry; saved by the next `save`."""
        entry["n"] = self.next_n
        if len(self.tail) >= BLOCK:
            block = (_number(self.tail[0]["n"]) - 1) // BLOCK % BLOCKS
            text = json.dumps([self.era, self.tail]).encode()
            self._store.save("log%d" % block, seal(text))
            self.tail = []
        self.tail.append(entry)
        self.next_n += 1

    def entries(self, after: int, limit: int) -> list[dict[str, object]]:
        """Up to `limit` entries with a number above `after`, oldest first."""
        found: list[dict[str, object]] = []
        first_n = _number(self.tail[0]["n"]) if self.tail else self.next_n
        oldest_n = max(1, first_n - BLOCK * (BLOCKS - 1))
        n = max(after + 1, oldest_n)
        while n < first_n and len(found) < limit:
            for entry in self._block(n):
                if n <= _number(entry["n"]) < first_n and len(found) < limit:
                    found.append(entry)
            n = ((n - 1) // BLOCK + 1) * BLOCK + 1
        for entry in self.tail:
            if _number(entry["n"]) > after and len(found) < limit:
                found.append(entry)
        return found

    def _block(self, n: int) -> list[dict[str, object]]:
        block = (n - 1) // BLOCK
        try:
            data = self._store.load("log%d" % (block % BLOCKS))
            text = unseal(data) if data is not None else None
            if text is None:
                return []
            era, entries = json.loads(text)
            if era != self.era or (_number(entries[0]["n"]) - 1) // BLOCK != block:
                return []
            return list(entries)
        except Exception:  # a lost log block is lost history, not lost safety
            return []

    def save(self) -> None:
        """Write all that must survive now."""
        now_s = self.ledger.now_s
        unix_s = self.unix_s()
        if unix_s is not None:
            self._stamp = [now_s, unix_s]
            self._owed_s = 0
        kept = {
            "ledger": self.ledger.dump(),
            "era": self.era,
            "session": self.session,
            "next_n": self.next_n,
            "tail": self.tail,
            "fault": self.fault,
            "budget_uj": self.budget_uj,
            "operations": self.operations,
            "intent": self.intent,
            "pack": self.pack_lowest_mc,
            "stamp": self._stamp,
            "owed_s": self._owed_s,
        }
        self._store.save(FILE, seal(json.dumps(kept).encode()))
        self.saved_s = now_s

    def begin(self, intent: dict[str, object]) -> int:
        """Save what is about to be done, before MASTER may close; the session's number."""
        stamp = self._stamp
        intent["session"] = self.session + 1
        intent["unix_s"] = self.unix_s()
        self.intent = intent
        self.session += 1
        if self._clock is None:
            self._stamp = None
        try:
            self.save()
        except Exception:
            self.intent = None
            self.session -= 1
            self._stamp = stamp
            raise
        return self.session

    # --- clock --------------------------------------------------------------------------

    def unix_s(self) -> int | None:
        """The wall clock, where this boot was given one."""
        if self._clock is None:
            return None
        return self._clock[1] + self.ledger.now_s - self._clock[0]

    def clock_proven(self) -> bool:
        """Was this boot given a clock?"""
        return self._clock is not None

    def set_clock(self, unix_s: int, after_power: bool = True) -> int:
        """Take the wall clock, once a boot; the seconds credited as passed without power.

        `after_power`: did this boot come with power? A restart takes no time to credit, and a
        host can ask for one as often as it likes.

        What is credited is what the clock moved since the last stamp, less what this device
        has counted by itself since then, and less the longest that an interrupted session can
        have lasted. A clock behind the last stamp changes nothing.
        """
        if self._clock is not None:
            return 0
        credited_s = 0
        if self._stamp is not None:
            if unix_s < self._stamp[1]:
                return 0
            counted_s = self.ledger.now_s - self._stamp[0]
            passed_s = unix_s - self._stamp[1] - counted_s - self._owed_s
            if after_power:
                credited_s = max(0, min(passed_s, _CREDIT_MAX_S))
        self.ledger.credit(credited_s)
        self._clock = [self.ledger.now_s, unix_s]
        self.save()
        return credited_s


def session_entry(session: int, plan: str) -> dict[str, object]:
    """An entry of kind `session` with nothing filled in yet."""
    return {
        "n": 0,
        "kind": "session",
        "session": session,
        "plan": plan,
        "outcome": "stopped",
        "reason": None,
        "heat_s": 0,
        "cold_s": 0,
        "dose_m": 0,
        "peak_mc": None,
        "min_mc": None,
        "heat_operations": 0,
        "t_ms": 0,
        "unix_s": None,
    }


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
