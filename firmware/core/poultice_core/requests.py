"""Requests of the link contract: what is read, what the guard is asked, what memory is asked.

Each is taken between ticks, where the types of its params are judged, and finished either at once,
because it only reads, or in ticks: a command is an input of the next one and is judged by the state
that it finds there. None of them closes a relay; each does a bounded piece of work at a time.
"""

from . import PROTOCOL, VERSION, states
from . import config as configuration
from .board import SENSE_LOW
from .codec import METHOD_NOT_FOUND, Refusal, Request, invalid, whole
from .faults import number
from .plan import judge
from .plan import read as read_plan
from .refusals import fault_active, refusal, wrong_state
from .telemetry import build
from .tick import (
    ARM,
    BEYOND,
    CLEAR,
    CONFIRM,
    NO_COMMAND,
    OK,
    PAUSE,
    RESUME,
    START,
    STOP,
    Order,
    Tick,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .loop import Loop

_REBOOTS = ("app", "repl", "bootloader")
_BEFORE_SESSION = (states.BOOT, states.SELF_TEST, states.IDLE, states.ARMED, states.FAULT)


class Waiting:
    """A request under way. `reads`: finished between ticks; else in ticks, once it has `begun`.
    `works`: it has more to do at once. `names`: its params. `allowed`: the states that it is for,
    any where empty.

    `finish` gives the result (JSON as bytes, or what becomes it), None where it has to wait on,
    or raises Refusal.
    """

    reads = False
    works = False
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


class Hello(Waiting):
    """Who this is, and the limits in force."""

    reads = True

    def result(self, loop: "Loop") -> object:
        board = loop.board
        settings = loop.guard.settings
        return {
            "protocol": PROTOCOL,
            "firmware": VERSION,
            "core": board.core,
            "board": board.name,
            "uid": board.uid,
            "reset_cause": board.reset_cause,
            "limits": loop.guard.limits.reported(),
            "features": {
                "cooler": settings.cooler,
                "sensor_b": settings.sensor_b,
                "sense": settings.sense,
            },
        }


class Status(Waiting):
    """The telemetry object."""

    reads = True

    def result(self, loop: "Loop") -> object:
        return build(loop)


class Ping(Waiting):
    """Still there."""

    reads = True

    def finish(self, loop: "Loop") -> object:
        return {"uptime_ms": loop.uptime_ms()}


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
        self._session = loop.memory.session_n

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


class JournalPage(Waiting):
    """Entries after a number, as many as fit a line."""

    reads = True
    works = True
    names = ("after", "limit")

    def read(self, loop: "Loop", params: dict[str, object]) -> None:
        after = whole(params.get("after", 0))
        limit = whole(params.get("limit", 8))
        if after is None or after < 0:
            raise invalid("after", "a whole number, 0 or more")
        if limit is None or limit < 1:
            raise invalid("limit", "a whole number, 1 or more")
        self._page = loop.memory.page(after, min(limit, 64))

    def finish(self, loop: "Loop") -> object:
        return self._page.body() if self._page.step() else None


class SetClock(Waiting):
    """Take the wall clock, once a boot."""

    names = ("unix_s",)
    allowed = _BEFORE_SESSION

    def read(self, loop: "Loop", params: dict[str, object]) -> None:
        unix_s = whole(params.get("unix_s"))
        if unix_s is None or not 0 <= unix_s < 1 << 32:
            raise invalid("unix_s", "seconds since 1970, below 2^32")
        self._unix_s = unix_s

    def act(self, loop: "Loop") -> None:
        self._fault = loop.guard.latch.fault
        self._credited_s = loop.memory.set_clock(self._unix_s)

    def result(self, loop: "Loop") -> object:
        if loop.guard.latch.fault != self._fault:
            raise fault_active(loop.guard)
        return {"credited_s": self._credited_s}


class GetConfig(Waiting):
    """What is in force; `pending` where another waits."""

    reads = True

    def finish(self, loop: "Loop") -> object:
        result = dict(loop.memory.config)
        if loop.memory.pending is not None:
            result["pending"] = True
        return result


class SetConfig(Waiting):
    """Store a configuration; in force after the button was held."""

    allowed = (states.IDLE,)

    def __init__(self, loop: "Loop", params: dict[str, object]) -> None:
        super().__init__(loop, {})
        self._wanted = configuration.merged(loop.memory.pending or loop.memory.config, params)

    def act(self, loop: "Loop") -> None:
        loop.memory.propose(self._wanted)

    def result(self, loop: "Loop") -> object:
        result = dict(self._wanted)
        result["pending"] = True
        return self.unless_fault(loop, result)


class DropConfig(Waiting):
    """Forget what waits for the button."""

    allowed = (states.IDLE,)

    def act(self, loop: "Loop") -> None:
        loop.memory.drop()

    def result(self, loop: "Loop") -> object:
        return self.unless_fault(loop, dict(loop.memory.config))


class SelfTest(Waiting):
    """What the device can check without energising anything."""

    reads = True
    allowed = (states.IDLE,)

    def result(self, loop: "Loop") -> object:
        guard = loop.guard
        reading = guard.reading
        settings = guard.settings
        checks: dict[str, object] = {
            "sensor_a": _verdict(reading.a.ok),
            "sensor_b": _verdict(reading.b.ok) if settings.sensor_b else "absent",
            "sense": _verdict(loop.inputs.sense == SENSE_LOW) if settings.sense else "absent",
            "estop": _verdict(not loop.inputs.estop),
            "journal": _verdict(loop.memory.readable()),
            "limits": _verdict(guard.limits_whole()),
        }
        return {"checks": checks}


class Reboot(Waiting):
    """Restart on purpose, once this is answered."""

    names = ("into",)
    allowed = (states.IDLE, states.FAULT)

    def read(self, loop: "Loop", params: dict[str, object]) -> None:
        self._into = params.get("into")
        if self._into not in _REBOOTS:
            raise invalid("into", "app, repl or bootloader")

    def act(self, loop: "Loop") -> None:
        loop.reboot_into = str(self._into)


HANDLERS = {
    "hello": Hello,
    "status": Status,
    "arm": Arm,
    "start": Start,
    "confirm": Confirm,
    "pause": Pause,
    "resume": Resume,
    "stop": Stop,
    "ping": Ping,
    "clear_fault": ClearFault,
    "journal": JournalPage,
    "set_clock": SetClock,
    "get_config": GetConfig,
    "set_config": SetConfig,
    "drop_config": DropConfig,
    "self_test": SelfTest,
    "reboot": Reboot,
}


def take(loop: "Loop", request: Request) -> Waiting:
    """A request as something to be finished. Raises Refusal."""
    handler = HANDLERS.get(request.method)
    if handler is None:
        raise Refusal(METHOD_NOT_FOUND, {"method": request.method[:32]})
    params = request.params
    if params is None:
        params = {}
    if not isinstance(params, dict):
        raise invalid("params", "an object")
    waiting = handler(loop, params)
    waiting.request_id = request.request_id
    return waiting


def _token(text: str) -> int:
    """The number; -1, which is never one, where the text is no token."""
    if len(text) != 8:
        return -1
    for char in text:
        if char not in "0123456789abcdef":
            return -1
    return int(text, 16)


def _verdict(good: bool) -> str:
    return "ok" if good else "fail"
