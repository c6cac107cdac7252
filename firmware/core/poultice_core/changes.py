"""Requests that change what the device keeps: answered once that is on flash; and the restart."""

from . import config as configuration
from . import states
from .codec import invalid, whole
from .refusals import fault_active
from .waiting import Waiting

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .loop import Loop

_REBOOTS = ("app", "repl", "bootloader")
_BEFORE_SESSION = (states.BOOT, states.SELF_TEST, states.IDLE, states.ARMED, states.FAULT)


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


class Reboot(Waiting):
    """Restart on purpose, once this is answered."""

    names = ("into",)
    allowed = (states.IDLE, states.FAULT)

    def read(self, loop: "Loop", params: dict[str, object]) -> None:
        self._into = params.get("into")
        if self._into not in _REBOOTS:
            raise invalid("into", "app, repl or bootloader")

    def result(self, loop: "Loop") -> object:
        loop.reboot_into = str(self._into)
        return {}
