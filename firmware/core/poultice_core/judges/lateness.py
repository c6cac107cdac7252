"""Is the loop late? (SR-18)"""

from .. import faults
from ..interval import Interval
from ..limits import Limits


class Lateness:
    """What a stall is, `Interval` says; here they are counted."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._stalls = 0

    def begin(self) -> None:
        """A session begins."""
        self._stalls = 0

    def look(self, now: Interval) -> int:
        """LOOP_LATE: time ran backwards, a stall too long, or the third of a session."""
        if not now.stalled:
            return 0
        limits = self._limits
        late = now.tick.dt_ms < 0 or now.dt_ms > limits.late_trip_ms
        if now.live:
            self._stalls += 1
            late = late or self._stalls >= limits.late_count
        return 1 << faults.LOOP_LATE if late else 0
