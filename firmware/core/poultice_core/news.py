"""What a tick has changed, told: events for the host, tunes and the LED for who is beside it."""

from . import faults, signals, states
from .guard import Guard
from .sequencer import Sequencer
from .tally import Tally

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .board import Board


class News:
    """`events`: those of this tick; whoever reports takes them. `changed`: the state, the phase or
    the prompt is another."""

    def __init__(self, board: "Board", guard: Guard) -> None:
        self._board = board
        self._guard = guard
        self.events: list[dict[str, object]] = []
        self.changed = False
        self._session: int | None = None
        self._state = guard.state
        self._phase = -1
        self._prompt = states.NO_PROMPT
        self._latched = guard.latch.count
        self._begun = 0
        self._ended = 0
        self._warned = 0
        self._undertreated = 0
        self._tune = signals.TUNE_FAULT if guard.latch.fault != faults.NONE else signals.SILENT

    def event(self, kind: str, uptime_ms: int, **members: object) -> None:
        """One for the host."""
        body: dict[str, object] = {"kind": kind, "t_ms": uptime_ms, "session": self._session}
        body.update(members)
        self.events.append(body)

    def follow(
        self, sequencer: Sequencer, tally: Tally, session: int | None, uptime_ms: int
    ) -> None:
        """After the outputs and what memory made of them; `session`: the number of the one under
        way, in the tick of its end still."""
        guard = self._guard
        course = guard.course
        self._session = session
        if course.begun != self._begun:
            self._begun = course.begun
            self._warned = 0
            self._undertreated = 0
        if tally.warnings != self._warned or guard.treatment.undertreated > self._undertreated:
            self._warn(tally.warnings, uptime_ms)
        if guard.latch.count != self._latched:
            self._fault(uptime_ms)
        if course.ended != self._ended:
            self._end(uptime_ms)
        if guard.pack.alarm:
            self._tune = signals.TUNE_REMOVE_PACK
        phase = guard.phases.phase
        if course.state != self._state or phase != self._phase or course.prompt != self._prompt:
            self._change(sequencer, uptime_ms)
        if self._tune != signals.SILENT:
            self._board.show(signals.led(course.state), self._tune)
            self._tune = signals.SILENT

    def _warn(self, warnings: int, uptime_ms: int) -> None:
        treatment = self._guard.treatment
        new = warnings & ~self._warned
        self._warned = warnings
        for bit in range(len(states.WARNINGS)):
            what = 1 << bit
            if not new & what or what == states.UNDERTREATED:
                continue
            if what == states.INHIBITED:
                cause = states.INHIBITS[treatment.cause]
                self.event("warning", uptime_ms, what="inhibited", cause=cause)
            else:
                self.event("warning", uptime_ms, what=states.WARNINGS[bit])
        if treatment.undertreated > self._undertreated:
            self._undertreated = treatment.undertreated
            self.event("warning", uptime_ms, what="undertreated", phase=treatment.phase)

    def _fault(self, uptime_ms: int) -> None:
        guard = self._guard
        latch = guard.latch
        self._latched = latch.count
        temp_mc = guard.reading.hot_mc if guard.reading.readable else None
        name = faults.NAMES[latch.fault]
        self.event("fault", uptime_ms, fault=name, temp_mc=temp_mc, state=states.NAMES[latch.state])
        self._tune = signals.TUNE_FAULT

    def _end(self, uptime_ms: int) -> None:
        course = self._guard.course
        self._ended = course.ended
        if course.outcome == states.COMPLETE:
            self.event("complete", uptime_ms)
        elif course.outcome == states.STOPPED:
            self.event("stopped", uptime_ms, reason=states.REASONS[course.reason])
        self._tune = signals.TUNE_BY_OUTCOME[course.outcome]

    def _change(self, sequencer: Sequencer, uptime_ms: int) -> None:
        course = self._guard.course
        phase = self._guard.phases.phase
        entered = phase != self._phase and phase >= 0
        asked = course.prompt != self._prompt and course.prompt != states.NO_PROMPT
        self._state = course.state
        self._phase = phase
        self._prompt = course.prompt
        self.changed = True
        if entered:
            asks = sequencer.phase()
            self.event(
                "phase",
                uptime_ms,
                phase=phase,
                mode=states.MODES[asks.mode],
                target_mc=asks.target_mc if asks.mode != states.REST else None,
                duration_s=asks.duration_s,
            )
            self._tune = signals.TUNE_PHASE
        if asked:
            self.event("prompt", uptime_ms, prompt=states.PROMPTS[course.prompt])
            self._tune = signals.TUNE_BY_PROMPT[course.prompt]
        self._board.show(signals.led(course.state), signals.SILENT)
