"""The sequencer: which phase, which target, heat or not. It only ever asks."""

from . import states
from .guard import Guard
from .limits import Limits
from .order import Inputs
from .plan import Phase, Plan
from .thermostat import Thermostat

_COOL_BAND_MC = 500


class Session:
    """Walks through a plan on the guard's own phase clock."""

    def __init__(self, limits: Limits) -> None:
        self._thermostat = Thermostat(limits)
        self._phases: list[Phase] = []
        self.plan: Plan | None = None
        self.index = 0
        self._begun = -1
        self._cooling = False
        self._elapsed_ms = 0

    def load(self, plan: Plan) -> None:
        """A plan to follow from its first phase."""
        self.plan = plan
        self._phases = plan.phases
        self.index = 0
        self._begun = -1
        self._cooling = False
        self._elapsed_ms = 0

    def step(self, guard: Guard, inputs: Inputs, dt_ms: int) -> None:
        """Fill in what is asked of this tick; `dt_ms` is the interval that ends with it."""
        inputs.ask_heat = False
        inputs.ask_cool = False
        if not guard.live:
            return
        in_phase = guard.mode != states.NO_MODE and guard.phase == self.index
        if not in_phase:
            self._begun = -1
            self._elapsed_ms = 0
        elif guard.state == states.RUNNING:
            self._elapsed_ms = guard.phase_ms + dt_ms
            phase = self.phase()
            if not guard.phase_over and self._elapsed_ms < phase.duration_s * 1000:
                self._ask_relays(phase, guard, inputs, dt_ms)
                return
            self.index += 1
            self._begun = -1
            self._elapsed_ms = 0
        self._ask_phase(inputs)

    def _ask_phase(self, inputs: Inputs) -> None:
        inputs.ask_done = self.index >= len(self._phases)
        if inputs.ask_done:
            inputs.ask_phase = -1
            inputs.ask_mode = states.NO_MODE
            return
        phase = self.phase()
        inputs.ask_phase = self.index
        inputs.ask_mode = phase.mode
        inputs.ask_target_mc = phase.target_mc

    def _ask_relays(self, phase: Phase, guard: Guard, inputs: Inputs, dt_ms: int) -> None:
        if phase.mode == states.HEAT:
            thermostat = self._thermostat
            if self._begun != self.index:
                self._begun = self.index
                thermostat.begin(phase.target_mc, guard.control_mc)
            heating = guard.heating_now()
            inputs.ask_heat = thermostat.ask(guard.control_mc, heating, guard.inhibited, dt_ms)
        elif phase.mode == states.COLD:
            if guard.cold_mc <= phase.target_mc:
                self._cooling = False
            elif guard.cold_mc >= phase.target_mc + _COOL_BAND_MC or self._begun != self.index:
                self._cooling = True
            self._begun = self.index
            inputs.ask_cool = self._cooling

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
