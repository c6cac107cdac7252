"""Rest between sessions and the totals of any 24 h (SR-05), on the device's own time.

Device time is seconds of powered time since the device was new, plus what a proven clock
credits. A session counts whole until 24 h after its end. Nothing here knows of a wall clock.
"""

from .limits import Limits
from .sealed import number

DAY_S = 86_400
_NEVER_S = -DAY_S

END_S = 0
HEAT_S = 1
COLD_S = 2
DOSE_M = 3


class Ledger:
    """Past sessions, as far as rest and totals need them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.now_s = 0
        self._part_ms = 0
        self.records: list[list[int]] = []
        self.heat_end_s = _NEVER_S
        self.cold_end_s = _NEVER_S
        # Of the sessions too short to ask rest: when the last one ended, heat, cold.
        self.short = [_NEVER_S, 0, 0]

    def advance(self, dt_ms: int) -> None:
        """Powered time passes."""
        self._part_ms += dt_ms
        if self._part_ms >= 1000:
            self.now_s += self._part_ms // 1000
            self._part_ms %= 1000

    def credit(self, seconds: int) -> None:
        """Time that a proven clock says has passed without power."""
        self.now_s += seconds

    def add(self, heat_s: int, cold_s: int, dose_m: int, rests: bool, ago_s: int = 0) -> None:
        """A session has ended now; its last energised or cold second was `ago_s` ago.

        `rests`: was it long enough to ask rest? Those that were not ask the rest of one once they
        add up, until one that rested or a gap as long as the longest rest.
        """
        self._forget()
        self.records.append([self.now_s, heat_s, cold_s, dose_m])
        end_s = self.now_s - ago_s
        if rests:
            self._rest(heat_s > 0, cold_s > 0, end_s)
            return
        if end_s - self.short[END_S] >= self.limits.rest_cold_to_cold_s:
            self._forget_short()
        # One alone was found too short by the millisecond, before its seconds were rounded up.
        first = self.short[HEAT_S] + self.short[COLD_S] == 0
        self._add_short(heat_s, cold_s, end_s)
        if not first:
            self._sum_short(end_s)

    def more_cold(self, cold_s: int) -> None:
        """The last session's pack is still on: its cold goes on (SR-23)."""
        if self.short[HEAT_S] + self.short[COLD_S]:
            self._add_short(0, cold_s - self.last_cold_s(), self.now_s)
            self._sum_short(self.now_s)
        else:
            self.cold_end_s = self.now_s
        if self.records:
            self.records[-1][COLD_S] = cold_s
            self.records[-1][END_S] = self.now_s

    def _add_short(self, heat_s: int, cold_s: int, end_s: int) -> None:
        self.short[END_S] = end_s
        self.short[HEAT_S] += heat_s
        self.short[COLD_S] += cold_s

    def _sum_short(self, end_s: int) -> None:
        heat_s = self.short[HEAT_S]
        cold_s = self.short[COLD_S]
        if heat_s + cold_s >= self.limits.rest_asked_from_s:
            self._rest(heat_s > 0, cold_s > 0, end_s)

    def _rest(self, heat: bool, cold: bool, end_s: int) -> None:
        if heat:
            self.heat_end_s = max(self.heat_end_s, end_s)
        if cold:
            self.cold_end_s = max(self.cold_end_s, end_s)
        self._forget_short()

    def _forget_short(self) -> None:
        self.short[HEAT_S] = self.short[COLD_S] = 0

    def last_cold_s(self) -> int:
        """The cold of the last session."""
        return self.records[-1][COLD_S] if self.records else 0

    def used(self, field: int) -> int:
        """The sum of HEAT_S, COLD_S or DOSE_M over the last 24 h."""
        total = 0
        for record in self.records:
            if self.now_s - record[END_S] < DAY_S:
                total += record[field]
        return total

    def sessions(self) -> int:
        """How many sessions the last 24 h had."""
        count = 0
        for record in self.records:
            if self.now_s - record[END_S] < DAY_S:
                count += 1
        return count

    def wait_s(self, field: int, excess: int) -> int:
        """How long until `excess` of a field (END_S: of the count) has left the 24 h."""
        wait_s = 0
        for record in self.records:
            if excess <= 0:
                break
            left_s = record[END_S] + DAY_S - self.now_s
            if left_s > 0:
                excess -= 1 if field == END_S else record[field]
                wait_s = left_s
        return wait_s

    def rest_after_heat_s(self, heat: bool, cold: bool) -> int:
        """What is left of the rest that earlier heat asks of a session with these modes."""
        if not (heat or cold):
            return 0
        return max(0, self.heat_end_s + self.limits.rest_after_heat_s - self.now_s)

    def rest_after_cold_s(self, heat: bool, cold: bool) -> int:
        """What is left of the rest that earlier cold asks of a session with these modes."""
        asked_s = 0
        if heat:
            asked_s = self.limits.rest_cold_to_heat_s
        if cold:
            asked_s = max(asked_s, self.limits.rest_cold_to_cold_s)
        return max(0, self.cold_end_s + asked_s - self.now_s) if asked_s else 0

    def rest_s(self, heat: bool, cold: bool) -> int:
        """The longer of both."""
        return max(self.rest_after_heat_s(heat, cold), self.rest_after_cold_s(heat, cold))

    def dump(self) -> list[object]:
        """Everything, as JSON can hold it."""
        self._forget()
        return [self.now_s, self.heat_end_s, self.cold_end_s, self.records, self.short]

    def load(self, dumped: list[object]) -> None:
        """What `dump` gave. Raises TypeError or ValueError where it did not."""
        now_s, heat_end_s, cold_end_s, records, short = dumped
        kept = []
        for record in records:  # type: ignore[attr-defined]
            end_s, heat_s, cold_s, dose_m = record
            kept.append([number(end_s), number(heat_s), number(cold_s), number(dose_m)])
        end_s, heat_s, cold_s = short  # type: ignore[misc]
        short = [number(end_s), number(heat_s), number(cold_s)]
        ends = [number(heat_end_s), number(cold_end_s)]
        self.now_s = number(now_s)
        self.heat_end_s, self.cold_end_s = ends
        self.short = short
        self.records = kept

    def _forget(self) -> None:
        self.records = [r for r in self.records if self.now_s - r[END_S] < DAY_S]
