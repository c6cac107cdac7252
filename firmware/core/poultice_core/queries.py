"""Requests that only read: answered between ticks, of the tick before."""

from . import PROTOCOL, VERSION, states
from .board import SENSE_LOW
from .codec import invalid, whole
from .telemetry import build
from .waiting import Waiting

TYPE_CHECKING = False
if TYPE_CHECKING:  # pragma: no cover
    from .loop import Loop


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


class JournalPage(Waiting):
    """Entries after a number, as many as fit a line."""

    reads = True
    names = ("after", "limit")

    def read(self, loop: "Loop", params: dict[str, object]) -> None:
        after = whole(params.get("after", 0))
        limit = whole(params.get("limit", 8))
        if after is None or after < 0:
            raise invalid("after", "a whole number, 0 or more")
        if limit is None or limit < 1:
            raise invalid("limit", "a whole number, 1 or more")
        self._page = loop.memory.page(after, min(limit, 64))
        self._gathered = False

    def finish(self, loop: "Loop") -> object:
        if self._gathered:
            return self._page.body()
        self._gathered = self._page.step()
        return None


class GetConfig(Waiting):
    """What is in force; `pending` where another waits."""

    reads = True

    def finish(self, loop: "Loop") -> object:
        result = dict(loop.memory.config)
        if loop.memory.pending is not None:
            result["pending"] = True
        return result


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


def _verdict(good: bool) -> str:
    return "ok" if good else "fail"
