"""The sequencer: which phase, which target, heat or not. It only ever asks."""

from . import states
from .guard import Guard
from .limits import Limits
from .plan import Phase, Plan
from .thermostat import Thermostat
from .tick import Ask

_COOL_BAND_MC = 500


class Sequencer:
    """Walks through a plan on the guard's own phase clock. `plan`: what was armed last."""

    def __init__(self, limits: Limits) -> None:
        self._thermostat = Thermostat(limits)
        self.plan: Plan | None = None
        self._phases: list[Phase] = []
        self._restart()

    def _restart(self) -> None:
        self.index = 0
        self._begun = -1
        self._cooling = False
        self._elapsed_ms = 0

    def load(self, plan: Plan) -> None:
        """A plan to follow from its first phase, once the guard lets it begin."""
        self.plan = plan
        self._phases = plan.phases
        self._restart()

    def step(self, guard: Guard, ask: Ask, dt_ms: int) -> None:
        """Fill in what is asked of this tick; `dt_ms` is the interval that ends with it."""
        ask.heat = False
        ask.cool = False
        ask.done = False
        if not guard.course.live:
            ask.phase = -1
            ask.mode = states.NO_MODE
            return
        phases = guard.phases
        if phases.mode == states.NO_MODE or phases.phase != self.index:
            self._begun = -1
            self._elapsed_ms = 0
        elif guard.course.state == states.RUNNING:
            self._elapsed_ms = guard.clocks.phase_ms + max(0, dt_ms)
            phase = self.phase()
            if not guard.durations.over and self._elapsed_ms < phase.duration_s * 1000:
                self._ask_relays(phase, guard, ask, dt_ms)
                return
            self.index += 1
            self._begun = -1
            self._elapsed_ms = 0
        self._ask_phase(ask)

    def _ask_phase(self, ask: Ask) -> None:
        ask.done = self.index >= len(self._phases)
        if ask.done:
            ask.phase = -1
            ask.mode = states.NO_MODE
            return
        phase = self.phase()
        ask.phase = self.index
        ask.mode = phase.mode
        ask.target_mc = phase.target_mc

    def _ask_relays(self, phase: Phase, guard: Guard, ask: Ask, dt_ms: int) -> None:
        if phase.mode == states.HEAT:
            control_mc = guard.reading.control_mc
            thermostat = self._thermostat
            if self._begun != self.index:
                self._begun = self.index
                thermostat.begin(phase.target_mc, control_mc)
            ask.heat = thermostat.ask(control_mc, guard.heated_now(), guard.permit.inhibited, dt_ms)
        elif phase.mode == states.COLD:
            cold_mc = guard.reading.cold_mc
            if cold_mc <= phase.target_mc:
                self._cooling = False
            elif cold_mc >= phase.target_mc + _COOL_BAND_MC or self._begun != self.index:
                self._cooling = True
            self._begun = self.index
            ask.cool = self._cooling

    def phase(self) -> Phase:
        """The phase at hand; the last one once all are done."""
        return self._phases[min(self.index, len(self._phases) - 1)]

    def phase_left_s(self) -> int:
        """Rounded up; 0 once all are done."""
        if self.index >= len(self._phases):
            return 0
        left_ms = self._phases[self.index].duration_s * 1000 - self._elapsed_ms
        return max(0, (left_ms + 999) // 1000)

    def left_s(self) -> int:
        """This phase and all that follow, rounded up."""
        left_s = self.phase_left_s()
        for index in range(self.index + 1, len(self._phases)):
            left_s += self._phases[index].duration_s
        return left_s

    def count(self) -> int:
        """How many phases the plan has."""
        return len(self._phases)
