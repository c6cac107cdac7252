"""What one device is made of, and how it starts up: the parts that requests and loop share."""

from . import config as configuration
from . import faults, states
from .board import Board
from .guard import Guard
from .journal import LOST, Journal, session_entry
from .ledger import Ledger
from .limits import CHECKSUM, Limits, checksum
from .messages import whole
from .order import Inputs
from .plan import Plan
from .session import Session
from .tally import Tally


class Device:
    """Board, configuration, limits, guard, session and journal of one device."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.inputs = Inputs()
        self.tally = Tally()
        self.uptime_s = 0
        self.uptime_part_ms = 0
        self.events: list[tuple[str, dict[str, object]]] = []
        self.rx_errors = 0
        self.tx_dropped = 0
        self.plan: Plan | None = None
        self.session_n: int | None = None
        self.reboot_into: str | None = None
        self.warned: list[str] = []
        self._plans = 0
        self.state_noted = states.BOOT
        config_lost = self._load_config()
        self.limits = self._limits_in_force()
        self.ledger = Ledger(self.limits)
        self.journal = Journal(board.store, self.ledger, self.limits)
        loaded = self.journal.load(board.entropy())
        self.guard = self._make_guard()
        self.session = Session(self.limits)
        self._start_up_faults(loaded, config_lost)

    def _load_config(self) -> bool:
        """Read both files; True where one is lost, and the safe default stands in."""
        self.config = configuration.default()
        self.pending: dict[str, object] | None = None
        lost = False
        try:
            self.config = configuration.load(self.board.store, configuration.FILE) or self.config
        except Exception:  # a corrupt file and a dead file system alike
            lost = True
        try:
            self.pending = configuration.load(self.board.store, configuration.PENDING_FILE)
        except Exception:  # what waits may be lost: nothing of it was in force
            lost = True
        return lost

    def _limits_in_force(self) -> Limits:
        config = self.config
        self._offset_mc = whole(config["offset_mc"]) or 0
        return Limits().under(config["sensor_b"] is True, config["two_point"] is True)

    def _make_guard(self) -> Guard:
        config = self.config
        return Guard(
            self.limits,
            self.ledger,
            config["cooler"] is True,
            config["sensor_b"] is True,
            config["sense"] is True,
            whole(config["density_mw_cm2"]) or 100,
            self.journal.budget_uj,
        )

    def _start_up_faults(self, loaded: int, config_lost: bool) -> None:
        """What was latched or went wrong before: SR-05, SR-14, SR-15, SR-20."""
        guard = self.guard
        journal = self.journal
        kept = faults.number(journal.fault)
        if kept != faults.NONE:
            guard.latch(kept)
        if self.board.reset_cause == "watchdog":
            journal.budget_uj = 0
            guard.budget.level_uj = 0
            guard.latch(faults.WATCHDOG_RESET)
        if loaded == LOST:
            guard.latch(faults.JOURNAL_LOST)
        if config_lost:
            guard.latch(faults.CONFIG_LOST)
        guard.limits_ok = checksum(Limits()) == CHECKSUM
        if not guard.limits_ok:
            guard.latch(faults.LIMITS_CORRUPT)
        if guard.fault != kept:
            self.note_fault()
        if journal.pack_lowest_mc is not None:
            guard.restore_pack(journal.pack_lowest_mc)
        self.save()

    # --- the journal, and what goes wrong with it ---------------------------------------

    def save(self) -> bool:
        """Save the journal with the budget of now; a store that fails latches `journal_lost`."""
        guard = self.guard
        self.journal.budget_uj = guard.budget.level_uj
        self.journal.pack_lowest_mc = guard.pack_lowest_mc if guard.pack_on else None
        try:
            self.journal.save()
        except Exception:  # OSError from the store, or its driver's own
            self.guard.latch(faults.JOURNAL_LOST)
            return False
        return True

    def note_fault(self) -> None:
        """Enter the latched fault: tick time, reading, what was asked."""
        guard = self.guard
        inputs = self.inputs
        name = faults.NAMES[guard.fault]
        self.journal.fault = name
        known = 0 <= inputs.ask_mode < len(states.MODES)
        asked = states.MODES[inputs.ask_mode] if known else None
        self._enter(
            {
                "n": 0,
                "kind": "fault",
                "fault": name,
                "state": states.NAMES[guard.fault_state],
                "temp_mc": guard.hot_mc if guard.readable else None,
                "asked": {
                    "mode": asked,
                    "target_mc": inputs.ask_target_mc if asked else None,
                    "heat": inputs.ask_heat,
                    "cool": inputs.ask_cool,
                },
                "t_ms": self.uptime_ms(),
                "unix_s": self.journal.unix_s(),
            }
        )

    def note_session(self, outcome: str, reason: str | None) -> None:
        """Close the session that has ended."""
        guard = self.guard
        entry = session_entry(self.session_n or 0, self.plan.name if self.plan else "")
        entry["outcome"] = outcome
        entry["reason"] = reason
        entry["heat_s"] = _told_s(guard.heat_ms)
        entry["cold_s"] = _told_s(guard.session_cold_ms)
        entry["dose_m"] = guard.dose.milli()
        entry["peak_mc"] = self.tally.peak_mc()
        entry["min_mc"] = self.tally.min_mc()
        entry["heat_operations"] = guard.heat_operations
        entry["t_ms"] = self.uptime_ms()
        entry["unix_s"] = self.journal.unix_s()
        self.journal.operations += guard.heat_operations
        self.journal.intent = None
        self._enter(entry)

    def note_config(self) -> None:
        """A configuration has come into force."""
        self._enter(
            {
                "n": 0,
                "kind": "config",
                "config": self.config,
                "t_ms": self.uptime_ms(),
                "unix_s": self.journal.unix_s(),
            }
        )

    def _enter(self, entry: dict[str, object]) -> None:
        try:
            self.journal.add(entry)
        except Exception:  # the block could not be moved out: what safety needs is in the file
            self.guard.latch(faults.JOURNAL_LOST)

    def begin(self) -> bool:
        """The intent to flash, then the session; False where it could not be saved."""
        plan = self.plan
        if plan is None:
            return False
        guard = self.guard
        order = guard.order
        dose_max_m = self.limits.dose_session_m
        if order.sensitive:
            dose_max_m = self.limits.sensitive_dose_session_m
        self.journal.budget_uj = guard.budget.level_uj
        try:
            self.session_n = self.journal.begin(
                {
                    "plan": plan.name,
                    "heat_s": order.heat_s,
                    "cold_s": order.cold_s,
                    "total_s": order.total_s,
                    "dose_max_m": dose_max_m,
                    "by_hand": order.cold_s > 0 and not guard.cooler,
                }
            )
        except Exception:  # nothing may be energised that could not be written down first
            guard.latch(faults.JOURNAL_LOST)
            return False
        self.session.load(plan)
        self.tally.begin()
        self.warned.clear()
        guard.start()
        return True

    # --- configuration ------------------------------------------------------------------

    def adopt_pending(self) -> None:
        """The pending configuration comes into force: new limits, a new guard, old history."""
        if self.pending is None:
            return
        store = self.board.store
        try:
            configuration.save(store, configuration.FILE, self.pending)
            configuration.save(store, configuration.PENDING_FILE, None)
        except Exception:  # not saved: not in force
            self.guard.latch(faults.CONFIG_LOST)
            self.note_fault()
            self.save()
            return
        self.config = self.pending
        self.pending = None
        self.limits = self._limits_in_force()
        self.ledger.limits = self.limits
        self.journal.budget_uj = self.guard.budget.level_uj
        old = self.guard
        self.guard = self._make_guard()
        self.guard.inherit(old)
        self.session = Session(self.limits)
        self.note_config()
        self.save()

    def next_plan_id(self) -> int:
        """Plans are numbered from 1 in each boot."""
        self._plans += 1
        return self._plans

    def uptime_ms(self) -> int:
        """Since start-up; does not wrap."""
        return self.uptime_s * 1000 + self.uptime_part_ms

    def event(self, kind: str, **members: object) -> None:
        """Queue an event for the host."""
        body: dict[str, object] = {"kind": kind, "t_ms": self.uptime_ms()}
        body["session"] = self.session_n
        body.update(members)
        self.events.append((kind, body))


def _told_s(elapsed_ms: int) -> int:
    """Rounded up, but for the one tick by which a phase of whole seconds may end late."""
    return (elapsed_ms + 899) // 1000
