"""A request of the link contract, on its way from its line to its answer.

Each is taken between ticks, where the types of its params are judged, and finished either at once,
because it only reads, or in ticks: a command is an input of the next one and is judged by the state
that it finds there. None of them closes a relay; each does a bounded piece of work at a time.
"""

from .codec import Refusal, invalid
from .refusals import fault_active, refusal, wrong_state
from .tick import NO_COMMAND, OK, Tick

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .loop import Loop


class Waiting:
    """A request under way. `reads`: finished between ticks; else in ticks, once it has `begun`.
    `names`: its params. `allowed`: the states that it is for, any where empty.

    `finish` gives the result (JSON as bytes, or what becomes it), None where it has to wait on,
    or raises Refusal.
    """

    reads = False
    command = NO_COMMAND
    names: tuple[str, ...] = ()
    allowed: tuple[int, ...] = ()

    def __init__(self, loop: "Loop", params: dict[str, object]) -> None:
        """Raises Refusal (-32602) where a param is of a wrong type, or none that there is."""
        for name in params:
            if name not in self.names:
                raise invalid(str(name)[:32], "no such parameter")
        self.request_id: object = None
        self.begun = False
        self._acted = False
        self.read(loop, params)

    def read(self, loop: "Loop", params: dict[str, object]) -> None:
        """The types of its params."""

    def begin(self, inputs: Tick) -> None:
        """The tick that judges it comes."""
        self.begun = True
        inputs.command = self.command

    def finish(self, loop: "Loop") -> object:
        """At once, or in each tick from the one that judged it, until all that the answer means is
        on flash."""
        guard = loop.guard
        if not self._acted:
            self._acted = True
            if self.command != NO_COMMAND:
                if guard.answer != OK:
                    raise self.refused(loop)
            elif self.allowed and guard.course.state not in self.allowed:
                raise wrong_state(guard, *self.allowed)
            self.act(loop)
        if not loop.told():
            return None
        return self.result(loop)

    def refused(self, loop: "Loop") -> Refusal:
        """What the guard's answer means for this request."""
        armed = loop.guard.admission.order
        clock = loop.memory.proven()
        return refusal(loop.guard, loop.guard.answer, armed, clock, *self.allowed)

    def act(self, loop: "Loop") -> None:
        """Once, where it is allowed."""

    def result(self, loop: "Loop") -> object:
        """What is answered."""
        return {}

    def unless_fault(self, loop: "Loop", result: object) -> object:
        """`result`, where what it means did get onto flash."""
        if loop.guard.latch.fault:
            raise fault_active(loop.guard)
        return result
