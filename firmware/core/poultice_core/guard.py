"""The guard: what was measured and what is asked for goes in, what is permitted comes out.

One call of `step` a tick, and no other door: a command of a host, a configuration that comes into
force, what memory found are inputs of a tick. It keeps its own clock of every phase and its own
dose, and trusts nobody: the session may ask for anything at any time. The relays get asked AND
permitted, worked out anew from state in every tick. Every judge is called in every tick; one that
was not is a fault, and so is one that raises. `step` allocates nothing.
"""

from . import faults, states
from .button import HOLD, NOTHING, Button
from .course import Course
from .interval import Interval
from .ledger import Ledger
from .limits import Limits
from .parts import Parts
from .relays import PAD
from .settings import Settings
from .tick import ARM, BRAKED, CLEAR, NO_COMMAND, NOT_CLEARABLE, OK, WRONG_STATE, Ask, Tick

_JUDGES = 12


class Guard:
    """The safety state machine.

    `outputs`: bits of `relays`, of the last tick. `answer`: to the command of the last tick. What
    it counts and keeps is in its parts, to be read by anybody and changed by nobody.
    """

    def __init__(
        self,
        limits: Limits,
        settings: Settings,
        ledger: Ledger,
        table: bytes,
        budget_uj: int = 1 << 29,
        fault: int = faults.NONE,
        pack_lowest_mc: int | None = None,
    ) -> None:
        """`fault`, `pack_lowest_mc`: what was latched when power went, and the pack that was on."""
        parts = self._parts = Parts(limits, settings, ledger, table, budget_uj)
        self.limits = limits
        self.settings = settings
        self.ledger = ledger
        self.reading = parts.reading
        self.clocks = parts.clocks
        self.bounds = parts.bounds
        self.budget = parts.budget
        self.dose = parts.dose
        self.pack = parts.pack
        self.dwell = parts.dwell
        self.brake = parts.brake
        self.admission = parts.admission
        self.heating = parts.heating
        self.treatment = parts.treatment
        self.durations = parts.durations
        self.latch = parts.latch
        self.course = Course(parts)
        self.phases = self.course.phases
        self.permit = self.course.permit
        # In the order in which they build on each other.
        self._judges = (
            parts.lateness,
            parts.reading,
            parts.trend,
            parts.integrity,
            parts.cutoffs,
            parts.dose_limit,
            parts.cold,
            parts.predictive,
            parts.sense,
            parts.cooling,
            parts.heating,
            parts.treatment,
        )
        self._button = Button()
        self.outputs = 0
        self.answer = OK
        if fault != faults.NONE:
            parts.latch.restore(fault)
            self.course.fail()
        if pack_lowest_mc is not None:
            parts.pack.restore(pack_lowest_mc)
            parts.clocks.cold_ms = ledger.last_cold_s() * 1000

    @property
    def state(self) -> int:
        """Of `states`."""
        return self.course.state

    @property
    def live(self) -> bool:
        """Running, paused or waiting?"""
        return self.course.live

    @property
    def heat_operations(self) -> int:
        """Closings of HEAT in this session."""
        return self.dwell.operations

    def treated(self) -> bool:
        """Has this session given an energised or cold second?"""
        return self._parts.treated()

    def heated_now(self) -> bool:
        """Was the pad energised by the last tick's outputs?"""
        return self.outputs & PAD == PAD

    def cause_gone(self) -> bool:
        """Has what latched the fault passed?"""
        return self.latch.gone(self._parts.now)

    def limits_whole(self) -> bool:
        """Are limits and configuration in force what was compiled in and confirmed?"""
        return self._parts.integrity.whole

    def step(self, tick: Tick, ask: Ask) -> int:
        """Judge one tick; the outputs for it (bits MASTER, HEAT, COOL of `relays`). Never raises.

        Whatever raises in here is a fault like any other (SR-19), and opens everything.
        """
        try:
            outputs = self.outputs = self._step(tick, ask)
            self._parts.integrity.seal(self._words())
        except Exception:
            outputs = self.outputs = 0
            self._trip(1 << faults.INTERNAL)
        return outputs

    def _step(self, tick: Tick, ask: Ask) -> int:
        parts = self._parts
        now = parts.now
        course = self.course
        phases = self.phases
        trips = parts.integrity.kept(self._words()) | tick.lost
        now.stood(course.state, course.live, self.outputs, parts.proof.active)
        now.phase(phases.mode, phases.target_mc)
        now.measure(tick, self.limits.late_ms)
        self.answer = WRONG_STATE
        if tick.settings is not None and tick.limits is not None:
            self._adopt(tick.settings, tick.limits)
        self._account(now)
        trips |= self._judge(now)
        if trips:
            self._trip(trips)
        press = self._obey(tick, now, trips)
        if not trips and course.state != states.FAULT:
            trips = course.move(now, ask, press)
            if trips:
                self._trip(trips)
        outputs = self.permit.outputs(now, ask, course.state)
        if outputs:
            self.dwell.closes(now.outputs, outputs, parts.proof.active)
        return outputs

    def _trip(self, trips: int) -> None:
        """Latch, and end whatever runs."""
        self.latch.trip(trips, self.course.state)
        self.course.fail()

    def _account(self, now: Interval) -> None:
        """Charge the interval that ends now to everything that ran in it."""
        parts = self._parts
        dt_ms = now.dt_ms
        parts.budget.advance(now.heated, dt_ms)
        parts.dwell.advance(now.heated, dt_ms)
        parts.ledger.advance(dt_ms)
        if parts.brake.active:
            parts.brake.advance(now.treating, dt_ms)
        pack_on = parts.pack.on
        parts.clocks.advance(now, pack_on, now.live and self.phases.counted(now))
        if pack_on and not now.live:
            # On after its session: its cold goes on counting (SR-23).
            parts.ledger.more_cold(parts.clocks.cold_s())

    def _judge(self, now: Interval) -> int:
        """Everything that can trip, as bits; first of all the emergency stop (SR-12)."""
        tick = now.tick
        trips = 0
        if tick.estop:
            trips |= 1 << faults.EMERGENCY_STOP
        if tick.failed:
            trips |= 1 << faults.INTERNAL
        ran = 0
        for judge in self._judges:
            trips |= judge.look(now)
            ran += 1
        if ran != _JUDGES:
            trips |= 1 << faults.INTERNAL
        self.pack.look(now, now.state == states.RUNNING)
        return trips

    def _obey(self, tick: Tick, now: Interval, trips: int) -> int:
        """The host's command and the button; what the button does beside (of `button`)."""
        course = self.course
        if tick.command == CLEAR:
            by_host = not self.latch.severe()
            self.answer = self._clear(tick.fault, by_host and trips == 0)
        elif tick.command == ARM and tick.settings is not None:
            self.answer = BRAKED  # judged by limits that are no longer in force
        elif tick.command != NO_COMMAND:
            self.answer = course.obey(tick)
        press = self._button.look(tick.button, course.state, now.dt_ms)
        if press == HOLD and course.state == states.FAULT:
            self._clear(self.latch.fault, trips == 0)
            return NOTHING
        return press

    def _clear(self, fault: int, may: bool) -> int:
        """Acknowledge the latched fault (SR-20): OK, WRONG_STATE or NOT_CLEARABLE."""
        if self.course.state != states.FAULT:
            return WRONG_STATE
        if not may or fault != self.latch.fault or not self.cause_gone():
            return NOT_CLEARABLE
        self.latch.clear()
        self.course.recover()
        return OK

    def _adopt(self, settings: Settings, limits: Limits) -> None:
        """A configuration comes into force: what is counted and watched goes on."""
        if self.course.state == states.ARMED:
            self.course.stop(states.NO_REASON)  # it was armed under another
        self.settings.adopt(settings)
        self.limits.adopt(limits)
        self._parts.integrity.adopt(limits)

    def _words(self) -> int:
        """Every word between ticks that a wrong value of could energise a pad or hide a fault."""
        course = self.course
        phases = self.phases
        parts = self._parts
        clocks = self.clocks
        bounds = self.bounds
        pack = self.pack
        words = course.state ^ course.live << 3 ^ course.prompt << 4 ^ phases.mode << 6
        words ^= (phases.phase + 1) << 8 ^ phases.target_mc << 13
        words ^= (
            self.latch.fault << 3 ^ self.latch.followers ^ self.outputs ^ parts.proof.active << 17
        )
        words ^= clocks.session_ms ^ clocks.phase_ms ^ clocks.heat_ms ^ clocks.hot_ms
        words ^= clocks.cold_ms ^ clocks.since_session_ms ^ clocks.silent_ms ^ clocks.pause_ms
        words ^= bounds.heat_ms ^ bounds.cold_ms ^ bounds.target_max_mc ^ bounds.dose_u
        words ^= bounds.attended_ms ^ self.dose.total_u ^ self.budget.level_uj
        return words ^ pack.on << 18 ^ pack.lowest_mc ^ parts.durations.over << 19
