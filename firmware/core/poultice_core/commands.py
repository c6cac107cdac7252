"""Requests that want something of the guard: an input of a tick, answered by that tick."""

from . import states
from .codec import Refusal, invalid
from .faults import number
from .plan import judge
from .plan import read as read_plan
from .refusals import refusal
from .tick import ARM, BEYOND, CLEAR, CONFIRM, PAUSE, RESUME, START, STOP, Order, Tick
from .waiting import Waiting

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .loop import Loop


class Arm(Waiting):
    """Take a plan; a token that starts this very plan once."""

    command = ARM
    names = ("plan",)
    allowed = (states.IDLE,)

    def read(self, loop: "Loop", params: dict[str, object]) -> None:
        self._plan = read_plan(params.get("plan"))
        self._order = Order()
        self._beyond: Refusal | None = None
        self._token = loop.board.entropy()
        try:
            judge(self._plan, loop.guard.limits)
            self._order = self._plan.order(loop.guard.limits)
        except Refusal as beyond:
            self._beyond = beyond
            self._order.within = False

    def begin(self, inputs: Tick) -> None:
        super().begin(inputs)
        inputs.order = self._order
        inputs.token = self._token

    def refused(self, loop: "Loop") -> Refusal:
        answer = loop.guard.answer
        if answer == BEYOND and self._beyond is not None:
            return self._beyond
        return refusal(loop.guard, answer, self._order, loop.memory.proven(), *self.allowed)

    def act(self, loop: "Loop") -> None:
        loop.sequencer.load(self._plan)
        loop.plans += 1

    def result(self, loop: "Loop") -> object:
        total_s = self._order.total_s
        return {"token": "%08x" % self._token, "total_s": total_s, "plan_id": loop.plans}


class Start(Waiting):
    """Start what was armed; answered when the intent is on flash."""

    command = START
    names = ("token",)
    allowed = (states.ARMED,)

    def read(self, loop: "Loop", params: dict[str, object]) -> None:
        text = params.get("token")
        if not isinstance(text, str):
            raise invalid("token", "the hex digits that arm gave")
        self._token = _token(text)

    def begin(self, inputs: Tick) -> None:
        super().begin(inputs)
        inputs.token = self._token

    def act(self, loop: "Loop") -> None:
        self._session = loop.memory.sessions

    def result(self, loop: "Loop") -> object:
        return self.unless_fault(loop, {"session": self._session})


class Confirm(Waiting):
    """The prompt is answered."""

    command = CONFIRM
    allowed = (states.WAITING,)


class Pause(Waiting):
    """Relays off, the phase clock stands."""

    command = PAUSE
    allowed = (states.RUNNING,)


class Resume(Waiting):
    """Go on, after the checks of a start."""

    command = RESUME
    allowed = (states.PAUSED,)


class Stop(Waiting):
    """End what runs: answered when the outputs are low and the entry is written."""

    command = STOP


class ClearFault(Waiting):
    """Acknowledge the latched fault by its name."""

    command = CLEAR
    names = ("fault",)
    allowed = (states.FAULT,)

    def read(self, loop: "Loop", params: dict[str, object]) -> None:
        name = params.get("fault")
        if not isinstance(name, str):
            raise invalid("fault", "a fault's name")
        self._fault = number(name)

    def begin(self, inputs: Tick) -> None:
        super().begin(inputs)
        inputs.fault = self._fault

    def result(self, loop: "Loop") -> object:
        return self.unless_fault(loop, {})


def _token(text: str) -> int:
    """The number; -1, which is never one, where the text is no token."""
    if len(text) != 8:
        return -1
    for char in text:
        if char not in "0123456789abcdef":
            return -1
    return int(text, 16)
